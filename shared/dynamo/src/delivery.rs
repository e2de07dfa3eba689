//! Deliveries: born in the transaction of their fact, claimed by one sender at a time.

mod list;

use onboarding_core::audit::AuditRow;
use onboarding_core::delivery::{Attempt, CLAIM, Delivery, FIRST_LOOK, KEPT, Next};
use onboarding_core::id::{DeliveryId, ResellerId};
use onboarding_core::idempotency::Once;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::claim;
use crate::due::DueKind;
use crate::idempotency::Made;
use crate::key::Key;
use crate::row::{due, entity, item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Updated;
use crate::value::{instant, text};
use crate::{Store, StoreError};

pub use list::{DeliveryPage, DeliveryQuery};

/// Where a delivery goes, as things stand now.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The provider, with its present list of hosts.
    pub reseller: Option<Reseller>,
    /// Whether the URL has answered 410.
    pub disabled: bool,
}

impl Transaction {
    /// Adds a new delivery. It is due only later: the table's stream should bring it to its sender at once.
    pub(crate) fn deliver(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        self.deliver_with(Part::Delivery, delivery)
    }

    /// The same as a part of something else, which may be left out.
    pub(crate) fn deliver_with(&mut self, of: Part, delivery: &Delivery) -> Result<(), StoreError> {
        let mut row = item(&key(delivery), delivery)?;
        due(&mut row, &DueKind::Delivery.partition(0), delivery.created_at.plus(FIRST_LOOK));
        self.put_new(of, row)
    }
}

impl Store {
    /// Claims a delivery for one attempt. `None` if it is not to be tried now: ended, claimed, or not yet due.
    pub async fn claim_delivery(
        &self,
        (reseller, id): (ResellerId, &DeliveryId),
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        match self.update(Key::delivery(reseller, id), claim::claim(now, now.plus(CLAIM))).await? {
            Updated::Done(claimed) => claimed.map(entity).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives a claim back: nothing was tried, so the attempt does not count.
    pub async fn release_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        self.update(key(delivery), claim::release(delivery.attempts)).await.map(drop)
    }

    /// Records how the attempt ended. False if the claim had run out and somebody else has the delivery.
    pub async fn finish_delivery(
        &self,
        delivery: &Delivery,
        (attempt, next): (Attempt, Next),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (failure, key) = (attempt.failure(now), key(delivery));
        let set = if failure.is_some() { ", lastFailure = :failure" } else { "" };
        let mut change = match next {
            Next::RetryAt(at) => claim::retry(delivery.attempts, at, set),
            Next::End(status) => claim::end(delivery.attempts, status.word(), (now, now.plus(KEPT)), (set, "")),
        };
        if let Some(failure) = failure {
            change = change.value(":failure", part(&key, &failure)?);
        }
        Ok(self.update(key, change).await?.is_done())
    }

    /// Adds a delivery that tells no fact: a test.
    pub async fn create_delivery(
        &self,
        delivery: &Delivery,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.deliver(delivery)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// Lets a delivery be tried at once and by the whole schedule, as [`Delivery::again`] says. False if it is no longer
    /// kept.
    pub async fn redeliver(&self, delivery: &Delivery, now: Timestamp, audit: &AuditRow) -> Result<bool, StoreError> {
        let again = claim::again(&DueKind::Delivery.partition(0), now.plus(FIRST_LOOK));
        let mut transaction = self.transaction();
        transaction.update(Part::Delivery, key(delivery), again)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// The provider as it is now, and whether the URL has answered 410.
    pub async fn destination(&self, delivery: &Delivery) -> Result<Destination, StoreError> {
        let keys = vec![Key::reseller(delivery.reseller), Key::endpoint(delivery.reseller, &delivery.url)];
        let mut destination = Destination { reseller: None, disabled: false };
        for item in self.batch_get(keys).await? {
            if Key::of(&item).sk == "reseller" {
                destination.reseller = Some(entity(item)?);
            } else {
                destination.disabled = true;
            }
        }
        Ok(destination)
    }

    /// Remembers that a URL answered 410: nothing more is sent there.
    pub async fn disable_endpoint(&self, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
        let mut row = Key::endpoint(delivery.reseller, &delivery.url).into_item();
        row.insert("url".to_owned(), text(delivery.url.as_str()));
        row.insert("disabledAt".to_owned(), instant(now));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        put.send().await.map(drop).map_err(|error| StoreError::unavailable(&error))
    }

    /// Forgets that a URL answered 410: its provider asks for a delivery there.
    pub async fn enable_endpoint(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let key = Key::endpoint(delivery.reseller, &delivery.url);
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.into_item()));
        delete.send().await.map(drop).map_err(|error| StoreError::unavailable(&error))
    }

    /// A delivery as it stands.
    pub async fn delivery(&self, reseller: ResellerId, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.get(Key::delivery(reseller, id)).await?.map(entity).transpose()
    }
}

fn key(delivery: &Delivery) -> Key {
    Key::delivery(delivery.reseller, &delivery.id)
}
