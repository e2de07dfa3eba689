//! Consent requests: minted, leased by one callback at a time, and moved as one record after another.

mod grant;
mod record;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::audit::AuditRow;
use onboarding_core::consent::{self, ConsentRequest, LEASE, Leased, MAX_ATTEMPTS, Stage};
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ReferenceId, ResellerId, TenantId};
use onboarding_core::idempotency::Once;
use onboarding_core::identity::Signer;
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::reseller::Reseller;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::idempotency::{Ended, Made};
use crate::key::{EXISTS, Key};
use crate::row::{due, entity, item, part};
use crate::transaction::{Committed, Part};
use crate::update::{Change, Updated};
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

pub use record::Recorded;
pub(crate) use record::{beyond_graph, binding, spent};

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

/// Counts consents that are asked for.
pub(crate) fn count_started(value: u64) {
    tracing::info!(target: TARGET, metric = Metric::Started.name(), value);
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
            Ended::First(Committed::Done) => {
                count_started(1);
                return Ok(Made::Done);
            }
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
        let sets = "SET stage = :leased, usedCodes = list_append(usedCodes, :codes)";
        let due = leased.due().map(|until| (DueKind::Verification, until));
        let change = due_at(sets, due, "stage.#name = :pending AND expiresAt > :now")
            .and("NOT contains(usedCodes, :code) AND size(usedCodes) < :most")
            .name("#name", "name")
            .value(":pending", text(PENDING))
            .value(":leased", part(&key, &leased)?)
            .value(":code", text(code.as_str()))
            .value(":codes", AttributeValue::L(vec![text(code.as_str())]))
            .value(":now", number(now.millis()))
            .value(":most", number(MAX_ATTEMPTS));
        let (Updated::Done(row) | Updated::Refused(row)) = self.update(key, change).await?;
        let Some(row) = row else { return Ok(Lease::Unknown) };
        let request: ConsentRequest = entity(row)?;
        if held_by(&request, holder) {
            return Ok(Leased::of(request).map_or(Lease::Unknown, |leased| Lease::Won(Box::new(leased))));
        }
        Ok(Lease::Lost(Box::new(request)))
    }

    /// Gives a lease back whose code was not sent, so that whoever brings the code again is let in. Its place among the codes
    /// stays taken: attempts are numbered by codes, and a number that came twice would be no fence.
    pub async fn release(&self, leased: &Leased) -> Result<(), StoreError> {
        let request = leased.request();
        let key = Key::request(&request.id);
        let still = "stage.#name = :leased AND size(usedCodes) = :attempt";
        let released = leased.released();
        // Numbers in a path cannot be values.
        let sets = format!("SET stage = :stage, usedCodes[{}] = :unsent", request.attempt().saturating_sub(1));
        let change = due_at(&sets, due_of(request, &released), still)
            .name("#name", "name")
            .value(":stage", part(&key, &released)?)
            .value(":unsent", text(leased.unsent_code().as_str()))
            .value(":leased", text(request.stage.name()))
            .value(":attempt", number(request.attempt()));
        self.update(key, change).await.map(drop)
    }

    /// Writes the audit row of a sign-in that came with a spent link: once for each code, and of so many codes at most.
    pub async fn note_replay(
        &self,
        request: &ConsentRequestId,
        code: &SecretHash,
        audit: &AuditRow,
    ) -> Result<(), StoreError> {
        let change = Change::new("ADD replayedCodes :codes", EXISTS)
            .and("NOT contains(replayedCodes, :code)")
            .and("(attribute_not_exists(replayedCodes) OR size(replayedCodes) < :most)")
            .value(":codes", AttributeValue::Ss(vec![code.as_str().to_owned()]))
            .value(":code", text(code.as_str()))
            .value(":most", number(MAX_ATTEMPTS));
        let mut transaction = self.transaction();
        transaction.update(Part::Request, Key::request(request), change)?;
        transaction.audit(audit)?;
        self.commit(&transaction).await.map(drop)
    }

    /// Lets a request rest that waits for nobody any more: its link has ended, and its action has gone on without it.
    pub async fn rest(&self, request: &ConsentRequest) -> Result<(), StoreError> {
        let change = Change::new("REMOVE DPK, DSK", "stage.#name = :pending AND size(usedCodes) = :attempt")
            .name("#name", "name")
            .value(":pending", text(PENDING))
            .value(":attempt", number(request.attempt()));
        self.update(Key::request(&request.id), change).await.map(drop)
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

    /// The enterprise of an unpinned link as it is by now; a pinned one costs no read.
    pub async fn met_by(&self, request: &ConsentRequest) -> Result<Option<Enterprise>, StoreError> {
        if request.pin.is_some() { Ok(None) } else { self.enterprise(request.enterprise).await }
    }

    /// The newest link of `action`, if nobody has used it, it works, and it is for `tenant`.
    pub async fn unused_link(
        &self,
        enterprise: &Enterprise,
        (action, tenant): (ActionType, TenantId),
        now: Timestamp,
    ) -> Result<Option<ConsentRequest>, StoreError> {
        let Some(id) = enterprise.action(action).link().cloned() else { return Ok(None) };
        let own = self.request(&id).await?;
        Ok(own.filter(|own| own.is_unused(now) && own.pin == Some(tenant) && !enterprise.has_reset(own)))
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
    if let Some((kind, at)) = due_of(request, &request.stage) {
        due(&mut row, &kind.partition(0), at);
    }
    Ok(row)
}

fn held_by(request: &ConsentRequest, holder: &ReferenceId) -> bool {
    matches!(&request.stage, Stage::Leased { holder: held, .. } if held == holder)
}

/// When somebody must look after `request` in `stage`, if ever. Links that are waited for are looked at apart, so that any
/// number of them keeps no proof waiting.
fn due_of(request: &ConsentRequest, stage: &Stage) -> Option<(DueKind, Timestamp)> {
    let kind = if stage.is_awaited() { DueKind::Stalled } else { DueKind::Verification };
    request.due_in(stage).map(|at| (kind, at))
}

/// The change that makes `sets` under `condition`, and has the row due then, or not at all.
fn due_at(sets: &str, due: Option<(DueKind, Timestamp)>, condition: &str) -> Change {
    let Some((kind, at)) = due else { return Change::new(format!("{sets} REMOVE DPK, DSK"), condition) };
    Change::new(format!("{sets}, DPK = :due, DSK = :at"), condition)
        .value(":due", text(kind.partition(0)))
        .value(":at", text(at.to_string()))
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
/// A tenant waits for confirmation only where none is bound.
pub(crate) const IS_UNBOUND: &str = "attribute_not_exists(tenant)";
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
