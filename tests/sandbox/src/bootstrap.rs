//! What is there at the first start: secrets, keys, the demo provider. All of it is made only if absent, so that a
//! restart, or a second sandbox on the same endpoints, finds what it knows and resets nothing (K2).
//!
//! The keys of the ready line are kept in Secrets Manager, as the secret `sandbox-keys`, because the table has their
//! hashes alone. A key that was revoked comes back at the next start: without it nobody could use the sandbox.

use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion};
use onboarding_core::credential::{ApiKey, Environment, KeyOwner, MalformedKey};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::Store;
use onboarding_secrets::{Secrets, SecretsError};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::{Error, Options, demo_reseller};

const KEYS: &str = "sandbox-keys";
const CLIENT_SECRET: &str = "client-secret";

/// The keys of the ready line.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) operator: ApiKey,
    pub(crate) reseller: ApiKey,
}

#[derive(Deserialize)]
struct StoredKeys {
    operator: String,
    reseller: String,
}

/// Makes the secrets, and tells the keys that are in force.
pub(crate) async fn secrets(secrets: &Secrets, options: &Options, random: &dyn Random) -> Result<Keys, Error> {
    match &options.overrides.client_secret {
        Some(given) => secrets.put_client_secret(given).await?,
        None => drop(secrets.create_if_absent(CLIENT_SECRET, random_secret(random)).await?),
    }
    secrets.create_sealing_keys_if_absent(random).await?;
    keys(secrets, random).await
}

/// Makes the operator's key, the demo provider with its webhook key, and its API key.
pub(crate) async fn rows(
    store: &Store,
    secrets: &Secrets,
    keys: &Keys,
    options: &Options,
    (now, random): (Timestamp, &dyn Random),
) -> Result<(), Error> {
    let reseller = demo_reseller::reseller(options.insecure_redirects, now)?;
    match secrets.create_webhook_keys(reseller.id, random).await {
        Ok(_) | Err(SecretsError::AlreadyExists(_)) => {}
        Err(fault) => return Err(fault.into()),
    }
    store.add_key(&keys.operator.record(now), None).await?;
    let fact = Fact {
        actor: &Actor::System("sandbox"),
        action: "reseller.created",
        object: format!("reseller:{}", reseller.id),
        before: None,
        after: None,
    };
    let audit = AuditRow::new(reseller.id, None, fact, Occasion { now, reference: None, random });
    store.create_reseller(&reseller, &demo_reseller::catalogue()?, &audit).await?;
    store.add_key(&keys.reseller.record(now), None).await?;
    Ok(())
}

async fn keys(secrets: &Secrets, random: &dyn Random) -> Result<Keys, Error> {
    let reseller = demo_reseller::reseller(false, Timestamp::from_seconds(0))?.id;
    let new = |owner| ApiKey::new(Environment::Test, owner, random).expose().to_owned();
    let offered = json!({ "operator": new(KeyOwner::Operator), "reseller": new(KeyOwner::Reseller(reseller)) });
    let in_force = secrets.create_if_absent(KEYS, offered.to_string().into()).await?;
    let stored: StoredKeys = serde_json::from_str(in_force.expose_secret()).map_err(|_| MalformedKey)?;
    let parse = |text: &str| ApiKey::parse(text, Environment::Test);
    Ok(Keys { operator: parse(&stored.operator)?, reseller: parse(&stored.reseller)? })
}

/// Without a character that a form or a shell would change.
fn random_secret(random: &dyn Random) -> SecretString {
    onboarding_core::secret::hex(&random.bytes::<32>()).into()
}
