//! The sandbox's time: the machine's, moved by an offset (K4). Functions and the simulated Microsoft all follow it.

use std::sync::atomic::{AtomicI64, Ordering};

use onboarding_core::time::{Clock, SystemClock, Timestamp};

/// How far one move over HTTP may go, and how far from the machine's time it may lead: 100 years, in seconds.
pub(crate) const REACH: i64 = 100 * 31_557_600;

/// A clock that runs as the machine's does and can be moved. The offset lives as long as the sandbox.
#[derive(Debug, Default)]
pub struct SandboxClock {
    offset_millis: AtomicI64,
}

impl SandboxClock {
    /// A clock that shows `start` now; the machine's time without it.
    #[must_use]
    pub fn starting_at(start: Option<Timestamp>) -> Self {
        let offset = start.map_or(0, |start| start.millis().saturating_sub(SystemClock.now().millis()));
        Self { offset_millis: AtomicI64::new(offset) }
    }

    /// Moves the clock by `seconds`, back if they are negative, and tells the new time.
    pub fn advance(&self, seconds: i64) -> Timestamp {
        let millis = seconds.saturating_mul(1_000);
        let moved = |offset: i64| Some(offset.saturating_add(millis));
        // The closure never refuses, so this is what was before either way.
        let (Ok(before) | Err(before)) = self.offset_millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
        at(before.saturating_add(millis))
    }

    /// As [`Self::advance`], but within [`REACH`]; none, and nothing moved, beyond it. Back into it is always allowed.
    pub(crate) fn advance_within_reach(&self, seconds: i64) -> Option<Timestamp> {
        if seconds.unsigned_abs() > REACH.unsigned_abs() {
            return None;
        }
        let (millis, reach) = (seconds * 1_000, REACH.unsigned_abs() * 1_000);
        let moved = |offset: i64| {
            let moved = offset.checked_add(millis)?;
            (moved.unsigned_abs() <= reach.max(offset.unsigned_abs())).then_some(moved)
        };
        let before = self.offset_millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).ok()?;
        Some(at(before + millis))
    }
}

fn at(offset_millis: i64) -> Timestamp {
    Timestamp::from_millis(SystemClock.now().millis().saturating_add(offset_millis))
}

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        at(self.offset_millis.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_begins_where_it_is_told_and_moves_both_ways() {
        let start = Timestamp::from_seconds(1_800_000_000);
        let clock = SandboxClock::starting_at(Some(start));
        assert!(clock.now().since(start) < Duration::from_secs(5));
        clock.advance(3_600);
        assert!(clock.now().since(start) >= Duration::from_hours(1));
        clock.advance(-7_200);
        assert!(clock.now() < start);
    }

    #[test]
    fn nothing_leads_out_of_reach() {
        let clock = SandboxClock::default();
        for seconds in [i64::MAX, i64::MIN, REACH + 1, -REACH - 1, -1_000_000_000_000] {
            assert_eq!(clock.advance_within_reach(seconds), None, "{seconds}");
        }
        assert!(clock.advance_within_reach(REACH).is_some());
        assert_eq!(clock.advance_within_reach(1), None, "many small moves lead no farther");
        assert!(clock.advance_within_reach(-REACH).is_some());
        assert!(clock.now().since(SystemClock.now()) < Duration::from_secs(5));
    }

    #[test]
    fn a_clock_that_began_out_of_reach_may_come_back() {
        let clock = SandboxClock::starting_at(Some(Timestamp::from_seconds(-2 * REACH)));
        assert_eq!(clock.advance_within_reach(-1), None);
        assert!(clock.advance_within_reach(1).is_some());
    }
}
