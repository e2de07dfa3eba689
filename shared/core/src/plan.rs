//! The plan: from what is granted and what is wanted to the fewest of Microsoft's screens.
//!
//! Delegated permissions are asked for at one sign-in, as the union of what is wanted and what is granted. Application
//! permissions are asked for with `.default`, so each registration is one screen, whatever it is wanted for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::action::{ActionState, ActionType, ProvedBy};
use crate::application_client::ApplicationClients;
use crate::enterprise::Enterprise;
use crate::id::ApplicationId;
use crate::permission::{self, Kind, Permission};
use crate::time::Timestamp;

/// What a plan is to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Every mandatory action that is missing, and every other that is asked for.
    Missing,
    /// These actions.
    These(BTreeSet<ActionType>),
    /// What is missing of one action that was granted: these delegated permissions of it, by name, and nothing else.
    Part {
        /// The action.
        action: ActionType,
        /// The permissions.
        permissions: Vec<String>,
    },
}

/// One of Microsoft's screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// How its permissions are held.
    pub kind: Kind,
    /// The registration that asks.
    pub client: ApplicationId,
    /// The actions that it decides, the leading one first.
    pub actions: Vec<ActionType>,
    /// Granted actions whose permissions it asks for again, so that none of them is lost.
    pub again: Vec<ActionType>,
    /// The delegated permissions that it asks for alone, by name; empty if it asks for all of its actions'.
    pub part: Vec<String>,
    /// The delegated permissions that it leaves out, as they would be asked for: Microsoft refused them by name.
    pub without: Vec<String>,
}

/// Microsoft's screens, in the order in which they are to be gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The screens.
    pub screens: Vec<Screen>,
}

impl Screen {
    /// Everything that the screen asks for, and grants: for application permissions all that the registration lists, of our own
    /// the delegated ones too.
    #[must_use]
    pub fn permissions(&self, clients: &ApplicationClients) -> Vec<&'static Permission> {
        match self.kind {
            Kind::Delegated => {
                let mut asked: Vec<&'static Permission> = if self.part.is_empty() {
                    permission::asked_together(&[self.actions.as_slice(), &self.again].concat())
                } else {
                    self.actions.iter().flat_map(|one| permission::part_of(*one, &self.part)).collect()
                };
                asked.retain(|permission| !self.without.contains(&permission.scope()));
                asked
            }
            Kind::Application => clients.lists(self.client),
        }
    }

    /// Whether the screen asks for `permission` only because its registration lists it: none of its actions wants it.
    #[must_use]
    pub fn is_along(&self, permission: &Permission) -> bool {
        self.kind == Kind::Application && !permission.is_wanted_by(&self.actions)
    }

    /// Whether nobody can go there yet: only a registration finds out which tenant it is.
    #[must_use]
    pub fn awaits_tenant(&self, enterprise: &Enterprise) -> bool {
        self.actions.first().is_some_and(|first| lacks_tenant(*first, enterprise))
    }
}

/// Whether `action` is asked for in a tenant of `enterprise` that is not known: a mere sign-in must be of the one that it is bound
/// to.
fn lacks_tenant(action: ActionType, enterprise: &Enterprise) -> bool {
    match action.proved_by() {
        ProvedBy::Grants => false,
        ProvedBy::SignIn => enterprise.tenant.is_none(),
        ProvedBy::Membership | ProvedBy::AppRoles => !is_tenant_known(enterprise),
    }
}

/// Whether it is known in which tenant `enterprise` is asked for what comes after its registration.
pub(crate) fn is_tenant_known(enterprise: &Enterprise) -> bool {
    enterprise.tenant.is_some() || enterprise.profile.expected_tenant.is_some()
}

impl Wanted {
    /// What leads there from where `enterprise` stands: a registration first, where a tenant is to be known that is not.
    #[must_use]
    pub fn led_to(self, enterprise: &Enterprise) -> Self {
        let lacks_tenant = |action: &ActionType| lacks_tenant(*action, enterprise);
        let these = match self {
            Self::These(these) if these.iter().any(lacks_tenant) => these,
            Self::Part { action, .. } if lacks_tenant(&action) => BTreeSet::from([action]),
            Self::Missing | Self::These(_) | Self::Part { .. } => return self,
        };
        Self::These(these.into_iter().chain([ActionType::Registration]).collect())
    }
}

