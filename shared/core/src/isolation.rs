//! Isolation: a permission that Microsoft refuses by name is left out of what is asked for, so that one bad permission does not
//! stop every consent.
//!
//! What Microsoft says comes through a browser, unsigned: whoever holds a link can write it. So it counts only for what that
//! very link asks for, it takes nothing from what is granted, and asking again undoes it. The consent that needs the permission
//! is not dropped: it gets a screen of its own, after the others, and its grant ends the isolation.

use crate::action::{ActionState, ActionType};
use crate::advice::Signal;
use crate::consent::ConsentRequest;
use crate::enterprise::Enterprise;
use crate::permission::{self, GRAPH, Kind, Permission, READS_PROOF};

/// Permissions of one link that Microsoft refused by name.
#[derive(Clone, Debug)]
pub struct Isolation {
    permissions: Vec<&'static Permission>,
}

impl Isolation {
    /// What `signal` names of all that `request` asks for by name; none if it names nothing of it. The admin-consent page is asked
    /// for whatever its registration lists.
    #[must_use]
    pub fn of(signal: &Signal, request: &ConsentRequest) -> Option<Self> {
        if permission::kind(request.action) == Kind::Application {
            return None;
        }
        let permissions: Vec<_> = request.asks_for().into_iter().filter(|asked| signal.refuses(asked)).collect();
        (!permissions.is_empty()).then_some(Self { permissions })
    }

    /// The permissions, as they were asked for.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        self.permissions.iter().map(|permission| permission.scope()).collect()
    }

    /// The actions of `request`'s screen that are refused with it: those that need one of the permissions and have nothing in the
    /// tenant. Where none does, its own, which is to be asked for once more, without.
    #[must_use]
    pub fn refused(&self, request: &ConsentRequest, enterprise: &Enterprise) -> Vec<ActionType> {
        let scopes = self.scopes();
        let needs = |action: &ActionType| scopes.iter().any(|scope| needs(*action, scope));
        let is_own = |action: ActionType| action == request.action && !enterprise.action(action).is_granted();
        let is_open = |action: &ActionType| is_own(*action) || !enterprise.has_something(*action);
        let refused: Vec<ActionType> = request.screen().into_iter().filter(needs).filter(is_open).collect();
        if refused.is_empty() { vec![request.action] } else { refused }
    }
}

/// Whether `action` cannot be proved without the permission: Microsoft Graph shows its grants, those of another API are told
/// apart.
fn needs(action: ActionType, scope: &str) -> bool {
    let asked = permission::asked_by(action).chain(permission::asked_by(READS_PROOF));
    let mut of_graph = asked.filter(|asked| asked.kind == Kind::Delegated && asked.resource == GRAPH);
    of_graph.any(|asked| asked.scope() == scope)
}

/// The delegated permissions that a grant of `action` shows to be there; those of another API only where they were seen.
#[must_use]
pub fn restored(action: ActionType, sees_other_apis: bool) -> Vec<String> {
    let delegated = permission::asked_by(action).filter(|asked| asked.kind == Kind::Delegated);
    delegated.filter(|asked| asked.resource == GRAPH || sees_other_apis).map(Permission::scope).collect()
}

impl Enterprise {
    /// Whether Microsoft refused a permission that `action` needs.
    #[must_use]
    pub fn is_isolated(&self, action: ActionType) -> bool {
        self.isolated.iter().any(|scope| needs(action, scope))
    }

    /// What a sign-in that is to decide `actions`, and asks for what `again` has granted as well, leaves out: every isolated
    /// permission that none of the former needs, and what was taken from the latter, which is asked for by a link of its own.
    #[must_use]
    pub fn left_out(&self, actions: &[ActionType], again: &[ActionType]) -> Vec<String> {
        let asked = permission::asked_together(&[actions, again].concat());
        let is_needed = |scope: &str| actions.iter().any(|action| needs(*action, scope));
        let is_isolated = |scope: &str| self.isolated.contains(scope) && !is_needed(scope);
        let own = permission::asked_together(actions);
        let is_wanted = |permission: &Permission| {
            let is_left = |action: &ActionType| !self.is_taken(*action, permission);
            own.iter().any(|own| own.scope() == permission.scope()) || again.iter().any(is_left)
        };
        let left_out = asked.iter().filter(|asked| is_isolated(&asked.scope()) || !is_wanted(asked));
        left_out.map(|asked| asked.scope()).collect()
    }

