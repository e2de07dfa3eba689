//! What a reading of Graph led to: put off, refused, or granted.

use onboarding_core::advice::Code;
use onboarding_core::consent::{Conclusion, ConsentRequest, Context, Landing, Record, Stage, Verifying};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::proof::Judgement;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use secrecy::SecretString;

use super::{OutcomeRows, Recorded, SAME_WAIT, due_at, due_of};
use crate::key::Key;
use crate::row::part;
use crate::value::{number, text};
use crate::{Store, StoreError};

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
            Landing::Must | Landing::Beside(_) | Landing::IfNewest | Landing::IfAwaited => {
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
        let change = due_at("SET stage = :stage", due_of(request, stage), still)
            .and(SAME_WAIT)
            .name("#name", "name")
            .name("#reads", "reads")
            .name("#since", "since")
            .value(":name", text(stage.name()))
            .value(":before", number(reads.saturating_sub(1)))
            .value(":attempt", number(request.attempt()))
            .value(":since", number(since.millis()))
            .value(":stage", part(&key, stage)?);
        let updated = self.update(key, change).await?;
        Ok(if updated.is_done() { Recorded::Done } else { Recorded::Superseded })
    }
}
