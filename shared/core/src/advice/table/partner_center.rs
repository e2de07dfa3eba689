//! What breaks a connection to Partner Center, and what its live test finds.

use super::{REPORT, retry, row, then};
use crate::advice::{Advice, Code, Who};

pub(super) const ROWS: &[Advice] = &[
    // R177: the source's own words for the place.
    then(
        "finalize",
        row(
            Code::AdminAgentRoleMissing,
            Who::ProviderAdmin,
            "The integration user lacks its Partner Center role",
            "The integration user is known to Partner Center, and does not hold the role that this connection needs; as a rule Admin agent.",
            &[
                "Open Partner Center as a Global Administrator: https://partner.microsoft.com/dashboard/account/v3/usermanagement",
                "Choose User management, pick the integration user, and under \u{201c}Assists your customers as\u{201d} select Admin agent. No licence is needed.",
                "Wait 15 minutes, then call POST /v1/partner-center/connections/{id}/finalize. Neither consent has to be repeated.",
            ],
        ),
    ),
    // R173
    then(
        "finalize",
        row(
            Code::IntegrationUserPrivileged,
            Who::TenantAdmin,
            "The integration user is a Global Administrator",
            "The integration user holds the Global Administrator role, and its access is used day and night: it should be able to do no more than it has to.",
            &[
                "Open Microsoft Entra admin center, Roles and administrators, Global Administrator, and take the integration user out.",
                "Its role in Partner Center stays as it is. Neither consent has to be repeated.",
            ],
        ),
    ),
    // R179, R180
    then(
        "userConsentLink",
        row(
            Code::MfaConditional,
            Who::TenantAdmin,
            "The second factor is asked for only now and then",
            "The integration user signed in with a second factor, and Microsoft asks for it again when the connection is used: \
             it depends on place, device or time, or on a browser that is remembered.",
            &[
                "Open Microsoft Entra admin center, Users, Per-user multifactor authentication \
                 (https://entra.microsoft.com/#view/Microsoft_AAD_IAM/MultifactorAuthenticationConfig.ReactView), and set the integration user to Enforced.",
                "Turn off \u{201c}Remember multifactor authentication on trusted device\u{201d}, and take the integration user out of policies that ask by place, device or time.",
                "Make a fresh link with POST /v1/partner-center/connections/{id}/user-consent-link, and sign in once more in a private window.",
            ],
        ),
    ),
    then(
        "finalize",
        retry(
            60,
            row(
                Code::PartnerCenterBusy,
                Who::Nobody,
                "Partner Center is busy",
                "Partner Center did not answer, or asked to be asked later. Nothing is known about the connection but that.",
                &["Wait as long as retryAfter says, then try again. The connection is tried again by itself too."],
            ),
        ),
    ),
    then(
        "finalize",
        row(
            Code::PartnerCenterRefused,
            Who::ProviderAdmin,
            "Partner Center refused the call",
            "Partner Center knows the integration user, and answers with a refusal that is neither the second factor's nor a role's.",
            &[
                "Make sure that the tenant is a direct-bill partner with Partner Center, and that its agreements with Microsoft are signed.",
                "Try again; if it stays, tell Microsoft's partner support the correlation id.",
                REPORT,
            ],
        ),
    ),
];
