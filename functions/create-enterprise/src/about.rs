//! What the deployment can do, and what each action asks for (R023, R024). Here because this function has the fewest
//! rights of all.

use lambda_http::http::StatusCode;
use onboarding_core::action::ActionType;
use onboarding_core::capability::Capabilities;
use onboarding_core::id::ApplicationId;
use onboarding_core::permission::{self, Permission};
use onboarding_dynamo::credential::Wanted;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::CreateEnterpriseOp;
use serde::Serialize;

use crate::{App, Error};

/// A permission, for whoever grants it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PermissionView {
    action: ActionType,
    permission: &'static str,
    resource_app_id: ApplicationId,
    kind: &'static str,
    purpose: &'static str,
    /// What it does not allow.
    limit: &'static str,
}

impl PermissionView {
    fn of(permission: &Permission) -> Self {
        let Permission { action, kind, resource, name, purpose, limit } = *permission;
        Self { action, permission: name, resource_app_id: resource, kind: kind.word(), purpose, limit }
    }
}

async fn authenticate(app: &App, call: &Call<CreateEnterpriseOp>) -> Result<(), Error> {
    let caller = app.store.authenticate(call.credential()?, Wanted::default(), call.now()).await??.caller;
    Ok(call.permit(&caller)?)
}

pub(crate) async fn capabilities(app: &App, call: &Call<CreateEnterpriseOp>) -> Result<Answer, Error> {
    authenticate(app, call).await?;
    Ok(Answer::json(StatusCode::OK, &Capabilities::present()))
}

/// Of all actions, or of `?action=` alone.
pub(crate) async fn permissions(app: &App, call: &Call<CreateEnterpriseOp>) -> Result<Answer, Error> {
    authenticate(app, call).await?;
    let mut query = call.query_fields()?;
    let names = || ActionType::all().map(ActionType::name).collect::<Vec<_>>().join(", ");
    let read = |text: &str| text.parse::<ActionType>().map_err(|_| format!("must be one of {}", names()));
    let action = query.parsed("action", "unknown_action_type", read);
    let action = query.finish(Some(action)).map_err(Error::InvalidQuery)?;
    let wanted = permission::all().filter(|permission| action.is_none_or(|action| permission.action == action));
    let items: Vec<PermissionView> = wanted.map(PermissionView::of).collect();
    Ok(Answer::list(&items, None))
}
