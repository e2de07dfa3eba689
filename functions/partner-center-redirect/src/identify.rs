//! Who signed in by a passage, and the one redemption of the code.

use onboarding_connections::count;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::connection::link::Passage;
use onboarding_core::identity::VerifiedIdentity;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::SignedIn;
use onboarding_lambda::routes::PartnerCenterRedirectOp;
use onboarding_microsoft::redeem::{Redeemed, Redemption};
use onboarding_microsoft::sign_in::{Failed, Returned};

use crate::{App, Error};

/// Who signed in, if Microsoft says so of this very sign-in.
pub(crate) async fn identify(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    passage: &Passage,
    signed_in: &SignedIn,
) -> Result<VerifiedIdentity, Error> {
    let SignedIn { id_token, code, issuer, .. } = signed_in;
    let returned = Returned { id_token, code, issuer: issuer.as_deref(), nonce: &passage.nonce };
    Ok(app.connections.microsoft.identify(returned, call.now()).await?)
}

/// Redeems the code, once (P2).
pub(crate) async fn redeem(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (passage, signed_in): (&Passage, &SignedIn),
    (credential, redirect_uri, scope): (&ClientCredential, &str, &str),
    identity: &VerifiedIdentity,
) -> Result<Redeemed, Failed> {
    let redemption = Redemption {
        authority: passage.authority(),
        redirect_uri,
        code: &signed_in.code,
        verifier: &passage.verifier,
        scope,
    };
    let at = (call.now(), call.occasion().random);
    let redeemed = app.connections.microsoft.redeem_for((identity, &passage.nonce), credential, redemption, at).await;
    redeemed.inspect_err(|failed| count::refused(failed.code))
}
