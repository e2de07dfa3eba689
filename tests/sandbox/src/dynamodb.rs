//! The in-process DynamoDB, and its door for others.
//!
//! The engine wants to see a signature, though it verifies none. Others may come without one, as from a shell or with a
//! client of their own (K8); the door gives those a signature. Our own functions sign and go to the engine directly.

use std::io;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use reqwest::Client;
use tokio::net::TcpListener;

use crate::background::Background;
use crate::data::DataFolder;
use crate::{Error, ports};

/// The largest request of DynamoDB: 16 MB.
const LARGEST: usize = 16 * 1024 * 1024;
/// A signature that says whose it is and nothing else.
const SIGNATURE: HeaderValue = HeaderValue::from_static(
    "AWS4-HMAC-SHA256 Credential=sandbox/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none",
);
const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Where the in-process DynamoDB is.
pub(crate) struct Addresses {
    /// For our own functions.
    pub(crate) engine: String,
    /// For others.
    pub(crate) door: String,
}

/// Serves the data folder's rows, or rows in memory; the door is `listener`.
pub(crate) async fn serve(
    listener: TcpListener,
    data: Option<&DataFolder>,
    background: &mut Background,
) -> Result<Addresses, Error> {
    let database = match data {
        Some(data) => dynoxide::Database::new(&data.file("rows.sqlite").to_string_lossy()),
        None => dynoxide::Database::memory(),
    };
    let database = database.map_err(|fault| Error::DynamoDb(fault.to_string()))?;
    let inner = ports::any().await?;
    let addresses = Addresses { engine: address(&inner)?, door: address(&listener)? };
    let stopped = background.stopped();
    background.serve(async move {
        if let Err(fault) = dynoxide::server::serve_with_shutdown(inner, database, stopped).await {
            tracing::error!(fault, "the in-process DynamoDB ended");
        }
    });
    let door = Door { http: onboarding_microsoft::http::client()?, engine: addresses.engine.clone() };
    let stopped = background.stopped();
    background.serve(async move {
        let router = Router::new().fallback(hand_on).with_state(door);
        let served: io::Result<()> = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        if let Err(fault) = served {
            tracing::error!(%fault, "the door of the in-process DynamoDB closed");
        }
    });
    Ok(addresses)
}

fn address(listener: &TcpListener) -> Result<String, Error> {
    Ok(format!("http://127.0.0.1:{}", ports::port_of(listener)?))
}

#[derive(Clone)]
struct Door {
    http: Client,
    engine: String,
}

async fn hand_on(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let call = door.http.request(parts.method, format!("{}{target}", door.engine));
    match call.headers(signed(parts.headers, target)).body(body).send().await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), of_the_message(answer.headers().clone()));
            (status, headers, answer.bytes().await.unwrap_or_else(|_| Bytes::new())).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The headers, with a signature if there is none in them or in the address.
fn signed(headers: HeaderMap, target: &str) -> HeaderMap {
    let mut headers = of_the_message(headers);
    if !headers.contains_key(AUTHORIZATION) && !target.contains("X-Amz-Algorithm=") {
        headers.insert(AUTHORIZATION, SIGNATURE);
        headers.entry(DATE).or_insert(HeaderValue::from_static("20260101T000000Z"));
    }
    headers
}

/// Without what belongs to one connection.
fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
