//! The end of an invitation's time: refused from its first second, recorded and told once, however often and late sweeps come.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::future::join_all;
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::{Clock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use sweep::Tick;

use super::{ADMIN, code_in, link_in};
use crate::effects::Effects;
use crate::world::World;

const DAY: i64 = 24 * 3_600;

impl World {
    /// Lets the demo provider be told of events.
    pub(crate) async fn listens(&self) {
        let path = format!("/v1/resellers/{}", self.reseller_id());
        let told = self.operator(Method::PATCH, &path, Some(&json!({ "eventsUrl": self.hook() }))).await;
        assert_eq!(told.status, 200, "{}", told.text);
    }

    /// The events about invitations that came, as `type` and `data`.
    pub(crate) fn invitation_events(&self) -> Vec<(String, Value)> {
        let all = self.outcomes().into_iter();
        let events = all.filter_map(|event| Some((event["type"].as_str()?.to_owned(), event["data"].clone())));
        events.filter(|(kind, _)| kind.starts_with("invitation.")).collect()
    }
}

/// R038, R202, G77, K18 However many sweeps come at once, late and again: one end, one event and one fact for each invitation.
#[tokio::test]
async fn an_expiry_is_recorded_once() {
    let world = World::new().await;
    world.listens().await;
    let mut invited = Vec::new();
    for number in 0..3 {
        let enterprise = world.texting(&format!("Enterprise {number}")).await;
        invited.push((enterprise, world.invited(enterprise).await.0));
    }
    world.sandbox.clock().advance(7 * DAY + 3 * DAY);
    let ticks = join_all((0..3).map(|_| world.sandbox.tick())).await;
    assert!(ticks.iter().all(Result::is_ok), "{ticks:?}");
    world.settle().await;
    let expired: Vec<Value> = world
        .invitation_events()
        .into_iter()
        .filter(|(kind, _)| kind == "invitation.expired")
        .map(|(_, data)| data)
        .collect();
    assert_eq!(expired.len(), 3, "{expired:?}");
    for (enterprise, id) in &invited {
        let told = json!({"invitationId": id, "enterpriseId": enterprise, "status": "expired"});
        assert!(expired.contains(&told), "{told} {expired:?}");
        assert_eq!(world.status_of(*enterprise, id).await, "expired");
        assert_eq!(world.facts_of(*enterprise, "invitation.expired").await, 1);
        assert_eq!(world.status_of_enterprise(*enterprise).await, "draft");
    }
    let before = world.snapshot().await;
    world.settle().await;
    assert_eq!(world.effects_since(&before).await, Effects::none(), "nothing is due any more");
}

/// A clock on which each look takes a tenth of a second, as on a machine that is far too slow.
struct Slow(AtomicI64);

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(100, Ordering::Relaxed))
    }
}

/// DESIGN §4, R202 A sweep ends before its time does, says so, and leaves the rest to the next.
#[tokio::test]
async fn a_sweep_stops_before_its_deadline() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, _) = world.invited(enterprise).await;
    world.sandbox.clock().advance(8 * DAY);
    let now = world.sandbox.clock().now();
    let sweep = async |seconds: i64| {
        let clock = Arc::new(Slow(AtomicI64::new(now.millis())));
        let random = Arc::new(SystemRandomness::new());
        let app = sweep::App { store: world.sandbox.store().clone(), clock: Arc::clone(&clock) as _, random };
        let deadline = Timestamp::from_millis(now.millis() + seconds * 1_000);
        let swept = sweep::sweep(&app, Tick::All, deadline).await.unwrap();
        assert!(clock.now() < deadline, "it ends before its time does");
        swept
    };
    let cut = sweep(6).await;
    assert!(cut.cut_short && cut.expired == 0, "{cut:?}");
    assert_eq!(world.facts_of(enterprise, "invitation.expired").await, 0);
    let whole = sweep(600).await;
    assert!(!whole.cut_short && whole.expired == 1, "{whole:?}");
    assert_eq!(world.status_of(enterprise, &id).await, "expired");
}

/// R169, R038 After the end somebody is invited anew, to the same address, swept or not.
#[tokio::test]
async fn who_was_too_late_is_invited_anew() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (first, old) = world.invited(enterprise).await;
    world.sandbox.clock().advance(7 * DAY);
    assert_eq!(world.type_code(&link_in(&old), &code_in(&old)).await.status, 400);
    assert_eq!(world.ask_invitation(&first, "resend").await.problem().1, "invitation_ended");
    assert_eq!(world.ask_invitation(&first, "revoke").await.problem().1, "invitation_ended");
    let (second, mail) = world.invited(enterprise).await;
    assert_eq!(world.status_of(enterprise, &first).await, "expired");
    assert_eq!(world.type_code(&link_in(&mail), &code_in(&mail)).await.status, 303);
    assert_eq!(world.status_of(enterprise, &second).await, "pending");
    assert_eq!(world.newest_mail().to, [ADMIN]);
}

/// DESIGN §5 A service provider that listens is told what becomes of an invitation, each once, and no address or code.
#[tokio::test]
async fn a_provider_is_told_what_becomes_of_invitations() {
    let world = World::new().await;
    world.listens().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    world.ask_invitation(&id, "revoke").await;
    let (second, _) = world.invited(enterprise).await;
    world.settle().await;
    let told: Vec<(String, String)> = world
        .invitation_events()
        .into_iter()
        .map(|(kind, data)| (kind, data["invitationId"].as_str().unwrap().to_owned()))
        .collect();
    let event = |kind: &str, id: &String| (kind.to_owned(), id.clone());
    let mut expected =
        vec![event("invitation.sent", &id), event("invitation.revoked", &id), event("invitation.sent", &second)];
    let mut told_sorted = told;
    told_sorted.sort();
    expected.sort();
    assert_eq!(told_sorted, expected);
    let all = format!("{:?}", world.sandbox.webhooks().messages());
    assert!(!all.contains(ADMIN) && !all.contains(&code_in(&mail)));
}
