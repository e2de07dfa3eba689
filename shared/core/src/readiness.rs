//! Readiness: whether an enterprise can be used, what is missing, and who acts next (R131, R140, R145).
//!
//! An enterprise is ready once every mandatory action is granted. [`Completion`] says so with the last step that it takes,
//! once; [`Readiness`] says it whenever somebody asks, with every check at once.

mod steps;

use serde::Serialize;

use crate::action::{ActionState, ActionStatus, ActionType};
use crate::advice::{Code, Explanation, Who};
use crate::audit::{Actor, AuditRow, Occasion};
use crate::delivery::Delivery;
use crate::enterprise::{Edit, Enterprise, EnterpriseStatus, Standing};
use crate::event;
use crate::id::{EnterpriseId, InvitationId, TenantId};
use crate::invitation::{self, InvitationStatus, OpenInvitations};
use crate::proof::TEAMS_ADMINISTRATOR;
use crate::proof::membership::SKYPE_ADMINISTRATOR;
use crate::provisioning::{Seen, View};
use crate::reseller::Reseller;
use crate::time::Timestamp;

pub use steps::NextStep;

/// What a move means for the readiness of its enterprise, as that was read before: a grant, an edit that drops a service, or
/// that the enterprise goes on. The store makes it a condition of the move, so that of two last moves at once exactly one is
/// the last (P6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The version of the profile before the move: services decide what is mandatory.
    pub version: u64,
    /// The mandatory actions that the move leaves as they are, and whether each is granted.
    pub others: Vec<(ActionType, bool)>,
    /// The invitations that are noted on the enterprise: with the last step those of them that are open are accepted.
    pub invitations: OpenInvitations,
    /// With this move the enterprise is ready for the first time.
    pub ready: Option<Ready>,
}

/// An enterprise is ready for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Since when.
    pub at: Timestamp,
    /// The event, if the service provider is told of any.
    pub delivery: Option<Delivery>,
    /// The invitations that are accepted with it, unless they end before (K14).
    pub accepted: Vec<Accepted>,
}

/// An invitation is accepted: all that it asked for is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Which.
    pub id: InvitationId,
    /// The event, if the service provider is told of any.
    pub delivery: Option<Delivery>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

impl Accepted {
    fn of((enterprise, reseller): (&Enterprise, &Reseller), id: &InvitationId, occasion: Occasion<'_>) -> Self {
        let (about, status) = ((id, enterprise.id), InvitationStatus::Accepted);
        let told = (reseller.id, reseller.events_url.as_ref());
        let moves = (Some(InvitationStatus::Pending), status);
        Self {
            id: id.clone(),
            delivery: invitation::event(("accepted", status), about, told, occasion),
            audit: invitation::fact("accepted", (id, enterprise.id, reseller.id), moves, &Actor::LinkHolder, occasion),
        }
    }
}

/// What `enterprise.ready` tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadyEvent {
    enterprise_id: EnterpriseId,
    tenant_id: Option<TenantId>,
    status: &'static str,
}

impl Completion {
    /// What the grant of `action` by `tenant` completes; none if it completes nothing, or the enterprise was ready before:
    /// what is lost and found again is told as such, not as readiness.
    #[must_use]
    pub fn of(
        parties: (&Enterprise, &Reseller),
        (action, tenant): (ActionType, Option<TenantId>),
        occasion: Occasion<'_>,
    ) -> Option<Self> {
        let is_mandatory = action.is_mandatory(&parties.0.profile.services);
        is_mandatory.then(|| Self::with(parties, (Some(action), tenant), occasion)).flatten()
    }

    /// What an edit completes: with a service the last consent that was missing may no longer be mandatory. What is stopped is
    /// ready once it goes on.
    #[must_use]
    pub fn of_edit(edit: &Edit, reseller: &Reseller, occasion: Occasion<'_>) -> Option<Self> {
        let (before, after) = (edit.before(), edit.after());
        if after.standing != Standing::Open || before.profile.services == after.profile.services {
            return None;
        }
        let completion = Self::with((after, reseller), (None, None), occasion)?;
        Some(Self { version: before.version, ..completion })
    }

