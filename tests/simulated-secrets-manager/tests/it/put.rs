use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_secretsmanager::primitives::Blob;
use chrono::{DateTime, TimeDelta};

use crate::world::{NAME, V1, V2, V3, World, error_type, labels, refusal};

/// Without labels, the new version is current, the one before previous, and older ones nothing.
#[tokio::test]
async fn a_put_moves_current_and_previous() {
    let world = World::with_secret().await;
    assert_eq!(world.put("two", V2, &[]).await, ["AWSCURRENT"]);
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
    world.put("three", V3, &["AWSCURRENT"]).await;
    assert_eq!(world.labels().await, labels([(V2, &["AWSPREVIOUS"]), (V3, &["AWSCURRENT"])]));
    assert_eq!(world.current().await, "three");
}

/// Labels that are named are the only ones that move.
#[tokio::test]
async fn a_put_with_labels_moves_just_those() {
    let world = World::with_secret().await;
    assert_eq!(world.put("two", V2, &["AWSPENDING", "MINE"]).await, ["AWSPENDING", "MINE"]);
    assert_eq!(world.put("three", V3, &["AWSPENDING"]).await, ["AWSPENDING"]);
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"]), (V2, &["MINE"]), (V3, &["AWSPENDING"])]));
    assert_eq!(world.current().await, "one");
}

/// A version may take several labels at once, and labels of one's own stay where they are when
/// the version stops being current (recorded from AWS).
#[tokio::test]
async fn own_labels_stay_on_their_version() {
    let world = World::with_secret().await;
    world.put("two", V2, &["AWSCURRENT", "MINE"]).await;
    world.put("three", V3, &[]).await;
    assert_eq!(world.labels().await, labels([(V2, &["AWSPREVIOUS", "MINE"]), (V3, &["AWSCURRENT"])]));
}

/// The first version is current whatever it is called.
#[tokio::test]
async fn the_first_version_is_always_current() {
    let world = World::new().await;
    world.client.create_secret().name(NAME).send().await.unwrap();
    assert_eq!(world.put("one", V1, &["AWSPENDING"]).await, ["AWSCURRENT", "AWSPENDING"]);
}

/// A repeat changes nothing, even when other versions came between or other labels are asked for.
#[tokio::test]
async fn the_same_token_and_value_put_once() {
    let world = World::with_secret().await;
    world.put("two", V2, &[]).await;
    assert_eq!(world.put("two", V2, &[]).await, ["AWSCURRENT"]);
    assert_eq!(world.put("one", V1, &[]).await, ["AWSPREVIOUS"]);
    assert_eq!(world.put("one", V1, &["AWSPENDING"]).await, ["AWSPREVIOUS"]);
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
}

/// A used token with another value is refused, and moves no label.
#[tokio::test]
async fn the_same_token_with_another_value_is_refused() {
    let world = World::with_secret().await;
    world.put("two", V2, &[]).await;
    for token in [V1, V2] {
        let request = world.client.put_secret_value().secret_id(NAME).secret_string("other");
        let outcome = request.client_request_token(token).send().await;
        assert_eq!(error_type(outcome), "ResourceExistsException");
    }
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
    assert_eq!(world.current().await, "two");
}

/// The same bytes as text and as binary are two values.
#[tokio::test]
async fn a_binary_value_comes_back_and_is_not_the_text_of_its_bytes() {
    let world = World::with_secret().await;
    let put = || world.client.put_secret_value().secret_id(NAME).client_request_token(V2);
    let bytes = Blob::new([0, 255, 1]);
    put().secret_binary(bytes.clone()).send().await.unwrap();
    let answer = world.client.get_secret_value().secret_id(NAME).send().await.unwrap();
    assert_eq!((answer.secret_binary(), answer.secret_string()), (Some(&bytes), None));
    put().secret_binary(bytes).send().await.unwrap();
    assert_eq!(error_type(put().secret_string("AP8B").send().await), "ResourceExistsException");
}

/// A put without a value, to no secret, or with no or too many labels is refused.
#[tokio::test]
async fn a_put_that_makes_no_sense_is_refused() {
    let world = World::with_secret().await;
    let put = || world.client.put_secret_value();
    let (error_type, message) = refusal(put().secret_id(NAME).send().await);
    assert_eq!(error_type, "InvalidRequestException");
    assert_eq!(message, "You must provide either SecretString or SecretBinary.");
    let nowhere = put().secret_id("nowhere").secret_string("two").send().await;
    assert_eq!(refusal(nowhere).0, "ResourceNotFoundException");
    for stages in [0, 21] {
        let stages = (0..stages).map(|number| format!("S{number}")).collect();
        let request = put().secret_id(NAME).secret_string("two").set_version_stages(Some(stages));
        assert_eq!(refusal(request.send().await).0, "ValidationException");
    }
}

/// However many put at once, one is current, one previous, and the current value is one of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn puts_at_the_same_time_leave_one_current_and_one_previous() {
    let world = World::with_secret().await;
    let puts: Vec<_> = (0..20)
        .map(|number| {
            let put = world.client.put_secret_value().secret_id(NAME);
            tokio::spawn(put.secret_string(format!("value {number}")).send())
        })
        .collect();
    let mut made = BTreeSet::from([V1.to_owned()]);
    for put in puts {
        made.insert(put.await.unwrap().unwrap().version_id.unwrap());
    }
    assert_eq!(made.len(), 21);
    let mut stages: Vec<_> = world.labels().await.into_values().collect();
    stages.sort();
    assert_eq!(stages, [["AWSCURRENT"], ["AWSPREVIOUS"]]);
    assert!(world.current().await.starts_with("value "));
}

/// Of one secret 100 versions are made within a day. The next is refused, until one of them is a day old; a repeat is not a
/// version, and another secret has room of its own.
#[tokio::test]
async fn a_secret_takes_a_hundred_versions_a_day() {
    let hours = Arc::new(AtomicI64::new(0));
    let told = Arc::clone(&hours);
    let world = World::by(move || DateTime::UNIX_EPOCH + TimeDelta::hours(told.load(Ordering::SeqCst))).await;
    world.create("0", V1).await;
    let put = |token: String| {
        let put = world.client.put_secret_value().secret_id(NAME).secret_string(&token);
        put.client_request_token(token).send()
    };
    let token = |number: i32| format!("version-{number:032}");
    for number in 1..100 {
        hours.store(i64::from(number / 50), Ordering::SeqCst);
        put(token(number)).await.unwrap();
    }
    hours.store(23, Ordering::SeqCst);
    assert_eq!(error_type(put(token(100)).await), "LimitExceededException");
    put(token(7)).await.unwrap();
    world.client.create_secret().name("other").secret_string("0").send().await.unwrap();
    hours.store(24, Ordering::SeqCst);
    put(token(100)).await.unwrap();
}
