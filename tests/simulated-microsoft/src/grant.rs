//! Service principals and what has been granted to them.
//!
//! Stands for `servicePrincipal`, `oauth2PermissionGrant` and `appRoleAssignment` (Graph resources):
//! a tenant-wide grant is `AllPrincipals`, one person's is `Principal`; a second consent is merged
//! into the existing record. Graph shows a grant only some time after it was made.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::id::guid;
use crate::lag::{Lag, Made};
use crate::permission::{GRAPH, Kind, Permission, find, resource_name};
use crate::scope::named;
use crate::state::World;

/// An application's presence in a tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ServicePrincipal {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) app_id: String,
    pub(crate) display_name: String,
    pub(crate) enabled: bool,
}

/// Delegated permissions of one client on one resource, for everybody or one person.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) tenant: String,
    /// Service principal ids, as in Graph.
    pub(crate) client: String,
    pub(crate) resource: String,
    /// None: tenant-wide.
    pub(crate) person: Option<String>,
    pub(crate) scopes: Vec<(String, Made)>,
}

/// One application permission of one client.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AppRoleAssignment {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) client: String,
    pub(crate) resource: String,
    pub(crate) app_role_id: String,
    pub(crate) made: Made,
}

/// A consent given without a browser, to arrange a test.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consent {
    /// Tenant GUID.
    pub tenant: String,
    /// The client's application id.
    pub client_id: String,
    /// The object id of the one person it is for; absent: the whole tenant.
    #[serde(default)]
    pub person: Option<String>,
    /// Delegated scopes, as a client writes them.
    #[serde(default)]
    pub delegated: Vec<String>,
    /// Application permissions, as a client would write them.
    #[serde(default)]
    pub application: Vec<String>,
}

/// What to take back; each field that is absent matches everything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revocation {
    /// Tenant GUID.
    pub tenant: String,
    /// The client's application id.
    pub client_id: String,
    /// Only this resource application.
    #[serde(default)]
    pub resource: Option<String>,
    /// Only the grants of this person (object id).
    #[serde(default)]
    pub person: Option<String>,
    /// Only this permission, by name.
    #[serde(default)]
    pub permission: Option<String>,
}

impl Consent {
    pub(crate) fn permissions(&self) -> Result<Vec<&'static Permission>, Error> {
        let delegated = self.delegated.iter().map(|name| (Kind::Delegated, name));
        let application = self.application.iter().map(|name| (Kind::Application, name));
        delegated
            .chain(application)
            .map(|(kind, name)| named(kind, name).ok_or_else(|| Error::UnknownPermission(name.clone())))
            .collect()
    }
}

impl World {
    pub(crate) fn principal(&self, tenant: &str, app_id: &str) -> Option<&ServicePrincipal> {
        self.principals.iter().find(|principal| principal.tenant == tenant && principal.app_id == app_id)
    }

    /// The application's service principal in the tenant, created if absent.
    pub(crate) fn ensure_principal(&mut self, tenant: &str, app_id: &str, name: Option<&str>) -> String {
        if let Some(principal) = self.principal(tenant, app_id) {
            return principal.id.clone();
        }
        let id = guid();
        self.principals.push(ServicePrincipal {
            id: id.clone(),
            tenant: tenant.to_owned(),
            app_id: app_id.to_owned(),
            display_name: name.or_else(|| resource_name(app_id)).unwrap_or("Application").to_owned(),
            enabled: true,
        });
        id
    }

    /// Removes a service principal with everything granted to it or on it.
    pub(crate) fn remove_principal(&mut self, tenant: &str, app_id: &str) -> bool {
        let Some(id) = self.principal(tenant, app_id).map(|principal| principal.id.clone()) else {
            return false;
        };
        self.principals.retain(|principal| principal.id != id);
        self.grants.retain(|grant| grant.client != id && grant.resource != id);
        self.assignments.retain(|assignment| assignment.client != id && assignment.resource != id);
        true
    }

