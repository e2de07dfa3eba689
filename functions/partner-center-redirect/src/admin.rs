//! Step one: the organisation's consent (R176, R182, R187, R201).
//!
//! Microsoft's consent page answers with a GET that proves nothing, so whoever comes back is sent on to sign in: the
//! session is there, so Microsoft asks nothing as a rule. The signed token of that sign-in tells tenant and person, and Graph,
//! read in that person's name, tells the role and the grants.

use std::time::Duration;

use lambda_http::http::header::SET_COOKIE;
use onboarding_core::advice::Code;
use onboarding_core::connection::Step;
use onboarding_core::connection::admit::AdminConsent;
use onboarding_core::connection::lease::{LeaseRefusal, Leased};
use onboarding_core::connection::moved::Refusal;
use onboarding_core::identity::VerifiedIdentity;
use onboarding_core::secret::SecretHash;
use onboarding_core::start::Binding;
use onboarding_dynamo::connection::Lease;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::admin_consent::Said;
use onboarding_lambda::callback::{Redirect, SignedIn};
use onboarding_lambda::routes::PartnerCenterRedirectOp;
use onboarding_microsoft::sign_in::Failed;
use secrecy::SecretString;

use crate::identify::{identify, redeem};
use crate::{App, Error, Journey, journey, open, outcome};

/// How long the person waits for Graph, and how long it rests in between: a fresh grant is visible after seconds.
const PROOF_BUDGET: Duration = Duration::from_millis(2_500);
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// From the consent page on to the sign-in, in this browser.
pub(crate) async fn come_back(app: &App, call: &Call<PartnerCenterRedirectOp>) -> Result<Answer, Error> {
    match Said::parse(call.query()?)? {
        Said::Refused { state, signal } => {
            let journey = journey(app, open(app, call, (Step::Admin, &state)).await?.0).await?;
            outcome::refused_by_microsoft(app, call, (&journey, Step::Admin), &signal).await
        }
        Said::Consented { state, .. } => {
            let (passage, keys) = open(app, call, (Step::Admin, &state)).await?;
            if passage.browser.is_some() {
                return Err(Error::OtherPlace);
            }
            // The browser keeps the cookie that it has: another tab may be at Microsoft with it.
            let binding = call.binding().unwrap_or_else(|| Binding::new(call.occasion().random));
            let at = (call.now(), call.occasion().random);
            let address = app.connections.sign_in_address(&passage.sign_in(binding.hash(), at), &keys, at);
            Ok(Answer::see_other(&address).with_header(SET_COOKIE, &binding.set_cookie()))
        }
    }
}

/// Whoever signed in behind the consent page.
pub(crate) async fn sign_in(app: &App, call: &Call<PartnerCenterRedirectOp>) -> Result<Answer, Error> {
    match Redirect::parse(call.callback_form()?)? {
        Redirect::Refused { state, signal } => {
            let journey = journey(app, open(app, call, (Step::Admin, &state)).await?.0).await?;
            outcome::refused_by_microsoft(app, call, (&journey, Step::Admin), &signal).await
        }
        Redirect::SignedIn(signed_in) => {
            let (passage, _) = open(app, call, (Step::Admin, &signed_in.state)).await?;
            if passage.browser.is_none() {
                return Err(Error::OtherPlace);
            }
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
    if let Err(code) = journey.connection.admits_admin(identity) {
        return outcome::refuse(app, call, (journey, Step::Admin), (code, identity.signer())).await;
    }
    let connections = &app.connections;
    // Before the lease, so that a credential that cannot be had costs nobody the link.
    let credential = connections.secrets.client_credential(call.now()).await?;
    let (passage, code) = (&journey.passage, SecretHash::of(&signed_in.code));
    let lease =
        connections.store.lease_connection_for(&passage.connection, (Step::Admin, passage.round), (&code, call.now()));
    let leased = match lease.await? {
        Lease::Won(leased) => *leased,
        Lease::Refused(why @ (LeaseRefusal::SameCode | LeaseRefusal::Spent), connection) => {
            return outcome::again(app, call, (journey, &connection, Step::Admin), (why, identity)).await;
        }
        Lease::Refused(LeaseRefusal::Ended, _) => return Err(Error::Ended(Code::ConnectionEnded)),
        Lease::Refused(LeaseRefusal::UnderWay | LeaseRefusal::TooEarly, _) => return Err(Error::Busy),
        Lease::Unknown => return Err(Error::NoSuchConnection),
    };
    let scope = connections.admin_scope();
    let asked = (&*credential, connections.callbacks.admin.as_str(), scope.as_str());
    let proved = match redeem(app, call, (passage, signed_in), asked, identity).await {
        Ok(tokens) => prove(app, call, &leased, identity, &tokens.access_token).await.map_err(Failed::from),
        Err(failed) => Err(failed),
    };
    match proved {
        Ok(consent) => {
            let moved = leased.consent_by_admin(consent, call.occasion());
            if !connections.store.move_connection(&moved).await? {
                return Err(Error::Busy);
            }
            outcome::done(app, call, (journey, &moved.after, Step::Admin)).await
        }
        Err(Failed { code, correlation_id }) => {
            let signer = identity.signer();
            let refusal = Refusal {
                step: Step::Admin,
                code,
                signer: Some(signer.clone()),
                correlation_id: correlation_id.clone(),
            };
            connections.store.move_connection(&leased.refuse(refusal, call.occasion())).await?;
            let told = (journey, Step::Admin);
            outcome::refused(app, call, told, (code, Some(signer)), correlation_id.as_deref()).await
        }
    }
}

/// Reads Graph until it shows the grants, for as long as a person can be kept waiting.
async fn prove(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    leased: &Leased,
    identity: &VerifiedIdentity,
    token: &SecretString,
) -> Result<AdminConsent, Code> {
    let mut last = Code::ProofUnreadable;
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let view = app.connections.microsoft.read_grants(token, PROOF_BUDGET).await;
        match leased.judge_admin(identity, &view, (app.policy, call.now())) {
            Err(code @ (Code::GrantNotVisible | Code::ProofUnreadable)) => last = code,
            judged => return judged,
        }
    }
    Err(last)
}
