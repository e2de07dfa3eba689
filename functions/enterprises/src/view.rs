//! An enterprise as its provider reads it: the source's fields, and what we know beside them (K10).

use onboarding_core::action::{ActionItem, ActionType};
use onboarding_core::enterprise::{Enterprise, ManagementConsent, MusicOnHold, Profile, Warning};
use onboarding_core::id::{EnterpriseId, ResellerId, TenantId};
use onboarding_core::time::Timestamp;
use serde::Serialize;

/// An item of `GET /v1/enterprises` (R148).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnterpriseSummary {
    enterprise_id: EnterpriseId,
    enterprise_name: String,
    status: &'static str,
    tenant_id: Option<TenantId>,
    /// The actions that wait for somebody.
    pending_actions: Vec<ActionType>,
    created_at: String,
}

impl EnterpriseSummary {
    pub(crate) fn of(enterprise: &Enterprise, now: Timestamp) -> Self {
        Self {
            enterprise_id: enterprise.id,
            enterprise_name: enterprise.profile.enterprise_name.to_string(),
            status: enterprise.status(now).word(),
            tenant_id: enterprise.tenant,
            pending_actions: enterprise.pending_actions(),
            created_at: enterprise.created_at.to_string(),
        }
    }
}

/// The body of `GET /v1/enterprises/{id}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnterpriseView<'a> {
    enterprise_id: EnterpriseId,
    reseller_id: ResellerId,
    status: &'static str,
    tenant_id: Option<TenantId>,
    management_consent: ManagementConsent,
    action_items: Vec<ActionItem>,
    moh: MusicOnHold,
    warnings: Vec<Warning>,
    created_at: String,
    #[serde(flatten)]
    profile: &'a Profile,
}

/// The answer to an edit: the enterprise as it is now, and what it newly waits for (R167).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EditedView<'a> {
    /// The actions that wait for somebody only because of this edit.
    pub(crate) consent_needed: Vec<ActionType>,
    /// The enterprise.
    #[serde(flatten)]
    pub(crate) enterprise: EnterpriseView<'a>,
}

impl<'a> EnterpriseView<'a> {
    pub(crate) fn of(enterprise: &'a Enterprise, now: Timestamp) -> Self {
        Self {
            enterprise_id: enterprise.id,
            reseller_id: enterprise.reseller,
            status: enterprise.status(now).word(),
            tenant_id: enterprise.tenant,
            management_consent: enterprise.management_consent(),
            action_items: enterprise.action_items(),
            moh: enterprise.music_on_hold(),
            warnings: enterprise.profile.warnings(),
            created_at: enterprise.created_at.to_string(),
            profile: &enterprise.profile,
        }
    }
}
