//! What a look at a connection's health makes of it (R190, R196, R197).
//!
//! ```text
//! UserConsented ──begin_test──► Testing ──conclude──► Ready ◄──► Degraded
//!       ▲                          │                    │            │
//!       └──────── not healthy ─────┘                    └► Broken ◄──┘
//! ```

use std::time::Duration;

use super::health::{Severity, Verdict};
use super::lease::{LeaseRefusal, Leased};
use super::moved::Moved;
use super::tell::Telling;
use super::{Both, Connection, RefusedStep, State, Step};
use crate::advice::Code;
use crate::audit::{Actor, Occasion};
use crate::time::Timestamp;

/// How long after a look that found all well the next one is: daily, so that a second factor that is asked for again is
/// noticed (R180), and long before the token goes idle.
pub const LOOK_AGAIN_AFTER: Duration = Duration::from_hours(20);

/// The same where something must be mended: whoever mends it need not say so.
const TROUBLE_AGAIN_AFTER: Duration = Duration::from_hours(1);

/// The least and the most that a service which was busy is left alone: twice as long with each look that finds it busy still,
/// and never shorter than it asked for.
const BUSY_AGAIN_AFTER: std::ops::RangeInclusive<Duration> = Duration::from_mins(5)..=Duration::from_hours(6);

/// How a look ended, and what it left behind.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What it found.
    pub verdict: &'a Verdict,
    /// Whether the token was used: its 90 idle days begin anew, whether Microsoft gave another in its place or not.
    pub used: bool,
    /// Our own function, where nobody asked for it.
    pub actor: &'a Actor,
}

impl Connection {
    /// Begins the first test: from both consents, or again where it works or did.
    pub fn begin_test(self, now: Timestamp) -> Result<Leased, (LeaseRefusal, Box<Self>)> {
        let state = match self.state.clone() {
            State::UserConsented { both } => State::Testing { both },
            unmoved @ (State::Draft
            | State::AdminConsented { .. }
            | State::Testing { .. }
            | State::Ready { .. }
            | State::Degraded { .. }
            | State::Broken { .. }
            | State::Disconnected { .. }) => unmoved,
        };
        if self.is_leased(now) {
            Err((LeaseRefusal::UnderWay, Box::new(self)))
        } else {
            Self { state, ..self }.lease(now)
        }
    }
}

impl Leased {
    /// Ends a look without a finding: what is needed for one could not be had.
    #[must_use]
    pub fn put_off(self, actor: &Actor, occasion: Occasion<'_>) -> Moved {
        let from = self.connection().version;
        let mut after = self.ended();
        after.state = untested(after.state);
        after.next_look = after.next_look.map(|_| occasion.now.plus(*BUSY_AGAIN_AFTER.start()));
        let status = after.status().word().to_owned();
        let audit = after.fact(actor, "connection.look_put_off", (Some(status.clone()), status), occasion);
        Moved { from, after, audit, delivery: None }
    }

    /// Records what a look found, and tells it where it is news.
    #[must_use]
    pub fn conclude(self, look: Look<'_>, telling: Telling<'_>) -> Moved {
        let (from, occasion) = (self.connection().version, telling.occasion);
        let before = self.connection().status().word().to_owned();
        let mut after = self.ended();
        let known = after.problem();
        let Look { verdict, used, actor } = look;
        after.findings = after.findings.after(verdict);
        let state = seen(after.state.clone(), verdict, occasion.now);
        after.state = if used { with_token(state, occasion.now) } else { state };
        after.busy_looks = if verdict.severity == Severity::Passing { after.busy_looks.saturating_add(1) } else { 0 };
        after.next_look = next_look(&after, verdict, occasion.now);
        after.refused = match (&after.state, verdict.code) {
            // That somebody was busy says nothing of the step.
            (State::UserConsented { .. }, Some(code)) if verdict.severity != Severity::Passing => {
                Some(RefusedStep { step: Step::User, code, at: occasion.now, signer: None })
            }
            (_, None) => None,
            (_, Some(_)) => after.refused,
        };
        let event = event(&after, (&before, known));
        after.has_worked |= matches!(after.state, State::Ready { .. });
        let delivery = event.and_then(|event| telling.delivery(event, &after, verdict.problem()));
        let found = verdict.code.map_or_else(String::new, |code| format!("({code})"));
        let status = format!("{}{found}", after.status().word());
        let audit = after.fact(actor, "connection.looked_at", (Some(before), status), occasion);
        Moved { from, after, audit, delivery }
    }
}

