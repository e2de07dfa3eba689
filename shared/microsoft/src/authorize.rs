//! The authorize request: the address that a browser takes to Microsoft (R106-R114).
//!
//! The hybrid flow with `form_post`, a nonce and PKCE. Entra does not advertise PKCE in its metadata but honours it
//! for confidential clients too (Microsoft: "OAuth 2.0 authorization code flow", hybrid example), so it is always sent.

use std::fmt;

use onboarding_core::cloud::{AuthorityPath, Endpoints};
use onboarding_core::connection::link::Passage;
use onboarding_core::id::ApplicationId;
use onboarding_core::state::{State, challenge};
use url::form_urlencoded;

/// What Microsoft is to ask of the person, beyond what it asks anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// To sign in again.
    Login,
    /// To consent again, also where a consent for this person alone exists.
    Consent,
    /// To choose an account. Entra then takes no `login_hint`.
    SelectAccount,
}

impl Prompt {
    const fn value(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

/// What a sign-in is bound to, wherever it was begun. `Debug` shows the authority alone.
#[derive(Clone, Copy)]
pub struct Bound<'a> {
    authority: AuthorityPath,
    nonce: &'a str,
    verifier: &'a str,
}

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bound({}, [redacted])", self.authority)
    }
}

impl<'a> From<&'a State> for Bound<'a> {
    fn from(state: &'a State) -> Self {
        Self { authority: state.authority, nonce: &state.nonce, verifier: &state.verifier }
    }
}

impl<'a> From<&'a Passage> for Bound<'a> {
    fn from(passage: &'a Passage) -> Self {
        Self { authority: passage.authority(), nonce: &passage.nonce, verifier: &passage.verifier }
    }
}

/// One person's way to Microsoft. `Debug` shows the authority alone: the rest is a live link.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// What must come back; gives authority, nonce and PKCE challenge.
    pub bound: Bound<'a>,
    /// The same, sealed for the journey.
    pub sealed_state: &'a str,
    /// Where Microsoft sends the person back to: one registered address, compared to the letter (R113).
    pub redirect_uri: &'a str,
    /// What is asked for, separated by spaces.
    pub scope: &'a str,
    /// What Microsoft is to ask.
    pub prompt: Option<Prompt>,
    /// The account that is expected, if known.
    pub login_hint: Option<&'a str>,
}

impl fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignIn({}, [redacted])", self.bound.authority)
    }
}

/// The address. Anybody may open it, from anywhere, without a header or cookie set before (R114).
#[must_use]
pub fn authorize_url(endpoints: &Endpoints, client_id: ApplicationId, sign_in: &SignIn<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "id_token code")
        .append_pair("client_id", &client_id.to_string())
        .append_pair("nonce", sign_in.bound.nonce)
        .append_pair("response_mode", "form_post")
        .append_pair("state", sign_in.sealed_state)
        .append_pair("scope", sign_in.scope)
        .append_pair("redirect_uri", sign_in.redirect_uri)
        .append_pair("code_challenge", &challenge(sign_in.bound.verifier))
        .append_pair("code_challenge_method", "S256");
    if let Some(prompt) = sign_in.prompt {
        query.append_pair("prompt", prompt.value());
    }
    if let Some(hint) = sign_in.login_hint.filter(|_| sign_in.prompt != Some(Prompt::SelectAccount)) {
        query.append_pair("login_hint", hint);
    }
    // A real plus is `%2B` by now, so each `+` is a space; `%20` means a space to every reader.
    let query = query.finish().replace('+', "%20");
    format!("{}?{query}", endpoints.authorize(sign_in.bound.authority))
}
