//! What goes wrong on the way of a consent, as the person who can mend it meets it.

use super::{FRESH_LINK, REPORT, SAME_LINK, THEIR_FRESH_LINK, retry, row, spent, then};
use crate::advice::{Advice, Code, Who};

pub(super) const ROWS: &[Advice] = &[
    then(
        "getActionItemUrl",
        spent(row(
            Code::Abandoned,
            Who::ProviderAdmin,
            "Nobody came back from Microsoft",
            "The consent was started, but nobody came back from Microsoft before the link ended.",
            &[
                "Remind the customer's administrator with a fresh link.",
                "If Microsoft showed an error and did not lead back, paste its text at /diagnose: it says what to do.",
            ],
        )),
    ),
    row(
        Code::AccountDisabled,
        Who::TenantAdmin,
        "The account is disabled",
        "Microsoft refused the account that signed in, because it is disabled in the tenant.",
        &[
            "Sign in with another Global Administrator, or have the account enabled in Microsoft Entra admin center.",
            SAME_LINK,
        ],
    ),
    row(
        Code::PartnerPreconsentNeeded,
        Who::ProviderAdmin,
        "The application must be consented to in Partner Center first",
        "Microsoft wants the service provider to make this application known to the tenant in Partner Center before anybody signs \
         in to it.",
        &[
            "The service provider adds the application's consent in Partner Center (application consents of the customer).",
            "Once it has, open the same link again.",
        ],
    ),
    row(
        Code::SignInFrequency,
        Who::TenantAdmin,
        "A policy of your organisation asks for a new sign-in",
        "A Conditional Access policy with a sign-in frequency ended the session that the consent hung on.",
        &[SAME_LINK, "If it happens again, exempt the application from the sign-in frequency, or allow a longer one."],
    ),
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
        Who::Developer,
        "Our application is not set up right",
        "Microsoft refused the request because of the settings of our app registration; you did nothing wrong.",
        &[
            REPORT,
            "Whoever develops this service opens the app registration in Microsoft Entra admin center (https://entra.microsoft.com).",
            "Under Authentication they compare the redirect URIs, tick ID tokens, and let accounts of any organisation sign in.",
            "Under API permissions they compare the scopes with GET /v1/permissions.",
        ],
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
        &[
            "Ask a reviewer to approve, or a Global Administrator to open the same link.",
            "Once it is approved, open the same link again.",
        ],
    ),
    row(
        Code::CodeReused,
        Who::Nobody,
        "This sign-in was used already",
        "The browser sent the same sign-in twice, for example by its Back button.",
        &["Nothing is lost.", SAME_LINK],
    ),
    retry(
        60,
        row(
            Code::ConsentNotInEffect,
            Who::Nobody,
            "The consent is not in effect yet",
            "Microsoft took the consent a moment ago, and does not act on it yet.",
            &["Wait a minute.", SAME_LINK],
        ),
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
    then(
        "confirmTenant",
        row(
            Code::ConfirmationAwaited,
            Who::ProviderAdmin,
            "A tenant waits for its confirmation",
            "The consent is proved in a tenant that nobody had named beforehand.",
            &[
                "Compare the tenant shown in the action with the customer's, and confirm it with POST /v1/enterprises/{id}/confirm-tenant.",
            ],
        ),
    ),
    then(
        "getActionItemUrl",
        row(
            Code::ConsentPending,
            Who::GlobalAdministrator,
            "The consent is not granted yet",
            "Nobody has granted this consent so far.",
            &[
                "Make a link with POST /v1/enterprises/{id}/links, or use the one that was made.",
                "Have the customer's Global Administrator open it and grant what it asks for.",
            ],
        ),
    ),
    spent(row(
        Code::ConsentReset,
        Who::ProviderAdmin,
        "The link was taken back",
        "The service provider has this consent asked for anew, or no longer asks for it, so links that were made before do \
         nothing any more.",
        &[THEIR_FRESH_LINK],
    )),
    row(
        Code::AssignmentRequired,
        Who::TenantAdmin,
        "Only assigned people may use our application here",
        "The tenant has switched on \u{201c}Assignment required\u{201d} for our application, and the account that signed in is not \
         assigned to it.",
        &[
            "Open our application under Enterprise applications in Microsoft Entra admin center (https://entra.microsoft.com).",
            "Under Users and groups add the administrator, or under Properties set \u{201c}Assignment required?\u{201d} to No.",
            SAME_LINK,
        ],
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
        Code::PasswordExpired,
        Who::Signer,
        "The password has expired",
        "Microsoft does not take the password of the account that signed in any more.",
        &["Change the password at Microsoft.", SAME_LINK],
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
        &[
            "Make sure that the tenant has Microsoft Teams.",
            "Once it has, open the same link again.",
            "If it is to do without, go on from the start page or make a fresh link: it leaves out what the tenant lacks.",
        ],
    ),
    row(
        Code::ScopeRefused,
        Who::Operator,
        "Microsoft does not know a permission",
        "Microsoft refused a permission that was asked for; you did nothing wrong.",
        &[
            REPORT,
            "The operator compares the permission with Microsoft's permissions reference, and takes it out if it is retired.",
            "The other consents do not wait for it: go on from the start page, or ask the service provider for a fresh link.",
        ],
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
                "Open Microsoft Entra admin center (Azure AD in older texts), Roles & admins \
                 (https://entra.microsoft.com/#view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles). If you do not find it, choose Show more (in Azure AD: Show all).",
                "Choose Teams Administrator. It is normal that its list of assignments is empty.",
                "Choose Add assignments.",
                "Pick the administrator who grants the consent, and Save.",
                "Wait 30 minutes, then open the same link again.",
            ],
        ),
    ),
    // R143: the source's own words.
    then(
        "provisionTenantAdminAPI",
        retry(
            1_800,
            row(
                Code::TeamsSkypeRolesMissing,
                Who::ProviderAdmin,
                "The tenant lacks the Teams and Skype roles",
                "Unable to complete the consent process as the Roles Teams/Skype Administrator could not be found in the \
                 Tenant. Please enable the Roles in your Azure AD and try the Grant Consent process 30mins after enabling \
                 the roles",
                &[
                    "Right after a sign-in for this consent wait: the roles are being enabled, and the consent is finished without another one.",
                    "Otherwise call POST /v1/provisioning/tenant-admin-api with the result of an administrator's sign-in: it enables the roles.",
                    "Or assign the role by hand. You are a Global Administrator already; this tenant still needs the Teams \
                     Administrator role assigned once, to the administrator who grants the consent: open Microsoft Entra \
                     admin center (Azure AD in older texts), Roles & admins: \
                     https://entra.microsoft.com/#view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles \
                     If you do not find it, choose Show more (in Azure AD: Show all).",
                    "There choose Teams Administrator, Add assignments, pick that administrator, and Save. It is normal that its list of assignments is empty.",
                    "Try the consent again after 30 minutes.",
                ],
            ),
        ),
    ),
    then(
        "provisionTenantAdminAPI",
        row(
            Code::TenantAdminApiMissing,
            Who::ProviderAdmin,
            "The Teams admin API is not provisioned",
            "The tenant has no service principal of the \u{201c}Skype and Teams Tenant Admin API\u{201d}.",
            &["Call POST /v1/provisioning/tenant-admin-api with the result of an administrator's sign-in."],
        ),
    ),
    spent(row(
        Code::TenantBoundElsewhere,
        Who::Operator,
        "The tenant belongs to another service provider",
        "This Microsoft tenant is already registered through another service provider.",
        &["Ask the operator of this service which service provider holds the tenant."],
    )),
    row(
        Code::TokenIdle,
        Who::Signer,
        "The sign-in was not used for too long",
        "Microsoft has ended a sign-in that was too old: it was left for too long on the way, or not used for 90 days.",
        &[
            SAME_LINK,
            "Sign in with the same account, without a long pause.",
            "If it was in use until now, tell the operator of this service, who is to keep it so.",
        ],
    ),
    row(
        Code::TokenRevoked,
        Who::Signer,
        "The sign-in was revoked",
        "The password of the account was changed, or its sign-ins were ended, since this one was made.",
        &[SAME_LINK, "Sign in again with the present password."],
    ),
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
        Code::WrongAccountOrGuest,
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
];