/// The event that a look makes: of each change one, and none where nothing changes.
fn event(after: &Connection, (before, known): (&str, Option<Code>)) -> Option<&'static str> {
    let is_news = after.status().word() != before || after.problem() != known;
    let event = match after.state {
        State::Ready { .. } if after.has_worked => "connection.recovered",
        State::Ready { .. } => "connection.ready",
        State::Degraded { .. } => "connection.degraded",
        State::Broken { .. } => "connection.broken",
        State::Draft
        | State::AdminConsented { .. }
        | State::UserConsented { .. }
        | State::Testing { .. }
        | State::Disconnected { .. } => return None,
    };
    is_news.then_some(event)
}

/// What a finding makes of a state.
fn seen(state: State, verdict: &Verdict, now: Timestamp) -> State {
    let (both, is_tested) = match &state {
        State::Draft | State::AdminConsented { .. } | State::Disconnected { .. } => return state,
        State::UserConsented { both } | State::Testing { both } => (both.clone(), false),
        State::Ready { both, .. } | State::Degraded { both, .. } | State::Broken { both, .. } => (both.clone(), true),
    };
    match (verdict.severity, verdict.code) {
        (Severity::Healthy, _) | (_, None) => {
            let since = if let State::Ready { since, .. } = state { since } else { now };
            State::Ready { both, since }
        }
        (Severity::Passing, _) if is_tested => state,
        (Severity::Degraded, Some(problem)) if is_tested => {
            State::Degraded { both, problem, since: since(&state, now) }
        }
        (Severity::Broken, Some(problem)) if is_tested => State::Broken { both, problem, since: since(&state, now) },
        (Severity::Passing | Severity::Degraded | Severity::Broken, Some(_)) => State::UserConsented { both },
    }
}

/// Since when something is wrong: since the first that was.
const fn since(state: &State, now: Timestamp) -> Timestamp {
    match state {
        State::Degraded { since, .. } | State::Broken { since, .. } => *since,
        State::Draft
        | State::AdminConsented { .. }
        | State::UserConsented { .. }
        | State::Testing { .. }
        | State::Ready { .. }
        | State::Disconnected { .. } => now,
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

fn with_token(state: State, now: Timestamp) -> State {
    let with = |both: Both| Both { token_at: now, ..both };
    match state {
        State::UserConsented { both } => State::UserConsented { both: with(both) },
        State::Testing { both } => State::Testing { both: with(both) },
        State::Ready { both, since } => State::Ready { both: with(both), since },
        State::Degraded { both, problem, since } => State::Degraded { both: with(both), problem, since },
        State::Broken { both, problem, since } => State::Broken { both: with(both), problem, since },
        without @ (State::Draft | State::AdminConsented { .. } | State::Disconnected { .. }) => without,
    }
}

/// When it is looked at again; never by ourselves before it has been tested.
fn next_look(connection: &Connection, verdict: &Verdict, now: Timestamp) -> Option<Timestamp> {
    let after = match connection.state {
        State::Ready { .. } | State::Degraded { .. } | State::Broken { .. } => match verdict.severity {
            Severity::Healthy | Severity::Broken => LOOK_AGAIN_AFTER,
            Severity::Passing => {
                let doubled = 2_u32.saturating_pow(connection.busy_looks.saturating_sub(1));
                let patience = BUSY_AGAIN_AFTER.start().saturating_mul(doubled);
                verdict.retry_after.unwrap_or_default().max(patience).min(*BUSY_AGAIN_AFTER.end())
            }
            Severity::Degraded => TROUBLE_AGAIN_AFTER,
        },
        State::Draft
        | State::AdminConsented { .. }
        | State::UserConsented { .. }
        | State::Testing { .. }
        | State::Disconnected { .. } => return None,
    };
    Some(now.plus(after))
}

#[cfg(test)]
mod tests;
