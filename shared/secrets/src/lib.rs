//! The secrets of a deployment, in AWS Secrets Manager. The only crate that knows `aws-sdk-secretsmanager`.
//!
//! | name below the prefix | value |
//! |---|---|
//! | `client-secret` | what proves our application to Microsoft: see `onboarding_core::client_credential` |
//! | `client-secret/{clientId}` | the same of a further app registration (`APPLICATION_CLIENTS`) |
//! | `sealing-keys` | the JSON of `onboarding_core::seal::SealingKeys` |
//! | `refresh-token/{connectionId}` | the refresh token of a connection to Partner Center |
//! | `webhook-keys/{resellerId}` | the JSON of [`WebhookKeys`] |
//!
//! Reads are kept in memory: see `cached` for how long, and what happens while the service is away. No value is ever
//! shown by `Debug`, an error or the log.

mod cached;
mod refresh_token;
mod rotation;
mod store;
mod webhook_keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_types::SdkConfig;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::id::{ApplicationId, ResellerId};
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::random::Random;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use crate::cached::Cached;
use crate::store::{Made, Store};
pub use crate::webhook_keys::{BOTH_SIGN_FOR, InvalidWebhookKeys, WebhookKeys};

const CLIENT_SECRET: &str = "client-secret";
const SEALING_KEYS: &str = "sealing-keys";
/// The name of the version that fills an empty secret: 32 to 64 characters, as Secrets Manager wants them.
const FIRST_VERSION: &str = "the-first-value-of-an-empty-secret";

/// How long after the instant that is noted for a change it may still not be made, or be noted by a clock that is
/// ahead of ours.
const CHANGE_TAKES: Duration = Duration::from_mins(1);

/// The most resellers whose keys are kept at once, so that memory stays bounded whatever the number of resellers.
const MOST_RESELLERS: usize = 256;

/// Why a secret cannot be had. Names carry the prefix, as the console shows them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretsError {
    /// There is none of this name.
    #[error("the secret {0} does not exist")]
    Absent(String),
    /// There is one, but it is not what belongs there.
    #[error("the secret {0} is not of the expected form")]
    Malformed(String),
    /// There is one already, and it is not to be replaced.
    #[error("the secret {0} exists already")]
    AlreadyExists(String),
    /// It holds as many keys as it may; one of them has to end first.
    #[error("the secret {0} holds as many keys as it may")]
    Full(String),
    /// Others replaced it time and again while we wanted to.
    #[error("the secret {0} is being changed by others")]
    Contended(String),
    /// Secrets Manager did not answer, or would not.
    #[error("Secrets Manager is unavailable")]
    Unavailable,
}

/// The secrets below one prefix. One per process: it keeps what it reads.
pub struct Secrets {
    store: Store,
    client_credential: Cached<Arc<ClientCredential>>,
    further_credentials: Mutex<HashMap<ApplicationId, Arc<Cached<Arc<ClientCredential>>>>>,
    sealing_keys: Cached<Arc<SealingKeys>>,
    webhook_keys: Mutex<HashMap<ResellerId, Kept>>,
}

struct Kept {
    keys: Arc<Cached<Arc<WebhookKeys>>>,
    used_at: Timestamp,
}

impl Secrets {
    /// Connects to nothing yet. `sdk` brings HTTP client, credentials and region; `endpoint` replaces AWS's own.
    #[must_use]
    pub fn connect(sdk: &SdkConfig, endpoint: Option<&str>, prefix: &str) -> Self {
        Self {
            store: Store::new(sdk, endpoint, prefix),
            client_credential: Cached::default(),
            further_credentials: Mutex::default(),
            sealing_keys: Cached::default(),
            webhook_keys: Mutex::default(),
        }
    }

    /// What proves our application to Microsoft.
    pub async fn client_credential(&self, now: Timestamp) -> Result<Arc<ClientCredential>, SecretsError> {
        self.client_credential.get(now, self.read_client_credential(CLIENT_SECRET, now)).await
    }