fn is_application(action: ActionType) -> bool {
    action.proved_by() == ProvedBy::AppRoles
}

/// Whether an action may still be decided: not granted, and not being proved.
fn is_open(enterprise: &Enterprise, action: ActionType) -> bool {
    let closed = match enterprise.action(action) {
        ActionState::Granted { .. } => true,
        ActionState::Verifying { .. } => !is_merely_looked_for(enterprise, action),
        // Whoever holds the link may have finished it, in whatever tenant: that keeps nobody out (T11).
        ActionState::PendingConfirmation { .. } => enterprise.tenant.is_some(),
        ActionState::NotRequested
        | ActionState::PendingConsent { .. }
        | ActionState::Started { .. }
        | ActionState::Declined { .. }
        | ActionState::Blocked { .. }
        | ActionState::Unverifiable { .. }
        | ActionState::Drifted { .. }
        | ActionState::Withdrawn { .. }
        | ActionState::Revoked { .. }
        | ActionState::Expired { .. } => false,
    };
    // A sign-in may be wanted again and again.
    !closed || action.proved_by() == ProvedBy::SignIn
}

/// Whether `action` needs nothing more of a link that was made at `made`: somebody has signed in since, or nobody asks for it any more
/// (R002).
fn is_over(enterprise: &Enterprise, action: ActionType, made: Timestamp) -> bool {
    match enterprise.action(action) {
        ActionState::Granted { since, .. } | ActionState::Withdrawn { since } => since >= made,
        ActionState::NotRequested
        | ActionState::PendingConsent { .. }
        | ActionState::Started { .. }
        | ActionState::PendingConfirmation { .. }
        | ActionState::Verifying { .. }
        | ActionState::Declined { .. }
        | ActionState::Blocked { .. }
        | ActionState::Unverifiable { .. }
        | ActionState::Drifted { .. }
        | ActionState::Revoked { .. }
        | ActionState::Expired { .. } => false,
    }
}

/// Whether an application's grant is looked for. That says nothing: the way back from the admin-consent page is a GET that
/// anybody can write (T14).
fn is_merely_looked_for(enterprise: &Enterprise, action: ActionType) -> bool {
    is_application(action) && matches!(enterprise.action(action), ActionState::Verifying { .. })
}

/// What is left of the way to what was wanted at `made_at`, as `enterprise` stands by now.
#[must_use]
pub(crate) fn plan_since(
    enterprise: &Enterprise,
    (wanted, made_at): (&Wanted, Timestamp),
    clients: &ApplicationClients,
) -> Plan {
    plan_but(enterprise, (wanted, &|action| is_over(enterprise, action, made_at)), clients)
}

/// The plan of `enterprise` for what is wanted from now on. Actions that do not apply to it are left out.
#[must_use]
pub fn plan(enterprise: &Enterprise, wanted: &Wanted, clients: &ApplicationClients) -> Plan {
    plan_but(enterprise, (wanted, &|_| false), clients)
}

