//! A new webhook secret: who can verify what while it replaces the former one (K9).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use onboarding_lambda::config::deployment::Endpoint;
use onboarding_sandbox::receiver::{Behaviour, Caught};
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::idempotency::tapped;
use crate::tap::Trouble;
use crate::world::{Decision, Provider, World};

const DAY: i64 = 24 * 3_600;

fn made_by(caught: &Caught, secret: &str) -> Vec<bool> {
    signatures_made_by(&caught.headers, &caught.body, secret)
}

/// For each signature in the order of the header, whether `secret` made it: the recipe of Standard Webhooks.
pub(crate) fn signatures_made_by(headers: &BTreeMap<String, String>, body: &str, secret: &str) -> Vec<bool> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let header = |name: &str| headers[name].as_str();
    let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let signatures = header("webhook-signature").split(' ').map(|one| STANDARD.decode(&one[3..]).unwrap());
    signatures.map(|signature| hmac::verify(&key, signed.as_bytes(), &signature).is_ok()).collect()
}

impl World {
    pub(crate) async fn rotate(&self, provider: &Provider) -> String {
        let path = format!("/v1/resellers/{}/webhook-secret", provider.id);
        let rotated = self.operator(Method::POST, &path, Some(&json!({}))).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text);
        let body = rotated.json();
        assert_eq!(body.as_object().unwrap().len(), 1);
        body["webhookSecret"].as_str().unwrap().to_owned()
    }

    /// One more outcome of `provider`, as it is caught.
    async fn outcome_of(&self, provider: &Provider, link: &str) -> Caught {
        let before = self.sandbox.webhooks().messages().len();
        self.visit(link, &GRACE, Decision::ForTheOrganization).await.ours();
        self.settle().await;
        let caught = self.sandbox.webhooks().messages();
        assert_eq!(caught.len(), before + 1, "{}", provider.id);
        caught[before].clone()
    }
}

/// R116, K9, T67 For 24 hours a delivery carries both signatures, the newest first; then that of the new secret alone.
#[tokio::test]
async fn the_former_secret_verifies_for_a_day_more() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let former = provider.webhook_secret.clone();
    let links = [world.contoso_of(&provider).await.1, world.link_of(&provider, "Second").await];
    let fresh = world.rotate(&provider).await;
    assert_ne!(fresh, former);
    let caught = world.outcome_of(&provider, &links[0]).await;
    assert_eq!(made_by(&caught, &fresh), [true, false], "newest first");
    assert_eq!(made_by(&caught, &former), [false, true]);
    world.pass(DAY).await;
    let caught = world.outcome_of(&provider, &links[1]).await;
    assert_eq!(made_by(&caught, &fresh), [true], "and no other");
}

/// K9, K16 A rotation between two attempts of one delivery: the same id and bytes, signed by both.
#[tokio::test]
async fn a_rotation_between_two_attempts_changes_the_signature_alone() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    world.sandbox.webhooks().behave(Behaviour::status(500, 2));
    let first = world.outcome_of(&provider, &link).await;
    let fresh = world.rotate(&provider).await;
    world.pass(5).await;
    world.pass(5 * 60).await;
    let caught = world.sandbox.webhooks().messages();
    assert_eq!(caught.len(), 3);
    assert_eq!(made_by(&first, &provider.webhook_secret), [true]);
    for again in &caught[1..] {
        assert_eq!((&again.body, &again.headers["webhook-id"]), (&first.body, &first.headers["webhook-id"]));
        assert_eq!(made_by(again, &fresh), [true, false]);
        assert_eq!(made_by(again, &provider.webhook_secret), [false, true]);
    }
}

/// K9 A second rotation within the day: the last two secrets sign, the first ends at once.
#[tokio::test]
async fn of_two_rotations_in_a_row_the_last_two_secrets_sign() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    let second = world.rotate(&provider).await;
    let third = world.rotate(&provider).await;
    let caught = world.outcome_of(&provider, &link).await;
    assert_eq!(made_by(&caught, &third), [true, false]);
    assert_eq!(made_by(&caught, &second), [false, true]);
    assert_eq!(made_by(&caught, &provider.webhook_secret), [false, false]);
}

/// K9, P5 A secret that was made is told, even where the table no longer answers: it cannot be told later, and another
/// rotation would retire the key that the receiver has.
#[tokio::test]
async fn a_secret_that_was_made_is_told() {
    let (world, tap) = tapped().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    tap.break_where("PutItem", Trouble::Status(500));
    let fresh = world.rotate(&provider).await;
    tap.heal();
    let caught = world.outcome_of(&provider, &link).await;
    assert_eq!(made_by(&caught, &fresh), [true, false]);
    assert_eq!(made_by(&caught, &provider.webhook_secret), [false, true]);
}

/// K9, P6 Two operators at the same moment: both get a secret, and both secrets sign.
#[tokio::test]
async fn two_rotations_at_once_answer_secrets_that_sign() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    let told = join_all([world.rotate(&provider), world.rotate(&provider)]).await;
    let caught = world.outcome_of(&provider, &link).await;
    for secret in &told {
        assert_eq!(made_by(&caught, secret).iter().filter(|made| **made).count(), 1, "each signs");
    }
}

