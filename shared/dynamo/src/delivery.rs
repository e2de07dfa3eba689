//! Deliveries: born in the transaction of their fact, claimed by one sender at a time.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::ReturnValue;
use onboarding_core::delivery::{CLAIM, Delivery, DeliveryStatus, FIRST_LOOK, Next};
use onboarding_core::id::DeliveryId;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::row::{due, entity, instant, item, number, text};
use crate::table::Key;
use crate::transaction::Transaction;
use crate::{Store, StoreError};

/// How long an ended delivery is kept for people to look at.
const KEPT: Duration = Duration::from_hours(30 * 24);

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
    pub(crate) fn deliver(&mut self, delivery: &Delivery) -> Result<usize, StoreError> {
        let mut row = item(&Key::delivery(&delivery.id), delivery)?;
        due(&mut row, &DueKind::Delivery.partition(0), delivery.created_at.plus(FIRST_LOOK));
        row.insert("notBefore".to_owned(), instant(delivery.created_at));
        self.put_new(row)
    }
}

impl Store {
    /// Claims a delivery for one attempt. `None` if it is not to be tried now: ended, claimed, or not yet due.
    pub async fn claim_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .set_key(Some(Key::delivery(id).into_item()))
            .update_expression("SET claimedUntil = :until, attempts = attempts + :one")
            .condition_expression(
                "#status = :pending AND notBefore <= :now AND (attribute_not_exists(claimedUntil) OR claimedUntil < :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", text(DeliveryStatus::Pending.word()))
            .expression_attribute_values(":now", instant(now))
            .expression_attribute_values(":until", instant(now.plus(CLAIM)))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(claimed) => claimed.attributes.map(entity).transpose(),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Records how the attempt ended. False if the claim had run out and somebody else has the delivery.
    pub async fn finish_delivery(&self, delivery: &Delivery, next: Next, now: Timestamp) -> Result<bool, StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update
            .set_key(Some(Key::delivery(&delivery.id).into_item()))
            .condition_expression("attempts = :attempts AND #status = :pending")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":attempts", number(delivery.attempts))
            .expression_attribute_values(":pending", text(DeliveryStatus::Pending.word()));
        let update = match next {
            Next::RetryAt(at) => update
                .update_expression("SET notBefore = :at, DSK = :due REMOVE claimedUntil")
                .expression_attribute_values(":at", instant(at))
                .expression_attribute_values(":due", text(at.to_string())),
            Next::End(status) => update
                .update_expression("SET #status = :status, endedAt = :now, #ttl = :ttl REMOVE claimedUntil, DPK, DSK")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":status", text(status.word()))
                .expression_attribute_values(":now", instant(now))
                .expression_attribute_values(":ttl", number(now.plus(KEPT).seconds())),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
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
        put.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// A delivery as it stands.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.get(Key::delivery(id)).await?.map(entity).transpose()
    }
}