/// The same without the actions that are over.
fn plan_but(
    enterprise: &Enterprise,
    (wanted, is_over): (&Wanted, &dyn Fn(ActionType) -> bool),
    clients: &ApplicationClients,
) -> Plan {
    let services = &enterprise.profile.services;
    let is_wanted = |action: &ActionType| match wanted {
        Wanted::These(these) => these.contains(action) && is_open(enterprise, *action),
        Wanted::Part { action: one, .. } => action == one && is_open(enterprise, *action),
        Wanted::Missing => {
            let missing = action.is_mandatory(services) && is_open(enterprise, *action);
            let asked_for = enterprise.is_asked_for(*action) || is_merely_looked_for(enterprise, *action);
            missing || (asked_for && action.proved_by() != ProvedBy::SignIn)
        }
    };
    let applicable = ActionType::all().filter(|action| action.is_applicable(services));
    let left: Vec<ActionType> = applicable.filter(|action| is_wanted(action) && !is_over(*action)).collect();
    let of = |proof: &[ProvedBy]| -> Vec<ActionType> {
        left.iter().copied().filter(|action| proof.contains(&action.proved_by())).collect()
    };
    let sign_in = |actions: Vec<ActionType>| {
        let (again, part) = match wanted {
            Wanted::Part { action, permissions } if !was_too_little(enterprise, *action) => {
                (Vec::new(), lacking(enterprise, *action, permissions))
            }
            Wanted::Part { .. } | Wanted::Missing | Wanted::These(_) => (again(enterprise, &actions), Vec::new()),
        };
        let without = enterprise.left_out(&actions, &again);
        Screen { kind: Kind::Delegated, client: clients.own(), actions, again, part, without }
    };
    let known = is_tenant_known(enterprise);
    let together: &[ProvedBy] = if known { &[ProvedBy::Grants, ProvedBy::Membership] } else { &[ProvedBy::Grants] };
    // What needs a permission that Microsoft refused, or is optional and was refused, stops nothing else: it is tried by itself,
    // after the others. Without a registration there are none.
    let stops = |action: ActionType| enterprise.is_isolated(action) || is_refused_option(enterprise, action);
    let (alone, shared): (Vec<ActionType>, Vec<ActionType>) =
        of(together).into_iter().partition(|action| known && stops(*action));
    let mut screens = vec![sign_in(shared)];
    if !known {
        // Until a registration has shown the tenant, nothing is changed in it.
        screens.push(sign_in(of(&[ProvedBy::Membership])));
    }
    screens.extend(application_screens(&of(&[ProvedBy::AppRoles]), clients));
    screens.push(sign_in(of(&[ProvedBy::SignIn])));
    screens.extend(alone.into_iter().map(|action| sign_in(vec![action])));
    screens.retain(|screen| !screen.actions.is_empty());
    Plan { screens }
}

/// Whether `action` is one that the enterprise can do without, and was refused the last time (R141).
fn is_refused_option(enterprise: &Enterprise, action: ActionType) -> bool {
    let refused = matches!(enterprise.action(action), ActionState::Blocked { .. } | ActionState::Declined { .. });
    refused && !action.is_mandatory(&enterprise.profile.services)
}

/// Whether a part of `action` was granted and more is missing by now: a grant of a part alone may have taken the rest away.
fn was_too_little(enterprise: &Enterprise, action: ActionType) -> bool {
    let state = enterprise.action(action);
    state.is_not_visible() || state.is_unverifiable()
}

/// What is missing of `action` by now, where that is known; what was missing when somebody was told of it otherwise.
fn lacking(enterprise: &Enterprise, action: ActionType, permissions: &[String]) -> Vec<String> {
    let missing =
        if let ActionState::Drifted { missing, .. } = enterprise.action(action) { missing } else { Vec::new() };
    if missing.is_empty() { permissions.to_vec() } else { missing }
}

fn again(enterprise: &Enterprise, actions: &[ActionType]) -> Vec<ActionType> {
    let granted = actions.first().map(|first| enterprise.asked_again_with(*first)).unwrap_or_default();
    granted.into_iter().filter(|action| !actions.contains(action)).collect()
}

/// One screen a registration; that of user synchronisation first, because it reads the grants of all.
fn application_screens(actions: &[ActionType], clients: &ApplicationClients) -> Vec<Screen> {
    let mut order: Vec<ApplicationId> = Vec::new();
    for client in [clients.of(ActionType::UserSync)].into_iter().chain(actions.iter().map(|one| clients.of(*one))) {
        if !order.contains(&client) {
            order.push(client);
        }
    }
    let screen = |client: ApplicationId| Screen {
        kind: Kind::Application,
        client,
        actions: actions.iter().copied().filter(|action| clients.of(*action) == client).collect(),
        again: Vec::new(),
        part: Vec::new(),
        without: Vec::new(),
    };
    order.into_iter().map(screen).collect()
}

#[cfg(test)]
mod tests;
