use aws_sdk_secretsmanager::{primitives::Blob, types::Tag};

use crate::world::{NAME, V1, V2, World, error_type, labels, refusal};

/// The token of the request is the id of the version, and the ARN has AWS's form.
#[tokio::test]
async fn the_client_request_token_becomes_the_version_id() {
    let world = World::new().await;
    let request = world.client.create_secret().name(NAME).secret_string("one");
    let made = request.client_request_token(V1).send().await.unwrap();
    assert_eq!((made.name(), made.version_id()), (Some(NAME), Some(V1)));
    let arn = made.arn.unwrap();
    let prefix = format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{NAME}-");
    let suffix = arn.strip_prefix(&prefix).unwrap();
    assert!(suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric()), "{arn}");
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"])]));
}

/// The SDK makes a token where the caller gives none.
#[tokio::test]
async fn the_sdks_own_token_becomes_the_version_id() {
    let world = World::new().await;
    let made = world.client.create_secret().name(NAME).secret_string("one").send().await.unwrap();
    assert_eq!(made.version_id.unwrap().len(), 36);
}

/// A repeat of the request, as after a lost answer, gives the same answer and no second version.
#[tokio::test]
async fn the_same_token_and_value_create_once() {
    let world = World::new().await;
    let first = world.create("one", V1).await;
    let second = world.create("one", V1).await;
    assert_eq!(first, second);
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"])]));
}

/// A version's value never changes: neither does a repeat with another value succeed, nor apply.
#[tokio::test]
async fn the_same_token_with_another_value_is_refused() {
    let world = World::with_secret().await;
    let request = world.client.create_secret().name(NAME).secret_string("two");
    let outcome = request.client_request_token(V1).send().await;
    assert_eq!(error_type(outcome), "ResourceExistsException");
    assert_eq!(world.current().await, "one");
}

/// A name is used once.
#[tokio::test]
async fn a_name_in_use_is_refused() {
    let world = World::with_secret().await;
    let request = world.client.create_secret().name(NAME).secret_string("one");
    let (error_type, message) = refusal(request.client_request_token(V2).send().await);
    assert_eq!(error_type, "ResourceExistsException");
    assert_eq!(message, format!("The operation failed because the secret {NAME} already exists."));
    let empty = world.client.create_secret().name(NAME).send().await;
    assert_eq!(refusal(empty).0, "ResourceExistsException");
}

/// A secret may start without a value; then it has no version, and nothing to get.
#[tokio::test]
async fn a_secret_without_a_value_has_no_version() {
    let world = World::new().await;
    let made = world.client.create_secret().name(NAME).send().await.unwrap();
    assert_eq!(made.version_id, None);
    assert_eq!(world.labels().await, labels([]));
    let (error_type, message) = refusal(world.client.get_secret_value().secret_id(NAME).send().await);
    assert_eq!(error_type, "ResourceNotFoundException");
    assert_eq!(message, "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
}

/// Only the documented characters and lengths make a name.
#[tokio::test]
async fn a_name_with_another_character_or_length_is_refused() {
    let world = World::new().await;
    for name in ["", "with space", "colon:", "ümlaut", "star*", &"a".repeat(513)] {
        let outcome = world.client.create_secret().name(name).secret_string("one").send().await;
        assert_eq!(error_type(outcome), "ValidationException", "{name:?}");
    }
    let longest = "a".repeat(512);
    world.client.create_secret().name(longest).secret_string("one").send().await.unwrap();
}

/// A version id has 32 to 64 characters.
#[tokio::test]
async fn a_token_of_another_length_is_refused() {
    let world = World::new().await;
    for token in [&V1[..31], &"t".repeat(65)] {
        let request = world.client.create_secret().name(NAME).secret_string("one");
        let outcome = request.client_request_token(token).send().await;
        assert_eq!(error_type(outcome), "InvalidParameterException", "{token}");
    }
    world.create("one", &"t".repeat(64)).await;
}

/// A value is text or bytes, within AWS's size, never both.
#[tokio::test]
async fn a_value_of_both_kinds_or_too_large_is_refused() {
    let world = World::new().await;
    let request = world.client.create_secret().name(NAME).secret_string("one");
    let both = request.secret_binary(Blob::new(b"two")).send().await;
    assert_eq!(error_type(both), "InvalidParameterException");
    let large = world.client.create_secret().name(NAME).secret_string("x".repeat(65_537));
    assert_eq!(error_type(large.send().await), "ValidationException");
    let empty = world.client.create_secret().name(NAME).secret_string("").send().await;
    assert_eq!(error_type(empty), "ValidationException");
    assert_eq!(world.client.list_secrets().send().await.unwrap().secret_list(), []);
}

/// What describes a secret comes back as it was given.
#[tokio::test]
async fn description_key_and_tags_are_kept() {
    let world = World::new().await;
    let tag = Tag::builder().key("team").value("onboarding").build();
    let request = world.client.create_secret().name(NAME).secret_string("one").tags(tag.clone());
    request.description("the vault").kms_key_id("alias/vault").send().await.unwrap();
    let described = world.client.describe_secret().secret_id(NAME).send().await.unwrap();
    assert_eq!(described.description(), Some("the vault"));
    assert_eq!(described.kms_key_id(), Some("alias/vault"));
    assert_eq!(described.tags(), [tag]);
    assert!(described.created_date().is_some() && described.deleted_date().is_none());
}

/// A secret exists in the region of the request's credential scope, and in no other.
#[tokio::test]
async fn another_region_has_other_secrets() {
    let world = World::with_secret().await;
    let disabled = aws_sdk_secretsmanager::config::retry::RetryConfig::disabled();
    let elsewhere = crate::world::client(&world.service, "us-gov-west-1", disabled);
    let outcome = elsewhere.describe_secret().secret_id(NAME).send().await;
    assert_eq!(error_type(outcome), "ResourceNotFoundException");
    let made = elsewhere.create_secret().name(NAME).secret_string("one").send().await.unwrap();
    assert!(made.arn.unwrap().contains(":us-gov-west-1:"));
}
