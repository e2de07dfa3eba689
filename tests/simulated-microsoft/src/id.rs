//! Random and derived identifiers: GUIDs for objects, long secrets for codes and tokens.
//!
//! Codes and tokens are kept only as hashes, so that the state file opens nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A random GUID.
pub(crate) fn guid() -> String {
    format_guid(rand::random())
}

/// The GUID that always belongs to these words: ids that need no storing.
pub(crate) fn guid_of(words: &[&str]) -> String {
    let digest = Sha256::digest(words.join("\n"));
    let mut bytes = [0; 16];
    for (byte, derived) in bytes.iter_mut().zip(digest) {
        *byte = derived;
    }
    format_guid(bytes)
}

fn format_guid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    let hex = format!("{number:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// 256 random bits, for codes, tokens and transactions.
pub(crate) fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Under which name a secret is stored.
pub(crate) fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_the_form_of_one() {
        let id = guid();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert_eq!(guid_of(&["a"]), guid_of(&["a"]));
        assert_ne!(guid_of(&["a"]), guid_of(&["b"]));
    }
}
