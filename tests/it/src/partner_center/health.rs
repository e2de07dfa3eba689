//! The live test, the daily look, and the end of a connection.

use std::collections::BTreeMap;
use std::time::Duration;

use onboarding_core::time::Clock as _;
use onboarding_sandbox::Overrides;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, Effect, End, Fault, IGOR, PartnerCenter, WINGTIP};

use super::{CONNECTIONS, go};
use crate::client_credential::SECRET_ID;
use crate::world::World;

const DAY: i64 = 24 * 3_600;

impl World {
    /// Lets the demo provider hear of events.
    pub(super) async fn hears_events(&self) {
        let path = format!("/v1/resellers/{}", self.reseller_id());
        let heard = self.operator(Method::PATCH, &path, Some(&json!({"eventsUrl": self.hook()}))).await;
        assert_eq!(heard.status, 200, "{}", heard.text);
    }

    /// The events that were told so far: each with its data.
    pub(super) async fn all_events(&self) -> Vec<(String, Value)> {
        self.settle().await;
        let told = self
            .outcomes()
            .into_iter()
            .filter_map(|event| Some((event["type"].as_str()?.to_owned(), event["data"].clone())));
        told.collect()
    }

    /// A connection that is ready.
    pub(crate) async fn ready_connection(&self) -> String {
        let id = self.connection().await;
        self.consent_as_admin(&id).await;
        assert_eq!(go(&self.step_link(&id, "user").await, &IGOR).await.status, 200);
        let ready = self.on_connection(&id, "finalize").await;
        assert_eq!((ready.status.as_u16(), &ready.json()["status"]), (200, &json!("ready")), "{}", ready.text);
        id
    }
}

/// What each check of a connection's health says.
fn statuses(health: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    health["checks"].as_array().unwrap().iter().map(|check| (text(&check["name"]), text(&check["status"]))).collect()
}

/// R188, R190, R192, R193 A connection is tested after both consents and not before; then its health says of each question that it
/// holds, and when it will break.
#[tokio::test]
async fn a_connection_is_ready_after_a_live_test() {
    let world = World::new().await;
    world.hears_events().await;
    let id = world.connection().await;
    for missing in ["Missing: admin, user.", "Missing: user."] {
        let early = world.on_connection(&id, "finalize").await;
        assert_eq!((early.problem().0, early.problem().1.as_str()), (409, "consents_missing"));
        assert!(early.text.contains(missing), "{}", early.text);
        world.consent_as_admin(&id).await;
    }
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    let ready = world.on_connection(&id, "finalize").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["status"]), (200, &json!("ready")), "{}", ready.text);
    let health = world.health(&id).await;
    assert!(statuses(&health).iter().all(|(_, status)| status == "pass"), "{health}");
    assert_eq!((&health["code"], &health["willBreakBy"]), (&Value::Null, &json!("token_idle_90d")));
    let told: Vec<String> = world.all_events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["connection.ready"]);
}

/// R197 Revoked sessions and a lost role are noticed by the daily look, told once with the link of the step that must be done again,
/// and what is mended is told too.
#[tokio::test]
async fn a_loss_is_noticed_and_told_once() {
    let world = World::new().await;
    world.hears_events().await;
    let id = world.ready_connection().await;
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    world.pass(DAY).await;
    world.pass(DAY).await;
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], &read["problem"]["code"]), (&json!("degraded"), &json!("admin_agent_role_missing")));
    world.microsoft().add_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    world.pass(DAY).await;
    assert_eq!(world.read_connection(&id).await["status"], "ready");
    assert!(world.microsoft().end_sign_ins(&IGOR, End::Revoked) > 0);
    world.pass(DAY).await;
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], &read["problem"]["code"]), (&json!("broken"), &json!("token_revoked")));
    let events = world.all_events().await;
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["connection.ready", "connection.degraded", "connection.recovered", "connection.broken"]);
    let link = events[3].1["link"].as_str().unwrap();
    assert_eq!(go(link, &IGOR).await.status, 200, "the link in the event mends it");
    assert_eq!(world.read_connection(&id).await["status"], "ready");
    assert_eq!(world.all_events().await.last().unwrap().0, "connection.recovered");
}

