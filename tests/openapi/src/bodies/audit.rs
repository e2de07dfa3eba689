//! The audit trail.

use onboarding_core::id::EnterpriseId;
use utoipa::ToSchema;

/// A page of an audit trail.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Trail {
    /// The rows, oldest first.
    items: Vec<TrailRow>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
    /// The segments of the rows.
    segments: Vec<TrailSegment>,
}

/// A row of an audit trail.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TrailRow {
    /// Its id.
    id: String,
    /// When, in UTC.
    #[schema(format = DateTime)]
    at: String,
    /// Who, such as `key:<id>`.
    who: String,
    /// What was done.
    action: String,
    /// To what.
    object: String,
    /// How it was.
    #[schema(required)]
    before: Option<String>,
    /// How it is.
    #[schema(required)]
    after: Option<String>,
    /// `X-Request-Id` of the request in which it was done.
    #[schema(required)]
    request_id: Option<String>,
    /// Microsoft's correlation id.
    #[schema(required)]
    microsoft_correlation_id: Option<String>,
    /// The enterprise that it is about.
    #[schema(required)]
    enterprise_id: Option<EnterpriseId>,
    /// The number of its segment; null until it is sealed.
    #[schema(required)]
    segment: Option<u64>,
}

/// A segment of an audit trail.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TrailSegment {
    /// The number of the service provider, or `operator`.
    trail: String,
    /// Its number.
    number: u64,
    /// When it was sealed, in UTC.
    #[schema(format = DateTime)]
    sealed_at: String,
    /// The hash of the segment before.
    previous: String,
    /// Its rows, with their hashes.
    rows: Vec<SealedRow>,
    /// Its own hash.
    hash: String,
}

/// A row in a segment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct SealedRow {
    /// Its id.
    id: String,
    /// Its hash.
    hash: String,
}
