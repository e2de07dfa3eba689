//! The guarded HTTP client: one POST, to an address that may be reached, without following anybody anywhere.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use onboarding_core::delivery::Attempt;
use onboarding_core::redirect_url::RedirectUrl;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url, redirect};
use thiserror::Error;

use crate::guard::{GuardedResolver, Lookup, Reach, SystemLookup};

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
        Self::with_lookup(reach, Arc::new(SystemLookup))
    }

    /// The same with another look-up than the operating system's: tests of the guard decide what a name leads to.
    pub fn with_lookup(reach: Reach, lookup: Arc<dyn Lookup>) -> Result<Self, SenderError> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SenderError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        #[expect(clippy::disallowed_methods, reason = "the one client that connects to hosts which providers choose")]
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(GuardedResolver { reach, lookup })
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
            return Attempt::Failed { status: None, retry_after: None };
        }
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Attempt::Accepted,
            Ok(answer) if answer.status() == StatusCode::GONE => Attempt::Gone,
            Ok(answer) => {
                Attempt::Failed { status: Some(answer.status().as_u16()), retry_after: retry_after(answer.headers()) }
            }
            Err(_) => Attempt::Failed { status: None, retry_after: None },
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Option<Duration> {
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, reqwest::header::HeaderValue::from_static(value))]))
    }

    /// T49 A receiver's `Retry-After` is a number of seconds or nothing; the schedule caps it.
    #[test]
    fn a_retry_after_is_seconds_or_nothing() {
        assert_eq!(asked("0"), Some(Duration::ZERO));
        assert_eq!(asked("120"), Some(Duration::from_mins(2)));
        assert_eq!(asked("18446744073709551615"), Some(Duration::from_secs(u64::MAX)));
        for text in ["", "18446744073709551616", "-1", "1.5", "1e3", "60, 60", "soon", "Wed, 21 Oct 2065 07:28:00 GMT"]
        {
            assert_eq!(asked(text), None, "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    /// T46 What the HTTP client would take for an address is taken for one here.
    #[test]
    fn a_literal_is_seen_in_every_form_that_the_parser_makes_of_it() {
        for (text, address) in [
            ("https://127.0.0.1/", "127.0.0.1"),
            ("https://2130706433/", "127.0.0.1"),
            ("https://0x7f.1/", "127.0.0.1"),
            ("https://127.0.0.1./", "127.0.0.1"),
            ("https://[::1]:443/", "::1"),
            ("https://[::ffff:10.0.0.5]/", "::ffff:10.0.0.5"),
        ] {
            assert_eq!(literal(&Url::parse(text).unwrap()), Some(address.parse().unwrap()), "{text}");
        }
        assert_eq!(literal(&Url::parse("https://hooks.example.com/").unwrap()), None);
    }
}
