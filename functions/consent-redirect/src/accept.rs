//! A sign-in, from its token to its proof. Read top to bottom; each step is there because the next would be unsafe
//! without it.

use std::time::Duration;

use onboarding_core::advice::Code;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::consent::{ConsentRequest, LeaseRefusal, Leased, Stage, Verifying, links_work};
use onboarding_core::drift::{Noting, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::identity::VerifiedIdentity;
use onboarding_core::permission;
use onboarding_core::proof::{Judgement, judge};
use onboarding_core::reseller::Reseller;
use onboarding_core::seal::SealingKeys;
use onboarding_core::secret::SecretHash;
use onboarding_core::state::State;
use onboarding_dynamo::consent::{Lease, Recorded};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::SignedIn;
use onboarding_lambda::routes::ConsentRedirectOp;
use onboarding_microsoft::ReadBack;
use onboarding_microsoft::redeem::{Redeemed, Redemption};
use onboarding_microsoft::sign_in::{Failed, Returned};
use secrecy::SecretString;

use crate::{App, Error, context, outcome, refuse};

/// How long the person waits for Graph. What it does not show by then is looked at again later.
pub(crate) const PROOF_BUDGET: Duration = Duration::from_millis(2_500);

pub(crate) async fn accept(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    signed_in: &SignedIn,
    keys: &SealingKeys,
) -> Result<Answer, Error> {
    let returned = Returned {
        id_token: &signed_in.id_token,
        code: &signed_in.code,
        issuer: signed_in.issuer.as_deref(),
        nonce: &state.nonce,
    };
    let identity = app.microsoft.identify(returned, call.now()).await?;
    if let Err(code) = identity.admit(state.authority.pin()) {
        return refuse::by_policy(app, call, state, (code, identity.signer()), keys).await;
    }
    // Before the lease, so that a credential that cannot be had costs nobody the link.
    let credential = app.secrets.client_credential(call.now()).await?;
    let code = SecretHash::of(&signed_in.code);
    let (leased, parties) = match lease(app, call, state, &identity, &code).await? {
        (Lease::Won(leased), Some(parties)) => (*leased, parties),
        (Lease::Lost(request), _) => return already(app, call, (state, *request), &code, keys).await,
        (Lease::Unknown | Lease::Won(_), _) => return Err(Error::NoSuchRequest),
    };
    call.about(leased.request().reseller, leased.request().enterprise);
    call.about_action(leased.request().action);
    call.comes_from(&parties.1.name);
    if parties.0.pin().is_some_and(|pin| pin != identity.signer().tenant) {
        // Bound since the link was made, or expected to be: the code of another tenant goes nowhere.
        app.store.release(&leased).await?;
        return refuse::by_policy(app, call, state, (Code::WrongTenant, identity.signer()), keys).await;
    }
    let page = outcome::location(app, call, (state, leased.request()), keys);
    let verifying = match redeem(app, call, state, signed_in, &credential, &identity, leased.request()).await {
        Ok(tokens) => {
            let id_token = tokens.id_token.unwrap_or_else(|| signed_in.id_token.clone().into());
            let leased = leased.telling(parties.1.token_mode, &id_token);
            let (record, verifying) = leased.accept(&tokens.access_token, tokens.expires_in, context(app, call, keys));
            (app.store.record(&record).await? == Recorded::Done).then_some((verifying, tokens.access_token))
        }
        Err(failed) => {
            let code = failed.code;
            fail(app, call, leased, failed, keys).await?;
            if code == Code::OurSecretBadOrExpired {
                renew_credential(app, call).await;
            }
            if code == Code::IdentityChanged {
                return Err(Error::Policy(code));
            }
            None
        }
    };
    if let Some((verifying, token)) = verifying {
        // All have begun before the first is decided: while that is open, what is cut off here is gone on with from the rows.
        let begun = match begin_together(app, call, &verifying, &token, (&parties.0, keys)).await {
            Ok(begun) => begun,
            Err(fault) => {
                tracing::warn!(%fault, "the actions of a screen are gone on with later");
                return Ok(Answer::see_other(&page));
            }
        };
        // Each action of the screen is decided, whatever becomes of the others; the person is told what came first.
        let mut told = Ok(());
        for verifying in std::iter::once(verifying).chain(begun) {
            told = told.and(prove(app, call, verifying, &token, (&parties, keys)).await);
        }
        told?;
    }
    Ok(Answer::see_other(&page))
}

/// Leases the request, and looks beside it whether its link works at all. Should it stop to work after this look, the
/// grant is refused where it would be recorded.
async fn lease(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    identity: &VerifiedIdentity,
    code: &SecretHash,
) -> Result<(Lease, Option<(Enterprise, Reseller)>), Error> {
    let holder = (call.reference(), call.now());
    let (lease, parties) = tokio::join!(
        app.store.lease(&state.request, identity.signer(), code, holder),
        app.store.parties(state.enterprise, state.reseller)
    );
    let works = |(enterprise, reseller): &(Enterprise, Reseller)| links_work(enterprise, reseller);
    match (lease?, parties.map(|parties| parties.filter(works))) {
        (Lease::Won(leased), Ok(Some(parties))) if parties.0.has_reset(leased.request()) => {
            app.store.release(&leased).await?;
            Err(Error::Policy(Code::ConsentReset))
        }
        (Lease::Won(leased), Ok(Some(parties))) => Ok((Lease::Won(leased), Some(parties))),
        (Lease::Won(leased), refused) => {
            app.store.release(&leased).await?;
            Err(refused.map_or_else(Error::from, |_| Error::Policy(Code::EnterpriseDisabled)))
        }
        (Lease::Lost(request), Ok(None)) if matches!(request.stage, Stage::Pending { .. }) => {
            Err(Error::Policy(Code::EnterpriseDisabled))
        }
        // What was recorded before is shown, whatever is the case now.
        (lease @ (Lease::Lost(_) | Lease::Unknown), _) => Ok((lease, None)),
    }
}

/// A lease that was not won: show what became of the request, unless this is another sign-in on a spent link.
async fn already(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    (state, request): (&State, ConsentRequest),
    code: &SecretHash,
    keys: &SealingKeys,
) -> Result<Answer, Error> {
    match request.lease(code, call.now()) {
        Err(LeaseRefusal::SameCode | LeaseRefusal::UnderWay) => {
            Ok(Answer::see_other(&outcome::location(app, call, (state, &request), keys)))
        }
        Err(spent @ LeaseRefusal::Spent) => {
            app.store.note_replay(&request.id, code, &replayed(call, &request)).await?;
            Err(Error::LinkEnded(spent))
        }
        Err(expired @ LeaseRefusal::Expired) => Err(Error::LinkEnded(expired)),
        Err(LeaseRefusal::TooManyAttempts) => Err(Error::TooManyAttempts),
        // The request moved on between the refused write and now; the person may simply try again.
        Ok(()) => Ok(Answer::see_other(&outcome::location(app, call, (state, &request), keys))),
    }
}

fn replayed(call: &Call<ConsentRedirectOp>, request: &ConsentRequest) -> AuditRow {
    let fact = Fact {
        actor: &Actor::LinkHolder,
        action: "consent.state_replay",
        object: format!("action:{}", request.action),
        before: Some(request.stage.name().to_owned()),
        after: None,
    };
    AuditRow::new(request.reseller, Some(request.enterprise), fact, call.occasion())
}

async fn redeem(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    signed_in: &SignedIn,
    credential: &ClientCredential,
    identity: &VerifiedIdentity,
    request: &ConsentRequest,
) -> Result<Redeemed, Failed> {
    let redemption = Redemption {
        authority: state.authority,
        redirect_uri: &app.edge.public_base.callback(),
        code: &signed_in.code,
        verifier: &state.verifier,
        scope: &permission::redeem_scope(&request.asks_for()),
    };
    let at = (call.now(), call.occasion().random);
    app.microsoft.redeem_for((identity, &state.nonce), credential, redemption, at).await
}

async fn fail(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    leased: Leased,
    failed: Failed,
    keys: &SealingKeys,
) -> Result<(), Error> {
    tracing::warn!(
        enterprise.id = %leased.request().enterprise, code = %failed.code,
        microsoft.correlation_id = failed.correlation_id.as_deref().unwrap_or_default(), "sign-in not redeemed"
    );
    let record = leased.fail(failed.code, failed.correlation_id, context(app, call, keys));
    app.store.record(&record).await?;
    Ok(())
}

/// Looks whether the credential that Microsoft refused was replaced, for whoever tries the link next. The code is not
/// sent again with the new one: it may be spent.
async fn renew_credential(app: &App, call: &Call<ConsentRedirectOp>) {
    if let Err(fault) = app.secrets.client_credential_after_refusal(call.now()).await {
        tracing::warn!(%fault, "the client credential could not be read again");
    }
}

/// Begins the proofs of the other actions of the same screen, each by its own link. Should one have moved on, somebody else
/// decides it.
async fn begin_together(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    first: &Verifying,
    token: &SecretString,
    (enterprise, keys): (&Enterprise, &SealingKeys),
) -> Result<Vec<Verifying>, Error> {
    let (shared, mut begun) = (first.shared(), Vec::new());
    for link in first.links_beside(enterprise) {
        let Some(own) = app.store.request(&link).await? else { continue };
        if let Some((record, verifying)) = shared.go_on(own, token, context(app, call, keys))
            && app.store.record(&record).await? == Recorded::Done
        {
            begun.push(verifying);
        }
    }
    Ok(begun)
}

/// Asks Graph once. A signer without the role learns so at once; everything else the outcome page tells.
async fn prove(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    verifying: Verifying,
    token: &SecretString,
    ((enterprise, reseller), keys): (&(Enterprise, Reseller), &SealingKeys),
) -> Result<(), Error> {
    let clients = &app.microsoft.settings().clients;
    let also = enterprise.granted_before(clients);
    let wanted = ReadBack { question: verifying.question(), policy: app.policy, also: &also };
    let (met, view) =
        tokio::join!(app.store.met_by(verifying.request()), app.microsoft.read_back(token, wanted, PROOF_BUDGET));
    let verifying = match met? {
        Some(enterprise) => verifying.meeting(&enterprise),
        None => verifying,
    };
    let judgement = judge(verifying.question(), &view, app.policy, app.edge.clock.now());
    let by_policy = match &judgement {
        Judgement::Refused(code @ (Code::AdminRoleRequired | Code::WrongTenant), _) => Some(*code),
        Judgement::Refused(..) | Judgement::Granted(_) | Judgement::NotVisibleYet(_) | Judgement::Unreadable => None,
    };
    let (context, start_page) = (context(app, call, keys), app.edge.public_base.start_page());
    let noting = Noting { parties: (enterprise, reseller), clients, start_page: &start_page, context };
    // What this grant took away comes first, so that nobody is told of a readiness that it ended.
    app.store.note_drifts(Seen::by_signer(&view, &also), Some(verifying.request()), noting).await?;
    app.store.conclude(verifying, judgement, token, ((enterprise, reseller), context)).await?;
    by_policy.map_or(Ok(()), |code| Err(Error::Policy(code)))
}
