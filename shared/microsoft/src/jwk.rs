//! A signing key as Microsoft lists it (RFC 7517, RFC 7518 §6.3.1), reduced to what a signature needs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// The most keys that one set may bring (T66). Expect many: their number and order mean nothing.
const MOST_KEYS: usize = 32;
/// A modulus of 2048 to 8192 bits, in bytes. ring checks it again, to the bit.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;
/// The longest public exponent that ring takes, in bytes.
const EXPONENT: std::ops::RangeInclusive<usize> = 1..=5;

/// A public RSA key.
pub(crate) struct Key {
    /// What tokens call it (`kid`).
    pub(crate) id: String,
    /// Whose tokens it may sign: one issuer, or a template for all tenants (T21).
    pub(crate) issuer: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    issuer: Option<String>,
}

/// The RSA signing keys of a set; none if it is not a set, or holds no such key.
///
/// Of two keys of one name the first counts; what is beyond [`MOST_KEYS`] does not.
pub(crate) fn signing_keys(set: &[u8]) -> Option<Vec<Key>> {
    let set: KeySet = serde_json::from_slice(set).ok()?;
    let keys: Vec<Key> = set.keys.into_iter().filter_map(signing_key).take(MOST_KEYS).collect();
    if keys.is_empty() { None } else { Some(keys) }
}

fn signing_key(jwk: Jwk) -> Option<Key> {
    let signs = jwk.r#use.is_none_or(|usage| usage == "sig") && jwk.alg.is_none_or(|alg| alg == "RS256");
    if jwk.kty != "RSA" || !signs {
        return None;
    }
    let modulus = number(&jwk.n?).filter(|n| MODULUS.contains(&n.len()))?;
    let exponent = number(&jwk.e?).filter(|e| EXPONENT.contains(&e.len()))?;
    Some(Key { id: jwk.kid?, issuer: jwk.issuer, modulus, exponent })
}

/// A big-endian number without leading zeros, as ring wants it.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[first..].to_vec())
}

impl Key {
    /// Whether this key made `signature` of `message` by RSASSA-PKCS1-v1_5 with SHA-256 (RS256).
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}
