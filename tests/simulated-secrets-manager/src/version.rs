//! One version of a secret: its id, its value, its staging labels.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// Limits of `SecretString` and `SecretBinary`, in bytes (API Reference).
const VALUE_BYTES: std::ops::RangeInclusive<usize> = 1..=65_536;

/// Limits of `ClientRequestToken`, and so of `VersionId`, in characters (API Reference).
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 32..=64;

/// One version. Its id and value never change; only labels move.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: Value,
    pub(crate) stages: BTreeSet<String>,
    pub(crate) created: DateTime<Utc>,
}

/// What is kept secret. No `Debug`, so that no test failure or log prints it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// A `SecretString`.
    Text(String),
    /// A `SecretBinary`, base64 as on the wire.
    Binary(String),
}

impl Value {
    /// The value of a request that has one; `None` if it has none.
    pub(crate) fn read(text: Option<String>, binary: Option<String>) -> Result<Option<Self>, Refusal> {
        match (text, binary) {
            (None, None) => Ok(None),
            (Some(text), None) => {
                within_limits(text.len())?;
                Ok(Some(Self::Text(text)))
            }
            (None, Some(binary)) => {
                let bytes = STANDARD
                    .decode(&binary)
                    .map_err(|_| Refusal::Unreadable("SecretBinary must be base64.".to_owned()))?;
                within_limits(bytes.len())?;
                Ok(Some(Self::Binary(binary)))
            }
            (Some(_), Some(_)) => Err(Refusal::InvalidParameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.".to_owned(),
            )),
        }
    }

    /// As `SecretString` and `SecretBinary`, one of them empty.
    pub(crate) fn into_wire(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Text(text) => (Some(text), None),
            Self::Binary(binary) => (None, Some(binary)),
        }
    }
}

fn within_limits(bytes: usize) -> Result<(), Refusal> {
    if VALUE_BYTES.contains(&bytes) {
        return Ok(());
    }
    Err(Refusal::OutsideLimits("The secret value must have 1 to 65536 bytes.".to_owned()))
}

/// The id of the version a request makes: its `ClientRequestToken`.
pub(crate) fn id_from_token(token: Option<String>) -> Result<String, Refusal> {
    let Some(token) = token else {
        return Ok(generated_id());
    };
    if TOKEN_LENGTH.contains(&token.chars().count()) {
        return Ok(token);
    }
    Err(Refusal::InvalidParameter("ClientRequestToken must be 32-64 characters long.".to_owned()))
}

/// A version 4 UUID, for a raw request without a token.
fn generated_id() -> String {
    let random: u128 = rand::random();
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::generated_id;

    #[test]
    fn a_generated_id_is_a_version_4_uuid() {
        let id = generated_id();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}
