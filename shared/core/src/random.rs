//! Randomness: asked for as an argument, so that tests can repeat it.

use ring::rand::{SecureRandom, SystemRandom};

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `out` with unpredictable bytes.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Random + '_ {
    /// `N` unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// The operating system's generator: what deployed functions use.
#[derive(Debug)]
pub struct SystemRandomness(SystemRandom);

impl SystemRandomness {
    /// The operating system's generator.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemRandomness {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandomness {
    /// Ends the process if the operating system has no randomness: nothing here is safe without it.
    fn fill(&self, out: &mut [u8]) {
        if self.0.fill(out).is_err() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A predictable source for tests of rules.
    #[derive(Default)]
    pub(crate) struct Counting(AtomicU64);

    impl Random for Counting {
        fn fill(&self, out: &mut [u8]) {
            for chunk in out.chunks_mut(8) {
                let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_le_bytes();
                chunk.copy_from_slice(&next[..chunk.len()]);
            }
        }
    }

    #[test]
    fn the_system_never_repeats_itself() {
        let random: &dyn Random = &SystemRandomness::new();
        assert_ne!(random.bytes::<16>(), random.bytes::<16>());
    }
}
