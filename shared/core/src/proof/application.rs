//! Proof of application permissions: those that our application holds by itself, with nobody signed in.
//!
//! They are `appRoleAssignment`s of our service principal, read with a token of our own. [`judge`] is the only maker of
//! [`Assigned`].

use std::collections::BTreeSet;

use super::{DelegatedGrant, Facts, Organization};
use crate::action::ActionType;
use crate::advice::Code;
use crate::id::{ApplicationId, RoleTemplateId, TenantId};
use crate::permission::{self, GRAPH, Kind};

/// What Graph showed our application of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Microsoft answered, and says that our application is not in the tenant or may not read it: nothing is granted, or
    /// not yet.
    Closed {
        /// The registrations that are not in the tenant, or disabled in it.
        absent: BTreeSet<ApplicationId>,
    },
    /// It could not be read.
    Unread,
    /// What is there.
    Open {
        /// `/organization`.
        organization: Organization,
        /// The app roles that are assigned to our registrations.
        roles: Vec<AppRole>,
        /// The delegated grants of the registration that people sign in to; `None` if they could not be read.
        grants: Option<Vec<DelegatedGrant>>,
        /// The directory roles of its service principal; `None` if they could not be read.
        joined: Option<Vec<RoleTemplateId>>,
        /// The registrations that are not in the tenant.
        absent: BTreeSet<ApplicationId>,
    },
}

/// An app role that is assigned to one of our service principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRole {
    /// The registration that holds it.
    pub client: ApplicationId,
    /// The API that it is for.
    pub resource: ApplicationId,
    /// Its name there, such as `User.Read.All`.
    pub name: String,
}

/// Application permissions that Graph shows as granted. Made by [`judge`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    tenant: TenantId,
    facts: Facts,
}

impl Assigned {
    /// The tenant in which they are granted.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What was seen with it.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// What a view of the tenant means for a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The consent is there.
    Assigned(Assigned),
    /// It is not, and waiting does not help.
    Refused(Code, Facts),
    /// Microsoft answered and does not show it yet; with what is missing, if that could be seen.
    NotVisibleYet(Option<Facts>),
    /// Microsoft could not be asked.
    Unreadable,
}

/// Whether `view` shows every application permission that `action` asks for, held by `client` in `tenant`.
#[must_use]
pub fn judge((action, client): (ActionType, ApplicationId), tenant: TenantId, view: &View) -> Judgement {
    let (organization, roles) = match view {
        View::Closed { .. } => return Judgement::NotVisibleYet(None),
        View::Unread => return Judgement::Unreadable,
        View::Open { organization, roles, .. } => (organization, roles),
    };
    let facts = facts(organization, missing(action, client, roles));
    if organization.id != tenant {
        return Judgement::Refused(Code::WrongTenant, facts);
    }
    // An action that asks for nothing is never proved by the absence of what is missing.
    if permission::kind(action) == Kind::Application && facts.missing.is_empty() {
        return Judgement::Assigned(Assigned { tenant, facts });
    }
    Judgement::NotVisibleYet(Some(facts))
}

/// The same for a link whose screen asked for `together` as well: as long as the screen is `young`, its grants may come
/// into view one after the other, and are waited for, so that all of them are decided at once.
#[must_use]
pub fn judge_screen(
    (action, together, client): (ActionType, &[ActionType], ApplicationId),
    (tenant, young): (TenantId, bool),
    view: &View,
) -> Judgement {
    let shown = |action: ActionType| judge((action, client), tenant, view);
    let is_assigned = |action: ActionType| matches!(shown(action), Judgement::Assigned(_));
    let waits = young && is_assigned(action) && !together.iter().all(|also| is_assigned(*also));
    if waits { Judgement::NotVisibleYet(None) } else { shown(action) }
}

/// What `action` asks for and `client` does not hold.
pub(crate) fn missing(action: ActionType, client: ApplicationId, roles: &[AppRole]) -> Vec<&'static str> {
    let held: BTreeSet<String> = roles
        .iter()
        .filter(|role| role.resource == GRAPH && role.client == client)
        .map(|role| role.name.to_ascii_lowercase())
        .collect();
    permission::names(action, Kind::Application, GRAPH)
        .filter(|name| !held.contains(&name.to_ascii_lowercase()))
        .collect()
}

