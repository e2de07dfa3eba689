//! Tenants that wait for their provider: whoever holds an unpinned link may finish it in a tenant of their own, so more than
//! one may wait, and none of them keeps another out.

use serde::{Deserialize, Serialize};

use super::{ActionState, TenantToConfirm};
use crate::id::{ConsentRequestId, TenantId};

/// How many tenants are kept beside the newest. Each needs an administrator of its own to get there.
const MOST_OTHERS: usize = 7;

/// A tenant that waits for `confirm-tenant`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The link by which it came.
    pub request: ConsentRequestId,
    /// Its id.
    pub tenant: TenantId,
    /// Its name.
    pub organization: String,
}

impl ActionState {
    /// The tenants that wait, the newest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<Waiting> {
        let Self::PendingConfirmation { request, tenant, organization, others, .. } = self else { return Vec::new() };
        let newest = Waiting { request: request.clone(), tenant: *tenant, organization: organization.clone() };
        [&[newest], others.as_slice()].concat()
    }

    /// The tenants that wait, as the provider is shown them.
    #[must_use]
    pub fn tenants_to_confirm(&self) -> Vec<TenantToConfirm> {
        let shown =
            |waiting: Waiting| TenantToConfirm { tenant_id: waiting.tenant, organization: waiting.organization };
        self.waiting().into_iter().map(shown).collect()
    }
}

impl Waiting {
    /// What goes on waiting behind a tenant that comes now: each tenant once, and not without end.
    #[must_use]
    pub fn behind(newest: TenantId, waiting: &[Self]) -> Vec<Self> {
        waiting.iter().filter(|other| other.tenant != newest).take(MOST_OTHERS).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;
    use crate::time::Timestamp;

    fn waiting(tenant: u128) -> Waiting {
        let request = ConsentRequestId::new(Timestamp::from_seconds(1), &Counting::default());
        Waiting { request, tenant: TenantId::from_u128(tenant), organization: format!("tenant {tenant}") }
    }

    /// T11 Every tenant that waits is shown, the newest first; one that comes again stands once.
    #[test]
    fn no_tenant_hides_another() {
        let Waiting { request, tenant, organization } = waiting(1);
        let others = Waiting::behind(tenant, &[waiting(2), waiting(1), waiting(3)]);
        let since = Timestamp::from_seconds(1);
        let state = ActionState::PendingConfirmation { since, request, tenant, organization, others, next: None };
        let shown: Vec<String> = state.tenants_to_confirm().into_iter().map(|shown| shown.organization).collect();
        assert_eq!(shown, ["tenant 1", "tenant 2", "tenant 3"]);
        let many: Vec<Waiting> = (2..40).map(waiting).collect();
        assert_eq!(Waiting::behind(tenant, &many), many[..MOST_OTHERS]);
    }
}
