//! The schedule's function: wakes every row that is due.
//!
//! It only wakes; the table's stream carries the wake to the function that acts (`webhook-delivery`,
//! `consent-verify`), so there is one sender and one verifier, and a lost stream record is caught here. Ticks may
//! overlap, repeat, come late or die half-way: a row is woken once per instant at which it is due.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::due::{DueKind, SHARDS};
use onboarding_dynamo::{Store, StoreError};

/// Rows read, and woken at once, in one go: the memory that a sweep takes, whatever the backlog.
const PAGE: i32 = 50;

/// How long before its end an invocation stops; the next tick goes on.
const MARGIN: Duration = Duration::from_secs(5);

/// What a sweep needs.
pub struct App {
    /// The table.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows woken.
    pub woken: usize,
    /// Whether time ran out before the backlog did.
    pub cut_short: bool,
}

/// Wakes what is due, oldest first, until nothing is left or `deadline` is near.
pub async fn sweep(app: &App, deadline: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for (kind, shards) in SHARDS {
        for shard in 0..*shards {
            sweep_shard(app, (*kind, shard), deadline, &mut swept).await?;
        }
    }
    Ok(swept)
}

async fn sweep_shard(
    app: &App,
    (kind, shard): (DueKind, u16),
    deadline: Timestamp,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    loop {
        let now = app.clock.now();
        if now.plus(MARGIN) >= deadline {
            swept.cut_short = true;
            return Ok(());
        }
        let due = app.store.due(kind, shard, now, PAGE).await?;
        let woken = join_all(due.iter().map(|row| app.store.wake(row, now))).await;
        let mut count = 0;
        for woken in woken {
            match woken {
                Ok(woken) => count += usize::from(woken),
                // One row that cannot be woken now must not keep the others waiting; it stays due.
                Err(error) => tracing::warn!(error = %error, "a row could not be woken"),
            }
        }
        swept.woken += count;
        // The index is a little late: a page without a single wake shows rows that somebody else has just moved.
        if count == 0 || due.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}
