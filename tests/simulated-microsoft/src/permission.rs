//! The permissions that exist.
//!
//! Stands for the published permissions of the resource applications (Microsoft Graph permissions
//! reference): their ids, and whether a plain user may consent.

/// Microsoft Graph's application id.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// The "Skype and Teams Tenant Admin API".
pub const TEAMS_ADMIN_API: &str = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239";

/// The "Microsoft Partner Center".
pub const PARTNER_CENTER: &str = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd";

/// How a permission is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// With a signed-in person; recorded as `oauth2PermissionGrant`.
    Delegated,
    /// Without one; recorded as `appRoleAssignment`.
    Application,
}

/// One permission of a resource application.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// Application id of the resource.
    pub resource: &'static str,
    /// The name, e.g. `User.Read.All`.
    pub value: &'static str,
    /// Delegated or application.
    pub kind: Kind,
    /// Microsoft's id of the permission.
    pub id: &'static str,
    /// A plain user may not consent to it.
    pub admin_only: bool,
    /// What the consent screen says.
    pub text: &'static str,
}

/// A resource application.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) app_id: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) static RESOURCES: [Resource; 3] = [
    Resource { app_id: GRAPH, uri: "https://graph.microsoft.com", name: "Microsoft Graph" },
    Resource {
        app_id: TEAMS_ADMIN_API,
        uri: "https://api.interfaces.records.teams.microsoft.com",
        name: "Skype and Teams Tenant Admin API",
    },
    Resource {
        app_id: PARTNER_CENTER,
        uri: "https://api.partnercenter.microsoft.com",
        name: "Microsoft Partner Center",
    },
];

const fn open(value: &'static str, id: &'static str, text: &'static str) -> Permission {
    Permission { resource: GRAPH, value, kind: Kind::Delegated, id, admin_only: false, text }
}

const fn admin(value: &'static str, id: &'static str, text: &'static str) -> Permission {
    Permission { resource: GRAPH, value, kind: Kind::Delegated, id, admin_only: true, text }
}

const fn application(value: &'static str, id: &'static str, text: &'static str) -> Permission {
    Permission { resource: GRAPH, value, kind: Kind::Application, id, admin_only: true, text }
}

