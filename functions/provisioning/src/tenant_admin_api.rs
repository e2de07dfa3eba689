//! `POST /v1/provisioning/tenant-admin-api`: makes what the tenant lacks, in the name of who signed in (R132, R133).
//!
//! The provider sends back the `authenticationResult` of a sign-in. What is there already is not made again, and of two
//! calls at once each thing is made by one: Microsoft refuses the other, and what counts is read back. What Microsoft does not
//! show yet is looked for in the background, by `consent-verify`, as long as the sign-in lives.

use std::time::Duration;

use lambda_http::http::StatusCode;
use onboarding_core::action::ActionType;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::awaited_roles::{AwaitedRoles, Credential};
use onboarding_core::consent::SealedToken;
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{ConsentRequestId, EnterpriseId};
use onboarding_core::provisioning::{Lack, Seen, View};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::ProvisioningOp;
use secrecy::SecretString;
use serde::Serialize;

use crate::sent_back::SentBack;
use crate::{App, Error};

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
    let (sent, ()) = SentBack::read(app, call, |_| Some(())).await?;
    let tenant = sent.tenant()?;
    let Some(token) = sent.token(app, call).await? else { return Err(sent.sign_in_again(app, call).await?) };
    let made = app.microsoft.provision(&token, tenant, BUDGET).await;
    if !made.made.is_empty() {
        app.store.note(&audit(call, &sent.caller, &sent.enterprise, &made.made)).await?;
    }
    if matches!(&made.seen, Seen::Shown(view) if view.organization.id == tenant && view.teams_api) {
        // What a refusal left out for want of this API is asked for again.
        let scopes = sent.enterprise.left_out(&[ActionType::Registration], &[]);
        app.store.restore(sent.enterprise.id, &scopes).await?;
    }
    match made.seen {
        Seen::Shown(view) if view.organization.id != tenant => Err(Error::WrongTenant),
        Seen::Shown(view) if made.refused && !view.lacks().is_empty() => Err(Error::NotAllowed),
        Seen::Shown(view) => {
            let missing: Vec<String> = view.lacks().into_iter().map(Lack::id).collect();
            if !missing.is_empty() {
                wait(app, call, (&sent, &token), missing.clone()).await?;
            }
            Ok(told(sent.enterprise.id, &view, missing))
        }
        Seen::Closed => Err(sent.sign_in_again(app, call).await?),
        Seen::Unread => Err(Error::MicrosoftAway),
    }
}

/// Has it looked for again, as long as the sign-in lives. A repeat of the call by the same sign-in changes nothing of that.
async fn wait(
    app: &App,
    call: &Call<ProvisioningOp>,
    (sent, token): (&SentBack, &SecretString),
    missing: Vec<String>,
) -> Result<(), Error> {
    let (now, occasion) = (call.now(), call.occasion());
    let signer = match &sent.handle {
        Some(handle) => Some(handle.signer.clone()),
        None => sent.signer(app, token).await?,
    };
    let Some(signer) = signer else { return Ok(()) };
    let request = match &sent.handle {
        Some(handle) => handle.request.clone(),
        None => ConsentRequestId::new(now, occasion.random),
    };
    let keys = app.secrets.sealing_keys(now).await?;
    let token = SealedToken::sealing(token, (&request, sent.end(now)), (&keys, occasion));
    let redirect_url = sent.outcomes(app).await?;
    let credential = Credential { request, signer, token, redirect_url };
    let awaited = AwaitedRoles::of_provisioning(&sent.enterprise, credential, missing, now);
    let begun = app.store.await_provisioning(&awaited).await?;
    tracing::info!(enterprise.id = %sent.enterprise.id, begun, "what was made is looked for again");
    Ok(())
}

fn told(enterprise: EnterpriseId, view: &View, missing: Vec<String>) -> Answer {
    let status = if missing.is_empty() { "provisioned" } else { "started" };
    let contains_teams_tenant_admin_api = view.teams_api;
    let view = Provisioned { enterprise_id: enterprise, status, contains_teams_tenant_admin_api, missing };
    Answer::json(StatusCode::OK, &view)
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
