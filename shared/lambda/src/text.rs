//! Words for people that do not stand in the catalogue of advice: the one place beside `templates/` to translate.

use onboarding_core::action::ActionState;
use onboarding_core::advice::Who;
use onboarding_core::permission::Kind;

/// Who must act, as a page says it.
pub(crate) const fn who(who: Who) -> &'static str {
    match who {
        Who::Developer => "The service provider's developer",
        Who::ProviderAdmin => "The service provider",
        Who::Operator => "The operator of this service",
        Who::GlobalAdministrator => "A Global Administrator of your organisation",
        Who::TenantAdmin => "Whoever keeps the Microsoft policies of your organisation",
        Who::Signer => "You, or whoever signed in",
        Who::Nobody => "Nobody: there is nothing to repair",
    }
}

/// The words of the start page.
#[derive(Debug)]
pub(crate) struct StartText {
    pub(crate) title: &'static str,
    pub(crate) title_done: &'static str,
    pub(crate) who_asks: &'static str,
    pub(crate) grants: &'static str,
    pub(crate) permissions: &'static str,
    pub(crate) account: &'static str,
    pub(crate) tenant: &'static str,
    pub(crate) progress: &'static str,
    pub(crate) done: &'static str,
    pub(crate) later: &'static str,
    pub(crate) go: &'static str,
    pub(crate) not_me: &'static str,
    pub(crate) pass_on: &'static str,
    pub(crate) checking: &'static str,
    pub(crate) checking_hint: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) waiting_hint: &'static str,
    pub(crate) nothing_left: &'static str,
}

/// The words of the start page.
pub(crate) const START: StartText = StartText {
    title: "Grant permissions with Microsoft",
    title_done: "Nothing is left to do",
    who_asks: "asks for permissions in the Microsoft tenant of",
    grants: "What the next Microsoft screen is for",
    permissions: "What it asks for",
    account: "Which account to use",
    tenant: "The account must belong to",
    progress: "How far it is",
    done: "Granted already",
    later: "Comes after this",
    go: "Continue to Microsoft",
    not_me: "If you are not that administrator",
    pass_on: "Pass this address on to your Global Administrator. It can do no more for them than for you, and opening it \
              grants nothing.",
    checking: "Being checked with Microsoft",
    checking_hint: "If you have accepted these just now, wait a minute and reload this page. Otherwise go on.",
    waiting: "Waiting for the service provider",
    waiting_hint: "Somebody has granted the permissions, and the service provider has yet to confirm the organisation. If that \
                   was you, you have done your part: close this window. If it was not, go on.",
    nothing_left: "Everything that the service provider asked for is granted or being checked. You can close this window.",
};

/// The words of the page that activates a service provider.
#[derive(Debug)]
pub(crate) struct ActivationText {
    pub(crate) title: &'static str,
    pub(crate) title_done: &'static str,
    pub(crate) waits: &'static str,
    pub(crate) go: &'static str,
    pub(crate) unexpected: &'static str,
    pub(crate) active: &'static str,
}

/// The words of the page that activates a service provider.
pub(crate) const ACTIVATION: ActivationText = ActivationText {
    title: "Activate this account",
    title_done: "The account is active",
    waits: "The account of this service provider has been made and waits for its activation. Once it is active, it can \
            register enterprises and ask their administrators for consents.",
    go: "Activate the account",
    unexpected: "If this is not your company, close the page: nothing has happened yet.",
    active: "Its API keys can register enterprises now. You can close this window.",
};

/// The words of the page that explains Microsoft's errors.
#[derive(Debug)]
pub(crate) struct DiagnosisText {
    pub(crate) title: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) kept: &'static str,
    pub(crate) go: &'static str,
    pub(crate) number: &'static str,
    pub(crate) no_number: &'static str,
    pub(crate) another: &'static str,
}

