//! A stand-in of its own for each test, and the SDK's client for it.

use std::{collections::BTreeMap, fmt::Debug, path::PathBuf};

use aws_sdk_secretsmanager::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
};
use chrono::{DateTime, Utc};
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::net::TcpListener;

/// Uses every character a name may have.
pub(crate) const NAME: &str = "vault/_+=.@-A1";

pub(crate) const V1: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const V2: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const V3: &str = "33333333-3333-4333-8333-333333333333";

pub(crate) struct World {
    pub(crate) service: SimulatedSecretsManager,
    /// Does not retry: each call is one request.
    pub(crate) client: Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    pub(crate) async fn with(state_file: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::of(SimulatedSecretsManager::start(listener, state_file).unwrap())
    }

    /// By this clock.
    pub(crate) async fn by(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::of(SimulatedSecretsManager::start_by(listener, None, now).unwrap())
    }

    fn of(service: SimulatedSecretsManager) -> Self {
        let client = client(&service, "eu-west-1", RetryConfig::disabled());
        Self { service, client }
    }

    /// With `NAME` made as version `V1` of value "one".
    pub(crate) async fn with_secret() -> Self {
        let world = Self::new().await;
        world.create("one", V1).await;
        world
    }

    pub(crate) async fn create(&self, value: &str, token: &str) -> String {
        let request = self.client.create_secret().name(NAME).secret_string(value);
        let made = request.client_request_token(token).send().await.unwrap();
        made.arn.unwrap()
    }

    /// Puts a version and gives its labels back.
    pub(crate) async fn put(&self, value: &str, token: &str, stages: &[&str]) -> Vec<String> {
        let stages = stages.iter().map(|stage| (*stage).to_owned()).collect::<Vec<_>>();
        let stages = Some(stages).filter(|stages| !stages.is_empty());
        let request = self.client.put_secret_value().secret_id(NAME).secret_string(value);
        let request = request.client_request_token(token).set_version_stages(stages);
        request.send().await.unwrap().version_stages.unwrap()
    }

    /// The labels of each labelled version.
    pub(crate) async fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let described = self.client.describe_secret().secret_id(NAME).send().await.unwrap();
        described.version_ids_to_stages.unwrap_or_default().into_iter().collect()
    }

    pub(crate) async fn current(&self) -> String {
        let answer = self.client.get_secret_value().secret_id(NAME).send().await.unwrap();
        answer.secret_string.unwrap()
    }
}

pub(crate) fn client(service: &SimulatedSecretsManager, region: &'static str, retries: RetryConfig) -> Client {
    let credentials = Credentials::new("key", "secret", None, None, "static");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(onboarding_lambda::aws::plain_http_client())
        .endpoint_url(service.endpoint())
        .region(Region::from_static(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .build();
    Client::from_conf(config)
}

/// Labels as [`World::labels`] gives them.
pub(crate) fn labels<const N: usize>(versions: [(&str, &[&str]); N]) -> BTreeMap<String, Vec<String>> {
    let owned = |stages: &[&str]| stages.iter().map(|stage| (*stage).to_owned()).collect();
    versions.into_iter().map(|(id, stages)| (id.to_owned(), owned(stages))).collect()
}

/// The error type and the message of a refused call.
pub(crate) fn refusal<T: Debug, E: ProvideErrorMetadata + Debug>(outcome: Result<T, SdkError<E>>) -> (String, String) {
    let error = outcome.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    assert_eq!(status, 400, "{error:?}");
    (error.code().unwrap().to_owned(), error.message().unwrap().to_owned())
}

/// The error type of a refused call.
pub(crate) fn error_type<T: Debug, E: ProvideErrorMetadata + Debug>(outcome: Result<T, SdkError<E>>) -> String {
    refusal(outcome).0
}
