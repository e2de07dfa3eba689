//! Which permissions each action asks for, and why, in plain words: one table of data.
//!
//! Names as in Microsoft's permissions reference. The sources give scopes for `REGISTRATION` only (R112); the other
//! actions are the least privilege that their purpose allows.

use crate::action::ActionType;
use crate::id::ApplicationId;

/// Microsoft Graph's application id, the same in every tenant.
pub const GRAPH: ApplicationId = ApplicationId::from_u128(0x0000_0003_0000_0000_c000_0000_0000_0000);

/// "Skype and Teams Tenant Admin API": the resource of the documented registration URL (R112, R127).
pub const TEAMS_ADMIN_API: ApplicationId = ApplicationId::from_u128(0x48ac_35b8_9aa8_4d74_927d_1f4a_14a0_b239);

/// How a permission is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Together with a person who is signed in: an `oauth2PermissionGrant`.
    Delegated,
    /// By the application alone: an `appRoleAssignment`.
    Application,
}

/// A permission that an action asks for.
#[derive(Debug)]
pub struct Permission {
    /// The action.
    pub action: ActionType,
    /// How it is held.
    pub kind: Kind,
    /// The API it belongs to.
    pub resource: ApplicationId,
    /// Its name at that API.
    pub name: &'static str,
    /// What it is for, for the person who grants it.
    pub purpose: &'static str,
}

const fn delegated(name: &'static str, purpose: &'static str) -> Permission {
    Permission { action: ActionType::Registration, kind: Kind::Delegated, resource: GRAPH, name, purpose }
}

const fn application(action: ActionType, name: &'static str, purpose: &'static str) -> Permission {
    Permission { action, kind: Kind::Application, resource: GRAPH, name, purpose }
}

const TABLE: &[Permission] = &[
    delegated("Directory.ReadWrite.All", "Read and write directory data, to set up your users for calling"),
    delegated("Directory.AccessAsUser.All", "Act in your directory with the rights of the administrator who signed in"),
    delegated(
        "TeamsAppInstallation.ReadWriteForUser",
        "Install and update our app in Microsoft Teams for the signed-in user",
    ),
    delegated("Organization.Read.All", "Read your organisation's name and verified domains"),
    delegated("User.ReadWrite.All", "Read users and write their calling settings"),
    Permission {
        action: ActionType::Registration,
        kind: Kind::Delegated,
        resource: TEAMS_ADMIN_API,
        name: "user_impersonation",
        purpose: "Set up calling in Microsoft Teams with the rights of the administrator who signed in",
    },
    application(
        ActionType::UserSync,
        "User.Read.All",
        "Read your users and their profiles, to keep them in step with calling",
    ),
    application(ActionType::UserSync, "Group.Read.All", "Read your groups and who is in them, to tell who may call"),
    application(
        ActionType::UserSync,
        "Directory.Read.All",
        "Read your directory, to notice changes and to check consents",
    ),
];

/// What `action` asks for.
pub fn asked_by(action: ActionType) -> impl Iterator<Item = &'static Permission> {
    TABLE.iter().filter(move |permission| permission.action == action)
}

/// What `action` asks for of one kind, of one API, by name.
pub fn names(action: ActionType, kind: Kind, resource: ApplicationId) -> impl Iterator<Item = &'static str> {
    asked_by(action).filter(move |asked| asked.kind == kind && asked.resource == resource).map(|asked| asked.name)
}

/// The kind of permissions that `action` asks for. No action mixes them: delegated ones are consented to at a sign-in,
/// application ones on the admin-consent page.
#[must_use]
pub fn kind(action: ActionType) -> Kind {
    asked_by(action).next().map_or(Kind::Delegated, |asked| asked.kind)
}

/// The `scope` of `action`'s authorize request (R112): OpenID Connect's own, Graph's by name, others with their API.
///
/// `profile` is asked for because Entra gives the `oid` claim only with it.
#[must_use]
pub fn authorize_scope(action: ActionType) -> String {
    let named = asked_by(action).map(|permission| match permission.resource {
        GRAPH => permission.name.to_owned(),
        other => format!("{other}/{}", permission.name),
    });
    ["openid".to_owned(), "profile".to_owned()].into_iter().chain(named).collect::<Vec<_>>().join(" ")
}

/// The `scope` of the code redemption: one resource only, so Graph's part (AADSTS700022).
#[must_use]
pub fn redeem_scope(action: ActionType) -> String {
    ["openid", "profile"].into_iter().chain(names(action, Kind::Delegated, GRAPH)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R112 Exactly the documented scopes, and `profile`.
    #[test]
    fn registration_asks_the_documented_scopes() {
        let asked = authorize_scope(ActionType::Registration);
        let mut scopes: Vec<&str> = asked.split(' ').collect();
        scopes.sort_unstable();
        let mut documented = vec![
            "openid",
            "profile",
            "Directory.ReadWrite.All",
            "Directory.AccessAsUser.All",
            "TeamsAppInstallation.ReadWriteForUser",
            "Organization.Read.All",
            "User.ReadWrite.All",
            "48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation",
        ];
        documented.sort_unstable();
        assert_eq!(scopes, documented);
    }

    /// R134 User synchronisation asks for its three application permissions, and no action mixes the kinds.
    #[test]
    fn user_synchronisation_asks_for_application_permissions() {
        let asked: Vec<_> = names(ActionType::UserSync, Kind::Application, GRAPH).collect();
        assert_eq!(asked, ["User.Read.All", "Group.Read.All", "Directory.Read.All"]);
        for action in ActionType::all() {
            assert!(asked_by(action).all(|asked| asked.kind == kind(action)), "{action}");
        }
        assert_eq!((kind(ActionType::Registration), kind(ActionType::UserSync)), (Kind::Delegated, Kind::Application));
    }

    #[test]
    fn a_code_is_redeemed_for_one_resource() {
        assert!(!redeem_scope(ActionType::Registration).contains("user_impersonation"));
    }
}
