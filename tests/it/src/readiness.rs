//! Readiness: every check at once, and the one event that says that nothing is missing.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, Revocation};

use crate::admin_consent::{said, visit};
use crate::link::query;
use crate::world::{Decision, World};

const SYNC: &str = "GET_USER_SYNC_CONSENT";
const AGENT: &str = "GET_AGENT_CONSENT";
const CDR: &str = "GET_CDR_CONSENT";

impl World {
    /// The readiness of `enterprise` to the holder of `key`.
    async fn readiness(&self, key: &str, enterprise: u64) -> Value {
        let path = format!("/v1/enterprises/{enterprise}/readiness");
        let answer = self.as_holder_of(key, Method::GET, &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Has Grace register `enterprise`.
    async fn has_registered(&self, key: &str, enterprise: u64) {
        let link = self.link_of_holder(key, enterprise, "REGISTRATION").await;
        self.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    }
}

/// Each check of `readiness` with its status.
fn checks(readiness: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = |check: &Value| {
        let name = if check["actionType"].is_null() { &check["check"] } else { &check["actionType"] };
        (text(name), text(&check["status"]))
    };
    readiness["checks"].as_array().unwrap().iter().map(named).collect()
}

fn status(readiness: &Value, name: &str) -> String {
    checks(readiness).into_iter().find(|(check, _)| check == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// R131, R140 Not ready until the last mandatory consent, which is told by one event; what is left is named all along.
#[tokio::test]
async fn the_last_consent_makes_it_ready() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    let before = world.readiness(&key, enterprise).await;
    assert_eq!((&before["ready"], &before["readyAt"]), (&json!(false), &Value::Null));
    assert_eq!(before["missing"], json!(["REGISTRATION", SYNC, AGENT]));
    assert_eq!(before["who"], "Global Administrator");
    assert_eq!(status(&before, "tenant_admin_api"), "unknown");
    world.has_registered(&key, enterprise).await;
    let half = world.readiness(&key, enterprise).await;
    assert_eq!((&half["ready"], &half["missing"]), (&json!(false), &json!([SYNC, AGENT])));
    assert_eq!((status(&half, "drift_credential").as_str(), status(&half, "REGISTRATION").as_str()), ("fail", "pass"));
    world.settle().await;
    assert_eq!(world.events("enterprise.ready"), Vec::<Value>::new());
    visit(&world.link_of_holder(&key, enterprise, SYNC).await, "Accept").await;
    let after = world.readiness(&key, enterprise).await;
    assert_eq!((&after["ready"], &after["missing"]), (&json!(true), &json!([])));
    assert!(after["readyAt"].is_string());
    assert_eq!(status(&after, "tenant_admin_api"), "pass");
    assert_eq!(status(&after, "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT"), "fail", "recommended, and never in the way");
    world.settle().await;
    let events = world.events("enterprise.ready");
    let data = json!({"enterpriseId": enterprise, "tenantId": CONTOSO.id, "status": "active"});
    assert_eq!((events.len(), &events[0]["data"]), (1, &data));
}

/// R140 What is lost and found again is no second readiness.
#[tokio::test]
async fn readiness_is_told_once() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    world.has_registered(&key, enterprise).await;
    visit(&world.link_of_holder(&key, enterprise, SYNC).await, "Accept").await;
    world.settle().await;
    let (tenant, link) = (CONTOSO.id.to_owned(), world.link_of_holder(&key, enterprise, CDR).await);
    let client_id = query(&link)["client_id"].clone();
    let permission = Some("Directory.ReadWrite.All".to_owned());
    assert_eq!(world.microsoft().revoke(&Revocation { tenant, client_id, permission, ..Revocation::default() }), 1);
    world.come_back(&said(&link, &CONTOSO)).await;
    let lost = world.readiness(&key, enterprise).await;
    assert_eq!((&lost["ready"], &lost["missing"]), (&json!(false), &json!(["REGISTRATION"])));
    world.has_registered(&key, enterprise).await;
    let found = world.readiness(&key, enterprise).await;
    assert_eq!(found["ready"], true);
    world.settle().await;
    assert_eq!(world.events("enterprise.ready").len(), 1);
}

/// R140 Of two last grants at once one is the last, whichever way they meet.
#[tokio::test(flavor = "multi_thread")]
async fn two_last_grants_are_one_readiness() {
    for round in 0..5 {
        let world = World::new().await;
        let (enterprise, key) = world.with_events().await;
        let registration = world.link_of_holder(&key, enterprise, "REGISTRATION").await;
        let sync = world.link_of_holder(&key, enterprise, SYNC).await;
        let answer = world.answer_of_microsoft(&registration, &GRACE, Decision::ForTheOrganization).await.unwrap();
        world.consent_to_everything(&sync, &CONTOSO);
        let callback = async { drop(world.post(answer).await) };
        let redirect = async { drop(world.come_back(&said(&sync, &CONTOSO)).await) };
        let both: [std::pin::Pin<Box<dyn Future<Output = ()> + '_>>; 2] = [Box::pin(callback), Box::pin(redirect)];
        join_all(both).await;
        for _ in 0..3 {
            world.pass(10).await;
        }
        assert_eq!(world.readiness(&key, enterprise).await["ready"], true, "round {round}");
        assert_eq!(world.events("enterprise.ready").len(), 1, "round {round}");
    }
}

/// R131 Graph that is away leaves what is stored, and calls nothing missing.
#[tokio::test]
async fn what_cannot_be_read_is_unknown() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    world.has_registered(&key, enterprise).await;
    visit(&world.link_of_holder(&key, enterprise, SYNC).await, "Accept").await;
    let what = Effect::Status { status: 503, body: String::new(), headers: std::collections::BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "graph".into(), what, times: None });
    let shown = world.readiness(&key, enterprise).await;
    assert_eq!(shown["ready"], true);
    for check in ["drift_credential", "tenant_admin_api", "teams_administrator_role", "skype_administrator_role"] {
        assert_eq!(status(&shown, check), "unknown", "{check}");
    }
}

/// R145 What is to be set up follows from the services.
#[tokio::test]
async fn each_service_has_its_next_steps() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let shown = world.readiness(world.sandbox.reseller_key(), enterprise).await;
    let steps = shown["nextSteps"].as_array().unwrap();
    let areas: Vec<&str> = steps.iter().filter_map(|step| step["area"].as_str()).collect();
    assert_eq!(areas, ["direct_routing", "voice_routes", "users", "calling", "apps"]);
    assert!(steps.iter().all(|step| step["services"] == json!(["PBX"]) && step["step"].is_string()), "{steps:?}");
}
