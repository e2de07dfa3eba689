//! Refusals that spend nothing: by Microsoft's page, or by our own policy. Each is told once per link, which stays
//! usable for whoever opens it next (G14, T10).

use onboarding_core::advice::{Code, Signal};
use onboarding_core::consent::{ConsentRequest, Refusal, Stage};
use onboarding_core::identity::Signer;
use onboarding_core::isolation::Isolation;
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::State;
use onboarding_dynamo::consent::OutcomeRows;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{Advice, Onward, Page};
use onboarding_lambda::routes::ConsentRedirectOp;

use crate::{App, Error, context, outcome};

/// The person chose Cancel, or Microsoft said why not: a page that says what to do.
///
/// What Microsoft names of what the link asked for is left out from now on, and told to whose consents cannot do without.
pub(crate) async fn by_microsoft(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    signal: Signal,
    keys: &SealingKeys,
) -> Result<Answer, Error> {
    let code = signal.diagnose();
    let rows = rows(app, call, state).await?;
    let isolation = Isolation::of(&signal, &rows.request);
    let host = app.microsoft.settings().endpoints.authority_host();
    let scopes = isolation.as_ref().map(Isolation::scopes).unwrap_or_default();
    let explanation = code.explain_naming(&scopes.into_iter().chain(signal.explained_at(host)).collect::<Vec<_>>());
    for request in refused(app, &rows, isolation.as_ref()).await? {
        let (correlation_id, isolation) = (signal.correlation_id.clone(), isolation.clone());
        record(app, call, request, Refusal { code, signer: None, correlation_id, isolation }, keys).await?;
    }
    if !matches!(rows.request.stage, Stage::Pending { .. }) {
        // Somebody has come further with this link: what became of that is what counts.
        return Ok(Answer::see_other(&outcome::location(app, call, (state, &rows.request), keys)));
    }
    let authority = app.microsoft.settings().endpoints.authority_origin();
    let again = outcome::start_page(state);
    Ok(Answer::page(Page::advice(&Advice {
        language: call.language(),
        status: lambda_http::http::StatusCode::OK,
        explanation: &explanation,
        provider: Some(&rows.reseller.name),
        reference: call.reference(),
        correlation_id: signal.correlation_id.as_deref(),
        onward: again.as_deref().map(|action| Onward { action, authority: &authority }),
    })))
}

/// The requests that are refused: the one that came back, or those of its screen that cannot do without what Microsoft named.
async fn refused(app: &App, rows: &OutcomeRows, isolation: Option<&Isolation>) -> Result<Vec<ConsentRequest>, Error> {
    let OutcomeRows { request, enterprise, .. } = rows;
    let Some(isolation) = isolation else { return Ok(vec![request.clone()]) };
    let mut refused = Vec::new();
    for action in isolation.refused(request, enterprise) {
        if action == request.action {
            refused.push(request.clone());
        } else if let Some(own) = enterprise.action(action).link() {
            let own = app.store.request(own).await?;
            refused.extend(own.filter(|own| own.together.contains(&request.action)));
        }
    }
    Ok(refused)
}

/// The sign-in is sound, but of the wrong tenant or the wrong kind of account. A personal account belongs to no tenant
/// that anybody could have meant, so nobody is told of it.
pub(crate) async fn by_policy(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    (code, signer): (Code, &Signer),
    keys: &SealingKeys,
) -> Result<Answer, Error> {
    if code == Code::PersonalAccount {
        return Err(Error::Policy(code));
    }
    let refusal = Refusal { code, signer: Some(signer.clone()), correlation_id: None, isolation: None };
    let rows = rows(app, call, state).await?;
    let meant = rows.enterprise.pin().or(rows.request.pin).filter(|_| code == Code::WrongTenant);
    record(app, call, rows.request, refusal, keys).await?;
    Err(match meant {
        Some(meant) => Error::OtherTenant { signed_in: signer.tenant, meant },
        None => Error::Policy(code),
    })
}

/// What the state is about, if its link works.
pub(crate) async fn rows(app: &App, call: &Call<ConsentRedirectOp>, state: &State) -> Result<OutcomeRows, Error> {
    let rows = app.store.outcome(&state.request, state.enterprise, state.reseller).await?;
    let rows = rows.ok_or(Error::NoSuchRequest)?;
    call.about(state.reseller, state.enterprise);
    call.about_action(rows.request.action);
    call.comes_from(&rows.reseller.name);
    call.speaks(rows.request.language);
    if !rows.links_work() {
        return Err(Error::Policy(Code::EnterpriseDisabled));
    }
    if rows.enterprise.has_reset(&rows.request) {
        return Err(Error::Policy(Code::ConsentReset));
    }
    Ok(rows)
}

/// What was read of the request never changes (where the outcome goes); whether it is told is the write's own condition.
async fn record(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    request: ConsentRequest,
    refusal: Refusal,
    keys: &SealingKeys,
) -> Result<(), Error> {
    if let Some(record) = request.refuse(refusal, context(app, call, keys)) {
        app.store.record(&record).await?;
    }
    Ok(())
}
