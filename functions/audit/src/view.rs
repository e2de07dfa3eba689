//! A trail as it is told. Rows and segments have all that [`onboarding_core::audit::chain`] hashes.

use onboarding_core::audit::chain::{Digest, SealedRow, Segment};
use onboarding_core::audit::{Entry, Noted, Trail};
use onboarding_core::id::AuditId;
use onboarding_dynamo::audit::AuditPage;
use serde::Serialize;

/// The body of `GET /v1/audit`.
#[derive(Serialize)]
pub(crate) struct TrailView<'a> {
    items: Vec<RowView<'a>>,
    next: Option<&'a AuditId>,
    segments: Vec<SegmentView<'a>>,
}

/// A row, and the number of its segment once it is sealed.
#[derive(Serialize)]
struct RowView<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    segment: Option<u64>,
}

/// A segment.
#[derive(Serialize)]
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
    pub(crate) fn of(page: &'a AuditPage, segments: &'a [Segment]) -> Self {
        Self {
            items: page.rows.iter().map(RowView::of).collect(),
            next: page.next.as_ref(),
            segments: segments.iter().map(SegmentView::of).collect(),
        }
    }
}

impl<'a> RowView<'a> {
    fn of(noted: &'a Noted) -> Self {
        Self { entry: noted.row.entry(), segment: noted.segment }
    }
}

impl<'a> SegmentView<'a> {
    fn of(segment: &'a Segment) -> Self {
        Self {
            trail: segment.trail,
            number: segment.number,
            sealed_at: segment.sealed_at.to_string(),
            previous: &segment.previous,
            rows: &segment.rows,
            hash: &segment.hash,
        }
    }
}
