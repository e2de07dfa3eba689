//! How often secrets are read, and what happens when they cannot be.

use std::time::Duration;

use onboarding_core::id::ResellerId;
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::{Purpose, SealingKeys, Unsealable};
use onboarding_core::time::Timestamp;
use onboarding_secrets::SecretsError;
use simulated_secrets_manager::Operation;

use crate::world::{NOW, PREFIX, World, client_secret, connect};

const KEY: &str = r#"{"keys":[{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}]}"#;

fn after(span: Duration) -> Timestamp {
    NOW.plus(span)
}

fn reseller(id: u64) -> ResellerId {
    ResellerId::try_from(id).unwrap()
}

/// Read once per cold start, and a rotation is seen within 5 minutes.
#[tokio::test]
async fn a_secret_is_read_once_in_five_minutes() {
    let world = World::new().await;
    world.by_hand("client-secret", "former").await;
    assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok("former"));
    world.by_hand("client-secret", "fresh").await;
    let last = after(Duration::from_mins(5)).minus(Duration::from_millis(1));
    assert_eq!(client_secret(&world, last).await.as_deref(), Ok("former"));
    assert_eq!(world.reads(), 0);
    assert_eq!(client_secret(&world, after(Duration::from_mins(5))).await.as_deref(), Ok("fresh"));
    assert_eq!(world.reads(), 1);
}

#[tokio::test]
async fn a_line_end_is_no_part_of_the_client_secret() {
    let world = World::new().await;
    world.by_hand("client-secret", "s~3cr.et\r\n").await;
    assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok("s~3cr.et"));
}

/// G06, G07 A text sealed elsewhere with a newer key opens at once, but unknown keys cost one read in 30 s.
#[tokio::test]
async fn an_unknown_sealing_key_costs_one_read() {
    let world = World::new().await;
    let random = SystemRandomness::new();
    world.by_hand("sealing-keys", &SealingKeys::generate(&random)).await;
    let former = world.secrets.sealing_keys(NOW).await.unwrap();
    world.by_hand("sealing-keys", &SealingKeys::generate(&random)).await;
    let sealed = world.another().sealing_keys(NOW).await.unwrap().seal(Purpose::Outcome, "", b"x", (NOW, &random));
    assert_eq!(former.open(Purpose::Outcome, "", &sealed, NOW), Err(Unsealable::UnknownKey));
    world.service.clear_calls();
    for at in 0..30 {
        let fresh = world.secrets.sealing_keys_for(&sealed, after(Duration::from_secs(at))).await.unwrap();
        assert_eq!(fresh.open(Purpose::Outcome, "", &sealed, NOW), Ok(b"x".to_vec()));
    }
    assert_eq!(world.reads(), 1);
    let unknown = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let unknown = unknown.seal(Purpose::Outcome, "", b"x", (NOW, &random));
    for at in 1..60 {
        world.secrets.sealing_keys_for(&unknown, after(Duration::from_secs(at))).await.unwrap();
    }
    assert_eq!(world.reads(), 2, "one in 30 s");
}

/// An outage of 15 minutes is not noticed, and costs one try in 30 s.
#[tokio::test]
async fn the_last_good_value_outlives_an_outage() {
    let world = World::new().await;
    world.by_hand("client-secret", "good").await;
    assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok("good"));
    world.service.clear_calls();
    world.fail_reads(100);
    let begin = Duration::from_mins(5);
    assert_eq!(client_secret(&world, after(begin)).await.as_deref(), Ok("good"));
    assert_eq!(world.reads(), 2, "two attempts");
    assert_eq!(client_secret(&world, after(begin + Duration::from_secs(29))).await.as_deref(), Ok("good"));
    assert_eq!(world.reads(), 2);
    let end = after(Duration::from_mins(20));
    assert_eq!(client_secret(&world, end.minus(Duration::from_millis(1))).await.as_deref(), Ok("good"));
    assert_eq!(client_secret(&world, end).await, Err(SecretsError::Unavailable));
    world.service.faults().clear();
    assert_eq!(client_secret(&world, end).await.as_deref(), Ok("good"));
}

/// A garbled or deleted secret does not stop what runs.
#[tokio::test]
async fn the_last_good_value_outlives_a_bad_one() {
    let world = World::new().await;
    let random = SystemRandomness::new();
    world.by_hand("sealing-keys", &SealingKeys::generate(&random)).await;
    let sealed = world.secrets.sealing_keys(NOW).await.unwrap().seal(Purpose::Outcome, "", b"x", (NOW, &random));
    world.by_hand("sealing-keys", "garbled").await;
    let keys = world.secrets.sealing_keys(after(Duration::from_mins(6))).await.unwrap();
    assert_eq!(keys.open(Purpose::Outcome, "", &sealed, NOW), Ok(b"x".to_vec()));
    assert_eq!(world.reads(), 1);
}

