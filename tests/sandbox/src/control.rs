//! `POST /sandbox/clock` and `POST /sandbox/tick`: time at will, for tests in other processes (K4, K5); and
//! `POST /sandbox/rotate-sealing-keys`, which the platform team does at AWS.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use onboarding_core::advice::Code;
use onboarding_core::fields::{Fault, Fields};
use onboarding_core::id::ReferenceId;
use onboarding_core::secret::same;
use onboarding_core::time::Clock as _;
use onboarding_lambda::failure::Failure;
use onboarding_lambda::problem::{self, Problem};
use serde_json::{Map, Value, json};

use crate::clock::REACH;
use crate::server::Shared;

/// What a move of the clock says.
const SECONDS: &str = "advanceSeconds";

/// Moves the clock by `advanceSeconds`, within 100 years.
pub(crate) async fn move_clock(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_operator(&shared, &headers) {
        return refusal(&shared, Failure::unauthenticated());
    }
    let moved = seconds(&body).and_then(|seconds| {
        let out_of_range = || vec![out_of_range()];
        shared.clock.advance_within_reach(seconds).ok_or_else(out_of_range)
    });
    match moved {
        Ok(now) => Json(json!({ "now": now.to_string() })).into_response(),
        Err(faults) => refusal(&shared, Failure::invalid(faults)),
    }
}

/// How far the clock is to move. What is no object is read as an empty one.
fn seconds(body: &[u8]) -> Result<i64, Vec<Fault>> {
    let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let mut fields = Fields::of(body);
    let value = fields.take(SECONDS);
    let seconds = value.as_ref().and_then(Value::as_i64);
    if seconds.is_none() {
        let Fault { code, detail, .. } =
            if value.is_some_and(|value| value.is_u64()) { out_of_range() } else { wrong_type() };
        fields.fault(SECONDS, code, detail);
    }
    fields.finish(seconds)
}

fn wrong_type() -> Fault {
    Fault::new(SECONDS, "wrong_type", "must be an integer: how many seconds the clock moves, negative for back")
}

fn out_of_range() -> Fault {
    let detail =
        format!("must be from -{REACH} to {REACH}, and lead to no more than 100 years from the machine's time");
    Fault::new(SECONDS, "out_of_range", detail)
}

/// Any other method on these paths.
pub(crate) async fn post_only(State(shared): State<Arc<Shared>>) -> Response {
    refusal(&shared, Failure::method_not_allowed(Code::MethodNotAllowed, vec![Method::POST]))
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

/// Invokes `key-rotation`, as the platform team does.
pub(crate) async fn rotate_sealing_keys(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !is_operator(&shared, &headers) {
        return refusal(&shared, Failure::unauthenticated());
    }
    match shared.functions.rotate_sealing_keys().await {
        Ok(rotation) => Json(rotation).into_response(),
        Err(fault) => refusal(&shared, Failure::unavailable(fault)),
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
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let allow = failure.allow().iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    if let Ok(allow) = HeaderValue::try_from(allow)
        && !allow.is_empty()
    {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}
