//! Checking a trail: its rows, its segments, and a head that was kept elsewhere.
//!
//! Whoever can write the table can write a whole new chain; what they cannot change is the head that somebody else
//! has kept. With it every edit, removal, swap, insertion and truncation before it is found and named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use super::chain::{Head, SealedRow, Segment, hash_of};
use super::{Noted, Trail};
use crate::id::AuditId;

/// A whole trail as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredTrail {
    /// The rows that are as we write them.
    pub rows: Vec<Noted>,
    /// The segments that are as we write them.
    pub segments: Vec<Segment>,
    /// Everything else that stands among them.
    pub altered: Vec<Altered>,
}

/// An item of a trail that is not as we write it, in its keys, its indexes or its fields, by the key that it stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Altered {
    /// In the place of a row.
    Row(AuditId),
    /// In the place of a segment.
    Segment(u64),
    /// In no place of either; the key.
    Stray(String),
}

impl fmt::Display for Altered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(id) => write!(f, "row {id}"),
            Self::Segment(number) => write!(f, "segment {number}"),
            Self::Stray(key) => write!(f, "item {key}"),
        }
    }
}

/// How long after its time a row may still be written: longer than any of our functions runs.
const LATE: Duration = Duration::from_mins(15);

/// A trail that is as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intact {
    /// How many segments it has.
    pub segments: usize,
    /// How many rows are sealed.
    pub sealed: usize,
    /// How many rows wait for the next segment.
    pub unsealed: usize,
}

/// The first row or segment that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// A segment is not there.
    #[error("segment {0} is missing")]
    SegmentMissing(u64),
    /// A segment belongs to another trail.
    #[error("segment {0} is of another trail")]
    SegmentForeign(u64),
    /// A segment does not hold the hash of the one before.
    #[error("segment {0} does not follow the segment before it")]
    SegmentUnlinked(u64),
    /// A segment's hash is not that of its content.
    #[error("segment {0} was changed")]
    SegmentChanged(u64),
    /// A segment is sound by itself, and not the one whose hash was kept.
    #[error("segment {0} is not the one whose hash was kept: the trail up to it was written anew")]
    SegmentRewritten(u64),
    /// No segment has the hash that was kept.
    #[error(
        "no segment has the hash that was kept: what came after segment {last} was cut off, or all was written anew"
    )]
    HeadUnknown {
        /// The last segment that is there.
        last: u64,
    },
    /// A sealed row is not there.
    #[error("row {row} of segment {segment} is missing")]
    RowMissing {
        /// Its segment.
        segment: u64,
        /// Which row.
        row: AuditId,
    },
    /// A row is not as it was sealed.
    #[error("row {row} of segment {segment} was changed")]
    RowChanged {
        /// Its segment.
        segment: u64,
        /// Which row.
        row: AuditId,
    },
    /// A row that no segment knows is not as we write one.
    #[error("row {0}, which is in no segment, was changed or inserted")]
    UnsealedChanged(AuditId),
    /// Something that is neither a row nor a segment stands among them.
    #[error("what stands under {0} is neither a row nor a segment: it was inserted")]
    Stray(String),
    /// A row says that it belongs to a segment that does not know it, or was put in long after its time.
    #[error("row {0} was inserted")]
    RowInserted(AuditId),
}

