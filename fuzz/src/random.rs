//! Randomness that every run repeats, so that what a run finds happens again.

use std::sync::atomic::{AtomicU64, Ordering};

use onboarding_core::random::Random;

/// Counts in large steps. For keys that seal nothing but the target's own texts.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}
