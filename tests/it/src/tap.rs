//! A tap: an HTTP server that writes down what goes through it, and breaks it on demand.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use reqwest::Client;
use serde_json::{Value, json};

/// An empty DynamoDB in memory; its address.
pub(crate) async fn serve_dynamodb() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    address
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) sent: HeaderMap,
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) answer: Vec<u8>,
    /// Whether the answer is the tap's own: it may quote the request.
    pub(crate) is_broken: bool,
}

/// What happens to a request instead of its answer, or to its answer.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// This status, with an error that quotes the whole request, as an AWS service or Entra words it.
    Quotes(u16),
    /// This status and no words.
    Status(u16),
    /// The connection ends in the middle of the answer, which quotes the request.
    Breaks,
    /// A redirect to the address of this text.
    Redirects(String),
    /// The answer's JSON gets these fields besides.
    Adds(Value),
    /// The first requests pass, so many of them; the next is carried out, and its answer is lost. The rest pass.
    LosesAfter(usize),
    /// Every request is carried out, and its answer is lost.
    LosesAll,
    /// So many transactions meet another one, as DynamoDB says it; the rest pass.
    Conflicts(usize),
    /// So many transactions of four parts meet another one at their last part, and fail on a condition of their second.
    FailsAndMeets(usize),
}

/// A running tap.
#[derive(Clone)]
pub(crate) struct Tap {
    pub(crate) port: u16,
    state: Arc<Tapped>,
}

struct Tapped {
    http: Client,
    upstream: Mutex<Option<String>>,
    /// For requests in whose target, operation or body this text stands.
    trouble: Mutex<Option<(String, Trouble)>>,
    seen: Mutex<Vec<Exchange>>,
}

impl Tap {
    /// A tap that answers 200 by itself until it is told what is behind it.
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Tapped {
            http: onboarding_microsoft::http::client().unwrap(),
            upstream: Mutex::default(),
            trouble: Mutex::default(),
            seen: Mutex::default(),
        });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn leads_to(&self, upstream: &str) {
        *self.state.upstream.lock().unwrap() = Some(upstream.to_owned());
    }

    /// Breaks every request in which `text` stands, until [`Self::heal`].
    pub(crate) fn break_where(&self, text: &str, trouble: Trouble) {
        *self.state.trouble.lock().unwrap() = Some((text.to_owned(), trouble));
    }

    pub(crate) fn heal(&self) {
        *self.state.trouble.lock().unwrap() = None;
    }

    pub(crate) fn seen(&self) -> Vec<Exchange> {
        self.state.seen.lock().unwrap().clone()
    }
}

async fn pass(State(tap): State<Arc<Tapped>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let target = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let trouble = tap.trouble_of(&target, &headers, &body);
    let (status, mut answered, answer) = match &trouble {
        None | Some(Trouble::Adds(_) | Trouble::LosesAfter(_) | Trouble::LosesAll) => {
            tap.forward(&method, &target, &headers, &body).await
        }
        Some(trouble) => broken(trouble, &target, &body),
    };
    let answer = if let Some(Trouble::Adds(more)) = &trouble { with(&answer, more) } else { answer };
    let exchange = Exchange {
        method,
        target,
        sent: headers,
        request: body.to_vec(),
        status: status.as_u16(),
        headers: answered.clone(),
        answer: answer.clone(),
        is_broken: trouble.is_some() || status == StatusCode::BAD_GATEWAY,
    };
    tap.seen.lock().unwrap().push(exchange);
    for of_the_connection in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        answered.remove(of_the_connection);
    }
    let cuts = matches!(trouble, Some(Trouble::Breaks | Trouble::LosesAfter(_) | Trouble::LosesAll));
    let breaks = cuts || status == StatusCode::BAD_GATEWAY;
    let body = if breaks {
        let parts = [Ok(Bytes::from(answer)), Err(std::io::Error::other("cut"))];
        Body::from_stream(futures_util::stream::iter(parts))
    } else {
        Body::from(answer)
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = answered;
    response
}

