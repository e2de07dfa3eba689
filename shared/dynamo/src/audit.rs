//! Audit rows: only ever added, in the transaction of the fact they tell, and sealed later.
//!
//! A row that is not sealed stands in the due index. Sealing takes it out, in the one transaction that makes its segment,
//! so every row ends in just one segment, however late its transaction committed and however many sweeps there are.

mod read;

use onboarding_core::audit::chain::{Head, MOST_ROWS, Segment};
use onboarding_core::audit::{AuditRow, Noted, Trail};
use onboarding_core::id::{AuditId, EnterpriseId};
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::key::{EXISTS, Key};
use crate::row::{due, entity, item};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{Item, number, text};
use crate::{Store, StoreError};

pub use read::{AuditPage, AuditQuery};

/// The shards of the due index for rows to be sealed; a trail's are in one of them.
pub const AUDIT_SHARDS: u16 = 4;

/// How a sealing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// A segment was made; its head, which is to be kept elsewhere.
    Done(Head),
    /// There is nothing to seal, or somebody else has just sealed something of this trail.
    Nothing,
}

/// Rows of one trail that are not sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// Whose.
    pub trail: Trail,
    /// Which, oldest first.
    pub rows: Vec<AuditId>,
}

fn shard(trail: Trail) -> u16 {
    match trail {
        Trail::Operator => 0,
        Trail::Reseller(reseller) => u16::try_from(reseller.get() % u64::from(AUDIT_SHARDS)).unwrap_or(0),
    }
}

/// The partition of an enterprise's rows in the owner index.
fn of_enterprise(trail: Trail, enterprise: EnterpriseId) -> String {
    format!("audit#{trail}#{enterprise}")
}

/// The row's item, to be sealed, and in the list of its enterprise.
fn unsealed_item(row: &AuditRow) -> Result<Item, StoreError> {
    let mut item = item(&Key::audit(row.trail, &row.id), row)?;
    due(&mut item, &DueKind::Audit.partition(shard(row.trail)), row.at);
    if let Some(enterprise) = row.enterprise {
        item.insert("OPK".to_owned(), text(of_enterprise(row.trail, enterprise)));
        item.insert("OSK".to_owned(), text(row.id.as_str()));
    }
    Ok(item)
}

/// The item of a row as it is once it is written, and later sealed.
fn noted_item(noted: &Noted) -> Result<Item, StoreError> {
    let mut item = unsealed_item(&noted.row)?;
    if let Some(segment) = noted.segment {
        for of_the_due_index in ["DPK", "DSK"] {
            item.remove(of_the_due_index);
        }
        item.insert("segment".to_owned(), number(segment));
    }
    Ok(item)
}

/// The item of a segment.
fn segment_item(segment: &Segment) -> Result<Item, StoreError> {
    item(&Key::segment(segment.trail, segment.number), segment)
}

impl Transaction {
    /// Adds an audit row, whose id names the transaction.
    pub(crate) fn audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.named(row.id.as_str());
        self.audit_with(Part::Audit, row)
    }

    /// The same as a part of something else, which may be left out; it does not name the transaction.
    pub(crate) fn audit_with(&mut self, of: Part, row: &AuditRow) -> Result<(), StoreError> {
        self.put_new(of, unsealed_item(row)?)
    }
}

impl Store {
    /// Writes an audit row of a fact that changed nothing else.
    pub async fn note(&self, row: &AuditRow) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(unsealed_item(row)?));
        put.send().await.map(drop).map_err(|error| StoreError::unavailable(&error))
    }

    /// Rows of one shard that wait to be sealed, by trail; at most `limit` in all, the oldest.
    pub async fn unsealed(&self, shard: u16, now: Timestamp, limit: i32) -> Result<Vec<Unsealed>, StoreError> {
        let mut found: Vec<Unsealed> = Vec::new();
        for due in self.due(DueKind::Audit, shard, now, limit).await? {
            let trail = due.key.pk.strip_prefix("audit#").and_then(|trail| trail.parse::<Trail>().ok());
            let (Some(trail), Ok(id)) = (trail, due.key.sk.parse::<AuditId>()) else { continue };
            match found.iter_mut().find(|unsealed| unsealed.trail == trail) {
                Some(unsealed) => unsealed.rows.push(id),
                None => found.push(Unsealed { trail, rows: vec![id] }),
            }
        }
        Ok(found)
    }

    /// Seals rows of a trail, at most [`MOST_ROWS`]: the next segment is made, and they are marked with it, together.
    ///
    /// Of several who do this at once one makes the segment. Rows that were sealed meanwhile are left alone.
    pub async fn seal(&self, trail: Trail, rows: &[AuditId], now: Timestamp) -> Result<Sealed, StoreError> {
        let keys = rows.iter().take(MOST_ROWS).map(|id| Key::audit(trail, id)).collect();
        let mut unsealed: Vec<AuditRow> = Vec::new();
        for item in self.batch_get(keys).await? {
            match entity::<Noted>(item) {
                Ok(noted) => unsealed.extend(noted.segment.is_none().then_some(noted.row)),
                // Somebody else wrote it. The others are not left open to the same.
                Err(fault) => tracing::error!(error = %fault, "a row cannot be sealed"),
            }
        }
        let last = self.last_segment(trail).await?;
        let Some(segment) = Segment::seal(trail, last.as_ref(), &unsealed, now) else { return Ok(Sealed::Nothing) };
        let mut transaction = self.transaction();
        transaction.put_new(Part::Segment, segment_item(&segment)?)?;
        for row in &segment.rows {
            let mark = Change::new("SET #segment = :segment REMOVE DPK, DSK", EXISTS)
                .and("attribute_not_exists(#segment)")
                .name("#segment", "segment")
                .value(":segment", number(segment.number));
            transaction.update(Part::Audit, Key::audit(trail, &row.id), mark)?;
        }
        Ok(match self.commit(&transaction).await? {
            Committed::Done => Sealed::Done(segment.head()),
            Committed::Refused(_) => Sealed::Nothing,
        })
    }
}
