//! Rotations: who wins, what is told, and who signs then.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::id::ResellerId;
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::Purpose;
use onboarding_core::seal::rotation::ADOPTION;
use onboarding_core::time::Timestamp;
use onboarding_secrets::{BOTH_SIGN_FOR, Secrets, SecretsError};
use secrecy::{ExposeSecret as _, SecretString};
use simulated_secrets_manager::Operation;

use crate::world::{NOW, World};

fn reseller() -> ResellerId {
    ResellerId::try_from(7).unwrap()
}

async fn rotate(secrets: &Secrets, now: Timestamp) -> Result<SecretString, SecretsError> {
    secrets.rotate_webhook_keys(reseller(), now, &SystemRandomness::new()).await
}

fn bytes(secret: &SecretString) -> Vec<u8> {
    STANDARD.decode(secret.expose_secret().strip_prefix("whsec_").unwrap()).unwrap()
}

async fn signing(secrets: &Secrets, changed_at: Option<Timestamp>, now: Timestamp) -> Vec<Vec<u8>> {
    let keys = secrets.webhook_keys(reseller(), changed_at, now).await.unwrap();
    keys.signing(now).map(<[u8]>::to_vec).collect()
}

/// A world in which the provider has its first key.
async fn world() -> (World, SecretString) {
    let world = World::new().await;
    let first = world.secrets.create_webhook_keys(reseller(), &SystemRandomness::new()).await.unwrap();
    (world, first)
}

/// K9 The new key and the former one sign for 24 h, then the new one alone.
#[tokio::test]
async fn the_former_key_signs_for_a_day_more() {
    let (world, first) = world().await;
    assert_eq!(signing(&world.secrets, None, NOW).await, [bytes(&first)]);
    let second = rotate(&world.secrets, NOW).await.unwrap();
    assert_eq!(signing(&world.secrets, None, NOW).await, [bytes(&second), bytes(&first)]);
    let last = NOW.plus(BOTH_SIGN_FOR).minus(Duration::from_millis(1));
    assert_eq!(signing(&world.another(), None, last).await, [bytes(&second), bytes(&first)]);
    assert_eq!(signing(&world.another(), None, NOW.plus(BOTH_SIGN_FOR)).await, [bytes(&second)]);
}

/// K9 Another environment that read the keys a moment ago signs with the new one too, once it knows of the change; and
/// knowing costs it no read for ever.
#[tokio::test]
async fn a_change_is_seen_at_once_by_who_knows_of_it() {
    let (world, first) = world().await;
    let other = world.another();
    assert_eq!(signing(&other, None, NOW).await, [bytes(&first)]);
    let second = rotate(&world.secrets, NOW).await.unwrap();
    assert_eq!(signing(&other, Some(NOW), NOW).await, [bytes(&second), bytes(&first)]);
    let later = |seconds| NOW.plus(Duration::from_secs(seconds));
    signing(&other, Some(NOW), later(60)).await;
    world.service.clear_calls();
    for seconds in 61..120 {
        signing(&other, Some(NOW), later(seconds)).await;
    }
    assert_eq!(world.reads(), 0);
    world.fail_reads(9);
    assert_eq!(signing(&other, Some(later(180)), later(180)).await.len(), 2, "an outage is not noticed");
}

/// P6, K9 Of two rotations at the same time both answer a secret that signs; of more, each either signs when it is told
/// or is told to nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rotations_at_the_same_time_leave_no_secret_that_does_not_sign() {
    for round in 0..20 {
        let (world, _) = world().await;
        let environments: Vec<Secrets> = (0..2).map(|_| world.another()).collect();
        let rotations = environments.into_iter().map(|one| tokio::spawn(async move { rotate(&one, NOW).await }));
        let mut told = Vec::new();
        for rotation in rotations.collect::<Vec<_>>() {
            told.push(bytes(&rotation.await.unwrap().unwrap()));
        }
        let mut signing = signing(&world.another(), None, NOW).await;
        signing.sort();
        told.sort();
        assert_eq!(signing, told, "round {round}");
    }
}

/// P6 Of many at the same time, those who are told a secret made it, the last two sign, and the others learn why not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_rotations_the_last_two_sign_and_the_overtaken_are_told() {
    let mut overtaken = 0;
    for _ in 0..5 {
        let (world, _) = world().await;
        let environments: Vec<Secrets> = (0..8).map(|_| world.another()).collect();
        let rotations = environments.into_iter().map(|one| tokio::spawn(async move { rotate(&one, NOW).await }));
        let mut told = Vec::new();
        for rotation in rotations.collect::<Vec<_>>() {
            match rotation.await.unwrap() {
                Ok(secret) => told.push(bytes(&secret)),
                Err(SecretsError::Contended(_)) => overtaken += 1,
                Err(other) => panic!("{other}"),
            }
        }
        let signing = signing(&world.another(), None, NOW).await;
        assert!(signing.len() == 2 && signing.iter().all(|key| told.contains(key)));
    }
    assert!(overtaken > 0, "eight at once overtake one another");
}

