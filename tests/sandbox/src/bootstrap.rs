//! What is there at the first start: secrets, keys, the demo provider. All of it is made only if absent, so that a
//! restart, or a second sandbox on the same endpoints, finds what it knows and resets nothing (K2).
//!
//! The keys of the ready line are kept in Secrets Manager, as the secret `sandbox-keys`, because the table has their
//! hashes alone. A key that was revoked comes back at the next start: without it nobody could use the sandbox.

use chrono::DateTime;
use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion, Trail};
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::credential::{ApiKey, Environment, KeyOwner, KeyView, MalformedKey};
use onboarding_core::random::Random;
use onboarding_core::reseller::ResellerView;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::Store;
use onboarding_secrets::{Secrets, SecretsError, further_secret};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use simulated_microsoft::SelfSigned;

use crate::{Error, Options, demo_reseller};

const KEYS: &str = "sandbox-keys";
const CLIENT_SECRET: &str = "client-secret";
/// How long a sandbox's own certificate lives: as long as anybody keeps a sandbox.
const CERTIFICATE_DAYS: i64 = 10 * 365;

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
pub(crate) async fn secrets(
    secrets: &Secrets,
    options: &Options,
    (now, random): (Timestamp, &dyn Random),
) -> Result<Keys, Error> {
    match &options.overrides.client_secret {
        Some(given) => secrets.put_client_credential(given).await?,
        None if options.certificate => certificate(secrets, now).await?,
        None => drop(secrets.create_if_absent(CLIENT_SECRET, random_secret(random)).await?),
    }
    for client in options.overrides.clients().others() {
        secrets.create_if_absent(&further_secret(client), random_secret(random)).await?;
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
    let audit = |trail: Trail, action, object, after| {
        let fact = Fact { actor: &Actor::System("sandbox"), action, object, before: None, after: Some(after) };
        AuditRow::new(trail, None, fact, Occasion { now, reference: None, random })
    };
    let key = keys.operator.record(now);
    let made = audit(Trail::Operator, "key.created", format!("key:{}", key.id), KeyView::of(&key).told());
    store.add_operator_key(&key, &made).await?;
    let (trail, catalogue) = (reseller.id.into(), demo_reseller::catalogue()?);
    let told = ResellerView::of(&reseller, &catalogue).told();
    let made = audit(trail, "reseller.created", format!("reseller:{}", reseller.id), told);
    store.create_reseller((&reseller, None), &catalogue, &made, None).await?;
    let key = keys.reseller.record(now);
    let made = audit(trail, "key.created", format!("key:{}", key.id), KeyView::of(&key).told());
    store.add_key(reseller.id, &key, (&made, None), now).await?;
    Ok(())
}

/// Puts a self-signed certificate in the place of a client secret; a certificate that is there stays.
async fn certificate(secrets: &Secrets, now: Timestamp) -> Result<(), Error> {
    match secrets.client_credential(now).await.as_deref() {
        Ok(ClientCredential::Certificate(_)) => return Ok(()),
        Ok(ClientCredential::Secret { .. }) | Err(SecretsError::Absent(_)) => {}
        Err(fault) => return Err(fault.clone().into()),
    }
    let now = DateTime::from_timestamp(now.seconds(), 0).unwrap_or_default();
    let pem = SelfSigned::generate(now, CERTIFICATE_DAYS)?.pem()?;
    Ok(secrets.put_client_credential(&pem.into()).await?)
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
