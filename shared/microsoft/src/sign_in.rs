//! A sign-in that came back to one of our redirect URIs: who it was, and the one redemption of its code.

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::identity::{Expected, IdentityFault, VerifiedIdentity, verify};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use secrecy::ExposeSecret as _;
use thiserror::Error;

use crate::Microsoft;
use crate::id_token::IdTokenError;
use crate::redeem::{RedeemError, Redeemed, Redemption};

/// What came back, and the nonce that was sent.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// The id token.
    pub id_token: &'a str,
    /// The code beside it; its hash must be in the token.
    pub code: &'a str,
    /// `iss` of the response, where there is one (RFC 9207); it must be the token's.
    pub issuer: Option<&'a str>,
    /// The nonce of this sign-in.
    pub nonce: &'a str,
}

/// Why nobody is known to have signed in.
#[derive(Debug, Error)]
pub enum NotIdentified {
    /// The token's signature does not hold, or could not be checked.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// A claim is not of this sign-in.
    #[error(transparent)]
    Identity(#[from] IdentityFault),
    /// The response names another issuer than the token.
    #[error("the response's iss is not the token's")]
    OtherIssuer,
}

impl NotIdentified {
    /// Whether Microsoft's keys could not be had, so that the same sign-in may be good a little later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::IdToken(IdTokenError::KeysUnavailable))
    }

    /// The word for the log.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::IdToken(fault) => fault.word(),
            Self::Identity(fault) => fault.word(),
            Self::OtherIssuer => "response_iss",
        }
    }
}

/// Why a sign-in brought no tokens that may be used.
#[derive(Debug)]
pub struct Failed {
    /// The row of the catalogue that helps.
    pub code: Code,
    /// Microsoft's correlation id, if it refused and told one.
    pub correlation_id: Option<String>,
}

impl From<Code> for Failed {
    fn from(code: Code) -> Self {
        Self { code, correlation_id: None }
    }
}

impl From<RedeemError> for Failed {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Refused(signal) => {
                // Whoever has a code has just accepted: Entra's servers do not all know of it at once (AADSTS65001).
                let just_given = signal.diagnose() == Code::ConsentMissing;
                let code = if just_given { Code::ConsentNotInEffect } else { signal.diagnose() };
                Self { code, correlation_id: signal.correlation_id.clone() }
            }
            RedeemError::NotSent | RedeemError::Busy => Code::MicrosoftBusy.into(),
            RedeemError::Unknown => Code::SignInInterrupted.into(),
        }
    }
}

impl Microsoft {
    /// Who signed in: the signature, then every claim against this sign-in.
    pub async fn identify(&self, returned: Returned<'_>, now: Timestamp) -> Result<VerifiedIdentity, NotIdentified> {
        let claims = self.signed_claims(returned.id_token, now).await?;
        let identity = verify(&claims, self.expected(returned.nonce, Some(returned.code), None), now)?;
        let issuer = self.settings().endpoints.issuer(identity.signer().tenant);
        if returned.issuer.is_some_and(|said| said != issuer) {
            return Err(NotIdentified::OtherIssuer);
        }
        Ok(identity)
    }

    /// Redeems the code of a sign-in, once (P2), and checks that Microsoft answers for the person who signed in.
    pub async fn redeem_for(
        &self,
        (identity, nonce): (&VerifiedIdentity, &str),
        credential: &ClientCredential,
        redemption: Redemption<'_>,
        at: (Timestamp, &dyn Random),
    ) -> Result<Redeemed, Failed> {
        let tokens = self.redeem(credential, redemption, at).await?;
        if let Some(id_token) = &tokens.id_token {
            let claims = self.signed_claims(id_token.expose_secret(), at.0).await;
            let claims = claims.map_err(|fault| match fault {
                IdTokenError::KeysUnavailable | IdTokenError::UnknownKey => Code::SignInInterrupted,
                IdTokenError::Malformed | IdTokenError::Header | IdTokenError::Signature => Code::IdentityChanged,
            })?;
            let access_token = Some(tokens.access_token.expose_secret());
            let second = verify(&claims, self.expected(nonce, None, access_token), at.0);
            let second = second.map_err(|_| Code::IdentityChanged)?;
            if !identity.is_the_same_as(&second) {
                return Err(Code::IdentityChanged.into());
            }
        }
        Ok(tokens)
    }

    fn expected<'a>(&'a self, nonce: &'a str, code: Option<&'a str>, access_token: Option<&'a str>) -> Expected<'a> {
        let settings = self.settings();
        Expected { client: settings.clients.own(), endpoints: &settings.endpoints, nonce, code, access_token }
    }
}
