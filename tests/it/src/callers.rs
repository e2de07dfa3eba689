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
            let path = path.replace("{resellerId}", "1").replace("{enterpriseId}", "1");
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

/// A new provider and its key work at once; a key for nobody is a 404.
#[tokio::test]
async fn an_operator_makes_a_provider_and_a_key() {
    let world = World::new().await;
    let body = json!({"name": "  Fabrikam Voice ", "redirectHosts": ["hooks.fabrikam.example"]});
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
    let path = format!("/v1/resellers/{}/keys", made["id"]);
    let key = world.operator(Method::POST, &path, Some(&json!({}))).await;
    assert_eq!(key.status, 201);
    assert!(
        key.json()["key"]
            .as_str()
            .unwrap()
            .starts_with(&format!("onb_test_{}_", key.json()["keyId"].as_str().unwrap()))
    );
    let listed = world.as_holder_of(key.json()["key"].as_str().unwrap(), Method::GET, "/v1/sbc-gateways", None).await;
    assert!(!listed.json().as_array().unwrap().is_empty(), "a new provider of a sandbox has a gateway");
    assert_eq!(world.operator(Method::POST, "/v1/resellers/1/keys", Some(&json!({}))).await.status, 404);
    let wrong = world.operator(Method::POST, "/v1/resellers", Some(&json!({"name": " ", "x": 1}))).await;
    let expected = [("/name", "invalid_name"), ("/redirectHosts", "required"), ("/x", "unknown_field")];
    assert_eq!(wrong.problem().2, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
}
