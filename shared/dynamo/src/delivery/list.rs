//! A provider's deliveries, page by page.

use onboarding_core::delivery::{Delivery, DeliveryStatus};
use onboarding_core::id::{DeliveryId, EnterpriseId, ResellerId};
use onboarding_core::listing::PageSize;

use crate::key::{Key, delivery_partition};
use crate::row::entity;
use crate::value::{number, text};
use crate::{Store, StoreError};

/// What sorts after every id.
const AFTER_ALL: &str = "msg_~";

/// How many deliveries a filtered page looks at: some 200 KB, a fifth of what one query may read.
const LOOKED_AT: usize = 100;

/// Which deliveries are wanted.
#[derive(Clone, Debug)]
pub struct DeliveryQuery {
    /// Whose.
    pub reseller: ResellerId,
    /// Those that are so far alone.
    pub status: Option<DeliveryStatus>,
    /// About this enterprise alone.
    pub enterprise: Option<EnterpriseId>,
    /// Made before this one, where the page before ended.
    pub after: Option<DeliveryId>,
    /// At most so many.
    pub size: PageSize,
}

/// Deliveries, the newest first.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// They.
    pub deliveries: Vec<Delivery>,
    /// Behind which the list goes on, if it does.
    pub next: Option<DeliveryId>,
}

impl Store {
    /// A page of a provider's deliveries: one query of its partition. A filter may leave a page short, or empty, with a
    /// `next`: only the end of the list has none.
    pub async fn deliveries(&self, wanted: &DeliveryQuery) -> Result<DeliveryPage, StoreError> {
        let size = wanted.size.get();
        let before = wanted.after.as_ref().map_or(AFTER_ALL, DeliveryId::as_str);
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("PK = :partition AND SK < :before")
            .expression_attribute_values(":partition", text(delivery_partition(wanted.reseller)))
            .expression_attribute_values(":before", text(before));
        let mut filters = Vec::new();
        if let Some(status) = wanted.status {
            filters.push("#status = :status");
            query = query
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", text(status.word()));
        }
        if let Some(enterprise) = wanted.enterprise {
            filters.push("enterprise = :enterprise");
            query = query.expression_attribute_values(":enterprise", number(enterprise));
        }
        // One more than the page holds tells whether there is another page.
        let limit = if filters.is_empty() { size + 1 } else { LOOKED_AT.max(size + 1) };
        let filter = (!filters.is_empty()).then(|| filters.join(" AND "));
        let query = query.set_filter_expression(filter).limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let looked_at = answer.last_evaluated_key.and_then(|last| Key::of(&last).sk.parse().ok());
        let deliveries: Result<Vec<Delivery>, _> = answer.items.unwrap_or_default().into_iter().map(entity).collect();
        let mut deliveries = deliveries?;
        let next =
            if deliveries.len() > size { deliveries.get(size - 1).map(|last| last.id.clone()) } else { looked_at };
        deliveries.truncate(size);
        Ok(DeliveryPage { deliveries, next })
    }
}
