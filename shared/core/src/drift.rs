//! Drift: a consent that was granted and that Microsoft no longer shows.
//!
//! A new tenant-wide grant may take an earlier one away (Microsoft: "Grant tenant-wide admin consent to an application"),
//! and an administrator may take away any. So whoever reads a tenant looks at everything that it granted before.
//! What was not read is not missing.

use crate::action::{ActionItem, ActionState, ActionType, ProvedBy};
use crate::application_client::ApplicationClients;
use crate::audit::{Actor, AuditRow, Fact};
use crate::consent::Context;
use crate::delivery::Delivery;
use crate::enterprise::Enterprise;
use crate::event;
use crate::id::{ConsentRequestId, EnterpriseId, RoleTemplateId, TenantId};
use crate::proof::application::{self, AppRole};
use crate::proof::{self, Also, DelegatedGrant, TEAMS_ADMINISTRATOR, TenantView};
use crate::reseller::Reseller;

/// What a reading showed of a tenant, whoever's token it was made with.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    tenant: TenantId,
    grants: Option<&'a [DelegatedGrant]>,
    app_roles: Option<&'a [AppRole]>,
    joined: Option<&'a [RoleTemplateId]>,
    also: &'a Also,
}

impl<'a> Seen<'a> {
    /// What a signer's token showed; none if it did not show which tenant.
    #[must_use]
    pub fn by_signer(view: &'a TenantView, also: &'a Also) -> Option<Self> {
        Some(Self {
            tenant: view.organization.as_ref()?.id,
            grants: view.grants.as_deref(),
            app_roles: view.app_roles.as_deref(),
            joined: view.joined.as_deref(),
            also,
        })
    }

    /// What a token of our own showed; none if it showed nothing.
    #[must_use]
    pub fn by_ourselves(view: &'a application::View, also: &'a Also) -> Option<Self> {
        let application::View::Open { organization, roles, grants, joined } = view else { return None };
        let (grants, joined) = (grants.as_deref(), joined.as_deref());
        Some(Self { tenant: organization.id, grants, app_roles: Some(roles), joined, also })
    }

    /// Whether `action` is shown as granted; none if that was not read.
    fn shows(&self, action: ActionType, clients: &ApplicationClients) -> Option<bool> {
        let client = clients.of(action);
        match action.proved_by() {
            ProvedBy::Grants => self.grants.map(|grants| proof::covers_tenant(grants, action)),
            ProvedBy::Membership => self.joined.map(|joined| joined.contains(&TEAMS_ADMINISTRATOR)),
            ProvedBy::AppRoles if self.also.clients.contains(&client) => {
                self.app_roles.map(|roles| application::missing(action, client, roles).is_empty())
            }
            ProvedBy::AppRoles | ProvedBy::SignIn => None,
        }
    }
}

impl Enterprise {
    /// What is to be looked at for the actions that are granted.
    #[must_use]
    pub fn granted_before(&self, clients: &ApplicationClients) -> Also {
        let granted = ActionType::all().filter(|action| matches!(self.action(*action), ActionState::Granted { .. }));
        let mut also = Also::default();
        for action in granted {
            match action.proved_by() {
                ProvedBy::AppRoles => drop(also.clients.insert(clients.of(action))),
                ProvedBy::Membership => also.joined = true,
                // Read in any case, or proved by what passes.
                ProvedBy::Grants | ProvedBy::SignIn => {}
            }
        }
        also
    }
}

/// Everything that the loss of one consent changes. It happens whole or not at all, and only if the action is still
/// granted as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Whose.
    pub enterprise: EnterpriseId,
    /// Which action.
    pub action: ActionType,
    /// The link by which it was granted: still being so is the condition.
    pub granted_by: ConsentRequestId,
    /// The state that the action gets.
    pub state: ActionState,
    /// The event, if the service provider is told of any.
    pub delivery: Option<Delivery>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

/// The granted actions that `seen` shows to be gone, but for `except`, which is being decided by itself.
#[must_use]
pub fn drifts(
    (enterprise, reseller): (&Enterprise, &Reseller),
    seen: Seen<'_>,
    (clients, except): (&ApplicationClients, ActionType),
    context: Context<'_>,
) -> Vec<Drift> {
    if enterprise.pin() != Some(seen.tenant) {
        return Vec::new();
    }
    let others = ActionType::all().filter(|action| *action != except);
    let gone = others.filter(|action| seen.shows(*action, clients) == Some(false));
    gone.filter_map(|action| drift((enterprise, reseller), action, context)).collect()
}

fn drift((enterprise, reseller): (&Enterprise, &Reseller), action: ActionType, context: Context<'_>) -> Option<Drift> {
    let ActionState::Granted { request, .. } = enterprise.action(action) else { return None };
    let occasion = context.occasion;
    let state = ActionState::Drifted { since: occasion.now };
    let item = ActionItem::new(enterprise.id, action, &state, &enterprise.profile.services);
    let about = (reseller, enterprise.id);
    let fact = Fact {
        actor: &Actor::System(context.system.unwrap_or("consent-redirect")),
        action: "consent.drifted",
        object: format!("action:{action}"),
        before: Some("granted".to_owned()),
        after: Some(state.word().to_owned()),
    };
    Some(Drift {
        enterprise: enterprise.id,
        action,
        granted_by: request,
        delivery: event::delivery("action.drifted", about, item, (context.keys, occasion)),
        audit: AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, occasion),
        state,
    })
}

#[cfg(test)]
mod tests;
