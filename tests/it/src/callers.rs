//! Who may call what.

use reqwest::Method;
use serde_json::json;

use crate::world::{World, send};
use onboarding_lambda::routes::{Level, ROUTES};

/// G65 Every route but the public ones refuses a call without, or with a wrong, credential, all in the same words.
#[tokio::test]
async fn a_call_without_an_accepted_credential_is_refused() {
    let world = World::new().await;
    let forged = world.sandbox.reseller_key().replace("onb_test_", "onb_live_");
    for route in ROUTES.iter().filter(|route| route.level != Level::Public) {
        let paths = std::iter::once(route.path).chain(route.aliases.iter().map(|alias| alias.path));
        for path in paths {
            let path =
                path.replace("{resellerId}", "1").replace("{enterpriseId}", "1").replace("{keyId}", "1-00000000");
            let mut bodies = Vec::new();
            for key in [None, Some("nonsense"), Some(forged.as_str())] {
                let call = world.call(route.method.clone(), &path).json(&json!({}));
                let answer = send(
                    key.map_or_else(|| call.try_clone().unwrap(), |key| call.try_clone().unwrap().bearer_auth(key)),
                )
                .await;
                assert_eq!(answer.status, 401, "{} {path} {key:?}", route.method);
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                let mut body = answer.json();
                body["requestId"].take();
                body["instance"].take();
                bodies.push(body);
            }
            assert!(bodies.iter().all(|body| *body == bodies[0]));
        }
    }
}

/// A key of another level opens nothing.
#[tokio::test]
async fn a_key_opens_the_routes_of_its_own_level() {
    let world = World::new().await;
    let body = json!({"name": "Other", "redirectHosts": []});
    assert_eq!(world.provider(Method::POST, "/v1/resellers", Some(&body)).await.status, 401);
    assert_eq!(world.operator(Method::GET, "/v1/pbx-types", None).await.status, 401);
}

/// G66 Another provider's enterprise and one that does not exist are answered byte for byte alike, but for the
/// reference.
#[tokio::test]
async fn another_providers_enterprise_does_not_exist() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let other = world.other_provider().await;
    let key = other.key.as_str();
    let read = async |id: u64, tail: &str| {
        let answer = world.as_holder_of(key, Method::GET, &format!("/v1/enterprises/{id}{tail}"), None).await;
        assert_eq!(answer.status, 404);
        let reference = answer.json()["requestId"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("x-request-id"), reference);
        answer.text.replace(&reference, "REF")
    };
    for tail in ["", "/actions"] {
        assert_eq!(read(enterprise, tail).await, read(1, tail).await);
    }
    let named = json!({"actionType": "REGISTRATION", "enterpriseName": "Contoso Ltd", "redirectUrl": world.hook()});
    let answer = world.as_holder_of(key, Method::POST, "/v1/enterprises/action-url", Some(&named)).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
}
