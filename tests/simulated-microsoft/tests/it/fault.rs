//! Each kind of fault, on each kind of request.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use simulated_microsoft::{Effect, Fault, GRACE};

use crate::world::{CALLBACK, World};

fn fault(on: &str, what: Effect) -> Fault {
    Fault { on: on.to_owned(), what, times: Some(1) }
}

fn status(status: u16) -> Effect {
    Effect::Status {
        status,
        body: "Too Many Requests".to_owned(),
        headers: BTreeMap::from([("Retry-After".to_owned(), "7".to_owned())]),
    }
}

#[tokio::test]
async fn a_status_replaces_the_answer_and_nothing_is_done() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    world.microsoft.add_fault(fault("token", status(503)));
    let reply = world.redeem("common", &code, &[]).await;
    assert_eq!((reply.status, reply.headers["retry-after"].as_str()), (503, "7"));
    assert_eq!(reply.body, "Too Many Requests");
    assert_eq!(world.redeem("common", &code, &[]).await.status, 200);
}

#[tokio::test]
async fn every_kind_of_request_can_fail() {
    let world = World::new().await;
    for (on, path) in [
        ("keys", "/common/discovery/v2.0/keys"),
        ("discovery", "/common/v2.0/.well-known/openid-configuration"),
        ("graph", "/v1.0/me"),
        ("authorize", "/common/oauth2/v2.0/authorize"),
    ] {
        world.microsoft.add_fault(fault(on, status(418)));
        assert_eq!(world.get(path).await.status, 418, "{on}");
        assert_ne!(world.get(path).await.status, 418, "{on}");
    }
}

#[tokio::test]
async fn a_reset_after_the_request_applies_it_and_loses_the_answer() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    world.microsoft.add_fault(fault("token", Effect::ResetAfterRequest));
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", crate::world::CLIENT),
        ("client_secret", crate::world::SECRET),
        ("redirect_uri", CALLBACK),
        ("code", code.as_str()),
        ("code_verifier", crate::world::VERIFIER),
    ];
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = crate::http::form(&fields);
    let lost = world.try_send("POST", "/common/oauth2/v2.0/token", &headers, &body).await.unwrap_err();
    assert_eq!(lost.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(world.redeem("common", &code, &[]).await.aadsts(), 54005);
}

#[tokio::test]
async fn garbage_is_200_and_no_json() {
    let world = World::new().await;
    world.microsoft.add_fault(fault("keys", Effect::Garbage));
    let reply = world.get("/common/discovery/v2.0/keys").await;
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&reply.body).is_err());
}

#[tokio::test]
async fn a_delay_is_only_a_delay() {
    let world = World::new().await;
    world.microsoft.add_fault(fault("keys", Effect::Delay { delay_ms: 150 }));
    let before = Instant::now();
    assert_eq!(world.get("/common/discovery/v2.0/keys").await.status, 200);
    assert!(before.elapsed().as_millis() >= 150);
}

#[tokio::test]
async fn an_oauth_error_comes_back_the_way_of_its_endpoint() {
    let world = World::new().await;
    let refused = || Effect::OauthError { error: "invalid_grant".to_owned(), code: 53003 };
    world.microsoft.add_fault(fault("token", refused()));
    let reply = world.redeem("common", "any", &[]).await;
    assert_eq!((reply.status, reply.aadsts()), (400, 53003));
    assert_eq!(reply.json()["error"], "invalid_grant");

    world.microsoft.add_fault(fault("authorize", refused()));
    let back = world.authorize("common", &[]).await;
    assert_eq!(back.form_action(), CALLBACK);
    assert!(back.hidden()["error_description"].starts_with("AADSTS53003"));

    world.microsoft.add_fault(fault("authorize", refused()));
    let page = world.authorize("common", &[("redirect_uri", "https://evil.example/")]).await;
    assert!(page.status == 400 && page.body.contains("AADSTS50011"), "a fault is no open redirect");
}

#[tokio::test]
async fn one_item_of_a_batch_can_fail_alone_or_take_all_with_it() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let body = json!({ "requests": [
        { "id": "me", "method": "GET", "url": "/me" },
        { "id": "organization", "method": "GET", "url": "/organization" },
    ]});
    world.microsoft.add_fault(fault("/organization", status(429)));
    let reply = world.graph_post(&token, "/$batch", &body).await.json();
    let statuses: BTreeMap<_, _> = reply["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| (response["id"].as_str().unwrap(), response["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(statuses, BTreeMap::from([("me", 200), ("organization", 429)]));
    assert_eq!(reply["responses"][0]["headers"]["Retry-After"], "7");

    world.microsoft.add_fault(fault("/me", Effect::ResetAfterRequest));
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    assert!(world.try_send("POST", "/v1.0/$batch", &headers, &body.to_string()).await.is_err());
}

#[tokio::test]
async fn a_fault_without_times_lasts_until_it_is_taken_away() {
    let world = World::new().await;
    world.microsoft.set_faults(vec![Fault { on: "keys".to_owned(), what: status(500), times: None }]);
    for _ in 0..3 {
        assert_eq!(world.get("/common/discovery/v2.0/keys").await.status, 500);
    }
    world.microsoft.set_faults(Vec::new());
    assert_eq!(world.get("/common/discovery/v2.0/keys").await.status, 200);
}
