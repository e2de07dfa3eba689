//! The use of a refresh token (RFC 6749 §6), for the person it was given for and nobody else.
//!
//! Entra may answer with a new refresh token; the old one goes on working, so an answer that is lost costs nothing, and the
//! call may be made again. Whose tokens came is looked at before they are handed on: an answer for another person or tenant
//! is thrown away whole.

use std::fmt;
use std::time::Duration;

use oauth2::{RefreshToken, RequestTokenError};
use onboarding_core::advice::{Code, Signal};
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::TenantId;
use onboarding_core::identity::{self, Person};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use crate::assertion;
use crate::http::Unanswered;
use crate::id_token::IdTokens;
use crate::redeem::{Redeemed, Registration, assertion, carry, redeemed, token_client};

/// What is used.
#[derive(Clone, Copy)]
pub struct Refresh<'a> {
    /// The tenant in which it is used: the person's own.
    pub tenant: TenantId,
    /// The refresh token.
    pub token: &'a SecretString,
    /// The scopes of one resource (AADSTS700022), separated by spaces; `openid` and `profile` among them, by which the
    /// answer says for whom it is.
    pub scope: &'a str,
    /// For whom the answer must be.
    pub of: Person<'a>,
}

/// Shows no token.
impl fmt::Debug for Refresh<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refresh({}, [redacted])", self.tenant)
    }
}

/// What it brought.
#[derive(Debug)]
pub struct Refreshed {
    /// For the resource of the scopes.
    pub access_token: SecretString,
    /// How long it lives from now.
    pub expires_in: Duration,
    /// The refresh token that takes the place of the old one; without it the old one is kept.
    pub refresh_token: Option<SecretString>,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// Microsoft said no, and why.
    #[error("Microsoft refused the refresh token: {} {}", .0.error(), .0.number().unwrap_or_default())]
    Refused(Signal),
    /// The answer is for another person or tenant, or does not say for whom.
    #[error("Microsoft answered for another account")]
    OtherIdentity,
    /// No connection came about.
    #[error("Microsoft could not be reached")]
    NotSent,
    /// Microsoft answered 429 or 5xx.
    #[error("Microsoft is busy")]
    Busy,
    /// No usable answer came.
    #[error("Microsoft gave no usable answer")]
    Unknown,
}

impl RefreshError {
    /// The row of the catalogue that helps.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(signal) => signal.diagnose_refresh(),
            Self::OtherIdentity => Code::IdentityChanged,
            Self::NotSent | Self::Busy | Self::Unknown => Code::MicrosoftBusy,
        }
    }
}

/// Sends the token, and looks whose tokens come back.
pub(crate) async fn refresh(
    http: &Client,
    id_tokens: &IdTokens,
    registration: Registration<'_>,
    refresh: Refresh<'_>,
    at: (Timestamp, &dyn Random),
) -> Result<Refreshed, RefreshError> {
    let redeemed = send(http, registration, refresh, at).await?;
    if !is_of(http, id_tokens, registration, refresh.of, (&redeemed, at.0)).await? {
        tracing::error!(tenant = %refresh.tenant, "Microsoft answered a refresh token for another account");
        return Err(RefreshError::OtherIdentity);
    }
    let Redeemed { access_token, expires_in, refresh_token, .. } = redeemed;
    Ok(Refreshed { access_token, expires_in, refresh_token })
}

async fn send(
    http: &Client,
    registration: Registration<'_>,
    refresh: Refresh<'_>,
    at: (Timestamp, &dyn Random),
) -> Result<Redeemed, RefreshError> {
    let authority = AuthorityPath::Tenant(refresh.tenant);
    let client = token_client(registration, authority).ok_or(RefreshError::NotSent)?;
    let assertion = assertion(registration, authority, at).map_err(|_| RefreshError::NotSent)?;
    let http = http.clone();
    let carrier = move |request| carry(http.clone(), request);
    let token = RefreshToken::new(refresh.token.expose_secret().to_owned());
    let mut request = client.exchange_refresh_token(&token).add_extra_param("scope", refresh.scope);
    if let Some(assertion) = assertion {
        request = request.add_extra_param("client_assertion_type", assertion::TYPE);
        request = request.add_extra_param("client_assertion", assertion);
    }
    match request.request_async(&carrier).await {
        Ok(tokens) => Ok(redeemed(tokens)),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            refusal.log("Microsoft refused a refresh token");
            Err(RefreshError::Refused(refusal.signal()))
        }
        Err(RequestTokenError::Request(Unanswered::NotSent)) => Err(RefreshError::NotSent),
        Err(RequestTokenError::Request(Unanswered::Busy)) => Err(RefreshError::Busy),
        Err(
            RequestTokenError::Request(Unanswered::Lost | Unanswered::TooLarge)
            | RequestTokenError::Parse(..)
            | RequestTokenError::Other(_),
        ) => Err(RefreshError::Unknown),
    }
}

/// Whether the signed token of the answer is that of `person`; an answer without one says nothing, and is nobody's.
async fn is_of(
    http: &Client,
    id_tokens: &IdTokens,
    registration: Registration<'_>,
    person: Person<'_>,
    (redeemed, now): (&Redeemed, Timestamp),
) -> Result<bool, RefreshError> {
    let Some(id_token) = &redeemed.id_token else { return Ok(false) };
    let claims = id_tokens.signature_checked(http, id_token.expose_secret(), now).await;
    let claims = claims.map_err(|fault| {
        tracing::warn!(fault = fault.word(), "the id_token of a refresh could not be checked");
        RefreshError::Unknown
    })?;
    let ours = (registration.client_id, registration.endpoints);
    let checked = identity::verify_refreshed(&claims, ours, person, now);
    if let Err(fault) = checked {
        tracing::warn!(fault = fault.word(), "the id_token of a refresh is not the one that was wanted");
    }
    Ok(checked.is_ok())
}
