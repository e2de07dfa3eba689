//! The guarded HTTP client: one POST, to an address that may be reached, without following anybody anywhere.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use onboarding_core::delivery::Attempt;
use onboarding_core::redirect_url::RedirectUrl;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url, redirect};
use thiserror::Error;

use crate::guard::{GuardedResolver, Reach};

/// The most that one attempt may take, from the look-up of the host to the status line.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most that a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The HTTP client could not be made.
#[derive(Debug, Error)]
#[error("the HTTP client for deliveries cannot be made: {0}")]
pub struct SenderError(String);

/// Sends deliveries.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    reach: Reach,
}

impl Sender {
    /// A sender that reaches what `reach` says. It keeps no connection, follows no redirect and uses no proxy.
    pub fn new(reach: Reach) -> Result<Self, SenderError> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SenderError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        #[expect(clippy::disallowed_methods, reason = "the one client that connects to hosts which providers choose")]
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(GuardedResolver(reach))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .user_agent(concat!("onboarding-webhooks/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(|client| Self { client, reach }).map_err(|error| SenderError(error.to_string()))
    }

    /// Posts `body` once. The answer's body is not read: its status says all that counts.
    pub async fn post(&self, url: &RedirectUrl, headers: [(&'static str, String); 3], body: Vec<u8>) -> Attempt {
        let Ok(url) = Url::parse(url.as_str()) else { return Attempt::Unlisted };
        if literal(&url).is_some_and(|address| !self.reach.allows(address)) {
            return Attempt::Failed { retry_after: None };
        }
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Attempt::Accepted,
            Ok(answer) if answer.status() == StatusCode::GONE => Attempt::Gone,
            Ok(answer) => Attempt::Failed { retry_after: retry_after(answer.headers()) },
            Err(_) => Attempt::Failed { retry_after: None },
        }
    }
}

/// The address in a URL that names one instead of a host.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); the form with a date is not worth a clock of the receiver's.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
