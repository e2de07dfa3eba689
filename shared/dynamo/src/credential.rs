//! Who calls: key or token, provider and the object asked for, in one strongly consistent read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use onboarding_core::audit::AuditRow;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::{self, Caller, KeyOwner, KeyRecord, NotAccepted, Presented};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::EnterpriseId;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use onboarding_core::token::{self, TokenRecord};
use thiserror::Error;

use crate::key::{EXISTS, Key};
use crate::row::{entity, item};
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::Item;
use crate::{Store, StoreError};

/// How often what DynamoDB left out of a batch is asked for again.
const BATCH_RETRIES: usize = 3;

/// What is read together with the credential and its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// This enterprise.
    pub enterprise: Option<EnterpriseId>,
    /// The owner's gateways and PBX types.
    pub catalogue: bool,
}

/// A proved caller, and what was wanted with it.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who calls.
    pub caller: Caller,
    /// The enterprise, whoever's it is.
    pub enterprise: Option<Enterprise>,
    /// The caller's gateways and PBX types; none for the operator.
    pub catalogue: Catalogue,
}

/// Why nobody was proved to call.
#[derive(Debug, Error)]
pub enum NotAuthenticated {
    /// The credential opens nothing.
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Default)]
struct CallerRows {
    key: Option<KeyRecord>,
    token: Option<TokenRecord>,
    reseller: Option<Reseller>,
    enterprise: Option<Enterprise>,
    catalogue: Option<Catalogue>,
}

impl Store {
    /// Proves who calls: one round trip, 1 unit an item.
    pub async fn authenticate(
        &self,
        presented: &Presented,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<Authenticated, NotAuthenticated> {
        let CallerRows { key, token, reseller, enterprise, catalogue } = self.caller(presented, wanted).await?;
        let caller = match presented {
            Presented::Key(shown) => credential::authenticate(shown, key.as_ref(), reseller, now)?,
            Presented::Token(shown) => token::authenticate(shown, token.as_ref(), reseller, now)?,
        };
        Ok(Authenticated { caller, enterprise, catalogue: catalogue.unwrap_or_default() })
    }

    async fn caller(&self, presented: &Presented, wanted: Wanted) -> Result<CallerRows, StoreError> {
        let mut keys = vec![match presented {
            Presented::Key(key) => Key::api_key(key.id()),
            Presented::Token(token) => Key::token(token.id()),
        }];
        if let KeyOwner::Reseller(reseller) = presented.owner() {
            keys.push(Key::reseller(reseller));
            keys.extend(wanted.catalogue.then(|| Key::catalogue(reseller)));
        }
        keys.extend(wanted.enterprise.map(Key::enterprise));
        let mut rows = CallerRows::default();
        for item in self.batch_get(keys).await? {
            match (Key::of(&item).sk.as_str(), presented) {
                ("reseller", _) => rows.reseller = Some(entity(item)?),
                ("catalogue", _) => rows.catalogue = Some(entity(item)?),
                ("enterprise", _) => rows.enterprise = Some(entity(item)?),
                (_, Presented::Key(_)) => rows.key = Some(entity(item)?),
                (_, Presented::Token(_)) => rows.token = Some(entity(item)?),
            }
        }
        Ok(rows)
    }

    /// Adds an API key to an existing provider; false if there is none. Deleting the row revokes the key at once.
    pub async fn add_key(&self, key: &KeyRecord, audit: Option<&AuditRow>) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::ApiKey, item(&Key::api_key(&key.id), key)?)?;
        if let KeyOwner::Reseller(reseller) = key.id.owner() {
            transaction.check(Part::Reseller, Key::reseller(reseller), Change::condition(EXISTS))?;
        }
        if let Some(audit) = audit {
            transaction.audit(audit)?;
        }
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Strongly consistent; the order of the answer is not that of the keys.
    pub(crate) async fn batch_get(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let keys = keys.into_iter().map(Key::into_item).collect();
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut left = HashMap::from([(self.table.clone(), request.map_err(StoreError::malformed)?)]);
        let mut items = Vec::new();
        for _ in 0..BATCH_RETRIES {
            let answer = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
            items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            left = answer.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(items);
            }
        }
        Err(StoreError::Unavailable("a batch of reads stayed incomplete".to_owned()))
    }
}
