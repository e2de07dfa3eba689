//! Sealing keys over HTTP: a ring that is rotated, states of another ring, and what a forged state costs.

use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Clock as _;
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};

use super::target::Target;
use crate::tap::{Tap, serve_dynamodb};
use crate::world::{World, send};

/// Where the sandbox keeps its ring.
const RING: &str = "onboarding/sandbox/sealing-keys";

/// One call to Secrets Manager by hand.
async fn secrets_manager(world: &World, operation: &str, body: Value) -> Value {
    let scope = "AWS4-HMAC-SHA256 Credential=tests/20260101/eu-west-1/secretsmanager/aws4_request, \
                 SignedHeaders=host, Signature=0";
    let call = world.http.post(&world.sandbox.ready().secrets).header("authorization", scope);
    let call = call.header("x-amz-target", format!("secretsmanager.{operation}"));
    send(call.header("content-type", "application/x-amz-json-1.1").body(body.to_string())).await.json()
}

/// Puts a new key before the ring's own, which retires in `seconds`; then every function has seen it.
async fn rotate(target: &Target, seconds: i64) {
    let world = &target.world;
    let stored = secrets_manager(world, "GetSecretValue", json!({ "SecretId": RING })).await;
    let ring: Value = serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap();
    let fresh: Value = serde_json::from_str(&SealingKeys::generate(&SystemRandomness::new())).unwrap();
    let mut former = ring["keys"][0].clone();
    former["retiresAt"] = json!(world.sandbox.clock().now().millis() + seconds * 1_000);
    let rotated = json!({ "keys": [fresh["keys"][0], former] }).to_string();
    let put = secrets_manager(world, "PutSecretValue", json!({ "SecretId": RING, "SecretString": rotated })).await;
    assert!(put["VersionId"].is_string(), "{put}");
    target.begins_here().await;
    // A ring is fresh for five minutes; the code in hand lives for ten.
    world.sandbox.clock().advance(301);
}

/// G07, T02, T63 A link that was sealed with the former key works while that key is in its window.
#[tokio::test]
async fn a_former_key_opens_within_its_window() {
    let target = Target::new().await;
    rotate(&target, 500).await;
    target.still_works().await;
}

/// G07, T02 After its window a former key opens nothing: no effect.
#[tokio::test]
async fn a_former_key_opens_nothing_after_its_window() {
    let target = Target::new().await;
    rotate(&target, 200).await;
    target.refused(target.good.clone(), "the key has retired").await;
    // Before, it had not; to the second it is tested in `core::seal`, where time stands.
    target.world.sandbox.clock().advance(-150);
    target.still_works().await;
}

/// G06, T02 A state of another deployment's ring.
#[tokio::test]
async fn a_state_of_another_ring_is_refused() {
    let target = Target::new().await;
    let other = Target::new().await;
    target.refused(target.good.clone().fill("state", other.state()), "of another ring").await;
    target.still_works().await;
}

/// G03, T01 What is no state of ours costs no read of the table, and no write.
#[tokio::test]
async fn a_forged_state_costs_no_read() {
    let tap = Tap::open().await;
    tap.leads_to(&serve_dynamodb().await);
    let overrides = Overrides { dynamodb: Some(tap.url().parse().unwrap()), ..Overrides::default() };
    let world = World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
    let target = Target::in_world(world).await;
    let state = target.state().to_owned();
    let flipped = format!("{}{}", &state[..state.len() - 1], if state.ends_with('A') { 'B' } else { 'A' });
    let forged = ["A".repeat(43), flipped, state[..40].to_owned(), "A".repeat(state.len()), String::new()];
    let calls = || tap.seen().iter().filter(|one| !is_stream(&one.sent)).count();
    for bad in forged {
        for error in ["", "access_denied"] {
            let before = calls();
            let form = [("state", bad.as_str()), ("code", target.code()), ("id_token", "a.b.c"), ("error", error)];
            let answer = send(target.world.call(Method::POST, "/restricted/handleResponse").form(&form)).await;
            assert_eq!((answer.status.as_u16(), calls()), (400, before), "{bad} {error}");
        }
    }
    target.still_works().await;
}

/// The event source mappings read the stream all the time.
fn is_stream(headers: &reqwest::header::HeaderMap) -> bool {
    headers.get("x-amz-target").is_some_and(|value| value.to_str().unwrap().starts_with("DynamoDBStreams"))
}