impl Tapped {
    fn trouble_of(&self, target: &str, headers: &HeaderMap, body: &[u8]) -> Option<Trouble> {
        let operation = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body = String::from_utf8_lossy(body);
        let mut trouble = self.trouble.lock().unwrap();
        let (text, trouble) = trouble.as_mut()?;
        if ![target, operation, &body].iter().any(|place| place.contains(text.as_str())) {
            return None;
        }
        match trouble {
            Trouble::LosesAfter(passing) => {
                let left = *passing;
                *passing = passing.wrapping_sub(1);
                (left == 0).then_some(Trouble::LosesAfter(0))
            }
            Trouble::Conflicts(left) | Trouble::FailsAndMeets(left) => {
                let meets = *left > 0;
                *left = left.saturating_sub(1);
                meets.then(|| trouble.clone())
            }
            Trouble::Quotes(_)
            | Trouble::Status(_)
            | Trouble::Breaks
            | Trouble::Redirects(_)
            | Trouble::Adds(_)
            | Trouble::LosesAll => Some(trouble.clone()),
        }
    }

    /// The answer of what is behind, or a 502 if it breaks off.
    async fn forward(
        &self,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> (StatusCode, HeaderMap, Vec<u8>) {
        let Some(upstream) = self.upstream.lock().unwrap().clone() else {
            return (StatusCode::OK, HeaderMap::new(), Vec::new());
        };
        let mut sent = headers.clone();
        for of_the_connection in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            sent.remove(of_the_connection);
        }
        let call = self.http.request(method.clone(), format!("{upstream}{target}")).headers(sent).body(body.clone());
        let cut = || (StatusCode::BAD_GATEWAY, HeaderMap::new(), body.to_vec());
        let Ok(answer) = call.send().await else { return cut() };
        let (status, headers) = (answer.status(), answer.headers().clone());
        answer.bytes().await.map_or_else(|_| cut(), |bytes| (status, headers, bytes.to_vec()))
    }
}

fn broken(trouble: &Trouble, target: &str, body: &[u8]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let quoted = format!("{target} {}", String::from_utf8_lossy(body));
    let status = |status: u16| StatusCode::from_u16(status).unwrap();
    match trouble {
        Trouble::Quotes(code) => {
            // A word as long as a service could make it, and the same text in every field that has a name.
            let answer = json!({
                "__type": "com.amazon.coral.validate#ValidationException", "message": quoted, "Message": quoted,
                "error": quoted, "error_description": format!("AADSTS70000: {quoted}"), "suberror": quoted,
                "trace_id": quoted, "correlation_id": quoted, "timestamp": quoted, "error_codes": [70000],
            });
            let headers =
                HeaderMap::from_iter([("content-type".parse().unwrap(), "application/json".parse().unwrap())]);
            (status(*code), headers, answer.to_string().into_bytes())
        }
        Trouble::Status(code) => (status(*code), HeaderMap::new(), Vec::new()),
        Trouble::Redirects(to) => {
            (status(302), HeaderMap::from_iter([("location".parse().unwrap(), to.parse().unwrap())]), Vec::new())
        }
        Trouble::Conflicts(_) | Trouble::FailsAndMeets(_) => {
            let meets = json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"});
            let fails = json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
            let none = json!({"Code": "None"});
            let reasons = if matches!(trouble, Trouble::FailsAndMeets(_)) {
                json!([none, fails, none, meets])
            } else {
                json!([meets])
            };
            let answer = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "CancellationReasons": reasons, "Message": "Transaction cancelled",
            });
            let headers = HeaderMap::from_iter([(
                "content-type".parse().unwrap(),
                "application/x-amz-json-1.0".parse().unwrap(),
            )]);
            (status(400), headers, answer.to_string().into_bytes())
        }
        Trouble::Breaks | Trouble::Adds(_) | Trouble::LosesAfter(_) | Trouble::LosesAll => {
            (status(200), HeaderMap::new(), quoted.into_bytes())
        }
    }
}

fn with(answer: &[u8], more: &Value) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(answer) else { return answer.to_vec() };
    fields.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(fields).to_string().into_bytes()
}