    /// What proves these registrations to Microsoft, each with its own; `own` is the one that people sign in to.
    ///
    /// Registrations come from the settings of the function, so as many are kept as there are.
    pub async fn credentials(
        &self,
        clients: &[ApplicationId],
        own: ApplicationId,
        now: Timestamp,
    ) -> Result<Vec<(ApplicationId, Arc<ClientCredential>)>, SecretsError> {
        let mut credentials = Vec::new();
        for client in clients {
            let credential = if *client == own {
                self.client_credential(now).await?
            } else {
                let kept = Arc::clone(self.further().entry(*client).or_default());
                kept.get(now, self.read_client_credential(&further_secret(*client), now)).await?
            };
            credentials.push((*client, credential));
        }
        Ok(credentials)
    }

    fn further(&self) -> MutexGuard<'_, HashMap<ApplicationId, Arc<Cached<Arc<ClientCredential>>>>> {
        self.further_credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, after Microsoft refused it: read again, at most once in 30 s, in case it was replaced.
    pub async fn client_credential_after_refusal(&self, now: Timestamp) -> Result<Arc<ClientCredential>, SecretsError> {
        self.client_credential.get_after_miss(now, self.read_client_credential(CLIENT_SECRET, now)).await
    }

    /// The keys that seal and open.
    pub async fn sealing_keys(&self, now: Timestamp) -> Result<Arc<SealingKeys>, SecretsError> {
        self.sealing_keys.get(now, self.read_sealing_keys()).await
    }

    /// The same, after they did not know a key (`Unsealable::UnknownKey`): read again, at most once in 30 s, in case
    /// another environment already seals with a newer key.
    async fn sealing_keys_after_miss(&self, now: Timestamp) -> Result<Arc<SealingKeys>, SecretsError> {
        self.sealing_keys.get_after_miss(now, self.read_sealing_keys()).await
    }

    /// The keys that open `sealed`: as they are known, or read again if they do not know its key.
    pub async fn sealing_keys_for(&self, sealed: &str, now: Timestamp) -> Result<Arc<SealingKeys>, SecretsError> {
        let keys = self.sealing_keys(now).await?;
        if keys.knows(sealed, now) { Ok(keys) } else { self.sealing_keys_after_miss(now).await }
    }

