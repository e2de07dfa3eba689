//! A link by which nobody came back until it ended.

use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::effects::Effects;
use crate::world::{Decision, World};

const AN_HOUR: i64 = 3_600;
const A_WEEK: i64 = 7 * 24 * AN_HOUR;

fn abandoned() -> (String, Option<String>) {
    ("expired".to_owned(), Some("abandoned".to_owned()))
}

impl World {
    /// How many links are waited for.
    async fn awaited(&self) -> usize {
        self.glance().await.of_kind("request").iter().filter(|row| row.contains("due#stalled#0")).count()
    }
}

/// R115, R202 It is told once, to the address of the link; the action says so, with what to do; and a fresh link works.
#[tokio::test]
async fn nobody_came_back() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.registration_url(enterprise).await;
    world.pass(A_WEEK - AN_HOUR).await;
    assert_eq!((world.registration(enterprise).await.0, world.outcomes().len()), ("started".to_owned(), 0));
    world.pass(AN_HOUR).await;
    assert_eq!(world.registration(enterprise).await, abandoned());
    assert_eq!(world.outcome().await, abandoned());
    assert_eq!(world.outcomes()[0]["event"], "action.blocked");
    let item = world.action(enterprise, "REGISTRATION").await;
    assert_eq!(item["problem"]["who"], "provider admin");
    let steps: Vec<&str> = item["problem"]["nextSteps"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(steps.iter().any(|step| step.contains("fresh link")) && steps.join(" ").contains("/diagnose"), "{steps:?}");
    let before = world.snapshot().await;
    world.pass(A_WEEK).await;
    assert_eq!(world.effects_since(&before).await, Effects::none(), "it is over");
    let link = world.registration_url(enterprise).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// R202 Of several links the newest speaks, and the others rest.
#[tokio::test]
async fn the_newest_link_speaks() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.registration_url(enterprise).await;
    world.pass(AN_HOUR).await;
    world.registration_url(enterprise).await;
    world.pass(A_WEEK - AN_HOUR).await;
    assert_eq!((world.registration(enterprise).await.0, world.outcomes().len()), ("started".to_owned(), 0));
    assert_eq!(world.awaited().await, 1, "the older one rests");
    world.pass(AN_HOUR).await;
    assert_eq!(world.outcome().await, abandoned());
    assert_eq!(world.awaited().await, 0);
}

/// R202 Whoever came back is not told to be missing: neither after a grant nor after a refusal.
#[tokio::test]
async fn whoever_came_back_is_not_missed() {
    let world = World::new().await;
    let declined = world.contoso_named("Another").await;
    let link = world.registration_url(declined).await;
    world.visit(&link, &GRACE, Decision::Cancel).await.ours();
    let granted = world.contoso().await;
    let other = world.registration_url(granted).await;
    let link = world.registration_url(granted).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let told: Vec<Value> = world.outcomes().iter().map(|outcome| outcome["outcome"].clone()).collect();
    assert_eq!(told, [json!("declined"), json!("granted")]);
    world.pass(A_WEEK).await;
    assert_eq!((world.outcomes().len(), world.awaited().await), (2, 0));
    assert_eq!(world.registration(declined).await.0, "declined");
    let late = world.visit(&other, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(late.status, 400);
}

/// R137, R202 A consent whose service is no longer the enterprise's is nobody's to give: it is in no list, and nobody is told that a
/// link for it ended. With the service it is asked for again.
#[tokio::test]
async fn what_does_not_apply_any_more_is_not_missed() {
    const CALL_APP: &str = "GET_CALL_APP_CONSENT";
    let world = World::new().await;
    let services = |services: &[&str]| json!({ "services": services });
    let enterprise = world.contoso().await;
    world.edit(enterprise, services(&["SMS", "CALLAPP"])).await;
    world.link_for(enterprise, CALL_APP).await;
    let read = async || {
        let path = format!("/v1/enterprises/{enterprise}");
        let whole = world.provider(reqwest::Method::GET, &path, None).await.json();
        let listed = world.provider(reqwest::Method::GET, "/v1/enterprises", None).await.json();
        let ready = world.provider(reqwest::Method::GET, &format!("{path}/readiness"), None).await.json();
        let is_pending = listed["items"][0]["pendingActions"].as_array().unwrap().contains(&json!(CALL_APP));
        let is_checked = ready["checks"].as_array().unwrap().iter().any(|check| check["actionType"] == CALL_APP);
        let is_listed = whole["actionItems"].as_array().unwrap().iter().any(|item| item["actionType"] == CALL_APP);
        [is_pending, is_checked, is_listed]
    };
    assert_eq!(read().await, [true; 3]);
    world.edit(enterprise, services(&["SMS"])).await;
    assert_eq!((read().await, world.action(enterprise, CALL_APP).await), ([false; 3], Value::Null));
    world.pass(A_WEEK).await;
    assert_eq!((world.outcomes().len(), world.awaited().await), (0, 0));
    let edited = world.edit(enterprise, services(&["SMS", "CALLAPP"])).await;
    assert!(edited["consentNeeded"].as_array().unwrap().contains(&json!(CALL_APP)), "{edited}");
    assert_eq!(world.action(enterprise, CALL_APP).await["status"], "expired", "nobody is waited for by a dead link");
    assert_eq!(read().await, [true; 3]);
}
