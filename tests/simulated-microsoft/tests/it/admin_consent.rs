//! The admin-consent endpoints.

use simulated_microsoft::{APPLICATION_ADMINISTRATOR, CONTOSO, GRACE, NADIA, NORTHWIND, PETRA};

use crate::http::{Reply, form};
use crate::world::{CALLBACK, CLIENT, STATE, World};

const DEFAULT: &str = "https://graph.microsoft.com/.default";

async fn begin(world: &World, path: &str, scope: Option<&str>) -> Reply {
    let mut fields = vec![("client_id", CLIENT), ("redirect_uri", CALLBACK), ("state", STATE)];
    fields.extend(scope.map(|scope| ("scope", scope)));
    world.get(&format!("{path}?{}", form(&fields))).await
}

async fn app_only(world: &World, tenant: &str) -> Reply {
    let changed = [("grant_type", "client_credentials"), ("scope", DEFAULT)];
    world.redeem(tenant, "", &changed).await
}

#[tokio::test]
async fn default_grants_the_application_permissions_of_the_registration() {
    let world = World::new().await;
    assert_eq!(app_only(&world, CONTOSO.id).await.aadsts(), 7_000_229);
    let page = begin(&world, &format!("/{}/v2.0/adminconsent", CONTOSO.id), Some(DEFAULT)).await;
    let page = world.choose(&page, &GRACE).await;
    let query = world.decide(&page, "accept", false).await.redirect_query();
    assert_eq!(query["admin_consent"], "True");
    assert_eq!(query["tenant"], CONTOSO.id);
    assert_eq!(query["state"], STATE);
    assert!(query["scope"].contains("CallRecords.Read.All"));

    let token = app_only(&world, CONTOSO.id).await.json()["access_token"].as_str().unwrap().to_owned();
    let path = format!("/servicePrincipals(appId='{CLIENT}')/appRoleAssignments");
    let assignments = world.graph(&token, &path).await.json();
    let graph = world
        .graph(&token, "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles")
        .await
        .json();
    let named: Vec<_> = assignments["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|assignment| assignment["resourceId"] == graph["id"])
        .filter_map(|assignment| {
            let roles = graph["appRoles"].as_array().unwrap();
            roles.iter().find(|role| role["id"] == assignment["appRoleId"])?["value"].as_str()
        })
        .collect();
    assert!(named.contains(&"Presence.Read.All") && named.contains(&"Directory.Read.All"), "{named:?}");
    assert_eq!(world.graph(&token, "/me").await.status, 400);
}

#[tokio::test]
async fn named_scopes_grant_only_themselves() {
    let world = World::new().await;
    let page = begin(&world, "/organizations/v2.0/adminconsent", Some("Organization.Read.All")).await;
    let page = world.choose(&page, &GRACE).await;
    let query = world.decide(&page, "accept", false).await.redirect_query();
    assert_eq!(query["scope"], "Organization.Read.All");
    assert_eq!(world.microsoft.granted(CONTOSO.id, CLIENT, PETRA.oid), ["Organization.Read.All"]);
}

#[tokio::test]
async fn admin_consent_true_stands_in_errors_too() {
    let world = World::new().await;
    for path in ["/organizations/v2.0/adminconsent", "/organizations/adminconsent"] {
        let page = begin(&world, path, Some(DEFAULT)).await;
        let page = world.choose(&page, &GRACE).await;
        let query = world.decide(&page, "cancel", false).await.redirect_query();
        assert_eq!(query["admin_consent"], "True");
        assert_eq!(query["error"], "access_denied");
        assert!(query["error_description"].starts_with("AADSTS65004"));
        assert_eq!(query["state"], STATE);
    }
}

#[tokio::test]
async fn graph_application_permissions_need_a_global_or_privileged_role_administrator() {
    let world = World::new().await;
    world.microsoft.assign_role(&CONTOSO, PETRA.oid, &APPLICATION_ADMINISTRATOR);
    let page = begin(&world, "/organizations/v2.0/adminconsent", Some(DEFAULT)).await;
    let page = world.choose(&page, &PETRA).await;
    assert!(page.body.contains("Need admin approval"));
    let query = world.decide(&page, "return", false).await.redirect_query();
    assert!(query["error_description"].starts_with("AADSTS90094"));
}

#[tokio::test]
async fn common_is_refused_and_a_missing_resource_reported() {
    let world = World::new().await;
    let page = begin(&world, "/common/v2.0/adminconsent", Some(DEFAULT)).await;
    assert_eq!(page.status, 400);
    let page = begin(&world, "/organizations/adminconsent", None).await;
    let query = world.choose(&page, &NADIA).await.redirect_query();
    assert!(query["error_description"].starts_with("AADSTS650052"));
    assert_eq!(world.microsoft.service_principal(NORTHWIND.id, CLIENT), None);
}
