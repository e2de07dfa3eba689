//! The catalogue of failures, one row each.

use super::{Advice, Code, LinkAfter, Who};

const fn row(
    code: Code,
    who: Who,
    title: &'static str,
    cause: &'static str,
    next_steps: &'static [&'static str],
) -> Advice {
    Advice { code, title, cause, who, next_steps, next_action: None, retry_after: None, link: LinkAfter::Open }
}

const fn spent(advice: Advice) -> Advice {
    Advice { link: LinkAfter::Spent, ..advice }
}

const fn then(action: &'static str, advice: Advice) -> Advice {
    Advice { next_action: Some(action), ..advice }
}

const fn retry(seconds: u32, advice: Advice) -> Advice {
    Advice { retry_after: Some(seconds), ..advice }
}

const SAME_LINK: &str = "Open the same link again.";
const FRESH_LINK: &str = "Ask the service provider for a fresh link.";
/// The same where the service provider itself must act.
const THEIR_FRESH_LINK: &str = "The service provider makes a fresh link.";
const REPORT: &str = "Tell the operator of this service the reference id.";

/// All rows. The first is what an unlisted code would get; a test sees to it that there is none.
pub(super) const ROWS: &[Advice] = &[
    row(
        Code::InternalError,
        Who::Operator,
        "Something failed on our side",
        "An unexpected fault on our side ended this request; nothing was changed.",
        &["Try again.", REPORT],
    ),
    // The consent flow.
    row(
        Code::AdminApprovalNeeded,
        Who::GlobalAdministrator,
        "An administrator must approve",
        "Microsoft refused because this account may not grant these permissions for the organisation.",
        &[
            "Pass the link on to a Global Administrator of your organisation.",
            "Do not try again with the same account.",
        ],
    ),
    row(
        Code::AdminRoleRequired,
        Who::GlobalAdministrator,
        "A Global Administrator must sign in",
        "The account that signed in does not hold the Global Administrator role in this tenant.",
        &[
            "Pass the link on to a Global Administrator of your organisation.",
            "If your role is eligible in Privileged Identity Management, activate it first.",
            SAME_LINK,
        ],
    ),
    row(
        Code::AppMisconfigured,
        Who::Operator,
        "Our application is not set up right",
        "Microsoft refused the request because of the settings of our app registration; you did nothing wrong.",
        &[REPORT, "The operator compares redirect URI, ID tokens and permissions of the app registration."],
    ),
    row(
        Code::AppNotInTenant,
        Who::GlobalAdministrator,
        "Our application is not in this tenant",
        "Microsoft does not find our application, or finds it disabled, in the tenant.",
        &[
            "In Microsoft Entra admin center, Enterprise applications, enable the application if it is listed.",
            SAME_LINK,
        ],
    ),
    row(
        Code::ApprovalRequested,
        Who::TenantAdmin,
        "An approval was asked for",
        "Your tenant lets reviewers approve applications; a request was filed with them.",
        &["Ask a reviewer to approve, or a Global Administrator to open the same link."],
    ),
    row(
        Code::CodeReused,
        Who::Nobody,
        "This sign-in was used already",
        "The browser sent the same sign-in twice, for example by its Back button.",
        &["Nothing is lost.", SAME_LINK],
    ),
    row(
        Code::ConditionalAccessBlock,
        Who::TenantAdmin,
        "A policy of your organisation blocks the sign-in",
        "A Conditional Access or security policy of the tenant did not let this sign-in through.",
        &[
            "Ask whoever keeps your Conditional Access policies to look up the sign-in by its correlation id.",
            "Sign in from a device or place that the policy accepts, or exclude the account.",
            SAME_LINK,
        ],
    ),
    row(
        Code::ConsentMissing,
        Who::GlobalAdministrator,
        "The consent is missing",
        "Microsoft reports that the permissions are not granted.",
        &[SAME_LINK, "Accept the permissions for your organisation."],
    ),
    row(
        Code::CrossTenantPolicy,
        Who::TenantAdmin,
        "Cross-tenant settings block the application",
        "The tenant's cross-tenant access settings or tenant restrictions refuse our application.",
        &["Allow the application in the cross-tenant access settings of Microsoft Entra admin center.", SAME_LINK],
    ),
    row(
        Code::Declined,
        Who::GlobalAdministrator,
        "The consent was declined",
        "Cancel was chosen on Microsoft's page; nothing was granted and nothing was changed.",
        &["Read what each permission is for.", SAME_LINK, "Accept the permissions for your organisation."],
    ),
    then(
        "getActionItemUrl",
        spent(row(
            Code::GrantNotVisible,
            Who::GlobalAdministrator,
            "The grant cannot be seen",
            "Ten minutes after the consent Microsoft Graph still did not show the permissions as granted.",
            &[
                "In Microsoft Entra admin center, Enterprise applications, Permissions, see whether the grant is there.",
                FRESH_LINK,
            ],
        )),
    ),
    row(
        Code::GuestNotAllowed,
        Who::GlobalAdministrator,
        "A guest cannot do this",
        "The account that signed in is a guest in this tenant.",
        &["Use a private window.", "Sign in with an account that is a member of the organisation.", SAME_LINK],
    ),
    row(
        Code::IdentityChanged,
        Who::Signer,
        "Two accounts in one sign-in",
        "Microsoft answered for another account than the one that signed in; its tokens were thrown away.",
        &["Close all windows of the browser, or use a private window.", SAME_LINK],
    ),
    row(
        Code::MfaClaimMissing,
        Who::Signer,
        "A second factor is needed",
        "Microsoft asks for multi-factor authentication that this sign-in did not have.",
        &["Sign in again and complete multi-factor authentication.", SAME_LINK],
    ),
    retry(
        60,
        row(
            Code::MicrosoftBusy,
            Who::Nobody,
            "Microsoft is busy",
            "Microsoft did not answer, or asked to be asked later.",
            &["Wait a minute.", SAME_LINK],
        ),
    ),
    then(
        "getActionItemUrl",
        spent(row(
            Code::OrgConsentNotTicked,
            Who::GlobalAdministrator,
            "The consent was for one person only",
            "The permissions were accepted without \u{201c}Consent on behalf of your organization\u{201d}, so they hold for the signer alone.",
            &[FRESH_LINK, "Tick \u{201c}Consent on behalf of your organization\u{201d}, then Accept."],
        )),
    ),
    row(
        Code::OurSecretBadOrExpired,
        Who::Operator,
        "Our application could not identify itself",
        "Microsoft refused our application's own credential; you did nothing wrong.",
        &[REPORT, "The operator renews the client secret or certificate."],
    ),
    row(
        Code::PersonalAccount,
        Who::Signer,
        "A personal account cannot do this",
        "The account that signed in is a personal Microsoft account.",
        &["Sign in with your work account.", SAME_LINK],
    ),
    spent(row(
        Code::ProofUnreadable,
        Who::ProviderAdmin,
        "The consent could not be checked",
        "Microsoft Graph could not be read while the sign-in was good, so nothing is proved.",
        &["The administrator signs in once more, by a fresh link of the service provider."],
    )),
    row(
        Code::ResourceNotInTenant,
        Who::ProviderAdmin,
        "A service is missing in the tenant",
        "The tenant has no licence or service principal for a Microsoft service that the permissions belong to.",
        &["Make sure that the tenant has Microsoft Teams.", "Once it has, open the same link again."],
    ),
    row(
        Code::SignInExpired,
        Who::Signer,
        "The sign-in is too old",
        "Microsoft no longer accepts this sign-in.",
        &[SAME_LINK, "Finish without a long pause."],
    ),
    row(
        Code::SignInInterrupted,
        Who::Signer,
        "The sign-in broke off",
        "The connection broke between Microsoft's answer and our record of it, so nothing counts as granted.",
        &[SAME_LINK],
    ),
    // R025-R030. Both names of the portal, because administrators know one of them.
    retry(
        1_800,
        row(
            Code::TeamsAdminRoleNotReady,
            Who::GlobalAdministrator,
            "The Teams Administrator role is not ready",
            "You are a Global Administrator already; this tenant still needs the Teams Administrator role assigned once, \
             to the administrator who grants the consent.",
            &[
                "Open Microsoft Entra admin center (Azure AD in older texts), Roles & admins: \
                 https://entra.microsoft.com/#view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles \
                 If you do not find it, choose Show more (in Azure AD: Show all).",
                "Choose Teams Administrator. It is normal that its list of assignments is empty.",
                "Choose Add assignments.",
                "Pick the administrator who grants the consent, and Save.",
                "Wait 30 minutes, then open the same link again.",
            ],
        ),
    ),
    spent(row(
        Code::TenantBoundElsewhere,
        Who::Operator,
        "The tenant belongs to another service provider",
        "This Microsoft tenant is already registered through another service provider.",
        &["Ask the operator of this service which service provider holds the tenant."],
    )),
    then(
        "getActionItemUrl",
        spent(row(
            Code::TooManyAttempts,
            Who::ProviderAdmin,
            "Too many attempts",
            "This link was tried too often.",
            &[THEIR_FRESH_LINK],
        )),
    ),
    row(
        Code::UnknownMicrosoftError,
        Who::Developer,
        "Microsoft reported an error",
        "Microsoft ended the sign-in with an error that we do not know.",
        &[
            SAME_LINK,
            "If it happens again, look the number up at https://login.microsoftonline.com/error and give Microsoft's support the correlation id.",
        ],
    ),
    row(
        Code::WrongAccount,
        Who::Signer,
        "This account does not belong here",
        "Microsoft does not accept the account that signed in for this tenant.",
        &["Use a private window.", "Sign in with an account of the organisation.", SAME_LINK],
    ),
    row(
        Code::WrongCloud,
        Who::ProviderAdmin,
        "Another Microsoft cloud",
        "Microsoft does not find the tenant in this cloud.",
        &["Check the tenant's domain.", "A tenant of a government or Chinese cloud needs the service of that cloud."],
    ),
    row(
        Code::WrongTenant,
        Who::Signer,
        "The wrong organisation",
        "The account that signed in belongs to another tenant than the one this link is for.",
        &["Use a private window.", "Sign in with an account of the right organisation.", SAME_LINK],
    ),
    // Pages.
    then(
        "getActionItemUrl",
        row(
            Code::InvalidCallback,
            Who::Signer,
            "This sign-in cannot be used",
            "The sign-in is expired, was used before, or did not come back whole. What was granted before stays granted.",
            &[SAME_LINK, "If that does not help, ask the service provider for a fresh link."],
        ),
    ),
    row(
        Code::WrongMethodPage,
        Who::Signer,
        "This page is only for Microsoft's answer",
        "Microsoft sends its answer to this address; there is nothing to see here.",
        &["Go back to the link that you were given and open it again."],
    ),
    // The API.
    then(
        "getActionItemUrl",
        row(
            Code::ConsentRequired,
            Who::GlobalAdministrator,
            "The management consent is missing",
            "The customer has not granted \u{201c}Allow Management by Service Provider\u{201d}, or has taken it back.",
            &[
                "Ask for a link with actionType GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT.",
                "Have the customer's Global Administrator open it and grant the consent.",
            ],
        ),
    ),
    row(
        Code::EnterpriseAdminRequired,
        Who::GlobalAdministrator,
        "Only the customer's administrator may do this",
        "This task is the customer's own, even where management by the service provider is allowed.",
        &["Ask the customer's administrator to do it."],
    ),
    row(
        Code::ServiceNotEnabled,
        Who::ProviderAdmin,
        "The enterprise does not have the service",
        "The task belongs to a service that the enterprise does not have.",
        &["Add the service with PATCH /v1/enterprises/{id}, and have its consents granted."],
    ),
    row(
        Code::SipDataNotShared,
        Who::ProviderAdmin,
        "SIP data is not shared",
        "The service provider does not share call records with this enterprise.",
        &["Set accessSipData to true with PATCH /v1/enterprises/{id}, if they are to be shared."],
    ),
    row(
        Code::UserProvisioningDisabled,
        Who::ProviderAdmin,
        "Users are not set up here",
        "userProvisioningEnabled is false, so users of this enterprise are not set up.",
        &["Set userProvisioningEnabled to true with PATCH /v1/enterprises/{id}, if they are to be."],
    ),
    row(
        Code::EnterpriseNameTaken,
        Who::Developer,
        "The name is taken",
        "Another enterprise of this service provider has this name; case and outer spaces do not count.",
        &["Choose another enterpriseName."],
    ),
    row(
        Code::InsufficientScope,
        Who::Developer,
        "The credential is made for less",
        "The key or token is accepted, but not made for this call.",
        &[
            "Read the missing scope in the WWW-Authenticate header.",
            "Use a key that has it, or ask the operator of this service for one.",
        ],
    ),
    row(
        Code::InvalidBody,
        Who::Developer,
        "The body is wrong",
        "The body can be read, but `errors` names fields that are missing, unknown or out of range. Nothing was changed.",
        &["Mend every field named in `errors` and send the request again."],
    ),
    row(
        Code::InvalidClient,
        Who::Developer,
        "The client is not accepted",
        "The client id and secret are missing, wrong, ended or revoked.",
        &[
            "Send keyId as client_id and the API key as client_secret, by HTTP Basic or in the body.",
            "If the key was revoked or its owner disabled, ask for a new one.",
        ],
    ),
    row(
        Code::InvalidScope,
        Who::Developer,
        "The scope is wrong",
        "The scope names something that there is not, or that the key is not made for.",
        &["Leave scope out for all that the key may do, or name scopes of the key with single spaces between."],
    ),
    row(
        Code::InvalidTokenRequest,
        Who::Developer,
        "This is no request for a token",
        "The request for a token misses a parameter, repeats one, or authenticates in two ways.",
        &["Send grant_type=client_credentials as a form, and the client by HTTP Basic or in the body."],
    ),
    row(
        Code::UnauthorizedClient,
        Who::Developer,
        "This client gets no tokens",
        "Tokens are made for service providers; this key is the operator's.",
        &["Send the operator's key itself as Authorization: Bearer."],
    ),
    row(
        Code::UnsupportedGrantType,
        Who::Developer,
        "Another grant is wanted",
        "Only the client credentials grant is supported here.",
        &["Send grant_type=client_credentials."],
    ),
    row(
        Code::InvalidCursor,
        Who::Developer,
        "The cursor is wrong",
        "The cursor is not one of this list: it was changed or cut off, or came with another key or filter.",
        &[
            "Send `next` of the last page as it came, with the same key and filter.",
            "Or leave cursor out, and begin anew.",
        ],
    ),
    row(
        Code::InvalidIfMatch,
        Who::Developer,
        "The If-Match header is wrong",
        "If-Match is neither * nor a list of entity tags, which stand in double quotes (RFC 9110 \u{a7}13.1.1).",
        &["Send If-Match with the ETag of the last answer as it came, quotes included."],
    ),
    row(
        Code::InvalidQuery,
        Who::Developer,
        "The query string is wrong",
        "The query string can be read, but `errors` names parameters that are unknown or out of range. Nothing was changed.",
        &["Mend every parameter named in `errors`, where `/limit` is the parameter limit, and send the request again."],
    ),
    row(
        Code::AlreadyCreated,
        Who::Developer,
        "This was created before",
        "A request with this Idempotency-Key and body has been carried out. Its answer held a secret, which is told once and kept nowhere.",
        &[
            "What was made has the id in `id`.",
            "If that answer never reached you, send the request again under a new Idempotency-Key.",
        ],
    ),
    row(
        Code::IdempotencyKeyReused,
        Who::Developer,
        "The Idempotency-Key stands for another request",
        "Within the last 24 hours this Idempotency-Key came with another path or body. Nothing was changed.",
        &["Make a new Idempotency-Key for each thing to create.", "Repeat a request with its first body, unchanged."],
    ),
    row(
        Code::InvalidIdempotencyKey,
        Who::Developer,
        "The Idempotency-Key cannot be used",
        "An Idempotency-Key is one header of 1 to 255 visible ASCII characters. Nothing was changed.",
        &["Send a UUID, or leave the header away."],
    ),
    row(
        Code::MethodNotAllowed,
        Who::Developer,
        "Wrong method",
        "This path exists, but not with this method.",
        &["Use a method from the Allow header."],
    ),
    row(
        Code::NotFound,
        Who::Developer,
        "Not found",
        "There is no such thing, or it is not yours.",
        &["Check the path and the id."],
    ),
    row(
        Code::NothingToConfirm,
        Who::Developer,
        "Nothing waits for a confirmation",
        "No action of this enterprise is pending_confirmation.",
        &["Read GET /v1/enterprises/{id}/actions."],
    ),
    row(
        Code::RateLimited,
        Who::Developer,
        "Too many requests",
        "This key, with the tokens made with it, has made as many requests as it may for now. Nothing was changed.",
        &[
            "Wait as many seconds as Retry-After says, then send the request again.",
            "Ask for more with one request where you can: lists have up to 100 items a page.",
        ],
    ),
    row(
        Code::PayloadTooLarge,
        Who::Developer,
        "The body is too large",
        "The body is above 64 KiB.",
        &["Send a smaller body."],
    ),
    row(
        Code::NotApplicable,
        Who::ProviderAdmin,
        "This consent does not apply",
        "This consent belongs to a service that the enterprise does not have.",
        &["Add the service to the enterprise if it is to have it.", "Then ask for this link again."],
    ),
    row(
        Code::PreconditionFailed,
        Who::Developer,
        "It was changed meanwhile",
        "If-Match names another version than the present one: somebody has edited it since you read it. Nothing was changed.",
        &["Read it again.", "Make your change to what it is now, and send it with the new ETag in If-Match."],
    ),
    row(
        Code::PreconditionRequired,
        Who::Developer,
        "If-Match is missing",
        "An edit says which version it is made for, so that nobody's edit is lost. Nothing was changed.",
        &["Read it, and send the ETag of that answer in If-Match.", "If-Match: * edits it whatever the version."],
    ),
    row(
        Code::RevokeRequired,
        Who::Developer,
        "The consent must be revoked",
        "The management consent is granted, or being proved, so it cannot just be no longer asked for. Nothing was changed.",
        &[
            "Leave canResellerManageEnterpriseProvisioning as it is.",
            "To give the consent back, have the customer's administrator revoke it, or reset the action.",
        ],
    ),
    row(
        Code::TenantAlreadyBound,
        Who::Developer,
        "The enterprise is bound to a tenant",
        "A proved consent has bound this enterprise to its tenant, which never changes; expectedTenant cannot name another.",
        &["Read tenantId in GET /v1/enterprises/{id}.", "For another tenant, make another enterprise."],
    ),
    row(
        Code::TenantNotKnown,
        Who::Developer,
        "The tenant is not known yet",
        "This consent is asked for in one tenant, and the enterprise has none: it is not registered and has no expectedTenant.",
        &[
            "Make a REGISTRATION link, and have the customer's Global Administrator finish it.",
            "Then ask for this link again.",
        ],
    ),
    row(
        Code::TenantNotShown,
        Who::Developer,
        "Another tenant than the one shown",
        "The tenantId is not the one that waits for confirmation. Nothing was changed.",
        &[
            "Compare with the tenant shown in GET /v1/enterprises/{id}/actions.",
            "If a wrong tenant is shown, do not confirm it; make a fresh link.",
        ],
    ),
    row(
        Code::TooManyKeys,
        Who::Operator,
        "The service provider has too many keys",
        "A service provider may have 20 keys that are good at once, and has them. Nothing was changed.",
        &["List the keys with GET /v1/resellers/{id}/keys.", "Revoke those that nobody uses, then try again."],
    ),
    row(
        Code::Unauthenticated,
        Who::Developer,
        "No accepted credential",
        "The request carries no credential, or one that is not accepted here.",
        &[
            "Send Authorization: Bearer <API key or token>.",
            "If the key was revoked or its owner disabled, ask for a new one.",
        ],
    ),
    retry(
        5,
        row(
            Code::Unavailable,
            Who::Nobody,
            "Not available for a moment",
            "A part that this request needs did not answer. Nothing was left half done.",
            &["Wait a moment, then try again or reload this page."],
        ),
    ),
    row(
        Code::UnparseableBody,
        Who::Developer,
        "The body cannot be read",
        "The body is not what its content type says, is not UTF-8, or repeats a key or field.",
        &["Send one well-formed JSON object, each key once."],
    ),
    row(
        Code::UnparseableQuery,
        Who::Developer,
        "The query string cannot be read",
        "The query string repeats a parameter, or has an escape that does not decode to UTF-8.",
        &["Send each parameter once, percent-encoded."],
    ),
    row(
        Code::UnsupportedMediaType,
        Who::Developer,
        "Wrong content type",
        "The body's content type is not the one this route reads.",
        &["Send Content-Type: application/json."],
    ),
    then(
        "getActionItemUrl",
        spent(row(
            Code::ConfirmationLapsed,
            Who::ProviderAdmin,
            "The tenant was not confirmed in time",
            "The consent was proved, but the service provider did not confirm the tenant within three days.",
            &["Set expectedTenant on the enterprise, so that no confirmation is needed.", THEIR_FRESH_LINK],
        )),
    ),
    row(
        Code::EnterpriseDisabled,
        Who::ProviderAdmin,
        "The enterprise is disabled",
        "The service provider has disabled this enterprise, so its links and consents do nothing.",
        &["The service provider enables the enterprise again.", "Once it has, open the same link again."],
    ),
    row(
        Code::PageNotFound,
        Who::Signer,
        "This page does not exist",
        "The address is not complete, or what it showed has been removed.",
        &["Open the link again as you were given it, all of it.", FRESH_LINK],
    ),
];

