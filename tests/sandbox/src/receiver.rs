//! A receiver of webhooks: catches what is posted below its address, checks the signature, and answers as it is told.

pub(crate) mod http;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_dynamo::Store;
use onboarding_secrets::Secrets;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::{DataFolder, read_json, write_json};
use crate::signature::is_signed;
use crate::{SandboxClock, demo_reseller};

/// How many are kept; the oldest give way.
const MOST: usize = 1_000;
/// The file in the data folder.
const FILE: &str = "webhooks.json";

/// Something that was posted to the receiver (K6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caught {
    /// Counts what was caught: a repeated delivery has the same `webhook-id` and another `id`.
    pub id: String,
    /// Where it was posted.
    pub url: String,
    /// Its headers, names in lower case, repeated ones joined.
    pub headers: BTreeMap<String, String>,
    /// Its body as it came.
    pub body: String,
    /// Whether it carries a good signature of the provider whose enterprise it is about.
    pub verified: bool,
    /// When it came, by the sandbox's clock.
    pub received_at: String,
    /// The status with which it was answered.
    pub answered: u16,
}

/// How the receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Behaviour {
    /// The status, 200 to 599.
    pub status: u16,
    /// How many times, before it is well again; for good without it.
    #[serde(default)]
    pub times: Option<u32>,
    /// `Retry-After`, in seconds.
    #[serde(default)]
    pub retry_after: Option<u32>,
    /// How long the answer takes, in milliseconds.
    #[serde(default)]
    pub delay_ms: Option<u64>,
}

impl Behaviour {
    /// An answer with `status`, `times` over.
    #[must_use]
    pub const fn status(status: u16, times: u32) -> Self {
        Self { status, times: Some(times), retry_after: None, delay_ms: None }
    }

    const WELL: Self = Self { status: 200, times: None, retry_after: None, delay_ms: None };
}

/// The receiver of a sandbox.
pub struct Receiver {
    address: String,
    store: Store,
    secrets: Arc<Secrets>,
    clock: Arc<SandboxClock>,
    shelf: Mutex<Shelf>,
    /// Where to keep what was caught over a restart.
    file: Option<PathBuf>,
}

#[derive(Default, Serialize, Deserialize)]
struct Shelf {
    count: u64,
    caught: VecDeque<Caught>,
    /// Ends with the sandbox, which begins well again.
    #[serde(skip)]
    behaviour: Option<Behaviour>,
}

impl Receiver {
    /// A receiver that goes on with what `data` has.
    pub(crate) fn new(
        address: String,
        (store, secrets): (Store, Arc<Secrets>),
        clock: Arc<SandboxClock>,
        data: Option<&DataFolder>,
    ) -> Self {
        let file = data.map(|data| data.file(FILE));
        let shelf = file.as_deref().and_then(read_json::<Shelf>).unwrap_or_default();
        Self { address, store, secrets, clock, shelf: Mutex::new(shelf), file }
    }

    /// A `redirectUrl` that leads here.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/hook", self.address)
    }

    /// What was caught, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Caught> {
        self.held().caught.iter().cloned().collect()
    }

    /// Answers so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.held().behaviour = Some(behaviour);
    }

    /// Answers 200 from now on.
    pub fn behave_well(&self) {
        self.held().behaviour = None;
    }

    /// Keeps what was posted to `url`, and tells how to answer.
    async fn catch(&self, url: String, headers: BTreeMap<String, String>, body: &[u8]) -> Behaviour {
        let now = self.clock.now();
        let verified = self.is_verified(&headers, body, now).await;
        let mut held = self.held();
        let behaviour = held.next_behaviour();
        held.count += 1;
        let caught = Caught {
            id: held.count.to_string(),
            url,
            headers,
            body: String::from_utf8_lossy(body).into_owned(),
            verified,
            received_at: now.to_string(),
            answered: behaviour.status,
        };
        held.put(caught);
        if let Some(file) = &self.file
            && let Err(fault) = write_json(file, &*held)
        {
            tracing::warn!(%fault, "what was caught is not kept over a restart");
        }
        behaviour
    }

    async fn is_verified(&self, headers: &BTreeMap<String, String>, body: &[u8], now: Timestamp) -> bool {
        let Some(sender) = self.sender(body).await else { return false };
        let Ok(Some(sender)) = self.store.reseller(sender).await else { return false };
        let keys = self.secrets.webhook_keys(sender.id, sender.webhook_keys_changed_at, now).await;
        keys.is_ok_and(|keys| is_signed(headers, body, keys.signing(now), now))
    }

    /// The provider whose keys must have signed: that of the enterprise in the body, or else the demo provider.
    async fn sender(&self, body: &[u8]) -> Option<ResellerId> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let enterprise = body["enterpriseId"].as_u64().and_then(|id| EnterpriseId::try_from(id).ok());
        if let Some(enterprise) = enterprise
            && let Ok(Some(enterprise)) = self.store.enterprise(enterprise).await
        {
            return Some(enterprise.reseller);
        }
        ResellerId::try_from(demo_reseller::ID).ok()
    }

    fn held(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn put(&mut self, caught: Caught) {
        self.caught.push_back(caught);
        while self.caught.len() > MOST {
            self.caught.pop_front();
        }
    }

    fn next_behaviour(&mut self) -> Behaviour {
        let Some(behaviour) = &mut self.behaviour else { return Behaviour::WELL };
        let now = *behaviour;
        match &mut behaviour.times {
            None => now,
            Some(0) => {
                self.behaviour = None;
                Behaviour::WELL
            }
            Some(left) => {
                *left -= 1;
                now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_behaviour_lasts_for_its_times() {
        let mut shelf = Shelf { behaviour: Some(Behaviour::status(500, 2)), ..Shelf::default() };
        let statuses: Vec<u16> = (0..4).map(|_| shelf.next_behaviour().status).collect();
        assert_eq!(statuses, [500, 500, 200, 200]);
        shelf.behaviour = Some(Behaviour { times: None, ..Behaviour::status(410, 0) });
        assert!((0..9).all(|_| shelf.next_behaviour().status == 410));
    }

    #[test]
    fn the_newest_are_kept() {
        let mut shelf = Shelf::default();
        let caught = |number: usize| Caught {
            id: number.to_string(),
            url: String::new(),
            headers: BTreeMap::new(),
            body: String::new(),
            verified: false,
            received_at: String::new(),
            answered: 200,
        };
        (1..=MOST + 2).for_each(|number| shelf.put(caught(number)));
        assert_eq!(shelf.caught.len(), MOST);
        assert_eq!(shelf.caught.front(), Some(&caught(3)));
        let kept: Shelf = serde_json::from_value(serde_json::to_value(&shelf).unwrap()).unwrap();
        assert_eq!(kept.caught, shelf.caught);
    }

    #[test]
    fn a_behaviour_is_written_as_json() {
        let read: Behaviour = serde_json::from_str(r#"{"status":503,"times":null,"retryAfter":7}"#).unwrap();
        assert_eq!(read, Behaviour { status: 503, times: None, retry_after: Some(7), delay_ms: None });
        assert!(serde_json::from_str::<Behaviour>(r#"{"status":503,"time":1}"#).is_err());
    }
}
