//! Which permissions each action asks for, and why, in plain words: one table of data.
//!
//! Names as in Microsoft's permissions reference. The sources give scopes for `REGISTRATION` only (R112); the other
//! actions are the least privilege that their purpose allows.

use crate::action::ActionType;
use crate::connection::admit::PARTNER_CENTER;
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

impl Kind {
    /// The word of the contract (K12).
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delegated => "delegated",
            Self::Application => "application",
        }
    }
}

/// A permission that an action asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// The action.
    pub action: ActionType,
    /// How it is held.
    pub kind: Kind,
    /// The API it belongs to.
    pub resource: ApplicationId,
    /// Its name at that API.
    pub name: &'static str,
    /// What it allows, and why it is needed, for the person who grants it (R023).
    pub purpose: &'static str,
    /// What it does not allow, for the same person (R023).
    pub limit: &'static str,
}

/// The APIs, as Microsoft shows their names.
const APIS: &[(ApplicationId, &str)] = &[
    (GRAPH, "Microsoft Graph"),
    (TEAMS_ADMIN_API, "Skype and Teams Tenant Admin API"),
    (PARTNER_CENTER, "Microsoft Partner Center"),
];

impl Permission {
    /// The name of the API it belongs to.
    #[must_use]
    pub fn api(&self) -> &'static str {
        APIS.iter().find(|(api, _)| *api == self.resource).map_or("", |(_, name)| name)
    }

    /// Whether it is the same permission at Microsoft, whichever action asks for it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.resource, self.name) == (other.kind, other.resource, other.name)
    }

    /// Whether one of `actions` asks for it.
    #[must_use]
    pub fn is_wanted_by(&self, actions: &[ActionType]) -> bool {
        actions.iter().copied().flat_map(asked_by).any(|wanted| wanted.is_same(self))
    }

    /// As it is asked for: Graph's by name, others with their API.
    #[must_use]
    pub fn scope(&self) -> String {
        if self.resource == GRAPH { self.name.to_owned() } else { format!("{}/{}", self.resource, self.name) }
    }
}

const fn delegated(action: ActionType, name: &'static str, purpose: &'static str, limit: &'static str) -> Permission {
    Permission { action, kind: Kind::Delegated, resource: GRAPH, name, purpose, limit }
}

const fn application(action: ActionType, name: &'static str, purpose: &'static str, limit: &'static str) -> Permission {
    Permission { action, kind: Kind::Application, resource: GRAPH, name, purpose, limit }
}

/// Delegated permissions end where the rights of the person end (Microsoft: "Overview of permissions and consent").
const NO_MORE_THAN_THE_SIGNER: &str = "It allows nothing that the administrator who signed in may not do";
const NO_PASSWORDS: &str = "It does not show passwords, mail or files";
const READS_ONLY: &str = "It changes nothing";

