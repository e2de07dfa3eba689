//! Consent requests: minted, leased by one callback at a time, and moved as one [`Record`] after another.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::Code;
use onboarding_core::audit::AuditRow;
use onboarding_core::consent::{
    Conclusion, ConsentRequest, Context, LEASE, Landing, Leased, MAX_ATTEMPTS, Record, Stage, Verifying,
};
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ReferenceId, ResellerId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::outcome::TokenHandle;
use onboarding_core::reseller::Reseller;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::row::{entity, item, number, part, text};
use crate::table::Key;
use crate::transaction::{Change, Committed, Transaction};
use crate::{Store, StoreError};

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
    /// The enterprise is bound to another tenant, stopped or gone.
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

impl Store {
    /// Makes a link: the request, the action's state, and the audit row, together.
    ///
    /// False if the enterprise is stopped or gone. An action that is granted or being proved keeps its state.
    pub async fn mint(&self, request: &ConsentRequest, audit: &AuditRow) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        let mut row = item(&Key::request(&request.id), request)?;
        row.insert("ttl".to_owned(), number(request.expires_at.plus(KEPT).seconds()));
        transaction.put_new(row)?;
        let enterprise = Key::enterprise(request.enterprise);
        let (since, asked_again) = (request.created_at, request.asked_again);
        let started = ActionState::Started { since, request: request.id.clone(), asked_again };
        let change = action_change(&enterprise, request.action, &started)?;
        let change = with_condition(change, KEEPS_PROVED).value(":verifying", text("verifying"));
        let action = transaction.update(enterprise.clone(), proved_words(change))?;
        transaction.audit(audit)?;
        let committed = self.commit(&transaction).await?;
        if committed != Committed::Refused(vec![action]) {
            return Ok(committed == Committed::Done);
        }
        let mut transaction = transaction.without(action);
        let open = part(&enterprise, &Standing::Open)?;
        transaction.check(enterprise, Change::condition(IS_OPEN).value(":open", open))?;
        Ok(self.commit(&transaction).await? == Committed::Done)
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
        let due_at = leased.due().unwrap_or(now).to_string();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.clone().into_item()))
            .update_expression("SET stage = :leased, usedCodes = list_append(usedCodes, :codes), DPK = :due, DSK = :at")
            .condition_expression(
                "stage.#name = :pending AND expiresAt > :now AND NOT contains(usedCodes, :code) AND size(usedCodes) < :most",
            )
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":pending", text(Stage::Pending.name()))
            .expression_attribute_values(":leased", part(&key, &leased)?)
            .expression_attribute_values(":code", text(code.as_str()))
            .expression_attribute_values(":codes", AttributeValue::L(vec![text(code.as_str())]))
            .expression_attribute_values(":now", number(now.millis()))
            .expression_attribute_values(":most", number(MAX_ATTEMPTS))
            .expression_attribute_values(":due", text(DueKind::Verification.partition(0)))
            .expression_attribute_values(":at", text(due_at))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let row = match update.send().await {
            Ok(won) => won.attributes,
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(lost)) => lost.item.clone(),
                _ => return Err(StoreError::unavailable(error)),
            },
        };
        let Some(row) = row else { return Ok(Lease::Unknown) };
        let request: ConsentRequest = entity(row)?;
        if held_by(&request, holder) {
            return Ok(Leased::of(request).map_or(Lease::Unknown, |leased| Lease::Won(Box::new(leased))));
        }
        Ok(Lease::Lost(Box::new(request)))
    }

    /// Records a move: request, action, tenant, delivery, handles and audit row, in one transaction (P5).
    pub async fn record(&self, record: &Record) -> Result<Recorded, StoreError> {
        let mut transaction = self.transaction();
        transaction.update(Key::request(&record.request.id), request_change(record)?)?;
        let action = transaction.update(Key::enterprise(record.request.enterprise), landing(record)?)?;
        if let Some(delivery) = &record.delivery {
            transaction.deliver(delivery)?;
        }
        for handle in &record.handles {
            transaction.put_new(handle_item(handle)?)?;
        }
        transaction.audit(&record.audit)?;
        let guard = record.binds.map(|tenant| guard(&mut transaction, tenant, record.request.reseller)).transpose()?;
        let failed = match self.commit(&transaction).await? {
            Committed::Done => return Ok(Recorded::Done),
            Committed::Refused(failed) => failed,
        };
        if failed == [action] && record.landing == Landing::IfNewest {
            let without = self.commit(&transaction.without(action)).await?;
            return Ok(if without == Committed::Done { Recorded::Done } else { Recorded::Superseded });
        }
        Ok(if failed.iter().any(|at| Some(*at) == guard) && failed.len() == 1 {
            Recorded::TenantTaken
        } else if failed == [action] {
            Recorded::EnterpriseRefuses
        } else {
            Recorded::Superseded
        })
    }

    /// The same proof with the tenant that its enterprise is bound to by now; read only if the link has no pin.
    pub async fn pinned(&self, verifying: Verifying) -> Result<Verifying, StoreError> {
        if verifying.request().pin.is_some() {
            return Ok(verifying);
        }
        let enterprise = self.enterprise(verifying.request().enterprise).await?;
        Ok(verifying.bound_to(enterprise.and_then(|enterprise| enterprise.tenant)))
    }

    /// Records what a reading of Graph led to. A grant that the enterprise or the tenant's guard does not take is
    /// recorded as the refusal that it then is.
    pub async fn conclude(&self, conclusion: Conclusion, context: Context<'_>) -> Result<Recorded, StoreError> {
        let record = match conclusion {
            Conclusion::Decided(record) => record,
            Conclusion::ReadAgain(verifying) => {
                let put_off = self.read_again(&verifying).await?;
                return Ok(if put_off { Recorded::Done } else { Recorded::Superseded });
            }
        };
        let code = match self.record(&record).await? {
            Recorded::TenantTaken => Code::TenantBoundElsewhere,
            Recorded::EnterpriseRefuses => Code::WrongTenant,
            ended @ (Recorded::Done | Recorded::Superseded) => return Ok(ended),
        };
        match record.overruled(code, context) {
            Some(refusal) => self.record(&refusal).await,
            None => Ok(Recorded::Superseded),
        }
    }

    /// Puts off the next reading of Graph. False if somebody else has decided, or put it off, meanwhile.
    async fn read_again(&self, verifying: &Verifying) -> Result<bool, StoreError> {
        let (key, stage) = (Key::request(&verifying.request().id), verifying.stage());
        let at = stage.due().map(|at| at.to_string()).unwrap_or_default();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.clone().into_item()))
            .update_expression("SET stage = :stage, DPK = :due, DSK = :at")
            .condition_expression("stage.#name = :verifying AND stage.#reads = :before")
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#reads", "reads")
            .expression_attribute_values(":verifying", text(stage.name()))
            .expression_attribute_values(":before", number(verifying.reads().saturating_sub(1)))
            .expression_attribute_values(":stage", part(&key, &stage)?)
            .expression_attribute_values(":due", text(DueKind::Verification.partition(0)))
            .expression_attribute_values(":at", text(at));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
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

