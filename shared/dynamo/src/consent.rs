//! Consent requests: minted, leased by one callback at a time, and moved as one [`Record`] after another.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::Code;
use onboarding_core::audit::AuditRow;
use onboarding_core::consent::{
    self, Conclusion, ConsentRequest, Context, LEASE, Landing, Leased, MAX_ATTEMPTS, Record, Stage, Verifying,
};
use onboarding_core::delivery::Delivery;
use onboarding_core::drift;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ReferenceId, ResellerId, TenantId};
use onboarding_core::idempotency::Once;
use onboarding_core::identity::Signer;
use onboarding_core::outcome::TokenHandle;
use onboarding_core::proof::Judgement;
use onboarding_core::readiness::Completion;
use onboarding_core::reseller::{Reseller, ResellerStatus};
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Timestamp;
use secrecy::SecretString;

use crate::drift::found;
use crate::due::DueKind;
use crate::idempotency::{Ended, Made};
use crate::key::{EXISTS, Key};
use crate::row::{entity, item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::{Change, Updated};
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// How often a grant is tried again because other actions of its enterprise moved at the same time.
const COMPLETED_AGAIN: usize = 5;

/// How long a request is kept after its link has ended, for outcome pages and questions.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// How a callback's wish for the lease ended.
#[derive(Debug)]
pub enum Lease {
    /// This callback, and no other, redeems its code.
    Won(Box<Leased>),
    /// The request as it is; [`ConsentRequest::lease`] says why not.
    Lost(Box<ConsentRequest>),
    /// There is no such request.
    Unknown,
}

/// How the recording of a move ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Done,
    /// The request has moved on: somebody else recorded a move first.
    Superseded,
    /// The enterprise is bound to another tenant; or it, or its provider, is disabled or gone.
    EnterpriseRefuses,
    /// The tenant belongs to another provider.
    TenantTaken,
}

/// What an outcome page shows.
#[derive(Clone, Debug)]
pub struct OutcomeRows {
    /// The request.
    pub request: ConsentRequest,
    /// Whose consent it is about.
    pub enterprise: Enterprise,
    /// Who asks for it.
    pub reseller: Reseller,
}

impl OutcomeRows {
    /// Whether the link works, as far as its enterprise and provider go.
    #[must_use]
    pub fn links_work(&self) -> bool {
        consent::links_work(&self.enterprise, &self.reseller)
    }
}

impl Transaction {
    /// Adds the condition that a provider is not disabled.
    pub(crate) fn check_active(&mut self, reseller: ResellerId) -> Result<(), StoreError> {
        let provider = Key::reseller(reseller);
        let active = Change::condition("#status = :active")
            .name("#status", "status")
            .value(":active", part(&provider, &ResellerStatus::Active)?);
        self.check(Part::Reseller, provider, active)
    }

    /// Adds the condition that a tenant is no other provider's.
    pub(crate) fn check_free(&mut self, tenant: TenantId, reseller: ResellerId) -> Result<(), StoreError> {
        self.check(Part::Guard, Key::tenant(tenant), free_for(reseller, Change::condition(FREE)))
    }
}

