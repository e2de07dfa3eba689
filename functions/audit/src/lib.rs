//! `GET /v1/audit`: who did what to what, with the segments that prove it (R070, K18, T68).
//!
//! Of the trail it reads alone: what is deployed as this function writes nothing but the counters of rate limits, so that
//! nobody who breaks it can touch a trail.

mod csv;
mod query;

use lambda_http::http::header::LINK;
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_http::{Body, Request, Response};
use onboarding_core::audit::chain::Segment;
use onboarding_core::audit::view::TrailView;
use onboarding_core::audit::{Noted, Trail};
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::fields::Fault;
use onboarding_core::listing::{InvalidCursor, Listing};
use onboarding_dynamo::audit::AuditQuery;
use onboarding_dynamo::credential::{Authenticated, Wanted};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::UnparseableQuery;
use onboarding_lambda::call::Call;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::AuditOp;
use thiserror::Error;

use crate::query::Asked;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("there is no such service provider, or it is another one")]
    NoSuchTrail,
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NoSuchTrail => Self::not_found(),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Store(_) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<AuditOp>| match call.operation() {
        AuditOp::List => list(app, call).await,
    })
    .await
}

/// A page of the caller's trail, oldest first, and the segments of its rows.
async fn list(app: &App, call: &Call<AuditOp>) -> Result<Answer, Error> {
    let asked = call.query_fields().map_err(Error::from).and_then(Asked::parse);
    let named = asked.as_ref().ok().and_then(|asked| asked.reseller);
    let wanted = Wanted { reseller: named, ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&found.caller)?;
    let asked = asked?;
    let trail = trail(&found, &asked)?;
    let filter = asked.filter(trail);
    let listing = Listing { owner: found.caller.key().owner(), list: "audit", filter: Some(&filter) };
    let after = asked.cursor.as_deref().map(|cursor| listing.place(cursor)).transpose()?;
    let Asked { enterprise, from, to, size, .. } = asked;
    let query = AuditQuery { trail, enterprise, from, to, after, size };
    let page = app.store.audit_page(&query).await?;
    let next = page.next.map(|last| listing.cursor(&last));
    if csv::is_wanted(call.request().headers()) {
        return Ok(as_csv(call, &page.rows, next.as_deref()));
    }
    let mut numbers: Vec<u64> = page.rows.iter().filter_map(|noted| noted.segment).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let segments: Vec<Segment> = app.store.segments(trail, &numbers).await?;
    Ok(Answer::json(StatusCode::OK, &TrailView::of(&page.rows, &segments, next.as_deref())))
}

/// A provider reads its own trail; the operator reads one by its provider's number, or else its own, which is about no
/// enterprise.
fn trail(found: &Authenticated, asked: &Asked) -> Result<Trail, Error> {
    match (&found.caller, asked.reseller) {
        (Caller::Operator { .. }, None) if asked.enterprise.is_some() => {
            let detail = "resellerId is required beside enterpriseId: whose enterprise it is";
            Err(Error::InvalidQuery(vec![Fault::new("resellerId", "required", detail)]))
        }
        (Caller::Operator { .. }, None) => Ok(Trail::Operator),
        (Caller::Operator { .. }, Some(named)) if found.reseller.is_some() => Ok(named.into()),
        (Caller::Reseller { reseller, .. }, None) => Ok(reseller.id.into()),
        (Caller::Reseller { reseller, .. }, Some(named)) if named == reseller.id => Ok(named.into()),
        (Caller::Operator { .. } | Caller::Reseller { .. } | Caller::Enterprise { .. }, _) => Err(Error::NoSuchTrail),
    }
}

/// The rows without their segments: CSV is for people and their tables. Where it goes on stands in `Link` (RFC 8288).
fn as_csv(call: &Call<AuditOp>, rows: &[Noted], next: Option<&str>) -> Answer {
    let answer = Answer::csv(csv::table(rows));
    match next {
        Some(next) => answer.with_header(LINK, &format!("<{}>; rel=\"next\"", query::next(call.request(), next))),
        None => answer,
    }
}

fn accept(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}
