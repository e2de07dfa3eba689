//! Deliveries: born in the transaction of their fact, claimed by one sender at a time.

use onboarding_core::delivery::{CLAIM, Delivery, DeliveryStatus, FIRST_LOOK, KEPT, Next};
use onboarding_core::id::DeliveryId;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::transaction::{Part, Transaction};
use crate::update::{Change, Updated};
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// Where a delivery goes, as things stand now.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The provider, with its present list of hosts.
    pub reseller: Option<Reseller>,
    /// Whether the URL has answered 410.
    pub disabled: bool,
}

/// The attempts count is the fence: a later claim has a higher one.
const HAS_CLAIM: &str = "attempts = :attempts AND #status = :pending";

fn has_claim(change: Change, delivery: &Delivery) -> Change {
    change
        .name("#status", "status")
        .value(":attempts", number(delivery.attempts))
        .value(":pending", text(DeliveryStatus::Pending.word()))
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
        let due = "(attribute_not_exists(notBefore) OR notBefore <= :now)";
        let free = "(attribute_not_exists(claimedUntil) OR claimedUntil < :now)";
        let change = Change::new("SET claimedUntil = :until, attempts = attempts + :one", "#status = :pending")
            .and(due)
            .and(free)
            .name("#status", "status")
            .value(":pending", text(DeliveryStatus::Pending.word()))
            .value(":now", instant(now))
            .value(":until", instant(now.plus(CLAIM)))
            .value(":one", number(1));
        match self.update(Key::delivery(id), change).await? {
            Updated::Done(claimed) => claimed.map(entity).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives a claim back: nothing was tried, so the attempt does not count.
    pub async fn release_delivery(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let change = Change::new("SET attempts = attempts - :one REMOVE claimedUntil", HAS_CLAIM);
        let change = has_claim(change, delivery).value(":one", number(1));
        self.update(Key::delivery(&delivery.id), change).await.map(drop)
    }

    /// Records how the attempt ended. False if the claim had run out and somebody else has the delivery.
    pub async fn finish_delivery(&self, delivery: &Delivery, next: Next, now: Timestamp) -> Result<bool, StoreError> {
        let change = match next {
            Next::RetryAt(at) => Change::new("SET notBefore = :at, DSK = :due REMOVE claimedUntil", HAS_CLAIM)
                .value(":at", instant(at))
                .value(":due", text(at.to_string())),
            Next::End(status) => {
                let end = "SET #status = :status, endedAt = :now, #ttl = :ttl REMOVE claimedUntil, DPK, DSK";
                Change::new(end, HAS_CLAIM)
                    .name("#ttl", "ttl")
                    .value(":status", text(status.word()))
                    .value(":now", instant(now))
                    .value(":ttl", number(now.plus(KEPT).seconds()))
            }
        };
        Ok(self.update(Key::delivery(&delivery.id), has_claim(change, delivery)).await?.is_done())
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
