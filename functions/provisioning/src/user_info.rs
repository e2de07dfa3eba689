//! `GET /v1/provisioning/o365-user-info`: the tenant and who registered it, read from Graph now (R129).
//!
//! What cannot be read is never told as `false`: it is a 503 where Microsoft is away, and a 409 where nobody has given a
//! credential to look with.

use lambda_http::http::StatusCode;
use onboarding_core::id::{EnterpriseId, TenantId};
use onboarding_core::provisioning::{Seen, UserInfo};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::ProvisioningOp;
use serde::Serialize;

use crate::tenant::{READ_BUDGET, look_in_any_name, registered_by};
use crate::{App, Error, caller_and_enterprise};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserInfoView {
    enterprise_id: EnterpriseId,
    tenant_id: TenantId,
    displayable_id: Option<String>,
    #[serde(flatten)]
    seen: UserInfo,
}

/// A token of an enterprise names its own; a provider names one of its.
pub(crate) async fn read(app: &App, call: &Call<ProvisioningOp>) -> Result<Answer, Error> {
    let query = call.query_fields();
    let named = query.as_ref().ok().and_then(|query| query.peek("enterpriseId")?.as_str()?.parse().ok());
    let (caller, enterprise) = caller_and_enterprise(app, call, named).await?;
    let mut query = query?;
    let id: Option<EnterpriseId> = query.parsed("enterpriseId", "out_of_range", str::parse);
    let own = enterprise.as_ref().map(|enterprise| enterprise.id);
    let id = if caller.is_of_enterprise() { id.or(own) } else { query.required("enterpriseId", id) };
    query.finish(id).map_err(Error::InvalidQuery)?;
    let enterprise = enterprise.ok_or(Error::NoSuchEnterprise)?;
    let tenant = enterprise.tenant.ok_or(Error::TenantNotKnown)?;
    match look_in_any_name(app, call, (&caller, &enterprise, tenant), READ_BUDGET).await? {
        Seen::Shown(view) => {
            let displayable_id = registered_by(&enterprise).and_then(|signer| signer.user_principal_name);
            let seen = view.user_info();
            let view = UserInfoView { enterprise_id: enterprise.id, tenant_id: tenant, displayable_id, seen };
            Ok(Answer::json(StatusCode::OK, &view))
        }
        Seen::Closed => Err(Error::Unverifiable),
        Seen::Unread => Err(Error::MicrosoftAway),
    }
}
