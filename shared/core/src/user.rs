//! Users of an enterprise, counted against its limit (R152).

use std::str::FromStr;

use thiserror::Error;

use crate::secret::SecretHash;

/// The most characters of an id.
const MOST: usize = 255;

/// A user, by the id that the provider gives: any text, such as an object id of Microsoft Entra. Two texts are two users.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId(String);

/// The segment of a path names no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to {MOST} characters, percent-encoded in the path where need be, and no control characters")]
pub struct InvalidUserId;

/// How many users an enterprise has, and may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserCount {
    /// The users that are counted.
    pub current: u64,
    /// `userLimit`; none is no limit.
    pub limit: Option<u64>,
}

impl UserId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for it where it is stored: an id may be a mail address, and nothing needs to read it again.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

/// An id may be a person's mail address.
impl std::fmt::Debug for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserId([redacted])")
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    /// Reads a segment of a path as it came (RFC 3986 §2.1).
    fn from_str(segment: &str) -> Result<Self, InvalidUserId> {
        let text = String::from_utf8(decoded(segment.as_bytes())?).map_err(|_| InvalidUserId)?;
        let length = text.chars().count();
        if length == 0 || length > MOST || text.chars().any(char::is_control) {
            return Err(InvalidUserId);
        }
        Ok(Self(text))
    }
}

fn decoded(segment: &[u8]) -> Result<Vec<u8>, InvalidUserId> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut left = segment;
    while let [first, rest @ ..] = left {
        left = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => {
                let pair = [*high, *low].map(|digit| char::from(digit).to_digit(16));
                let [Some(high), Some(low)] = pair else { return Err(InvalidUserId) };
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| InvalidUserId)?);
                rest
            }
            (b'%', _) => return Err(InvalidUserId),
            (plain, rest) => {
                bytes.push(*plain);
                rest
            }
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R152 The same user is one user, however a client encodes the path.
    #[test]
    fn an_id_is_the_text_that_its_segment_encodes() {
        let id = |segment: &str| segment.parse::<UserId>().map(|id| id.as_str().to_owned());
        assert_eq!(id("grace%40contoso.example"), Ok("grace@contoso.example".to_owned()));
        assert_eq!(id("grace@contoso.example"), id("grace%40contoso%2Eexample"));
        assert_eq!(id("%C3%9F"), Ok("ß".to_owned()));
        for wrong in ["", "%", "%4", "%zz", "%ff", "%00", "a%0Ab", &"a".repeat(256)] {
            assert_eq!(id(wrong), Err(InvalidUserId), "{wrong}");
        }
    }

    #[test]
    fn an_id_is_not_shown() {
        let id: UserId = "grace@contoso.example".parse().unwrap();
        assert!(!format!("{id:?}").contains("grace"));
        assert_ne!(id.hash(), "Grace@contoso.example".parse::<UserId>().unwrap().hash());
    }
}