impl Store {
    /// Makes a link: the request, the action's state, and the audit row, together.
    ///
    /// Refused if the enterprise is stopped or gone. An action that is granted or being proved keeps its state.
    pub async fn mint(
        &self,
        request: &ConsentRequest,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Request, request_item(request)?)?;
        let enterprise = Key::enterprise(request.enterprise);
        let (since, asked_again) = (request.created_at, request.asked_again);
        let started = ActionState::Started { since, request: request.id.clone(), asked_again };
        let mut change = action_change(&enterprise, request.action, &started)?.and(IS_OPEN).and(KEEPS_PROVED);
        if request.action == ActionType::ServiceProviderManagement {
            // Whoever makes a link asks, too, and when it was asked for outlives the link (R007).
            change.update.push_str(", managementRequestedAt = if_not_exists(managementRequestedAt, :asked)");
            change = change.value(":asked", instant(since));
        }
        let change = proved_words(change).value(":verifying", text("verifying"));
        transaction.update(Part::Action, enterprise.clone(), open(change, &enterprise)?)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        match self.commit_once(&transaction, once).await? {
            Ended::First(Committed::Done) => return Ok(Made::Done),
            Ended::First(Committed::Refused(parts)) if parts == [Part::Action] => {}
            Ended::First(Committed::Refused(_)) => return Ok(Made::Refused),
            Ended::Repeated(repeat) => return Ok(Made::Repeated(repeat)),
        }
        let mut transaction = transaction.without(Part::Action);
        transaction.check(Part::Enterprise, enterprise.clone(), open(Change::condition(IS_OPEN), &enterprise)?)?;
        self.make(&transaction, once).await
    }

    /// Leases a request for one code: one conditional write, whose only winner may redeem.
    ///
    /// The identity is written ahead, so that a crash after the redemption leaves behind whose sign-in it was. A
    /// holder whose answer got lost on the way finds its own reference on the row and still is the winner (G76).
    pub async fn lease(
        &self,
        request: &ConsentRequestId,
        signer: &Signer,
        code: &SecretHash,
        (holder, now): (&ReferenceId, Timestamp),
    ) -> Result<Lease, StoreError> {
        let key = Key::request(request);
        let leased = Stage::Leased { until: now.plus(LEASE), signer: signer.clone(), holder: holder.clone() };
        let set = "SET stage = :leased, usedCodes = list_append(usedCodes, :codes), DPK = :due, DSK = :at";
        let change = Change::new(set, "stage.#name = :pending AND expiresAt > :now")
            .and("NOT contains(usedCodes, :code) AND size(usedCodes) < :most")
            .name("#name", "name")
            .value(":pending", text(PENDING))
            .value(":leased", part(&key, &leased)?)
            .value(":code", text(code.as_str()))
            .value(":codes", AttributeValue::L(vec![text(code.as_str())]))
            .value(":now", number(now.millis()))
            .value(":most", number(MAX_ATTEMPTS));
        let (Updated::Done(row) | Updated::Refused(row)) = self.update(key, due_at(change, &leased)).await?;
        let Some(row) = row else { return Ok(Lease::Unknown) };
        let request: ConsentRequest = entity(row)?;
        if held_by(&request, holder) {
            return Ok(Leased::of(request).map_or(Lease::Unknown, |leased| Lease::Won(Box::new(leased))));
        }
        Ok(Lease::Lost(Box::new(request)))
    }

    /// Gives a lease back whose code was not sent. The code stays used: attempts are numbered by codes, and a number
    /// that came twice would be no fence.
    pub async fn release(&self, leased: &Leased) -> Result<(), StoreError> {
        let request = leased.request();
        let key = Key::request(&request.id);
        let still = "stage.#name = :leased AND size(usedCodes) = :attempt";
        let change = Change::new("SET stage = :stage REMOVE DPK, DSK", still)
            .name("#name", "name")
            .value(":stage", part(&key, &leased.released())?)
            .value(":leased", text(request.stage.name()))
            .value(":attempt", number(request.attempt()));
        self.update(key, change).await.map(drop)
    }

    /// An enterprise and its provider, on whom it depends whether a link works; none if either is gone.
    pub async fn parties(
        &self,
        enterprise: EnterpriseId,
        reseller: ResellerId,
    ) -> Result<Option<(Enterprise, Reseller)>, StoreError> {
        let (mut of, mut by): (Option<Enterprise>, Option<Reseller>) = (None, None);
        for item in self.batch_get(vec![Key::enterprise(enterprise), Key::reseller(reseller)]).await? {
            if Key::of(&item).sk == "enterprise" {
                of = Some(entity(item)?);
            } else {
                by = Some(entity(item)?);
            }
        }
        Ok(of.zip(by))
    }

    /// Records a move: request, action, tenant, delivery, handles and audit row, in one transaction (P5).
    pub async fn record(&self, record: &Record) -> Result<Recorded, StoreError> {
        self.record_completing(record, (None, None)).await
    }

    /// The same for a grant, with what it completes, and the event of the loss that it ends.
    async fn record_completing(
        &self,
        record: &Record,
        (completion, recovered): (Option<&Completion>, Option<&Delivery>),
    ) -> Result<Recorded, StoreError> {
        let mut transaction = self.transaction();
        if record.is_new {
            let made = ConsentRequest { stage: record.stage.clone(), ..record.request.clone() };
            transaction.put_new(Part::Request, request_item(&made)?)?;
        } else {
            transaction.update(Part::Request, Key::request(&record.request.id), request_change(record)?)?;
        }
        let lands = completing(landing(record)?, completion);
        transaction.update(Part::Action, Key::enterprise(record.request.enterprise), lands)?;
        if record.landing != Landing::IfNewest {
            transaction.check_active(record.request.reseller)?;
        }
        if let Some(tenant) = record.binds {
            transaction.update(Part::Guard, Key::tenant(tenant), guard(record.request.reseller))?;
        }
        if let Landing::Within(tenant) | Landing::Along(tenant) = record.landing {
            transaction.check_free(tenant, record.request.reseller)?;
        }
        let ready = completion.and_then(|completion| completion.ready.as_ref());
        for delivery in
            [record.delivery.as_ref(), recovered, ready.and_then(|ready| ready.delivery.as_ref())].into_iter().flatten()
        {
            transaction.deliver(delivery)?;
        }
        for handle in &record.handles {
            transaction.put_new(Part::Handle, handle_item(handle)?)?;
        }
        transaction.audit(&record.audit)?;
        let refused = match self.commit(&transaction).await? {
            Committed::Done => return Ok(Recorded::Done),
            Committed::Refused(refused) => refused,
        };
        if refused == [Part::Action] && record.landing == Landing::IfNewest {
            let without = self.commit(&transaction.without(Part::Action)).await?;
            return Ok(if without == Committed::Done { Recorded::Done } else { Recorded::Superseded });
        }
        Ok(if refused.contains(&Part::Request) {
            Recorded::Superseded
        } else if refused.contains(&Part::Guard) {
            Recorded::TenantTaken
        } else {
            Recorded::EnterpriseRefuses
        })
    }

    /// The enterprise of an unpinned link as it is by now; a pinned one costs no read.
    pub async fn met_by(&self, request: &ConsentRequest) -> Result<Option<Enterprise>, StoreError> {
        if request.pin.is_some() { Ok(None) } else { self.enterprise(request.enterprise).await }
    }

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

    /// A request by its id.
    pub async fn request(&self, id: &ConsentRequestId) -> Result<Option<ConsentRequest>, StoreError> {
        self.get(Key::request(id)).await?.map(entity).transpose()
    }

    /// A request with its enterprise and provider, in one round trip.
    pub async fn outcome(
        &self,
        request: &ConsentRequestId,
        enterprise: EnterpriseId,
        reseller: ResellerId,
    ) -> Result<Option<OutcomeRows>, StoreError> {
        let keys = vec![Key::request(request), Key::enterprise(enterprise), Key::reseller(reseller)];
        let (mut found, mut of, mut by) = (None, None, None);
        for item in self.batch_get(keys).await? {
            match Key::of(&item).sk.as_str() {
                "request" => found = Some(entity(item)?),
                "enterprise" => of = Some(entity(item)?),
                _ => by = Some(entity(item)?),
            }
        }
        Ok(match (found, of, by) {
            (Some(request), Some(enterprise), Some(reseller)) => Some(OutcomeRows { request, enterprise, reseller }),
            _ => None,
        })
    }
}

