//! Rate limits: how many requests a key may make, counted without a write for each.
//!
//! Time is cut into windows, and a window has a number of permits for each key. An instance of a function leases permits
//! in blocks of [`BLOCK`] with one conditional write, and hands them out by itself: one write, and one more round trip,
//! every twentieth request. What is left of a block stays good for [`LEASE`], so that many instances with a few requests
//! each do not use up a window with permits that nobody uses.
//!
//! A key makes at most [`RateLimit::requests`] requests in a window, and one block more for each instance that has some
//! left. A burst over the edge of two windows is at most twice that. Tokens count with the key that they were made with.

use std::collections::HashMap;
use std::time::Duration;

use thiserror::Error;

use crate::credential::KeyId;
use crate::time::Timestamp;

/// How many permits an instance leases at once.
pub const BLOCK: u32 = 20;

/// How long leased permits are good.
pub const LEASE: Duration = Duration::from_mins(1);

/// The most keys that an instance keeps leases of, so that memory stays bounded whatever the number of keys.
const MOST_KEYS: usize = 1_024;

/// How many requests a key may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// So many.
    pub requests: u32,
    /// In each window of this length.
    pub window: Duration,
}

/// What every key may do: 200 requests a second, of which 2,000 may come at once.
pub const STANDARD: RateLimit = RateLimit { requests: 2_000, window: Duration::from_secs(10) };

impl RateLimit {
    /// The window in which `now` lies: its beginning, and its end.
    #[must_use]
    pub fn window_at(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let length = i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX).max(1);
        let begin = Timestamp::from_millis(now.millis().div_euclid(length) * length);
        (begin, begin.plus(self.window))
    }
}

/// The key has made as many requests as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the key has made as many requests as it may, for {retry_after} s")]
pub struct Exhausted {
    /// Seconds until there are permits again.
    pub retry_after: u32,
}

impl Exhausted {
    pub(crate) fn until(end: Timestamp, now: Timestamp) -> Self {
        let left = end.since(now).as_millis().div_ceil(1_000);
        Self { retry_after: u32::try_from(left).unwrap_or(u32::MAX).max(1) }
    }
}

/// Whether a request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It may.
    Permitted,
    /// It may not, as was found out before.
    Refused(Exhausted),
    /// There is no permit here: lease a block first.
    NoPermit,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Permits { left: u32, until: Timestamp },
    None { until: Timestamp },
}

/// What one instance has leased.
#[derive(Debug, Default)]
pub struct Leases(HashMap<KeyId, Held>);

impl Leases {
    /// Takes a permit of `key`, if there is one here.
    pub fn ask(&mut self, key: &KeyId, now: Timestamp) -> Asked {
        match self.0.get_mut(key) {
            Some(Held::Permits { left, until }) if *left > 0 && now < *until => {
                *left -= 1;
                Asked::Permitted
            }
            Some(Held::None { until }) if now < *until => Asked::Refused(Exhausted::until(*until, now)),
            Some(Held::Permits { .. } | Held::None { .. }) | None => Asked::NoPermit,
        }
    }

    /// A block was leased for `key`: one permit is for the request that leased it.
    pub fn leased(&mut self, key: &KeyId, now: Timestamp) {
        let left = match self.0.get(key) {
            // Of several requests that leased at once, each has brought a block.
            Some(Held::Permits { left, until }) if now < *until => *left,
            Some(Held::Permits { .. } | Held::None { .. }) | None => 0,
        };
        self.keep(key, Held::Permits { left: left + BLOCK - 1, until: now.plus(LEASE) }, now);
    }

    /// The window that ends at `end` has no block for `key`: until then nobody needs to be asked again.
    pub fn refused(&mut self, key: &KeyId, end: Timestamp, now: Timestamp) -> Exhausted {
        self.keep(key, Held::None { until: end }, now);
        Exhausted::until(end, now)
    }

    fn keep(&mut self, key: &KeyId, held: Held, now: Timestamp) {
        if self.0.len() >= MOST_KEYS && !self.0.contains_key(key) {
            self.0.retain(|_, held| match held {
                Held::Permits { left, until } => *left > 0 && now < *until,
                Held::None { until } => now < *until,
            });
            if self.0.len() >= MOST_KEYS {
                // So many keys at once: leasing anew costs a write each, and nothing else.
                self.0.clear();
            }
        }
        self.0.insert(key.clone(), held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_003_500);

    fn key(number: usize) -> KeyId {
        format!("{}-00000000", number + 1).parse().unwrap()
    }

    #[test]
    fn a_window_begins_where_the_one_before_ends() {
        let (begin, end) = STANDARD.window_at(NOW);
        assert_eq!((begin.millis(), end.millis()), (1_790_000_000_000, 1_790_000_010_000));
        assert_eq!(STANDARD.window_at(end).0, end);
        assert_eq!(Exhausted::until(end, NOW).retry_after, 7);
        assert_eq!(Exhausted::until(end, end.minus(Duration::from_millis(1))).retry_after, 1);
    }

    /// A block is twenty requests, the one that leased it included.
    #[test]
    fn a_block_is_twenty_requests() {
        let (mut leases, key) = (Leases::default(), key(0));
        assert_eq!(leases.ask(&key, NOW), Asked::NoPermit);
        leases.leased(&key, NOW);
        for _ in 1..BLOCK {
            assert_eq!(leases.ask(&key, NOW), Asked::Permitted);
        }
        assert_eq!(leases.ask(&key, NOW), Asked::NoPermit);
    }

    #[test]
    fn leases_and_refusals_end() {
        let (mut leases, key) = (Leases::default(), key(0));
        leases.leased(&key, NOW);
        assert_eq!(leases.ask(&key, NOW.plus(LEASE)), Asked::NoPermit);
        let end = STANDARD.window_at(NOW).1;
        assert_eq!(leases.refused(&key, end, NOW).retry_after, 7);
        assert_eq!(leases.ask(&key, NOW), Asked::Refused(Exhausted { retry_after: 7 }));
        assert_eq!(leases.ask(&key, end), Asked::NoPermit);
    }

    #[test]
    fn memory_is_bounded() {
        let mut leases = Leases::default();
        for number in 0..3 * MOST_KEYS {
            leases.leased(&key(number), NOW);
            assert!(leases.0.len() <= MOST_KEYS);
        }
        assert_eq!(leases.ask(&key(3 * MOST_KEYS - 1), NOW), Asked::Permitted);
    }
}
