//! The tenant of an enterprise, as our registrations see it by themselves.

use std::time::Duration;

use onboarding_core::action::ActionType;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::TenantId;
use onboarding_core::identity::Signer;
use onboarding_core::provisioning::Seen;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::ProvisioningOp;
use onboarding_microsoft::ReadTenant;

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

/// Who registered the enterprise, as long as that is granted.
pub(crate) fn registered_by(enterprise: &Enterprise) -> Option<Signer> {
    enterprise.action(ActionType::Registration).granted_by().cloned()
}
