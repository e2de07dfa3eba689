//! Refusals that spend nothing: by Microsoft's page, or by our own policy. Each is told once per link, which stays
//! usable for whoever opens it next (G14, T10).

use onboarding_core::advice::{Code, Signal};
use onboarding_core::consent::{ConsentRequest, Refusal, Stage};
use onboarding_core::identity::Signer;
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::State;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{Advice, Onward, Page};
use onboarding_lambda::routes::ConsentRedirectOp;

use crate::{App, Error, context, outcome};

/// The person chose Cancel, or Microsoft said why not: a page that says what to do.
pub(crate) async fn by_microsoft(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    signal: Signal,
    keys: &SealingKeys,
) -> Result<Answer, Error> {
    let code = signal.diagnose();
    let refusal = Refusal { code, signer: None, correlation_id: signal.correlation_id.clone() };
    let request = record(app, call, state, refusal, keys).await?;
    if !matches!(request.stage, Stage::Pending { .. }) {
        // Somebody has come further with this link: what became of that is what counts.
        return Ok(Answer::see_other(&outcome::location(app, call, (state, &request), keys)));
    }
    let authority = app.microsoft.settings().endpoints.authority_origin();
    let again = outcome::start_page(state);
    Ok(Answer::page(Page::advice(&Advice {
        status: lambda_http::http::StatusCode::OK,
        explanation: &code.explain(),
        provider: None,
        reference: call.reference(),
        correlation_id: signal.correlation_id.as_deref(),
        onward: again.as_deref().map(|action| Onward { action, authority: &authority }),
    })))
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
    if code != Code::PersonalAccount {
        let refusal = Refusal { code, signer: Some(signer.clone()), correlation_id: None };
        record(app, call, state, refusal, keys).await?;
    }
    Err(Error::Policy(code))
}

/// What is read here never changes (where the outcome goes); whether it is told is the write's own condition. The
/// request as it was read.
async fn record(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    state: &State,
    refusal: Refusal,
    keys: &SealingKeys,
) -> Result<ConsentRequest, Error> {
    let rows = app.store.outcome(&state.request, state.enterprise, state.reseller).await?;
    let rows = rows.ok_or(Error::NoSuchRequest)?;
    call.about(state.reseller, state.enterprise);
    if !rows.links_work() {
        return Err(Error::Policy(Code::EnterpriseDisabled));
    }
    if rows.enterprise.has_reset(&rows.request) {
        return Err(Error::Policy(Code::ConsentReset));
    }
    let request = rows.request;
    if let Some(record) = request.clone().refuse(refusal, context(app, call, keys)) {
        app.store.record(&record).await?;
    }
    Ok(request)
}
