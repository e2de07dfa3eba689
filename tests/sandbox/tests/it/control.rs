//! K4, K5: the clock and the tick.

use std::time::Duration;

use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_sandbox::Options;
use onboarding_sandbox::receiver::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::Lag;

use crate::world::{World, consent, options};

#[tokio::test]
async fn the_controls_are_the_operators() {
    let world = World::new().await;
    for path in ["/sandbox/clock", "/sandbox/tick"] {
        let body = json!({"advanceSeconds": 1});
        let refused = world.call(Method::POST, path, world.sandbox.reseller_key(), Some(&body)).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert_eq!(world.as_operator(path, &body).await.status(), 200);
    }
}

#[tokio::test]
async fn the_clock_moves_for_everybody() {
    let start = Timestamp::from_seconds(1_900_000_000);
    let world = World::with(Options { start: Some(start), ..options() }).await;
    let answer: Value =
        world.as_operator("/sandbox/clock", &json!({"advanceSeconds": 3_600})).await.json().await.unwrap();
    assert!(answer["now"].as_str().unwrap().starts_with("2030-03-17T18:"), "{answer}");
    assert!(world.sandbox.clock().now().since(start) >= Duration::from_hours(1));
    // Our rules and Microsoft's agree on the time, or no token would be good.
    world.consented("Contoso").await;
    assert_eq!(world.as_operator("/sandbox/clock", &json!({"advanceSeconds": "1"})).await.status(), 422);
}

#[tokio::test]
async fn a_move_out_of_reach_or_misspelt_moves_nothing() {
    let world = World::new().await;
    let before = world.sandbox.clock().now();
    let cases = [
        (json!({"advanceSeconds": i64::MAX}), "/advanceSeconds", "out_of_range"),
        (json!({"advanceSeconds": u64::MAX}), "/advanceSeconds", "out_of_range"),
        (json!({"advanceSeconds": -1_000_000_000_000_i64}), "/advanceSeconds", "out_of_range"),
        (json!({"advanceSeconds": 1.5}), "/advanceSeconds", "wrong_type"),
        (json!({}), "/advanceSeconds", "wrong_type"),
        (json!([1]), "/advanceSeconds", "wrong_type"),
        (json!({"advanceSeconds": 3_600, "seconds": 1}), "/seconds", "unknown_field"),
    ];
    for (body, pointer, code) in cases {
        let refused = world.as_operator("/sandbox/clock", &body).await;
        assert_eq!(refused.status(), 422, "{body}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        let problem: Value = refused.json().await.unwrap();
        let faults = problem["errors"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{problem}");
        assert_eq!((&faults[0]["pointer"], &faults[0]["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    assert!(world.sandbox.clock().now().since(before) < Duration::from_hours(1));
}

#[tokio::test]
async fn other_methods_are_told_which_one_there_is() {
    let world = World::new().await;
    for path in ["/sandbox/clock", "/sandbox/tick"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let refused = world.call(method, path, world.sandbox.operator_key(), None).await;
            assert_eq!(refused.status(), 405);
            assert_eq!(refused.headers().get_all("allow").iter().collect::<Vec<_>>(), ["POST"]);
            assert_eq!(refused.headers()["content-type"], "application/problem+json");
            assert_eq!(refused.json::<Value>().await.unwrap()["code"], "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn a_tick_makes_the_attempts_that_are_due() {
    let world = World::new().await;
    world.sandbox.webhooks().behave(Behaviour::status(500, 1));
    world.consented("Contoso").await;
    world.sandbox.tick().await.unwrap();
    let first = world.sandbox.webhooks().messages();
    assert_eq!(first.iter().map(|one| (one.answered, one.verified)).collect::<Vec<_>>(), [(500, true)]);

    world.sandbox.clock().advance(10);
    assert_eq!(world.as_operator("/sandbox/tick", &json!({})).await.status(), 200);
    let both = world.sandbox.webhooks().messages();
    assert_eq!(both.iter().map(|one| one.answered).collect::<Vec<_>>(), [500, 200]);
    assert_eq!(both[0].headers["webhook-id"], both[1].headers["webhook-id"]);
    assert_eq!(both[0].body, both[1].body);

    world.sandbox.clock().advance(1_000_000);
    world.sandbox.tick().await.unwrap();
    assert_eq!(world.sandbox.webhooks().messages().len(), 2);
}

/// What a tick starts, and what follows from it, has ended when it answers.
#[tokio::test]
async fn one_tick_verifies_and_delivers() {
    let world = World::new().await;
    let microsoft = world.sandbox.microsoft().unwrap();
    microsoft.set_lag(Lag::Forever);
    let enterprise = world.register("Contoso").await;
    consent(&world.link("Contoso").await).await;
    assert_eq!(world.status(enterprise).await, "verifying");
    microsoft.set_lag(Lag::Seconds(0));
    world.sandbox.tick().await.unwrap();
    assert_eq!(world.sandbox.webhooks().messages().len(), 0);

    world.sandbox.clock().advance(60);
    world.sandbox.tick().await.unwrap();
    assert_eq!(world.status(enterprise).await, "granted");
    assert_eq!(world.sandbox.webhooks().messages().len(), 1);
}

#[tokio::test]
async fn the_timer_sweeps_by_itself() {
    let world = World::with(Options { sweep: true, ..options() }).await;
    world.sandbox.webhooks().behave(Behaviour::status(500, 1));
    world.consented("Contoso").await;
    let caught = async |count| {
        while world.sandbox.webhooks().messages().len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    caught(1).await;
    world.sandbox.clock().advance(10);
    tokio::time::timeout(Duration::from_secs(10), caught(2)).await.unwrap();
}
