//! The wire text of each code.

use super::Code;

/// The wire text of `code`: its name in snake case.
pub(super) fn text(code: Code) -> &'static str {
    CODES.iter().find(|(listed, _)| *listed == code).map_or("internal_error", |(_, text)| text)
}

macro_rules! codes {
    ($($code:ident $text:literal),+ $(,)?) => {
        /// Every code with its wire text.
        pub(super) const CODES: &[(Code, &str)] = &[$((Code::$code, $text)),+];

        /// Breaks the build when a code is not in the list above.
        #[cfg(test)]
        pub(super) const fn listed(code: Code) {
            match code { $(Code::$code => ()),+ }
        }
    };
}

codes! {
    AccountDisabled "account_disabled",
    AdminApprovalNeeded "admin_approval_needed",
    AdminRoleRequired "admin_role_required",
    AppMisconfigured "app_misconfigured",
    AppNotInTenant "app_not_in_tenant",
    ApprovalRequested "approval_requested",
    CodeReused "code_reused",
    ConditionalAccessBlock "conditional_access_block",
    ConsentMissing "consent_missing",
    ConfirmationAwaited "confirmation_awaited",
    ConsentReset "consent_reset",
    ConfirmationLapsed "confirmation_lapsed",
    ConsentPending "consent_pending",
    CrossTenantPolicy "cross_tenant_policy",
    Declined "declined",
    GrantNotVisible "grant_not_visible",
    GuestNotAllowed "guest_not_allowed",
    IdentityChanged "identity_changed",
    MfaClaimMissing "mfa_claim_missing",
    MicrosoftBusy "microsoft_busy",
    OrgConsentNotTicked "org_consent_not_ticked",
    OurSecretBadOrExpired "our_secret_bad_or_expired",
    PartnerPreconsentNeeded "partner_preconsent_needed",
    PasswordExpired "password_expired",
    PersonalAccount "personal_account",
    ProofUnreadable "proof_unreadable",
    ResourceNotInTenant "resource_not_in_tenant",
    ScopeRefused "scope_refused",
    SignInExpired "sign_in_expired",
    SignInFrequency "sign_in_frequency",
    SignInInterrupted "sign_in_interrupted",
    TeamsAdminRoleNotReady "teams_admin_role_not_ready",
    TeamsSkypeRolesMissing "teams_skype_roles_missing",
    TenantAdminApiMissing "tenant_admin_api_missing",
    TenantAwaited "tenant_awaited",
    TenantBoundElsewhere "tenant_bound_elsewhere",
    TokenIdle "token_idle",
    TokenRevoked "token_revoked",
    TooManyAttempts "too_many_attempts",
    UnknownMicrosoftError "unknown_microsoft_error",
    WrongAccount "wrong_account",
    WrongCloud "wrong_cloud",
    WrongTenant "wrong_tenant",
    InvalidCallback "invalid_callback",
    PageNotFound "page_not_found",
    WrongMethodPage "wrong_method_page",
    EnterpriseDisabled "enterprise_disabled",
    EnterpriseNameTaken "enterprise_name_taken",
    InsufficientScope "insufficient_scope",
    InternalError "internal_error",
    InvalidBody "invalid_body",
    InvalidClient "invalid_client",
    InvalidCursor "invalid_cursor",
    InvalidQuery "invalid_query",
    InvalidScope "invalid_scope",
    InvalidTokenRequest "invalid_token_request",
    MethodNotAllowed "method_not_allowed",
    AlreadyCreated "already_created",
    Contended "contended",
    IdempotencyKeyReused "idempotency_key_reused",
    InvalidIdempotencyKey "invalid_idempotency_key",
    NotApplicable "not_applicable",
    NotFound "not_found",
    NotResettable "not_resettable",
    NotYourReseller "not_your_reseller",
    NothingToConfirm "nothing_to_confirm",
    PayloadTooLarge "payload_too_large",
    RateLimited "rate_limited",
    RedirectHostNotListed "redirect_host_not_listed",
    TenantNotKnown "tenant_not_known",
    TenantNotShown "tenant_not_shown",
    TokenExpired "token_expired",
    TooManyKeys "too_many_keys",
    Unauthenticated "unauthenticated",
    UnauthorizedClient "unauthorized_client",
    Unavailable "unavailable",
    Unverifiable "unverifiable",
    UnparseableBody "unparseable_body",
    UnparseableQuery "unparseable_query",
    UnsupportedContentEncoding "unsupported_content_encoding",
    UnsupportedGrantType "unsupported_grant_type",
    UnsupportedMediaType "unsupported_media_type",
    ConsentRequired "consent_required",
    ConsentUnderWay "consent_under_way",
    EnterpriseAdminRequired "enterprise_admin_required",
    ServiceNotEnabled "service_not_enabled",
    SipDataNotShared "sip_data_not_shared",
    UserLimitReached "user_limit_reached",
    UserProvisioningDisabled "user_provisioning_disabled",
    InvalidIfMatch "invalid_if_match",
    PreconditionFailed "precondition_failed",
    PreconditionRequired "precondition_required",
    ResellerAlreadyActive "reseller_already_active",
    ResellerNotActive "reseller_not_active",
    ActivationLinkEnded "activation_link_ended",
    RevokeRequired "revoke_required",
    TenantAlreadyBound "tenant_already_bound",
}
