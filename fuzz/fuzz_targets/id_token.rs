//! Signatures of tokens: taken if and only if Microsoft's key signed a strict object under a strict header (T18-T30).
//!
//! The first byte of the input says what the rest is: `t` a text from nowhere, `e` edits of a sound token, `m` and `s` a
//! header and a payload, parted by a line feed, signed by Microsoft or by a stranger.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::ApplicationId;
use onboarding_core::identity::{Expected, IdentityFault, SignedClaims, VerifiedIdentity, verify};
use onboarding_fuzz::NOW;
use onboarding_fuzz::edit::edited;
use onboarding_fuzz::entra::{Entra, KEY_ID};
use onboarding_fuzz::json::is_strict;
use serde_json::{Map, Value, json};

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
const FORBIDDEN: [&str; 6] = ["jku", "x5u", "jwk", "x5c", "crit", "b64"];

static ENTRA: LazyLock<Entra> = LazyLock::new(Entra::start);
static SOUND: LazyLock<String> = LazyLock::new(|| {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": KEY_ID });
    ENTRA.sign(header.to_string().as_bytes(), br#"{"sub":"somebody"}"#)
});

// Keys are made before the clock of the first input runs.
fuzz_target!(init: LazyLock::force(&SOUND), |input: &[u8]| match input {
    [b't', text @ ..] => from_nowhere(text),
    [b'e', script @ ..] => edited_sound_one(script),
    [b'm', parts @ ..] => signed_by_microsoft(parts),
    [b's', parts @ ..] => signed_by_a_stranger(parts),
    _ => {}
});

fn from_nowhere(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    assert!(ENTRA.signed_claims(text).is_err());
}

fn edited_sound_one(script: &[u8]) {
    let Ok(text) = String::from_utf8(edited(SOUND.as_bytes(), script)) else { return };
    assert_eq!(ENTRA.signed_claims(&text).is_ok(), text == *SOUND, "{text}");
}

fn signed_by_a_stranger(parts: &[u8]) {
    let Some((header, payload)) = parted(parts) else { return };
    assert!(ENTRA.signed_claims(&ENTRA.sign_as_stranger(header, payload)).is_err());
}

fn signed_by_microsoft(parts: &[u8]) {
    let Some((header, payload)) = parted(parts) else { return };
    let token = ENTRA.sign(header, payload);
    let claims =
        object(payload).filter(|_| token.len() <= LONGEST && object(header).as_ref().is_some_and(is_microsofts));
    match (ENTRA.signed_claims(&token), claims) {
        (Ok(read), Some(claims)) => {
            assert_eq!(judged(&read), judged(&SignedClaims::signature_checked(claims, None)));
        }
        (Err(_), None) => {}
        (read, claims) => panic!("{:?}, but {claims:?}", read.err()),
    }
}

fn parted(parts: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = parts.iter().position(|byte| *byte == b'\n')?;
    Some((&parts[..at], &parts[at + 1..]))
}

fn object(text: &[u8]) -> Option<Map<String, Value>> {
    if is_strict(text) { serde_json::from_slice(text).ok() } else { None }
}

fn is_microsofts(header: &Map<String, Value>) -> bool {
    let typ = header.get("typ").is_none_or(|typ| typ == "JWT");
    let key = header.get("alg") == Some(&json!("RS256")) && header.get("kid") == Some(&json!(KEY_ID));
    typ && key && !FORBIDDEN.iter().any(|field| header.contains_key(*field))
}

/// What the claims lead to: what was signed is what is judged.
fn judged(claims: &SignedClaims) -> Result<VerifiedIdentity, IdentityFault> {
    let endpoints = Endpoints::of(Cloud::Global, None, None);
    let client = ApplicationId::from_u128(0xcccc_cccc_0000_4000_8000_0000_0000_0001);
    let expected = Expected { client, endpoints: &endpoints, nonce: "nonce", code: None, access_token: None };
    verify(claims, expected, NOW)
}
