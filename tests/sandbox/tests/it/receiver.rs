//! K6: the receiver.

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};

use crate::world::World;

impl World {
    async fn post(&self, body: &str) -> Response {
        self.http.post(self.sandbox.webhooks().url()).body(body.to_owned()).send().await.unwrap()
    }

    async fn caught(&self) -> Value {
        let url = format!("{}/messages", self.sandbox.ready().webhooks);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn a_webhook_is_caught_as_it_came() {
    let world = World::new().await;
    let enterprise = world.consented("Contoso").await;
    world.sandbox.tick().await.unwrap();
    let caught = world.caught().await;
    assert_eq!(caught.as_array().unwrap().len(), 1);
    assert_eq!(caught[0]["url"], world.sandbox.webhooks().url());
    assert_eq!(caught[0]["verified"], true);
    assert_eq!(caught[0]["headers"]["content-type"], "application/json");
    let body: Value = serde_json::from_str(caught[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["enterpriseId"], &body["outcome"]), (&json!(enterprise), &json!("granted")));
}

#[tokio::test]
async fn what_nobody_signed_is_caught_too() {
    let world = World::new().await;
    assert_eq!(world.post("not JSON").await.status(), StatusCode::OK);
    let caught = world.caught().await;
    assert_eq!((&caught[0]["body"], &caught[0]["verified"]), (&json!("not JSON"), &json!(false)));
}

/// K9 Any provider's webhooks are checked with its own keys.
#[tokio::test]
async fn another_providers_webhook_is_verified_too() {
    let world = World::new().await.seen_by_another_provider().await;
    world.consented("Contoso").await;
    world.sandbox.tick().await.unwrap();
    assert_eq!(world.caught().await[0]["verified"], true);
}

/// R076 The demo provider's gateways and PBX types are not another's.
#[tokio::test]
async fn another_provider_has_ids_of_its_own() {
    let world = World::new().await.seen_by_another_provider().await;
    let ids = async |path: &str, field: &str| {
        let listed: Value = world.as_reseller(path, None).await.json().await.unwrap();
        listed.as_array().unwrap().iter().map(|one| one[field].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids("/v1/sbc-gateways", "sbcGatewayId").await, [6001, 6002]);
    assert_eq!(ids("/v1/pbx-types", "id").await, [2001, 2002]);
    let body = json!({"enterpriseName": "Contoso", "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX"]});
    let refused = world.as_reseller("/v1/enterprises", Some(&body)).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let codes: Value = refused.json().await.unwrap();
    let codes: Vec<_> = codes["errors"].as_array().unwrap().iter().map(|fault| fault["code"].clone()).collect();
    assert_eq!(codes, ["unknown_sbc_gateway", "unknown_pbx_type"]);
}

#[tokio::test]
async fn the_receiver_behaves_as_it_is_told() {
    let world = World::new().await;
    let control = format!("{}/behaviour", world.sandbox.ready().webhooks);
    let badly = json!({"status": 503, "times": 1, "retryAfter": 7, "delayMs": 1});
    assert_eq!(world.http.put(&control).json(&badly).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let answer = world.post("1").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    assert_eq!(world.post("2").await.status(), StatusCode::OK);

    let forever = json!({"status": 410, "times": null});
    assert_eq!(world.http.put(&control).json(&forever).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(world.post("3").await.status(), StatusCode::GONE);
    assert_eq!(world.http.delete(&control).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(world.post("4").await.status(), StatusCode::OK);
    let strange = json!({"status": 99});
    let refused = world.http.put(&control).json(&strange).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// K1 Without the flag the receiver is no redirectUrl, and the summary does not pretend that it is.
#[tokio::test]
async fn without_insecure_redirects_loopback_is_refused() {
    let world = World::with(onboarding_sandbox::Options::default()).await;
    world.register("Contoso").await;
    let url = world.sandbox.webhooks().url();
    let body = json!({"actionType": "REGISTRATION", "enterpriseName": "Contoso", "redirectUrl": url});
    assert_eq!(world.as_reseller("/v1/enterprises/action-url", Some(&body)).await.status(), 422);
    let summary = world.sandbox.ready().summary();
    assert!(summary.contains("https://hooks.example.com/onboarding") && !summary.contains("/hook\""), "{summary}");
}
