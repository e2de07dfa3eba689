//! The schedule's function: wakes every row that is due, and seals the audit trails.
//!
//! It only wakes; the table's stream carries the wake to the function that acts (`webhook-delivery`,
//! `consent-verify`), so there is one sender and one verifier, and a lost stream record is caught here. Ticks may
//! overlap, repeat, come late or die half-way: a row is woken once per instant at which it is due.
//!
//! Audit rows are sealed into segments of their trail. The head of each new segment goes to the log, which is kept
//! apart from the table: with it, nobody who can write the table can rewrite a trail unseen.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use onboarding_core::audit::chain::MOST_ROWS;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::audit::{AUDIT_SHARDS, Sealed, Unsealed};
use onboarding_dynamo::due::{DueKind, SHARDS};
use onboarding_dynamo::{Store, StoreError};

/// Rows read, and woken at once, in one go: the memory that a sweep takes, whatever the backlog.
const PAGE: i32 = 50;

/// Audit rows looked at in one go.
const AUDIT_PAGE: i32 = 500;

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
    /// Segments made.
    pub sealed: usize,
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
    for shard in 0..AUDIT_SHARDS {
        seal_shard(app, shard, deadline, &mut swept).await?;
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

async fn seal_shard(app: &App, shard: u16, deadline: Timestamp, swept: &mut Swept) -> Result<(), StoreError> {
    loop {
        let now = app.clock.now();
        if now.plus(MARGIN) >= deadline {
            swept.cut_short = true;
            return Ok(());
        }
        let waiting = app.store.unsealed(shard, now, AUDIT_PAGE).await?;
        let page: usize = waiting.iter().map(|unsealed| unsealed.rows.len()).sum();
        let made: usize = join_all(waiting.iter().map(|unsealed| seal_trail(app, unsealed, now))).await.iter().sum();
        swept.sealed += made;
        // As above: a page without a single segment shows what somebody else has just sealed.
        if made == 0 || page < usize::try_from(AUDIT_PAGE).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}

/// Seals the rows of one trail, one segment after the other: each holds the hash of the one before. How many it made.
async fn seal_trail(app: &App, Unsealed { trail, rows }: &Unsealed, now: Timestamp) -> usize {
    let mut made = 0;
    for some in rows.chunks(MOST_ROWS) {
        match app.store.seal(*trail, some, now).await {
            Ok(Sealed::Done(head)) => {
                tracing::info!(%trail, %head, "audit trail sealed");
                made += 1;
            }
            Ok(Sealed::Nothing) => {}
            Err(error) => {
                tracing::error!(%trail, %error, "an audit trail could not be sealed; the next tick goes on");
                break;
            }
        }
    }
    made
}