const TABLE: &[Permission] = &[
    delegated(
        ActionType::Registration,
        "Directory.ReadWrite.All",
        "Read and write directory data, to set up your users for calling",
        "It deletes no users or groups, and resets no passwords",
    ),
    delegated(
        ActionType::Registration,
        "Directory.AccessAsUser.All",
        "Act in your directory with the rights of the administrator who signed in, to read back what was granted and to \
         set up calling",
        NO_MORE_THAN_THE_SIGNER,
    ),
    delegated(
        ActionType::Registration,
        "TeamsAppInstallation.ReadWriteForUser",
        "Install and update our app in Microsoft Teams for the signed-in user, to give that person our app",
        "It does not read chats, channels or files",
    ),
    delegated(
        ActionType::Registration,
        "Organization.Read.All",
        "Read your organisation's name and verified domains, to tell whose tenant it is",
        READS_ONLY,
    ),
    delegated(
        ActionType::Registration,
        "User.ReadWrite.All",
        "Read and write the profiles of your users, to set them up for calling",
        NO_PASSWORDS,
    ),
    Permission {
        action: ActionType::Registration,
        kind: Kind::Delegated,
        resource: TEAMS_ADMIN_API,
        name: "user_impersonation",
        purpose: "Act in the administration of Microsoft Teams with the rights of the administrator who signed in, to set up \
                  calling",
        limit: NO_MORE_THAN_THE_SIGNER,
    },
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "Organization.Read.All",
        "Read your organisation's name and verified domains, to tell whose tenant it is",
        READS_ONLY,
    ),
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "Directory.AccessAsUser.All",
        "Act in your directory with the rights of the administrator who signed in, to read back what was granted",
        NO_MORE_THAN_THE_SIGNER,
    ),
    delegated(
        ActionType::ServiceProviderManagement,
        "RoleManagement.ReadWrite.Directory",
        "Make our application a member of the Teams Administrator role (and of Skype for Business Administrator, if \
         your organisation has it), so that the service provider can manage calling for you",
        NO_MORE_THAN_THE_SIGNER,
    ),
    delegated(
        ActionType::ServiceProviderManagement,
        "Application.Read.All",
        "Read the applications of your organisation, to find our own among them",
        READS_ONLY,
    ),
    application(
        ActionType::UserSync,
        "User.Read.All",
        "Read your users and their profiles, to keep them in step with calling",
        "It changes no user, and does not show passwords, mail or files",
    ),
    application(
        ActionType::UserSync,
        "Group.Read.All",
        "Read your groups and who is in them, to tell who may call",
        "It changes no group and sends nothing in its name",
    ),
    application(
        ActionType::UserSync,
        "Directory.Read.All",
        "Read your directory, to notice changes and to check consents",
        READS_ONLY,
    ),
    application(
        ActionType::Presence,
        "Presence.Read.All",
        "Read whether your users are available or in a call, to route calls by it",
        "It does not set anybody's presence, and does not show what a call is about",
    ),
    application(
        ActionType::Agent,
        "TeamsAppInstallation.ReadWriteForUser.All",
        "Install, update and remove apps in Microsoft Teams for your users, to give them our app",
        "It does not read chats, channels or files",
    ),
    application(
        ActionType::Agent,
        "AppCatalog.Read.All",
        "Read your organisation's list of Teams apps, to find our app in it",
        "It publishes no app and removes none from the list",
    ),
    application(
        ActionType::CallApp,
        "Calls.Initiate.All",
        "Place calls from the app to one of your users, to connect callers with them",
        "It calls nobody in a user's name",
    ),
    application(
        ActionType::CallApp,
        "Calls.JoinGroupCall.All",
        "Join group calls as the app, to connect or transfer callers",
        "It joins no call unseen: the app stands in the list of participants",
    ),
    application(
        ActionType::CallApp,
        "Calls.AccessMedia.All",
        "Reach the audio of the calls that the app takes part in, to play announcements and take inputs",
        "It reaches no call that the app does not take part in",
    ),
    application(
        ActionType::Contacts,
        "OrgContact.Read.All",
        "Read the contacts of your organisation, to show callers by name",
        "It changes no contact, and does not show the contacts in anybody's mailbox",
    ),
    application(
        ActionType::Cdr,
        "CallRecords.Read.All",
        "Read the records of your calls (who, when, how long, how good), to report on them",
        "It does not show what was said",
    ),
    application(
        ActionType::CallRecording,
        "Calls.AccessMedia.All",
        "Reach the audio of the calls that your policy has recorded, to make the recording",
        "It reaches no call to which the recorder was not invited by your policy",
    ),
    application(
        ActionType::CallRecording,
        "Calls.JoinGroupCall.All",
        "Join calls as the recorder that your policy invites, to record them",
        "It joins no call unseen: the recorder stands in the list of participants",
    ),
];

