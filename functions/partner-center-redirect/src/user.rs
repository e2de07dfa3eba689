//! Step two: the integration user's consent (R183, R189-R191, R199).
//!
//! Who signed in is judged before the code is redeemed, and the access before the token is stored: what is not right leaves
//! nothing behind but its cause. The token is stored before the connection says so, so that no connection is without one
//! that says it has one; what a crash in between leaves behind is swept away.

use onboarding_connections::Fresh;
use onboarding_core::advice::Code;
use onboarding_core::connection::Step;
use onboarding_core::connection::admit::{RightUser, UserConsent};
use onboarding_core::connection::lease::{LeaseRefusal, Leased};
use onboarding_core::connection::moved::Refusal;
use onboarding_core::connection::tell::Telling;
use onboarding_core::identity::VerifiedIdentity;
use onboarding_core::secret::SecretHash;
use onboarding_dynamo::connection::Lease;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::{Redirect, SignedIn};
use onboarding_lambda::routes::PartnerCenterRedirectOp;
use onboarding_microsoft::sign_in::Failed;
use secrecy::SecretString;

use crate::identify::{identify, redeem};
use crate::{App, Error, Journey, journey, open, outcome};

/// Whoever signed in by the link of step two.
pub(crate) async fn sign_in(app: &App, call: &Call<PartnerCenterRedirectOp>) -> Result<Answer, Error> {
    match Redirect::parse(call.callback_form()?)? {
        Redirect::Refused { state, signal } => {
            let journey = journey(app, open(app, call, (Step::User, &state)).await?.0).await?;
            outcome::refused_by_microsoft(app, call, (&journey, Step::User), &signal).await
        }
        Redirect::SignedIn(signed_in) => {
            let (passage, _) = open(app, call, (Step::User, &signed_in.state)).await?;
            let identity = identify(app, call, &passage, &signed_in).await?;
            let journey = journey(app, passage).await?;
            consent(app, call, &journey, &signed_in, &identity).await
        }
    }
}

async fn consent(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    journey: &Journey,
    signed_in: &SignedIn,
    identity: &VerifiedIdentity,
) -> Result<Answer, Error> {
    if let Err(code) = journey.connection.admits_user(identity) {
        return outcome::refuse(app, call, (journey, Step::User), (code, identity.signer())).await;
    }
    let (connections, passage) = (&app.connections, &journey.passage);
    let code = SecretHash::of(&signed_in.code);
    // Before the lease, so that keys that cannot be had cost nobody the link.
    let keys = connections.secrets.sealing_keys(call.now()).await?;
    connections.secrets.client_credential(call.now()).await?;
    let step = (Step::User, passage.round);
    let leased = match connections.store.lease_connection_for(&passage.connection, step, (&code, call.now())).await? {
        Lease::Won(leased) => *leased,
        Lease::Refused(why @ (LeaseRefusal::SameCode | LeaseRefusal::Spent), connection) => {
            return outcome::again(app, call, (journey, &connection, Step::User), (why, identity)).await;
        }
        Lease::Refused(LeaseRefusal::TooEarly, _) => {
            let first = (Code::AdminConsentFirst, identity.signer());
            return outcome::refuse(app, call, (journey, Step::User), first).await;
        }
        Lease::Refused(LeaseRefusal::Ended, _) => return Err(Error::Ended(Code::ConnectionEnded)),
        Lease::Refused(LeaseRefusal::UnderWay, _) => return Err(Error::Busy),
        Lease::Unknown => return Err(Error::NoSuchConnection),
    };
    let proved = match leased.judge_user(identity, call.now()) {
        Ok(right) => proved(app, call, (journey, &leased, signed_in), identity, right).await?,
        Err(code) => Err(code.into()),
    };
    match proved {
        Ok((consent, token)) => {
            let version = leased.token_version();
            if let Err(fault) = connections.secrets.put_refresh_token(&passage.connection, &token, &version).await {
                // Whether it was written is not known: nothing is recorded, and the sweep takes back what there is (P8).
                let refusal = refusal(identity, Code::SignInInterrupted.into());
                let moved = leased.refuse_unstored(refusal, call.occasion());
                connections.store.move_connection(&moved).await?;
                return Err(fault.into());
            }
            let telling = Telling { reseller: &journey.reseller, keys: &keys, link: None, occasion: call.occasion() };
            let moved = leased.consent_by_user(consent, telling);
            if !connections.store.move_connection(&moved).await? {
                return Err(Error::Busy);
            }
            outcome::done(app, call, (journey, &moved.after, Step::User)).await
        }
        Err(failed) => {
            let (code, correlation_id) = (failed.code, failed.correlation_id.clone());
            let moved = leased.refuse(refusal(identity, failed), call.occasion());
            connections.store.move_connection(&moved).await?;
            let told = (code, Some(identity.signer()));
            outcome::refused(app, call, (journey, Step::User), told, correlation_id.as_deref()).await
        }
    }
}

/// Redeems the code and tries the access out. What comes of it is the only way to a consent.
async fn proved(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, leased, signed_in): (&Journey, &Leased, &SignedIn),
    identity: &VerifiedIdentity,
    right: RightUser,
) -> Result<Result<(UserConsent, SecretString), Failed>, Error> {
    let connections = &app.connections;
    let credential = connections.secrets.client_credential(call.now()).await?;
    let scope = connections.user_scope();
    let asked = (&*credential, connections.callbacks.user.as_str(), scope.as_str());
    let tokens = match redeem(app, call, (&journey.passage, signed_in), asked, identity).await {
        Ok(tokens) => tokens,
        Err(failed) => return Ok(Err(failed)),
    };
    let Some(refresh_token) = tokens.refresh_token else { return Ok(Err(Code::RefreshTokenMissing.into())) };
    let fresh = Fresh { of: identity.person(), access_token: &tokens.access_token, refresh_token };
    let at = (call.now(), call.occasion().random);
    let (verdict, token) = connections.try_out(leased.connection(), fresh, at).await?;
    Ok(right.tested(&verdict).map(|consent| (consent, token)).map_err(Failed::from))
}

fn refusal(identity: &VerifiedIdentity, Failed { code, correlation_id }: Failed) -> Refusal {
    Refusal { step: Step::User, code, signer: Some(identity.signer().clone()), correlation_id }
}