/// Nobody signed in, so nothing is known of a person.
fn facts(organization: &Organization, missing: Vec<&'static str>) -> Facts {
    Facts {
        organization: organization.display_name.clone(),
        office_user_type: None,
        company_admin: false,
        contains_teams_tenant_admin_api: false,
        missing,
        administrators: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::TEAMS_ADMIN_API;

    const TENANT: TenantId = TenantId::from_u128(1);
    const CLIENT: ApplicationId = ApplicationId::from_u128(3);
    const OTHER: ApplicationId = ApplicationId::from_u128(4);

    fn view(names: &[&str]) -> View {
        let role = |name: &&str| AppRole { client: CLIENT, resource: GRAPH, name: (*name).to_owned() };
        let organization = Organization { id: TENANT, display_name: "MSFT".into() };
        let roles = names.iter().map(role).collect();
        View::Open { organization, roles, grants: None, joined: None, absent: BTreeSet::new() }
    }

    fn judged(view: &View) -> Judgement {
        judge((ActionType::UserSync, CLIENT), TENANT, view)
    }

    const ALL: [&str; 3] = ["user.read.all", "Group.Read.All", "Directory.Read.All"];

    /// R134 All of the action's app roles, whatever their case, are the consent; nothing is told of a person.
    #[test]
    fn every_app_role_together_is_the_consent() {
        let Judgement::Assigned(assigned) = judged(&view(&ALL)) else { panic!("not assigned") };
        assert_eq!(assigned.tenant(), TENANT);
        let facts = assigned.facts();
        assert_eq!((facts.organization.as_str(), facts.office_user_type, facts.company_admin), ("MSFT", None, false));
    }

    /// G43 All but one is not all, and the one is named.
    #[test]
    fn what_lacks_one_app_role_is_not_the_consent() {
        let Judgement::NotVisibleYet(Some(facts)) = judged(&view(&ALL[1..])) else { panic!("granted in part") };
        assert_eq!(facts.missing, ["User.Read.All"]);
    }

    /// G40 A role of the same name at another API, or of another registration, does not count.
    #[test]
    fn another_apis_or_registrations_roles_do_not_count() {
        for spoil in [|role: &mut AppRole| role.resource = TEAMS_ADMIN_API, |role: &mut AppRole| role.client = OTHER] {
            let mut view = view(&ALL);
            if let View::Open { roles, .. } = &mut view {
                spoil(&mut roles[0]);
            }
            assert!(matches!(judged(&view), Judgement::NotVisibleYet(Some(_))));
        }
    }

    /// What one screen grants is waited for together, for a while; then each is decided as it is shown.
    #[test]
    fn grants_of_one_screen_are_waited_for_together() {
        let screen = (ActionType::UserSync, &[ActionType::Presence][..], CLIENT);
        let judged = |young, names: &[&str]| judge_screen(screen, (TENANT, young), &view(names));
        assert_eq!(judged(true, &ALL), Judgement::NotVisibleYet(None));
        assert!(matches!(judged(false, &ALL), Judgement::Assigned(_)));
        assert!(matches!(judged(true, &[&ALL[..], &["Presence.Read.All"]].concat()), Judgement::Assigned(_)));
        assert!(matches!(judged(true, &ALL[1..]), Judgement::NotVisibleYet(Some(_))));
    }

    /// G42 Roles in another tenant than the pinned one are refused.
    #[test]
    fn another_tenants_roles_are_refused() {
        let judgement = judge((ActionType::UserSync, CLIENT), TenantId::from_u128(2), &view(&ALL));
        assert!(matches!(judgement, Judgement::Refused(Code::WrongTenant, _)));
    }

    #[test]
    fn what_could_not_be_read_is_not_missing() {
        assert_eq!(judged(&View::Closed { absent: BTreeSet::new() }), Judgement::NotVisibleYet(None));
        assert_eq!(judged(&View::Unread), Judgement::Unreadable);
    }

    /// P1 Roles of ours prove no consent that a person has to give.
    #[test]
    fn an_action_with_delegated_permissions_is_not_proved_so() {
        for action in [ActionType::Registration, ActionType::LoginEnterpriseAdmin] {
            assert!(matches!(judge((action, CLIENT), TENANT, &view(&ALL)), Judgement::NotVisibleYet(_)), "{action}");
        }
    }
}
