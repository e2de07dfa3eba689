//! Waiting for others who change the same rows: they last for moments, and are no refusal.

use std::fmt;

use onboarding_core::patience;
use onboarding_core::random::Random;

use crate::Store;

/// The patience of one request of ours.
pub struct Patience<'a> {
    rule: patience::Patience,
    random: &'a dyn Random,
}

impl fmt::Debug for Patience<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)
    }
}

impl Store {
    /// The patience for a move that is made again on what somebody else has left.
    #[must_use]
    pub fn patience(&self) -> Patience<'_> {
        Patience { rule: patience::Patience::default(), random: self.random.as_ref() }
    }
}

impl Patience<'_> {
    /// Waits; false once patience has ended.
    pub async fn wait(&mut self) -> bool {
        let Some(wait) = self.rule.next(self.random) else { return false };
        tokio::time::sleep(wait).await;
        true
    }
}
