//! `POST /sandbox/clock` and `POST /sandbox/tick`: time at will, for tests in other processes (K4, K5).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use onboarding_core::fields::Fault;
use onboarding_core::id::ReferenceId;
use onboarding_core::secret::same;
use onboarding_core::time::Clock as _;
use onboarding_lambda::failure::Failure;
use onboarding_lambda::problem::{self, Problem};
use serde_json::{Value, json};

use crate::server::Shared;

/// Moves the clock by `advanceSeconds`.
pub(crate) async fn move_clock(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_operator(&shared, &headers) {
        return refusal(&shared, Failure::unauthenticated());
    }
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let Some(seconds) = body.as_ref().and_then(|body| body.get("advanceSeconds")?.as_i64()) else {
        let wanted = "must be an integer: how many seconds the clock moves, negative for back";
        let fault = Fault { pointer: "/advanceSeconds".to_owned(), code: "wrong_type", detail: wanted.to_owned() };
        return refusal(&shared, Failure::invalid(vec![fault]));
    };
    Json(json!({ "now": shared.clock.advance(seconds).to_string() })).into_response()
}

/// Sweeps and reads the stream; answers when every attempt that this started has ended.
pub(crate) async fn tick(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_operator(&shared, &headers) {
        return refusal(&shared, Failure::unauthenticated());
    }
    // A task of its own, so that a caller who goes away breaks nothing off.
    let schedule = Arc::clone(&shared.schedule);
    match tokio::spawn(async move { schedule.tick().await }).await {
        Ok(Ok(())) => Json(json!({ "now": shared.clock.now().to_string() })).into_response(),
        Ok(Err(fault)) => refusal(&shared, Failure::unavailable(fault)),
        Err(fault) => refusal(&shared, Failure::internal(fault)),
    }
}

fn is_operator(shared: &Shared, headers: &HeaderMap) -> bool {
    let presented = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.split_once(' '));
    presented.is_some_and(|(scheme, key)| {
        scheme.eq_ignore_ascii_case("Bearer") && same(key.trim().as_bytes(), shared.operator_key.expose().as_bytes())
    })
}

fn refusal(shared: &Shared, failure: Failure) -> Response {
    if let Some(cause) = failure.cause() {
        tracing::error!(cause, "a control of the sandbox failed");
    }
    let reference = ReferenceId::new(shared.clock.now(), shared.edge.random.as_ref());
    let body = serde_json::to_string(&Problem::of(&failure, &reference)).unwrap_or_default();
    let mut response = (failure.status(), [(CONTENT_TYPE, problem::CONTENT_TYPE)], body).into_response();
    if failure.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
    }
    response
}
