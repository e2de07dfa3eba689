use simulated_secrets_manager::{Error, SimulatedSecretsManager};
use tokio::net::TcpListener;

use crate::world::{NAME, V1, V2, World, error_type, labels};

/// All of a secret outlives the stand-in: value, versions, labels, ARN, tokens.
#[tokio::test]
async fn secrets_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    let before = World::with(Some(file.clone())).await;
    let arn = before.create("one", V1).await;
    before.put("two", V2, &[]).await;
    before.service.stop().await;

    let after = World::with(Some(file)).await;
    assert_eq!(after.labels().await, labels([(V1, &["AWSPREVIOUS"]), (V2, &["AWSCURRENT"])]));
    let answer = after.client.get_secret_value().secret_id(&arn).send().await.unwrap();
    assert_eq!(answer.secret_string(), Some("two"));
    assert_eq!(after.put("one", V1, &[]).await, ["AWSPREVIOUS"]);
}

/// A scheduled deletion outlives a restart, and once the window is over the secret is gone.
#[tokio::test]
async fn a_secret_is_gone_once_its_window_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    let before = World::with(Some(file.clone())).await;
    before.create("one", V1).await;
    before.client.delete_secret().secret_id(NAME).send().await.unwrap();
    before.service.stop().await;

    let mut state: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    state["secrets"][0]["deletion"] = "2020-01-01T00:00:00Z".into();
    std::fs::write(&file, state.to_string()).unwrap();
    let after = World::with(Some(file)).await;
    let outcome = after.client.describe_secret().secret_id(NAME).send().await;
    assert_eq!(error_type(outcome), "ResourceNotFoundException");
    after.create("two", V1).await;
}

/// The file has the change before the answer is given, is whole JSON, and is its owner's only.
#[tokio::test]
async fn a_change_is_saved_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    let world = World::with(Some(file.clone())).await;
    world.create("one", V1).await;
    let state: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(state["secrets"][0]["versions"][0]["id"], V1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1);
}

/// What cannot be saved has not happened.
#[tokio::test]
async fn a_change_that_cannot_be_saved_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(Some(folder.path().join("missing/secrets.json"))).await;
    let outcome = world.client.create_secret().name(NAME).secret_string("one").send().await;
    let error = outcome.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 500);
    assert!(error.into_service_error().is_internal_service_error());
    let outcome = world.client.describe_secret().secret_id(NAME).send().await;
    assert_eq!(error_type(outcome), "ResourceNotFoundException");
}

/// A file that is not a state stops the start, with its name.
#[tokio::test]
async fn a_file_that_is_no_state_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.json");
    std::fs::write(&file, "not a state").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outcome = SimulatedSecretsManager::start(listener, Some(file.clone()));
    let Some(Error::StateFile { path, .. }) = outcome.err() else { panic!("it started") };
    assert_eq!(path, file);
}
