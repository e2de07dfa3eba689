//! API keys: made, listed, revoked.

use onboarding_core::audit::AuditRow;
use onboarding_core::credential::{KeyId, KeyOwner, KeyRecord, MOST_LIVE_KEYS};
use onboarding_core::id::ResellerId;
use onboarding_core::idempotency::{Once, Repeat};
use onboarding_core::time::Timestamp;

use crate::idempotency::Ended;
use crate::key::Key;
use crate::reseller::revised;
use crate::row::{entity, item};
use crate::transaction::{Committed, Part};
use crate::value::{number, text};
use crate::{Store, StoreError};

/// How making a key ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAdded {
    /// It is good from now on.
    Done,
    /// There is a key of this id already.
    Taken,
    /// There is no such provider.
    NoSuchReseller,
    /// The provider has as many keys as it may ([`MOST_LIVE_KEYS`]).
    TooMany,
    /// The provider or its keys were changed meanwhile: look again.
    Superseded,
    /// The request was carried out before, or its idempotency key stands for another one.
    Repeated(Repeat),
}

/// How revoking a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRevoked {
    /// It opens nothing any more.
    Done,
    /// There is no such key.
    NoSuchKey,
    /// The provider or its keys were changed meanwhile: look again.
    Superseded,
}

impl Store {
    /// Adds a key of the operator; false if there is one of this id.
    pub async fn add_operator_key(&self, key: &KeyRecord, audit: &AuditRow) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::ApiKey, key_item(key)?)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Adds a key of a provider. How many it has is seen before and fenced by the provider's revision, so that any
    /// number of creates at once keep to the limit.
    pub async fn add_key(
        &self,
        reseller: ResellerId,
        key: &KeyRecord,
        (audit, once): (&AuditRow, Option<&Once>),
        now: Timestamp,
    ) -> Result<KeyAdded, StoreError> {
        let Some(owner) = self.reseller(reseller).await? else { return Ok(KeyAdded::NoSuchReseller) };
        let live = self.keys(KeyOwner::Reseller(reseller)).await?.iter().filter(|key| key.is_live(now)).count();
        if live >= MOST_LIVE_KEYS {
            // One of them may be what the same request has just made.
            let repeat = match once {
                Some(once) => self.repeat(&once.attempt).await?,
                None => None,
            };
            return Ok(repeat.map_or(KeyAdded::TooMany, KeyAdded::Repeated));
        }
        let mut transaction = self.transaction();
        transaction.put_new(Part::ApiKey, key_item(key)?)?;
        transaction.update(Part::Reseller, Key::reseller(reseller), revised("", &owner))?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        Ok(match self.commit_once(&transaction, once).await? {
            Ended::First(Committed::Done) => KeyAdded::Done,
            Ended::First(Committed::Refused(parts)) if parts.contains(&Part::ApiKey) => KeyAdded::Taken,
            Ended::First(Committed::Refused(_)) => KeyAdded::Superseded,
            Ended::Repeated(repeat) => KeyAdded::Repeated(repeat),
        })
    }

    /// The keys of `owner` that were not revoked, expired ones too until DynamoDB tidies them up. Strongly consistent.
    pub async fn keys(&self, owner: KeyOwner) -> Result<Vec<KeyRecord>, StoreError> {
        let (mut keys, mut next) = (Vec::new(), None);
        loop {
            let query = self.client.query().table_name(&self.table).consistent_read(true);
            let query = query
                .key_condition_expression("PK = :owner AND begins_with(SK, :keys)")
                .expression_attribute_values(":owner", text(crate::key::owner(owner)))
                .expression_attribute_values(":keys", text("key#"))
                .set_exclusive_start_key(next);
            let page = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
            for item in page.items.unwrap_or_default() {
                keys.push(entity(item)?);
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(keys);
            }
        }
    }

    /// Revokes a key of a provider with all of its tokens: its row goes, and its owner remembers it for as long as a
    /// token of it could live.
    pub async fn revoke_key(
        &self,
        reseller: ResellerId,
        key: &KeyId,
        audit: &AuditRow,
        now: Timestamp,
    ) -> Result<KeyRevoked, StoreError> {
        let Some(owner) = self.reseller(reseller).await? else { return Ok(KeyRevoked::NoSuchKey) };
        let row = Key::reseller(reseller);
        let change = revised("revokedKeys = :revoked, ", &owner)
            .value(":revoked", crate::row::part(&row, &owner.revoking(key, now))?);
        let mut transaction = self.transaction();
        transaction.remove(Part::ApiKey, Key::api_key(key))?;
        transaction.update(Part::Reseller, row, change)?;
        transaction.audit(audit)?;
        Ok(match self.commit(&transaction).await? {
            Committed::Done => KeyRevoked::Done,
            Committed::Refused(parts) if parts.contains(&Part::ApiKey) => KeyRevoked::NoSuchKey,
            Committed::Refused(_) => KeyRevoked::Superseded,
        })
    }

    /// Revokes a key of the operator; false if there is no such key.
    pub async fn revoke_operator_key(&self, key: &KeyId, audit: &AuditRow) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        transaction.remove(Part::ApiKey, Key::api_key(key))?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }
}

fn key_item(key: &KeyRecord) -> Result<crate::value::Item, StoreError> {
    let mut row = item(&Key::api_key(&key.id), key)?;
    if let Some(end) = key.expires_at {
        row.insert("ttl".to_owned(), number(end.seconds()));
    }
    Ok(row)
}
