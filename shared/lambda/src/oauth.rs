//! The token endpoint's own form: what a client asks, and how it is refused (RFC 6749 §2.3.1, §4.4, §5.2).
//!
//! Clients of OAuth read `error` and `error_description`, so a failure on this surface is no problem document.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use lambda_http::Request;
use onboarding_core::advice::Code;
use secrecy::SecretString;
use serde::Serialize;
use thiserror::Error;

use crate::body::{self, BodyFault, Form};
use crate::failure::Failure;

/// What a 401 asks for (RFC 7617 §2).
pub(crate) const CHALLENGE: &str = r#"Basic realm="onboarding", charset="UTF-8""#;

/// The errors of RFC 6749 §5.2 that our codes are called after.
const REGISTERED: &[&str] = &["invalid_client", "invalid_scope", "unauthorized_client", "unsupported_grant_type"];

/// A request for a token by client credentials.
pub struct TokenRequest {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The scopes that it wants, if it says so.
    pub scope: Option<String>,
}

/// Hides the secret, and the id, which may be one by mistake.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenRequest([redacted])")
    }
}

/// Why a request is none for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyFault),
    /// The client shows itself in two ways, which the RFC forbids.
    #[error("the client authenticates in two ways")]
    TwoWays,
    /// The client shows itself in none, or in one that cannot be read.
    #[error("the client does not authenticate")]
    NoClient,
    /// No `grant_type`.
    #[error("grant_type is missing")]
    NoGrantType,
    /// Another grant than client credentials.
    #[error("another grant than client_credentials")]
    OtherGrantType,
}

impl From<TokenFault> for Failure {
    fn from(fault: TokenFault) -> Self {
        let invalid = |detail| Self::new(StatusCode::BAD_REQUEST, Code::InvalidTokenRequest).with_detail(detail);
        match fault {
            TokenFault::Body(BodyFault::TooLarge) => BodyFault::TooLarge.into(),
            TokenFault::Body(BodyFault::UnsupportedMediaType) => {
                invalid("The body is not application/x-www-form-urlencoded in UTF-8.")
            }
            TokenFault::Body(BodyFault::Encoded) => {
                invalid("The body is compressed; send it without Content-Encoding.")
            }
            TokenFault::Body(BodyFault::Unparseable(_)) => invalid("The body is no form, or repeats a parameter."),
            TokenFault::TwoWays => invalid("The client authenticates by the Authorization header and by the body."),
            TokenFault::NoGrantType => invalid("The parameter grant_type is missing."),
            TokenFault::OtherGrantType => Self::new(StatusCode::BAD_REQUEST, Code::UnsupportedGrantType),
            TokenFault::NoClient => Self::new(StatusCode::UNAUTHORIZED, Code::InvalidClient),
        }
    }
}

impl TokenRequest {
    /// Reads a request for a token. Nothing is taken from the query string, where secrets do not belong; parameters
    /// without a value count as absent, and others are ignored (§3.2).
    pub fn read(request: &Request) -> Result<Self, TokenFault> {
        let mut form = body::form(request)?;
        let mut take = |name: &str| form.take(name).filter(|value| !value.is_empty());
        match take("grant_type").as_deref() {
            Some("client_credentials") => {}
            Some(_) => return Err(TokenFault::OtherGrantType),
            None => return Err(TokenFault::NoGrantType),
        }
        let (id, secret, scope) = (take("client_id"), take("client_secret"), take("scope"));
        let (client_id, client_secret) = match (by_header(request)?, id, secret) {
            (Some(_), _, Some(_)) => return Err(TokenFault::TwoWays),
            (Some((shown, _)), Some(id), None) if shown != id => return Err(TokenFault::TwoWays),
            (Some(shown), _, None) => shown,
            (None, Some(id), Some(secret)) => (id, secret),
            (None, _, _) => return Err(TokenFault::NoClient),
        };
        Ok(Self { client_id, client_secret: client_secret.into(), scope })
    }
}

/// Id and secret of `Authorization: Basic`; both are encoded as in a form before they are joined (§2.3.1).
fn by_header(request: &Request) -> Result<Option<(String, String)>, TokenFault> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(None),
        (Some(header), None) => header,
        (Some(_), Some(_)) => return Err(TokenFault::TwoWays),
    };
    let basic = || {
        let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
        let encoded = scheme.eq_ignore_ascii_case("Basic").then_some(encoded)?;
        let pair = String::from_utf8(STANDARD.decode(encoded.trim_matches(' ')).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((Form::decoded(id).ok()?, Form::decoded(secret).ok()?))
    };
    basic().map(Some).ok_or(TokenFault::NoClient)
}

/// A refusal of the token endpoint (§5.2).
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    error: &'static str,
    error_description: String,
}

