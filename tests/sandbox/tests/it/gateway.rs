//! What plays API Gateway.

use axum::http::StatusCode;
use serde_json::Value;

use crate::world::World;

#[tokio::test]
async fn paths_and_methods_without_a_route_are_answered_by_the_edge() {
    let world = World::new().await;
    let api = world.sandbox.api();
    let healthy = world.http.get(format!("{api}/healthz")).send().await.unwrap();
    assert_eq!(healthy.status(), StatusCode::OK);
    assert!(healthy.headers().contains_key("x-request-id"));
    let absent = world.http.get(format!("{api}/nothing")).send().await.unwrap();
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
    assert_eq!(absent.headers()["content-type"], "application/problem+json");
    let wrong = world.http.delete(format!("{api}/healthz")).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers()["allow"], "GET");
}

#[tokio::test]
async fn a_body_of_more_than_ten_megabytes_reaches_nobody() {
    let world = World::new().await;
    let body = vec![b'x'; 10 * 1024 * 1024 + 1];
    let request = world.http.post(format!("{}/v1/enterprises", world.sandbox.api())).body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json::<Value>().await.unwrap()["message"], "Request Entity Too Large");
}

#[tokio::test]
async fn the_pages_of_the_sandbox_are_shown() {
    let world = World::new().await;
    world.consented("Contoso <&>").await;
    world.sandbox.tick().await.unwrap();
    let page = async |path: &str| {
        let answer = world.http.get(format!("{}{path}", world.sandbox.api())).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    };
    assert!(page("/").await.contains("From the first call to the webhook"));
    assert!(page("/sandbox/mail").await.contains("No mail has been sent"));
    assert!(page("/sandbox/webhooks").await.contains("Signature verified"));
    assert_eq!(page("/sandbox/mail/messages").await, "[]");
}
