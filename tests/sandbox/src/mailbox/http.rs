//! The mailbox's paths, and the mail service's.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::ses::{Refusal, SendEmail};
use super::{Behaviour, Fault, Mail};
use crate::page;
use crate::server::Shared;

pub(crate) use super::ses::PATH;

/// `POST {ses}/v2/email/outbound-emails`
pub(crate) async fn send(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    // No page of another site can send this header unasked, so none can put a mail here.
    let signed = headers.get(AUTHORIZATION).is_some_and(|header| header.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    let taken = if signed { SendEmail::parse(&body) } else { Err(Refusal::bad_request("The call is not signed")) };
    match taken.and_then(|sending| shared.mailbox.take(sending).map_err(Fault::into)) {
        Ok(id) => Json(json!({ "MessageId": id })).into_response(),
        Err(Refusal { status, kind, message }) => {
            (status, [("x-amzn-errortype", kind)], Json(json!({ "message": message }))).into_response()
        }
    }
}

/// `GET {mail}/messages`
pub(crate) async fn messages(State(shared): State<Arc<Shared>>) -> Json<Vec<Mail>> {
    Json(shared.mailbox.messages())
}

/// `GET {mail}`
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    page::mail(&shared.mailbox)
}

/// `PUT {mail}/behaviour`
pub(crate) async fn behave(State(shared): State<Arc<Shared>>, Json(behaviour): Json<Behaviour>) -> StatusCode {
    shared.mailbox.behave(behaviour);
    StatusCode::NO_CONTENT
}

/// `DELETE {mail}/behaviour`
pub(crate) async fn behave_well(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.mailbox.behave_well();
    StatusCode::NO_CONTENT
}