/// What our own registration lists beside, which no action asks for by name: what Microsoft wants for a sign-in, and what a
/// connection to Partner Center is made with.
const BESIDE: &[Permission] = &[
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "openid",
        "Sign in the administrator, to tell who grants",
        "It allows nothing but the sign-in",
    ),
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "profile",
        "Read the name and address of whoever signs in, to tell who grants",
        READS_ONLY,
    ),
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "offline_access",
        "Keep a sign-in that was made for good, to go on while that person is away",
        "It adds nothing to what the other permissions allow",
    ),
    delegated(
        ActionType::LoginEnterpriseAdmin,
        "Directory.Read.All",
        "Read your directory with the rights of whoever signed in, to check a connection to Microsoft Partner Center",
        READS_ONLY,
    ),
    Permission {
        action: ActionType::LoginEnterpriseAdmin,
        kind: Kind::Delegated,
        resource: PARTNER_CENTER,
        name: "user_impersonation",
        purpose: "Act in Microsoft Partner Center with the rights of whoever signed in, to connect an organisation that sells \
                  Microsoft licences",
        limit: "It allows nothing to an organisation that has no account there",
    },
];

/// Everything that our own registration lists, each once: what Microsoft shows on the screen of its `.default`, and grants with it.
#[must_use]
pub fn listed() -> Vec<&'static Permission> {
    let mut listed = each_once(ActionType::all());
    listed.extend(BESIDE);
    listed
}

/// What the own registration lists and no action asks for.
pub fn beside() -> impl Iterator<Item = &'static Permission> {
    BESIDE.iter()
}

/// Every permission that an action asks for (K12).
pub fn all() -> impl Iterator<Item = &'static Permission> {
    TABLE.iter()
}

/// What `action` asks for.
pub fn asked_by(action: ActionType) -> impl Iterator<Item = &'static Permission> {
    TABLE.iter().filter(move |permission| permission.action == action)
}

/// What `actions` ask for, each once: for what one screen has granted.
#[must_use]
pub fn each_once(actions: impl IntoIterator<Item = ActionType>) -> Vec<&'static Permission> {
    let mut each: Vec<&'static Permission> = Vec::new();
    for permission in actions.into_iter().flat_map(asked_by) {
        if !each.iter().any(|known| known.is_same(permission)) {
            each.push(permission);
        }
    }
    each
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

/// The action whose permissions every proof is read with: a sign-in that grants nothing new.
pub(crate) const READS_PROOF: ActionType = ActionType::LoginEnterpriseAdmin;

/// The delegated permissions of a screen that asks for `actions` together, each once: their own, and those with which
/// their proof is read. Registration's hold the latter already.
#[must_use]
pub fn asked_together(actions: &[ActionType]) -> Vec<&'static Permission> {
    let mut together = each_once(actions.iter().copied().chain([READS_PROOF]));
    together.retain(|permission| permission.kind == Kind::Delegated);
    together
}

/// Whether a permission, as it is asked for, is of another API than Graph ([`Permission::scope`]).
#[must_use]
pub fn is_beyond_graph(scope: &str) -> bool {
    scope.contains('/')
}

/// The delegated permissions of `action` with these names alone, for a screen that mends what is missing of it. A name
/// that nobody knows any more is left out.
#[must_use]
pub fn part_of(action: ActionType, names: &[String]) -> Vec<&'static Permission> {
    let is_named = |asked: &&Permission| names.iter().any(|name| name == asked.name);
    asked_by(action).filter(|asked| asked.kind == Kind::Delegated).filter(is_named).collect()
}

