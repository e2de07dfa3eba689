//! A value of the secret store, kept for a while: reads cost money and a round trip, and the store may be away.
//!
//! - A value is fresh for 5 minutes, so a rotation is seen within 5 minutes.
//! - If it cannot be read again then, it serves 15 minutes more (20 in all), and the store is tried every 30 s.
//! - Somebody who met a text that the value does not explain may have it read again, once in 30 s.
//! - Somebody who knows that it was changed may have it read again until it was read after the change.
//! - One read at a time: whoever waited for another's takes what that one brought.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onboarding_core::time::Timestamp;

use crate::SecretsError;

/// How long a value is taken as it is.
const FRESH: Duration = Duration::from_mins(5);
/// How long after that it serves while it cannot be read again.
const GRACE: Duration = Duration::from_mins(15);
/// The least time between two reads while there is a value to go on with.
const PAUSE: Duration = Duration::from_secs(30);

/// One value with its past.
pub(crate) struct Cached<T> {
    shelf: Mutex<Shelf<T>>,
    reading: tokio::sync::Mutex<()>,
}

struct Shelf<T> {
    held: Option<Held<T>>,
    reads_ended: u64,
    last_fault: Option<SecretsError>,
    renewed_at: Option<Timestamp>,
    missed_at: Option<Timestamp>,
}

struct Held<T> {
    value: T,
    read_at: Timestamp,
}

/// Why a value is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// To be used.
    ToUse,
    /// To be used, after the one held did not do.
    AfterMiss,
    /// To be used, if it was read at this instant or later.
    ReadSince(Timestamp),
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        let shelf = Shelf { held: None, reads_ended: 0, last_fault: None, renewed_at: None, missed_at: None };
        Self { shelf: Mutex::new(shelf), reading: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone> Cached<T> {
    /// The value; `read` is only run if it is not fresh.
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        read: impl Future<Output = Result<T, SecretsError>>,
    ) -> Result<T, SecretsError> {
        let fresh = self.shelf().fresh(now);
        match fresh {
            Some(value) => Ok(value),
            None => self.read(Wanted::ToUse, now, read).await,
        }
    }

    /// The value, read again if that is due, because the one held did not do.
    pub(crate) async fn get_after_miss(
        &self,
        now: Timestamp,
        read: impl Future<Output = Result<T, SecretsError>>,
    ) -> Result<T, SecretsError> {
        self.read(Wanted::AfterMiss, now, read).await
    }

    /// The value as it was read at `since` or later. While it cannot be read again, an older one serves as ever.
    pub(crate) async fn get_read_since(
        &self,
        since: Timestamp,
        now: Timestamp,
        read: impl Future<Output = Result<T, SecretsError>>,
    ) -> Result<T, SecretsError> {
        let fresh = self.shelf().fresh_since(since, now);
        match fresh {
            Some(value) => Ok(value),
            None => self.read(Wanted::ReadSince(since), now, read).await,
        }
    }

    /// Drops the value, because we have just written another.
    pub(crate) fn forget(&self) {
        self.shelf().held = None;
    }

    async fn read(
        &self,
        wanted: Wanted,
        now: Timestamp,
        read: impl Future<Output = Result<T, SecretsError>>,
    ) -> Result<T, SecretsError> {
        let before = self.shelf().reads_ended;
        let _one_at_a_time = self.reading.lock().await;
        let due = self.shelf().begin_read(wanted, before, now);
        if due {
            let brought = read.await;
            self.shelf().end_read(brought, now);
        }
        self.shelf().settle(now)
    }

    /// Never held across an await.
    fn shelf(&self) -> MutexGuard<'_, Shelf<T>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Shelf<T> {
    fn fresh(&self, now: Timestamp) -> Option<T> {
        self.younger_than(FRESH, now)
    }

    fn fresh_since(&self, since: Timestamp, now: Timestamp) -> Option<T> {
        self.fresh(now).filter(|_| self.was_read_since(since))
    }

    fn younger_than(&self, age: Duration, now: Timestamp) -> Option<T> {
        let held = self.held.as_ref().filter(|held| now.since(held.read_at) < age)?;
        Some(held.value.clone())
    }

    fn was_read_since(&self, since: Timestamp) -> bool {
        self.held.as_ref().is_some_and(|held| held.read_at >= since)
    }

    /// Whether to read now, and marks it if so. `ended_before` is the count when the caller began to wait.
    fn begin_read(&mut self, wanted: Wanted, ended_before: u64, now: Timestamp) -> bool {
        if self.reads_ended != ended_before {
            return false;
        }
        if self.younger_than(FRESH + GRACE, now).is_none() {
            return true;
        }
        let last = match wanted {
            Wanted::ReadSince(since) if !self.was_read_since(since) => return true,
            Wanted::ToUse | Wanted::ReadSince(_) => &mut self.renewed_at,
            Wanted::AfterMiss => &mut self.missed_at,
        };
        let due = last.is_none_or(|at| now.since(at) >= PAUSE);
        if due {
            *last = Some(now);
        }
        due
    }

    fn end_read(&mut self, brought: Result<T, SecretsError>, now: Timestamp) {
        self.reads_ended += 1;
        match brought {
            Ok(value) => {
                self.held = Some(Held { value, read_at: now });
                self.last_fault = None;
            }
            Err(fault) => {
                if self.held.is_some() {
                    tracing::warn!(%fault, "a secret could not be read again; the last good value is used");
                }
                self.last_fault = Some(fault);
            }
        }
    }

    fn settle(&self, now: Timestamp) -> Result<T, SecretsError> {
        let fault = || self.last_fault.clone().unwrap_or(SecretsError::Unavailable);
        self.younger_than(FRESH + GRACE, now).ok_or_else(fault)
    }
}
