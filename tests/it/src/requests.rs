//! What holds for every request, whatever it asks for: sizes, methods, references, strict reading.

use std::collections::BTreeSet;

use onboarding_lambda::routes::{Level, ROUTES, Surface};
use reqwest::Method;
use serde_json::json;

use crate::effects::Effects;
use crate::world::{World, send};

/// G67 A name that is missing, too long, or holds what nobody sees is a 422 that points at it, and changes nothing.
#[tokio::test]
async fn an_enterprise_needs_a_sound_name() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    let before = world.snapshot().await;
    let names = [None, Some(""), Some("a\u{7}b"), Some("a\u{202e}b"), Some("a\u{200b}b")].map(|name| json!(name));
    for name in names.into_iter().chain([json!("x".repeat(300))]) {
        let mut body = body.clone();
        body["enterpriseName"] = name.clone();
        let (status, code, faults) = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await.problem();
        assert_eq!((status, code.as_str()), (422, "invalid_body"), "{name}");
        assert_eq!(faults.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["/enterpriseName"], "{name}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// T39, T69 A body above 64 KiB is refused by every route that takes a credential, before anything is read; whoever
/// shows none learns no more than that.
#[tokio::test]
async fn a_body_above_the_limit_is_refused_before_anything_is_read() {
    let world = World::new().await;
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(65_536));
    for route in ROUTES.iter().filter(|route| route.surface == Surface::Api && route.level != Level::Public) {
        let path = ["{resellerId}", "{enterpriseId}", "{keyId}"]
            .iter()
            .fold(route.path.to_owned(), |path, name| path.replace(name, "1"));
        let call = || {
            let call = world.call(route.method.clone(), &path).header("content-type", "application/json");
            call.body(large.clone())
        };
        // A key of the right form is not looked up.
        let forged = world.sandbox.reseller_key();
        let (status, code, _) = send(call().bearer_auth(forged)).await.problem();
        assert_eq!((status, code.as_str()), (413, "payload_too_large"), "{} {path}", route.method);
        assert_eq!(send(call()).await.problem().0, 401, "{} {path}", route.method);
    }
}

/// T42, G53 HEAD, OPTIONS and TRACE are methods that no route of the API has; the answer says which there are.
#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let world = World::new().await;
    for method in [Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT] {
        let answer = send(world.call(method.clone(), "/v1/enterprises")).await;
        assert_eq!(answer.status, 405, "{method}");
        let allowed: BTreeSet<&str> = answer.header("allow").split(", ").collect();
        assert_eq!(allowed, BTreeSet::from(["GET", "POST"]), "{method}");
    }
}

/// The reference is ours: one that a caller sends is not taken over, and each answer has its own. What a GET carries as a
/// body is not looked at.
#[tokio::test]
async fn a_reference_is_never_the_callers() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let call = world.call(Method::GET, "/v1/pbx-types").bearer_auth(world.sandbox.reseller_key());
        let answer = send(call.header("X-Request-Id", "req_01h00000000000000000000000").body("{")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.header("x-request-id").starts_with("req_"));
        seen.insert(answer.header("x-request-id").to_owned());
    }
    assert!(seen.len() == 3 && !seen.contains("req_01h00000000000000000000000"), "{seen:?}");
}
