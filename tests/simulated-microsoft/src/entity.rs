//! Graph's objects as JSON.
//!
//! Stands for the resource types organization, servicePrincipal, oauth2PermissionGrant and
//! appRoleAssignment. A grant begins with a space, as real ones sometimes do, and hides the scopes
//! the lag still covers.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::directory::Tenant;
use crate::grant::ServicePrincipal;
use crate::id::guid_of;
use crate::permission::{Kind, PERMISSIONS};
use crate::state::World;

pub(crate) fn organization(tenant: &Tenant) -> Value {
    let initial = tenant.domain.replace(".example", ".onmicrosoft.example");
    json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "tenantType": "AAD",
        "countryLetterCode": "US",
        "verifiedDomains": [
            { "name": tenant.domain, "isDefault": true, "isInitial": false, "type": "Managed" },
            { "name": initial, "isDefault": false, "isInitial": true, "type": "Managed" },
        ],
    })
}

pub(crate) fn principal(principal: &ServicePrincipal) -> Value {
    let of = |kind: Kind| {
        PERMISSIONS.iter().filter(move |permission| permission.resource == principal.app_id && permission.kind == kind)
    };
    let app_roles: Vec<_> = of(Kind::Application)
        .map(|permission| {
            json!({
                "id": permission.id,
                "value": permission.value,
                "displayName": permission.text,
                "isEnabled": true,
                "allowedMemberTypes": ["Application"],
            })
        })
        .collect();
    let scopes: Vec<_> = of(Kind::Delegated)
        .map(|permission| {
            json!({
                "id": permission.id,
                "value": permission.value,
                "adminConsentDisplayName": permission.text,
                "isEnabled": true,
                "type": if permission.admin_only { "Admin" } else { "User" },
            })
        })
        .collect();
    json!({
        "id": principal.id,
        "appId": principal.app_id,
        "displayName": principal.display_name,
        "appDisplayName": principal.display_name,
        "accountEnabled": principal.enabled,
        "servicePrincipalType": "Application",
        "appRoles": app_roles,
        "oauth2PermissionScopes": scopes,
    })
}

/// The visible delegated grants of a tenant, or of one client in it.
pub(crate) fn grants(world: &World, tenant: &str, client: Option<&str>, now: DateTime<Utc>) -> Vec<Value> {
    let mut found = Vec::new();
    for grant in &world.grants {
        if grant.tenant != tenant || client.is_some_and(|client| client != grant.client) {
            continue;
        }
        let visible: Vec<_> = grant
            .scopes
            .iter()
            .filter(|(_, made)| made.visible(world.lag, now))
            .map(|(scope, _)| scope.as_str())
            .collect();
        if !visible.is_empty() {
            found.push(json!({
                "id": grant.id,
                "clientId": grant.client,
                "consentType": if grant.person.is_some() { "Principal" } else { "AllPrincipals" },
                "principalId": grant.person,
                "resourceId": grant.resource,
                "scope": format!(" {}", visible.join(" ")),
            }));
        }
    }
    found
}

/// The visible application permissions of a client.
pub(crate) fn assignments(world: &World, client: &str, now: DateTime<Utc>) -> Vec<Value> {
    let name = |id: &str| {
        let principal = world.principals.iter().find(|principal| principal.id == id);
        principal.map_or("", |principal| principal.display_name.as_str())
    };
    world
        .assignments
        .iter()
        .filter(|assignment| assignment.client == client && assignment.made.visible(world.lag, now))
        .map(|assignment| {
            json!({
                "id": guid_of(&[&assignment.id]),
                "appRoleId": assignment.app_role_id,
                "createdDateTime": assignment.made.since().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "principalId": assignment.client,
                "principalType": "ServicePrincipal",
                "principalDisplayName": name(&assignment.client),
                "resourceId": assignment.resource,
                "resourceDisplayName": name(&assignment.resource),
            })
        })
        .collect()
}
