//! The token endpoint's answer: what may be missing from it, and whose it must be.

use std::collections::BTreeMap;

use onboarding_core::action::ActionType;
use onboarding_core::permission::{asked_together, redeem_scope};
use serde_json::{Value, json};
use simulated_microsoft::{Effect, FABRIKAM, Fault, GRACE, Lag};

use crate::attack::target::Target;
use crate::effects::Effects;
use crate::world::Decision;

/// What the token endpoint answers for this link: redeemed by hand, on a way to it without PKCE.
async fn tokens(target: &Target) -> Value {
    let mut link = url::Url::parse(&target.link).unwrap();
    let kept: Vec<(String, String)> = link
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("code_challenge"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    link.query_pairs_mut().clear().extend_pairs(&kept);
    let microsoft = target.world.microsoft();
    let answer = target.world.answer_of_microsoft(link.as_str(), &GRACE, Decision::ForTheOrganization).await.unwrap();
    let asked = |name: &str| kept.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let client = microsoft.registration(&asked("client_id")).unwrap();
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", answer.value("code").unwrap().to_owned()),
        ("redirect_uri", asked("redirect_uri")),
        ("client_id", client.client_id),
        ("client_secret", client.client_secret),
        ("scope", redeem_scope(&asked_together(&[ActionType::Registration]))),
    ];
    let endpoint = link.as_str().split('?').next().unwrap().replace("/authorize", "/token");
    let answer = crate::world::send(target.world.http.post(endpoint).form(&form)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    microsoft.forget_calls();
    answer.json()
}

/// Lets the token endpoint answer so, once.
fn answers(target: &Target, tokens: &Value) {
    let what = Effect::Status { status: 200, body: tokens.to_string(), headers: BTreeMap::new() };
    target.world.microsoft().set_faults(vec![Fault { on: "token".to_owned(), what, times: Some(1) }]);
}

fn without(mut tokens: Value, field: &str) -> Value {
    assert!(tokens.as_object_mut().unwrap().remove(field).is_some(), "no {field}");
    tokens
}

/// RFC 6749 §5.1: `expires_in` is recommended, not required.
#[tokio::test]
async fn fapi2_client_test_token_endpoint_response_without_expires_in() {
    let target = Target::new().await;
    answers(&target, &without(tokens(&target).await, "expires_in"));
    target.accepts(target.good.clone()).await;
}

/// RFC 6749 §5.1: the case of `token_type` means nothing.
#[tokio::test]
async fn fapi2_client_test_token_type_case_insensitivity() {
    for case in ["bearer", "BEARER", "bEaReR"] {
        let target = Target::new().await;
        let mut tokens = tokens(&target).await;
        tokens["token_type"] = json!(case);
        answers(&target, &tokens);
        target.accepts(target.good.clone()).await;
    }
}

/// An answer without `scope` is no proof of any: what Graph does not show is not granted, however the code was
/// redeemed, and what Graph shows is.
#[tokio::test]
async fn fapi1_client_test_no_scope_in_token_endpoint_response() {
    let target = Target::new().await;
    answers(&target, &without(tokens(&target).await, "scope"));
    target.accepts(target.good.clone()).await;

    let target = Target::new().await;
    let tokens = without(tokens(&target).await, "scope");
    let client = target.claims["aud"].as_str().unwrap();
    target.world.microsoft().remove_service_principal(simulated_microsoft::CONTOSO.id, client);
    target.world.microsoft().set_lag(Lag::Forever);
    answers(&target, &tokens);
    assert_eq!(target.world.post(target.good.clone()).await.status, 200);
    assert_ne!(target.world.registration(target.enterprise).await.0, "granted");
    for _ in 0..12 {
        target.world.pass(60).await;
    }
    assert_eq!(target.world.registration(target.enterprise).await.0, "blocked");
    assert_eq!(target.world.token_calls(), 1);
}

/// The token endpoint's own token is optional in our flow.
#[tokio::test]
async fn a_token_endpoint_without_an_id_token_is_tolerated() {
    let target = Target::new().await;
    answers(&target, &without(tokens(&target).await, "id_token"));
    target.accepts(target.good.clone()).await;
}

/// An `at_hash` in the token endpoint's token is of the access token beside it, or nothing is granted.
#[tokio::test]
async fn oidcc_client_test_invalid_athash() {
    let target = Target::new().await;
    let world = &target.world;
    let mut tokens = tokens(&target).await;
    let mut claims = crate::attack::target::part(tokens["id_token"].as_str().unwrap(), 1);
    claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    tokens["id_token"] = json!(world.microsoft().sign(&target.header, &claims).unwrap());
    answers(&target, &tokens);
    assert_eq!(world.post(target.good.clone()).await.status, 403);
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("identity_changed".to_owned())));
}

/// G36, T28 `…-invalid-sub` and `…-invalid-issuer` at redemption: the token endpoint's token is checked as strictly as
/// the first and must be of the same person. Nothing is granted, Graph is not asked, and the link works again.
#[tokio::test]
async fn the_second_token_is_of_the_same_person() {
    let target = Target::new().await;
    let world = &target.world;
    let tokens = tokens(&target).await;
    let second = crate::attack::target::part(tokens["id_token"].as_str().unwrap(), 1);
    let fabrikam = second["iss"].as_str().unwrap().replace(simulated_microsoft::CONTOSO.id, FABRIKAM.id);
    let bad = [
        ("sub", json!("somebody else")),
        ("oid", json!(simulated_microsoft::PETRA.oid)),
        ("iss", json!(fabrikam)),
        ("tid", json!(FABRIKAM.id)),
        ("aud", json!(FABRIKAM.id)),
        ("nonce", json!("another")),
        ("exp", json!(0)),
        ("sub", Value::Null),
    ];
    for (claim, value) in bad {
        let mut claims = second.clone();
        claims[claim] = value.clone();
        let mut altered = tokens.clone();
        altered["id_token"] = json!(world.microsoft().sign(&target.header, &claims).unwrap());
        answers(&target, &altered);
        let answer = world.answer_of_microsoft(&target.link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        let before = world.snapshot().await;
        let page = world.post(answer).await;
        assert_eq!(page.status, 403, "{claim} {value}: {}", page.text());
        let (effects, once) = (world.effects_since(&before).await, Effects::refused_after_redemption(0));
        assert!(effects == once || effects == once.not_told_again(), "{claim}: {effects:?}");
        assert_ne!(world.registration(target.enterprise).await.0, "granted", "{claim}");
    }
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("identity_changed".to_owned())));
    world.visit(&target.link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(target.enterprise).await.0, "granted");
}

/// An answer that is no token answer grants nothing, no code is sent twice, and the link works again.
#[tokio::test]
async fn a_token_answer_that_is_none_grants_nothing() {
    let target = Target::new().await;
    let good = tokens(&target).await;
    for bad in [
        json!({}),
        json!([]),
        without(good.clone(), "access_token"),
        without(good.clone(), "token_type"),
        json!({"access_token": 7, "token_type": "Bearer"}),
    ] {
        answers(&target, &bad);
        let world = &target.world;
        let answer = world.answer_of_microsoft(&target.link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        world.microsoft().forget_calls();
        assert!(world.post(answer.clone()).await.status < 500, "{bad}");
        assert!(world.post(answer).await.status < 500, "{bad}");
        assert_eq!(world.token_calls(), 1, "{bad}");
        assert_ne!(world.registration(target.enterprise).await.0, "granted", "{bad}");
    }
    target.world.visit(&target.link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(target.world.registration(target.enterprise).await.0, "granted");
}
