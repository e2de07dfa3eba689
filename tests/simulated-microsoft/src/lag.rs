//! How late Graph is.
//!
//! Stands for replication: a grant that was just made is seen in Graph seconds or minutes later
//! (delays of both kinds are well attested), and sometimes a test wants it never seen.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long Graph hides a new grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LagBody", into = "LagBody")]
pub enum Lag {
    /// So many seconds on the simulation's clock.
    Seconds(u32),
    /// Until the lag is set to something else.
    Forever,
}

impl Default for Lag {
    fn default() -> Self {
        Self::Seconds(0)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LagBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forever: Option<bool>,
}

impl TryFrom<LagBody> for Lag {
    type Error = &'static str;

    fn try_from(body: LagBody) -> Result<Self, Self::Error> {
        match (body.seconds, body.forever) {
            (Some(seconds), None | Some(false)) => Ok(Self::Seconds(seconds)),
            (None, Some(true)) => Ok(Self::Forever),
            (None, Some(false)) => Ok(Self::Seconds(0)),
            (None, None) | (Some(_), Some(true)) => Err("either seconds or forever"),
        }
    }
}

impl From<Lag> for LagBody {
    fn from(lag: Lag) -> Self {
        match lag {
            Lag::Seconds(seconds) => Self { seconds: Some(seconds), forever: None },
            Lag::Forever => Self { seconds: None, forever: Some(true) },
        }
    }
}

/// Since when something is granted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Made {
    at: DateTime<Utc>,
    /// Graph has shown it once and so goes on to, whatever the lag becomes.
    settled: bool,
}

impl Made {
    pub(crate) fn at(at: DateTime<Utc>) -> Self {
        Self { at, settled: false }
    }

    /// Granted long ago.
    pub(crate) fn before() -> Self {
        Self { at: DateTime::UNIX_EPOCH, settled: true }
    }

    pub(crate) fn since(&self) -> DateTime<Utc> {
        self.at
    }

    /// Keeps what Graph shows now in view under the next lag.
    pub(crate) fn settle(&mut self, lag: Lag, now: DateTime<Utc>) {
        self.settled = self.visible(lag, now);
    }

    pub(crate) fn visible(&self, lag: Lag, now: DateTime<Utc>) -> bool {
        self.settled
            || match lag {
                Lag::Seconds(seconds) => self.at + TimeDelta::seconds(i64::from(seconds)) <= now,
                Lag::Forever => false,
            }
    }
}
