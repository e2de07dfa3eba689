//! The schedule's function: wakes every row that is due, seals the audit trails, and records which invitations have expired.
//!
//! What must be acted on it only wakes; the table's stream carries the wake to the function that acts (`webhook-delivery`,
//! `consent-verify`), so there is one sender and one verifier, and a lost stream record is caught here. Ticks may
//! overlap, repeat, come late or die half-way: a row is woken once per instant at which it is due.
//!
//! Audit rows are sealed into segments of their trail. The head of each new segment goes to the log, which is kept
//! apart from the table: with it, nobody who can write the table can rewrite a trail unseen.

mod expire;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use onboarding_core::audit::chain::MOST_ROWS;
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::random::Random;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::audit::{AUDIT_SHARDS, Sealed, Unsealed};
use onboarding_dynamo::due::{DueKind, SHARDS};
use onboarding_dynamo::invitation::INVITATION_SHARDS;
use onboarding_dynamo::{Store, StoreError};
use serde_json::Value;

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
    /// For the ids of events and audit rows.
    pub random: Arc<dyn Random>,
}

/// What a tick is to do: the schedule's input says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Everything.
    All,
    /// One shard of the invitations and their reminders alone: `{"invitationShard": 3}`. Eight such schedules work off eight times as much.
    Invitations(u16),
}

impl Tick {
    /// What the input of a schedule asks for. Whatever asks for no shard that there is asks for everything.
    #[must_use]
    pub fn of(input: &Value) -> Self {
        let shard = input["invitationShard"].as_u64().and_then(|shard| u16::try_from(shard).ok());
        shard.filter(|shard| *shard < INVITATION_SHARDS).map_or(Self::All, Self::Invitations)
    }
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows woken.
    pub woken: usize,
    /// Segments made.
    pub sealed: usize,
    /// Invitations recorded as expired.
    pub expired: usize,
    /// Whether time ran out before the backlog did.
    pub cut_short: bool,
    /// For how long the oldest row had been due.
    pub backlog: Duration,
}

/// Does what is due, oldest first, until nothing is left or `deadline` is near.
pub async fn sweep(app: &App, tick: Tick, deadline: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    let shards = match tick {
        Tick::All => {
            wake_and_seal(app, deadline, &mut swept).await?;
            0..INVITATION_SHARDS
        }
        Tick::Invitations(shard) => shard..shard + 1,
    };
    for shard in shards.clone() {
        let (expired, cut_short) = expire::shard(app, shard, deadline).await?;
        swept.expired += expired;
        swept.cut_short |= cut_short;
    }
    // Last: a reminder may wait for a minute, and after an outage there may be any number of them.
    for shard in shards {
        sweep_shard(app, (DueKind::Reminder, shard), deadline, &mut swept).await?;
    }
    count(&swept);
    Ok(swept)
}

fn count(swept: &Swept) {
    let moved = u64::try_from(swept.woken + swept.expired).unwrap_or(u64::MAX);
    tracing::info!(target: TARGET, metric = Metric::SweepEnded.name(), value = 1_u64);
    tracing::info!(target: TARGET, metric = Metric::Swept.name(), value = moved);
    tracing::info!(target: TARGET, metric = Metric::SweepBacklog.name(), value = swept.backlog.as_secs());
}

async fn wake_and_seal(app: &App, deadline: Timestamp, swept: &mut Swept) -> Result<(), StoreError> {
    for (kind, shards) in SHARDS {
        for shard in 0..*shards {
            sweep_shard(app, (*kind, shard), deadline, swept).await?;
        }
    }
    for shard in 0..AUDIT_SHARDS {
        seal_shard(app, shard, deadline, swept).await?;
    }
    Ok(())
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
        swept.backlog = due.iter().map(|row| row.waited(now)).fold(swept.backlog, Duration::max);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// R202 A schedule says its shard; whatever says none is for everything, as `EventBridge`'s own event is.
    #[test]
    fn the_input_of_a_schedule_says_what_is_to_be_done() {
        assert_eq!(Tick::of(&json!({"invitationShard": 7})), Tick::Invitations(7));
        for all in [json!({"invitationShard": 8}), json!({"detail-type": "Scheduled Event"}), json!(null), json!("3")] {
            assert_eq!(Tick::of(&all), Tick::All, "{all}");
        }
    }
}
