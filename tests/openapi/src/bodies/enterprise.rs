//! An enterprise, and what is asked about one.

use onboarding_core::action::ActionItem;
use onboarding_core::action::ActionType;
use onboarding_core::enterprise::EnterpriseStatus;
use onboarding_core::enterprise::ManagementConsent;
use onboarding_core::enterprise::MusicOnHold;
use onboarding_core::enterprise::Warning;
use onboarding_core::id::EnterpriseId;
use onboarding_core::id::ResellerId;
use onboarding_core::id::TenantId;
use onboarding_core::task::Task;
use onboarding_core::text::Name;
use utoipa::ToSchema;

/// A question: may the caller do this now?
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TaskQuestion {
    /// The task.
    task: Task,
}

/// The caller may.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TaskAllowed {
    /// The task.
    task: Task,
    /// Always true: where the caller may not, a problem says why.
    allowed: bool,
}

/// A user who is counted.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct CountedUser {
    /// The id of the path.
    user_id: String,
}

/// What an edit makes an enterprise wait for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Newly {
    /// The actions that wait for somebody only because of this edit.
    consent_needed: Vec<ActionType>,
}

/// The deployment answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Health {
    /// `ok`.
    status: String,
}

/// An enterprise as its provider reads it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Known {
    /// Its number.
    enterprise_id: EnterpriseId,
    /// Whose it is.
    reseller_id: ResellerId,
    /// How far it is.
    status: EnterpriseStatus,
    /// The tenant that it is bound to by a proved consent.
    #[schema(required)]
    tenant_id: Option<TenantId>,
    /// The consent by which its provider may manage its provisioning.
    management_consent: ManagementConsent,
    /// Its actions.
    action_items: Vec<ActionItem>,
    /// Where music on hold comes from.
    moh: MusicOnHold,
    /// What is allowed and probably not meant.
    warnings: Vec<Warning>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An enterprise in a list.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct EnterpriseSummary {
    /// Its number.
    enterprise_id: EnterpriseId,
    /// Its name.
    enterprise_name: Name,
    /// How far it is.
    status: EnterpriseStatus,
    /// The tenant that it is bound to by a proved consent.
    #[schema(required)]
    tenant_id: Option<TenantId>,
    /// The actions that wait for somebody.
    pending_actions: Vec<ActionType>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A page of enterprises.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct EnterprisePage {
    /// What is on it.
    items: Vec<EnterpriseSummary>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}
