//! What is said of a tenant.

use onboarding_core::id::{EnterpriseId, ResellerId, TenantId};
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

/// The person of a sign-in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct SignInUser {
    /// The user principal name.
    displayable_id: Option<String>,
    /// `user`.
    identity_provider: Option<String>,
    /// The tenant.
    tenant_id: Option<TenantId>,
}

/// The result of a sign-in, as our webhook posts it. It may be nested once more, in a field of its own name.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct SignInResult {
    /// The token handle, or Microsoft's token where you are given those.
    access_token: String,
    /// The authority's host.
    access_token_type: Option<String>,
    /// When it ends, in microseconds since 1970.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    expires_on: Option<u64>,
    /// The other token handle.
    id_token: Option<String>,
    /// False.
    multiple_resource_refresh_token: Option<bool>,
    /// Who signed in.
    user_info: Option<SignInUser>,
}

/// A tenant that is to be provisioned.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WantedProvisioning {
    /// Which enterprise; a token handle, and a token of one enterprise, name their own.
    enterprise_id: Option<EnterpriseId>,
    /// The result of a sign-in.
    authentication_result: SignInResult,
}

/// A sign-in by which the management consent is granted.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WantedManagementConsent {
    /// Which enterprise; a token handle, and a token of one enterprise, name their own.
    enterprise_id: Option<EnterpriseId>,
    /// The result of a sign-in.
    authentication_result: SignInResult,
    /// Your own number.
    reseller_id: ResellerId,
    /// The tenant of the enterprise.
    tenant_id: TenantId,
}

/// How far the provisioning of a tenant is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ProvisionedTenant {
    /// The enterprise.
    enterprise_id: EnterpriseId,
    /// `provisioned`, or `started` where Microsoft does not show all of it yet.
    status: String,
    /// Whether the service principal of the Teams admin API is there.
    #[schema(rename = "containsTeamsTenantAdminAPI")]
    contains_teams_tenant_admin_api: bool,
    /// The ids of what Microsoft does not show yet.
    missing: Vec<String>,
}
