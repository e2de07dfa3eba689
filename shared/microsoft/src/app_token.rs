//! A token for our application alone, by the client-credentials grant (RFC 6749 §4.4).
//!
//! None is kept: a token never gains a permission that was granted after it, so each reading of a grant needs a new one.

use oauth2::{RequestTokenError, Scope, TokenResponse as _};
use onboarding_core::advice::Code;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::TenantId;
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::Client;
use secrecy::SecretString;
use thiserror::Error;

use crate::assertion;
use crate::redeem::{Registration, assertion, carry, token_client};

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoToken {
    /// Microsoft does not find our application in the tenant, or finds it disabled.
    #[error("our application is not in the tenant")]
    NotInTenant,
    /// Microsoft refused for another reason, or did not answer.
    #[error("Microsoft gave no token")]
    NotGiven,
}

/// A Graph token for our application in `tenant`, proved as a redemption is.
pub(crate) async fn app_token(
    http: &Client,
    registration: Registration<'_>,
    tenant: TenantId,
    at: (Timestamp, &dyn Random),
) -> Result<SecretString, NoToken> {
    let authority = AuthorityPath::Tenant(tenant);
    let client = token_client(registration, authority).ok_or(NoToken::NotGiven)?;
    let assertion = assertion(registration, authority, at).map_err(|_| NoToken::NotGiven)?;
    let http = http.clone();
    let carrier = move |request| carry(http.clone(), request);
    let request = client.exchange_client_credentials();
    let mut request = request.add_scope(Scope::new(registration.endpoints.graph_default_scope()));
    if let Some(assertion) = assertion {
        request = request.add_extra_param("client_assertion_type", assertion::TYPE);
        request = request.add_extra_param("client_assertion", assertion);
    }
    match request.request_async(&carrier).await {
        Ok(tokens) => Ok(tokens.access_token().secret().as_str().into()),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            refusal.log("Microsoft refused a token for our application");
            let absent = refusal.signal().diagnose() == Code::AppNotInTenant;
            Err(if absent { NoToken::NotInTenant } else { NoToken::NotGiven })
        }
        Err(RequestTokenError::Request(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
            Err(NoToken::NotGiven)
        }
    }
}
