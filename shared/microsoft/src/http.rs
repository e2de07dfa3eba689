//! The one HTTP client of this crate: how we speak to Microsoft, and how much we listen.
//!
//! No redirects: an answer that points elsewhere is not an answer, and following it would carry codes and tokens
//! there (RFC 9700 §4.12). No retries: a code is redeemed at most once (P2); whoever may repeat a read does so
//! knowingly. ring is the only crypto provider and the roots are compiled in, because the entropy of aws-lc and the
//! reading of the system's trust store are most of a cold start.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Request, StatusCode, redirect, retry};
use thiserror::Error;

/// Connecting is a few round trips. What fails here was never sent, so giving up early costs no code.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A code redemption. A code that is given up too early is lost, so this is as long as a person waits for a page.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(8);

/// Graph, signing keys and discovery: reads that a later call can make again.
pub const READ_TIMEOUT: Duration = Duration::from_secs(3);

/// A frozen Lambda environment wakes up with connections that Microsoft has long closed, and a code sent into one of
/// those is lost. So connections are kept for a burst of calls only.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer of the login host that is read: several times its largest, the key set (T66).
pub const LOGIN_LIMIT: usize = 64 * 1024;

/// The largest answer of Partner Center that is read: one small object.
pub const PARTNER_CENTER_LIMIT: usize = 64 * 1024;

/// The largest answer of Graph that is read: a batch, or one page of a list.
pub const GRAPH_LIMIT: usize = 1024 * 1024;

const USER_AGENT: &str = concat!("onboarding/", env!("CARGO_PKG_VERSION"));

/// Why there is no HTTP client. Nothing of it depends on a request, so it shows when a function starts.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The crypto provider offers no protocol version that we take.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The parts do not make a client.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// The client. Plain http works too: a sandbox's endpoints are local.
pub fn client() -> Result<Client, ClientError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "the one place that makes a client for Microsoft")]
    let builder = Client::builder();
    let client = builder
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOKEN_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .user_agent(USER_AGENT)
        .build()?;
    Ok(client)
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unanswered {
    /// No connection came about, so nothing was sent.
    #[error("no connection could be made")]
    NotSent,
    /// The request went out, in part or whole, and no whole answer came back in time.
    #[error("the connection broke off or stayed silent")]
    Lost,
    /// Microsoft answered that it is busy, in no form that says more.
    #[error("Microsoft is busy")]
    Busy,
    /// The answer is larger than any that we want.
    #[error("the answer is too large")]
    TooLarge,
}

/// Sends `request` once and reads at most `limit` bytes of its answer.
pub(crate) async fn send(
    http: &Client,
    mut request: Request,
    timeout: Duration,
    limit: usize,
) -> Result<Answer, Unanswered> {
    *request.timeout_mut() = Some(timeout);
    let response = http.execute(request).await.map_err(|fault| unanswered(&fault))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = bounded_body(response, limit).await?;
    Ok(Answer { status, headers, body })
}

/// The faults of reqwest are told apart here and dropped: they carry the address, and that may carry secrets.
fn unanswered(fault: &reqwest::Error) -> Unanswered {
    if fault.is_connect() || fault.is_builder() { Unanswered::NotSent } else { Unanswered::Lost }
}

async fn bounded_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, Unanswered> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Unanswered::Lost)? {
        if body.len() + chunk.len() > limit {
            return Err(Unanswered::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
