//! `POST /v1/provisioning/tenant-admin-api`: makes what the tenant lacks, in the name of who signed in (R132, R133).
//!
//! The provider sends back the `authenticationResult` of a sign-in. What is there already is not made again, and of two
//! calls at once each thing is made by one: Microsoft refuses the other, and what counts is read back.

use std::time::Duration;

use lambda_http::http::StatusCode;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::authentication_result::AuthenticationResult;
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::fields::Fields;
use onboarding_core::id::{EnterpriseId, TenantId};
use onboarding_core::outcome::TokenHandle;
use onboarding_core::plan::Wanted;
use onboarding_core::provisioning::{Lack, Seen, View};
use onboarding_core::start::StartLink;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::ProvisioningOp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::{App, Error, caller_and_enterprise};

/// How long it may take to look, make and look again.
const BUDGET: Duration = Duration::from_secs(15);

/// How far it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provisioned {
    enterprise_id: EnterpriseId,
    /// `provisioned`, or `started` where Microsoft does not show all of it yet.
    status: &'static str,
    #[serde(rename = "containsTeamsTenantAdminAPI")]
    contains_teams_tenant_admin_api: bool,
    /// The ids of what Microsoft does not show yet.
    missing: Vec<String>,
}

pub(crate) async fn provision(app: &App, call: &Call<ProvisioningOp>) -> Result<Answer, Error> {
    let body = call.json_object();
    let named = body.as_ref().ok().and_then(named);
    let (caller, enterprise) = caller_and_enterprise(app, call, named).await?;
    let mut body = body?;
    let id = body.whole("enterpriseId");
    let result = AuthenticationResult::take(&mut body);
    let result = body.finish(result).map_err(Error::Invalid)?;
    let handle = match TokenHandle::hash_of(result.access_token.expose_secret()) {
        Some(hash) => app.store.token_handle(&hash).await?,
        None => None,
    };
    let enterprise = match (enterprise, id, &handle) {
        (Some(enterprise), _, _) => Some(enterprise),
        // A handle is good for one enterprise, and so names it.
        (None, None, Some(handle)) => app.store.enterprise(handle.enterprise).await?,
        (None, _, _) => None,
    };
    let enterprise =
        enterprise.filter(|found| caller.reaches(found.reseller, found.id)).ok_or(Error::NoSuchEnterprise)?;
    call.about(enterprise.reseller, enterprise.id);
    let tenant = may_be_provisioned(&enterprise, &result)?;
    let Some(token) = token(app, call, (&caller, &enterprise), &result, handle.as_ref()).await? else {
        return Err(sign_in_again(app, call, &caller, &enterprise).await?);
    };
    let made = app.microsoft.provision(&token, tenant, BUDGET).await;
    if !made.made.is_empty() {
        app.store.note(&audit(call, &caller, &enterprise, &made.made)).await?;
    }
    if matches!(&made.seen, Seen::Shown(view) if view.organization.id == tenant && view.teams_api) {
        // What a refusal left out for want of this API is asked for again.
        let scopes = enterprise.left_out(&[ActionType::Registration], &[]);
        app.store.restore(enterprise.id, &scopes).await?;
    }
    match made.seen {
        Seen::Shown(view) if view.organization.id != tenant => Err(Error::WrongTenant),
        Seen::Shown(view) if made.refused && !view.lacks().is_empty() => Err(Error::NotAllowed),
        Seen::Shown(view) => Ok(told(enterprise.id, &view)),
        Seen::Closed => Err(sign_in_again(app, call, &caller, &enterprise).await?),
        Seen::Unread => Err(Error::MicrosoftAway),
    }
}

fn named(body: &Fields) -> Option<EnterpriseId> {
    body.peek("enterpriseId")?.as_u64()?.try_into().ok()
}

fn told(enterprise: EnterpriseId, view: &View) -> Answer {
    let missing: Vec<String> = view.lacks().into_iter().map(Lack::id).collect();
    let status = if missing.is_empty() { "provisioned" } else { "started" };
    let contains_teams_tenant_admin_api = view.teams_api;
    let view = Provisioned { enterprise_id: enterprise, status, contains_teams_tenant_admin_api, missing };
    Answer::json(StatusCode::OK, &view)
}

/// The tenant, if the enterprise goes on and the result is of that tenant.
fn may_be_provisioned(enterprise: &Enterprise, result: &AuthenticationResult) -> Result<TenantId, Error> {
    if enterprise.standing != Standing::Open {
        return Err(Error::EnterpriseStopped);
    }
    let tenant = enterprise.tenant.ok_or(Error::TenantNotKnown)?;
    if result.tenant.is_some_and(|said| said != tenant) {
        return Err(Error::WrongTenant);
    }
    Ok(tenant)
}

/// Microsoft's token: that behind the handle, or the one that was sent, from a provider that is given the tokens
/// themselves. None if it is not good, or not for this enterprise; why is not told.
async fn token(
    app: &App,
    call: &Call<ProvisioningOp>,
    (caller, enterprise): (&Caller, &Enterprise),
    result: &AuthenticationResult,
    handle: Option<&TokenHandle>,
) -> Result<Option<SecretString>, Error> {
    let reseller = caller::reseller(caller)?;
    if result.has_ended(call.now()) {
        return Ok(None);
    }
    if TokenHandle::hash_of(result.access_token.expose_secret()).is_none() {
        return Ok(AuthenticationResult::is_taken_raw(reseller).then(|| result.access_token.clone()));
    }
    let Some(handle) = handle.filter(|handle| handle.enterprise == enterprise.id) else { return Ok(None) };
    let Some(sealed) = &handle.sealed_token else { return Ok(None) };
    let keys = app.secrets.sealing_keys_for(sealed, call.now()).await?;
    Ok(handle.access_token(reseller, &keys, call.now()))
}

/// The refusal of a token that has ended, with a link by which the administrator signs in again. The outcome of that
/// sign-in goes where the registration's went.
async fn sign_in_again(
    app: &App,
    call: &Call<ProvisioningOp>,
    caller: &Caller,
    enterprise: &Enterprise,
) -> Result<Error, Error> {
    let ActionState::Granted { request, .. } = enterprise.action(ActionType::Registration) else {
        return Ok(Error::TokenExpired(None));
    };
    let Some(request) = app.store.request(&request).await? else { return Ok(Error::TokenExpired(None)) };
    let wanted = Wanted::These([ActionType::LoginEnterpriseAdmin].into());
    let at = (call.now(), call.occasion().random);
    let (start, handle) = StartLink::new((enterprise.reseller, enterprise.id), wanted, request.redirect_url, at);
    let fact = Fact {
        actor: &Actor::from(caller),
        action: "start_link.made",
        object: format!("enterprise:{}", enterprise.id),
        before: None,
        after: Some(start.expires_at.to_string()),
    };
    let audit = AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, call.occasion());
    app.store.make_start(&start, &audit, None).await?;
    Ok(Error::TokenExpired(Some(app.edge.public_base.url(&format!("/start/{}", handle.expose())))))
}

fn audit(call: &Call<ProvisioningOp>, caller: &Caller, enterprise: &Enterprise, made: &[Lack]) -> AuditRow {
    let ids: Vec<String> = made.iter().copied().map(Lack::id).collect();
    let fact = Fact {
        actor: &Actor::from(caller),
        action: "provisioning.made",
        object: format!("enterprise:{}", enterprise.id),
        before: None,
        after: Some(ids.join(" ")),
    };
    AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, call.occasion())
}
