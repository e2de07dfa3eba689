//! A gate before the table: it counts the writes of one kind that are under way at once, and lets none through alone while
//! another may still come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use reqwest::Client;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// How long a write waits for another one.
const PATIENCE: Duration = Duration::from_millis(100);

/// A running gate; it ends with its last handle.
pub(crate) struct Gate {
    address: String,
    state: Arc<Inner>,
    _served: JoinSet<()>,
}

struct Inner {
    http: Client,
    upstream: String,
    /// The operation that is held; while it is none, everything passes.
    held: Mutex<Option<&'static str>>,
    under_way: watch::Sender<usize>,
    most: AtomicUsize,
}

impl Gate {
    /// A gate before the DynamoDB at `upstream`.
    pub(crate) async fn before(upstream: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Inner {
            http: onboarding_microsoft::http::client().unwrap(),
            upstream,
            held: Mutex::default(),
            under_way: watch::Sender::new(0),
            most: AtomicUsize::new(0),
        });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&state));
        let mut served = JoinSet::new();
        served.spawn(async move { drop(axum::serve(listener, app).await) });
        Self { address, state, _served: served }
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    /// What `race` answers, and whether at any time of it two or more calls of `operation` were under way.
    pub(crate) async fn overlap<T>(&self, operation: &'static str, race: impl Future<Output = T>) -> (T, bool) {
        self.state.most.store(0, Ordering::SeqCst);
        *self.state.held.lock().await = Some(operation);
        let answer = race.await;
        *self.state.held.lock().await = None;
        (answer, self.state.most.load(Ordering::SeqCst) > 1)
    }
}

async fn pass(State(gate): State<Arc<Inner>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let is_held = gate.held.lock().await.is_some_and(|held| operation.ends_with(held));
    if is_held {
        gate.under_way.send_modify(|count| *count += 1);
        gate.most.fetch_max(*gate.under_way.borrow(), Ordering::SeqCst);
        let mut others = gate.under_way.subscribe();
        let another = others.wait_for(|count| *count > 1);
        // Whoever is alone for too long goes on alone.
        drop(tokio::time::timeout(PATIENCE, another).await.map(drop));
    }
    let mut sent = headers;
    for of_the_connection in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        sent.remove(of_the_connection);
    }
    let call = gate.http.request(method, format!("{}{uri}", gate.upstream)).headers(sent).body(body);
    let answer = call.send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if is_held {
        gate.under_way.send_modify(|count| *count -= 1);
    }
    for of_the_connection in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(of_the_connection);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