fn held_by(request: &ConsentRequest, holder: &ReferenceId) -> bool {
    matches!(&request.stage, Stage::Leased { holder: held, .. } if held == holder)
}

/// The request's new stage, if it still is as it was: same stage, same lease, and this refusal not told before.
fn request_change(record: &Record) -> Result<Change, StoreError> {
    let key = Key::request(&record.request.id);
    let mut set = "SET stage = :stage".to_owned();
    let mut condition = "stage.#name = :was AND size(usedCodes) = :attempt".to_owned();
    let due = record.stage.due();
    if record.refusal.is_some() {
        set.push_str(", refusedCodes = list_append(refusedCodes, :refusals)");
        condition.push_str(" AND NOT contains(refusedCodes, :refusal)");
    }
    set.push_str(if due.is_some() { ", DPK = :due, DSK = :at" } else { " REMOVE DPK, DSK" });
    let mut change = Change::new(set, condition)
        .name("#name", "name")
        .value(":stage", part(&key, &record.stage)?)
        .value(":was", text(record.request.stage.name()))
        .value(":attempt", number(record.request.attempt()));
    if let Some(code) = record.refusal {
        change = change
            .value(":refusal", text(code.as_str()))
            .value(":refusals", AttributeValue::L(vec![text(code.as_str())]));
    }
    if let Some(at) = due {
        change = change.value(":due", text(DueKind::Verification.partition(0))).value(":at", text(at.to_string()));
    }
    Ok(change)
}