pub(crate) fn request_item(request: &ConsentRequest) -> Result<crate::value::Item, StoreError> {
    let mut row = item(&Key::request(&request.id), request)?;
    row.insert("ttl".to_owned(), number(request.expires_at.plus(KEPT).seconds()));
    Ok(row)
}

fn held_by(request: &ConsentRequest, holder: &ReferenceId) -> bool {
    matches!(&request.stage, Stage::Leased { holder: held, .. } if held == holder)
}

/// The request's new stage, if it still is as it was: same stage, same lease, same wait, and this refusal not told
/// before.
fn request_change(record: &Record) -> Result<Change, StoreError> {
    let key = Key::request(&record.request.id);
    let mut set = "SET stage = :stage".to_owned();
    if record.refusal.is_some() {
        set.push_str(", refusedCodes = list_append(refusedCodes, :refusals)");
    }
    let is_due = record.stage.due().is_some();
    set.push_str(if is_due { ", DPK = :due, DSK = :at" } else { " REMOVE DPK, DSK" });
    let mut change = Change::new(set, "stage.#name = :was AND size(usedCodes) = :attempt")
        .name("#name", "name")
        .value(":stage", part(&key, &record.stage)?)
        .value(":was", text(record.request.stage.name()))
        .value(":attempt", number(record.request.attempt()));
    if let Stage::AwaitingGrant { since, .. } | Stage::Verifying { since, .. } = &record.request.stage {
        change = change.and(SAME_WAIT).name("#since", "since").value(":since", number(since.millis()));
    }
    if let Some(code) = record.refusal {
        change = change
            .and("NOT contains(refusedCodes, :refusal)")
            .value(":refusal", text(code.as_str()))
            .value(":refusals", AttributeValue::L(vec![text(code.as_str())]));
    }
    Ok(if is_due { due_at(change, &record.stage) } else { change })
}

