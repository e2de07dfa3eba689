//! A Secrets Manager of its own for each test, and our client of it.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::time::Timestamp;
use onboarding_secrets::{Secrets, SecretsError};
use secrecy::ExposeSecret as _;
use simulated_secrets_manager::{Operation, SimulatedSecretsManager};
use tokio::net::TcpListener;

/// A prefix as people choose it: with a level of its own.
pub(crate) const PREFIX: &str = "onboarding/test";
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) struct World {
    pub(crate) service: SimulatedSecretsManager,
    pub(crate) secrets: Secrets,
}

impl World {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = SimulatedSecretsManager::start(listener, None).unwrap();
        let secrets = connect(&service.endpoint());
        Self { service, secrets }
    }

    /// Another environment of the same deployment.
    pub(crate) fn another(&self) -> Secrets {
        connect(&self.service.endpoint())
    }

    /// Does what an operator does by hand. Not counted.
    pub(crate) async fn by_hand(&self, name: &str, value: &str) {
        let config = aws_sdk_secretsmanager::config::Builder::from(&sdk())
            .endpoint_url(self.service.endpoint())
            .retry_config(RetryConfig::disabled())
            .build();
        let client = Client::from_conf(config);
        let name = format!("{PREFIX}/{name}");
        let made = client.create_secret().name(&name).secret_string(value).send().await;
        if made.is_err() {
            client.put_secret_value().secret_id(&name).secret_string(value).send().await.unwrap();
        }
        self.service.clear_calls();
    }

    pub(crate) fn calls(&self, operation: Operation) -> usize {
        self.service.calls().iter().filter(|call| call.operation == operation).count()
    }

    pub(crate) fn reads(&self) -> usize {
        self.calls(Operation::GetSecretValue)
    }

    /// Both attempts of the next read fail, and so on.
    pub(crate) fn fail_reads(&self, reads: usize) {
        self.service.faults().fail(Operation::GetSecretValue, 2 * reads, 500, "InternalServiceError");
    }
}

/// The client secret that is in force.
pub(crate) async fn client_secret(world: &World, now: Timestamp) -> Result<String, SecretsError> {
    world.secrets.client_credential(now).await.map(|credential| match credential.as_ref() {
        ClientCredential::Secret { value: secret, .. } => secret.expose_secret().to_owned(),
        ClientCredential::Certificate(_) => panic!("a certificate"),
    })
}

pub(crate) fn connect(endpoint: &str) -> Secrets {
    Secrets::connect(&sdk(), Some(endpoint), PREFIX)
}

fn sdk() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("id", "key", None, None, "test")))
        .http_client(onboarding_lambda::aws::plain_http_client())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .build()
}
