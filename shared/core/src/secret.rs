//! Secrets that we make: shown once, stored as a hash, looked up by that hash.
//!
//! A lookup by hash leaks nothing through its timing, and whoever reads the table holds no live link.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::random::Random;

/// 256 random bits as text: whoever shows it may do what it stands for.
///
/// `Debug` hides it, and it has no equality: compare hashes.
#[derive(Clone, Debug)]
pub struct Handle(SecretString);

impl Handle {
    /// A new handle whose text begins with `prefix`.
    #[must_use]
    pub fn new(prefix: &str, random: &dyn Random) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>())).into())
    }

    /// The text to hand out. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.expose())
    }
}

/// SHA-256 of a secret of at least 128 random bits, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash(String);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not a SHA-256 hash in lower-case hexadecimal")]
pub struct NotAHash;

impl SecretHash {
    /// The hash of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(hex(digest(&SHA256, secret.as_bytes()).as_ref()))
    }

    /// The hexadecimal text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let sound = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAHash) }
    }
}

impl TryFrom<String> for SecretHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> String {
        hash.0
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
        text
    })
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether two byte strings are equal, in time that depends on their lengths alone.
#[must_use]
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    #[test]
    fn a_handle_hides_itself_and_is_found_by_its_hash() {
        let handle = Handle::new("onbt_", &Counting::default());
        assert!(handle.expose().starts_with("onbt_"));
        assert!(!format!("{handle:?}").contains(handle.expose()));
        assert_eq!(handle.hash(), SecretHash::of(handle.expose()));
    }

    #[test]
    fn a_hash_is_sha256_in_hexadecimal() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(SecretHash::of("").as_str(), empty);
        assert_eq!(empty.to_uppercase().parse::<SecretHash>(), Err(NotAHash));
    }

    #[test]
    fn equality_in_constant_time_is_equality() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
