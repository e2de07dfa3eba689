//! What a reading of a tenant shows beside the consent that it was made for, or when it was made for none: consents that are
//! gone or back, and consents that the same screen granted.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::action::{ActionState, ActionType, ProvedBy};
use onboarding_core::consent::ConsentRequest;
use onboarding_core::drift::{self, Decided, Drift, Noting, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{RoleTemplateId, TenantId};
use onboarding_core::proof::application::{self, Judgement, View};
use onboarding_core::readiness::Completion;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::consent::{IS_OPEN, Recorded, beyond_graph, binding, open, spent, within};
use crate::key::{EXISTS, Key};
use crate::readiness::completing;
use crate::row::part;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{instant, text};
use crate::{Store, StoreError};

impl Store {
    /// Records every granted action that is gone, and then every lost one that is back: who is told that an enterprise is ready
    /// is not told too early.
    pub async fn note_drifts(
        &self,
        seen: Option<Seen<'_>>,
        decided: Option<&ConsentRequest>,
        noting: Noting<'_>,
    ) -> Result<(), StoreError> {
        self.note_losses(seen, decided, noting).await?;
        self.note_returns(seen, decided, noting).await
    }

    /// Records every granted action that is gone.
    pub async fn note_losses(
        &self,
        seen: Option<Seen<'_>>,
        decided: Option<&ConsentRequest>,
        noting: Noting<'_>,
    ) -> Result<(), StoreError> {
        self.note_changes(seen, decided, noting, |change| !change.is_return()).await
    }

    /// Records every lost action that is back, and every grant that is seen late.
    pub async fn note_returns(
        &self,
        seen: Option<Seen<'_>>,
        decided: Option<&ConsentRequest>,
        noting: Noting<'_>,
    ) -> Result<(), StoreError> {
        self.note_changes(seen, decided, noting, drift::Change::is_return).await
    }

    /// Records each change that counts in a transaction of its own. One that has changed meanwhile is left to whoever changed it.
    /// What the reading was made for is `decided` by itself.
    async fn note_changes(
        &self,
        seen: Option<Seen<'_>>,
        decided: Option<&ConsentRequest>,
        noting: Noting<'_>,
        counts: fn(&drift::Change) -> bool,
    ) -> Result<(), StoreError> {
        let Some(seen) = seen else { return Ok(()) };
        let screen = decided.map(ConsentRequest::screen).unwrap_or_default();
        let decided = decided.map(|request| Decided { action: request.action, screen: &screen });
        let (mut enterprise, reseller) = (noting.parties.0.clone(), noting.parties.1);
        let changes = drift::changes(noting.parties.0, seen, (noting.clients, decided), noting.context.occasion.now);
        for change in changes.into_iter().filter(counts) {
            let is_told = reseller.events_url.is_some() || change.is_late();
            let before = match change.granted_by().filter(|_| is_told) {
                Some(request) => self.request(request).await?,
                None => None,
            };
            let Some(drift) = change.noted(before.as_ref(), noting) else { continue };
            if self.record_drift(&drift, (&enterprise, reseller), noting).await? {
                enterprise.actions.insert(drift.action, drift.state);
            }
        }
        Ok(())
    }

    /// Records what has become of one action, if it still is as it was. To be granted again is bound to what every grant
    /// is: the enterprise goes on, its provider too, and the tenant is nobody else's. It may be the last one that the
    /// enterprise needs to be ready. False if it is not recorded; the next look tries again.
    async fn record_drift(
        &self,
        drift: &Drift,
        (enterprise, reseller): (&Enterprise, &Reseller),
        noting: Noting<'_>,
    ) -> Result<bool, StoreError> {
        let key = Key::enterprise(drift.enterprise);
        let mut change = Change::new("SET actions.#action = :state", "actions.#action = :was")
            .name("#action", drift.action.name())
            .value(":was", part(&key, &drift.was)?)
            .value(":state", part(&key, &drift.state)?);
        let mut transaction = self.transaction();
        if let ActionState::Granted { .. } = drift.state {
            let completion = Completion::of(
                (enterprise, reseller),
                (drift.action, drift.state.granted_in()),
                noting.context.occasion,
            );
            transaction.tell_ready(completion.as_ref())?;
            change = completing(change, completion.as_ref())?;
            change = open(found(change, drift.action).and(IS_OPEN), &key)?;
            transaction.check_active(enterprise.reseller)?;
            if let Some(tenant) = drift.binds {
                change = binding(change, tenant);
                transaction.guard(tenant, enterprise.reseller)?;
            } else if let Some(tenant) = drift.state.granted_in() {
                change = within(change, tenant);
                transaction.check_free(tenant, enterprise.reseller)?;
            }
            if let Some(request) = &drift.spends {
                transaction.update(Part::Request, Key::request(&request.id), spent(request, drift.audit.at)?)?;
            }
        } else {
            if let Some(tenant) = enterprise.watched_tenant().filter(|_| enterprise.pin().is_none()) {
                change = sought(change, tenant, enterprise);
            }
            change = lost(change, drift.action);
            if let ActionState::Revoked { .. } = drift.state
                && drift.action.proved_by() == ProvedBy::Grants
            {
                // With our application went all that it had.
                change.update.push_str(" REMOVE beyondGraph");
            }
        }
        transaction.update(Part::Action, key, change)?;
        for delivery in drift.delivery.iter().chain(&drift.recovered) {
            transaction.deliver(delivery)?;
        }
        if let Some(start) = &drift.link {
            transaction.start(start)?;
        }
        transaction.audit(&drift.audit)?;
        let is_recorded = self.commit_accepting(transaction).await?.0 == Committed::Done;
        if is_recorded {
            let (enterprise, action, state) = (drift.enterprise, drift.action, drift.state.word());
            tracing::warn!(enterprise.id = %enterprise, %action, state, "a consent is gone, or back");
        }
        Ok(is_recorded)
    }

    /// Notes when an enterprise is to be looked at again, that all of it was seen at `verified_at`, and what `seen` showed that a
    /// tenant may lack: permissions of other APIs than Graph, and roles. Where another tenant is expected by now, nothing is noted, and
    /// it is looked at again soon.
    pub async fn looked_at(
        &self,
        enterprise: &Enterprise,
        (verified_at, seen): (Option<Timestamp>, Option<Seen<'_>>),
        next: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = Change::new("SET DSK = :next", EXISTS).and("attribute_exists(DPK)");
        change = as_expected(change, enterprise);
        if let Some(at) = verified_at {
            change.update.push_str(", verifiedAt = :at");
            change = change.value(":at", instant(at));
        }
        let (scopes, roles) = seen.map(|seen| (seen.beyond_graph(), seen.joined_roles())).unwrap_or_default();
        let change = joined_roles(beyond_graph(change.value(":next", text(next.to_string())), scopes), &roles);
        self.update(Key::enterprise(enterprise.id), change).await.map(drop)
    }

    /// Grants the other actions of the same registration that are asked for and that `view` shows: they share one screen. Answers
    /// the enterprise as it stands with them.
    pub async fn grant_along(
        &self,
        request: &ConsentRequest,
        view: &View,
        noting: Noting<'_>,
    ) -> Result<Enterprise, StoreError> {
        let Noting { parties: (read, reseller), clients, context, .. } = noting;
        let mut enterprise = read.clone();
        let Some(tenant) = request.pin else { return Ok(enterprise) };
        for action in clients.beside(request.action).filter(|action| read.is_granted_along(*action, request)) {
            let judgement = application::judge((action, clients.of(action)), tenant, view);
            let Judgement::Assigned(assigned) = judgement else { continue };
            let own = match read.action(action).link() {
                Some(id) => self.request(id).await?.filter(|own| own.is_unused(context.occasion.now)),
                None => None,
            };
            if own.as_ref().and_then(|own| own.pin).is_some_and(|meant| meant != tenant) {
                continue;
            }
            let is_new = own.is_none();
            let link = own.unwrap_or_else(|| request.for_another(action, read.resets_of(action), context));
            if let Some(record) = link.granted_along(is_new, &assigned, context)
                && self.record_grant(&record, (&enterprise, reseller), context).await? == Recorded::Done
            {
                enterprise.actions.insert(action, record.action);
            }
        }
        Ok(enterprise)
    }
}

/// Roles that our service principal was seen in are missed from now on, should it leave them. After [`beyond_graph`], which may have
/// begun to add to sets.
fn joined_roles(mut change: Change, roles: &[RoleTemplateId]) -> Change {
    if roles.is_empty() {
        return change;
    }
    change.update.push_str(if change.update.contains(" ADD ") { "," } else { " ADD" });
    change.update.push_str(" joinedRoles :roles");
    change.value(":roles", AttributeValue::Ss(roles.iter().map(ToString::to_string).collect()))
}

/// What is lost is looked for in this tenant.
fn sought(mut change: Change, tenant: TenantId, enterprise: &Enterprise) -> Change {
    change.update.push_str(", soughtIn = :tenant");
    as_expected(change.value(":tenant", text(tenant.to_string())), enterprise)
}

/// The provider expects the tenant that it did when `enterprise` was read: what was seen is of no other one.
fn as_expected(change: Change, enterprise: &Enterprise) -> Change {
    match enterprise.profile.expected_tenant.clone() {
        Some(expected) => {
            change.and("profile.expectedTenant = :expected").value(":expected", text(String::from(expected)))
        }
        None => change.and("attribute_not_exists(profile.expectedTenant)"),
    }
}

/// The action is known to be lost, until it is granted again.
fn lost(change: Change, action: ActionType) -> Change {
    among_lost(change, " ADD lost :own", action)
}

/// The action is granted, whatever was lost before.
pub(crate) fn found(change: Change, action: ActionType) -> Change {
    among_lost(change, " DELETE lost :own", action)
}

fn among_lost(mut change: Change, clause: &str, action: ActionType) -> Change {
    change.update.push_str(clause);
    change.value(":own", AttributeValue::Ss(vec![action.name().to_owned()]))
}
