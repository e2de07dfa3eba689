//! Time: one kind of instant for rules, rows and wire, and the clock that tells it.
//!
//! Every rule takes `now` as an argument; a [`Clock`] is asked once per request, at the edge.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An instant in UTC with millisecond precision, stored and sent as milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant `seconds` seconds after 1970-01-01T00:00:00Z, as in `exp` and `iat` (RFC 7519 §2).
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Microseconds since 1970-01-01T00:00:00Z: the unit of the webhook's `expiresOn` (R120).
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0.saturating_mul(1_000)
    }

    /// This instant and `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(span)))
    }

    /// `span` before this instant.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(whole_millis(span)))
    }

    /// How long after `earlier` this instant is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The instant of an HTTP `Date` (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[must_use]
    pub fn of_http(date: &str) -> Option<Self> {
        DateTime::parse_from_rfc2822(date).ok().map(|at| Self::from(at.with_timezone(&Utc)))
    }

    /// The minute for people, in whatever language they read: `2026-12-09 19:05 UTC`.
    #[must_use]
    pub fn minute(self) -> String {
        let at = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").chars().take(16).chain(" UTC".chars()).collect()
    }
}

fn whole_millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

impl From<std::time::SystemTime> for Timestamp {
    fn from(at: std::time::SystemTime) -> Self {
        Self::from(DateTime::<Utc>::from(at))
    }
}

/// RFC 3339 in UTC with milliseconds. Of fixed width, so it also sorts as text (the due index relies on it).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// The text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an instant such as 2026-11-25T12:00:00Z")]
pub struct InvalidInstant;

/// Reads RFC 3339, in any offset, to the millisecond.
impl FromStr for Timestamp {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidInstant)?;
        Ok(Self::from(at.with_timezone(&Utc)))
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine: what deployed functions use.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        Timestamp::from(Utc::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_sorts_as_time() {
        let early = Timestamp::from_millis(999);
        let late = Timestamp::from_seconds(1_742_985_175);
        assert_eq!(early.to_string(), "1970-01-01T00:00:00.999Z");
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn an_instant_reads_back_in_any_offset() {
        let at = Timestamp::from_millis(1_742_985_175_042);
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!("2025-03-26T11:32:55.042+01:00".parse(), Ok(at));
        for text in ["", "2025-03-26", "2025-03-26T10:32:55", "1742985175", "2025-13-01T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidInstant), "{text}");
        }
    }

    #[test]
    fn a_span_into_the_future_has_no_negative_length() {
        let now = Timestamp::from_seconds(10);
        assert_eq!(now.since(Timestamp::from_seconds(20)), Duration::ZERO);
        assert_eq!(now.plus(Duration::from_secs(5)).since(now), Duration::from_secs(5));
    }
}