/// Gives the values of `:due` and `:at`: when somebody must look after a request in this stage.
fn due_at(change: Change, stage: &Stage) -> Change {
    let at = stage.due().map(|at| at.to_string()).unwrap_or_default();
    change.value(":due", text(DueKind::Verification.partition(0))).value(":at", text(at))
}

/// The enterprise's action gets this state.
fn action_change(key: &Key, action: ActionType, state: &ActionState) -> Result<Change, StoreError> {
    Ok(Change::new("SET actions.#action = :state", EXISTS)
        .name("#action", action.name())
        .value(":state", part(key, state)?))
}

const PENDING: &str = "pending";

/// A link may wait for a grant more than once, and a wait uses no code that begins without one of its own: by coming
/// back from the admin-consent page, or by the sign-in of another link's screen. So the number of codes does not tell
/// them apart, and what was decided for one wait is not written for the next.
const SAME_WAIT: &str = "stage.#since = :since";

/// An enterprise that is stopped or gone takes no more.
pub(crate) const IS_OPEN: &str = "standing = :open";
/// A new link takes nothing from what is proved or being proved.
const KEEPS_PROVED: &str = "NOT (actions.#action.#status IN (:granted, :confirming, :verifying))";
/// A refusal, or a first sign, takes nothing from what is proved, unless it is about its own proof; and an older link
/// does not speak for a newer one. Ids sort by time.
const IS_NEWEST: &str = "NOT (actions.#action.#status IN (:granted)) \
     AND (NOT (actions.#action.#status IN (:confirming)) OR actions.#action.#request = :request) \
     AND (attribute_not_exists(actions.#action.#request) OR actions.#action.#request <= :request)";
/// The link was not made before the action was asked for anew (R146).
const IS_ALIVE: &str = "(attribute_not_exists(resets.#action) OR resets.#action <= :created)";
/// A tenant waits for confirmation only where none is bound.
pub(crate) const IS_UNBOUND: &str = "attribute_not_exists(tenant)";
/// The newest tenant that waits is the one that was read: what is written holds it, so none gets lost.
const WAITS: &str = "actions.#action.#status = :confirming AND actions.#action.#request = :newest";
/// No tenant waits.
const NONE_WAITS: &str = "NOT (actions.#action.#status IN (:confirming))";
/// A tenant is never exchanged for another; and none is bound against the id that the provider has come to expect since
/// the link was made. A domain, which has a dot, was turned into an id when it was.
const SAME_TENANT: &str = "(tenant = :tenant OR attribute_not_exists(tenant) AND \
     (attribute_not_exists(profile.expectedTenant) OR profile.expectedTenant = :tenant \
      OR contains(profile.expectedTenant, :dot)))";

