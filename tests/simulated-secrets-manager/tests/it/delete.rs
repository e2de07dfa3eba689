use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::primitives::DateTime;

use crate::world::{NAME, V1, V2, World, error_type, refusal};

const MARKED: &str = "You can't perform this operation on the secret because it was marked for deletion.";

async fn scheduled() -> World {
    let world = World::with_secret().await;
    world.client.delete_secret().secret_id(NAME).recovery_window_in_days(7).send().await.unwrap();
    world
}

/// The deletion date is the end of the window asked for; without one, 30 days.
#[tokio::test]
async fn the_recovery_window_sets_the_deletion_date() {
    for (asked, days) in [(None, 30), (Some(7), 7), (Some(30), 30)] {
        let world = World::with_secret().await;
        let request = world.client.delete_secret().secret_id(NAME);
        let answer = request.set_recovery_window_in_days(asked).send().await.unwrap();
        let date = answer.deletion_date.unwrap();
        let expected = from_now(Duration::from_hours(24 * days));
        assert!((date.secs() - expected.secs()).abs() < 60, "{asked:?}: {date}");
        let described = world.client.describe_secret().secret_id(NAME).send().await.unwrap();
        assert_eq!(described.deleted_date, Some(date));
    }
}

/// A window outside 7 to 30 days, or a window and force together, is refused.
#[tokio::test]
async fn an_impossible_window_is_refused() {
    let world = World::with_secret().await;
    let delete = || world.client.delete_secret().secret_id(NAME);
    for days in [0, 6, 31] {
        let outcome = delete().recovery_window_in_days(days).send().await;
        assert_eq!(error_type(outcome), "InvalidParameterException");
    }
    let both = delete().recovery_window_in_days(7).force_delete_without_recovery(true);
    assert_eq!(error_type(both.send().await), "InvalidParameterException");
    assert_eq!(world.current().await, "one");
}

/// A secret scheduled for deletion neither tells nor takes anything.
#[tokio::test]
async fn a_secret_scheduled_for_deletion_refuses_use() {
    let world = scheduled().await;
    let marked = ("InvalidRequestException".to_owned(), MARKED.to_owned());
    let client = &world.client;
    let get = client.get_secret_value().secret_id(NAME).send().await;
    assert_eq!(refusal(get), marked);
    let put = client.put_secret_value().secret_id(NAME).secret_string("two").send().await;
    assert_eq!(refusal(put), marked);
    let update = client.update_secret_version_stage().secret_id(NAME).version_stage("MINE");
    assert_eq!(refusal(update.move_to_version_id(V1).send().await), marked);
    let delete = client.delete_secret().secret_id(NAME).send().await;
    assert_eq!(refusal(delete), marked);
}

/// Its name stays taken, also for the repeat of the request that made it.
#[tokio::test]
async fn a_secret_scheduled_for_deletion_keeps_its_name() {
    let world = scheduled().await;
    for token in [V1, V2] {
        let request = world.client.create_secret().name(NAME).secret_string("one");
        let (error_type, message) = refusal(request.client_request_token(token).send().await);
        assert_eq!(error_type, "InvalidRequestException");
        assert_eq!(
            message,
            "You can't create this secret because a secret with this name is already scheduled \
             for deletion."
        );
    }
}

/// Force deletes at once, also a secret already scheduled, and frees the name for a new ARN.
#[tokio::test]
async fn a_forced_delete_frees_the_name() {
    let world = World::new().await;
    let first = world.create("one", V1).await;
    world.client.delete_secret().secret_id(NAME).send().await.unwrap();
    let force = world.client.delete_secret().secret_id(&first).force_delete_without_recovery(true);
    let answer = force.send().await.unwrap();
    assert_eq!((answer.arn(), answer.name()), (Some(first.as_str()), Some(NAME)));
    let get = world.client.get_secret_value().secret_id(NAME).send().await;
    assert_eq!(error_type(get), "ResourceNotFoundException");
    let second = world.create("two", V1).await;
    assert_ne!(first, second);
    assert_eq!(world.current().await, "two");
}

/// Force does not mind a secret that is not there; a scheduled deletion does.
#[tokio::test]
async fn a_secret_not_there_is_deleted_only_by_force() {
    let world = World::new().await;
    let delete = || world.client.delete_secret().secret_id(NAME);
    delete().force_delete_without_recovery(true).send().await.unwrap();
    assert_eq!(error_type(delete().send().await), "ResourceNotFoundException");
}

#[expect(clippy::disallowed_methods, reason = "compared with what the stand-in's own clock said")]
fn from_now(time: Duration) -> DateTime {
    DateTime::from(SystemTime::now() + time)
}
