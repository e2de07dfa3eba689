//! What must happen at a time: the due index, and waking what is due.
//!
//! Waking changes a counter on the row; the table's stream carries the change to whoever acts on it. A wake is
//! conditional on the instant that was seen, so overlapping, repeated and late sweeps wake each row once.

use std::time::Duration;

use onboarding_core::time::Timestamp;

use crate::key::Key;
use crate::table::DUE_INDEX;
use crate::update::Change;
use crate::value::{number, text};
use crate::{Store, StoreError};

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueKind {
    /// A consent request whose lease ends or whose proof is to be read again, or roles that are waited for.
    Verification,
    /// A link that ends: somebody may have gone by it and not come back.
    Stalled,
    /// A delivery to be tried again.
    Delivery,
    /// An enterprise whose consents are to be looked at.
    Drift,
    /// A mail to be tried again.
    Mail,
    /// A mail that waits for its time.
    Reminder,
    /// A connection that is to be looked at, or whose lease ends.
    Connection,
    /// An invitation whose time is over.
    Invitation,
    /// An audit row that is to be sealed.
    Audit,
}

/// Every kind whose rows are woken at once, with the number of its shards: one partition takes 1,000 writes a second. Reminders
/// come after all else.
pub const SHARDS: &[(DueKind, u16)] = &[
    (DueKind::Verification, 1),
    (DueKind::Stalled, 1),
    (DueKind::Delivery, 1),
    (DueKind::Mail, 1),
    (DueKind::Drift, 1),
    (DueKind::Connection, 1),
];

/// When a row that was woken is due again, should nobody act on it.
const WAKE_AGAIN_AFTER: Duration = Duration::from_mins(1);

impl DueKind {
    /// The partition of one shard in the due index.
    #[must_use]
    pub fn partition(self, shard: u16) -> String {
        let kind = match self {
            Self::Verification => "verification",
            Self::Stalled => "stalled",
            Self::Delivery => "delivery",
            Self::Drift => "drift",
            Self::Mail => "mail",
            Self::Reminder => "reminder",
            Self::Connection => "connection",
            Self::Invitation => "invitation",
            Self::Audit => "audit",
        };
        format!("due#{kind}#{shard}")
    }
}

/// A row that is due, as the index showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub(crate) key: Key,
    at: String,
}

impl Due {
    /// For how long it has been due.
    #[must_use]
    pub fn waited(&self, now: Timestamp) -> Duration {
        self.at.parse().map(|at: Timestamp| now.since(at)).unwrap_or_default()
    }
}

impl Store {
    /// The rows of one shard that are due, oldest first, at most `limit`. Eventually consistent: 0.5 unit per 4 KB.
    pub async fn due(&self, kind: DueKind, shard: u16, now: Timestamp, limit: i32) -> Result<Vec<Due>, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name(DUE_INDEX);
        let query = query
            .key_condition_expression("DPK = :partition AND DSK <= :now")
            .expression_attribute_values(":partition", text(kind.partition(shard)))
            .expression_attribute_values(":now", text(now.to_string()))
            .limit(limit);
        let items = query.send().await.map_err(|error| StoreError::unavailable(&error))?.items.unwrap_or_default();
        let due = |item: crate::value::Item| {
            let at = item.get("DSK")?.as_s().ok()?.clone();
            Some(Due { key: Key::of(&item), at })
        };
        Ok(items.into_iter().filter_map(due).collect())
    }

    /// Wakes a row, if it still is due at the instant that was seen; false if somebody else did, or it moved on.
    pub async fn wake(&self, due: &Due, now: Timestamp) -> Result<bool, StoreError> {
        let change = Change::new("SET DSK = :again ADD wake :one", "DSK = :seen")
            .value(":again", text(now.plus(WAKE_AGAIN_AFTER).to_string()))
            .value(":seen", text(&due.at))
            .value(":one", number(1));
        Ok(self.update(due.key.clone(), change).await?.is_done())
    }
}
