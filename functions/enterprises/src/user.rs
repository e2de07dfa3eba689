//! `PUT` and `DELETE /v1/enterprises/{id}/users/{userId}`: who counts against `userLimit` (R152).
//!
//! Saying it twice is saying it, and costs nothing. Users are only counted: whoever sets them up asks here before.

use lambda_http::http::StatusCode;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::fields::Fault;
use onboarding_core::user::{UserCount, UserId};
use onboarding_dynamo::user::Counted;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::EnterprisesOp;
use serde::Serialize;

use crate::{App, Error, own_enterprise};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserView<'a> {
    user_id: &'a str,
}

/// Counts the user.
pub(crate) async fn add(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let (caller, enterprise, user) = asked(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let audit = audit(call, (&caller, &enterprise), (&user, "user.added"));
    match app.store.add_user(&enterprise, (&user, call.now()), &audit).await? {
        Counted::Done | Counted::Already => Ok(Answer::json(StatusCode::OK, &UserView { user_id: user.as_str() })),
        Counted::Full => Err(full(app, &enterprise).await?),
        Counted::Stopped => Err(Error::Disabled),
    }
}

/// No longer counts the user.
pub(crate) async fn remove(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let (caller, enterprise, user) = asked(app, call).await?;
    let audit = audit(call, (&caller, &enterprise), (&user, "user.removed"));
    match app.store.remove_user(enterprise.id, &user, &audit).await? {
        Counted::Done | Counted::Already | Counted::Full => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        Counted::Stopped => Err(Error::Disabled),
    }
}

/// The refusal that tells the limit and the count.
pub(crate) async fn full(app: &App, enterprise: &Enterprise) -> Result<Error, Error> {
    let UserCount { current, limit } = app.store.user_count(enterprise).await?;
    // The limit that refused: of an edit the new one, which is not written. One that was lifted meanwhile was the count.
    let limit = enterprise.profile.user_limit.or(limit).unwrap_or(current);
    Ok(Error::UserLimitReached(UserCount { current, limit: Some(limit) }))
}

async fn asked(app: &App, call: &Call<EnterprisesOp>) -> Result<(Caller, Enterprise, UserId), Error> {
    let (caller, enterprise) = own_enterprise(app, call).await?;
    let user = call.param::<String>("userId")?.parse::<UserId>();
    let user =
        user.map_err(|wrong| Error::Invalid(vec![Fault::new("userId", "invalid_user_id", wrong.to_string())]))?;
    if enterprise.standing != Standing::Open {
        return Err(Error::Disabled);
    }
    Ok((caller, enterprise, user))
}

fn audit(
    call: &Call<EnterprisesOp>,
    (caller, enterprise): (&Caller, &Enterprise),
    (user, action): (&UserId, &str),
) -> AuditRow {
    // The trail is for ever, so it has the hash: who knows an id finds it, and nobody reads one out of it.
    let object = format!("user:{}", user.hash());
    let fact = Fact { actor: &Actor::from(caller), action, object, before: None, after: None };
    AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, call.occasion())
}
