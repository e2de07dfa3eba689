//! Readiness: every check at once, and the one event that says that nothing is missing.

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, Revocation};

use crate::admin_consent::{said, visit};
use crate::link::query;
use crate::world::{Decision, World, send};

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

impl World {
    /// A further enterprise of the provider behind `key`, with SMS alone and these fields beside.
    async fn enterprise_of_holder(&self, key: &str, name: &str, changes: Value) -> u64 {
        let mut body = json!({"enterpriseName": name, "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
        body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        let made = self.as_holder_of(key, Method::POST, "/v1/enterprises", Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json().as_u64().unwrap()
    }

    /// An edit of `enterprise` by the holder of `key`.
    async fn edit_of_holder(&self, key: &str, enterprise: u64, patch: &Value) {
        let call = self.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}")).bearer_auth(key);
        let edited = send(call.header("if-match", "*").json(patch)).await;
        assert_eq!(edited.status, 200, "{}", edited.text);
    }

    async fn post_of_holder(&self, key: &str, enterprise: u64, what: &str, body: Option<&Value>) {
        let answer = self.as_holder_of(key, Method::POST, &format!("/v1/enterprises/{enterprise}/{what}"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// `data` of each `enterprise.ready` so far.
    async fn readiness_told(&self) -> Vec<Value> {
        self.settle().await;
        self.events("enterprise.ready").iter().map(|event| event["data"].clone()).collect()
    }
}

/// R140 Where the last step is the provider's confirmation of the tenant, that is told as readiness, once.
#[tokio::test]
async fn a_confirmation_may_be_the_last_step() {
    let world = World::new().await;
    let (_, key) = world.with_events().await;
    let enterprise = world.enterprise_of_holder(&key, "Unpinned", json!({})).await;
    world.has_registered(&key, enterprise).await;
    world.edit_of_holder(&key, enterprise, &json!({ "expectedTenant": CONTOSO.id })).await;
    visit(&world.link_of_holder(&key, enterprise, SYNC).await, "Accept").await;
    assert_eq!(world.readiness(&key, enterprise).await["missing"], json!(["REGISTRATION"]));
    assert_eq!(world.readiness_told().await, Vec::<Value>::new());
    for _ in 0..2 {
        world.post_of_holder(&key, enterprise, "confirm-tenant", Some(&json!({ "tenantId": CONTOSO.id }))).await;
    }
    assert!(world.readiness(&key, enterprise).await["readyAt"].is_string());
    let data = json!({"enterpriseId": enterprise, "tenantId": CONTOSO.id, "status": "active"});
    assert_eq!(world.readiness_told().await, [data]);
}

/// R140 Where the last consent that is missing is not mandatory any more, because its service is dropped, the edit is told as
/// readiness, once; of what is stopped, once it goes on.
#[tokio::test]
async fn dropping_a_service_may_be_the_last_step() {
    let world = World::new().await;
    let (_, key) = world.with_events().await;
    for stopped in [false, true] {
        let changes = json!({"services": ["SMS", "CallRecording"], "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise_of_holder(&key, &format!("Stopped: {stopped}"), changes).await;
        world.has_registered(&key, enterprise).await;
        let sync = world.link_of_holder(&key, enterprise, SYNC).await;
        world.consent_to_everything(&sync, &CONTOSO);
        world.come_back(&said(&sync, &CONTOSO)).await;
        let missing = json!(["GET_CALL_RECORDING_CONSENT"]);
        assert_eq!(world.readiness(&key, enterprise).await["missing"], missing);
        if stopped {
            world.post_of_holder(&key, enterprise, "disable", None).await;
        }
        let before = world.readiness_told().await.len();
        world.edit_of_holder(&key, enterprise, &json!({"services": ["SMS"]})).await;
        if stopped {
            assert_eq!(world.readiness_told().await.len(), before, "nobody is ready who is stopped");
            world.post_of_holder(&key, enterprise, "enable", None).await;
        }
        assert!(world.readiness(&key, enterprise).await["readyAt"].is_string(), "stopped: {stopped}");
        world.edit_of_holder(&key, enterprise, &json!({"services": ["SMS", "CallRecording"]})).await;
        world.edit_of_holder(&key, enterprise, &json!({"services": ["SMS"]})).await;
        let told = world.readiness_told().await;
        let data = json!({"enterpriseId": enterprise, "tenantId": CONTOSO.id, "status": "active"});
        assert_eq!((told.len(), told.last()), (before + 1, Some(&data)), "stopped: {stopped}");
    }
}

/// R140 A last grant that takes another one away makes nobody ready: the reading that proves it shows both. What is left is told
/// once it is back.
#[tokio::test]
async fn a_grant_that_wipes_another_is_no_last_step() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    world.has_registered(&key, enterprise).await;
    world.microsoft().set_wipes(true);
    let sync = world.link_of_holder(&key, enterprise, SYNC).await;
    world.consent_to_everything(&sync, &CONTOSO);
    world.come_back(&said(&sync, &CONTOSO)).await;
    assert_eq!(world.readiness(&key, enterprise).await["missing"], json!(["REGISTRATION"]));
    assert_eq!(world.readiness_told().await, Vec::<Value>::new());
    world.microsoft().set_wipes(false);
    world.has_registered(&key, enterprise).await;
    assert_eq!(world.readiness_told().await.len(), 1);
}

/// R140 The last grant against the edit that drops the service of the other: whoever is last, it is told once.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_against_an_edit_is_one_readiness() {
    let world = World::new().await;
    let (_, key) = world.with_events().await;
    for round in 0..10 {
        let changes = json!({"services": ["SMS", "CallRecording"], "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise_of_holder(&key, &format!("Round {round}"), changes).await;
        world.has_registered(&key, enterprise).await;
        let sync = world.link_of_holder(&key, enterprise, SYNC).await;
        world.consent_to_everything(&sync, &CONTOSO);
        let (query, services) = (said(&sync, &CONTOSO), json!({"services": ["SMS"]}));
        join(world.come_back(&query), world.edit_of_holder(&key, enterprise, &services)).await;
        for _ in 0..3 {
            world.pass(10).await;
        }
        assert_eq!(world.readiness(&key, enterprise).await["ready"], true, "round {round}");
        assert_eq!(world.readiness_told().await.len(), round + 1, "round {round}");
    }
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