/// The answer got lost, not the rotation: what is told signs, and no second key is made.
#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    for operation in [Operation::PutSecretValue, Operation::UpdateSecretVersionStage] {
        for times in [1, 2] {
            let (world, first) = world().await;
            world.service.faults().drop_after(operation, times);
            match rotate(&world.secrets, NOW).await {
                Ok(second) => assert_eq!(signing(&world.secrets, None, NOW).await, [bytes(&second), bytes(&first)]),
                Err(fault) => {
                    assert_eq!((fault, operation, times), (SecretsError::Unavailable, Operation::PutSecretValue, 2));
                    assert_eq!(signing(&world.secrets, None, NOW).await, [bytes(&first)]);
                }
            }
        }
    }
}

/// A rotation that breaks off in the middle leaves the former key in force, and the next one does not trip over it.
#[tokio::test]
async fn a_rotation_that_breaks_off_changes_nothing() {
    let (world, first) = world().await;
    world.service.faults().fail(Operation::UpdateSecretVersionStage, 2, 500, "InternalServiceError");
    assert_eq!(rotate(&world.secrets, NOW).await.unwrap_err(), SecretsError::Unavailable);
    assert_eq!(signing(&world.another(), None, NOW).await, [bytes(&first)]);
    let second = rotate(&world.secrets, NOW).await.unwrap();
    assert_eq!(signing(&world.another(), None, NOW).await, [bytes(&second), bytes(&first)]);
}

/// What is not there, or is no ring, is not rotated into one.
#[tokio::test]
async fn nothing_is_made_of_nothing() {
    let world = World::new().await;
    let name = "onboarding/test/webhook-keys/7".to_owned();
    assert_eq!(rotate(&world.secrets, NOW).await.unwrap_err(), SecretsError::Absent(name.clone()));
    world.by_hand("webhook-keys/7", "g4rbled").await;
    assert_eq!(rotate(&world.secrets, NOW).await.unwrap_err(), SecretsError::Malformed(name));
    assert_eq!(world.calls(Operation::PutSecretValue), 0);
}

/// P6 Of two rotations of the sealing key at the same time one makes a key, and both tell of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_rotations_of_the_sealing_key_make_one_key() {
    let random = SystemRandomness::new();
    for _ in 0..10 {
        let world = World::new().await;
        world.secrets.create_sealing_keys_if_absent(&random).await.unwrap();
        let environments: Vec<Secrets> = (0..4).map(|_| world.another()).collect();
        let rotations = environments.into_iter().map(|one| {
            tokio::spawn(async move { one.rotate_sealing_keys(NOW, &SystemRandomness::new()).await.unwrap() })
        });
        let mut told = Vec::new();
        for rotation in rotations.collect::<Vec<_>>() {
            told.push(rotation.await.unwrap());
        }
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
        let late = told[0].seals_from;
        let keys = world.another().sealing_keys(late).await.unwrap();
        let sealed = keys.seal(Purpose::Outcome, "", b"x", (late, &random));
        let former = keys.seal(Purpose::Outcome, "", b"x", (NOW, &random));
        assert_ne!(sealed[..5], former[..5]);
        let again = world.secrets.rotate_sealing_keys(late, &random).await.unwrap();
        assert_eq!(again.seals_from, late.plus(ADOPTION), "no third key was under way");
    }
}

/// An environment goes on with keys that it has read for less than a new key needs to seal, whatever happens.
#[tokio::test]
async fn a_new_key_seals_when_no_older_ring_is_in_use() {
    let random = SystemRandomness::new();
    let world = World::new().await;
    world.secrets.create_sealing_keys_if_absent(&random).await.unwrap();
    let other = world.another();
    other.sealing_keys(NOW).await.unwrap();
    let rotation = world.secrets.rotate_sealing_keys(NOW, &random).await.unwrap();
    world.fail_reads(100);
    let skew = Duration::from_mins(1);
    let fault = other.sealing_keys(rotation.seals_from.minus(skew)).await.unwrap_err();
    assert_eq!(fault, SecretsError::Unavailable, "it stops before it could be behind");
}
