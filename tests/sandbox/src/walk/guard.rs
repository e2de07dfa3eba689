//! Who may see the page and press its buttons: a browser of this machine, on a page of ours.
//!
//! The page shows keys and acts with them. A name of somebody else's that resolves to loopback (DNS rebinding) comes
//! with its own `Host` and is refused. A page of another site, the simulated Microsoft included, can send a form here,
//! but with its own `Origin` and without the token, which is made at each start and stands on our page alone.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use onboarding_core::secret::same;
use url::form_urlencoded;

use crate::page;
use crate::server::Shared;

/// Larger than any form of the page.
const LARGEST_FORM: usize = 16 * 1024;

/// Lets through what comes from our page, and puts the page's headers on every answer.
pub(crate) async fn watch(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let answer = match admit(&shared, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused.answer(&shared.ready.api),
    };
    page::closed(answer, shared.walk.link_origin().as_deref())
}

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// For another name than ours.
    Host,
    /// From another page than ours.
    Page,
    /// Not of this start, or no form of ours.
    Token,
}

async fn admit(shared: &Shared, request: Request) -> Result<Request, Refused> {
    let (parts, body) = request.into_parts();
    let host = header(&parts.headers, HOST).filter(|host| is_ours(host, &shared.ready.api)).ok_or(Refused::Host)?;
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Request::from_parts(parts, body));
    }
    if header(&parts.headers, ORIGIN) != Some(&format!("http://{host}")) {
        return Err(Refused::Page);
    }
    let body = to_bytes(body, LARGEST_FORM).await.map_err(|_| Refused::Token)?;
    let sent = form_urlencoded::parse(&body).find(|(name, _)| name == "token").map(|(_, value)| value);
    let is_right = sent.is_some_and(|sent| same(sent.as_bytes(), shared.walk.token().as_bytes()));
    if is_right { Ok(Request::from_parts(parts, Body::from(body))) } else { Err(Refused::Token) }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a `Host` is the API's own address, or `localhost` with the same port.
fn is_ours(host: &str, api: &str) -> bool {
    let Some((_, port)) = api.rsplit_once(':') else { return false };
    ["127.0.0.1", "localhost"].into_iter().any(|name| host.eq_ignore_ascii_case(&format!("{name}:{port}")))
}

impl Refused {
    fn answer(self, api: &str) -> Response {
        let (status, cause) = match self {
            Self::Host => (StatusCode::MISDIRECTED_REQUEST, "This page is not shown under another name"),
            Self::Page => (StatusCode::FORBIDDEN, "This did not come from the sandbox's page"),
            Self::Token => (StatusCode::FORBIDDEN, "This page is older than the sandbox"),
        };
        (status, format!("{cause}. Open {api} and press the button there.\n")).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_loopback_with_our_port() {
        let ours = |host| is_ours(host, "http://127.0.0.1:8787");
        assert!(ours("127.0.0.1:8787") && ours("localhost:8787") && ours("LOCALHOST:8787"));
        for host in
            ["127.0.0.1", "127.0.0.1:8788", "evil.example:8787", "127.0.0.1.evil.example:8787", "", "x@localhost:8787"]
        {
            assert!(!ours(host), "{host}");
        }
    }
}