/// R197 A token that is used daily does not go idle, and its rotation is kept.
#[tokio::test]
async fn a_token_never_goes_idle() {
    let world = World::new().await;
    world.microsoft().set_partner_center(PartnerCenter { rotates: true, ..PartnerCenter::default() });
    let id = world.ready_connection().await;
    let first = world.token_of_connection(&id).await;
    for _ in 0..10 {
        world.pass(12 * DAY).await;
    }
    assert_eq!(world.read_connection(&id).await["status"], "ready");
    assert_ne!(world.token_of_connection(&id).await, first);
    assert_eq!(world.tokens_kept().await, 1);
}

/// R190, R197 However often a provider asks for the health, the secret store, which takes 100 versions of a secret a day, has
/// room: every call answers, and a role that is lost meanwhile is seen.
#[tokio::test]
async fn health_that_is_asked_for_all_day_is_seen_all_day() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let first = world.token_of_connection(&id).await;
    for _ in 0..120 {
        world.sandbox.clock().advance(11 * 60);
        assert_eq!(world.health(&id).await["code"], Value::Null);
    }
    assert_ne!(world.token_of_connection(&id).await, first);
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("degraded"), &json!("admin_agent_role_missing")));
}

/// G78, P8 Secrets Manager away, at each call of a look: the connection is as it was, and the token the one that works.
#[tokio::test]
async fn a_look_without_the_secret_store_changes_nothing() {
    let world = World::new().await;
    world.microsoft().set_partner_center(PartnerCenter { rotates: true, ..PartnerCenter::default() });
    let id = world.ready_connection().await;
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    for operation in
        [simulated_secrets_manager::Operation::GetSecretValue, simulated_secrets_manager::Operation::PutSecretValue]
    {
        faults.fail(operation, 99, 500, "InternalServiceError");
        world.pass(DAY).await;
        faults.clear();
        assert_eq!(world.read_connection(&id).await["status"], "ready");
        world.pass(DAY).await;
        let health = world.health(&id).await;
        assert_eq!((&health["status"], &health["code"]), (&json!("ready"), &Value::Null));
    }
}

/// R197 A Partner Center that is busy for one call after another is left alone for a while, whoever asks; then it is asked again.
#[tokio::test]
async fn a_busy_partner_center_is_left_alone() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let asked = || world.microsoft().call_counts()["partnerCenter"];
    let busy = Effect::Status { status: 429, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "partnerCenter".to_owned(), what: busy, times: None });
    let before = asked();
    for _ in 0..5 {
        assert_eq!(world.health(&id).await["code"], "partner_center_busy");
    }
    assert_eq!(asked() - before, 3, "nobody asked a fourth time");
    let refused = world.on_connection(&id, "finalize").await;
    let wait = refused.json()["retryAfter"].as_u64();
    assert!(wait.is_some_and(|wait| (1..=60).contains(&wait)), "{}", refused.text);
    world.microsoft().set_faults(Vec::new());
    world.sandbox.clock().advance(61);
    assert_eq!(world.health(&id).await["code"], Value::Null);
    assert_eq!(asked() - before, 4);
}

/// R197 Where our own secret ends before the token does, that is what is forecast.
#[tokio::test]
async fn the_end_of_our_own_secret_is_forecast() {
    let world = World::new().await;
    let stored = world.secrets_manager("GetSecretValue", &json!({"SecretId": SECRET_ID})).await;
    let end = world.sandbox.clock().now().plus(Duration::from_hours(20 * 24)).to_string();
    let day = end.split_once('T').unwrap().0;
    world.put_credential(&format!("{}\nexpires {day}\n", stored["SecretString"].as_str().unwrap())).await;
    world.sandbox.clock().advance(301);
    let id = world.ready_connection().await;
    let health = world.health(&id).await;
    assert_eq!((&health["code"], &health["willBreakBy"]), (&Value::Null, &json!("our_secret_bad_or_expired")));
    assert!(health["willBreakAt"].as_str().unwrap().starts_with(day), "{health}");
}

