//! The test call to Partner Center, and the roles that Graph shows.

use std::time::Duration;

use onboarding_core::connection::health::{PartnerRole, Probe};
use onboarding_core::random::SystemRandomness;
use onboarding_microsoft::Microsoft;
use serde_json::{Value, json};

use crate::world::{Answer, Request, World, connect, nobody};

const BUDGET: Duration = Duration::from_secs(2);

async fn probe(microsoft: &Microsoft) -> Probe {
    microsoft.probe(&"t0ken".into(), &SystemRandomness::new(), BUDGET).await
}

/// R171, R172 What is asked: the documented call, with the header that makes Partner Center judge the second factor.
#[tokio::test]
async fn the_call_is_the_documented_one() {
    let world = World::always(Answer::Json(200, json!({ "mpnId": "1", "isMfaCompliant": true }))).await;
    for _ in 0..2 {
        assert_eq!(probe(&world.microsoft).await, Probe::Answered { mfa_compliant: Some(true) });
    }
    let [first, second] = &world.requests()[..] else { panic!() };
    assert_eq!((first.method.as_str(), first.target.as_str()), ("GET", "/v1/profiles/mpn"));
    for (name, value) in [
        ("authorization", "Bearer t0ken"),
        ("accept", "application/json"),
        ("validatemfa", "true"),
        ("ms-contract-version", "v1"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    for name in ["ms-requestid", "ms-correlationid"] {
        let (one, other) = (first.header(name).unwrap(), second.header(name).unwrap());
        assert!(one.len() == 36 && one != other, "{name} is a GUID of each call's own");
    }
}

/// R197, G49 Whatever comes back is an answer, a refusal, or none; it is never asked twice.
#[tokio::test]
async fn whatever_comes_back_is_told_apart() {
    for (answer, expected) in [
        (Answer::Json(200, json!({})), Probe::Answered { mfa_compliant: None }),
        (Answer::Text(401, String::new()), Probe::MfaRequired),
        (Answer::Json(403, json!({"code": "2032"})), Probe::RoleMissing),
        (Answer::Json(404, json!({"code": 60003})), Probe::Refused(404)),
        (Answer::Text(429, String::new()), Probe::Busy { retry_after: None }),
        (Answer::Text(503, "x".to_owned()), Probe::Busy { retry_after: None }),
        (Answer::Text(200, "<html>".to_owned()), Probe::Unanswered),
        (Answer::Reset, Probe::Unanswered),
        (Answer::Hang, Probe::Unanswered),
        (Answer::Endless, Probe::Unanswered),
    ] {
        let world = World::always(answer.clone()).await;
        assert_eq!((probe(&world.microsoft).await, world.count()), (expected, 1), "{answer:?}");
    }
    assert_eq!(probe(&connect(&nobody().await)).await, Probe::Unanswered);
}

/// R205 A redirect would carry the token elsewhere.
#[tokio::test]
async fn the_token_goes_nowhere_else() {
    let elsewhere = World::always(Answer::Json(200, json!({}))).await;
    let world = World::always(Answer::Redirect(elsewhere.base.clone())).await;
    assert_eq!(probe(&world.microsoft).await, Probe::Refused(302));
    assert_eq!(elsewhere.count(), 0);
}

async fn roles(answer: Answer) -> Option<Vec<PartnerRole>> {
    let world = World::new(move |_: &Request| answer.clone()).await;
    world.microsoft.partner_roles(&"t0ken".into(), BUDGET).await.map(|held| held.roles.into_iter().collect())
}

fn memberships(status: u16, list: &Value) -> Answer {
    let part = json!({ "id": "memberships", "status": status, "body": { "value": list } });
    Answer::Json(200, json!({ "responses": [part] }))
}

/// R177 Groups count by their exact names, directory roles by their templates; an unread list is not an empty one.
#[tokio::test]
async fn roles_are_read_from_groups_and_directory_roles() {
    let list = json!([
        { "id": "1", "displayName": "All Users" },
        { "id": "2", "displayName": "AdminAgents" },
        { "id": "3", "displayName": "My SalesAgents" },
        { "id": "4", "displayName": null },
        { "id": "5", "displayName": "AdminAgents", "roleTemplateId": "b0f54661-2d74-4c50-afa3-1ec803f12efe" },
    ]);
    assert_eq!(roles(memberships(200, &list)).await, Some(vec![PartnerRole::AdminAgent, PartnerRole::BillingAdmin]));
    assert_eq!(roles(memberships(200, &json!([]))).await, Some(vec![]));
    for unread in [memberships(403, &list), Answer::Text(429, String::new()), Answer::Reset] {
        assert_eq!(roles(unread.clone()).await, None, "{unread:?}");
    }
}
