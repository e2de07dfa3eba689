//! A move as it is recorded: one transaction whose conditions repeat the move's own.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::action::ActionType;
use onboarding_core::consent::{ConsentRequest, Landing, Record, Stage};
use onboarding_core::drift;
use onboarding_core::id::{ResellerId, TenantId};
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::outcome::TokenHandle;
use onboarding_core::permission;
use onboarding_core::reseller::ResellerStatus;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Timestamp;

use super::{
    IS_OPEN, IS_UNBOUND, KEEPS_PROVED, SAME_WAIT, action_change, due_at, due_of, open, proved_words, request_item,
    within,
};
use crate::drift::found;
use crate::due::DueKind;
use crate::key::Key;
use crate::readiness::Beside;
use crate::row::{item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

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

impl Transaction {
    /// Adds the condition that a provider is not disabled.
    pub(crate) fn check_active(&mut self, reseller: ResellerId) -> Result<(), StoreError> {
        let provider = Key::reseller(reseller);
        let active = Change::condition("#status = :active")
            .name("#status", "status")
            .value(":active", part(&provider, &ResellerStatus::Active)?);
        self.check(Part::Reseller, provider, active)
    }

    /// Adds the tenant's guard: the first provider to bind a tenant keeps it (T16).
    pub(crate) fn guard(&mut self, tenant: TenantId, reseller: ResellerId) -> Result<(), StoreError> {
        let guard = free_for(reseller, Change::new("SET reseller = if_not_exists(reseller, :reseller)", FREE));
        self.update(Part::Guard, Key::tenant(tenant), guard)
    }

    /// Adds the condition that a tenant is no other provider's.
    pub(crate) fn check_free(&mut self, tenant: TenantId, reseller: ResellerId) -> Result<(), StoreError> {
        self.check(Part::Guard, Key::tenant(tenant), free_for(reseller, Change::condition(FREE)))
    }
}

impl Store {
    /// Records a move: request, action, tenant, delivery, handles and audit row, in one transaction (P5).
    pub async fn record(&self, record: &Record) -> Result<Recorded, StoreError> {
        self.record_with(record, None).await
    }

    /// The same for a grant, with what it means beside itself.
    pub(crate) async fn record_with(&self, record: &Record, beside: Option<&Beside>) -> Result<Recorded, StoreError> {
        let mut transaction = self.transaction();
        if record.is_new {
            let (stage, handle) = (record.stage.clone(), signers_handle(record).cloned());
            let made = ConsentRequest { stage, handle, ..record.request.clone() };
            transaction.put_new(Part::Request, request_item(&made)?)?;
        } else {
            transaction.update(Part::Request, Key::request(&record.request.id), request_change(record)?)?;
        }
        let action = record.request.action;
        let lands = beside.map_or_else(|| landing(record), |beside| beside.within(landing(record)?, action))?;
        transaction.update(Part::Action, Key::enterprise(record.request.enterprise), lands)?;
        if record.landing.is_grant() {
            transaction.check_active(record.request.reseller)?;
        }
        if let Some(tenant) = record.binds {
            transaction.guard(tenant, record.request.reseller)?;
        }
        if let Landing::Within(tenant) | Landing::Along(tenant) = record.landing {
            transaction.check_free(tenant, record.request.reseller)?;
        }
        if let Some(delivery) = &record.delivery {
            transaction.deliver(delivery)?;
        }
        if let Some(beside) = beside {
            transaction.tell(beside)?;
        }
        for handle in &record.handles {
            transaction.put_new(Part::Handle, handle_item(handle)?)?;
        }
        if let Some(awaited) = &record.awaits {
            transaction.await_roles(awaited)?;
        }
        transaction.audit(&record.audit)?;
        let (committed, transaction) = self.commit_accepting(transaction).await?;
        let refused = match committed {
            Committed::Done => {
                count(record);
                return Ok(Recorded::Done);
            }
            Committed::Refused(refused) => refused,
        };
        if refused == [Part::Action] && record.landing == Landing::IfNewest {
            if self.commit(&transaction.without(Part::Action)).await? != Committed::Done {
                return Ok(Recorded::Superseded);
            }
            count(record);
            return Ok(Recorded::Done);
        }
        Ok(if refused.contains(&Part::Request) {
            Recorded::Superseded
        } else if refused.contains(&Part::Guard) {
            Recorded::TenantTaken
        } else {
            Recorded::EnterpriseRefuses
        })
    }
}

/// Counts what was decided, and how long the decision took after the administrator had come back.
fn count(record: &Record) {
    if record.action.is_granted() {
        tracing::info!(target: TARGET, metric = Metric::Granted.name(), value = 1_u64);
    } else if let Some(code) = record.refusal {
        let of = code.as_str();
        tracing::info!(target: TARGET, metric = Metric::Refused.name(), value = 1_u64, dimension = "Code", of);
    } else {
        return;
    }
    if let Stage::AwaitingGrant { since, .. } | Stage::Verifying { since, .. } = &record.request.stage {
        let value = record.audit.at.since(*since).as_secs();
        tracing::info!(target: TARGET, metric = Metric::VerifyLag.name(), value);
    }
}

/// The handle that stands for the signer's access token, if the move makes one by which a tenant is read later.
fn signers_handle(record: &Record) -> Option<&SecretHash> {
    if !matches!(record.request.action, ActionType::Registration | ActionType::LoginEnterpriseAdmin) {
        return None;
    }
    record.handles.iter().find(|handle| handle.sealed_token.is_some()).map(|handle| &handle.hash)
}

/// The request's new stage, if it still is as it was: same stage, same lease, same wait, and this refusal not told
/// before.
fn request_change(record: &Record) -> Result<Change, StoreError> {
    let key = Key::request(&record.request.id);
    let mut set = "SET stage = :stage".to_owned();
    if record.refusal.is_some() {
        set.push_str(", refusedCodes = list_append(refusedCodes, :refusals)");
    }
    let handle = signers_handle(record);
    if handle.is_some() {
        set.push_str(", handle = :handle");
    }
    let due = due_of(&record.request, &record.stage);
    let mut change = due_at(&set, due, "stage.#name = :was AND size(usedCodes) = :attempt")
        .name("#name", "name")
        .value(":stage", part(&key, &record.stage)?)
        .value(":was", text(record.request.stage.name()))
        .value(":attempt", number(record.request.attempt()));
    if let Stage::AwaitingGrant { since, .. } | Stage::Verifying { since, .. } = &record.request.stage {
        change = change.and(SAME_WAIT).name("#since", "since").value(":since", number(since.millis()));
    }
    if let Some(handle) = handle {
        change = change.value(":handle", text(handle.to_string()));
    }
    if let Some(code) = record.refusal {
        change = change
            .and("NOT contains(refusedCodes, :refusal)")
            .value(":refusal", text(code.as_str()))
            .value(":refusals", AttributeValue::L(vec![text(code.as_str())]));
    }
    Ok(change)
}

/// A refusal, or a first sign, takes nothing from what is proved, unless it is about its own proof; and an older link
/// does not speak for a newer one. Ids sort by time.
const IS_NEWEST: &str = "NOT (actions.#action.#status IN (:granted)) \
     AND (NOT (actions.#action.#status IN (:confirming)) OR actions.#action.#request = :request) \
     AND (attribute_not_exists(actions.#action.#request) OR actions.#action.#request <= :request)";
/// Somebody has gone by this very link and is awaited.
const IS_AWAITED: &str = "actions.#action.#status = :started AND actions.#action.#request = :request";
/// The action was not asked for anew since the link was made (R146).
const IS_ALIVE: &str = "(attribute_not_exists(resets.#action) OR resets.#action = :resets)";
/// The newest tenant that waits is the one that was read: what is written holds it, so none gets lost.
const WAITS: &str = "actions.#action.#status = :confirming AND actions.#action.#request = :newest";
/// No tenant waits.
const NONE_WAITS: &str = "NOT (actions.#action.#status IN (:confirming))";

/// How the action's state lands on the enterprise.
fn landing(record: &Record) -> Result<Change, StoreError> {
    let key = Key::enterprise(record.request.enterprise);
    let change = asked(watched(action_change(&key, record.request.action, &record.action)?, record), record)
        .and(IS_ALIVE)
        .value(":resets", number(record.request.resets));
    match &record.landing {
        Landing::IfNewest => Ok(isolating(proved_words(change.and(IS_NEWEST)), &record.isolates)
            .name("#request", "request")
            .value(":request", text(record.request.id.as_str()))),
        Landing::IfAwaited => Ok(change
            .and(IS_AWAITED)
            .name("#status", "status")
            .name("#request", "request")
            .value(":started", text("started"))
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
            let change = open(change.and(IS_OPEN), &key)?;
            Ok(match record.binds {
                Some(tenant) => binding(change, tenant),
                None => change,
            })
        }
    }
}

/// The enterprise is bound to its tenant, if it is to no other.
pub(crate) fn binding(mut change: Change, tenant: TenantId) -> Change {
    change.update.insert_str("SET ".len(), "tenant = :tenant, ");
    within(change, tenant)
}

/// The link of a grant that is seen late is spent by it, if it still is as it was: nothing else is told of it.
pub(crate) fn spent(request: &ConsentRequest, since: Timestamp) -> Result<Change, StoreError> {
    let key = Key::request(&request.id);
    Ok(due_at("SET stage = :stage", None, "stage = :was AND size(usedCodes) = :attempt")
        .value(":stage", part(&key, &Stage::granted(since))?)
        .value(":was", part(&key, &request.stage)?)
        .value(":attempt", number(request.attempt())))
}

/// What is granted is looked at from now on, and so is a grant that was not seen in time; what is granted is not lost.
fn watched(mut change: Change, record: &Record) -> Change {
    let is_granted = record.action.is_granted();
    if !is_granted && !record.action.may_be_seen_late(record.request.action) {
        return change;
    }
    change.update.push_str(", DPK = if_not_exists(DPK, :due), DSK = if_not_exists(DSK, :at)");
    let first = drift::next_look(record.request.enterprise, record.audit.at);
    change = change.value(":due", text(DueKind::Drift.partition(0))).value(":at", text(first.to_string()));
    if !is_granted {
        // Where a tenant is known by a domain alone, it is the one that this link was made for, the newest.
        let Some(tenant) = record.request.pin else { return change };
        change.update.push_str(", soughtIn = :sought");
        return change.value(":sought", text(tenant.to_string()));
    }
    let change = restoring(found(change, record.request.action), &record.restores);
    beyond_graph(change, record.restores.iter().filter(|scope| permission::is_beyond_graph(scope)).cloned().collect())
}

/// What Microsoft refused by name is left out from now on.
fn isolating(mut change: Change, scopes: &[String]) -> Change {
    if scopes.is_empty() {
        return change;
    }
    change.update.push_str(" ADD isolated :isolated");
    change.value(":isolated", AttributeValue::Ss(scopes.to_vec()))
}

/// What other APIs than Graph were seen to grant is missed from now on, should it go.
pub(crate) fn beyond_graph(mut change: Change, scopes: Vec<String>) -> Change {
    if scopes.is_empty() {
        return change;
    }
    change.update.push_str(" ADD beyondGraph :beyond");
    change.value(":beyond", AttributeValue::Ss(scopes))
}

/// What is shown to be granted is left out no more. The update ends with a clause that deletes from sets.
fn restoring(mut change: Change, scopes: &[String]) -> Change {
    if scopes.is_empty() {
        return change;
    }
    change.update.push_str(", isolated :restored");
    change.value(":restored", AttributeValue::Ss(scopes.to_vec()))
}

/// A link that is made for what is proved by it asks, too (R007).
fn asked(mut change: Change, record: &Record) -> Change {
    if record.is_new && record.request.action == ActionType::ServiceProviderManagement {
        let asked = "SET managementRequestedAt = if_not_exists(managementRequestedAt, :asked), ";
        change.update = change.update.replacen("SET ", asked, 1);
        change = change.value(":asked", instant(record.request.created_at));
    }
    change
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
