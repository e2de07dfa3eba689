//! What a move means beside itself: that its enterprise is ready with it (R140), and that a loss is over.
//!
//! Both follow from how the enterprise stood when it was read, and both are told once. So how it stood is a condition of the
//! move; where it stands otherwise by then, the move is made again on that.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::action::ActionType;
use onboarding_core::audit::Occasion;
use onboarding_core::consent::{Context, Record};
use onboarding_core::delivery::Delivery;
use onboarding_core::drift;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::readiness::Completion;
use onboarding_core::reseller::Reseller;

use crate::consent::Recorded;
use crate::invitation::as_noted;
use crate::transaction::Transaction;
use crate::update::Change;
use crate::value::{Item, instant, number, text};
use crate::{Store, StoreError};

/// How often a grant is tried again because its enterprise moved at the same time.
const AGAIN: usize = 5;

/// What a grant means beside itself.
pub(crate) struct Beside {
    completion: Option<Completion>,
    /// Whether the action was lost: whoever ends the loss tells of it, and nobody else.
    was_lost: bool,
    recovered: Option<Delivery>,
}

impl Beside {
    /// The same change of `action`, under the condition that the enterprise stands as it was read.
    pub(crate) fn within(&self, change: Change, action: ActionType) -> Result<Change, StoreError> {
        let is_lost = "contains(lost, :lost)";
        let change = if self.was_lost { change.and(is_lost) } else { change.and(&format!("NOT {is_lost}")) };
        completing(change.value(":lost", text(action.name())), self.completion.as_ref())
    }

    fn is_as(&self, other: &Self) -> bool {
        let same = match (&self.completion, &other.completion) {
            (Some(one), Some(other)) => one.is_as(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same && self.was_lost == other.was_lost
    }
}

impl Transaction {
    /// Adds the event that an enterprise is ready, if a step makes it so, and that its invitations are accepted with it.
    pub(crate) fn tell_ready(&mut self, completion: Option<&Completion>) -> Result<(), StoreError> {
        let Some(ready) = completion.and_then(|completion| completion.ready.as_ref()) else { return Ok(()) };
        ready.accepted.iter().try_for_each(|accepted| self.accept_invitation(accepted, ready.at))?;
        ready.delivery.as_ref().map_or(Ok(()), |delivery| self.deliver(delivery))
    }

    /// Adds the events of what a grant means beside itself.
    pub(crate) fn tell(&mut self, beside: &Beside) -> Result<(), StoreError> {
        self.tell_ready(beside.completion.as_ref())?;
        beside.recovered.as_ref().map_or(Ok(()), |delivery| self.deliver(delivery))
    }
}

impl Store {
    /// Records a move which, if it is a grant, may end a loss, and may be the last step that its enterprise needs to be ready.
    pub(crate) async fn record_grant(
        &self,
        record: &Record,
        parties: (&Enterprise, &Reseller),
        context: Context<'_>,
    ) -> Result<Recorded, StoreError> {
        self.record_beside(record, parties, (Some(context), context.occasion)).await
    }

    /// Records that a provider confirms a tenant, which may be the last step too. Where a tenant waits none is bound, and so
    /// nothing can have been lost.
    pub async fn confirm(
        &self,
        record: &Record,
        parties: (&Enterprise, &Reseller),
        occasion: Occasion<'_>,
    ) -> Result<Recorded, StoreError> {
        self.record_beside(record, parties, (None, occasion)).await
    }

    /// Where another action was granted or lost since the parties were read, it is tried again on how they stand then.
    async fn record_beside(
        &self,
        record: &Record,
        (enterprise, reseller): (&Enterprise, &Reseller),
        (recovering, occasion): (Option<Context<'_>>, Occasion<'_>),
    ) -> Result<Recorded, StoreError> {
        if !record.action.is_granted() {
            return self.record(record).await;
        }
        let action: ActionType = record.request.action;
        let of = |parties: (&Enterprise, &Reseller)| Beside {
            completion: Completion::of(parties, (action, record.tenant()), occasion),
            was_lost: parties.0.lost.contains(&action),
            recovered: recovering.and_then(|context| drift::recovered(parties, (action, &record.action), context)),
        };
        let mut beside = of((enterprise, reseller));
        let mut recorded = self.record_with(record, Some(&beside)).await?;
        for _ in 0..AGAIN {
            if recorded != Recorded::EnterpriseRefuses {
                break;
            }
            let Some((enterprise, reseller)) = self.parties(enterprise.id, reseller.id).await? else { break };
            let fresh = of((&enterprise, &reseller));
            if fresh.is_as(&beside) {
                break;
            }
            beside = fresh;
            recorded = self.record_with(record, Some(&beside)).await?;
        }
        Ok(recorded)
    }
}

/// The same change, under the condition that the mandatory actions that it leaves alone stand as they were read; with the
/// last step the enterprise is ready.
pub(crate) fn completing(mut change: Change, completion: Option<&Completion>) -> Result<Change, StoreError> {
    let Some(Completion { version, others, invitations, ready }) = completion else { return Ok(change) };
    change = change.and("version = :read AND attribute_not_exists(readyAt)").value(":read", number(*version));
    change = change.name("#status", "status").value(":granted", text("granted"));
    for (at, (action, granted)) in others.iter().enumerate() {
        let other = format!("#other{at}");
        let is_granted = format!("actions.{other}.#status IN (:granted)");
        change = change.and(&if *granted { is_granted } else { format!("NOT ({is_granted})") });
        change = change.name(&other, action.name());
    }
    if let Some(ready) = ready {
        // What follows SET may be followed by other clauses.
        change.update = change.update.replacen("SET ", "SET readyAt = :ready, invitations = :none, ", 1);
        change = as_noted(change, invitations)?.value(":ready", instant(ready.at));
        change = change.value(":none", AttributeValue::M(Item::new()));
    }
    Ok(change)
}
