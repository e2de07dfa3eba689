//! A new sealing key: whatever is in the air when it takes over goes on, for as long as it would have lived.

use std::time::Duration;

use onboarding_core::id::DeliveryId;
use onboarding_core::seal::rotation::{ADOPTION, OPENS_FOR};
use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_lambda::config::deployment::{Endpoint, PublicBase};
use onboarding_sandbox::receiver::Behaviour;
use onboarding_sandbox::{Form, Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, Lag};

use crate::world::{Answer, Decision, World, send};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

fn now(world: &World) -> Timestamp {
    world.sandbox.clock().now()
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap()
}

/// Which key sealed a text: its id is the text's beginning.
fn key_of(sealed: &str) -> &str {
    &sealed[..5]
}

fn state_of(link: &str) -> String {
    let link = url::Url::parse(link).unwrap();
    link.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

impl World {
    /// Rotates, as the platform team does: when the new key seals, and until when the former one opens.
    pub(crate) async fn rotate_sealing_key(&self) -> (Timestamp, Timestamp) {
        let rotated = self.operator(Method::POST, "/sandbox/rotate-sealing-keys", None).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text);
        let at = |field: &str| Timestamp::from_millis(rotated.json()[field].as_i64().unwrap());
        (at("sealsFrom"), at("formerOpensUntil"))
    }

    /// Rotates and lets the new key take over; shows that it did.
    async fn rotate_and_wait(&self) {
        let before = self.present_key().await;
        self.rotate_sealing_key().await;
        self.sandbox.clock().advance(seconds(ADOPTION) - MINUTE);
        assert_eq!(self.present_key().await, before, "not before everybody knows it");
        self.sandbox.clock().advance(MINUTE);
        assert_ne!(self.present_key().await, before);
    }

    /// The key that seals now.
    pub(crate) async fn present_key(&self) -> String {
        let name = format!("Probe {}", probe());
        let enterprise = self.enterprise(json!({"enterpriseName": name, "expectedTenant": CONTOSO.id})).await;
        key_of(&state_of(&self.registration_url(enterprise).await)).to_owned()
    }

    /// Changes the ring by hand.
    async fn edit_ring(&self, edit: impl Fn(&mut Vec<Value>)) {
        let id = "onboarding/sandbox/sealing-keys";
        let stored = self.secrets_manager("GetSecretValue", &json!({ "SecretId": id })).await;
        let mut ring: Value = serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap();
        edit(ring["keys"].as_array_mut().unwrap());
        let put = json!({"SecretId": id, "SecretString": ring.to_string(),
                         "ClientRequestToken": format!("{:032}", probe())});
        self.secrets_manager("PutSecretValue", &put).await;
    }

    /// Another environment of the same deployment, with a clock and caches of its own.
    async fn other_environment(&self) -> Self {
        let ready = self.sandbox.ready();
        let elsewhere = |address: &str| Some(address.parse::<Endpoint>().unwrap());
        let overrides = Overrides {
            authority: elsewhere(&ready.microsoft),
            graph: elsewhere(&ready.microsoft),
            dynamodb: elsewhere(&ready.dynamodb),
            secrets_manager: elsewhere(&ready.secrets),
            public_base: Some(PublicBase::in_sandbox(self.sandbox.api()).unwrap()),
            ..Overrides::default()
        };
        let options = Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() };
        Self::with(options).await
    }

    /// Takes Microsoft's answer to another environment than the one that made the link.
    async fn post_here(&self, form: &Form) -> Answer {
        let fields: Vec<(&str, &str)> =
            ["code", "id_token", "state"].into_iter().map(|name| (name, form.value(name).unwrap())).collect();
        send(self.call(Method::POST, "/restricted/handleResponse").form(&fields)).await
    }
}