/// The words of the page that explains Microsoft's errors.
pub(crate) const DIAGNOSIS: DiagnosisText = DiagnosisText {
    title: "What does Microsoft\u{2019}s error mean?",
    purpose: "Some of Microsoft\u{2019}s error screens lead nowhere. Paste the text of the screen here, in whatever language it \
              is, and read what it means, who must act, and what to do next.",
    label: "Text of Microsoft\u{2019}s screen",
    hint: "All of it, if you can. The number that begins with AADSTS, or stands under \u{201c}Troubleshooting details\u{201d}, \
           tells most.",
    kept: "The text is read once, and neither kept nor passed on.",
    go: "Explain it",
    number: "Microsoft\u{2019}s number:",
    no_number: "There is no number in the text that we know. Look on Microsoft\u{2019}s screen for one that begins with \
                AADSTS, or open \u{201c}Troubleshooting details\u{201d} there, and paste that too.",
    another: "Another error",
};

/// Which account a screen wants.
pub(crate) const fn account(kind: Kind) -> &'static str {
    match kind {
        Kind::Delegated => {
            "A Global Administrator of your organisation, no guest and no personal account. On Microsoft\u{2019}s screen tick \
             \u{201c}Consent on behalf of your organization\u{201d}, then Accept."
        }
        Kind::Application => {
            "A Global Administrator of your organisation. Microsoft\u{2019}s screen shows everything that our application lists; \
             Accept grants it for the whole organisation."
        }
    }
}

/// How many screens are left.
pub(crate) fn progress(screens: usize) -> String {
    match screens {
        0 => "No Microsoft screen is left.".to_owned(),
        1 => "One Microsoft screen is left.".to_owned(),
        more => format!("{more} Microsoft screens are left. You may stop after each and go on later, on any device."),
    }
}

/// How a state looks to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateText {
    /// Its label (R009).
    pub(crate) label: &'static str,
    /// What it means; empty where the advice that goes with the state says it.
    pub(crate) meaning: &'static str,
    /// Its class in the style sheet: `good`, `waiting` or `bad`.
    pub(crate) class: &'static str,
}

const fn good(label: &'static str, meaning: &'static str) -> StateText {
    StateText { label, meaning, class: "good" }
}

const fn waiting(label: &'static str, meaning: &'static str) -> StateText {
    StateText { label, meaning, class: "waiting" }
}

const fn bad(label: &'static str, meaning: &'static str) -> StateText {
    StateText { label, meaning, class: "bad" }
}

/// The words for `state`.
pub(crate) const fn state(state: &ActionState) -> StateText {
    const PENDING: &str = "Pending Consent";
    match state {
        ActionState::NotRequested | ActionState::PendingConsent { .. } | ActionState::Started { .. } => {
            waiting(PENDING, "Nobody has signed in with Microsoft yet. Open the link that you were given.")
        }
        ActionState::Verifying { .. } => waiting(
            PENDING,
            "Microsoft has answered. We are checking with Microsoft that the permissions are really granted: seconds \
             as a rule, ten minutes at most. This page looks again by itself every few seconds. You can also close it; \
             the service provider is told the result.",
        ),
        ActionState::PendingConfirmation { .. } => waiting(
            "Pending Confirmation",
            "The permissions are granted, and you have done your part. Now the service provider must confirm that this \
             is the right organisation. You can close this window.",
        ),
        ActionState::Granted { .. } => {
            good("Granted Consent", "The permissions are granted, and Microsoft has confirmed it.")
        }
        ActionState::Declined { .. } => bad("Declined", ""),
        ActionState::Blocked { .. } => bad("Blocked", ""),
        ActionState::Unverifiable { .. } => bad("Not Verified", ""),
        ActionState::Drifted { .. } => bad("Consent Missing", ""),
        ActionState::Withdrawn { .. } => bad("Withdrawn", "The service provider no longer asks for this consent."),
        ActionState::Revoked { .. } => bad("Revoked", ""),
        ActionState::Expired { .. } => {
            bad("Expired", "The link ended before it was used. Ask the service provider for a fresh link.")
        }
    }
}
