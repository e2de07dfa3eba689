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
use super::{Both, Connection, Consented, RefusedStep, State, Step};
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

/// How long after the administrator's consent not all of Microsoft's servers may know of it.
const IN_EFFECT_AFTER: Duration = Duration::from_mins(10);

/// How long the first wait for it is; the next is twice as long, as where somebody is busy.
const CONSENT_AGAIN_AFTER: Duration = Duration::from_mins(2);

/// How long a stored token is kept although Microsoft has given another: a token that was replaced goes on working, and the
/// secret store takes about a hundred versions of a secret a day and no more, however often somebody looks.
const RENEWED_AFTER: Duration = Duration::from_hours(6);

/// What became of the token in a look. Its 90 idle days begin anew with each use, whether Microsoft gave another in its place
/// or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// There was none, or Microsoft refused it.
    Refused,
    /// It was used, and is what is stored.
    Used,
    /// It was used, and another is stored in its place.
    Renewed,
}

/// How a look ended, and what it left behind.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What it found.
    pub verdict: &'a Verdict,
    /// What became of the token.
    pub token: TokenUse,
    /// Our own function, where nobody asked for it.
    pub actor: &'a Actor,
}

impl Both {
    /// Whether the stored token is to be replaced by one that Microsoft has just given.
    #[must_use]
    pub fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        self.stored_at.is_none_or(|at| now.since(at) >= RENEWED_AFTER)
    }
}

impl Connection {
    /// Why a token of this connection was refused for `code`: a consent that was given a moment ago is not missing, it is not in
    /// effect yet (AADSTS65001).
    #[must_use]
    pub fn refusal_of_token(&self, code: Code, now: Timestamp) -> Code {
        let is_fresh = |admin: &Consented| now.since(admin.at) < IN_EFFECT_AFTER;
        let is_awaited = code == Code::ConsentMissing && self.state.admin().is_some_and(is_fresh);
        if is_awaited { Code::ConsentNotInEffect } else { code }
    }

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
        if self.has_ended() {
            Err((LeaseRefusal::Ended, Box::new(self)))
        } else if self.is_leased(now) {
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
        let Look { verdict, token, actor } = look;
        after.findings = after.findings.after(verdict);
        let state = seen(after.state.clone(), verdict, occasion.now);
        after.state = with_token(state, token, occasion.now);
        after.busy_looks = if verdict.severity == Severity::Passing { after.busy_looks.saturating_add(1) } else { 0 };
        after.next_look = next_look(&after, verdict, occasion.now);
        after.refused = match (&after.state, verdict.code) {
            // That somebody was busy says nothing of the step.
            (State::UserConsented { .. }, Some(code)) if verdict.severity != Severity::Passing => {
                Some(RefusedStep { step: Step::User, code, at: occasion.now, signer: None, by_test: true })
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

fn with_token(state: State, token: TokenUse, now: Timestamp) -> State {
    let with = |both: Both| match token {
        TokenUse::Refused => both,
        TokenUse::Used => Both { token_at: now, ..both },
        TokenUse::Renewed => Both { token_at: now, stored_at: Some(now), ..both },
    };
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
                let is_awaited = verdict.code == Some(Code::ConsentNotInEffect);
                let first = if is_awaited { CONSENT_AGAIN_AFTER } else { *BUSY_AGAIN_AFTER.start() };
                let patience = first.saturating_mul(doubled);
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
