//! Secrets that we make.

use onboarding_core::id::ResellerId;
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::Purpose;
use onboarding_secrets::SecretsError;
use secrecy::{ExposeSecret as _, SecretString};
use simulated_secrets_manager::Operation;

use crate::world::{NOW, World, client_secret};

/// Of two who set up the same deployment at once both end up with the same keys (K2).
#[tokio::test]
async fn two_at_once_make_one_key_ring() {
    let random = SystemRandomness::new();
    for _ in 0..10 {
        let world = World::new().await;
        let other = world.another();
        let (one, two) = tokio::join!(
            world.secrets.create_sealing_keys_if_absent(&random),
            other.create_sealing_keys_if_absent(&random),
        );
        let sealed = one.unwrap().seal(Purpose::Outcome, "", b"x", (NOW, &random));
        assert_eq!(two.unwrap().open(Purpose::Outcome, "", &sealed, NOW), Ok(b"x".to_vec()));
        let third = world.another().sealing_keys(NOW).await.unwrap();
        assert_eq!(third.open(Purpose::Outcome, "", &sealed, NOW), Ok(b"x".to_vec()));
        assert_eq!(world.calls(Operation::CreateSecret), 2);
    }
}

/// K2 An existing ring is reused, nothing is reset.
#[tokio::test]
async fn an_existing_key_ring_is_kept() {
    let world = World::new().await;
    let random = SystemRandomness::new();
    let first = world.secrets.create_sealing_keys_if_absent(&random).await.unwrap();
    let sealed = first.seal(Purpose::Outcome, "", b"x", (NOW, &random));
    let again = world.secrets.create_sealing_keys_if_absent(&random).await.unwrap();
    assert_eq!(again.open(Purpose::Outcome, "", &sealed, NOW), Ok(b"x".to_vec()));
}

#[tokio::test]
async fn a_garbled_key_ring_is_named_not_replaced() {
    let world = World::new().await;
    world.by_hand("sealing-keys", "{}").await;
    let made = world.secrets.create_sealing_keys_if_absent(&SystemRandomness::new()).await;
    assert_eq!(made.err(), Some(SecretsError::Malformed("onboarding/test/sealing-keys".to_owned())));
}

/// K9 The key that the reseller is shown is the one that signs.
#[tokio::test]
async fn the_webhook_key_that_is_shown_signs() {
    let world = World::new().await;
    let reseller = ResellerId::try_from(7).unwrap();
    let random = SystemRandomness::new();
    let shown = world.secrets.create_webhook_keys(reseller, &random).await.unwrap();
    let bytes = shown.expose_secret().strip_prefix("whsec_").unwrap().to_owned();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, bytes).unwrap();
    let keys = world.secrets.webhook_keys(reseller, None, NOW).await.unwrap();
    assert_eq!(keys.signing(NOW).collect::<Vec<_>>(), [bytes]);
    let again = world.secrets.create_webhook_keys(reseller, &random).await;
    assert_eq!(again.err(), Some(SecretsError::AlreadyExists("onboarding/test/webhook-keys/7".to_owned())));
}

/// The answer got lost, not the secret: the second attempt finds its own work done.
#[tokio::test]
async fn a_lost_answer_makes_no_second_secret() {
    let world = World::new().await;
    let reseller = ResellerId::try_from(7).unwrap();
    world.service.faults().drop_after(Operation::CreateSecret, 1);
    world.secrets.create_webhook_keys(reseller, &SystemRandomness::new()).await.unwrap();
    assert_eq!(world.calls(Operation::CreateSecret), 2);
}

#[tokio::test]
async fn the_client_secret_that_was_put_is_used_at_once() {
    let world = World::new().await;
    for value in ["first", "second", "second"] {
        world.secrets.put_client_credential(&SecretString::from(value)).await.unwrap();
        assert_eq!(client_secret(&world, NOW).await.as_deref(), Ok(value));
    }
}

#[tokio::test]
async fn what_was_there_before_is_in_force() {
    let world = World::new().await;
    for value in ["first", "second"] {
        let in_force = world.secrets.create_if_absent("operator-key", SecretString::from(value)).await.unwrap();
        assert_eq!(in_force.expose_secret(), "first");
    }
}

/// R205 No value in what is shown.
#[tokio::test]
async fn an_outage_shows_no_value() {
    let world = World::new().await;
    world.service.faults().fail(Operation::PutSecretValue, 9, 500, "InternalServiceError");
    let fault = world.secrets.put_client_credential(&SecretString::from("s3cr3t")).await.unwrap_err();
    assert_eq!(fault, SecretsError::Unavailable);
    assert_eq!(fault.to_string(), "Secrets Manager is unavailable");
}