    /// Whether the tenant holds nothing of `permission` for `action`: it does not ask for it, or it was taken away.
    fn is_taken(&self, action: ActionType, permission: &Permission) -> bool {
        let missing = if let ActionState::Drifted { missing, .. } = self.action(action) { missing } else { Vec::new() };
        let mut asked = permission::asked_by(action).filter(|asked| asked.scope() == permission.scope());
        asked.all(|asked| missing.iter().any(|gone| gone == asked.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::tests::request;
    use crate::enterprise::tests::sample;
    use crate::random::tests::Counting;
    use crate::time::Timestamp;
    use serde_json::json;

    const MANAGEMENT: ActionType = ActionType::ServiceProviderManagement;
    const TEAMS: &str = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation";

    fn unknown(scope: &str) -> Signal {
        let text = format!(
            "AADSTS650053: The application 'x' asked for scope '{scope}' that doesn't exist on the resource 'y'."
        );
        Signal::read("invalid_client", &text)
    }

    fn screen(action: ActionType, together: &[ActionType]) -> ConsentRequest {
        ConsentRequest { action, together: together.to_vec(), ..request(None, &Counting::default()) }
    }

    /// T10 Nothing is isolated that the link did not ask for, and nothing that is granted is refused.
    #[test]
    fn only_what_was_asked_for_is_isolated() {
        let mut enterprise = sample(7, &json!({}));
        let registration = screen(ActionType::Registration, &[]);
        for scope in ["User.Eat.All", "RoleManagement.ReadWrite.Directory", "openid", "User.Read.All"] {
            assert!(Isolation::of(&unknown(scope), &registration).is_none(), "{scope}");
        }
        let application = screen(ActionType::UserSync, &[]);
        assert!(Isolation::of(&unknown("Organization.Read.All"), &application).is_none());
        let isolation = Isolation::of(&unknown("User.ReadWrite.All"), &registration).unwrap();
        assert_eq!(isolation.scopes(), ["User.ReadWrite.All"]);
        assert_eq!(isolation.refused(&registration, &enterprise), [ActionType::Registration]);
        let management = screen(MANAGEMENT, &[ActionType::Registration]);
        assert_eq!(isolation.refused(&management, &enterprise), [ActionType::Registration], "which alone needs it");
        let (since, by) = (Timestamp::from_seconds(1), None);
        let granted = ActionState::Granted { since, request: management.id.clone(), by, tenant: None };
        enterprise.actions.insert(ActionType::Registration, granted);
        assert_eq!(isolation.refused(&management, &enterprise), [MANAGEMENT], "to be asked for once more, without");
    }

    /// What is isolated is left out of every screen but that of what needs it; another API is left out there too.
    #[test]
    fn an_isolated_permission_is_left_out() {
        let mut enterprise = sample(7, &json!({}));
        enterprise.isolated = ["User.ReadWrite.All", TEAMS, "Retired.All"].map(str::to_owned).into();
        assert!(enterprise.is_isolated(ActionType::Registration) && !enterprise.is_isolated(MANAGEMENT));
        let left_out = |action, again: &[ActionType]| enterprise.left_out(&[action], again);
        assert_eq!(left_out(ActionType::Registration, &[]), [TEAMS]);
        assert_eq!(left_out(MANAGEMENT, &[ActionType::Registration]), ["User.ReadWrite.All", TEAMS]);
        assert!(left_out(MANAGEMENT, &[]).is_empty());
        assert!(restored(ActionType::Registration, true).contains(&TEAMS.to_owned()));
        assert!(!restored(ActionType::Registration, false).contains(&TEAMS.to_owned()));
        assert!(restored(ActionType::UserSync, true).is_empty());
    }
}