/// R170 Ended, a connection has no token and no links, says what is left to do, and stays ended.
#[tokio::test]
async fn a_connection_ends_for_good() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let link = world.step_link(&id, "user").await;
    for _ in 0..2 {
        let ended = world.on_connection(&id, "disconnect").await;
        assert_eq!((ended.status.as_u16(), &ended.json()["tokenGone"]), (200, &json!(true)), "{}", ended.text);
        assert!(ended.text.contains("Enterprise applications"), "{}", ended.text);
        assert_eq!(ended.json()["applicationGone"], false);
        assert_eq!(world.tokens_kept().await, 0);
    }
    let own = Overrides::default().client_id().to_string();
    world.microsoft().remove_service_principal(WINGTIP.id, &own);
    let gone = world.on_connection(&id, "disconnect").await.json();
    assert_eq!((&gone["applicationGone"], gone["leftToDo"].as_array().map(Vec::len)), (&json!(true), Some(2)));
    let down = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "token".to_owned(), what: down, times: Some(1) });
    assert_eq!(world.on_connection(&id, "disconnect").await.json()["applicationGone"], Value::Null);
    assert_eq!(go(&link, &IGOR).await.status, 403);
    for what in ["admin-consent-link", "user-consent-link", "finalize"] {
        let refused = world.on_connection(&id, what).await;
        assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "connection_ended"), "{what}");
    }
    world.pass(DAY).await;
    assert_eq!(
        (world.read_connection(&id).await["status"].as_str(), world.tokens_kept().await),
        (Some("disconnected"), 0)
    );
    let listed = world.provider(Method::GET, &format!("{CONNECTIONS}?limit=1"), None).await.json();
    assert_eq!((&listed["items"][0]["id"], &listed["next"]), (&json!(id), &Value::Null));
}

/// G78, P10 The secret store fails at the deletion: the connection has ended all the same, nothing says that its token is gone while
/// it is there, and asking again, or the upkeep, removes it.
#[tokio::test]
async fn a_token_that_could_not_be_deleted_is_deleted_later() {
    let world = World::new().await;
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    for is_asked_again in [true, false] {
        let id = world.ready_connection().await;
        faults.fail(simulated_secrets_manager::Operation::DeleteSecret, 99, 500, "InternalServiceError");
        let failed = world.on_connection(&id, "disconnect").await;
        assert_eq!(failed.status, 503, "{}", failed.text);
        world.pass(121).await;
        faults.clear();
        assert_eq!(
            (world.tokens_kept().await, &world.read_connection(&id).await["status"]),
            (1, &json!("disconnected"))
        );
        if is_asked_again {
            let ended = world.on_connection(&id, "disconnect").await;
            assert_eq!((ended.status.as_u16(), &ended.json()["tokenGone"]), (200, &json!(true)), "{}", ended.text);
        } else {
            world.pass(DAY).await;
        }
        assert_eq!(world.tokens_kept().await, 0);
    }
}

/// P6, R197 Looks of several at once, and tests beside them: one at a time stores, and what is stored is good.
#[tokio::test(flavor = "multi_thread")]
async fn workers_at_once_leave_one_good_token() {
    let world = World::new().await;
    world.microsoft().set_partner_center(PartnerCenter { rotates: true, ..PartnerCenter::default() });
    let id = world.ready_connection().await;
    for _ in 0..3 {
        world.sandbox.clock().advance(DAY);
        let (one, other, asked) =
            tokio::join!(world.sandbox.tick(), world.sandbox.tick(), world.on_connection(&id, "finalize"));
        assert!(one.is_ok() && other.is_ok());
        assert!([200, 503].contains(&asked.status.as_u16()), "{}", asked.text);
        world.settle().await;
        assert_eq!(
            (world.read_connection(&id).await["status"].as_str(), world.tokens_kept().await),
            (Some("ready"), 1)
        );
    }
    world.pass(DAY).await;
    assert_eq!(world.health(&id).await["code"], Value::Null);
}
