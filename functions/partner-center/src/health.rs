//! `POST …/finalize` and `GET …/health`: the live test (R190, R192, R193, R196).

use lambda_http::http::StatusCode;
use onboarding_connections::{Examined, Lookout};
use onboarding_core::advice::{Code, Explanation};
use onboarding_core::audit::Actor;
use onboarding_core::connection::health::{Check, CheckName, CheckStatus, Verdict};
use onboarding_core::connection::view::ConnectionView;
use onboarding_core::connection::{Connection, RefusedStep, State};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::PartnerCenterOp;
use serde::Serialize;

use crate::{App, Error, find};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health<'a> {
    id: &'a str,
    status: &'static str,
    checks: &'a [Check],
    code: Option<Code>,
    problem: Option<Explanation>,
    warnings: Vec<Explanation>,
    will_break_at: Option<String>,
    will_break_by: Option<Code>,
}

/// Tests a connection of which both consents are given: 200 once it is ready, 409 with the one cause.
pub(crate) async fn finalize(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let found = find(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    if found.connection.has_ended() {
        return Err(Error::Ended);
    }
    if let Some(missing) = found.connection.explain_missing() {
        return Err(Error::ConsentsMissing(Box::new(missing)));
    }
    let actor = Actor::from(&found.caller);
    match app.connections.look(&found.connection.id, &actor, call.occasion()).await? {
        Lookout::Seen(Examined { verdict, .. }, connection) => match (&connection.state, verdict.problem()) {
            (State::Ready { .. }, None) => Ok(Answer::json(StatusCode::OK, &ConnectionView::from(&*connection))),
            (_, Some(problem)) => Err(Error::NotHealthy(Box::new(problem))),
            (_, None) => Err(Error::Busy),
        },
        Lookout::Busy | Lookout::Overtaken => Err(Error::Busy),
        Lookout::Ended(_) => Err(Error::Ended),
        Lookout::Unknown => Err(Error::NotFound),
    }
}

/// Looks live, and says how it is. Where somebody is at work it looks beside them, and changes nothing.
pub(crate) async fn show(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let found = find(app, call).await?;
    let at = (call.now(), call.occasion().random);
    let (verdict, connection) = match found.connection.state {
        State::Draft | State::AdminConsented { .. } | State::Disconnected { .. } => {
            (app.connections.unseen(&found.connection), found.connection)
        }
        // What is not tested is not moved by looking at it.
        State::UserConsented { .. } | State::Testing { .. } => {
            (app.connections.examine(&found.connection, None, at).await?.verdict, found.connection)
        }
        State::Ready { .. } | State::Degraded { .. } | State::Broken { .. } => {
            let actor = Actor::from(&found.caller);
            match app.connections.look(&found.connection.id, &actor, call.occasion()).await? {
                Lookout::Seen(examined, connection) => (examined.verdict, *connection),
                Lookout::Busy | Lookout::Overtaken => {
                    (app.connections.examine(&found.connection, None, at).await?.verdict, found.connection)
                }
                Lookout::Ended(ended) => (app.connections.unseen(&ended), *ended),
                Lookout::Unknown => return Err(Error::NotFound),
            }
        }
    };
    Ok(Answer::json(StatusCode::OK, &told(&connection, &with_last_try(&connection, verdict))))
}

fn told<'a>(connection: &'a Connection, verdict: &'a Verdict) -> Health<'a> {
    let problem = verdict.problem().filter(|_| connection.state.both().is_some()).or_else(|| connection.untried());
    Health {
        id: connection.id.as_str(),
        status: connection.status().word(),
        checks: &verdict.checks,
        code: problem.as_ref().map(|problem| problem.code),
        problem,
        warnings: verdict.warnings(),
        will_break_at: verdict.forecast.map(|forecast| forecast.breaks_at.to_string()),
        will_break_by: verdict.forecast.map(|forecast| forecast.code),
    }
}

/// Before there is a token there is nothing to look at but why the last try left none.
fn with_last_try(connection: &Connection, mut verdict: Verdict) -> Verdict {
    let untried = connection.state.both().is_none() && !connection.has_ended();
    let Some(RefusedStep { code, .. }) = connection.hindrance().filter(|_| untried) else {
        return verdict;
    };
    let failed = FAILED_BY.iter().find(|(listed, _)| listed == code).map(|(_, name)| *name);
    for check in verdict.checks.iter_mut().filter(|check| Some(check.name) == failed) {
        check.status = CheckStatus::Fail;
        code.advice().cause.clone_into(&mut check.detail);
    }
    verdict
}

/// Which check it was that a try failed by.
const FAILED_BY: &[(Code, CheckName)] = &[
    (Code::WrongTenant, CheckName::SameTenant),
    (Code::PersonalAccount, CheckName::SameTenant),
    (Code::AdminAgentRoleMissing, CheckName::Role),
    (Code::MfaClaimMissing, CheckName::MfaClaim),
    (Code::MfaConditional, CheckName::MfaClaim),
];