/// A number that no other call gets.
fn probe() -> i64 {
    static NEXT: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// R111, G07 A link from before the rotation works after it, to its own last second, through two rotations in a row.
#[tokio::test]
async fn a_link_outlives_rotations() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    world.rotate_and_wait().await;
    world.rotate_and_wait().await;
    let middle = world.enterprise(json!({"enterpriseName": "Middle", "expectedTenant": CONTOSO.id})).await;
    let from_the_middle = world.registration_url(middle).await;
    world.sandbox.clock().advance(7 * DAY - 2 * seconds(ADOPTION) - MINUTE);
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(page.redirects.last().map(|redirect| redirect.status), Some(303));
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
    world.visit(&from_the_middle, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(middle).await.0, "granted");
}

/// G06, G07, T02 What a key sealed is refused from the instant of its end, in the one wording, without an effect.
#[tokio::test]
async fn a_link_of_a_retired_key_is_refused() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let outcome = world.visit(&link, &GRACE, Decision::Cancel).await.ours();
    assert_eq!(outcome.status, 200);
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    world.rotate_and_wait().await;
    let end = now(&world).plus(Duration::from_mins(10));
    world.edit_ring(|keys| keys[1]["retiresAt"] = json!(end.millis())).await;
    world.sandbox.clock().advance(10 * MINUTE);
    let refused = world.post(answer.clone()).await;
    assert_eq!(refused.status, 400);
    let forged = world.post(answer.clone().fill("state", &"A".repeat(300))).await;
    let bare = |page: &onboarding_sandbox::visitor::Page| page.text().split("eference").next().unwrap().to_owned();
    assert_eq!(bare(&refused), bare(&forged), "one wording");
    assert_eq!(world.registration(enterprise).await.0, "declined");
    assert_eq!(world.token_calls(), 0, "no code was sent");
    world.sandbox.clock().advance(-1);
    assert_eq!(world.post(answer).await.status, 200, "a second before its end it opens, and nothing was spent");
}

