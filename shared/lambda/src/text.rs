//! Words for people that do not stand in the catalogue of advice. They are English here; `languages/` of the core has them in the
//! other languages, and so it has what `say` and `fill` are given in `templates/`.

use onboarding_core::action::{ActionState, ActionType, ProvedBy};
use onboarding_core::advice::{Code, Explanation, Who};
use onboarding_core::language::Language;
use onboarding_core::permission::Kind;

/// Who must act, as a page says it.
pub(crate) const fn who(who: Who) -> &'static str {
    match who {
        Who::Developer => "The service provider's developer. Show them this page, or pass on its reference id.",
        Who::ProviderAdmin => "The service provider. Show them this page, or pass on its reference id.",
        Who::Operator => "The operator of this service. Show them this page, or pass on its reference id.",
        Who::GlobalAdministrator => "A Global Administrator of your organisation",
        Who::TenantAdmin => "Whoever keeps the Microsoft policies of your organisation",
        Who::Signer => "You, or whoever signed in",
        Who::Nobody => "Nobody: there is nothing to repair",
    }
}

/// Whether trying again may help: the one who must act is at the page, or nobody must; or the next try leaves out what Microsoft
/// has refused by name.
pub(crate) fn can_try_again(problem: &Explanation) -> bool {
    match problem.who {
        Who::GlobalAdministrator | Who::TenantAdmin | Who::Signer | Who::Nobody => true,
        Who::Developer | Who::ProviderAdmin | Who::Operator => {
            matches!(problem.code, Code::ScopeRefused | Code::ResourceNotInTenant)
        }
    }
}

/// A next step, with the address that stands in it, if any: what is before, the address, what is after. Steps are our own
/// words, so an address in them is one of ours to lead to.
pub(crate) fn linked(step: &str) -> (&str, &str, &str) {
    let Some(begin) = step.find("https://") else { return (step, "", "") };
    let (before, rest) = step.split_at(begin);
    let (address, after) = rest.split_at(rest.find([' ', ')']).unwrap_or(rest.len()));
    (before, address, after)
}

/// An address as people read it: without what browsers need.
pub(crate) fn shown(address: &str) -> &str {
    let address = address.trim_start_matches("https://");
    address.split_once('#').map_or(address, |(page, _)| page).trim_end_matches('/')
}

/// The words of the start page.
#[derive(Debug)]
pub(crate) struct StartText {
    pub(crate) title: &'static str,
    pub(crate) title_done: &'static str,
    pub(crate) who_asks: &'static str,
    pub(crate) who_asked: &'static str,
    pub(crate) last_time: &'static str,
    pub(crate) same_page: &'static str,
    pub(crate) grants: &'static str,
    pub(crate) permissions: &'static str,
    pub(crate) along: &'static str,
    pub(crate) along_hint: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) sent_to: &'static str,
    pub(crate) account: &'static str,
    pub(crate) tenant: &'static str,
    pub(crate) progress: &'static str,
    pub(crate) done: &'static str,
    pub(crate) later: &'static str,
    pub(crate) go: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) complete: &'static str,
    pub(crate) not_me: &'static str,
    pub(crate) pass_on: &'static str,
    pub(crate) pass_mail_on: &'static str,
    pub(crate) checking: &'static str,
    pub(crate) checking_hint: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) waiting_hint: &'static str,
    pub(crate) nothing_left: &'static str,
    pub(crate) nothing_left_but_checks: &'static str,
}

/// The words of the start page.
pub(crate) const START: StartText = StartText {
    title: "Grant permissions with Microsoft",
    title_done: "Nothing is left to do",
    who_asks: "asks for permissions in the Microsoft tenant of",
    who_asked: "has asked for permissions in the Microsoft tenant of",
    last_time: "It did not work the last time",
    same_page: "The link leads to this page. Once that is done, go on with the button below.",
    grants: "What the next Microsoft screen is for",
    permissions: "What it asks for",
    along: "What it asks for besides",
    along_hint: "Microsoft\u{2019}s screen lists everything that our application may ever ask for, and Accept grants all of it for \
                 your organisation: also these permissions, which the consents above do not need.",
    sent: "What the service provider is told",
    sent_to: "The result is sent to",
    account: "Which account to use",
    tenant: "The account must belong to the Microsoft tenant",
    progress: "How far it is",
    done: "Granted already",
    later: "Comes after this",
    go: "Continue to Microsoft",
    code: "Invitation code",
    code_hint: "It is in the mail that brought you here. Spaces, dashes and upper or lower case do not matter.",
    complete: "Complete",
    not_me: "If you are not that administrator",
    pass_on: "Pass this address on to your Global Administrator. It can do no more for them than for you, and opening it \
              grants nothing.",
    pass_mail_on: "Pass the invitation mail on to your Global Administrator: this page can be used with its code alone. Opening it \
                   grants nothing.",
    checking: "Being checked with Microsoft",
    checking_hint: "If you have accepted these just now, wait a minute and look again. Otherwise go on.",
    waiting: "Waiting for the service provider",
    waiting_hint: "Somebody has granted the permissions, and the service provider has yet to confirm the organisation. If that \
                   was you, you have done your part: close this window. If it was not, go on.",
    nothing_left: "Everything that the service provider asked for is granted. You can close this window.",
    nothing_left_but_checks: "Everything else that the service provider asked for is granted. You can close this window: the check \
                              goes on, and the service provider is told the result.",
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

/// The words of the page that lists every permission.
#[derive(Debug)]
pub(crate) struct PermissionsText {
    pub(crate) title: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) contents: &'static str,
    pub(crate) kinds: &'static str,
    pub(crate) granted_by: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_in_asks: &'static str,
    pub(crate) taken_back: &'static str,
    pub(crate) how_to_take_back: &'static str,
}

