//! The outcome page: what became of a link, for the person who used it.

use onboarding_core::action::ActionType;
use onboarding_core::consent::ConsentRequest;
use onboarding_core::outcome_link::OutcomeLink;
use onboarding_core::seal::SealingKeys;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{Outcome, Page};
use onboarding_lambda::routes::ConsentRedirectOp;

use crate::{App, Error};

/// The address of a request's outcome page.
pub(crate) fn location(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    request: &ConsentRequest,
    keys: &SealingKeys,
) -> String {
    let handle = OutcomeLink::new(request, call.now()).seal(keys, (call.now(), call.occasion().random));
    app.edge.public_base.url(&format!("/outcome/{handle}"))
}

/// Shows it. Reading changes nothing, so reloading is safe, and the page reloads itself while Graph is being asked.
pub(crate) async fn show(app: &App, call: &Call<ConsentRedirectOp>) -> Result<Answer, Error> {
    let handle: String = call.param("handle").map_err(|_| Error::NoSuchOutcome)?;
    let link = open(app, call, &handle).await?.ok_or(Error::NoSuchOutcome)?;
    let rows = app.store.outcome(&link.request, link.enterprise, link.reseller).await?.ok_or(Error::NoSuchOutcome)?;
    call.about(link.reseller, link.enterprise);
    let action = rows.request.action;
    let state = rows.request.shown(rows.enterprise.action(action));
    let left: Vec<ActionType> = rows.enterprise.missing().filter(|missing| *missing != action).collect();
    Ok(Answer::page(Page::outcome(&Outcome {
        provider: &rows.reseller.name,
        enterprise: &rows.enterprise.profile.enterprise_name,
        action,
        state: &state,
        left: &left,
        reference: call.reference(),
    })))
}

async fn open(app: &App, call: &Call<ConsentRedirectOp>, handle: &str) -> Result<Option<OutcomeLink>, Error> {
    let now = call.now();
    let keys = app.secrets.sealing_keys_for(handle, now).await?;
    Ok(OutcomeLink::open(handle, &keys, now).unwrap_or_default())
}
