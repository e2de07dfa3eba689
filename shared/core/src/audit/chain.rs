//! The chain: rows are sealed into segments, each of which holds the hash of the one before.
//!
//! ```text
//! row hash      SHA-256 of the row's JSON: `Entry`, without white space
//! segment hash  SHA-256 of these lines, each ended by one line feed:
//!                 onboarding-audit-1
//!                 <trail>
//!                 <number>
//!                 <sealedAt>
//!                 <hash of segment number − 1, or 64 zeros>
//!                 <row id> <row hash>        one line a row, in the order of the ids
//! ```
//!
//! The same is written in `docs/audit.md`, so that anybody can check an exported file.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AuditRow, Trail};
use crate::id::AuditId;
use crate::secret::hex;
use crate::time::Timestamp;

/// The most rows of a segment: with the segment itself they are one transaction, which has 100 items at most.
pub const MOST_ROWS: usize = 90;

/// Names the form of what is hashed.
const FORM: &str = "onboarding-audit-1";

/// SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// The text is no hash, or no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a hash of 64 lower-case hexadecimal digits, with the segment's number and a colon before it if known")]
pub struct InvalidHash;

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        Self(hex(digest(&SHA256, bytes).as_ref()))
    }

    /// What stands for the hash before the first segment.
    fn none() -> Self {
        Self("0".repeat(64))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let sound = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if sound { Ok(Self(text.to_owned())) } else { Err(InvalidHash) }
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidHash;

    fn try_from(text: String) -> Result<Self, InvalidHash> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.0
    }
}

/// A row as its segment names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRow {
    /// Which row.
    pub id: AuditId,
    /// Its hash.
    pub hash: Digest,
}

/// Rows that were sealed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// Whose.
    pub trail: Trail,
    /// 1, 2, 3 and so on.
    pub number: u64,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// The hash of the segment before.
    pub previous: Digest,
    /// Its rows, by id.
    pub rows: Vec<SealedRow>,
    /// The hash of all of this.
    pub hash: Digest,
}

/// The newest segment of a trail, as somebody keeps it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number, if it was kept.
    pub segment: Option<u64>,
    /// Its hash.
    pub hash: Digest,
}

impl AuditRow {
    /// The row's hash.
    #[must_use]
    pub fn hash(&self) -> Digest {
        // Texts and numbers alone: there is nothing in an entry that JSON cannot say.
        Digest::of(&serde_json::to_vec(&self.entry()).unwrap_or_default())
    }
}

impl Segment {
    /// The segment after `last` with `rows`, of which there are at most [`MOST_ROWS`]; none without a row.
    #[must_use]
    pub fn seal(trail: Trail, last: Option<&Self>, rows: &[AuditRow], now: Timestamp) -> Option<Self> {
        let mut sealed: Vec<SealedRow> =
            rows.iter().take(MOST_ROWS).map(|row| SealedRow { id: row.id.clone(), hash: row.hash() }).collect();
        sealed.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let (number, previous) = (last.map_or(1, |last| last.number + 1), hash_of(last));
        let segment = Self { trail, number, sealed_at: now, previous, rows: sealed, hash: Digest::none() };
        let hash = segment.content_hash();
        (!rows.is_empty()).then_some(Self { hash, ..segment })
    }

    /// What its hash has to be.
    #[must_use]
    pub fn content_hash(&self) -> Digest {
        let Self { trail, number, sealed_at, previous, .. } = self;
        let mut lines = format!("{FORM}\n{trail}\n{number}\n{sealed_at}\n{previous}\n");
        for SealedRow { id, hash } in &self.rows {
            // Writing to a text does not fail.
            let _ = writeln!(lines, "{id} {hash}");
        }
        Digest::of(lines.as_bytes())
    }

    /// What to keep elsewhere.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { segment: Some(self.number), hash: self.hash.clone() }
    }
}

/// The hash that the segment after `last` holds.
pub(super) fn hash_of(last: Option<&Segment>) -> Digest {
    last.map_or_else(Digest::none, |last| last.hash.clone())
}

/// `12:<hash>`, or the hash alone.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.segment {
            Some(number) => write!(f, "{number}:{}", self.hash),
            None => self.hash.fmt(f),
        }
    }
}

impl FromStr for Head {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let (segment, hash) = match text.split_once(':') {
            Some((number, hash)) => (Some(number.parse().map_err(|_| InvalidHash)?), hash),
            None => (None, text),
        };
        Ok(Self { segment, hash: hash.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Actor, Fact, Occasion};
    use crate::id::ResellerId;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn row() -> AuditRow {
        let fact = Fact {
            actor: &Actor::LinkHolder,
            action: "consent.granted",
            object: "action:REGISTRATION".to_owned(),
            before: None,
            after: Some("gr\u{fc}n \"\\\n\u{1}\u{7f}".to_owned()),
        };
        let reseller = ResellerId::try_from(54).unwrap();
        let occasion = Occasion { now: NOW, reference: None, random: &Counting::default() };
        AuditRow::new(reseller, Some(7.try_into().unwrap()), fact, occasion)
    }

    /// K18 The bytes that are hashed: another order, form or name would make every kept head worthless.
    #[test]
    fn the_hashed_bytes_are_those_of_the_documentation() {
        let row = row();
        let text = format!(
            "{{\"id\":\"{}\",\"at\":\"2026-09-21T14:13:20.000Z\",\"who\":\"link-holder\",\"action\":\"consent.granted\",\
             \"object\":\"action:REGISTRATION\",\"before\":null,\"after\":\"gr\u{fc}n \\\"\\\\\\n\\u0001\u{7f}\",\
             \"requestId\":null,\"microsoftCorrelationId\":null,\"enterpriseId\":7}}",
            row.id
        );
        assert_eq!(serde_json::to_string(&row.entry()).unwrap(), text);
        assert_eq!(row.hash(), Digest::of(text.as_bytes()));
        let first = Segment::seal(row.trail, None, std::slice::from_ref(&row), NOW).unwrap();
        let zeros = "0".repeat(64);
        let lines = format!(
            "onboarding-audit-1\n54\n1\n2026-09-21T14:13:20.000Z\n{zeros}\n{} {}\n",
            row.id,
            Digest::of(text.as_bytes())
        );
        assert_eq!(first.hash, Digest::of(lines.as_bytes()));
        let second = Segment::seal(row.trail, Some(&first), &[row], NOW).unwrap();
        assert_eq!((second.number, second.previous), (2, first.hash));
    }

    #[test]
    fn there_is_no_segment_without_a_row() {
        assert_eq!(Segment::seal(Trail::Operator, None, &[], NOW), None);
    }

    #[test]
    fn a_head_reads_back() {
        let hash = Digest::of(b"x");
        for head in [Head { segment: Some(12), hash: hash.clone() }, Head { segment: None, hash }] {
            assert_eq!(head.to_string().parse(), Ok(head));
        }
        for text in ["", "12", "x:", "12:abc", &"A".repeat(64)] {
            assert_eq!(text.parse::<Head>(), Err(InvalidHash), "{text}");
        }
    }
}