/// The `scope` of the authorize request for what is asked together (R112): OpenID Connect's own, Graph's by name, others
/// with their API.
///
/// `profile` is asked for because Entra gives the `oid` claim only with it.
#[must_use]
pub fn authorize_scope(asked: &[&'static Permission]) -> String {
    let scopes = asked.iter().map(|permission| permission.scope());
    ["openid".to_owned(), "profile".to_owned()].into_iter().chain(scopes).collect::<Vec<_>>().join(" ")
}

/// The `scope` of the code redemption: one resource only, so Graph's part (AADSTS700022). Where nothing is asked of Graph, what
/// the proof is read with, which was granted before.
#[must_use]
pub fn redeem_scope(asked: &[&'static Permission]) -> String {
    let of_graph = |asked: &&'static Permission| asked.resource == GRAPH;
    let mut names: Vec<&str> = asked.iter().copied().filter(of_graph).map(|asked| asked.name).collect();
    if names.is_empty() {
        names.extend(asked_by(READS_PROOF).filter(of_graph).map(|asked| asked.name));
    }
    ["openid", "profile"].into_iter().chain(names).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R112 Exactly the documented scopes, and `profile`.
    #[test]
    fn registration_asks_the_documented_scopes() {
        let asked = authorize_scope(&asked_together(&[ActionType::Registration]));
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

    /// R135-R139 What each consent of our application itself asks for, by the names of Microsoft's permissions reference.
    #[test]
    fn each_application_consent_asks_for_its_own() {
        let expected: &[(ActionType, &[&str])] = &[
            (ActionType::Presence, &["Presence.Read.All"]),
            (ActionType::Agent, &["TeamsAppInstallation.ReadWriteForUser.All", "AppCatalog.Read.All"]),
            (ActionType::CallApp, &["Calls.Initiate.All", "Calls.JoinGroupCall.All", "Calls.AccessMedia.All"]),
            (ActionType::Contacts, &["OrgContact.Read.All"]),
            (ActionType::Cdr, &["CallRecords.Read.All"]),
            (ActionType::CallRecording, &["Calls.AccessMedia.All", "Calls.JoinGroupCall.All"]),
        ];
        for (action, names_of) in expected {
            assert_eq!(kind(*action), Kind::Application, "{action}");
            assert_eq!(names(*action, Kind::Application, GRAPH).collect::<Vec<_>>(), *names_of, "{action}");
        }
    }

    /// R130 Signing in asks for nothing that a registration does not.
    #[test]
    fn a_sign_in_asks_for_nothing_new() {
        let login = authorize_scope(&asked_together(&[ActionType::LoginEnterpriseAdmin]));
        assert_eq!(login, "openid profile Organization.Read.All Directory.AccessAsUser.All");
        let registration = authorize_scope(&asked_together(&[ActionType::Registration]));
        assert!(login.split(' ').all(|scope| registration.split(' ').any(|known| known == scope)), "{registration}");
    }

    /// What is asked for together is asked for once, with what the proof is read with.
    #[test]
    fn a_screen_asks_for_a_union() {
        let management = authorize_scope(&asked_together(&[ActionType::ServiceProviderManagement]));
        assert_eq!(
            management,
            "openid profile RoleManagement.ReadWrite.Directory Application.Read.All Organization.Read.All \
             Directory.AccessAsUser.All"
        );
        let both = authorize_scope(&asked_together(&[ActionType::Registration, ActionType::ServiceProviderManagement]));
        let mut scopes: Vec<&str> = both.split(' ').collect();
        assert_eq!(scopes.len(), 10, "{both}");
        scopes.sort_unstable();
        scopes.dedup();
        assert_eq!(scopes.len(), 10, "{both}");
    }

    /// R023 Each permission says in plain words what it allows, why it is needed, and what it does not allow.
    #[test]
    fn every_permission_has_its_words() {
        for permission @ Permission { name, purpose, limit, .. } in TABLE.iter().chain(BESIDE) {
            assert!(purpose.len() > 20 && !purpose.ends_with('.'), "{name}: {purpose}");
            assert!(purpose.contains(", to ") || purpose.contains(", so that "), "{name}: {purpose}");
            assert!(!permission.api().is_empty(), "{name}");
            assert!(limit.starts_with("It ") && !limit.ends_with('.'), "{name}: {limit}");
        }
    }

    /// What is missing of an action is asked for by itself; another action's permission is not, nor an application's.
    #[test]
    fn a_part_is_asked_for_alone() {
        let part = |action, names: &[&str]| -> String {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            authorize_scope(&part_of(action, &names))
        };
        let both = part(ActionType::Registration, &["User.ReadWrite.All", "Application.Read.All", "Retired.All"]);
        assert_eq!(both, "openid profile User.ReadWrite.All");
        assert_eq!(part(ActionType::UserSync, &["User.Read.All"]), "openid profile");
    }

    #[test]
    fn a_code_is_redeemed_for_one_resource() {
        assert!(!redeem_scope(&asked_together(&[ActionType::Registration])).contains("user_impersonation"));
    }
}