/// The words of the page that lists every permission.
pub(crate) const PERMISSIONS: PermissionsText = PermissionsText {
    title: "All permissions, in plain words",
    purpose: "Of these consents a service provider asks for those that its service needs. For each permission you can read \
              what it allows and why it is needed, and below that what it does not allow. This page grants nothing.",
    contents: "Consents",
    kinds: "Two kinds of permissions",
    granted_by: "Granted by:",
    sign_in: "With every sign-in",
    sign_in_asks: "Microsoft also tells us who signed in: name, address and organisation (openid, profile). Every sign-in asks for \
                   the permissions of \u{201c}Sign in as administrator\u{201d} too: with them we read back what was granted.",
    taken_back: "How to take a permission back",
    how_to_take_back: "In Microsoft Entra admin center open Enterprise applications, choose our application, then Permissions, and \
                       review or revoke them. What depends on a permission stops working; the service provider is told.",
};

/// What kind of permissions they are.
pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Delegated => "Delegated permissions",
        Kind::Application => "Application permissions",
    }
}

/// What that means.
pub(crate) const fn held(kind: Kind) -> &'static str {
    match kind {
        Kind::Delegated => {
            "Used together with the administrator who signed in. They allow no more than that person may do."
        }
        Kind::Application => "Used by our application by itself, with nobody signed in, for your whole organisation.",
    }
}

/// What the result tells the service provider.
pub(crate) const fn told(kind: Kind) -> &'static str {
    match kind {
        Kind::Delegated => "It tells the name of your organisation, and the address and role of whoever signed in.",
        Kind::Application => "It tells the name of your organisation. Nobody is named.",
    }
}

/// What becomes of Microsoft's tokens, of which a sign-in has some.
pub(crate) const fn tokens(kind: Kind, sent: bool) -> &'static str {
    match (kind, sent) {
        (Kind::Delegated, true) => {
            "Microsoft\u{2019}s tokens of the sign-in are sent too: while they last, about an hour, the service provider can do \
             with them what these permissions allow, in the name of whoever signed in."
        }
        (Kind::Delegated, false) => "Microsoft\u{2019}s tokens are not sent.",
        (Kind::Application, _) => "",
    }
}

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

/// Which account a screen for `actions` wants: at a mere sign-in Microsoft shows nothing to tick.
pub(crate) fn account_for(kind: Kind, actions: &[ActionType]) -> &'static str {
    if actions.iter().all(|action| action.proved_by() == ProvedBy::SignIn) {
        return "A Global Administrator of your organisation, no guest and no personal account. It is a sign-in alone: Microsoft asks \
                for nothing that was not granted before.";
    }
    account(kind)
}

/// How many screens are left.
pub(crate) fn progress(screens: usize, language: Language) -> String {
    match screens {
        0 => language.say("No Microsoft screen is left.").to_owned(),
        1 => language.say("One Microsoft screen is left.").to_owned(),
        more => {
            let left = "{screens} Microsoft screens are left. You may stop after each and go on later, on any device.";
            language.fill(left, &[("screens", &more.to_string())])
        }
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

/// The words for `action` in this `state`.
pub(crate) const fn state(action: ActionType, state: &ActionState) -> StateText {
    const PENDING: &str = "Pending Consent";
    match state {
        ActionState::NotRequested | ActionState::PendingConsent { .. } => waiting(
            PENDING,
            "This consent is not granted, and a link that was made before may have ended. Open the newest link that you were \
             given.",
        ),
        ActionState::Started { .. } => {
            waiting(PENDING, "Nobody has signed in with Microsoft yet. Open the link that you were given.")
        }
        ActionState::Verifying { .. } => waiting(
            PENDING,
            "Microsoft has answered. We are checking with Microsoft that the permissions are really granted: seconds \
             as a rule, ten minutes at most. Nothing is lost when you close this page: the check goes on, and the \
             service provider is told the result.",
        ),
        ActionState::PendingConfirmation { .. } => waiting(
            "Pending Confirmation",
            "The permissions are granted, and you have done your part. Now the service provider must confirm that this \
             is the right organisation. You can close this window.",
        ),
        ActionState::Granted { .. } if matches!(action, ActionType::LoginEnterpriseAdmin) => {
            good("Signed In", "You have signed in, and Microsoft has confirmed who you are and what is granted.")
        }
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
