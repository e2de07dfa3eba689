//! Words for people that do not stand in the catalogue of advice: the one place beside `templates/` to translate.

use onboarding_core::action::ActionState;
use onboarding_core::advice::Who;

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