/// K2, K9 Another environment of the deployment, with keys that it read a moment ago, signs with the new secret at once.
#[tokio::test]
async fn an_environment_with_cached_keys_signs_with_the_new_secret() {
    let world = World::new().await;
    let ready = world.sandbox.ready();
    let elsewhere = |address: &str| Some(address.parse::<Endpoint>().unwrap());
    let overrides = Overrides {
        authority: elsewhere(&ready.microsoft),
        graph: elsewhere(&ready.microsoft),
        dynamodb: elsewhere(&ready.dynamodb),
        secrets_manager: elsewhere(&ready.secrets),
        public_base: None,
        ..Overrides::default()
    };
    let other = World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
    let provider = world.other_provider().await;
    let links = [world.contoso_of(&provider).await.1, world.link_of(&provider, "Second").await];
    // The first attempts may be of either. The second ones are of the other, whose clock alone moves: from then on it may be so early
    // that nobody has to move it.
    let told_by_the_other = async |link: &str| {
        world.sandbox.webhooks().behave(Behaviour::status(500, 1));
        world.visit(link, &GRACE, Decision::ForTheOrganization).await.ours();
        world.settle().await;
        other.pass(10).await;
        world.sandbox.webhooks().messages().pop().unwrap()
    };
    assert_eq!(made_by(&told_by_the_other(&links[0]).await, &provider.webhook_secret), [true]);
    let fresh = world.rotate(&provider).await;
    assert_eq!(made_by(&told_by_the_other(&links[1]).await, &fresh), [true, false]);
    assert_eq!(world.sandbox.webhooks().messages().len(), 4);
}

/// K9 Nobody but the operator rotates; a provider that is not there has no secret; a wrong body changes nothing.
#[tokio::test]
async fn what_is_no_rotation_changes_nothing() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let path = format!("/v1/resellers/{}/webhook-secret", provider.id);
    let by_itself = world.as_holder_of(&provider.key, Method::POST, &path, Some(&json!({}))).await;
    assert_eq!(by_itself.status, 401);
    let nobody = world.operator(Method::POST, "/v1/resellers/1/webhook-secret", Some(&json!({}))).await;
    assert_eq!(nobody.problem().0, 404);
    let wrong = world.operator(Method::POST, &path, Some(&json!({"secret": "mine"}))).await;
    let fault: Vec<(String, String)> = vec![("/secret".to_owned(), "unknown_field".to_owned())];
    assert_eq!((wrong.problem().0, wrong.problem().2), (422, fault));
    let broken = simulated_secrets_manager::Operation::PutSecretValue;
    world.sandbox.secrets_manager().unwrap().faults().fail(broken, 9, 500, "InternalServiceError");
    let away = world.operator(Method::POST, &path, Some(&json!({}))).await;
    assert_eq!((away.problem().0, away.problem().1.as_str()), (503, "unavailable"));
    assert!(!away.header("retry-after").is_empty() && !away.text.contains("whsec_"));
    world.sandbox.secrets_manager().unwrap().faults().clear();
    let (_, link) = world.contoso_of(&provider).await;
    let caught = world.outcome_of(&provider, &link).await;
    assert_eq!(made_by(&caught, &provider.webhook_secret), [true]);
}

/// K18 The trail says that a rotation was asked for, and what came of it: never that one happened which did not.
#[tokio::test]
async fn the_trail_says_what_came_of_a_rotation() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let path = format!("/v1/resellers/{}/webhook-secret", provider.id);
    let rotations = async || {
        let trail = world.operator(Method::GET, &format!("/v1/audit?resellerId={}", provider.id), None).await.json();
        let rows = trail["items"].as_array().unwrap().clone();
        let actions = rows.iter().map(|row| row["action"].as_str().unwrap().to_owned());
        actions.filter(|action| action.starts_with("webhook_secret.")).collect::<Vec<_>>()
    };
    let broken = simulated_secrets_manager::Operation::PutSecretValue;
    world.sandbox.secrets_manager().unwrap().faults().fail(broken, 9, 500, "InternalServiceError");
    assert_eq!(world.operator(Method::POST, &path, Some(&json!({}))).await.status, 503);
    let failed = ["webhook_secret.rotation_requested", "webhook_secret.rotation_failed"];
    assert_eq!(rotations().await, failed);
    world.sandbox.secrets_manager().unwrap().faults().clear();
    world.rotate(&provider).await;
    let made = ["webhook_secret.rotation_requested", "webhook_secret.rotated"];
    assert_eq!(rotations().await, [failed, made].concat());
}

/// R205 The provider's row says when its keys were changed, and nothing of them.
#[tokio::test]
async fn the_row_notes_the_change_without_the_secret() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let row = async || {
        let row = world.sandbox.store().reseller(provider.id).await.unwrap();
        serde_json::to_value(row).unwrap()
    };
    assert_eq!(row().await["webhookKeysChangedAt"], Value::Null);
    let fresh = world.rotate(&provider).await;
    let noted = row().await;
    assert!(noted["webhookKeysChangedAt"].is_i64());
    assert!(!noted.to_string().contains(&fresh[6..]));
}
