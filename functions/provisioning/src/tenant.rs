//! The tenant of an enterprise, as our registrations see it by themselves; or, before they may, as whoever signed in last sees it
//! while their token lives.

use std::time::Duration;

use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{ConsentRequestId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::provisioning::Seen;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::ProvisioningOp;
use onboarding_microsoft::ReadTenant;
use secrecy::SecretString;

use crate::{App, Error};

/// How long one reading of Graph may take while somebody waits.
pub(crate) const READ_BUDGET: Duration = Duration::from_secs(5);

/// Reads `tenant` with a token of our own, and beside it the person who registered the enterprise.
pub(crate) async fn look(
    app: &App,
    call: &Call<ProvisioningOp>,
    (enterprise, tenant): (&Enterprise, TenantId),
    budget: Duration,
) -> Result<Seen, Error> {
    let clients = &app.microsoft.settings().clients;
    let readers = app.secrets.credentials(&clients.readers(clients.own()), clients.own(), call.now()).await?;
    let person = registered_by(enterprise).map(|signer| signer.object);
    let wanted = ReadTenant { tenant, readers: &readers, person };
    let seen = app.microsoft.read_tenant(wanted, (call.now(), call.occasion().random), budget).await;
    Ok(seen.within(tenant))
}

/// The same; where we may not read by ourselves, in the name of whoever signed in last.
pub(crate) async fn look_in_any_name(
    app: &App,
    call: &Call<ProvisioningOp>,
    (caller, enterprise, tenant): (&Caller, &Enterprise, TenantId),
    budget: Duration,
) -> Result<Seen, Error> {
    let seen = look(app, call, (enterprise, tenant), budget).await?;
    if seen != Seen::Closed {
        return Ok(seen);
    }
    let Some(token) = signers_token(app, call, (caller, enterprise, tenant)).await? else { return Ok(seen) };
    let person = registered_by(enterprise).map(|signer| signer.object);
    Ok(app.microsoft.read_tenant_as((&token, person), budget).await.within(tenant))
}

/// The token of whoever signed in last, if it is of `tenant` and lives.
async fn signers_token(
    app: &App,
    call: &Call<ProvisioningOp>,
    (caller, enterprise, tenant): (&Caller, &Enterprise, TenantId),
) -> Result<Option<SecretString>, Error> {
    let Some(request) = last_sign_in(enterprise) else { return Ok(None) };
    let Some(hash) = app.store.request(&request).await?.and_then(|request| request.handle) else { return Ok(None) };
    let handle = app.store.token_handle(&hash).await?;
    let handle = handle.filter(|handle| handle.enterprise == enterprise.id && handle.signer.tenant == tenant);
    let Some((handle, sealed)) = handle.as_ref().and_then(|handle| Some((handle, handle.sealed_token.as_ref()?)))
    else {
        return Ok(None);
    };
    let keys = app.secrets.sealing_keys_for(sealed, call.now()).await?;
    Ok(handle.access_token(caller::reseller(caller)?, &keys, call.now()))
}

/// The request of the newest sign-in that proved something for the whole enterprise.
fn last_sign_in(enterprise: &Enterprise) -> Option<ConsentRequestId> {
    let proved = |action| {
        let ActionState::Granted { since, request, .. } = enterprise.action(action) else { return None };
        Some((since, request))
    };
    let sign_ins = [ActionType::Registration, ActionType::LoginEnterpriseAdmin].into_iter().filter_map(proved);
    sign_ins.max_by_key(|(since, _)| *since).map(|(_, request)| request)
}

/// Who registered the enterprise, as long as that is granted.
pub(crate) fn registered_by(enterprise: &Enterprise) -> Option<Signer> {
    enterprise.action(ActionType::Registration).granted_by().cloned()
}
