//! The program as Lambda runs it: one process with a Runtime API of its own, which hands it one tick after the other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use onboarding_core::time::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use super::table::Table;
use crate::args::SweepArgs;
use crate::child::{self, Running, Surroundings};
use crate::error::Error;

/// How long a tick may take, as its function is deployed: it stops shortly before.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How much longer it is waited for.
const GRACE: Duration = Duration::from_secs(30);
const NAME: &str = "sweep";

/// A running sweep.
pub(crate) struct Program {
    running: Running,
    ticks: mpsc::Sender<String>,
    ended: mpsc::Receiver<Result<(), String>>,
    desk: tokio::task::JoinHandle<()>,
}

struct Desk {
    ticks: Mutex<mpsc::Receiver<String>>,
    ended: mpsc::Sender<Result<(), String>>,
}

impl Program {
    /// Starts one beside `table`.
    pub(crate) async fn start(args: &SweepArgs, table: &Table) -> Result<Self, Error> {
        if !args.program.exists() {
            return Err(Error::NoProgram { path: args.program.clone() });
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listener)?;
        let address = listener.local_addr().map_err(Error::Listener)?.to_string();
        let ((ticks, waiting), (done, ended)) = (mpsc::channel(1), mpsc::channel(1));
        let desk = Arc::new(Desk { ticks: Mutex::new(waiting), ended: done });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(desk);
        let desk = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let surroundings = Surroundings::new(address, &table.url, &table.authority, args.show);
        let command: Vec<PathBuf> = vec![args.program.clone()];
        Ok(Self { running: surroundings.start(&command, &[])?, ticks, ended, desk })
    }

    /// Has it do one tick, to its end.
    pub(crate) async fn tick(&mut self, input: &Value) -> Result<(), Error> {
        let failed = |what: String| Error::Failed { subject: NAME, what };
        self.ticks.send(input.to_string()).await.map_err(|fault| failed(fault.to_string()))?;
        match tokio::time::timeout(TIMEOUT + GRACE, self.ended.recv()).await {
            Ok(Some(ended)) => ended.map_err(failed),
            Ok(None) => Err(failed(self.running.ended().unwrap_or_else(|| "it went away".to_owned()))),
            Err(_) => Err(Error::Silent { subject: NAME, after: TIMEOUT + GRACE }),
        }
    }

    /// The most memory that it has had at once, in bytes.
    pub(crate) fn memory(&self) -> Result<u64, Error> {
        child::peak_memory(self.running.id()).ok_or(Error::NoProc)
    }
}

/// With it the process is killed.
impl Drop for Program {
    fn drop(&mut self) {
        self.desk.abort();
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let Some(tick) = desk.ticks.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = SystemClock.now().plus(TIMEOUT);
    let headers = [
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000000".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:000000000000:function:sweep".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
    ];
    (headers, tick).into_response()
}

async fn response(State(desk): State<Arc<Desk>>) -> StatusCode {
    let _ = desk.ended.send(Ok(())).await;
    StatusCode::ACCEPTED
}

async fn error(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    let _ = desk.ended.send(Err(format!("it reported a fault: {}", String::from_utf8_lossy(&body)))).await;
    StatusCode::ACCEPTED
}
