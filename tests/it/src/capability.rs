//! What the deployment can do, and what it asks for.

use reqwest::Method;
use serde_json::Value;

use crate::world::{World, send};

/// R024 A caller asks for what it needs, not for a version.
#[tokio::test]
async fn capabilities_are_told() {
    let world = World::new().await;
    let told = world.provider(Method::GET, "/v1/capabilities", None).await.json();
    assert_eq!(told["serviceProviderManagement"], true);
    assert!(told["actions"].as_array().unwrap().contains(&Value::from("REGISTRATION")));
    assert_eq!(world.call(Method::GET, "/v1/capabilities").send().await.unwrap().status(), 401);
}

/// R023 Each permission of an action is told in plain words, with what it does not allow.
#[tokio::test]
async fn permissions_are_told_in_plain_words() {
    let world = World::new().await;
    let all = world.provider(Method::GET, "/v1/permissions", None).await.json();
    let all = all["items"].as_array().unwrap();
    let of = async |action: &str| {
        world.provider(Method::GET, &format!("/v1/permissions?action={action}"), None).await.json()["items"].clone()
    };
    let user_sync = of("GET_USER_SYNC_CONSENT").await;
    let names: Vec<&Value> = user_sync.as_array().unwrap().iter().map(|one| &one["permission"]).collect();
    assert_eq!(names, ["User.Read.All", "Group.Read.All", "Directory.Read.All"]);
    for permission in all {
        for field in ["action", "permission", "resourceAppId", "kind", "purpose", "limit"] {
            assert!(permission[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {permission}");
        }
        assert!(["delegated", "application"].contains(&permission["kind"].as_str().unwrap()), "{permission}");
        assert!(of(permission["action"].as_str().unwrap()).await.as_array().unwrap().contains(permission));
    }
    let unknown = world.provider(Method::GET, "/v1/permissions?action=REGISTER", None).await;
    assert_eq!(unknown.problem().2, [("/action".to_owned(), "unknown_action_type".to_owned())]);
    assert!(unknown.json()["errors"][0]["detail"].as_str().unwrap().contains("REGISTRATION, "));
}

/// R023, R166 What the API lists a person reads on one page, to which the start page leads, and which knows nobody.
#[tokio::test]
async fn a_person_reads_the_same_permissions_on_a_page() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let page = send(world.call(Method::GET, "/permissions")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let shown = page.text.replace("&#39;", "'");
    let all = world.provider(Method::GET, "/v1/permissions", None).await.json();
    for permission in all["items"].as_array().unwrap() {
        for field in ["action", "permission", "purpose", "limit"] {
            assert!(shown.contains(permission[field].as_str().unwrap()), "{field}: {permission}");
        }
    }
    assert!(!shown.contains("Contoso"), "{shown}");
    let links = format!("/v1/enterprises/{enterprise}/links");
    let body = serde_json::json!({ "redirectUrl": world.hook() });
    let start = world.provider(Method::POST, &links, Some(&body)).await.json()["startUrl"].as_str().unwrap().to_owned();
    let start = send(world.call(Method::GET, &start.replace(world.sandbox.api(), ""))).await;
    assert!(start.text.contains("<a href=\"/permissions\""), "{}", start.text);
}
