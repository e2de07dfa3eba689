//! Reading a trail: a page of it, or all of it to check it.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use onboarding_core::audit::chain::Segment;
use onboarding_core::audit::{Noted, Trail};
use onboarding_core::id::{AuditId, EnterpriseId};
use onboarding_core::listing::PageSize;
use onboarding_core::time::Timestamp;
use serde::de::DeserializeOwned;

use super::of_enterprise;
use crate::key::{Key, audit_partition, segment_partition};
use crate::row::entity;
use crate::table::OWNER_INDEX;
use crate::value::text;
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
        let query = self.partition(segment_partition(trail)).scan_index_forward(false).limit(1);
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        answer.items.unwrap_or_default().pop().map(entity).transpose()
    }

    /// A whole trail, to be checked: every row, and every segment.
    pub async fn whole_trail(&self, trail: Trail) -> Result<(Vec<Noted>, Vec<Segment>), StoreError> {
        // Segments first: a row that is sealed in between is one that waits, not one without its segment.
        let segments = self.all(self.partition(segment_partition(trail))).await?;
        let mut rows: Vec<Noted> = self.all(self.partition(audit_partition(trail))).await?;
        let last = segments.last().map_or(0, |last: &Segment| last.number);
        let newest = self.last_segment(trail).await?.map_or(0, |newest| newest.number);
        for noted in &mut rows {
            noted.segment = noted.segment.filter(|number| *number <= last || *number > newest);
        }
        Ok((rows, segments))
    }

    fn partition(&self, partition: String) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        query.key_condition_expression("PK = :partition").expression_attribute_values(":partition", text(partition))
    }

    async fn all<T: DeserializeOwned>(&self, query: QueryFluentBuilder) -> Result<Vec<T>, StoreError> {
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let answer = query.clone().set_exclusive_start_key(from).send().await;
            let answer = answer.map_err(|error| StoreError::unavailable(&error))?;
            for item in answer.items.unwrap_or_default() {
                all.push(entity(item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}
