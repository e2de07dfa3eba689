//! Microsoft's signing keys, kept as long as they are good and asked for as seldom as an attacker can make us (T66).
//!
//! - A set is fresh for 24 h (Microsoft: "Signing key rollover"). If it cannot be renewed then, it serves 24 h more.
//! - A key that the set does not hold makes us look again, at most once in 30 s however many tokens name such keys.
//! - One look at a time: whoever waited for another's takes what that one brought.
//! - An empty, unreadable or oversized answer never replaces a good set.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onboarding_core::time::Timestamp;
use reqwest::{Client, Method, Request, StatusCode, Url};
use thiserror::Error;

use crate::http::{self, LOGIN_LIMIT, READ_TIMEOUT, Unanswered};
use crate::jwk::{self, Key};

/// How long a set is taken as it is.
const FRESH: Duration = Duration::from_hours(24);
/// How long after that a set serves while it cannot be renewed.
const GRACE: Duration = Duration::from_hours(24);
/// The least time between two looks that are not the first.
const PAUSE: Duration = Duration::from_secs(30);
/// The least time between two looks while there is no set at all: people wait for one, so it is short, and whoever makes up
/// tokens makes us ask no more often (T66).
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(1);

/// The signing keys at one address.
pub(crate) struct Keys {
    address: String,
    shelf: Mutex<Shelf>,
    look: tokio::sync::Mutex<()>,
}

/// What was last brought, and when we went.
#[derive(Default)]
struct Shelf {
    set: Option<KeySet>,
    looks_ended: u64,
    last_look_failed: bool,
    asked_at: Option<Timestamp>,
    renewed_at: Option<Timestamp>,
    missed_at: Option<Timestamp>,
}

struct KeySet {
    keys: Vec<Arc<Key>>,
    read_at: Timestamp,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// Microsoft does not list it.
    Unknown,
    /// Microsoft could not be asked.
    Unavailable,
}

/// Why a look brought nothing. For the log.
#[derive(Debug, Error)]
enum Unread {
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("status {0}")]
    Status(u16),
    #[error("not a set of RSA signing keys")]
    Unreadable,
}

impl Keys {
    pub(crate) fn new(address: String) -> Self {
        Self { address, shelf: Mutex::default(), look: tokio::sync::Mutex::default() }
    }

    /// The key with this id.
    pub(crate) async fn find(&self, http: &Client, id: &str, now: Timestamp) -> Result<Arc<Key>, NoKey> {
        if let Some(key) = self.shelf().fresh(id, now) {
            return Ok(key);
        }
        let before = self.shelf().looks_ended;
        let _one_at_a_time = self.look.lock().await;
        let due = self.shelf().begin_look(before, now);
        if due {
            let brought = self.fetch(http).await;
            self.shelf().end_look(brought, now);
        }
        self.shelf().find(id, now)
    }

    /// Never held across an await.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, http: &Client) -> Result<Vec<Arc<Key>>, Unread> {
        let address = Url::parse(&self.address).map_err(|_| Unanswered::NotSent)?;
        let answer = http::send(http, Request::new(Method::GET, address), READ_TIMEOUT, LOGIN_LIMIT).await?;
        if answer.status != StatusCode::OK {
            return Err(Unread::Status(answer.status.as_u16()));
        }
        let keys = jwk::signing_keys(&answer.body).ok_or(Unread::Unreadable)?;
        Ok(keys.into_iter().map(Arc::new).collect())
    }
}

impl Shelf {
    /// The key, if the set is young enough to be taken without looking again.
    fn fresh(&self, id: &str, now: Timestamp) -> Option<Arc<Key>> {
        let set = self.set.as_ref().filter(|set| now.since(set.read_at) < FRESH)?;
        set.key(id)
    }

    /// Whether to look now, and marks it if so. `ended_before` is the count when the caller began to wait.
    fn begin_look(&mut self, ended_before: u64, now: Timestamp) -> bool {
        if self.looks_ended != ended_before {
            return false;
        }
        let (last, pause) = match self.usable(now) {
            None => (&mut self.asked_at, PAUSE_WITHOUT_KEYS),
            Some(set) if now.since(set.read_at) < FRESH => (&mut self.missed_at, PAUSE),
            Some(_) => (&mut self.renewed_at, PAUSE),
        };
        let due = last.is_none_or(|at| now.since(at) >= pause);
        if due {
            *last = Some(now);
        }
        due
    }

    fn end_look(&mut self, brought: Result<Vec<Arc<Key>>, Unread>, now: Timestamp) {
        self.looks_ended += 1;
        self.last_look_failed = brought.is_err();
        match brought {
            Ok(keys) => self.set = Some(KeySet { keys, read_at: now }),
            Err(why) => tracing::warn!(%why, "Microsoft's signing keys could not be read"),
        }
    }

    fn find(&self, id: &str, now: Timestamp) -> Result<Arc<Key>, NoKey> {
        let set = self.usable(now).ok_or(NoKey::Unavailable)?;
        // After a failed look nobody can say that Microsoft does not list the key.
        let absent = if self.last_look_failed { NoKey::Unavailable } else { NoKey::Unknown };
        set.key(id).ok_or(absent)
    }

    fn usable(&self, now: Timestamp) -> Option<&KeySet> {
        self.set.as_ref().filter(|set| now.since(set.read_at) < FRESH + GRACE)
    }
}

impl KeySet {
    fn key(&self, id: &str) -> Option<Arc<Key>> {
        self.keys.iter().find(|key| key.id == id).cloned()
    }
}
