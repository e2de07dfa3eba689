//! Patience with others who change the same thing: how long to wait before the next try, and for how long in all.
//!
//! A wait is drawn at random up to a limit that doubles, so that those who met once do not meet again at the next try
//! ("full jitter"). It ends after [`IN_ALL`], a fifth of what a gateway waits for an answer.

use std::time::Duration;

use crate::random::Random;

/// The limit of the first wait.
const FIRST: Duration = Duration::from_millis(10);
/// How often the limit doubles: to 1.28 s, so that fifty who try again are some eighty tries a second.
const DOUBLINGS: u32 = 7;
/// How long all waits together are, but for what the last one goes beyond it.
pub const IN_ALL: Duration = Duration::from_secs(6);

/// How long somebody has waited, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    waits: u32,
    waited: Duration,
}

impl Patience {
    /// How long to wait before the next try; none once patience has ended.
    pub fn next(&mut self, random: &dyn Random) -> Option<Duration> {
        if self.waited >= IN_ALL {
            return None;
        }
        let most = FIRST * 2_u32.pow(self.waits.min(DOUBLINGS));
        let most = u32::try_from(most.as_millis()).unwrap_or(u32::MAX);
        let wait = Duration::from_millis(u64::from(1 + u32::from_be_bytes(random.bytes()) % most));
        self.waits += 1;
        self.waited += wait;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    /// A source of the least or of the most.
    struct Always(u8);

    impl Random for Always {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn a_wait_is_longer_each_time_up_to_a_limit() {
        let (mut patience, random) = (Patience::default(), Counting::default());
        for most in [10, 20, 40, 80, 160, 320, 640, 1_280, 1_280] {
            let wait = patience.next(&random).unwrap();
            assert!((1..=most).contains(&wait.as_millis()), "{wait:?} of {most} ms");
        }
    }

    /// P6 Those who met once wait for different times.
    #[test]
    fn two_do_not_wait_alike() {
        let (mut one, mut other, random) = (Patience::default(), Patience::default(), Counting::default());
        let waits: Vec<_> = (0..8).map(|_| (one.next(&random), other.next(&random))).collect();
        assert!(waits.iter().filter(|(one, other)| one != other).count() >= 6, "{waits:?}");
    }

    /// P9 Patience ends, whatever is drawn, and not before its time.
    #[test]
    fn patience_ends() {
        for source in [0, 255] {
            let mut patience = Patience::default();
            let waits: Vec<Duration> = std::iter::from_fn(|| patience.next(&Always(source))).collect();
            let waited: Duration = waits.iter().sum();
            assert!((IN_ALL..IN_ALL + Duration::from_millis(1_280)).contains(&waited), "{waited:?}");
        }
    }
}
