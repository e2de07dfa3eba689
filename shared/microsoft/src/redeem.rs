//! The redemption of a code: once, and never again for the same code (P2).
//!
//! `oauth2` makes the request (client id, secret, PKCE verifier and redirect URI in the body), tells refusals from tokens and
//! keeps codes, verifiers and tokens out of `Debug`. Its typestate client is named in one alias, made per redemption,
//! and is shared with `app_token` and `refresh` alone. What it cannot know we add: the assertion that stands in for a secret, Entra's
//! own error fields, and whether a request that failed had been sent. Its `Parse` error holds the body, so no error of it
//! is ever shown or passed on.

use std::fmt;
use std::time::Duration;

use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use onboarding_core::advice::Signal;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::{AuthorityPath, Endpoints};
use onboarding_core::consent::LONGEST_TOKEN;
use onboarding_core::id::ApplicationId;
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::assertion;
use crate::http::{self, LOGIN_LIMIT, TOKEN_TIMEOUT, Unanswered};
use crate::refusal::Refusal;

/// The life of a token whose answer does not say it (RFC 6749 §5.1 only recommends it). Entra's live for at least an
/// hour; 10 minutes is as long as a verification takes at most.
const LIFE_IF_UNSAID: Duration = Duration::from_mins(10);

/// What is redeemed.
#[derive(Clone, Copy)]
pub struct Redemption<'a> {
    /// The path of the authorize request: Entra takes the code on no other (AADSTS700005).
    pub authority: AuthorityPath,
    /// The address of the authorize request, to the letter (RFC 6749 §4.1.3).
    pub redirect_uri: &'a str,
    /// The code, for its first and only use.
    pub code: &'a str,
    /// The PKCE verifier of the authorize request.
    pub verifier: &'a str,
    /// The scopes of one resource (AADSTS700022), separated by spaces.
    pub scope: &'a str,
}

/// Shows the authority alone: code and verifier are secrets.
impl fmt::Debug for Redemption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redemption({}, [redacted])", self.authority)
    }
}

/// What a code was worth.
#[derive(Debug)]
pub struct Redeemed {
    /// For Microsoft Graph.
    pub access_token: SecretString,
    /// How long it lives from now.
    pub expires_in: Duration,
    /// What it is for, as Microsoft says. Unsaid is not the same as all that was asked.
    pub scope: Option<String>,
    /// The person once more. Not verified.
    pub id_token: Option<SecretString>,
    /// Only if `offline_access` was asked.
    pub refresh_token: Option<SecretString>,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RedeemError {
    /// Microsoft said no, and why. The code is spent or was never good.
    #[error("Microsoft refused the code: {} {}", .0.error(), .0.number().unwrap_or_default())]
    Refused(Signal),
    /// No connection came about: nothing was sent and the code is unused.
    #[error("Microsoft could not be reached; the code was not sent")]
    NotSent,
    /// Microsoft answered 429 or 5xx. The code may be spent, so it must not be sent again.
    #[error("Microsoft is busy; the code may be spent")]
    Busy,
    /// The code was sent and no usable answer came. It may be spent, so it must not be sent again.
    #[error("Microsoft gave no usable answer; the code may be spent")]
    Unknown,
}

/// The `id_token` beside the standard fields.
#[derive(Deserialize, Serialize)]
pub(crate) struct OpenId {
    id_token: Option<String>,
}

impl fmt::Debug for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenId([redacted])")
    }
}

impl oauth2::ExtraTokenFields for OpenId {}
impl oauth2::ErrorResponse for Refusal {}

pub(crate) type Tokens = StandardTokenResponse<OpenId, BasicTokenType>;

/// The one place where the ten parameters stand.
pub(crate) type TokenClient = oauth2::Client<
    Refusal,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Our registration at Microsoft, as the token endpoint wants to know it.
#[derive(Clone, Copy)]
pub(crate) struct Registration<'a> {
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) client_id: ApplicationId,
    pub(crate) credential: &'a ClientCredential,
}

