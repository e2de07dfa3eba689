//! `Idempotency-Key`: a creating request that is sent twice creates once (R203, K20,
//! draft-ietf-httpapi-idempotency-key-header-07).
//!
//! The key is an item of the creating transaction, so what stands under it was made, and whole. Nothing is kept of a
//! request that was refused: it made nothing, and may be mended and sent again under the same key.

use std::str::FromStr;
use std::time::Duration;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::credential::KeyOwner;
use crate::json;
use crate::secret::hex;
use crate::time::Timestamp;

/// How long a key stands for its first request.
pub const LIFETIME: Duration = Duration::from_hours(24);

/// The longest key (K20).
const LONGEST: usize = 255;

/// A key as the caller chose it: opaque, compared as it came, quotes included.
///
/// No `Debug` shows it: callers put names and addresses into keys.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdempotencyKey({} characters)", self.0.len())
    }
}

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 255 visible ASCII characters without a comma")]
pub struct InvalidIdempotencyKey;

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        // A gateway joins two headers of one name by a comma: what has one may be two keys, and so none.
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        let sound = (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits);
        if sound { Ok(Self(text.to_owned())) } else { Err(InvalidIdempotencyKey) }
    }
}

/// SHA-256 in hexadecimal of parts of which none runs into the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut sum = Context::new(&SHA256);
        for part in parts {
            sum.update(&part.len().to_be_bytes());
            sum.update(part);
        }
        Self(hex(sum.finish().as_ref()))
    }

    /// The hexadecimal text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request wants: two requests that want the same are the same request.
#[derive(Clone, Debug)]
pub struct Intent<'a> {
    /// Its method.
    pub method: &'a str,
    /// The path template of its route: an alias of a route is the same route.
    pub route: &'static str,
    /// What stands for the template's parameters, in the template's order.
    pub params: Vec<&'a str>,
    /// The query string as it came.
    pub query: &'a str,
    /// The body. Of JSON the content counts, not the order of its keys nor its white space.
    pub body: &'a [u8],
}

impl Intent<'_> {
    fn fingerprint(&self) -> Fingerprint {
        let canonical = json::parse(self.body).map(|value| value.to_string().into_bytes());
        let body = canonical.unwrap_or_else(|_| self.body.to_vec());
        let fixed = [self.method.as_bytes(), self.route.as_bytes(), self.query.as_bytes(), &body];
        Fingerprint::of(fixed.into_iter().chain(self.params.iter().map(|param| param.as_bytes())))
    }
}

/// One attempt to create something under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    owner: KeyOwner,
    key: Fingerprint,
    request: Fingerprint,
    now: Timestamp,
}

impl Attempt {
    /// An attempt of `owner`, within whom the key stands for one request.
    #[must_use]
    pub fn new(owner: KeyOwner, key: &IdempotencyKey, intent: &Intent<'_>, now: Timestamp) -> Self {
        Self { owner, key: Fingerprint::of([key.0.as_bytes()]), request: intent.fingerprint(), now }
    }

    /// Whose key it is.
    #[must_use]
    pub const fn owner(&self) -> KeyOwner {
        self.owner
    }

    /// What the store finds the key by.
    #[must_use]
    pub const fn key(&self) -> &Fingerprint {
        &self.key
    }

    /// When the attempt is made.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What is to stand under the key if this attempt is the one that creates.
    #[must_use]
    pub fn keeping(&self, told: Told) -> Once {
        let kept = Kept { request: self.request.clone(), told, expires_at: self.now.plus(LIFETIME) };
        Once { attempt: self.clone(), kept }
    }

    /// What this attempt is, if `kept` stands under its key; `None` if that has ended.
    #[must_use]
    pub fn judge(&self, kept: Kept) -> Option<Repeat> {
        if kept.expires_at <= self.now {
            return None;
        }
        Some(if kept.request == self.request { Repeat::Same(kept.told) } else { Repeat::Other })
    }
}

