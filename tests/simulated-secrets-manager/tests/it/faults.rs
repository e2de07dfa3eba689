use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::{
    config::retry::RetryConfig,
    error::{ProvideErrorMetadata as _, SdkError},
};
use simulated_secrets_manager::{Call, Operation};

use crate::world::{NAME, V1, V2, World, client, labels};

fn retrying(world: &World) -> aws_sdk_secretsmanager::Client {
    let backoff = Duration::from_millis(1);
    let retries = RetryConfig::standard().with_initial_backoff(backoff);
    client(&world.service, "eu-west-1", retries)
}

/// An ordered failure is answered as ordered, applies nothing, and is used up.
#[tokio::test]
async fn a_failure_is_answered_as_ordered_and_used_up() {
    let world = World::with_secret().await;
    world.service.faults().fail(Operation::GetSecretValue, 2, 503, "ServiceUnavailable");
    for _ in 0..2 {
        let error = world.client.get_secret_value().secret_id(NAME).send().await.unwrap_err();
        assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
        assert_eq!(error.code(), Some("ServiceUnavailable"));
    }
    assert_eq!(world.current().await, "one");
}

/// A failure concerns its operation only, and what failed was not applied.
#[tokio::test]
async fn a_failed_put_is_not_applied() {
    let world = World::with_secret().await;
    world.service.faults().fail(Operation::PutSecretValue, 1, 400, "LimitExceededException");
    let put = world.client.put_secret_value().secret_id(NAME).secret_string("two");
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_limit_exceeded_exception(), "{error:?}");
    assert_eq!(world.current().await, "one");
}

/// A cut before applying leaves nothing; a cut after applying leaves the version.
#[tokio::test]
async fn a_cut_connection_gives_no_answer() {
    let world = World::with_secret().await;
    let put = |value: &str, token: &str| {
        let request = world.client.put_secret_value().secret_id(NAME).secret_string(value);
        request.client_request_token(token).send()
    };
    world.service.faults().drop_before(Operation::PutSecretValue, 1);
    let before = put("two", V2).await.unwrap_err();
    assert!(matches!(before, SdkError::DispatchFailure(_)), "{before:?}");
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"])]));
    world.service.faults().drop_after(Operation::PutSecretValue, 1);
    let after = put("two", V2).await.unwrap_err();
    assert!(matches!(after, SdkError::DispatchFailure(_)), "{after:?}");
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
}

/// An SDK that retries after a lost answer makes one secret and one version: what tokens are for.
#[tokio::test]
async fn a_retry_after_a_lost_answer_applies_once() {
    let world = World::new().await;
    let client = retrying(&world);
    world.service.faults().drop_after(Operation::CreateSecret, 2);
    let request = client.create_secret().name(NAME).secret_string("one");
    let made = request.send().await.unwrap().version_id.unwrap();
    world.service.faults().drop_after(Operation::PutSecretValue, 1);
    let put = client.put_secret_value().secret_id(NAME).secret_string("two").send().await;
    let put = put.unwrap().version_id.unwrap();
    let expected = labels([(&made, &["AWSPREVIOUS"]), (&put, &["AWSCURRENT"])]);
    assert_eq!(world.labels().await, expected);
    let calls = world.service.calls();
    let count = |operation| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!((count(Operation::CreateSecret), count(Operation::PutSecretValue)), (3, 2));
}

/// A throttled call is retried by the SDK like one throttled by AWS.
#[tokio::test]
async fn the_sdk_retries_a_throttled_call() {
    let world = World::with_secret().await;
    world.service.faults().fail(Operation::GetSecretValue, 1, 400, "ThrottlingException");
    let answer = retrying(&world).get_secret_value().secret_id(NAME).send().await.unwrap();
    assert_eq!(answer.secret_string(), Some("one"));
}

/// A delayed call waits, others do not wait for it.
#[tokio::test]
async fn a_delay_holds_up_its_own_call_only() {
    let world = World::with_secret().await;
    let wait = Duration::from_millis(400);
    world.service.faults().delay(Operation::PutSecretValue, 1, wait);
    let began = Instant::now();
    let put = world.client.put_secret_value().secret_id(NAME).secret_string("two").send();
    let (put, value) = tokio::join!(put, world.current());
    put.unwrap();
    assert_eq!(value, "one");
    assert!(began.elapsed() >= wait);
    assert_eq!(world.current().await, "two");
}

/// Failures not used can be taken back.
#[tokio::test]
async fn cleared_faults_do_not_happen() {
    let world = World::with_secret().await;
    world.service.faults().drop_before(Operation::GetSecretValue, 5);
    world.service.faults().clear();
    assert_eq!(world.current().await, "one");
}

/// Calls are recorded in order by operation and name, also refused ones and those by ARN; the
/// record has no value.
#[tokio::test]
async fn calls_are_recorded_without_values() {
    let world = World::new().await;
    let arn = world.create("a value nobody sees", V1).await;
    world.client.get_secret_value().secret_id(&arn).send().await.unwrap();
    world.client.get_secret_value().secret_id("nowhere").send().await.unwrap_err();
    world.client.list_secrets().send().await.unwrap();
    let call = |operation, secret: Option<&str>| Call { operation, secret: secret.map(str::to_owned) };
    let calls = world.service.calls();
    assert_eq!(
        calls,
        [
            call(Operation::CreateSecret, Some(NAME)),
            call(Operation::GetSecretValue, Some(NAME)),
            call(Operation::GetSecretValue, Some("nowhere")),
            call(Operation::ListSecrets, None),
        ]
    );
    assert!(!format!("{calls:?}").contains("nobody sees"));
    world.service.clear_calls();
    assert_eq!(world.service.calls(), []);
}
