//! `GET /v1/enterprises/{enterpriseId}/readiness`: every check at once (R131, R140, R145).
//!
//! What is stored comes first. The tenant is looked at for a moment only: what is not seen by then is `unknown`, and the
//! answer does not wait for it.

use std::time::Duration;

use lambda_http::http::StatusCode;
use onboarding_core::id::EnterpriseId;
use onboarding_core::readiness::Readiness;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::ProvisioningOp;

use crate::tenant::look;
use crate::{App, Error, caller_and_enterprise};

/// How long the tenant is looked at.
const LOOK_BUDGET: Duration = Duration::from_millis(2_500);

pub(crate) async fn read(app: &App, call: &Call<ProvisioningOp>) -> Result<Answer, Error> {
    let id = call.param::<EnterpriseId>("enterpriseId").ok();
    let (_, enterprise) = match id {
        Some(id) => caller_and_enterprise(app, call, Some(id)).await?,
        None => (caller_and_enterprise(app, call, None).await?.0, None),
    };
    let enterprise = enterprise.ok_or(Error::NoSuchEnterprise)?;
    let seen = match enterprise.tenant {
        Some(tenant) => Some(look(app, call, (&enterprise, tenant), LOOK_BUDGET).await?),
        None => None,
    };
    Ok(Answer::json(StatusCode::OK, &Readiness::of(&enterprise, seen.as_ref())))
}