/// Checks a trail. `head` was kept elsewhere: it may be that of any segment, and says nothing of what came after it.
pub fn verify(trail: Trail, stored: &StoredTrail, head: Option<&Head>) -> Result<Intact, Broken> {
    let StoredTrail { rows, segments, altered } = stored;
    let by_number: BTreeMap<u64, &Segment> = segments.iter().map(|segment| (segment.number, segment)).collect();
    let mut known: BTreeMap<&AuditId, &Noted> = rows.iter().map(|noted| (&noted.row.id, noted)).collect();
    let mut claims = claims(stored);
    for (id, noted) in &known {
        if let Some(number) = noted.segment {
            claims.entry(number).or_default().push(id);
        }
    }
    let mut changed: BTreeSet<&AuditId> = altered.iter().filter_map(Altered::row).collect();
    let (mut last, mut sealed): (Option<&Segment>, usize) = (None, 0);
    for number in 1..=claims.keys().last().copied().unwrap_or_default() {
        let segment = by_number.get(&number).copied().ok_or_else(|| missing(number, altered))?;
        check_segment(trail, segment, last)?;
        for row in &segment.rows {
            check_row(segment, row, known.remove(&row.id), changed.remove(&row.id))?;
        }
        let claiming = claims.get(&number).map(Vec::as_slice).unwrap_or_default();
        if let Some(stray) = claiming.iter().find(|id| known.contains_key(*id)) {
            return Err(Broken::RowInserted((*stray).clone()));
        }
        sealed += segment.rows.len();
        last = Some(segment);
    }
    let last_sealed = last.map(|last| last.sealed_at);
    if let Some(stray) = known.values().find(|noted| last_sealed.is_some_and(|at| at.since(noted.row.at) > LATE)) {
        return Err(Broken::RowInserted(stray.row.id.clone()));
    }
    if let Some(unsealed) = changed.first() {
        return Err(Broken::UnsealedChanged((*unsealed).clone()));
    }
    if let Some(key) = altered.iter().find_map(Altered::stray) {
        return Err(Broken::Stray(key.to_owned()));
    }
    check_head(&by_number, head)?;
    Ok(Intact { segments: by_number.len(), sealed, unsealed: known.len() })
}

impl Altered {
    const fn row(&self) -> Option<&AuditId> {
        match self {
            Self::Row(id) => Some(id),
            Self::Segment(_) | Self::Stray(_) => None,
        }
    }

    fn stray(&self) -> Option<&str> {
        match self {
            Self::Stray(key) => Some(key),
            Self::Row(_) | Self::Segment(_) => None,
        }
    }
}

/// Every segment that there is, or was: what rows say of themselves comes to it.
fn claims(stored: &StoredTrail) -> BTreeMap<u64, Vec<&AuditId>> {
    let altered = stored.altered.iter().filter_map(|altered| match altered {
        Altered::Segment(number) => Some(*number),
        Altered::Row(_) | Altered::Stray(_) => None,
    });
    stored.segments.iter().map(|segment| segment.number).chain(altered).map(|number| (number, Vec::new())).collect()
}

fn missing(number: u64, altered: &[Altered]) -> Broken {
    if altered.contains(&Altered::Segment(number)) {
        Broken::SegmentChanged(number)
    } else {
        Broken::SegmentMissing(number)
    }
}

fn check_segment(trail: Trail, segment: &Segment, last: Option<&Segment>) -> Result<(), Broken> {
    let number = segment.number;
    if segment.trail != trail {
        return Err(Broken::SegmentForeign(number));
    }
    if segment.previous != hash_of(last) {
        return Err(Broken::SegmentUnlinked(number));
    }
    if segment.hash != segment.content_hash() {
        return Err(Broken::SegmentChanged(number));
    }
    Ok(())
}

fn check_row(segment: &Segment, sealed: &SealedRow, found: Option<&Noted>, is_changed: bool) -> Result<(), Broken> {
    let (segment, row) = (segment.number, sealed.id.clone());
    match found {
        Some(noted) if noted.segment == Some(segment) && noted.row.hash() == sealed.hash => Ok(()),
        None if !is_changed => Err(Broken::RowMissing { segment, row }),
        Some(_) | None => Err(Broken::RowChanged { segment, row }),
    }
}

fn check_head(by_number: &BTreeMap<u64, &Segment>, head: Option<&Head>) -> Result<(), Broken> {
    let Some(head) = head else { return Ok(()) };
    let last = by_number.keys().last().copied().unwrap_or_default();
    match head.segment {
        Some(number) if number > last => Err(Broken::SegmentMissing(last + 1)),
        Some(number) if by_number.get(&number).is_none_or(|segment| segment.hash != head.hash) => {
            Err(Broken::SegmentRewritten(number))
        }
        None if by_number.values().all(|segment| segment.hash != head.hash) => Err(Broken::HeadUnknown { last }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
