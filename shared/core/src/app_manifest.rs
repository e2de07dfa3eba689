//! The app registration in Entra, as the manifest that makes it: addresses, sign-in, and every permission that is asked for.
//!
//! The form is Microsoft Graph's `application`
//! (<https://learn.microsoft.com/graph/api/resources/application>), which the Entra admin center takes under *Manifest*.

use serde_json::{Value, json};

use crate::connection::admit::PARTNER_CENTER;
use crate::id::ApplicationId;
use crate::permission::{GRAPH, Kind, TEAMS_ADMIN_API};

/// Microsoft's id of each permission, the same in every cloud and tenant
/// (<https://learn.microsoft.com/graph/permissions-reference>).
const IDS: &[(Kind, ApplicationId, &str, &str)] = &[
    (Kind::Delegated, GRAPH, "openid", "37f7f235-527c-4136-accd-4a02d197296e"),
    (Kind::Delegated, GRAPH, "profile", "14dad69e-099b-42c9-810b-d002981feec1"),
    (Kind::Delegated, GRAPH, "offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"),
    (Kind::Delegated, GRAPH, "User.ReadWrite.All", "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4"),
    (Kind::Delegated, GRAPH, "Directory.Read.All", "06da0dbc-49e2-44d2-8312-53f166ab848a"),
    (Kind::Delegated, GRAPH, "Directory.ReadWrite.All", "c5366453-9fb0-48a5-a156-24f0c49a4b84"),
    (Kind::Delegated, GRAPH, "Directory.AccessAsUser.All", "0e263e50-5827-48a4-b97c-d940288653c7"),
    (Kind::Delegated, GRAPH, "Organization.Read.All", "4908d5b9-3fb2-4b1e-9336-1888b7937185"),
    (Kind::Delegated, GRAPH, "TeamsAppInstallation.ReadWriteForUser", "093f8818-d05f-49b8-95bc-9d2a73e9a43c"),
    (Kind::Delegated, GRAPH, "RoleManagement.ReadWrite.Directory", "d01b97e9-cbc0-49fe-810a-750afd5527a3"),
    (Kind::Delegated, GRAPH, "Application.Read.All", "c79f8feb-a9db-4090-85f9-90d820caa0eb"),
    (Kind::Delegated, TEAMS_ADMIN_API, "user_impersonation", "e60370c1-e451-437e-aa6e-d76df38e5f15"),
    (Kind::Delegated, PARTNER_CENTER, "user_impersonation", "1cebfa2a-fb4d-419e-b5f9-839b4383e05a"),
    (Kind::Application, GRAPH, "User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    (Kind::Application, GRAPH, "Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
    (Kind::Application, GRAPH, "Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
    (Kind::Application, GRAPH, "Presence.Read.All", "a70e0c2d-e793-494c-94c4-118fa0a67f42"),
    (Kind::Application, GRAPH, "TeamsAppInstallation.ReadWriteForUser.All", "74ef0291-ca83-4d02-8c7e-d2391e6a444f"),
    (Kind::Application, GRAPH, "AppCatalog.Read.All", "e12dae10-5a57-4817-b79d-dfbec5348930"),
    (Kind::Application, GRAPH, "Calls.Initiate.All", "284383ee-7f6e-4e40-a2a8-e85dcb029101"),
    (Kind::Application, GRAPH, "Calls.JoinGroupCall.All", "f6b49018-60ab-4f81-83bd-22caeabfed2d"),
    (Kind::Application, GRAPH, "Calls.AccessMedia.All", "a7a681dc-756e-4909-b988-f160edc6655f"),
    (Kind::Application, GRAPH, "OrgContact.Read.All", "e1a88a34-94c4-4418-be12-c87b00e26bea"),
    (Kind::Application, GRAPH, "CallRecords.Read.All", "45bbb07e-7321-4fd7-a8f6-3ff27e6a81c8"),
];

/// A permission in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How it is held.
    pub kind: Kind,
    /// The API it belongs to.
    pub resource: ApplicationId,
    /// Its name.
    pub name: &'static str,
    /// Microsoft's id of it.
    pub id: &'static str,
}

/// Every permission that the registration lists, each once.
pub fn listed() -> impl Iterator<Item = Listed> {
    IDS.iter().map(|&(kind, resource, name, id)| Listed { kind, resource, name, id })
}

/// The manifest of a registration that Microsoft sends back to `redirect_uris`.
#[must_use]
pub fn manifest(redirect_uris: &[String]) -> Value {
    let access = |api: ApplicationId| {
        let of_api: Vec<Value> = listed()
            .filter(|listed| listed.resource == api)
            .map(|Listed { kind, id, .. }| json!({ "id": id, "type": word(kind) }))
            .collect();
        json!({ "resourceAppId": api.to_string(), "resourceAccess": of_api })
    };
    json!({
        "displayName": "Teams Onboarding",
        "signInAudience": "AzureADMultipleOrgs",
        "web": {
            "redirectUris": redirect_uris,
            "implicitGrantSettings": { "enableIdTokenIssuance": true, "enableAccessTokenIssuance": false },
        },
        "requiredResourceAccess": [access(GRAPH), access(TEAMS_ADMIN_API), access(PARTNER_CENTER)],
    })
}

/// What keeps an app registration from working as `wanted`, as Microsoft Graph shows it.
#[must_use]
pub fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut told = Vec::new();
    let uris = |value: &Value| -> Vec<String> {
        let all = value["web"]["redirectUris"].as_array();
        all.into_iter().flatten().filter_map(|uri| uri.as_str().map(str::to_owned)).collect()
    };
    let there = uris(found);
    let missing = uris(wanted).into_iter().filter(|uri| !there.contains(uri));
    told.extend(missing.map(|uri| format!("the redirect URI {uri} is missing")));
    if found["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] != true {
        told.push("ID tokens are not issued (Authentication, \"ID tokens\")".to_owned());
    }
    if found["signInAudience"] != wanted["signInAudience"] {
        told.push("it does not take accounts of any organisation (signInAudience)".to_owned());
    }
    for Listed { kind, resource, name, id } in listed() {
        if !lists(found, resource, id, kind) {
            told.push(format!("the {} permission {name} of {resource} is not listed", kind.word()));
        }
    }
    told
}

