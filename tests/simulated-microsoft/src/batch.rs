//! Graph's `$batch`.
//!
//! Stands for JSON batching: at most 20 requests, each answered on its own, in no promised order.
//! Here the answers come back in reverse, so that a client that counts on the order is found out.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use crate::Shared;
use crate::aadsts::Refusal;
use crate::call::{Call, Kind};
use crate::fault::{Effect, GARBAGE};
use crate::graph::{Answer, GraphCall};
use crate::server::Lost;
use crate::state::AccessToken;

const MOST: usize = 20;

pub(crate) async fn serve(shared: &Shared, token: &AccessToken, body: &Value) -> Response {
    let items = match requests(body) {
        Ok(items) => items,
        Err(message) => {
            let refused = Answer::error(400, "BadRequest", message, shared.now());
            return (StatusCode::BAD_REQUEST, Json(refused.body)).into_response();
        }
    };
    let mut responses = Vec::new();
    let mut lost = false;
    for item in items {
        responses.push(answer(shared, token, item, &mut lost).await);
    }
    responses.reverse();
    let mut response = Json(json!({ "responses": responses })).into_response();
    if lost {
        response.extensions_mut().insert(Lost);
    }
    response
}

fn requests(body: &Value) -> Result<&Vec<Value>, &'static str> {
    let Value::Array(items) = &body["requests"] else {
        return Err("Invalid batch payload format.");
    };
    if items.is_empty() || items.len() > MOST {
        return Err("Number of batch request steps must be between 1 and 20.");
    }
    let mut ids: Vec<_> = items.iter().filter_map(|item| item["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() == items.len() { Ok(items) } else { Err("Each batch request needs an id of its own.") }
}

async fn answer(shared: &Shared, token: &AccessToken, item: &Value, lost: &mut bool) -> Value {
    let url = item["url"].as_str().unwrap_or_default();
    let target = format!("/{}", url.trim_start_matches('/'));
    let method = item["method"].as_str().unwrap_or("GET").to_ascii_uppercase();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    shared.record(Call {
        at: shared.now(),
        method: method.clone(),
        path: format!("/v1.0{path}"),
        kind: Kind::BatchItem,
    });
    let effect = shared.take_item_fault(&path);
    if let Some(Effect::Delay { delay_ms }) = &effect {
        tokio::time::sleep(Duration::from_millis(*delay_ms)).await;
    }
    let run = || {
        let body = item.get("body").cloned().unwrap_or_default();
        shared.graph(&GraphCall { token, method: &method, target: &target, body, now: shared.now() })
    };
    let (status, headers, body) = match effect {
        None | Some(Effect::Delay { .. } | Effect::UnknownScope { .. } | Effect::AnswersFor { .. }) => whole(run()),
        Some(Effect::ResetAfterRequest) => {
            // One connection carries the whole batch, so the whole batch is lost.
            *lost = true;
            whole(run())
        }
        Some(Effect::Garbage) => {
            run();
            (200, Map::new(), json!(GARBAGE))
        }
        Some(Effect::OauthError { error, code }) => {
            let refusal = Refusal::new(&error, code, "Refused on demand by the simulation.");
            whole(Answer::error(401, &error, &refusal.describe(shared.now()), shared.now()))
        }
        Some(Effect::Status { status, body, headers }) => {
            let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
            (status, headers.into_iter().map(|(name, value)| (name, json!(value))).collect(), body)
        }
    };
    json!({ "id": item["id"], "status": status, "headers": headers, "body": body })
}

fn whole(answer: Answer) -> (u16, Map<String, Value>, Value) {
    let mut headers: Map<_, _> =
        answer.headers.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    headers.insert("Content-Type".to_owned(), json!("application/json"));
    (answer.status, headers, answer.body)
}