/// Every permission the simulation knows; any other name is AADSTS70011.
pub static PERMISSIONS: &[Permission] = &[
    open("openid", "37f7f235-527c-4136-accd-4a02d197296e", "Sign you in"),
    open("profile", "14dad69e-099b-42c9-810b-d002981feec1", "View your basic profile"),
    open("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "View your email address"),
    open(
        "offline_access",
        "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
        "Maintain access to data you have given it access to",
    ),
    open("User.Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Sign you in and read your profile"),
    admin("User.Read.All", "a154be20-db9c-4678-8ab7-66f6cc099a59", "Read all users' full profiles"),
    admin("User.ReadWrite.All", "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", "Read and write all users' full profiles"),
    admin("Group.Read.All", "5f8c59db-677d-491f-a6b8-5f174b11ec1d", "Read all groups"),
    admin("Directory.Read.All", "06da0dbc-49e2-44d2-8312-53f166ab848a", "Read directory data"),
    admin("Directory.ReadWrite.All", "c5366453-9fb0-48a5-a156-24f0c49a4b84", "Read and write directory data"),
    admin("Directory.AccessAsUser.All", "0e263e50-5827-48a4-b97c-d940288653c7", "Access the directory as you"),
    admin("Organization.Read.All", "4908d5b9-3fb2-4b1e-9336-1888b7937185", "Read organization information"),
    admin(
        "TeamsAppInstallation.ReadWriteForUser",
        "093f8818-d05f-49b8-95bc-9d2a73e9a43c",
        "Manage your installed Teams apps",
    ),
    admin(
        "RoleManagement.ReadWrite.Directory",
        "d01b97e9-cbc0-49fe-810a-750afd5527a3",
        "Read and write directory RBAC settings",
    ),
    admin("Application.Read.All", "c79f8feb-a9db-4090-85f9-90d820caa0eb", "Read applications"),
    admin("Application.ReadWrite.All", "bdfbf15f-ee85-4955-8675-146e8e5296b5", "Read and write all applications"),
    Permission {
        resource: TEAMS_ADMIN_API,
        value: "user_impersonation",
        kind: Kind::Delegated,
        id: "e60370c1-e451-437e-aa6e-d76df38e5f15",
        admin_only: true,
        text: "Access Microsoft Teams and Skype for Business data as the signed in user",
    },
    Permission {
        resource: PARTNER_CENTER,
        value: "user_impersonation",
        kind: Kind::Delegated,
        id: "1cebfa2a-fb4d-419e-b5f9-839b4383e05a",
        admin_only: false,
        text: "Access Partner Center as the signed in user",
    },
    application(
        "User.Read.All",
        "df021288-bdef-4463-88db-98f22de89214",
        "Read all users' full profiles, without a signed-in user",
    ),
    application("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b", "Read all groups, without a signed-in user"),
    application(
        "Directory.Read.All",
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
        "Read directory data, without a signed-in user",
    ),
    application("Presence.Read.All", "a70e0c2d-e793-494c-94c4-118fa0a67f42", "Read presence information of all users"),
    application(
        "TeamsAppInstallation.ReadWriteForUser.All",
        "74ef0291-ca83-4d02-8c7e-d2391e6a444f",
        "Manage Teams apps for all users",
    ),
    application("AppCatalog.Read.All", "e12dae10-5a57-4817-b79d-dfbec5348930", "Read all app catalogs"),
    application("Calls.Initiate.All", "284383ee-7f6e-4e40-a2a8-e85dcb029101", "Initiate outgoing 1 to 1 calls"),
    application("Calls.JoinGroupCall.All", "f6b49018-60ab-4f81-83bd-22caeabfed2d", "Join group calls and meetings"),
    application("Calls.AccessMedia.All", "a7a681dc-756e-4909-b988-f160edc6655f", "Access media streams in a call"),
    application("OrgContact.Read.All", "e1a88a34-94c4-4418-be12-c87b00e26bea", "Read organizational contacts"),
    application("CallRecords.Read.All", "45bbb07e-7321-4fd7-a8f6-3ff27e6a81c8", "Read all call records"),
];

impl Permission {
    /// One of the OpenID Connect scopes, which belong to no resource in a request.
    pub(crate) fn is_oidc(&self) -> bool {
        matches!(self.value, "openid" | "profile" | "email" | "offline_access")
    }

    /// `User.Read` for Graph, `{app id}/user_impersonation` for others: as in token answers.
    pub(crate) fn scope_name(&self) -> String {
        if self.resource == GRAPH { self.value.to_owned() } else { format!("{}/{}", self.resource, self.value) }
    }
}

pub(crate) fn resource_name(app_id: &str) -> Option<&'static str> {
    RESOURCES.iter().find(|resource| resource.app_id == app_id).map(|resource| resource.name)
}

pub(crate) fn resource_uri(app_id: &str) -> Option<&'static str> {
    RESOURCES.iter().find(|resource| resource.app_id == app_id).map(|resource| resource.uri)
}

/// A resource's application id, if it is one we know.
pub(crate) fn known_resource(app_id: &str) -> Option<&'static str> {
    RESOURCES.iter().map(|resource| resource.app_id).find(|known| *known == app_id)
}

/// The permission of a resource; names are compared as Microsoft does, without case.
pub(crate) fn find(resource: &str, kind: Kind, value: &str) -> Option<&'static Permission> {
    PERMISSIONS.iter().find(|permission| {
        permission.kind == kind && permission.resource == resource && permission.value.eq_ignore_ascii_case(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_permission_id_is_used_twice() {
        let mut ids: Vec<_> = PERMISSIONS.iter().map(|permission| permission.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), PERMISSIONS.len());
    }
}
