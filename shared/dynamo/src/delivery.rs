//! Deliveries: born in the transaction of their fact, claimed by one sender at a time.

use onboarding_core::delivery::{CLAIM, Delivery, FIRST_LOOK, KEPT, Next};
use onboarding_core::id::DeliveryId;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::claim;
use crate::due::DueKind;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::transaction::{Part, Transaction};
use crate::update::Updated;
use crate::value::{instant, text};
use crate::{Store, StoreError};

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
        let mut row = item(&Key::delivery(&delivery.id), delivery)?;
        due(&mut row, &DueKind::Delivery.partition(0), delivery.created_at.plus(FIRST_LOOK));
        self.put_new(Part::Delivery, row)
    }
}

impl Store {
    /// Claims a delivery for one attempt. `None` if it is not to be tried now: ended, claimed, or not yet due.
    pub async fn claim_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
        match self.update(Key::delivery(id), claim::claim(now, now.plus(CLAIM))).await? {
            Updated::Done(claimed) => claimed.map(entity).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives a claim back: nothing was tried, so the attempt does not count.
    pub async fn release_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        self.update(Key::delivery(&delivery.id), claim::release(delivery.attempts)).await.map(drop)
    }

    /// Records how the attempt ended. False if the claim had run out and somebody else has the delivery.
    pub async fn finish_delivery(&self, delivery: &Delivery, next: Next, now: Timestamp) -> Result<bool, StoreError> {
        let change = match next {
            Next::RetryAt(at) => claim::retry(delivery.attempts, at),
            Next::End(status) => claim::end(delivery.attempts, status.word(), (now, now.plus(KEPT)), ("", "")),
        };
        Ok(self.update(Key::delivery(&delivery.id), change).await?.is_done())
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

    /// A delivery as it stands.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.get(Key::delivery(id)).await?.map(entity).transpose()
    }
}
