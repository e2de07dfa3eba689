//! What mends a connection, and how that is told.

use super::Severity;
use crate::advice::{Code, Explanation, Who};

/// What must be done for the connection to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The administrator's consent, again.
    AdminConsent,
    /// The integration user's sign-in, again.
    UserConsent,
    /// Something at Microsoft; then the test once more.
    Test,
    /// The operator of this service has to act.
    Operator,
    /// Waiting.
    Wait,
}

/// Which remedies there are but for [`Remedy::UserConsent`], which is for everything else that ends a sign-in.
const REMEDIES: &[(Code, Remedy)] = &[
    (Code::AdminAgentRoleMissing, Remedy::Test),
    (Code::IntegrationUserPrivileged, Remedy::Test),
    (Code::AssignmentRequired, Remedy::Test),
    (Code::PartnerCenterRefused, Remedy::Test),
    (Code::PartnerCenterBusy, Remedy::Wait),
    (Code::MicrosoftBusy, Remedy::Wait),
    (Code::ProofUnreadable, Remedy::Wait),
    (Code::ConsentNotInEffect, Remedy::Wait),
    (Code::OurSecretBadOrExpired, Remedy::Operator),
    (Code::AppMisconfigured, Remedy::Operator),
    (Code::ScopeRefused, Remedy::Operator),
    (Code::UnknownMicrosoftError, Remedy::Operator),
    (Code::ConsentMissing, Remedy::AdminConsent),
    (Code::AdminApprovalNeeded, Remedy::AdminConsent),
    (Code::AppNotInTenant, Remedy::AdminConsent),
    (Code::ResourceNotInTenant, Remedy::AdminConsent),
];

impl Remedy {
    /// What mends `code`.
    #[must_use]
    pub fn of(code: Code) -> Self {
        REMEDIES.iter().find(|(listed, _)| *listed == code).map_or(Self::UserConsent, |(_, remedy)| *remedy)
    }

    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::AdminConsent | Self::UserConsent => Severity::Broken,
            Self::Test | Self::Operator => Severity::Degraded,
            Self::Wait => Severity::Passing,
        }
    }

    /// The route of a connection that is its next step, as `nextAction` has it.
    #[must_use]
    pub const fn next_action(self) -> Option<&'static str> {
        match self {
            Self::AdminConsent => Some("adminConsentLink"),
            Self::UserConsent => Some("userConsentLink"),
            Self::Test | Self::Wait => Some("finalize"),
            Self::Operator => None,
        }
    }

    const fn next_steps(self) -> Option<&'static [&'static str]> {
        match self {
            Self::AdminConsent => Some(&[
                "Make a fresh link with POST /v1/partner-center/connections/{id}/admin-consent-link.",
                "Have a Global Administrator of the tenant that hosts Partner Center open it and accept for the organisation.",
            ]),
            Self::UserConsent => Some(&[
                "Make a fresh link with POST /v1/partner-center/connections/{id}/user-consent-link.",
                "Open it in a private window, and sign in as the integration user with the second factor.",
            ]),
            // The row of the catalogue says what there is to do.
            Self::Test | Self::Operator | Self::Wait => None,
        }
    }
}

/// What is said of a connection that is tested, where the row of the catalogue speaks of a consent that was asked for.
struct Own {
    code: Code,
    who: Who,
    next_steps: &'static [&'static str],
    retry_after: Option<u32>,
}

const OWN: [Own; 3] = [
    Own {
        code: Code::ProofUnreadable,
        who: Who::Nobody,
        next_steps: &[
            "Wait a minute, then try again: Microsoft Graph did not show which roles the integration user holds.",
        ],
        retry_after: Some(60),
    },
    Own {
        code: Code::ConsentNotInEffect,
        who: Who::Nobody,
        next_steps: &["Wait two minutes, then try again: neither consent has to be repeated."],
        retry_after: Some(120),
    },
    Own {
        code: Code::AssignmentRequired,
        who: Who::TenantAdmin,
        next_steps: &[
            "Open our application under Enterprise applications in Microsoft Entra admin center (https://entra.microsoft.com).",
            "Under Users and groups add the integration user, or under Properties set \u{201c}Assignment required?\u{201d} to No.",
            "Call POST /v1/partner-center/connections/{id}/finalize. Neither consent has to be repeated.",
        ],
        retry_after: None,
    },
];

/// The cause of a connection's trouble with its next step, the same wherever it is told.
#[must_use]
pub fn explain(code: Code) -> Explanation {
    let (mut problem, remedy) = (code.explain(), Remedy::of(code));
    problem.next_action = remedy.next_action();
    if let Some(own) = OWN.iter().find(|own| own.code == code) {
        (problem.who, problem.next_steps, problem.retry_after) = (own.who, own.next_steps, own.retry_after);
    }
    // Whoever keeps the tenant's policies reads the row's own steps; the others are for people before a link.
    if let Some(next_steps) = remedy.next_steps().filter(|_| problem.who != Who::TenantAdmin) {
        (problem.who, problem.next_steps) = (Who::ProviderAdmin, next_steps);
    }
    problem
}
