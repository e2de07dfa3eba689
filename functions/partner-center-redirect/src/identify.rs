//! Who signed in: the signature, then every claim against the passage; and the code's one redemption.

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::connection::link::Passage;
use onboarding_core::identity::{Expected, VerifiedIdentity, verify};
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::SignedIn;
use onboarding_lambda::routes::PartnerCenterRedirectOp;
use onboarding_microsoft::id_token::IdTokenError;
use onboarding_microsoft::redeem::{RedeemError, Redeemed, Redemption};
use secrecy::ExposeSecret as _;

use crate::{App, Error};

/// Why a sign-in brought no tokens that may be used.
pub(crate) struct Failed {
    pub(crate) code: Code,
    pub(crate) correlation_id: Option<String>,
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
                Self { code: signal.diagnose(), correlation_id: signal.correlation_id.clone() }
            }
            RedeemError::NotSent | RedeemError::Busy => Code::MicrosoftBusy.into(),
            RedeemError::Unknown => Code::SignInInterrupted.into(),
        }
    }
}

/// Who signed in, if Microsoft says so of this very sign-in.
pub(crate) async fn identify(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    passage: &Passage,
    signed_in: &SignedIn,
) -> Result<VerifiedIdentity, Error> {
    let microsoft = &app.connections.microsoft;
    let claims = microsoft.signed_claims(&signed_in.id_token, call.now()).await?;
    let identity = verify(&claims, expected(app, passage, Some(&signed_in.code), None), call.now())?;
    let issuer = microsoft.settings().endpoints.issuer(identity.signer().tenant);
    if signed_in.issuer.as_ref().is_some_and(|said| *said != issuer) {
        return Err(Error::OtherIssuer);
    }
    Ok(identity)
}

fn expected<'a>(
    app: &'a App,
    passage: &'a Passage,
    code: Option<&'a str>,
    access_token: Option<&'a str>,
) -> Expected<'a> {
    let settings = app.connections.microsoft.settings();
    Expected {
        client: settings.clients.own(),
        endpoints: &settings.endpoints,
        nonce: &passage.nonce,
        code,
        access_token,
    }
}

/// Redeems the code, once (P2), and checks that Microsoft answers for the person who signed in.
pub(crate) async fn redeem(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (passage, signed_in): (&Passage, &SignedIn),
    (credential, redirect_uri, scope): (&ClientCredential, &str, &str),
    identity: &VerifiedIdentity,
) -> Result<Redeemed, Failed> {
    let microsoft = &app.connections.microsoft;
    let redemption = Redemption {
        authority: passage.authority(),
        redirect_uri,
        code: &signed_in.code,
        verifier: &passage.verifier,
        scope,
    };
    let tokens = microsoft.redeem(credential, redemption, (call.now(), call.occasion().random)).await?;
    if let Some(id_token) = &tokens.id_token {
        let claims = microsoft.signed_claims(id_token.expose_secret(), call.now()).await;
        let claims = claims.map_err(|fault| match fault {
            IdTokenError::KeysUnavailable | IdTokenError::UnknownKey => Code::SignInInterrupted,
            IdTokenError::Malformed | IdTokenError::Header | IdTokenError::Signature => Code::IdentityChanged,
        })?;
        let access_token = Some(tokens.access_token.expose_secret());
        let second = verify(&claims, expected(app, passage, None, access_token), call.now());
        let second = second.map_err(|_| Code::IdentityChanged)?;
        if !identity.is_the_same_as(&second) {
            return Err(Code::IdentityChanged.into());
        }
    }
    Ok(tokens)
}
