//! What every AWS SDK client of a function shares: region, credentials, one HTTP client, limits.
//!
//! Made by hand instead of by `aws-config`: its provider chain, profile files and IMDS calls are of no use in Lambda,
//! where the environment says everything, and they cost start-up time and binary size (`docs/decisions/0001`).

mod http;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::sdk_config::{RetryConfig, SharedCredentialsProvider, TimeoutConfig};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::config::{ConfigError, Env};

pub use aws_credential_types::Credentials;
pub use aws_types::SdkConfig;
pub use aws_types::region::Region;
pub use aws_types::sdk_config::SharedHttpClient;

/// A connection inside a region takes a few milliseconds; beyond this the address is dead and another may answer.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// One attempt. DynamoDB and Secrets Manager answer in milliseconds; a callback must not hang on one lost packet, and
/// two attempts stay well below the function's own limit.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// The first attempt and one more. What fails twice is told to the caller as 503; the caller's retry is the third.
const ATTEMPTS: u32 = 2;

/// The longest wait before the second attempt; the SDK's own second of jitter would be felt by a person.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// The roots that AWS endpoints chain to: Amazon Trust Services 1 to 4 and Starfield Services G2.
///
/// Explicit, because the SDK otherwise reads the system's trust store when its client is built: 1,002 system calls
/// and 152 opened files before the first event, against 92 and 6 (measured, `docs/decisions/0001`). Kept as text, not
/// picked from `webpki-root-certs` at run time, so that no function carries the roots of 130 other authorities. A test
/// compares them with that crate; when Mozilla drops one, the test fails.
const ROOTS: &str = include_str!("aws/roots.pem");

/// The configuration of a deployed function, from the variables that Lambda sets.
///
/// The credentials are read once: an execution environment keeps them for its whole life.
pub fn sdk_config(env: &Env) -> Result<SdkConfig, ConfigError> {
    let region: String = env.required("AWS_REGION")?;
    let key: String = env.required("AWS_ACCESS_KEY_ID")?;
    let secret: String = env.required("AWS_SECRET_ACCESS_KEY")?;
    let session: Option<String> = env.optional("AWS_SESSION_TOKEN")?;
    let credentials = Credentials::new(key, secret, session, None, "lambda-environment");
    let bundle: Option<PathBuf> = env.optional("AWS_CA_BUNDLE")?;
    let http_client = match bundle {
        Some(bundle) => trusting(given_roots(&bundle)?)?,
        None => https_client()?,
    };
    Ok(sdk_config_for(Region::new(region), credentials, http_client))
}

/// The same configuration with another region, credentials or HTTP client: for the sandbox and for tests.
#[must_use]
pub fn sdk_config_for(region: Region, credentials: Credentials, http_client: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT);
    SdkConfig::builder()
        .behavior_version(behavior_version())
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF))
        .build()
}

/// The roots in the file (PEM) that `AWS_CA_BUNDLE` names, for endpoints behind an authority of one's own. They are trusted
/// instead of ours, as in every AWS SDK that knows the variable.
fn given_roots(bundle: &Path) -> Result<RootCertStore, ConfigError> {
    let wrong = |reason: &str| ConfigError::Wrong { name: "AWS_CA_BUNDLE", reason: reason.to_owned() };
    let pem = std::fs::read_to_string(bundle).map_err(|_| wrong("must name a file that can be read"))?;
    let roots = roots(&pem).filter(|roots| !roots.is_empty());
    roots.ok_or_else(|| wrong("must name a PEM file that holds root certificates and nothing else"))
}

/// The certificates in a PEM text, if all of them are some.
fn roots(pem: &str) -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        store.add(root.ok()?).ok()?;
    }
    Some(store)
}

/// The HTTP client of deployed functions: rustls with ring, trusting the roots of AWS alone.
pub fn https_client() -> Result<SharedHttpClient, ConfigError> {
    let roots = roots(ROOTS).ok_or_else(|| ConfigError::TrustStore("they are not certificates".to_owned()))?;
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> Result<SharedHttpClient, ConfigError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let tls = tls.map_err(|fault| ConfigError::TrustStore(fault.to_string()))?;
    Ok(http::over_tls(tls.with_root_certificates(roots).with_no_client_auth()))
}

/// An HTTP client without TLS: for the stand-ins of the sandbox, on loopback.
#[must_use]
pub fn plain_http_client() -> SharedHttpClient {
    http::plain()
}

/// A dated version, so that an update of the SDK does not change how it behaves.
fn behavior_version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(&str, &str); 3] =
        [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")];

    #[test]
    fn the_environment_is_enough() {
        let config = sdk_config(&Env::from_pairs(PAIRS)).unwrap();
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!(config.retry_config().map(RetryConfig::max_attempts), Some(ATTEMPTS));
        assert!(config.http_client().is_some() && config.sleep_impl().is_some());
        assert!(!format!("{config:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_missing_part_is_named() {
        for (name, _) in PAIRS {
            let rest = PAIRS.into_iter().filter(|(other, _)| *other != name);
            assert_eq!(sdk_config(&Env::from_pairs(rest)).unwrap_err(), ConfigError::Missing { name });
        }
    }

    fn with_bundle(content: &str) -> Result<SdkConfig, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle.pem");
        std::fs::write(&bundle, content).unwrap();
        let given = ("AWS_CA_BUNDLE", bundle.to_str().unwrap());
        sdk_config(&Env::from_pairs(PAIRS.into_iter().chain([given])))
    }

    /// A bundle that holds no roots stops the function at its start, by the variable's name.
    #[test]
    fn a_bundle_of_another_authority_is_taken_or_named() {
        assert!(with_bundle(ROOTS).is_ok());
        let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for content in ["", "no certificate", garbled, &format!("{ROOTS}{garbled}")] {
            let refused = with_bundle(content).unwrap_err().to_string();
            assert!(refused.starts_with("AWS_CA_BUNDLE must name a PEM file"), "{refused}");
        }
        let absent = [("AWS_CA_BUNDLE", "/nonexistent/bundle.pem")];
        let refused = sdk_config(&Env::from_pairs(PAIRS.into_iter().chain(absent))).unwrap_err().to_string();
        assert_eq!(refused, "AWS_CA_BUNDLE must name a file that can be read");
    }

    /// The roots are Mozilla's of today.
    #[test]
    fn every_root_is_still_trusted_by_mozilla() {
        let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(ROOTS.as_bytes()).collect();
        let parsed = parsed.unwrap();
        assert_eq!(parsed.len(), 5);
        let mut store = RootCertStore::empty();
        for certificate in parsed {
            assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.contains(&certificate));
            store.add(certificate).unwrap();
        }
    }
}