impl Refusal {
    pub(crate) fn of(failure: &Failure) -> Self {
        let explanation = failure.explain();
        let steps = explanation.next_steps.iter().copied();
        let text: Vec<&str> = std::iter::once(explanation.detail.as_ref()).chain(steps).collect();
        // What the RFC allows in a description: printable ASCII without quotes and backslashes.
        let allowed = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        Self { error: word(failure), error_description: text.join(" ").chars().filter(allowed).collect() }
    }
}

/// Ours are named as in the RFC where it has a name; two more words come from its authorization endpoint (§4.1.2.1).
fn word(failure: &Failure) -> &'static str {
    let registered = REGISTERED.iter().copied().find(|word| *word == failure.code().as_str());
    registered.unwrap_or(match failure.status() {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Unreadable;
    use crate::testing::{EventBody, event};
    use secrecy::ExposeSecret as _;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(authorization: Option<&str>, body: &str) -> Result<(String, String, Option<String>), TokenFault> {
        let mut headers = vec![("content-type", FORM)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let request = event("POST", "/oauth/token?client_id=x&client_secret=y", &headers, EventBody::Text(body));
        let read = TokenRequest::read(&request)?;
        assert!(!format!("{read:?}").contains(read.client_secret.expose_secret()));
        Ok((read.client_id, read.client_secret.expose_secret().to_owned(), read.scope))
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    /// RFC 6749 §2.3.1 A client shows itself by Basic, whose parts are encoded, or in the body.
    #[test]
    fn a_client_shows_itself_in_one_of_two_ways() {
        let shown = Ok(("id".to_owned(), "s:c+r%t".to_owned(), None));
        let grant = "grant_type=client_credentials";
        assert_eq!(read(Some(&basic("id:s%3Ac%2Br%25t")), grant), shown);
        assert_eq!(read(Some(&basic("id:s%3Ac%2Br%25t")), &format!("{grant}&client_id=id&scope=")), shown);
        let body = format!("{grant}&client_id=id&client_secret=s%3Ac%2Br%25t&resource=ignored");
        assert_eq!(read(None, &body), shown);
        let scoped = read(None, &format!("{body}&scope=links%3Awrite+audit:read")).unwrap();
        assert_eq!(scoped.2.as_deref(), Some("links:write audit:read"));
    }

    #[test]
    fn what_is_no_such_request_is_told_apart() {
        let (both, one) = (basic("id:secret"), "grant_type=client_credentials");
        let cases = [
            (Some(both.as_str()), format!("{one}&client_id=id&client_secret=secret"), TokenFault::TwoWays),
            (Some(both.as_str()), format!("{one}&client_id=other"), TokenFault::TwoWays),
            (None, one.to_owned(), TokenFault::NoClient),
            (None, format!("{one}&client_id=id"), TokenFault::NoClient),
            (Some("Basic !"), one.to_owned(), TokenFault::NoClient),
            (Some("Basic aWQ="), one.to_owned(), TokenFault::NoClient),
            (Some("Bearer x"), one.to_owned(), TokenFault::NoClient),
            (Some(both.as_str()), "scope=x".to_owned(), TokenFault::NoGrantType),
            (Some(both.as_str()), "grant_type=".to_owned(), TokenFault::NoGrantType),
            (Some(both.as_str()), "grant_type=password".to_owned(), TokenFault::OtherGrantType),
            (Some(both.as_str()), format!("{one}&{one}"), TokenFault::Body(Unreadable::Form.into())),
        ];
        for (authorization, body, expected) in cases {
            assert_eq!(read(authorization, &body), Err(expected), "{authorization:?} {body}");
        }
    }

    /// RFC 6749 §5.2 Each failure has a registered word, and a description in the characters that are allowed.
    #[test]
    fn a_refusal_is_in_the_words_of_the_rfc() {
        let refusal = |failure: Failure| serde_json::to_value(Refusal::of(&failure)).unwrap();
        let faults = [
            (TokenFault::NoClient, 401, "invalid_client"),
            (TokenFault::TwoWays, 400, "invalid_request"),
            (TokenFault::NoGrantType, 400, "invalid_request"),
            (TokenFault::OtherGrantType, 400, "unsupported_grant_type"),
            (TokenFault::Body(BodyFault::UnsupportedMediaType), 400, "invalid_request"),
            (TokenFault::Body(BodyFault::Encoded), 400, "invalid_request"),
            (TokenFault::Body(BodyFault::TooLarge), 413, "invalid_request"),
        ];
        for (fault, status, word) in faults {
            let failure = Failure::from(fault);
            assert_eq!(failure.status().as_u16(), status, "{fault}");
            assert_eq!(refusal(failure)["error"], word, "{fault}");
        }
        assert_eq!(refusal(Failure::unavailable("x"))["error"], "temporarily_unavailable");
        assert_eq!(refusal(Failure::internal("x"))["error"], "server_error");
        let quoted = Failure::new(StatusCode::BAD_REQUEST, Code::InvalidScope).with_detail("a \"b\\\" \u{e9}.");
        assert!(refusal(quoted)["error_description"].as_str().unwrap().starts_with("a b ."));
    }
}
