use crate::world::{NAME, V1, V2, V3, World, error_type, refusal};

/// By label, by id, by both, and current by default; also a version that has no label any more.
#[tokio::test]
async fn a_version_is_found_by_label_by_id_and_by_both() {
    let world = World::with_secret().await;
    world.put("two", V2, &[]).await;
    world.put("three", V3, &[]).await;
    let cases = [
        (None, None, "three"),
        (None, Some("AWSPREVIOUS"), "two"),
        (Some(V1), None, "one"),
        (Some(V2), Some("AWSPREVIOUS"), "two"),
    ];
    for (id, stage, value) in cases {
        let request = world.client.get_secret_value().secret_id(NAME);
        let request = request.set_version_id(id.map(str::to_owned));
        let answer = request.set_version_stage(stage.map(str::to_owned)).send().await.unwrap();
        assert_eq!(answer.secret_string(), Some(value));
    }
}

/// The answer tells which version it is and its labels.
#[tokio::test]
async fn the_answer_names_its_version() {
    let world = World::new().await;
    let arn = world.create("one", V1).await;
    world.put("two", V2, &["AWSCURRENT", "MINE"]).await;
    let answer = world.client.get_secret_value().secret_id(NAME).send().await.unwrap();
    assert_eq!((answer.arn(), answer.name()), (Some(arn.as_str()), Some(NAME)));
    assert_eq!(answer.version_id(), Some(V2));
    assert_eq!(answer.version_stages(), ["AWSCURRENT", "MINE"]);
    assert!(answer.created_date().is_some());
}

/// An id and a label of two versions mean none.
#[tokio::test]
async fn an_id_and_a_label_that_do_not_belong_together_are_refused() {
    let world = World::with_secret().await;
    world.put("two", V2, &[]).await;
    let request = world.client.get_secret_value().secret_id(NAME).version_id(V1);
    let (error_type, message) = refusal(request.version_stage("AWSCURRENT").send().await);
    assert_eq!(error_type, "InvalidRequestException");
    assert_eq!(message, "You provided a VersionStage that is not associated to the provided VersionId.");
}

/// What is not there is not found, each with AWS's words.
#[tokio::test]
async fn an_unknown_secret_version_or_label_is_not_found() {
    let world = World::with_secret().await;
    let get = || world.client.get_secret_value();
    let cases = [
        (get().secret_id("nowhere"), "secret.".to_owned()),
        (get().secret_id(NAME).version_id(V2), format!("secret value for VersionId: {V2}")),
        (get().secret_id(NAME).version_stage("AWSPENDING"), "secret value for staging label: AWSPENDING".to_owned()),
    ];
    for (request, what) in cases {
        let (error_type, message) = refusal(request.send().await);
        assert_eq!(error_type, "ResourceNotFoundException");
        assert_eq!(message, format!("Secrets Manager can't find the specified {what}"));
    }
}

/// A version id of a version not there is not found, also with a label (a rotation function relies
/// on it to see that it has still to put its version).
#[tokio::test]
async fn an_unknown_version_with_a_label_is_not_found() {
    let world = World::with_secret().await;
    let request = world.client.get_secret_value().secret_id(NAME).version_id(V2);
    let outcome = request.version_stage("AWSPENDING").send().await;
    assert_eq!(error_type(outcome), "ResourceNotFoundException");
}

/// Name, ARN and ARN without its suffix mean the same secret; a wrong suffix means none.
#[tokio::test]
async fn a_secret_answers_to_its_name_its_arn_and_its_partial_arn() {
    let world = World::new().await;
    let arn = world.create("one", V1).await;
    let partial = &arn[..arn.len() - 7];
    for id in [NAME, &arn, partial] {
        let answer = world.client.get_secret_value().secret_id(id).send().await.unwrap();
        assert_eq!(answer.secret_string(), Some("one"), "{id}");
    }
    let other = format!("{partial}-zzzzzz");
    let outcome = world.client.get_secret_value().secret_id(other).send().await;
    assert_eq!(error_type(outcome), "ResourceNotFoundException");
}