    /// What it completes that an enterprise goes on: all that was missing may have been dropped meanwhile.
    #[must_use]
    pub fn of_going_on(parties: (&Enterprise, &Reseller), occasion: Occasion<'_>) -> Option<Self> {
        Self::with(parties, (None, None), occasion)
    }

    fn with(
        (enterprise, reseller): (&Enterprise, &Reseller),
        (granted, tenant): (Option<ActionType>, Option<TenantId>),
        occasion: Occasion<'_>,
    ) -> Option<Self> {
        if enterprise.ready_at.is_some() {
            return None;
        }
        let is_other = |other: &ActionType| Some(*other) != granted && other.is_mandatory(&enterprise.profile.services);
        // As they are in the store, which compares them.
        let stored = |other| enterprise.actions.get(&other).is_some_and(ActionState::is_granted);
        let others: Vec<_> = ActionType::all().filter(is_other).map(|other| (other, stored(other))).collect();
        // As they count once the enterprise is bound.
        let bound = Enterprise { tenant: enterprise.tenant.or(tenant), ..enterprise.clone() };
        let ready = others.iter().all(|(other, _)| bound.action(*other).is_granted()).then(|| {
            let data = ReadyEvent {
                enterprise_id: enterprise.id,
                tenant_id: bound.tenant,
                status: EnterpriseStatus::Active.word(),
            };
            let delivery = event::plain_delivery("enterprise.ready", (reseller, enterprise.id), data, occasion);
            let open = enterprise.invitations.at(occasion.now);
            let accepted = open.map(|invited| Accepted::of((enterprise, reseller), &invited.id, occasion)).collect();
            Ready { at: occasion.now, delivery, accepted }
        });
        Some(Self { version: enterprise.version, others, invitations: enterprise.invitations.clone(), ready })
    }

    /// Whether both were made of an enterprise that stood in the same way.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        (self.version, &self.others, &self.invitations) == (other.version, &other.others, &other.invitations)
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// Nobody could look, or it is being looked at.
    Unknown,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What is looked at: `enterprise`, `consent`, `drift_credential`, `tenant_admin_api`, `teams_administrator_role` or
    /// `skype_administrator_role`.
    pub check: &'static str,
    /// Which action, of a `consent`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub action_type: Option<ActionType>,
    /// How it ended.
    pub status: CheckStatus,
    /// Whether the enterprise cannot be ready without it.
    pub mandatory: bool,
    /// What is wrong, if something is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub problem: Option<Explanation>,
}

/// `GET /v1/enterprises/{id}/readiness` (K11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// Which enterprise.
    pub enterprise_id: EnterpriseId,
    /// Whether every mandatory consent is granted, and its provider lets it go on.
    pub ready: bool,
    /// When it was ready for the first time.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub ready_at: Option<String>,
    /// The mandatory actions that are not granted.
    pub missing: Vec<ActionType>,
    /// Who acts next; null where nobody needs to.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub who: Option<Who>,
    /// Every check.
    pub checks: Vec<Check>,
    /// What is to be set up for the services of the enterprise (R145).
    pub next_steps: Vec<NextStep>,
}

impl Readiness {
    /// Every check of `enterprise`, by what is stored and by what was seen of its tenant now; none where it has no tenant.
    #[must_use]
    pub fn of(enterprise: &Enterprise, seen: Option<&Seen>) -> Self {
        let missing: Vec<ActionType> = enterprise.missing().collect();
        let mut checks = vec![standing(enterprise)];
        checks.extend(consents(enterprise));
        checks.extend(tenant(seen));
        let wrong = |check: &&Check| check.status == CheckStatus::Fail;
        // Nothing else can be asked for before the provider has said which tenant is the right one.
        let waits = |check: &&Check| check.problem.as_ref().is_some_and(|told| told.code == Code::ConfirmationAwaited);
        let goes_on = enterprise.standing == Standing::Open;
        let blocking = checks.iter().filter(|_| goes_on).find(waits);
        let blocking = blocking.or_else(|| checks.iter().filter(|check| check.mandatory).find(wrong));
        let next = blocking.or_else(|| checks.iter().find(wrong)).and_then(|check| check.problem.as_ref());
        Self {
            enterprise_id: enterprise.id,
            ready: missing.is_empty() && enterprise.standing == Standing::Open,
            ready_at: enterprise.ready_at.map(|at| at.to_string()),
            missing,
            who: next.map(|problem| problem.who),
            next_steps: steps::of(enterprise),
            checks,
        }
    }
}

