//! App registrations: who may ask, with which secret or certificate, and where answers may go.
//!
//! Stands for the registration in the developer's own tenant (reference-app-manifest, reply-url):
//! redirect addresses match exactly, and `.default` means the permissions listed here.

use crate::certificate::Certificate;
use crate::permission::{GRAPH, Kind, PERMISSIONS, Permission, TEAMS_ADMIN_API};

/// An application registered with the simulated Microsoft.
#[derive(Clone)]
pub struct AppRegistration {
    /// The application (client) id.
    pub client_id: String,
    /// Its one secret; empty if it has none.
    pub client_secret: String,
    /// Its certificates.
    pub certificates: Vec<Certificate>,
    /// What the consent screen calls it.
    pub display_name: String,
    /// Registered web redirect addresses.
    pub redirect_uris: Vec<String>,
    /// The permissions `.default` stands for.
    pub permissions: Vec<&'static Permission>,
}

/// The delegated permissions of the product's action table.
const DELEGATED: [(&str, &str); 10] = [
    (GRAPH, "openid"),
    (GRAPH, "profile"),
    (GRAPH, "Directory.ReadWrite.All"),
    (GRAPH, "Directory.AccessAsUser.All"),
    (GRAPH, "TeamsAppInstallation.ReadWriteForUser"),
    (GRAPH, "Organization.Read.All"),
    (GRAPH, "User.ReadWrite.All"),
    (GRAPH, "Application.Read.All"),
    (GRAPH, "RoleManagement.ReadWrite.Directory"),
    (TEAMS_ADMIN_API, "user_impersonation"),
];

/// What a registration lists unless told otherwise: the product's delegated permissions and every
/// application permission.
#[must_use]
pub fn default_permissions() -> Vec<&'static Permission> {
    PERMISSIONS
        .iter()
        .filter(|permission| match permission.kind {
            Kind::Application => true,
            Kind::Delegated => DELEGATED.contains(&(permission.resource, permission.value)),
        })
        .collect()
}

impl AppRegistration {
    /// The delegated permissions listed for a resource: its `.default` for a signed-in person.
    pub(crate) fn delegated(&self, resource: &str) -> Vec<&'static Permission> {
        self.permissions
            .iter()
            .copied()
            .filter(|permission| permission.kind == Kind::Delegated && permission.resource == resource)
            .collect()
    }
}