/// Sends the code once.
pub(crate) async fn redeem(
    http: &Client,
    registration: Registration<'_>,
    redemption: Redemption<'_>,
    at: (Timestamp, &dyn Random),
) -> Result<Redeemed, RedeemError> {
    // Addresses that do not parse, and a key that does not sign, stop us before anything is sent.
    let client = token_client(registration, redemption.authority).ok_or(RedeemError::NotSent)?;
    let redirect = RedirectUrl::new(redemption.redirect_uri.to_owned()).map_err(|_| RedeemError::NotSent)?;
    let assertion = assertion(registration, redemption.authority, at)?;
    let http = http.clone();
    let carrier = move |request| carry(http.clone(), request);
    let client = client.set_redirect_uri(redirect);
    let mut request = client
        .exchange_code(AuthorizationCode::new(redemption.code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(redemption.verifier.to_owned()))
        .add_extra_param("scope", redemption.scope);
    if let Some(assertion) = assertion {
        request = request.add_extra_param("client_assertion_type", assertion::TYPE);
        request = request.add_extra_param("client_assertion", assertion);
    }
    let answer = request.request_async(&carrier).await;
    answer.map(redeemed).map_err(redeem_error)
}

/// We, as the token endpoint of `authority` knows us.
pub(crate) fn token_client(registration: Registration<'_>, authority: AuthorityPath) -> Option<TokenClient> {
    let token = TokenUrl::new(registration.endpoints.token(authority)).ok()?;
    let client = oauth2::Client::new(ClientId::new(registration.client_id.to_string()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(token);
    Some(match registration.credential {
        ClientCredential::Secret { value: secret, .. } => {
            client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
        }
        ClientCredential::Certificate(_) => client,
    })
}

/// What a certificate sends in place of a secret: bound to the address that it is posted to.
pub(crate) fn assertion(
    registration: Registration<'_>,
    authority: AuthorityPath,
    at: (Timestamp, &dyn Random),
) -> Result<Option<String>, RedeemError> {
    let Registration { endpoints, client_id, credential, .. } = registration;
    match credential {
        ClientCredential::Secret { .. } => Ok(None),
        ClientCredential::Certificate(certificate) => {
            let made = assertion::assertion(certificate, client_id, &endpoints.token(authority), at);
            made.map(Some).ok_or(RedeemError::NotSent)
        }
    }
}

/// The bridge from `oauth2` to our client. It is called once per request: `oauth2` does not retry either.
pub(crate) async fn carry(http: Client, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let request = request.try_into().map_err(|_| Unanswered::NotSent)?;
    let answer = http::send(&http, request, TOKEN_TIMEOUT, LOGIN_LIMIT).await?;
    let is_busy = answer.status == reqwest::StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
    if is_busy && serde_json::from_slice::<Refusal>(&answer.body).is_err() {
        return Err(Unanswered::Busy);
    }
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() = answer.status;
    Ok(response)
}

pub(crate) fn redeemed(tokens: Tokens) -> Redeemed {
    let life = tokens.expires_in().unwrap_or(LIFE_IF_UNSAID).min(LONGEST_TOKEN);
    let scope = tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    Redeemed {
        access_token: tokens.access_token().secret().as_str().into(),
        expires_in: life,
        scope,
        id_token: tokens.extra_fields().id_token.as_deref().map(SecretString::from),
        refresh_token: tokens.refresh_token().map(|token| token.secret().as_str().into()),
    }
}

fn redeem_error(fault: RequestTokenError<Unanswered, Refusal>) -> RedeemError {
    match fault {
        RequestTokenError::ServerResponse(refusal) => {
            refusal.log("Microsoft refused a code");
            RedeemError::Refused(refusal.signal())
        }
        RequestTokenError::Request(Unanswered::NotSent) => RedeemError::NotSent,
        RequestTokenError::Request(Unanswered::Busy) => RedeemError::Busy,
        RequestTokenError::Request(Unanswered::Lost | Unanswered::TooLarge)
        | RequestTokenError::Parse(..)
        | RequestTokenError::Other(_) => RedeemError::Unknown,
    }
}
