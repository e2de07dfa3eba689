//! What a Partner Center access token says of the second factor.
//!
//! Partner Center looks for `mfa` in the `amr` of the token that it is sent, and partners are told to look there too
//! (Microsoft: "Partner security requirements", token examples). The token came straight from the token endpoint, so it is
//! decoded and not verified; nothing is granted by it, and Partner Center judges for itself.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::advice::Code;
use crate::identity::CLOCK_SKEW;
use crate::json;
use crate::time::Timestamp;

/// How old a sign-in may be that is asked to be fresh: Microsoft's pages are open for some minutes (R180).
pub const FRESH: Duration = Duration::from_mins(15);

/// Whether a second factor stands behind a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mfa {
    /// The token says so.
    Yes,
    /// The token says how the person signed in, and that is without.
    No,
    /// The token says nothing, or cannot be read.
    Unsaid,
}

/// How a person signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Whether with a second factor.
    pub mfa: Mfa,
    /// When.
    pub authenticated_at: Option<Timestamp>,
}

impl Evidence {
    /// What `access_token` says.
    #[must_use]
    pub fn of(access_token: &str) -> Self {
        let claims = payload(access_token).unwrap_or_default();
        let mfa = match claims.get("amr") {
            Some(Value::Array(methods)) if methods.iter().any(|method| method == "mfa") => Mfa::Yes,
            Some(Value::Array(_)) => Mfa::No,
            Some(_) | None => Mfa::Unsaid,
        };
        let authenticated_at = claims.get("auth_time").and_then(Value::as_i64).map(Timestamp::from_seconds);
        Self { mfa, authenticated_at }
    }

    /// Whether it will do for a sign-in of just now: not without a second factor, and not by one of long ago that a browser
    /// remembers (R178, R180). What is not said is for the live test.
    pub fn admit(self, now: Timestamp) -> Result<(), Code> {
        let is_old = |at: Timestamp| now.since(at) > FRESH + CLOCK_SKEW;
        match self.mfa {
            Mfa::No => Err(Code::MfaClaimMissing),
            Mfa::Yes | Mfa::Unsaid if self.authenticated_at.is_some_and(is_old) => Err(Code::SignInExpired),
            Mfa::Yes | Mfa::Unsaid => Ok(()),
        }
    }
}

fn payload(token: &str) -> Option<serde_json::Map<String, Value>> {
    let (_, rest) = token.split_once('.')?;
    let (payload, _) = rest.split_once('.')?;
    match json::parse(&URL_SAFE_NO_PAD.decode(payload).ok()?) {
        Ok(Value::Object(claims)) => Some(claims),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn token(claims: &Value) -> String {
        format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    /// R178 A token without `mfa` is told from one that says nothing.
    #[test]
    fn the_second_factor_is_read_from_the_token() {
        for (claims, mfa, admitted) in [
            (json!({"amr": ["pwd", "mfa"]}), Mfa::Yes, Ok(())),
            (json!({"amr": ["pwd"]}), Mfa::No, Err(Code::MfaClaimMissing)),
            (json!({"amr": []}), Mfa::No, Err(Code::MfaClaimMissing)),
            (json!({"amr": ["rsa", "MFA"]}), Mfa::No, Err(Code::MfaClaimMissing)),
            (json!({"amr": "mfa"}), Mfa::Unsaid, Ok(())),
            (json!({}), Mfa::Unsaid, Ok(())),
        ] {
            let evidence = Evidence::of(&token(&claims));
            assert_eq!((evidence.mfa, evidence.admit(NOW)), (mfa, admitted), "{claims}");
        }
        for opaque in ["", "opaque", "a.b.c", "a.b", "..", "0.A\u{e4}.x"] {
            assert_eq!(Evidence::of(opaque), Evidence { mfa: Mfa::Unsaid, authenticated_at: None }, "{opaque}");
        }
    }

    /// R180 A factor that a browser remembers from long ago is asked for again.
    #[test]
    fn an_old_sign_in_is_not_a_fresh_one() {
        let at = |seconds_ago: i64| {
            let claims = json!({ "amr": ["pwd", "mfa"], "auth_time": NOW.seconds() - seconds_ago });
            Evidence::of(&token(&claims)).admit(NOW)
        };
        for (seconds_ago, admitted) in [(0, true), (-30, true), (15 * 60 + 60, true), (15 * 60 + 61, false)] {
            assert_eq!(at(seconds_ago).is_ok(), admitted, "{seconds_ago}");
        }
        assert_eq!(at(86_400), Err(Code::SignInExpired));
    }
}