/// An open enterprise gets the action's state.
fn action_change(key: &Key, action: ActionType, state: &ActionState) -> Result<Change, StoreError> {
    let change = Change::new("SET actions.#action = :state", IS_OPEN)
        .name("#action", action.name())
        .value(":open", part(key, &Standing::Open)?)
        .value(":state", part(key, state)?);
    Ok(change)
}

/// An enterprise that is stopped or gone takes no more.
const IS_OPEN: &str = "standing = :open";
/// What is proved stays so, whatever becomes of another link.
const KEEPS_PROVED: &str = "NOT (actions.#action.#status IN (:granted, :confirming, :verifying))";
/// The same, but a proof under way may end; and only the newest link speaks for the action.
const IS_NEWEST: &str = "NOT (actions.#action.#status IN (:granted, :confirming)) \
     AND (attribute_not_exists(actions.#action.#request) OR actions.#action.#request = :request)";
/// A tenant waits for confirmation only where none is bound.
const IS_UNBOUND: &str = "attribute_not_exists(tenant)";
/// A tenant is never exchanged for another.
const SAME_TENANT: &str = "(attribute_not_exists(tenant) OR tenant = :tenant)";

fn with_condition(mut change: Change, condition: &str) -> Change {
    change.condition.push_str(" AND ");
    change.condition.push_str(condition);
    change
}

fn proved_words(change: Change) -> Change {
    change
        .name("#status", "status")
        .value(":granted", text("granted"))
        .value(":confirming", text("pending_confirmation"))
}

/// How the action's state lands on the enterprise.
fn landing(record: &Record) -> Result<Change, StoreError> {
    let key = Key::enterprise(record.request.enterprise);
    let mut change = action_change(&key, record.request.action, &record.action)?;
    match record.landing {
        Landing::IfNewest => {
            let request = text(record.request.id.as_str());
            Ok(with_condition(proved_words(change), IS_NEWEST).name("#request", "request").value(":request", request))
        }
        Landing::Must => {
            let Some(tenant) = record.binds else { return Ok(with_condition(change, IS_UNBOUND)) };
            change.update.push_str(", tenant = :tenant");
            Ok(with_condition(change, SAME_TENANT).value(":tenant", text(tenant.to_string())))
        }
    }
}

/// The tenant's guard: the first provider to bind a tenant keeps it (T16).
fn guard(transaction: &mut Transaction, tenant: TenantId, reseller: ResellerId) -> Result<usize, StoreError> {
    let change = Change::new(
        "SET reseller = if_not_exists(reseller, :reseller)",
        "attribute_not_exists(PK) OR reseller = :reseller OR #shared = :yes",
    );
    let change = change.name("#shared", "shared").value(":reseller", number(reseller));
    let change = change.value(":yes", AttributeValue::Bool(true));
    transaction.update(Key::tenant(tenant), change)
}

fn handle_item(handle: &TokenHandle) -> Result<crate::row::Item, StoreError> {
    let mut row = item(&Key::handle(&handle.hash), handle)?;
    row.insert("ttl".to_owned(), number(handle.expires_at.seconds()));
    Ok(row)
}
