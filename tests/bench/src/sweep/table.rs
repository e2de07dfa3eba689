//! The embedded DynamoDB behind TLS, and what is asked of it, with what it charges.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use dynoxide::Database;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::error::Error;
use crate::tls::TlsListener;

/// Says which operation a request is.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// What a transaction of the sweep holds that records an expiry: the key of an invitation.
const RECORDS: &str = "\"invitation#";

/// What was asked, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// Calls.
    pub(crate) calls: u64,
    /// Read units.
    pub(crate) reads: f64,
    /// Write units.
    pub(crate) writes: f64,
    /// Expiries recorded.
    pub(crate) recorded: u64,
    /// Transactions that somebody else was ahead of.
    pub(crate) refused: u64,
}

/// The table.
pub(crate) struct Table {
    /// The database that it is in.
    pub(crate) database: Database,
    /// Its address.
    pub(crate) url: String,
    /// Who says that it is the one.
    pub(crate) authority: PathBuf,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Clone)]
struct Counter {
    engine: String,
    http: Client<HttpConnector, Body>,
    asked: Arc<Mutex<Asked>>,
}

impl Table {
    /// An empty database, served until the bench ends.
    pub(crate) async fn serve(folder: &Path) -> Result<Self, Error> {
        let database = Database::memory().map_err(|fault| Error::Table(fault.to_string()))?;
        let inner = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listener)?;
        let engine = format!("http://{}", inner.local_addr().map_err(Error::Listener)?);
        let served = dynoxide::server::serve_with_shutdown(inner, database.clone(), std::future::pending());
        tokio::spawn(served);
        let (listener, authority) = TlsListener::bind(folder).await?;
        let (url, asked) = (listener.url()?, Arc::default());
        let http = Client::builder(TokioExecutor::new()).build_http();
        let counter = Counter { engine, http, asked: Arc::clone(&asked) };
        let router = Router::new().route("/", post(count)).with_state(counter);
        tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { database, url, authority, asked })
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Asked {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Asked::default();
    }
}

/// Whoever asked may be killed meanwhile: what the table does is counted all the same, so it is done by a task of its own.
async fn count(State(counter): State<Counter>, headers: HeaderMap, body: Bytes) -> Response {
    let done = tokio::spawn(async move { counter.hand_on(headers, &body).await });
    done.await.ok().flatten().unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

impl Counter {
    async fn hand_on(&self, mut headers: HeaderMap, body: &[u8]) -> Option<Response> {
        let target = headers.get(TARGET)?.to_str().ok()?.to_owned();
        let operation = target.split_once('.')?.1;
        let mut asked: Value = serde_json::from_slice(body).ok()?;
        if !operation.ends_with("Table") {
            asked["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        let mut request = Request::post(&self.engine);
        *request.headers_mut()? = headers;
        let answer = self.http.request(request.body(Body::from(asked.to_string())).ok()?).await.ok()?;
        let status = answer.status();
        let content = axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await.ok()?;
        self.note(operation, body, status, &serde_json::from_slice(&content).unwrap_or_default());
        let json = HeaderValue::from_static("application/x-amz-json-1.0");
        Some((status, [(axum::http::header::CONTENT_TYPE, json)], content).into_response())
    }

    fn note(&self, operation: &str, body: &[u8], status: StatusCode, answer: &Value) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.calls += 1;
        let units = units(answer);
        if matches!(operation, "Query" | "GetItem" | "BatchGetItem") {
            asked.reads += units;
        } else {
            asked.writes += units;
        }
        if operation == "TransactWriteItems" && holds(body, RECORDS) {
            asked.recorded += u64::from(status.is_success());
            asked.refused += u64::from(!status.is_success());
        }
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The units that an answer says it cost, over all of its parts.
fn units(answer: &Value) -> f64 {
    let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    consumed.as_array().map_or_else(|| of(consumed), |several| several.iter().map(of).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_it_cost() {
        assert!((units(&json!({"ConsumedCapacity": {"CapacityUnits": 0.5}})) - 0.5).abs() < f64::EPSILON);
        let parts = json!({"ConsumedCapacity": [{"CapacityUnits": 4.0}, {"CapacityUnits": 7.0}]});
        assert!((units(&parts) - 11.0).abs() < f64::EPSILON);
        assert!(units(&json!({})).abs() < f64::EPSILON);
    }

    #[test]
    fn what_records_is_told_from_what_does_not() {
        assert!(holds(br#"{"Key":{"PK":{"S":"invitation#inv_1"}}}"#, RECORDS));
        assert!(!holds(br#"{"object":{"S":"invitation:inv_1"}}"#, RECORDS) && !holds(b"", RECORDS));
    }
}
