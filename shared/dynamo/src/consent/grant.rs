//! What a reading of Graph led to: put off, refused, or granted, and what a grant completes.

use onboarding_core::advice::Code;
use onboarding_core::consent::{Conclusion, ConsentRequest, Context, Landing, Record, Stage, Verifying};
use onboarding_core::drift;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::proof::Judgement;
use onboarding_core::readiness::Completion;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use secrecy::SecretString;

use super::{OutcomeRows, Recorded, SAME_WAIT, due_at};
use crate::key::Key;
use crate::row::part;
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// How often a grant is tried again because other actions of its enterprise moved at the same time.
const COMPLETED_AGAIN: usize = 5;

impl Store {
    /// Records what a reading of Graph led to. A grant that the enterprise or the tenant's guard does not take is
    /// recorded as the refusal that it then is.
    pub async fn conclude(
        &self,
        verifying: Verifying,
        judgement: Judgement,
        access_token: &SecretString,
        (parties, context): ((&Enterprise, &Reseller), Context<'_>),
    ) -> Result<Recorded, StoreError> {
        let record = match verifying.conclude(judgement, access_token, context) {
            Conclusion::Decided(record) => *record,
            Conclusion::ReadAgain(verifying) => {
                let wait = (verifying.question().since, verifying.reads());
                return self.read_again(verifying.request(), &verifying.stage(), wait).await;
            }
        };
        self.decide(record, parties, context).await
    }

    /// Records a decision; one that the enterprise or the tenant's guard does not take, as the refusal that it then is.
    pub(crate) async fn decide(
        &self,
        record: Record,
        parties: (&Enterprise, &Reseller),
        context: Context<'_>,
    ) -> Result<Recorded, StoreError> {
        let code = match self.record_grant(&record, parties, context).await? {
            Recorded::TenantTaken => Some(Code::TenantBoundElsewhere),
            Recorded::EnterpriseRefuses => self.why_not(&record).await?,
            ended @ (Recorded::Done | Recorded::Superseded) => return Ok(ended),
        };
        match code.and_then(|code| record.overruled(code, context)) {
            Some(refusal) => self.record(&refusal).await,
            None => Ok(Recorded::Superseded),
        }
    }

    /// Records a move which, if it is a grant, may be the last one that its enterprise needs to be ready (R140). Where
    /// another was granted or lost since the parties were read, it is tried again on how they stand then.
    pub(crate) async fn record_grant(
        &self,
        record: &Record,
        (enterprise, reseller): (&Enterprise, &Reseller),
        context: Context<'_>,
    ) -> Result<Recorded, StoreError> {
        let completes = |parties: (&Enterprise, &Reseller)| {
            let grants = record.action.is_granted();
            grants.then(|| Completion::of(parties, (record.request.action, record.tenant()), context)).flatten()
        };
        let recovered = drift::recovered((enterprise, reseller), (record.request.action, &record.action), context);
        let recovered = recovered.as_ref();
        let mut completion = completes((enterprise, reseller));
        let mut recorded = self.record_completing(record, (completion.as_ref(), recovered)).await?;
        for _ in 0..COMPLETED_AGAIN {
            let (Recorded::EnterpriseRefuses, Some(known)) = (recorded, &completion) else { break };
            let Some((enterprise, reseller)) = self.parties(enterprise.id, reseller.id).await? else { break };
            let fresh = completes((&enterprise, &reseller));
            if fresh.as_ref().is_some_and(|fresh| fresh.is_as(known)) {
                break;
            }
            completion = fresh;
            recorded = self.record_completing(record, (completion.as_ref(), recovered)).await?;
        }
        Ok(recorded)
    }

    /// Why an enterprise does not take a grant; `None` if it would take it now, so that the next reading decides.
    async fn why_not(&self, record: &Record) -> Result<Option<Code>, StoreError> {
        let ConsentRequest { id, enterprise, reseller, .. } = &record.request;
        let rows = self.outcome(id, *enterprise, *reseller).await?;
        let Some(OutcomeRows { enterprise, .. }) = rows.filter(OutcomeRows::links_work) else {
            return Ok(Some(Code::EnterpriseDisabled));
        };
        if enterprise.has_reset(&record.request) {
            return Ok(Some(Code::ConsentReset));
        }
        let wanted = match &record.landing {
            Landing::Within(tenant) | Landing::Along(tenant) => Some(*tenant),
            Landing::Must | Landing::Beside(_) | Landing::IfNewest => {
                record.binds.or_else(|| record.action.waiting().first().map(|newest| newest.tenant))
            }
        };
        let other = enterprise.pin().is_some_and(|pin| Some(pin) != wanted);
        Ok(other.then_some(Code::WrongTenant))
    }

    /// Puts off the next reading of Graph, unless somebody else has decided, or put it off, meanwhile: `stage` is that of
    /// the wait that began at `since`, after so many readings.
    pub(crate) async fn read_again(
        &self,
        request: &ConsentRequest,
        stage: &Stage,
        (since, reads): (Timestamp, u32),
    ) -> Result<Recorded, StoreError> {
        let key = Key::request(&request.id);
        let still = "stage.#name = :name AND stage.#reads = :before AND size(usedCodes) = :attempt";
        let change = Change::new("SET stage = :stage, DPK = :due, DSK = :at", still)
            .and(SAME_WAIT)
            .name("#name", "name")
            .name("#reads", "reads")
            .name("#since", "since")
            .value(":name", text(stage.name()))
            .value(":before", number(reads.saturating_sub(1)))
            .value(":attempt", number(request.attempt()))
            .value(":since", number(since.millis()))
            .value(":stage", part(&key, stage)?);
        let updated = self.update(key, due_at(change, stage)).await?;
        Ok(if updated.is_done() { Recorded::Done } else { Recorded::Superseded })
    }
}

/// The same change, under the condition that the other mandatory actions stand as they were read; with the last of them
/// the enterprise is ready (R140).
pub(crate) fn completing(mut change: Change, completion: Option<&Completion>) -> Change {
    let Some(Completion { version, others, ready }) = completion else { return change };
    change = change.and("version = :version AND attribute_not_exists(readyAt)").value(":version", number(*version));
    change = change.name("#status", "status").value(":granted", text("granted"));
    for (at, (action, granted)) in others.iter().enumerate() {
        let other = format!("#other{at}");
        let is_granted = format!("actions.{other}.#status IN (:granted)");
        change = change.and(&if *granted { is_granted } else { format!("NOT ({is_granted})") });
        change = change.name(&other, action.name());
    }
    if let Some(ready) = ready {
        // What follows SET may be followed by other clauses.
        change.update = change.update.replacen("SET ", "SET readyAt = :ready, ", 1);
        change = change.value(":ready", instant(ready.at));
    }
    change
}
