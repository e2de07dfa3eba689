//! The receiver's paths.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::{Behaviour, Caught};
use crate::page;
use crate::server::Shared;

/// `POST {webhooks}/…`
pub(crate) async fn catch(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = uri.path_and_query().map_or_else(|| uri.path(), |target| target.as_str());
    let url = format!("{}{target}", shared.ready.api);
    let behaviour = shared.receiver.catch(url, joined(&headers), &body).await;
    if let Some(delay) = behaviour.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut response = StatusCode::from_u16(behaviour.status).unwrap_or(StatusCode::OK).into_response();
    if let Some(seconds) = behaviour.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `GET {webhooks}/messages`
pub(crate) async fn messages(State(shared): State<Arc<Shared>>) -> Json<Vec<Caught>> {
    Json(shared.receiver.messages())
}

/// `GET {webhooks}`
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    page::webhooks(&shared.receiver)
}

/// `PUT {webhooks}/behaviour`
pub(crate) async fn behave(State(shared): State<Arc<Shared>>, Json(behaviour): Json<Behaviour>) -> Response {
    if !(200..=599).contains(&behaviour.status) {
        return (StatusCode::UNPROCESSABLE_ENTITY, "status must be from 200 to 599\n").into_response();
    }
    shared.receiver.behave(behaviour);
    StatusCode::NO_CONTENT.into_response()
}

/// `DELETE {webhooks}/behaviour`
pub(crate) async fn behave_well(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.receiver.behave_well();
    StatusCode::NO_CONTENT
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let value = |name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        values.join(", ")
    };
    headers.keys().map(|name| (name.to_string(), value(name))).collect()
}
