//! What is said of a tenant.

use onboarding_core::id::EnterpriseId;
use onboarding_core::id::TenantId;
use utoipa::ToSchema;

/// Whose tenant it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "for its schema")]
pub(crate) struct Tenancy {
    /// The enterprise.
    enterprise_id: EnterpriseId,
    /// The tenant that it is bound to.
    tenant_id: TenantId,
    /// The user principal name of who registered it.
    #[schema(required)]
    displayable_id: Option<String>,
}
