//! What Microsoft sends a browser back to us with, parsed: a sign-in, a consent or a refusal, never something in between (R115).

pub mod admin_consent;

use onboarding_core::advice::Signal;
use thiserror::Error;

use crate::body::Form;

/// Microsoft's answer.
#[derive(Debug)]
pub enum Redirect {
    /// Somebody signed in. Nothing about it is verified.
    SignedIn(SignedIn),
    /// Microsoft, or the person, refused.
    Refused {
        /// The sealed state.
        state: String,
        /// What Microsoft said.
        signal: Signal,
    },
}

/// A sign-in as it came. `Debug` hides it.
pub struct SignedIn {
    /// The sealed state.
    pub state: String,
    /// The authorization code.
    pub code: String,
    /// The raw token.
    pub id_token: String,
    /// RFC 9207; Entra does not send it, but who sends it must be right.
    pub issuer: Option<String>,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn([redacted])")
    }
}

/// The form is neither a sign-in nor a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("neither a sign-in nor a refusal")]
pub struct MalformedRedirect;

impl Redirect {
    /// Reads the form that Microsoft posts. An `error` wins over whatever else is there; fields that we do not know are ignored.
    pub fn parse(mut form: Form) -> Result<Self, MalformedRedirect> {
        let mut field = |name: &str| form.take(name).filter(|value| !value.is_empty());
        let state = field("state").ok_or(MalformedRedirect)?;
        if let Some(error) = field("error") {
            let description = field("error_description").unwrap_or_default();
            return Ok(Self::Refused { state, signal: Signal::read(&error, &description) });
        }
        let code = field("code").ok_or(MalformedRedirect)?;
        let id_token = field("id_token").ok_or(MalformedRedirect)?;
        Ok(Self::SignedIn(SignedIn { state, code, id_token, issuer: field("iss") }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Redirect, MalformedRedirect> {
        Redirect::parse(Form::parse(text.as_bytes()).unwrap())
    }

    /// R115, G02, G35 Without state, code or token it is nothing.
    #[test]
    fn an_incomplete_answer_is_none() {
        for text in
            ["", "state=s", "state=s&code=c", "state=s&id_token=t", "code=c&id_token=t", "state=&code=c&id_token=t"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    /// R115, G15 An error wins over a code.
    #[test]
    fn an_error_wins() {
        let both = parse("state=s&code=c&id_token=t&error=access_denied&error_description=AADSTS65004%3A+x").unwrap();
        let Redirect::Refused { state, signal } = both else { panic!("taken for a sign-in") };
        assert_eq!((state.as_str(), signal.number()), ("s", Some(65004)));
    }

    /// R115 The documented fields, and whatever Microsoft adds beside them.
    #[test]
    fn a_sign_in_is_read_with_unknown_fields_beside_it() {
        let read = parse("code=c&id_token=t&state=s&session_state=x&client_info=y&iss=i").unwrap();
        let Redirect::SignedIn(signed_in) = read else { panic!("taken for a refusal") };
        assert_eq!((signed_in.code.as_str(), signed_in.issuer.as_deref()), ("c", Some("i")));
        assert_eq!(format!("{signed_in:?}"), "SignedIn([redacted])");
    }
}