/// An attempt with what it is to leave under its key, in the transaction that creates.
#[derive(Clone, Debug)]
pub struct Once {
    /// The attempt.
    pub attempt: Attempt,
    /// What it leaves.
    pub kept: Kept,
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    request: Fingerprint,
    told: Told,
    expires_at: Timestamp,
}

impl Kept {
    /// When the key is free again; compared when it is used.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// What the first request was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Told {
    /// This, which is told again byte for byte.
    Answer(ToldAnswer),
    /// A secret, which is kept nowhere (P10): of it only what it was for.
    Secret {
        /// The id of what was made.
        id: String,
    },
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldAnswer {
    /// Its status.
    pub status: u16,
    /// Its own headers, apart from those that every answer has.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// A request whose key is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The same request: what the first one was told.
    Same(Told),
    /// Another request.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn attempt(intent: &Intent<'_>, now: Timestamp) -> Attempt {
        Attempt::new(KeyOwner::Operator, &"k".parse().unwrap(), intent, now)
    }

    fn intent<'a>(body: &'a str, params: &[&'a str], query: &'a str) -> Intent<'a> {
        Intent { method: "POST", route: "/v1/x/{id}", params: params.to_vec(), query, body: body.as_bytes() }
    }

    fn told() -> Told {
        Told::Answer(ToldAnswer { status: 200, headers: Vec::new(), body: "7".to_owned() })
    }

    /// K20 1 to 255 visible ASCII characters, and no comma, by which a gateway joins two headers.
    #[test]
    fn a_key_is_visible_ascii() {
        for good in ["k", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", &"~".repeat(255)] {
            assert!(good.parse::<IdempotencyKey>().is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a\tb", "\u{7f}", "schl\u{fc}ssel", "a,b", &"x".repeat(256)] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(InvalidIdempotencyKey), "{bad:?}");
        }
    }

    /// R203, G68 White space and the order of keys make no other request; everything else does.
    #[test]
    fn the_same_request_is_told_by_its_content() {
        let first = attempt(&intent(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#, &["1"], ""), NOW);
        let once = first.keeping(told());
        let judged = |body: &str, params: &[&str], query: &str| {
            attempt(&intent(body, params, query), NOW).judge(once.kept.clone()).unwrap()
        };
        let spaced = "{ \"b\" : {\"d\":null,\"c\":[1,2]},\n\"a\":1 }";
        assert_eq!(judged(spaced, &["1"], ""), Repeat::Same(told()));
        let others = [
            (r#"{"a":2,"b":{"c":[1,2],"d":null}}"#, &["1"][..], ""),
            (r#"{"a":1,"b":{"c":[2,1],"d":null}}"#, &["1"], ""),
            (r#"{"a":1,"b":{"c":[1,2]}}"#, &["1"], ""),
            (r#"{"a":1,"b":{"c":[1,2],"d":null}}"#, &["2"], ""),
            (r#"{"a":1,"b":{"c":[1,2],"d":null}}"#, &["1"], "x=1"),
            ("", &["1"], ""),
            ("{", &["1"], ""),
        ];
        for (body, params, query) in others {
            assert_eq!(judged(body, params, query), Repeat::Other, "{body} {params:?} {query}");
        }
    }

    /// R203, P7 After 24 hours the key is free, swept or not.
    #[test]
    fn a_key_ends_after_a_day() {
        let kept = attempt(&intent("{}", &[], ""), NOW).keeping(told()).kept;
        let at = |now| attempt(&intent("{}", &[], ""), now).judge(kept.clone());
        assert_eq!(at(NOW.plus(LIFETIME).minus(Duration::from_millis(1))), Some(Repeat::Same(told())));
        assert_eq!(at(NOW.plus(LIFETIME)), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Fingerprint::of([&b"ab"[..], b"c"]), Fingerprint::of([&b"a"[..], b"bc"]));
    }
}