    /// Records a consent for everybody (`person` is none) or one person.
    pub(crate) fn grant(
        &mut self,
        tenant: &str,
        client_id: &str,
        person: Option<&str>,
        permissions: &[&'static Permission],
        now: DateTime<Utc>,
    ) {
        let client = self.ensure_principal(tenant, client_id, None);
        if self.wipes && person.is_none() {
            self.wipe(&client, permissions);
        }
        for permission in permissions {
            let Some(resource) = self.principal(tenant, permission.resource).map(|found| found.id.clone()) else {
                continue; // a resource that is not in the tenant cannot be granted
            };
            let made = Made::at(now);
            match permission.kind {
                Kind::Delegated => self.grant_delegated((tenant, &client, &resource), person, permission.value, made),
                Kind::Application => self.assign((tenant, &client, &resource), permission.id, made),
            }
        }
    }

    /// Takes away what the client holds for the whole tenant, but for these (grant-admin-consent: a new tenant-wide
    /// consent may revoke what was granted before).
    fn wipe(&mut self, client: &str, but: &[&'static Permission]) {
        for grant in self.grants.iter_mut().filter(|grant| grant.client == client && grant.person.is_none()) {
            grant
                .scopes
                .retain(|(scope, _)| but.iter().any(|kept| kept.kind == Kind::Delegated && kept.value == scope));
        }
        self.grants.retain(|grant| !grant.scopes.is_empty());
        self.assignments.retain(|held| held.client != client || but.iter().any(|kept| kept.id == held.app_role_id));
    }

    fn grant_delegated(
        &mut self,
        (tenant, client, resource): (&str, &str, &str),
        person: Option<&str>,
        value: &str,
        made: Made,
    ) {
        let existing = self
            .grants
            .iter_mut()
            .find(|grant| grant.client == client && grant.resource == resource && grant.person.as_deref() == person);
        match existing {
            Some(grant) if grant.scopes.iter().any(|(scope, _)| scope == value) => {}
            Some(grant) => grant.scopes.push((value.to_owned(), made)),
            None => self.grants.push(Grant {
                id: guid(),
                tenant: tenant.to_owned(),
                client: client.to_owned(),
                resource: resource.to_owned(),
                person: person.map(str::to_owned),
                scopes: vec![(value.to_owned(), made)],
            }),
        }
    }

    fn assign(&mut self, (tenant, client, resource): (&str, &str, &str), app_role_id: &str, made: Made) {
        let known = self
            .assignments
            .iter()
            .any(|assignment| assignment.client == client && assignment.app_role_id == app_role_id);
        if !known {
            self.assignments.push(AppRoleAssignment {
                id: guid(),
                tenant: tenant.to_owned(),
                client: client.to_owned(),
                resource: resource.to_owned(),
                app_role_id: app_role_id.to_owned(),
                made,
            });
        }
    }

    /// The delegated permissions a person may use through a client, granted to all or to them.
    pub(crate) fn delegated(&self, tenant: &str, client_id: &str, oid: &str) -> Vec<&'static Permission> {
        let Some(client) = self.principal(tenant, client_id) else {
            return Vec::new();
        };
        let mut permissions: Vec<&'static Permission> = Vec::new();
        for grant in &self.grants {
            if grant.client != client.id || grant.person.as_deref().is_some_and(|person| person != oid) {
                continue;
            }
            let resource = self.app_id(&grant.resource).unwrap_or(GRAPH);
            for permission in grant.scopes.iter().filter_map(|(scope, _)| find(resource, Kind::Delegated, scope)) {
                if !permissions.contains(&permission) {
                    permissions.push(permission);
                }
            }
        }
        permissions
    }

    /// The application permissions of a client on a resource.
    pub(crate) fn application(&self, tenant: &str, client_id: &str, resource: &str) -> Vec<&'static Permission> {
        let Some(client) = self.principal(tenant, client_id) else {
            return Vec::new();
        };
        crate::permission::PERMISSIONS
            .iter()
            .filter(|permission| permission.resource == resource)
            .filter(|permission| {
                self.assignments
                    .iter()
                    .any(|assignment| assignment.client == client.id && assignment.app_role_id == permission.id)
            })
            .collect()
    }

    pub(crate) fn app_id(&self, principal_id: &str) -> Option<&str> {
        self.principals.iter().find(|principal| principal.id == principal_id).map(|principal| principal.app_id.as_str())
    }

    /// Takes permissions back at once; says how many.
    pub(crate) fn revoke(&mut self, revocation: &Revocation) -> usize {
        let Some(client) = self.principal(&revocation.tenant, &revocation.client_id).map(|found| found.id.clone())
        else {
            return 0;
        };
        let resource = revocation
            .resource
            .as_deref()
            .map(|app_id| self.principal(&revocation.tenant, app_id).map(|found| found.id.clone()));
        let here = |id: &str| resource.as_ref().is_none_or(|wanted| wanted.as_deref() == Some(id));
        let called =
            |value: &str| revocation.permission.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
        let mut taken = 0;
        for grant in &mut self.grants {
            let person = revocation.person.is_none() || grant.person == revocation.person;
            if grant.client == client && person && here(&grant.resource) {
                let before = grant.scopes.len();
                grant.scopes.retain(|(scope, _)| !called(scope));
                taken += before - grant.scopes.len();
            }
        }
        self.grants.retain(|grant| !grant.scopes.is_empty());
        if revocation.person.is_none() {
            let before = self.assignments.len();
            self.assignments.retain(|assignment| {
                let value = crate::permission::PERMISSIONS
                    .iter()
                    .find(|permission| permission.id == assignment.app_role_id)
                    .map_or("", |permission| permission.value);
                !(assignment.client == client && here(&assignment.resource) && called(value))
            });
            taken += before - self.assignments.len();
        }
        taken
    }

    /// Sets how long new grants stay hidden; what Graph shows now it goes on to show.
    pub(crate) fn set_lag(&mut self, lag: Lag, now: DateTime<Utc>) {
        let old = self.lag;
        let scopes = self.grants.iter_mut().flat_map(|grant| &mut grant.scopes).map(|(_, made)| made);
        let assignments = self.assignments.iter_mut().map(|assignment| &mut assignment.made);
        for made in scopes.chain(assignments).chain(self.activated.iter_mut().map(|role| &mut role.made)) {
            made.settle(old, now);
        }
        self.lag = lag;
    }
}
