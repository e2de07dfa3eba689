//! Reading a trail: a page of it, or all of it to check it.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use onboarding_core::audit::chain::Segment;
use onboarding_core::audit::verify::{Altered, StoredTrail};
use onboarding_core::audit::{Noted, Trail};
use onboarding_core::id::{AuditId, EnterpriseId};
use onboarding_core::listing::PageSize;
use onboarding_core::time::Timestamp;
use serde::de::DeserializeOwned;

use super::{noted_item, of_enterprise, segment_item};
use crate::key::{Key, audit_partition, segment_number, segment_partition};
use crate::row::entity;
use crate::table::OWNER_INDEX;
use crate::value::{Item, text};
use crate::{Store, StoreError};

/// What sorts after every id.
const AFTER_ALL: &str = "aud_~";

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    /// Whose.
    pub trail: Trail,
    /// About this enterprise alone.
    pub enterprise: Option<EnterpriseId>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Behind this row, where the page before ended.
    pub after: Option<AuditId>,
    /// At most so many.
    pub size: PageSize,
}

/// Rows, oldest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<Noted>,
    /// The last of them, if there are more behind it.
    pub next: Option<AuditId>,
}

impl Store {
    /// A page of a trail: one query, of the table for a whole trail, of the owner index for one enterprise.
    pub async fn audit_page(&self, wanted: &AuditQuery) -> Result<AuditPage, StoreError> {
        let size = wanted.size.get();
        let after = wanted.after.as_ref().map(|id| format!("{}~", id.as_str()));
        let from = after.max(wanted.from.map(AuditId::earliest)).unwrap_or_default();
        let to = wanted.to.map_or_else(|| AFTER_ALL.to_owned(), AuditId::earliest);
        if from > to {
            return Ok(AuditPage { rows: Vec::new(), next: None });
        }
        let query = self.client.query().table_name(&self.table);
        let query = match wanted.enterprise {
            None => query
                .consistent_read(true)
                .key_condition_expression("PK = :partition AND SK BETWEEN :from AND :to")
                .expression_attribute_values(":partition", text(audit_partition(wanted.trail))),
            Some(enterprise) => query
                .index_name(OWNER_INDEX)
                .key_condition_expression("OPK = :partition AND OSK BETWEEN :from AND :to")
                .expression_attribute_values(":partition", text(of_enterprise(wanted.trail, enterprise))),
        };
        let query = query.expression_attribute_values(":from", text(from)).expression_attribute_values(":to", text(to));
        // One more than wanted tells whether there are more.
        let answer = query.limit(i32::try_from(size + 1).unwrap_or(i32::MAX)).send().await;
        let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
        let cut_short = answer.last_evaluated_key.is_some();
        let rows = answer.items.unwrap_or_default().into_iter().map(entity::<Noted>);
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > size || (cut_short && !rows.is_empty());
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(|noted| noted.row.id.clone());
        Ok(AuditPage { rows, next })
    }

    /// The segments with these numbers, in order; what is not there is left out.
    pub async fn segments(&self, trail: Trail, numbers: &[u64]) -> Result<Vec<Segment>, StoreError> {
        let mut segments = Vec::new();
        for chunk in numbers.chunks(100) {
            let keys = chunk.iter().map(|number| Key::segment(trail, *number)).collect();
            for item in self.batch_get(keys).await? {
                segments.push(entity::<Segment>(item)?);
            }
        }
        segments.sort_unstable_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// The newest segment of a trail.
    pub async fn last_segment(&self, trail: Trail) -> Result<Option<Segment>, StoreError> {
        self.newest_segment(trail).await?.map(entity).transpose()
    }

    async fn newest_segment(&self, trail: Trail) -> Result<Option<Item>, StoreError> {
        let query = self.partition(segment_partition(trail)).scan_index_forward(false).limit(1);
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        Ok(answer.items.unwrap_or_default().pop())
    }

    /// A whole trail, to be checked: every row, every segment, and what is not as we write it.
    pub async fn whole_trail(&self, trail: Trail) -> Result<StoredTrail, StoreError> {
        let mut stored = StoredTrail::default();
        // Segments first: a row that is sealed in between is one that waits, not one without its segment.
        let segments = self.all(self.partition(segment_partition(trail))).await?;
        let last = segments.last().map_or(0, number_of);
        for item in &segments {
            match as_written(item, segment_item) {
                Some(segment) => stored.segments.push(segment),
                None => stored.altered.push(in_place_of_a_segment(item)),
            }
        }
        for item in &self.all(self.partition(audit_partition(trail))).await? {
            match as_written(item, noted_item) {
                Some(noted) => stored.rows.push(noted),
                None => stored.altered.push(in_place_of_a_row(item)),
            }
        }
        let newest = self.newest_segment(trail).await?.as_ref().map_or(0, number_of);
        for noted in &mut stored.rows {
            noted.segment = noted.segment.filter(|number| *number <= last || *number > newest);
        }
        Ok(stored)
    }

    fn partition(&self, partition: String) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        query.key_condition_expression("PK = :partition").expression_attribute_values(":partition", text(partition))
    }

    async fn all(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let answer = query.clone().set_exclusive_start_key(from).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
            all.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}

/// What `item` holds, if writing that makes the same item again: every key, index, field and number of it counts, and
/// nothing more stands in it.
fn as_written<T: DeserializeOwned>(item: &Item, write: impl Fn(&T) -> Result<Item, StoreError>) -> Option<T> {
    let held: T = entity(item.clone()).ok()?;
    write(&held).is_ok_and(|written| written == *item).then_some(held)
}

/// The number of a segment by its key, which says it whatever the item holds.
fn number_of(item: &Item) -> u64 {
    Key::of(item).sk.parse().unwrap_or_default()
}

fn in_place_of_a_row(item: &Item) -> Altered {
    let key = Key::of(item);
    key.sk.parse().map_or_else(|_| Altered::Stray(key.to_string()), Altered::Row)
}

fn in_place_of_a_segment(item: &Item) -> Altered {
    let key = Key::of(item);
    match key.sk.parse::<u64>() {
        Ok(number) if key.sk == segment_number(number) => Altered::Segment(number),
        Ok(_) | Err(_) => Altered::Stray(key.to_string()),
    }
}