pub(crate) fn within(change: Change, tenant: TenantId) -> Change {
    change.and(SAME_TENANT).value(":tenant", text(tenant.to_string())).value(":dot", text("."))
}

pub(crate) fn open(change: Change, key: &Key) -> Result<Change, StoreError> {
    Ok(change.value(":open", part(key, &Standing::Open)?))
}

pub(crate) fn proved_words(change: Change) -> Change {
    change
        .name("#status", "status")
        .value(":granted", text("granted"))
        .value(":confirming", text("pending_confirmation"))
}

/// How the action's state lands on the enterprise.
fn landing(record: &Record) -> Result<Change, StoreError> {
    let key = Key::enterprise(record.request.enterprise);
    let mut change = watched(action_change(&key, record.request.action, &record.action)?, record)
        .and(IS_ALIVE)
        .value(":created", instant(record.request.created_at));
    match &record.landing {
        Landing::IfNewest => Ok(proved_words(change.and(IS_NEWEST))
            .name("#request", "request")
            .value(":request", text(record.request.id.as_str()))),
        Landing::Within(tenant) => Ok(within(open(change.and(IS_OPEN), &key)?, *tenant)),
        Landing::Along(tenant) => {
            let change = proved_words(change.and(IS_OPEN).and(KEEPS_PROVED)).value(":verifying", text("verifying"));
            Ok(within(open(change, &key)?, *tenant))
        }
        Landing::Beside(newest) => {
            let change = open(change.and(IS_OPEN).and(IS_UNBOUND), &key)?
                .name("#status", "status")
                .value(":confirming", text("pending_confirmation"));
            Ok(match newest {
                Some(newest) => change.and(WAITS).name("#request", "request").value(":newest", text(newest.as_str())),
                None => change.and(NONE_WAITS),
            })
        }
        Landing::Must => {
            change = open(change.and(IS_OPEN), &key)?;
            let Some(tenant) = record.binds else { return Ok(change) };
            change.update.insert_str("SET ".len(), "tenant = :tenant, ");
            Ok(within(change, tenant))
        }
    }
}

/// What is granted is looked at from now on, and so is a grant that was not seen in time; what is granted is not lost.
fn watched(mut change: Change, record: &Record) -> Change {
    let is_granted = record.action.is_granted();
    if !is_granted && record.refusal != Some(Code::GrantNotVisible) {
        return change;
    }
    change.update.push_str(", DPK = if_not_exists(DPK, :due), DSK = if_not_exists(DSK, :at)");
    let first = drift::next_look(record.request.enterprise, record.audit.at);
    change = change.value(":due", text(DueKind::Drift.partition(0))).value(":at", text(first.to_string()));
    if is_granted { found(change, record.request.action) } else { change }
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

/// The tenant's guard: the first provider to bind a tenant keeps it (T16).
fn guard(reseller: ResellerId) -> Change {
    free_for(reseller, Change::new("SET reseller = if_not_exists(reseller, :reseller)", FREE))
}

/// A tenant that no other provider has, or that the operator lets them share.
const FREE: &str = "attribute_not_exists(PK) OR reseller = :reseller OR #shared = :yes";

fn free_for(reseller: ResellerId, change: Change) -> Change {
    change.name("#shared", "shared").value(":reseller", number(reseller)).value(":yes", AttributeValue::Bool(true))
}

fn handle_item(handle: &TokenHandle) -> Result<crate::value::Item, StoreError> {
    let mut row = item(&Key::handle(&handle.hash), handle)?;
    row.insert("ttl".to_owned(), number(handle.expires_at.seconds()));
    Ok(row)
}