    /// The keys that sign a reseller's webhooks. `changed_at` is when they were changed last, if they ever were: what
    /// was read before is read again, so that a fresh key signs at once, whoever made it.
    pub async fn webhook_keys(
        &self,
        reseller: ResellerId,
        changed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Arc<WebhookKeys>, SecretsError> {
        let (keys, read) = (self.kept(reseller, now), self.read_webhook_keys(reseller));
        match changed_at {
            Some(changed_at) => keys.get_read_since(changed_at.plus(CHANGE_TAKES), now, read).await,
            None => keys.get(now, read).await,
        }
    }

    /// Makes the first webhook key of a reseller and tells it, for the one time that it is shown.
    pub async fn create_webhook_keys(
        &self,
        reseller: ResellerId,
        random: &dyn Random,
    ) -> Result<SecretString, SecretsError> {
        let (secret, stored) = webhook_keys::generate(random);
        let name = webhook_keys_name(reseller);
        match self.store.create(&name, &stored).await? {
            Made::Now => Ok(secret),
            Made::Before => Err(SecretsError::AlreadyExists(self.store.full(&name))),
        }
    }

    /// Removes the webhook keys of a reseller that was not made after all.
    pub async fn discard_webhook_keys(&self, reseller: ResellerId) -> Result<(), SecretsError> {
        self.store.delete(&webhook_keys_name(reseller)).await
    }

    /// Writes what proves our application to Microsoft, whether or not there was something.
    pub async fn put_client_credential(&self, value: &SecretString) -> Result<(), SecretsError> {
        let put = match self.store.put(CLIENT_SECRET, value).await {
            Err(SecretsError::Absent(_)) => match self.store.create(CLIENT_SECRET, value).await? {
                Made::Now => Ok(()),
                // Somebody else was faster; the last word is ours all the same.
                Made::Before => self.store.put(CLIENT_SECRET, value).await,
            },
            other => other,
        };
        self.client_credential.forget();
        put
    }

    /// The sealing keys that are in force, made now if there were none. Of two who do this at once both get the same.
    pub async fn create_sealing_keys_if_absent(&self, random: &dyn Random) -> Result<Arc<SealingKeys>, SecretsError> {
        let stored = match self.create_if_absent(SEALING_KEYS, SealingKeys::generate(random).into()).await {
            // The deployment template makes the secret without a value. The first value is put as a version of a fixed name,
            // so that of two who put one at once the second is refused, and takes the first's.
            Err(SecretsError::Absent(_)) => {
                let first = SealingKeys::generate(random).into();
                let put = self.store.put_version(SEALING_KEYS, &first, FIRST_VERSION).await;
                match (put, self.store.read(SEALING_KEYS).await) {
                    (_, Ok(stored)) => stored,
                    (Err(fault), Err(_)) | (Ok(()), Err(fault)) => return Err(fault),
                }
            }
            stored => stored?,
        };
        self.sealing_keys.forget();
        self.parse_sealing_keys(&stored)
    }

    /// The value of `name` (without the prefix) that is in force: the given one, unless there was one before.
    pub async fn create_if_absent(&self, name: &str, value: SecretString) -> Result<SecretString, SecretsError> {
        match self.store.create(name, &value).await? {
            Made::Now => Ok(value),
            Made::Before => self.store.read(name).await,
        }
    }

    async fn read_client_credential(&self, name: &str, now: Timestamp) -> Result<Arc<ClientCredential>, SecretsError> {
        let stored = self.store.read(name).await?;
        let credential = ClientCredential::parse(stored.expose_secret()).map_err(|fault| {
            tracing::error!(%fault, "the client credential cannot be used");
            SecretsError::Malformed(self.store.full(name))
        })?;
        if let Some(end) = credential.ends_at() {
            let days = end.since(now).as_secs() / (24 * 3_600);
            tracing::info!(target: TARGET, metric = Metric::CredentialDaysLeft.name(), value = days);
        }
        Ok(Arc::new(credential))
    }

    async fn read_sealing_keys(&self) -> Result<Arc<SealingKeys>, SecretsError> {
        let stored = self.store.read(SEALING_KEYS).await?;
        self.parse_sealing_keys(&stored)
    }

    fn parse_sealing_keys(&self, stored: &SecretString) -> Result<Arc<SealingKeys>, SecretsError> {
        let keys = SealingKeys::from_json(stored.expose_secret());
        keys.map(Arc::new).map_err(|_| SecretsError::Malformed(self.store.full(SEALING_KEYS)))
    }

    async fn read_webhook_keys(&self, reseller: ResellerId) -> Result<Arc<WebhookKeys>, SecretsError> {
        let name = webhook_keys_name(reseller);
        let stored = self.store.read(&name).await?;
        self.parse_webhook_keys(&name, &stored).map(Arc::new)
    }

    fn parse_webhook_keys(&self, name: &str, stored: &SecretString) -> Result<WebhookKeys, SecretsError> {
        let keys = WebhookKeys::from_json(stored.expose_secret());
        keys.map_err(|_| SecretsError::Malformed(self.store.full(name)))
    }

    /// The place for a reseller's keys; if all are taken, that of the reseller who was longest without use.
    fn kept(&self, reseller: ResellerId, now: Timestamp) -> Arc<Cached<Arc<WebhookKeys>>> {
        let mut kept = self.webhook_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_RESELLERS && !kept.contains_key(&reseller) {
            let idle = kept.iter().min_by_key(|(_, kept)| kept.used_at).map(|(reseller, _)| *reseller);
            idle.map(|idle| kept.remove(&idle));
        }
        let entry = kept.entry(reseller).or_insert_with(|| Kept { keys: Arc::default(), used_at: now });
        entry.used_at = now;
        Arc::clone(&entry.keys)
    }
}

/// The name of the secret of a further registration.
#[must_use]
pub fn further_secret(client: ApplicationId) -> String {
    format!("{CLIENT_SECRET}/{client}")
}

fn webhook_keys_name(reseller: ResellerId) -> String {
    format!("webhook-keys/{reseller}")
}
