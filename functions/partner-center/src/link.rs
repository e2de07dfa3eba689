//! `POST …/admin-consent-link` and `…/user-consent-link` (R182, R183): where each step leads.

use lambda_http::http::StatusCode;
use onboarding_connections::LinkError;
use onboarding_core::audit::Actor;
use onboarding_core::connection::Step;
use onboarding_core::connection::link::LINK_LIFETIME;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::PartnerCenterOp;
use serde::Serialize;

use crate::{App, Error, find};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    url: &'a str,
    expires_at: String,
    open_in: &'static str,
    why: &'static str,
}

/// How the link is to be opened, and why (R187, R189, R200).
const fn advice(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Admin => (
            "a browser that is signed in as a Global Administrator of the tenant that hosts Partner Center",
            "The consent is for the whole organisation, and only such an administrator can give it.",
        ),
        Step::User => (
            "a private window",
            "In a window where the administrator is signed in, Microsoft may take that session, and the consent would be the \
             administrator's.",
        ),
    }
}

/// The link to `step`. Before the first step is done, the second is answered with the link of the first (R191).
pub(crate) async fn make(app: &App, call: &Call<PartnerCenterOp>, step: Step) -> Result<Answer, Error> {
    let found = find(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let (connection, at) = (&found.connection, (call.now(), call.occasion().random));
    let url = match app.connections.link(connection, step, at).await {
        Err(LinkError::TooEarly) => {
            return Err(Error::AdminConsentFirst(app.connections.link(connection, Step::Admin, at).await?));
        }
        made => made?,
    };
    let audit = connection.linked(step, &Actor::from(&found.caller), call.occasion());
    app.connections.store.note(&audit).await?;
    let (open_in, why) = advice(step);
    let expires_at = call.now().plus(LINK_LIFETIME).to_string();
    Ok(Answer::json(StatusCode::OK, &Link { url: &url, expires_at, open_in, why }))
}