/// G07 After the whole window the former key is gone: what is left of its links is refused like any forgery.
#[tokio::test]
async fn after_the_window_the_former_key_opens_nothing() {
    let world = World::new().await;
    let link = world.registration_url(world.contoso().await).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let now = now(&world);
    let (seals_from, end) = world.rotate_sealing_key().await;
    assert!(seals_from.since(now) >= ADOPTION);
    assert!(end.since(seals_from) >= OPENS_FOR);
    assert_eq!(world.rotate_sealing_key().await, (seals_from, end), "while it is under way it is told again");
    world.sandbox.clock().advance(seconds(end.since(now)));
    assert_eq!(world.post(answer).await.status, 400);
    world.rotate_sealing_key().await;
    let id = json!({"SecretId": "onboarding/sandbox/sealing-keys"});
    let ring = world.secrets_manager("GetSecretValue", &id).await;
    let ring: Value = serde_json::from_str(ring["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(ring["keys"].as_array().unwrap().len(), 2, "the retired key was dropped");
}

/// P3, P5 A proof under way, an undelivered body, a tenant that waits, and outcome pages: all begun with the former key,
/// all ended with the new one.
#[tokio::test]
async fn what_is_in_the_air_goes_on() {
    let world = World::new().await;
    world.rotate_sealing_key().await;
    world.sandbox.clock().advance(seconds(ADOPTION) - 2 * MINUTE);
    let before = world.present_key().await;
    // Waits for its provider.
    let waiting = world.enterprise(json!({"enterpriseName": "Waiting"})).await;
    let page = world.visit(&world.registration_url(waiting).await, &GRACE, Decision::ForTheOrganization).await.ours();
    // Its outcome does not reach the receiver.
    world.sandbox.webhooks().behave(Behaviour::status(500, 1));
    let undelivered = world.contoso().await;
    world.visit(&world.registration_url(undelivered).await, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    assert_eq!(world.sandbox.webhooks().messages().len(), 1);
    // Graph does not show it yet.
    world.microsoft().reset();
    world.microsoft().set_lag(Lag::Seconds(180));
    let verifying = world.enterprise(json!({"enterpriseName": "Lagging", "expectedTenant": CONTOSO.id})).await;
    world.visit(&world.registration_url(verifying).await, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(verifying).await.0, "verifying");
    world.pass(2 * MINUTE).await;
    assert_ne!(world.present_key().await, before, "the new key seals");
    assert_eq!(world.registration(verifying).await.0, "verifying");
    for _ in 0..3 {
        world.pass(MINUTE).await;
    }
    assert_eq!(world.registration(verifying).await, ("granted".to_owned(), None));
    let confirm = json!({"tenantId": CONTOSO.id});
    let path = format!("/v1/enterprises/{waiting}/confirm-tenant");
    assert_eq!(world.provider(Method::POST, &path, Some(&confirm)).await.status, 200);
    world.pass(MINUTE).await;
    let told: Vec<u64> = world.outcomes().iter().map(|told| told["enterpriseId"].as_u64().unwrap()).collect();
    for enterprise in [waiting, undelivered, verifying] {
        assert!(told.contains(&enterprise), "{told:?}");
    }
    let caught = world.sandbox.webhooks().messages();
    let twice: Vec<_> = caught.iter().filter(|one| one.body == caught[0].body).collect();
    assert_eq!(twice.len(), 2, "the same bytes over the rotation");
    let id: Result<DeliveryId, _> = twice[1].headers["webhook-id"].parse();
    assert_eq!(world.sandbox.store().delivery(world.reseller_id(), &id.unwrap()).await.unwrap().unwrap().attempts, 2);
    world.sandbox.clock().advance(30 * DAY - 10 * MINUTE);
    let outcome = world.http.get(page.url.clone()).send().await.unwrap();
    assert_eq!(outcome.status(), 200, "an outcome page lives for its 30 days");
}

/// P3 A lease that ran out over a rotation ends, and its link works again.
#[tokio::test]
async fn a_lease_ends_over_a_rotation() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.rotate_sealing_key().await;
    world.sandbox.clock().advance(seconds(ADOPTION) - 20);
    let link = world.registration_url(enterprise).await;
    world.lease(enterprise).await;
    world.pass(61).await;
    let interrupted = ("blocked".to_owned(), Some("sign_in_interrupted".to_owned()));
    assert_eq!(world.registration(enterprise).await, interrupted);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// G06 An environment that read its keys before the rotation opens what another seals with the new key, without a read
/// at that moment: by the time that the key seals it has read again.
#[tokio::test]
async fn an_environment_with_cached_keys_is_never_behind() {
    let world = World::new().await;
    let other = world.other_environment().await;
    assert_eq!(other.present_key().await, world.present_key().await);
    world.rotate_sealing_key().await;
    for one in [&world, &other] {
        one.sandbox.clock().advance(seconds(ADOPTION) - 4 * MINUTE);
        one.present_key().await;
        one.sandbox.clock().advance(4 * MINUTE);
    }
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let secrets_manager = world.sandbox.secrets_manager().unwrap();
    secrets_manager.clear_calls();
    let landed = other.post_here(&answer).await;
    assert_eq!(landed.status, 303, "{}", landed.text);
    let read: Vec<String> = secrets_manager.calls().into_iter().filter_map(|call| call.secret).collect();
    assert!(!read.iter().any(|secret| secret.ends_with("sealing-keys")), "{read:?}");
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// G06, T02 A ring that was replaced by hand, without that time: an environment meets a key that it does not know, reads
/// again, and opens.
#[tokio::test]
async fn an_environment_that_meets_an_unknown_key_reads_again() {
    let world = World::new().await;
    let other = world.other_environment().await;
    let before = other.present_key().await;
    world.rotate_sealing_key().await;
    world.edit_ring(|keys| drop(keys[0].as_object_mut().unwrap().remove("sealsFrom"))).await;
    world.sandbox.clock().advance(5 * MINUTE);
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    assert_ne!(key_of(&state_of(&link)), before);
    world.sandbox.clock().advance(-5 * MINUTE);
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    assert_eq!(other.present_key().await, before, "its own keys are still fresh");
    assert_eq!(other.post_here(&answer).await.status, 303);
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// K9 Only the operator rotates.
#[tokio::test]
async fn nobody_else_rotates() {
    let world = World::new().await;
    let by_a_provider = world.provider(Method::POST, "/sandbox/rotate-sealing-keys", None).await;
    assert_eq!(by_a_provider.status, 401);
}