/// The wire text of `code`: its name in snake case.
pub(super) fn text(code: Code) -> &'static str {
    CODES.iter().find(|(listed, _)| *listed == code).map_or("internal_error", |(_, text)| text)
}

macro_rules! codes {
    ($($code:ident $text:literal),+ $(,)?) => {
        /// Every code with its wire text.
        const CODES: &[(Code, &str)] = &[$((Code::$code, $text)),+];

        /// Breaks the build when a code is not in the list above.
        #[cfg(test)]
        const fn listed(code: Code) {
            match code { $(Code::$code => ()),+ }
        }
    };
}

codes! {
    AdminApprovalNeeded "admin_approval_needed",
    AdminRoleRequired "admin_role_required",
    AppMisconfigured "app_misconfigured",
    AppNotInTenant "app_not_in_tenant",
    ApprovalRequested "approval_requested",
    CodeReused "code_reused",
    ConditionalAccessBlock "conditional_access_block",
    ConsentMissing "consent_missing",
    ConfirmationLapsed "confirmation_lapsed",
    CrossTenantPolicy "cross_tenant_policy",
    Declined "declined",
    GrantNotVisible "grant_not_visible",
    GuestNotAllowed "guest_not_allowed",
    IdentityChanged "identity_changed",
    MfaClaimMissing "mfa_claim_missing",
    MicrosoftBusy "microsoft_busy",
    OrgConsentNotTicked "org_consent_not_ticked",
    OurSecretBadOrExpired "our_secret_bad_or_expired",
    PersonalAccount "personal_account",
    ProofUnreadable "proof_unreadable",
    ResourceNotInTenant "resource_not_in_tenant",
    SignInExpired "sign_in_expired",
    SignInInterrupted "sign_in_interrupted",
    TeamsAdminRoleNotReady "teams_admin_role_not_ready",
    TenantBoundElsewhere "tenant_bound_elsewhere",
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
    IdempotencyKeyReused "idempotency_key_reused",
    InvalidIdempotencyKey "invalid_idempotency_key",
    NotApplicable "not_applicable",
    NotFound "not_found",
    NothingToConfirm "nothing_to_confirm",
    PayloadTooLarge "payload_too_large",
    RateLimited "rate_limited",
    TenantNotKnown "tenant_not_known",
    TenantNotShown "tenant_not_shown",
    TooManyKeys "too_many_keys",
    Unauthenticated "unauthenticated",
    UnauthorizedClient "unauthorized_client",
    Unavailable "unavailable",
    UnparseableBody "unparseable_body",
    UnparseableQuery "unparseable_query",
    UnsupportedGrantType "unsupported_grant_type",
    UnsupportedMediaType "unsupported_media_type",
    ConsentRequired "consent_required",
    EnterpriseAdminRequired "enterprise_admin_required",
    ServiceNotEnabled "service_not_enabled",
    SipDataNotShared "sip_data_not_shared",
    UserProvisioningDisabled "user_provisioning_disabled",
    InvalidIfMatch "invalid_if_match",
    PreconditionFailed "precondition_failed",
    PreconditionRequired "precondition_required",
    RevokeRequired "revoke_required",
    TenantAlreadyBound "tenant_already_bound",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_row_and_its_own_text() {
        for (code, text) in CODES {
            listed(*code);
            assert_eq!(ROWS.iter().filter(|row| row.code == *code).count(), 1, "{text}");
            assert_eq!(serde_json::to_value(code).unwrap(), *text);
            assert_eq!(code.as_str(), *text);
        }
        assert_eq!(ROWS.len(), CODES.len());
    }

    #[test]
    fn every_row_says_cause_person_and_next_step() {
        for row in ROWS {
            assert!(row.cause.ends_with('.'), "{}", row.code);
            assert!(!row.next_steps.is_empty(), "{}", row.code);
            assert!(row.next_steps.iter().all(|step| !step.is_empty()), "{}", row.code);
        }
    }

    /// Who must act is not somebody whom the reader is told to ask.
    #[test]
    fn who_must_act_and_the_next_steps_tell_the_same_story() {
        let asked =
            |row: &&Advice| row.next_steps.iter().any(|step| step.to_lowercase().contains("ask the service provider"));
        for row in ROWS.iter().filter(asked) {
            assert_ne!(row.who, Who::ProviderAdmin, "{}", row.code);
        }
    }
}
