//! A trail as it is told: rows and segments have all that [`chain`](super::chain) hashes.

use serde::Serialize;

use super::chain::{Digest, SealedRow, Segment};
use super::{Entry, Noted, Trail};

/// Rows with their segments: the body of `GET /v1/audit`, and what `onboarding-admin audit export` prints.
#[derive(Debug, Serialize)]
pub struct TrailView<'a> {
    items: Vec<RowView<'a>>,
    next: Option<&'a str>,
    segments: Vec<SegmentView<'a>>,
}

/// A row, and the number of its segment once it is sealed.
#[derive(Debug, Serialize)]
struct RowView<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    segment: Option<u64>,
}

/// A segment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SegmentView<'a> {
    trail: Trail,
    number: u64,
    sealed_at: String,
    previous: &'a Digest,
    rows: &'a [SealedRow],
    hash: &'a Digest,
}

impl<'a> TrailView<'a> {
    /// These rows and segments; `next` is the cursor with which the trail goes on.
    #[must_use]
    pub fn of(rows: &'a [Noted], segments: &'a [Segment], next: Option<&'a str>) -> Self {
        let row = |noted: &'a Noted| RowView { entry: noted.row.entry(), segment: noted.segment };
        let segment = |segment: &'a Segment| SegmentView {
            trail: segment.trail,
            number: segment.number,
            sealed_at: segment.sealed_at.to_string(),
            previous: &segment.previous,
            rows: &segment.rows,
            hash: &segment.hash,
        };
        Self { items: rows.iter().map(row).collect(), next, segments: segments.iter().map(segment).collect() }
    }
}