/// G80 What is missing or garbled is named, with the name that the console shows, and without its value.
#[tokio::test]
async fn a_missing_or_garbled_secret_is_named() {
    let world = World::new().await;
    let absent = |name: &str| SecretsError::Absent(format!("{PREFIX}/{name}"));
    let malformed = |name: &str| SecretsError::Malformed(format!("{PREFIX}/{name}"));
    assert_eq!(client_secret(&world, NOW).await, Err(absent("client-secret")));
    assert_eq!(world.secrets.sealing_keys(NOW).await.err(), Some(absent("sealing-keys")));
    assert_eq!(world.secrets.webhook_keys(reseller(7), None, NOW).await.err(), Some(absent("webhook-keys/7")));
    for name in ["client-secret", "sealing-keys", "webhook-keys/7"] {
        world.by_hand(name, if name == "client-secret" { "\n" } else { "g4rbled" }).await;
    }
    assert_eq!(client_secret(&world, NOW).await, Err(malformed("client-secret")));
    assert_eq!(world.secrets.sealing_keys(NOW).await.err(), Some(malformed("sealing-keys")));
    let fault = world.secrets.webhook_keys(reseller(7), None, NOW).await.unwrap_err();
    assert_eq!(fault, malformed("webhook-keys/7"));
    assert_eq!(fault.to_string(), "the secret onboarding/test/webhook-keys/7 is not of the expected form");
}

/// A secret that waits for its deletion is as good as absent.
#[tokio::test]
async fn a_refusal_of_the_service_is_unavailability() {
    let world = World::new().await;
    world.service.faults().fail(Operation::GetSecretValue, 1, 400, "AccessDeniedException");
    assert_eq!(client_secret(&world, NOW).await, Err(SecretsError::Unavailable));
    world.service.faults().fail(Operation::GetSecretValue, 1, 400, "InvalidRequestException");
    assert!(matches!(client_secret(&world, NOW).await, Err(SecretsError::Absent(_))));
    let nobody = connect("http://127.0.0.1:9").client_credential(NOW).await;
    assert_eq!(nobody.err(), Some(SecretsError::Unavailable));
}

/// One attempt may fail, or hang.
#[tokio::test]
async fn a_second_attempt_is_made() {
    let world = World::new().await;
    world.by_hand("client-secret", "x").await;
    world.service.faults().drop_before(Operation::GetSecretValue, 1);
    assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok("x"));
    world.service.faults().delay(Operation::GetSecretValue, 1, Duration::from_secs(30));
    assert_eq!(client_secret(&world, after(Duration::from_mins(6))).await.as_deref(), Ok("x"));
    assert_eq!(world.reads(), 4);
}

/// Silence ends: two attempts of a second, and a short wait between.
#[tokio::test]
async fn silence_ends() {
    let world = World::new().await;
    world.service.faults().delay(Operation::GetSecretValue, 9, Duration::from_secs(30));
    let begun = std::time::Instant::now();
    assert_eq!(client_secret(&world, NOW).await, Err(SecretsError::Unavailable));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// Many at once cost one read, and share its failure.
#[tokio::test]
async fn many_at_once_cost_one_read() {
    let world = World::new().await;
    world.service.faults().fail(Operation::GetSecretValue, 1, 400, "AccessDeniedException");
    let (one, two) = tokio::join!(client_secret(&world, NOW), client_secret(&world, NOW));
    assert_eq!([one, two], [Err(SecretsError::Unavailable), Err(SecretsError::Unavailable)]);
    assert_eq!(world.reads(), 1);
    world.by_hand("client-secret", "x").await;
    let (one, two) = tokio::join!(client_secret(&world, NOW), client_secret(&world, NOW));
    assert_eq!([one.as_deref(), two.as_deref()], [Ok("x"), Ok("x")]);
    assert_eq!(world.reads(), 1);
}

/// Each reseller's keys are its own, and memory for them is bounded: who was longest without use is read again.
#[tokio::test]
async fn webhook_keys_are_kept_for_256_resellers() {
    let world = World::new().await;
    for id in 1..=257 {
        world.by_hand(&format!("webhook-keys/{id}"), KEY).await;
    }
    for id in 1..=256 {
        let now = after(Duration::from_millis(id));
        assert_eq!(world.secrets.webhook_keys(reseller(id), None, now).await.unwrap().signing(now).count(), 1);
    }
    let soon = after(Duration::from_secs(1));
    world.secrets.webhook_keys(reseller(1), None, soon).await.unwrap();
    assert_eq!(world.reads(), 256);
    world.secrets.webhook_keys(reseller(257), None, soon).await.unwrap();
    world.secrets.webhook_keys(reseller(1), None, soon).await.unwrap();
    assert_eq!(world.reads(), 257, "1 was used, so 2 had to go");
    world.secrets.webhook_keys(reseller(2), None, soon).await.unwrap();
    assert_eq!(world.reads(), 258);
}
