//! The lease of a connection: of any number of writers one is at work, for a while.
//!
//! It is a move like any other: it raises the version, and what the holder writes in the end has that version as its
//! condition. Whoever overstays is overtaken and writes nothing more.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Connection, State, Step};
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// How long one may be at work: longer than all calls of one look, with their time limits.
pub const LEASE: Duration = Duration::from_mins(1);

/// When whatever somebody at work has sent has arrived, or never will: then it is seen what they left behind.
pub(super) const ARRIVED_AFTER: Duration = LEASE.saturating_mul(2);

/// How many codes are remembered, the newest: Microsoft's end after ten minutes, and nobody signs in so often meanwhile.
const MOST_CODES: usize = 30;

/// Who is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Until when.
    pub until: Timestamp,
    /// Which step is being completed; none for a look at its health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
}

/// Why a connection cannot be leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LeaseRefusal {
    /// Somebody is at work.
    #[error("somebody is at work on the connection")]
    UnderWay,
    /// The code was redeemed before.
    #[error("the code was redeemed before")]
    SameCode,
    /// The step was completed by another sign-in since the link was made.
    #[error("the step was completed since the link was made")]
    Spent,
    /// The step before is not done.
    #[error("the step before is not done")]
    TooEarly,
    /// The connection has ended.
    #[error("the connection has ended")]
    Ended,
}

/// A connection on which nobody else is at work. The condition of its end is the version that the lease gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    connection: Connection,
}

impl Leased {
    /// The connection as it was leased.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The name that the token written under this lease gets in the secret store: the same each time, so that a repeated write
    /// is the same write.
    #[must_use]
    pub fn token_version(&self) -> SecretHash {
        SecretHash::of(&format!("{}#{}", self.connection.id, self.connection.version))
    }

    /// The same without the lease, one version on: what a move begins with. Nobody is testing it any more, whoever began to.
    pub(super) fn ended(self) -> Connection {
        let state = untested(self.connection.state);
        Connection { version: self.connection.version + 1, lease: None, state, ..self.connection }
    }
}

fn untested(state: State) -> State {
    match state {
        State::Testing { both } => State::UserConsented { both },
        unmoved @ (State::Draft
        | State::AdminConsented { .. }
        | State::UserConsented { .. }
        | State::Ready { .. }
        | State::Degraded { .. }
        | State::Broken { .. }
        | State::Disconnected { .. }) => unmoved,
    }
}

impl Connection {
    /// Leases it for a sign-in that completes `step` by a link of `round`, and notes that its code is redeemed.
    pub fn lease_for(
        self,
        (step, round): (Step, u32),
        code: &SecretHash,
        now: Timestamp,
    ) -> Result<Leased, (LeaseRefusal, Box<Self>)> {
        if let Some(refusal) = self.refuses((step, round), code, now) {
            return Err((refusal, Box::new(self)));
        }
        let oldest = (self.codes.len() + 1).saturating_sub(MOST_CODES);
        let codes = self.codes.iter().chain([code]).skip(oldest).cloned().collect();
        Ok(Self { codes, ..self }.leased(Some(step), now))
    }

    /// Leases it to look at its health, or to end it.
    pub fn lease(self, now: Timestamp) -> Result<Leased, (LeaseRefusal, Box<Self>)> {
        if self.is_leased(now) { Err((LeaseRefusal::UnderWay, Box::new(self))) } else { Ok(self.leased(None, now)) }
    }

    /// Whether somebody is at work.
    #[must_use]
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| now < lease.until)
    }

    fn refuses(&self, (step, round): (Step, u32), code: &SecretHash, now: Timestamp) -> Option<LeaseRefusal> {
        if let State::Disconnected { .. } = self.state {
            return Some(LeaseRefusal::Ended);
        }
        if self.codes.contains(code) {
            return Some(LeaseRefusal::SameCode);
        }
        if round != self.round(step) {
            return Some(LeaseRefusal::Spent);
        }
        if step == Step::User && self.state.admin().is_none() {
            return Some(LeaseRefusal::TooEarly);
        }
        self.is_leased(now).then_some(LeaseRefusal::UnderWay)
    }

    fn leased(self, step: Option<Step>, now: Timestamp) -> Leased {
        let lease = Some(Lease { until: now.plus(LEASE), step });
        Leased { connection: Self { version: self.version + 1, lease, ..self } }
    }
}
