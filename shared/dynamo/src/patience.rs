//! Patience with other transactions: they last for moments, and are no refusal.

use std::time::Duration;

/// Waiting for another transaction to end: longer each time, and not for ever.
#[derive(Debug)]
pub(crate) struct Patience {
    waits: u32,
}

/// 10 ms, doubled each time, eight times: two and a half seconds in all.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const MOST_WAITS: u32 = 8;

impl Patience {
    pub(crate) const fn begin() -> Self {
        Self { waits: 0 }
    }

    /// Waits; false once patience has ended.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.waits >= MOST_WAITS {
            return false;
        }
        tokio::time::sleep(FIRST_WAIT * 2_u32.pow(self.waits)).await;
        self.waits += 1;
        true
    }
}