fn lists(found: &Value, resource: ApplicationId, id: &str, kind: Kind) -> bool {
    let apis = found["requiredResourceAccess"].as_array();
    apis.into_iter().flatten().filter(|api| api["resourceAppId"] == resource.to_string()).any(|api| {
        let access = api["resourceAccess"].as_array();
        access.into_iter().flatten().any(|one| one["id"] == id && one["type"] == word(kind))
    })
}

/// Microsoft's word for how a permission is held.
const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Delegated => "Scope",
        Kind::Application => "Role",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::admit::TENANT_WIDE;
    use crate::permission;

    /// The sign-in's own scopes.
    const OF_SIGN_IN: [&str; 3] = ["openid", "profile", "offline_access"];

    /// R112, R134-R139 The registration lists what is asked for, and nothing that is not.
    #[test]
    fn the_manifest_lists_exactly_what_is_asked_for() {
        let of_actions = permission::all().map(|asked| (asked.kind, asked.resource, asked.name));
        let of_connections = TENANT_WIDE.iter().map(|(resource, name)| (Kind::Delegated, *resource, *name));
        let of_sign_ins = OF_SIGN_IN.map(|name| (Kind::Delegated, GRAPH, name));
        let asked: Vec<_> = of_actions.chain(of_connections).chain(of_sign_ins).collect();
        let rows: Vec<_> = listed().map(|Listed { kind, resource, name, .. }| (kind, resource, name)).collect();
        assert!(asked.iter().all(|asked| rows.contains(asked)), "asked for and not listed");
        assert!(rows.iter().all(|row| asked.contains(row)), "listed and not asked for");
        let mut ids: Vec<&str> = listed().map(|listed| listed.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), IDS.len());
    }

    /// R023, R166 What Microsoft's screen of `.default` lists has its plain words.
    #[test]
    fn everything_listed_has_its_words() {
        let mut rows: Vec<_> = listed().map(|row| (row.kind.word(), row.resource, row.name)).collect();
        let mut worded: Vec<_> =
            permission::listed().iter().map(|asked| (asked.kind.word(), asked.resource, asked.name)).collect();
        rows.sort_unstable();
        worded.sort_unstable();
        assert_eq!(worded, rows);
    }

    /// Each setting that is lost is told by itself.
    #[test]
    fn what_a_registration_lacks_is_named() {
        let wanted = manifest(&["https://consent.example.com/restricted/handleResponse".to_owned()]);
        assert_eq!(differences(&wanted, &wanted), Vec::<String>::new());
        let without = |change: fn(&mut Value)| {
            let mut found = wanted.clone();
            change(&mut found);
            differences(&wanted, &found)
        };
        let uri = without(|found| found["web"]["redirectUris"] = json!([]));
        assert_eq!(uri, ["the redirect URI https://consent.example.com/restricted/handleResponse is missing"]);
        assert_eq!(without(|found| found["web"]["implicitGrantSettings"] = Value::Null).len(), 1);
        assert_eq!(without(|found| found["signInAudience"] = json!("AzureADMyOrg")).len(), 1);
        let lost = without(|found| found["requiredResourceAccess"][1]["resourceAccess"] = json!([]));
        assert_eq!(
            lost,
            ["the delegated permission user_impersonation of 48ac35b8-9aa8-4d74-927d-1f4a14a0b239 is not listed"]
        );
        // A role is no scope, even under the same id.
        let scope = without(|found| found["requiredResourceAccess"][1]["resourceAccess"][0]["type"] = json!("Role"));
        assert_eq!(scope.len(), 1);
    }
}
