use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::{
    UpdateSecretVersionStageError, UpdateSecretVersionStageOutput,
};

use crate::world::{NAME, V1, V2, V3, World, error_type, labels, refusal};

type Outcome = Result<UpdateSecretVersionStageOutput, SdkError<UpdateSecretVersionStageError>>;

impl World {
    async fn update(&self, stage: &str, from: Option<&str>, to: Option<&str>) -> Outcome {
        let request = self.client.update_secret_version_stage().secret_id(NAME);
        let request = request.version_stage(stage).set_move_to_version_id(to.map(str::to_owned));
        request.set_remove_from_version_id(from.map(str::to_owned)).send().await
    }
}

/// With `V1` current and `V2` pending, as in the middle of a rotation.
async fn rotating() -> World {
    let world = World::with_secret().await;
    world.put("two", V2, &["AWSPENDING"]).await;
    world
}

/// Promotion makes the pending version current and the old one previous; pending stays where it
/// was (recorded from AWS).
#[tokio::test]
async fn moving_current_leaves_previous_behind() {
    let world = rotating().await;
    let answer = world.update("AWSCURRENT", Some(V1), Some(V2)).await.unwrap();
    assert_eq!(answer.name(), Some(NAME));
    let promoted = labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT", "AWSPENDING"])]);
    assert_eq!(world.labels().await, promoted);
    assert_eq!(world.current().await, "two");
}

/// A plain put after a promotion leaves one current version, and none pending (recorded from AWS):
/// the case in which other stand-ins leave two current versions.
#[tokio::test]
async fn a_put_after_a_promotion_leaves_one_current_and_none_pending() {
    let world = rotating().await;
    world.update("AWSCURRENT", Some(V1), Some(V2)).await.unwrap();
    world.put("three", V3, &[]).await;
    assert_eq!(world.labels().await, labels([(V2, &["AWSPREVIOUS"]), (V3, &["AWSCURRENT"])]));
}

/// A version still pending stays so when another is put and made current.
#[tokio::test]
async fn a_put_leaves_another_pending_version_alone() {
    let world = rotating().await;
    world.put("three", V3, &[]).await;
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSPENDING"]), (V3, &["AWSCURRENT"])]));
}

/// A whole second rotation, as a rotation function does it (recorded from AWS).
#[tokio::test]
async fn a_second_rotation_takes_pending_along() {
    let world = rotating().await;
    world.update("AWSCURRENT", Some(V1), Some(V2)).await.unwrap();
    world.put("three", V3, &["AWSPENDING"]).await;
    world.update("AWSCURRENT", Some(V2), Some(V3)).await.unwrap();
    let rotated = labels([(V2, &["AWSPREVIOUS"]), (V3, &["AWSCURRENT", "AWSPENDING"])]);
    assert_eq!(world.labels().await, rotated);
}

/// Going back swaps the two labels.
#[tokio::test]
async fn moving_current_back_swaps_current_and_previous() {
    let world = World::with_secret().await;
    world.put("two", V2, &[]).await;
    world.update("AWSCURRENT", Some(V2), Some(V1)).await.unwrap();
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"]), (V2, &["AWSPREVIOUS"])]));
}

/// A label on another version is moved only by naming that version: no value, a wrong version and
/// an unknown version are refused, and move nothing.
#[tokio::test]
async fn a_label_is_not_taken_from_a_version_that_is_not_named() {
    let world = rotating().await;
    let before = world.labels().await;
    let (error_type, message) = refusal(world.update("AWSCURRENT", None, Some(V2)).await);
    assert_eq!(error_type, "InvalidParameterException");
    assert_eq!(
        message,
        format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is \
             currently attached to version {V1}, so you must explicitly reference that version in \
             RemoveFromVersionId."
        )
    );
    for wrong in [V2, V3] {
        let outcome = world.update("AWSCURRENT", Some(wrong), Some(V2)).await;
        assert_eq!(refusal(outcome).0, "InvalidParameterException");
    }
    assert_eq!(world.labels().await, before);
}

/// Of two promotions that saw the same state, the second is refused.
#[tokio::test]
async fn of_two_promotions_from_one_state_one_is_refused() {
    let world = rotating().await;
    world.put("three", V3, &["MINE"]).await;
    world.update("AWSCURRENT", Some(V1), Some(V2)).await.unwrap();
    let second = world.update("AWSCURRENT", Some(V1), Some(V3)).await;
    assert_eq!(error_type(second), "InvalidParameterException");
    assert_eq!(world.current().await, "two");
}

/// A label nobody has is added without naming anybody; a label the version has, too.
#[tokio::test]
async fn a_free_label_and_a_label_already_there_are_added() {
    let world = rotating().await;
    world.update("MINE", None, Some(V1)).await.unwrap();
    world.update("AWSPENDING", None, Some(V2)).await.unwrap();
    world.update("AWSCURRENT", None, Some(V1)).await.unwrap();
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT", "MINE"]), (V2, &["AWSPENDING"])]));
}

/// A label is removed from the version that has it, from no other; a version without labels is no
/// longer listed but still there.
#[tokio::test]
async fn a_label_is_removed_from_the_version_that_has_it() {
    let world = rotating().await;
    let elsewhere = world.update("AWSPENDING", Some(V1), None).await;
    assert_eq!(error_type(elsewhere), "InvalidParameterException");
    world.update("AWSPENDING", Some(V2), None).await.unwrap();
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"])]));
    let get = world.client.get_secret_value().secret_id(NAME).version_id(V2).send().await;
    assert_eq!(get.unwrap().secret_string(), Some("two"));
}

/// Removing a label of one's own leaves `AWSPREVIOUS` alone (a bug other stand-ins had).
#[tokio::test]
async fn removing_a_label_leaves_the_others_alone() {
    let world = rotating().await;
    world.update("AWSCURRENT", Some(V1), Some(V2)).await.unwrap();
    world.update("AWSPENDING", Some(V2), None).await.unwrap();
    assert_eq!(world.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
}

/// `AWSCURRENT` moves, it never goes.
#[tokio::test]
async fn current_cannot_be_removed() {
    let world = World::with_secret().await;
    let outcome = world.update("AWSCURRENT", Some(V1), None).await;
    assert_eq!(error_type(outcome), "InvalidParameterException");
    assert_eq!(world.current().await, "one");
}

/// Neither a move nor a removal, or a move to a version that is not there, is refused.
#[tokio::test]
async fn a_move_to_nowhere_is_refused() {
    let world = World::with_secret().await;
    let neither = world.update("MINE", None, None).await;
    assert_eq!(error_type(neither), "InvalidParameterException");
    let nowhere = world.update("AWSCURRENT", Some(V1), Some(V2)).await;
    assert_eq!(error_type(nowhere), "ResourceNotFoundException");
    assert_eq!(world.labels().await, labels([(V1, &["AWSCURRENT"])]));
}
