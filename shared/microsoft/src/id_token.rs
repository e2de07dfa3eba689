//! Whether an `id_token` was signed by Microsoft. What it says is judged by `onboarding_core::identity`.
//!
//! The algorithm is ours, not the token's: RS256 and nothing else (R115, T18, T19). Keys come from the pinned key set
//! alone; a token that brings or names its own is refused and nothing is fetched for it (T20).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::identity::SignedClaims;
use onboarding_core::json;
use onboarding_core::time::Timestamp;
use reqwest::Client;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::keys::{Keys, NoKey};

/// The longest token that is looked at. Entra's have 1 to 2 KiB.
const LONGEST_TOKEN: usize = 16 * 1024;
/// The longest key id. Entra's have 27 characters.
const LONGEST_KEY_ID: usize = 128;
/// Header fields by which a token would choose its own key or change how it is read (RFC 7515 §4.1, RFC 7797).
/// `x5t`, the print of a certificate, is not among them: Entra sends it, and nobody needs to heed it.
const REFUSED_FIELDS: [&str; 6] = ["jku", "x5u", "jwk", "x5c", "crit", "b64"];

/// Why a token counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdTokenError {
    /// Not three base64url parts, too long, or not JSON objects (T30).
    #[error("not a compact JWS of two JSON objects")]
    Malformed,
    /// The header is not that of an RS256 token with a key id, or brings a key of its own.
    #[error("the header is not one of Microsoft's")]
    Header,
    /// Microsoft does not list the key.
    #[error("signed with an unknown key")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the signature does not verify")]
    Signature,
    /// Microsoft's keys cannot be had now: the one fault that is not the token's.
    #[error("Microsoft's signing keys are unavailable")]
    KeysUnavailable,
}

impl IdTokenError {
    /// The word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Header => "token_header",
            Self::UnknownKey => "token_unknown_key",
            Self::Signature => "token_signature",
            Self::KeysUnavailable => "token_keys_unavailable",
        }
    }
}

impl From<NoKey> for IdTokenError {
    fn from(why: NoKey) -> Self {
        match why {
            NoKey::Unknown => Self::UnknownKey,
            NoKey::Unavailable => Self::KeysUnavailable,
        }
    }
}

/// Checks signatures.
pub(crate) struct IdTokens {
    keys: Keys,
}

impl IdTokens {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { keys }
    }

    /// The claims of `raw`, if Microsoft signed them. The one caller of `SignedClaims::signature_checked`.
    pub(crate) async fn signature_checked(
        &self,
        http: &Client,
        raw: &str,
        now: Timestamp,
    ) -> Result<SignedClaims, IdTokenError> {
        let token = Token::split(raw).ok_or(IdTokenError::Malformed)?;
        let key_id = key_id(&object(&token.header)?)?;
        let key = self.keys.find(http, &key_id, now).await?;
        if !key.signed(token.signed.as_bytes(), &token.signature) {
            return Err(IdTokenError::Signature);
        }
        Ok(SignedClaims::signature_checked(object(&token.payload)?, key.issuer.clone()))
    }
}

/// A compact JWS (RFC 7515 §3.1), decoded but not believed.
struct Token<'a> {
    signed: &'a str,
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Base64url without padding and with no stray bits: one token, one spelling.
    fn split(raw: &'a str) -> Option<Self> {
        if raw.len() > LONGEST_TOKEN {
            return None;
        }
        let (signed, signature) = raw.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        // A fourth dot would be left in the payload, and a dot is not base64url.
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok().filter(|bytes| !bytes.is_empty());
        Some(Self { signed, header: decode(header)?, payload: decode(payload)?, signature: decode(signature)? })
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, IdTokenError> {
    match json::parse(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) | Err(_) => Err(IdTokenError::Malformed),
    }
}

fn key_id(header: &Map<String, Value>) -> Result<String, IdTokenError> {
    let is = |field: &str, wanted: &str| header.get(field).and_then(Value::as_str) == Some(wanted);
    let brings_its_own = REFUSED_FIELDS.iter().any(|field| header.contains_key(*field));
    let a_jwt = !header.contains_key("typ") || is("typ", "JWT");
    if !is("alg", "RS256") || brings_its_own || !a_jwt {
        return Err(IdTokenError::Header);
    }
    let id = header.get("kid").and_then(Value::as_str).filter(|id| (1..=LONGEST_KEY_ID).contains(&id.len()));
    id.map(str::to_owned).ok_or(IdTokenError::Header)
}
