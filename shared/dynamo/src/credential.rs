//! Who calls: key or token, provider and the object asked for, in one strongly consistent read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::connection::Connection;
use onboarding_core::credential::{self, Caller, KeyOwner, KeyRecord, Presented, Refused};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{ConnectionId, EnterpriseId, InvitationId, ResellerId};
use onboarding_core::idempotency::{Attempt, Kept, Repeat};
use onboarding_core::invitation::Invitation;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use onboarding_core::token::{self, TokenRecord};

use crate::key::Key;
use crate::row::entity;
use crate::value::Item;
use crate::{Store, StoreError};

/// How often what DynamoDB left out of a batch is asked for again.
const BATCH_RETRIES: usize = 5;

/// What is read together with the credential and its owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// This enterprise.
    pub enterprise: Option<EnterpriseId>,
    /// This invitation.
    pub invitation: Option<&'a InvitationId>,
    /// The owner's gateways and PBX types.
    pub catalogue: bool,
    /// This provider with its gateways and PBX types, for the operator; nobody else is given it.
    pub reseller: Option<ResellerId>,
    /// This connection.
    pub connection: Option<&'a ConnectionId>,
    /// What this attempt repeats, on a route that creates.
    pub attempt: Option<&'a Attempt>,
}

/// A proved caller, and what was wanted with it.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who calls.
    pub caller: Caller,
    /// The enterprise, whoever's it is.
    pub enterprise: Option<Enterprise>,
    /// The connection, whoever's it is.
    pub connection: Option<Connection>,
    /// The invitation, whoever's it is.
    pub invitation: Option<Invitation>,
    /// The provider that the operator wants.
    pub reseller: Option<Reseller>,
    /// The caller's gateways and PBX types; for the operator, those of the wanted provider.
    pub catalogue: Catalogue,
    /// What the caller was told when it made this request before.
    pub repeat: Option<Repeat>,
}

#[derive(Default)]
struct CallerRows {
    key: Option<KeyRecord>,
    token: Option<TokenRecord>,
    reseller: Option<Reseller>,
    enterprise: Option<Enterprise>,
    connection: Option<Connection>,
    invitation: Option<Invitation>,
    catalogue: Option<Catalogue>,
    kept: Option<Kept>,
}

impl Store {
    /// Proves who calls, or says why they are refused: one round trip, 1 unit an item. Every twentieth request of a key leases permits for the next
    /// ones, which is one more.
    pub async fn authenticate(
        &self,
        presented: &Presented,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Result<Authenticated, Refused>, StoreError> {
        let rows = self.caller(presented, wanted).await?;
        let CallerRows { key, token, reseller, enterprise, connection, invitation, catalogue, kept } = rows;
        let (owner, named) = match presented.owner() {
            KeyOwner::Operator => (None, reseller),
            KeyOwner::Reseller(_) => (reseller, None),
        };
        let caller = match presented {
            Presented::Key(shown) => credential::authenticate(shown, key.as_ref(), owner, now),
            Presented::Token(shown) => token::authenticate(shown, token.as_ref(), owner, now),
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        // Nobody who is not proved uses up anything of anybody's.
        if let Err(exhausted) = self.permit(caller.key(), now).await? {
            return Ok(Err(exhausted.into()));
        }
        // What was told of another enterprise is not told to the holder of a token of this one.
        let may_know =
            !matches!(&caller, Caller::Enterprise { enterprise, .. } if wanted.enterprise != Some(*enterprise));
        let kept = kept.filter(|_| may_know);
        let repeat = wanted.attempt.zip(kept).and_then(|(attempt, kept)| attempt.judge(kept));
        let catalogue = catalogue.unwrap_or_default();
        Ok(Ok(Authenticated { caller, enterprise, connection, invitation, reseller: named, catalogue, repeat }))
    }

    async fn caller(&self, presented: &Presented, wanted: Wanted<'_>) -> Result<CallerRows, StoreError> {
        let mut keys = vec![match presented {
            Presented::Key(key) => Key::api_key(key.id()),
            Presented::Token(token) => Key::token(token.id()),
        }];
        match (presented.owner(), wanted.reseller) {
            (KeyOwner::Reseller(own), _) => {
                keys.push(Key::reseller(own));
                keys.extend(wanted.catalogue.then(|| Key::catalogue(own)));
            }
            (KeyOwner::Operator, Some(wanted)) => keys.extend([Key::reseller(wanted), Key::catalogue(wanted)]),
            (KeyOwner::Operator, None) => {}
        }
        keys.extend(wanted.enterprise.map(Key::enterprise));
        keys.extend(wanted.connection.map(Key::connection));
        keys.extend(wanted.invitation.map(Key::invitation));
        keys.extend(wanted.attempt.map(Key::idempotency));
        let mut rows = CallerRows::default();
        for item in self.batch_get(keys).await? {
            match (Key::of(&item).sk.as_str(), presented) {
                ("reseller", _) => rows.reseller = Some(entity(item)?),
                ("catalogue", _) => rows.catalogue = Some(entity(item)?),
                ("enterprise", _) => rows.enterprise = Some(entity(item)?),
                ("connection", _) => rows.connection = Some(entity(item)?),
                ("invitation", _) => rows.invitation = Some(entity(item)?),
                ("idempotency", _) => rows.kept = Some(entity(item)?),
                (_, Presented::Key(_)) => rows.key = Some(entity(item)?),
                (_, Presented::Token(_)) => rows.token = Some(entity(item)?),
            }
        }
        Ok(rows)
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
