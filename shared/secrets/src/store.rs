//! AWS Secrets Manager, reduced to the calls that we make. Names are given without the prefix.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{Builder, Config};
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_types::SdkConfig;
use secrecy::{ExposeSecret as _, SecretString};

use crate::SecretsError;

/// Reads are small; a second attempt on a new connection is worth more than patience.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// With the attempt timeout: 2.1 s at most, which a callback can bear and an outage does not stretch.
const ATTEMPTS: u32 = 2;
/// The longest wait before the second attempt.
const BACKOFF: Duration = Duration::from_millis(100);

/// The label of the version that readers get.
const CURRENT: &str = "AWSCURRENT";
/// The label of a version that is to become current. Without a label it would count as deprecated, and go.
const PENDING: &str = "AWSPENDING";

/// The secrets below one prefix.
pub(crate) struct Store {
    client: Client,
    prefix: String,
}

/// A value with the name of its version.
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: SecretString,
}

/// Whether a value was replaced, or somebody else replaced it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    ByUs,
    ByAnother,
}

/// Whether a secret was made, or was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Now,
    Before,
}

impl Store {
    pub(crate) fn new(sdk: &SdkConfig, endpoint: Option<&str>, prefix: &str) -> Self {
        Self { client: Client::from_conf(config(sdk, endpoint)), prefix: prefix.to_owned() }
    }

    /// The current value, as text.
    pub(crate) async fn read(&self, name: &str) -> Result<SecretString, SecretsError> {
        self.current(name).await.map(|version| version.value)
    }

    /// The current version.
    pub(crate) async fn current(&self, name: &str) -> Result<Version, SecretsError> {
        let name = self.full(name);
        let answer = self.client.get_secret_value().secret_id(&name).send().await;
        match answer {
            Ok(answer) => match (answer.version_id, answer.secret_string) {
                (Some(id), Some(text)) => Ok(Version { id, value: text.into() }),
                _ => Err(SecretsError::Malformed(name)),
            },
            Err(fault) if is_absent(&fault) => Err(SecretsError::Absent(name)),
            Err(fault) => Err(unavailable(&name, &fault)),
        }
    }

    /// Replaces the version `former` by `value`, unless another is current by now: of two who read the same version,
    /// one wins. `token` becomes the new version's name; it makes the SDK's second attempt harmless.
    ///
    /// The new version is written beside the current one, then the label that makes it current is moved from `former`
    /// and from no other version.
    pub(crate) async fn replace(
        &self,
        name: &str,
        former: &str,
        value: &SecretString,
        token: &str,
    ) -> Result<Replaced, SecretsError> {
        let full = self.full(name);
        let put = self.client.put_secret_value().secret_id(&full).secret_string(value.expose_secret());
        let put = put.client_request_token(token).version_stages(PENDING);
        put.send().await.map_err(|fault| unavailable(&full, &fault))?;
        let promote = self.client.update_secret_version_stage().secret_id(&full).version_stage(CURRENT);
        let promote = promote.remove_from_version_id(former).move_to_version_id(token);
        let Err(fault) = promote.send().await else { return Ok(Replaced::ByUs) };
        // Refused, or the answer got lost: a repeated move of ours is refused too, so only the state tells.
        match self.current(name).await?.id {
            current if current == token => Ok(Replaced::ByUs),
            current if current == former => Err(unavailable(&full, &fault)),
            _ => Ok(Replaced::ByAnother),
        }
    }

    /// Makes a secret, unless there is one of that name. The SDK's request token makes its second attempt harmless.
    pub(crate) async fn create(&self, name: &str, value: &SecretString) -> Result<Made, SecretsError> {
        let name = self.full(name);
        let request = self.client.create_secret().name(&name).secret_string(value.expose_secret());
        let Err(fault) = request.send().await else { return Ok(Made::Now) };
        let exists = fault.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception);
        if exists { Ok(Made::Before) } else { Err(unavailable(&name, &fault)) }
    }

    /// Removes a secret at once, if it is there.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), SecretsError> {
        let name = self.full(name);
        let request = self.client.delete_secret().secret_id(&name).force_delete_without_recovery(true);
        request.send().await.map(drop).map_err(|fault| unavailable(&name, &fault))
    }

    /// Writes a new current value of a secret that is there.
    pub(crate) async fn put(&self, name: &str, value: &SecretString) -> Result<(), SecretsError> {
        let name = self.full(name);
        let request = self.client.put_secret_value().secret_id(&name).secret_string(value.expose_secret());
        let Err(fault) = request.send().await else { return Ok(()) };
        let absent = fault.as_service_error().is_some_and(PutSecretValueError::is_resource_not_found_exception);
        if absent { Err(SecretsError::Absent(name)) } else { Err(unavailable(&name, &fault)) }
    }

    /// Writes a new current value under a version's name, whether or not there is a secret. The same write again is no other.
    pub(crate) async fn put_version(&self, name: &str, value: &SecretString, token: &str) -> Result<(), SecretsError> {
        match self.put_as(name, value, token).await {
            Err(SecretsError::Absent(name_with_prefix)) => {
                let create = self.client.create_secret().name(&name_with_prefix).secret_string(value.expose_secret());
                match create.client_request_token(token).send().await {
                    Ok(_) => Ok(()),
                    // Somebody else was faster; the last word is ours all the same.
                    Err(fault)
                        if fault.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) =>
                    {
                        self.put_as(name, value, token).await
                    }
                    Err(fault) => Err(unavailable(&name_with_prefix, &fault)),
                }
            }
            put => put,
        }
    }

    async fn put_as(&self, name: &str, value: &SecretString, token: &str) -> Result<(), SecretsError> {
        let name = self.full(name);
        let request = self.client.put_secret_value().secret_id(&name).secret_string(value.expose_secret());
        let Err(fault) = request.client_request_token(token).send().await else { return Ok(()) };
        let absent = fault.as_service_error().is_some_and(PutSecretValueError::is_resource_not_found_exception);
        if absent { Err(SecretsError::Absent(name)) } else { Err(unavailable(&name, &fault)) }
    }

    /// The name with its prefix, as people find it in the console.
    pub(crate) fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }
}

fn config(sdk: &SdkConfig, endpoint: Option<&str>) -> Config {
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACKOFF);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    let mut builder = Builder::from(sdk).retry_config(retries).timeout_config(timeouts);
    if let Some(endpoint) = endpoint {
        builder.set_endpoint_url(Some(endpoint.to_owned()));
    }
    builder.build()
}

/// Not there, or there no more: a secret that waits for its deletion answers `InvalidRequestException`.
fn is_absent(fault: &SdkError<GetSecretValueError>) -> bool {
    let fault = fault.as_service_error();
    fault.is_some_and(|e| e.is_resource_not_found_exception() || e.is_invalid_request_exception())
}

/// Writes down the service's own code for the fault, which never holds a value.
fn unavailable<E: ProvideErrorMetadata>(name: &str, fault: &SdkError<E>) -> SecretsError {
    let code = fault.as_service_error().and_then(|error| error.code()).unwrap_or("no answer");
    tracing::warn!(secret = name, code, "Secrets Manager did not do as asked");
    SecretsError::Unavailable
}