const fn check(check: &'static str, status: CheckStatus, problem: Option<Explanation>) -> Check {
    Check { check, action_type: None, status, mandatory: false, problem }
}

fn standing(enterprise: &Enterprise) -> Check {
    let open = enterprise.standing == Standing::Open;
    let problem = (!open).then(|| Code::EnterpriseDisabled.explain());
    let status = if open { CheckStatus::Pass } else { CheckStatus::Fail };
    Check { mandatory: true, ..check("enterprise", status, problem) }
}

/// A check for each action that is mandatory, was asked for, or is recommended.
fn consents(enterprise: &Enterprise) -> impl Iterator<Item = Check> {
    let services = &enterprise.profile.services;
    let known = ActionType::all().filter(|action| action.consent_type().is_some() || action.is_mandatory(services));
    let listed = known.filter(|action| enterprise.concerns(*action));
    listed.filter_map(|action| {
        let (state, mandatory) = (enterprise.action(action), action.is_mandatory(services));
        let (status, otherwise) = match state.status() {
            ActionStatus::Granted => (CheckStatus::Pass, None),
            ActionStatus::Verifying => (CheckStatus::Unknown, None),
            ActionStatus::PendingConfirmation => (CheckStatus::Unknown, Some(Code::ConfirmationAwaited)),
            ActionStatus::NotRequested | ActionStatus::Withdrawn if !action.is_recommended() => return None,
            ActionStatus::NotRequested
            | ActionStatus::Withdrawn
            | ActionStatus::PendingConsent
            | ActionStatus::Started
            | ActionStatus::Declined
            | ActionStatus::Blocked
            | ActionStatus::Unverifiable
            | ActionStatus::Drifted
            | ActionStatus::Revoked
            | ActionStatus::Expired => (CheckStatus::Fail, Some(Code::ConsentPending)),
        };
        let problem = state.problem().or_else(|| otherwise.map(Code::explain));
        Some(Check { action_type: Some(action), mandatory, ..check("consent", status, problem) })
    })
}

/// What was seen of the tenant. What could not be seen is unknown, never missing (R129).
fn tenant(seen: Option<&Seen>) -> [Check; 4] {
    let look = |is_there: fn(&View) -> bool, code: Code| match seen {
        Some(Seen::Shown(view)) if is_there(view) => (CheckStatus::Pass, None),
        Some(Seen::Shown(_)) => (CheckStatus::Fail, Some(code.explain())),
        Some(Seen::Closed) => (CheckStatus::Unknown, Some(Code::Unverifiable.explain())),
        Some(Seen::Unread) => (CheckStatus::Unknown, Some(Code::Unavailable.explain())),
        None => (CheckStatus::Unknown, Some(Code::TenantNotKnown.explain())),
    };
    let credential = match seen {
        Some(Seen::Closed) => (CheckStatus::Fail, Some(Code::Unverifiable.explain())),
        Some(Seen::Shown(_) | Seen::Unread) | None => look(|_| true, Code::Unverifiable),
    };
    let api = look(|view| view.teams_api, Code::TenantAdminApiMissing);
    let teams = look(|view| view.is_active(TEAMS_ADMINISTRATOR), Code::TeamsSkypeRolesMissing);
    let skype = look(|view| view.is_active(SKYPE_ADMINISTRATOR), Code::TeamsSkypeRolesMissing);
    [
        check("drift_credential", credential.0, credential.1),
        check("tenant_admin_api", api.0, api.1),
        check("teams_administrator_role", teams.0, teams.1),
        check("skype_administrator_role", skype.0, skype.1),
    ]
}

#[cfg(test)]
mod tests;
