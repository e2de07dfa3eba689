//! The words of all mails: the one place beside `templates/` to translate. `{…}` stands for what a letter fills in.

mod invitation;

pub(crate) use invitation::{InvitationText, Opening, invitation};

/// The words of the mail that asks for an activation.
#[derive(Debug)]
pub(crate) struct ActivationText {
    /// The language of the words (BCP 47).
    pub(crate) language: &'static str,
    /// `{provider}`
    pub(crate) subject: &'static str,
    pub(crate) heading: &'static str,
    /// `{provider}`
    pub(crate) made: &'static str,
    /// `{provider}`
    pub(crate) after: &'static str,
    pub(crate) button: &'static str,
    pub(crate) address: &'static str,
    /// `{until}`
    pub(crate) until: &'static str,
    pub(crate) unexpected: &'static str,
}

/// In English.
pub(crate) const ACTIVATION: ActivationText = ActivationText {
    language: "en",
    subject: "Activate {provider}",
    heading: "Activate your service provider account",
    made: "An account for {provider} has been made, and you are its contact. It waits for you to activate it.",
    after: "Once it is active, {provider} can register enterprises and have their Microsoft administrators grant consents.",
    button: "Activate the account",
    address: "If the button does not work, open this address:",
    until: "The page works until {until}. If that is over, ask the operator of the service for a new mail.",
    unexpected: "Did you not expect this? Then do nothing: opening the page changes nothing, only its button does.",
};

/// `text` with `value` in the place of `{name}`.
pub(crate) fn filled(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("{{{name}}}"), value)
}

/// `text` with the names in the places of `{provider}` and `{enterprise}`: what stands in one name is not filled with the other.
pub(crate) fn named(text: &str, provider: &str, enterprise: &str) -> String {
    let parts: Vec<String> = text.split("{enterprise}").map(|part| filled(part, "provider", provider)).collect();
    parts.join(enterprise)
}
