//! The Lambda Runtime API, as far as a bootstrap uses it, and the moments at which a program's CPU time is read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::child::{self, Running};
use crate::error::Error;
use crate::subject::Subject;

/// The kernel books a thread's time when the thread sleeps. A program that has asked for the next event sleeps by then.
const SETTLE: Duration = Duration::from_millis(5);
/// The longest that a program may take for all of its events.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a silent program is looked after.
const LOOK: Duration = Duration::from_millis(100);

/// What one start of a program cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// CPU nanoseconds until it asked for its first event.
    pub(crate) init: u64,
    /// Until it asked for its second.
    pub(crate) first: u64,
    /// Until it asked for one more than there were.
    pub(crate) end: u64,
    /// The most memory it had at once, in bytes.
    pub(crate) memory: u64,
}

/// The API on loopback. One program at a time.
pub(crate) struct RuntimeApi {
    address: String,
    desk: Arc<Desk>,
}

#[derive(Default)]
struct Desk {
    visit: Mutex<Visit>,
    ended: Notify,
}

/// One start of one program.
#[derive(Default)]
struct Visit {
    process: u32,
    event: String,
    status: u16,
    events: u32,
    asked: u32,
    marks: Marks,
    fault: Option<String>,
}

impl RuntimeApi {
    /// Serves until the bench ends.
    pub(crate) async fn serve() -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listener)?;
        let address = listener.local_addr().map_err(Error::Listener)?.to_string();
        let desk = Arc::new(Desk::default());
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, desk })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// Starts `subject` by `start` and gives it its event `events` times. The program has ended when this returns.
    pub(crate) async fn visit(
        &self,
        subject: &Subject,
        events: u32,
        start: impl FnOnce() -> Result<Running, Error>,
    ) -> Result<Marks, Error> {
        let mut running = self.desk.receive(subject, events, start)?;
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if tokio::time::timeout(LOOK, self.desk.ended.notified()).await.is_ok() {
                return self.desk.account(subject);
            }
            if let Some(status) = running.ended() {
                return Err(Error::Failed { subject: subject.name, what: format!("it stopped: {status}") });
            }
        }
        Err(Error::Silent { subject: subject.name, after: PATIENCE })
    }
}

impl Desk {
    fn visit(&self) -> MutexGuard<'_, Visit> {
        self.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock is held while the program starts: it cannot ask before it is known.
    fn receive(
        &self,
        subject: &Subject,
        events: u32,
        start: impl FnOnce() -> Result<Running, Error>,
    ) -> Result<Running, Error> {
        let mut visit = self.visit();
        *visit = Visit { event: subject.event.to_string(), status: subject.status, events, ..Visit::default() };
        let running = start()?;
        visit.process = running.id();
        Ok(running)
    }

    fn account(&self, subject: &Subject) -> Result<Marks, Error> {
        let visit = self.visit();
        match &visit.fault {
            Some(fault) => Err(Error::Failed { subject: subject.name, what: fault.clone() }),
            None if visit.marks.init == 0 => Err(Error::NoProc),
            None => Ok(visit.marks),
        }
    }

    fn fault(&self, fault: String) {
        self.visit().fault.get_or_insert(fault);
        self.ended.notify_one();
    }
}

impl Visit {
    fn is_at_a_mark(&self) -> bool {
        matches!(self.asked, 1 | 2) || self.is_over()
    }

    fn is_over(&self) -> bool {
        self.asked > self.events
    }

    fn mark(&mut self) {
        let used = child::cpu_nanoseconds(self.process).unwrap_or_default();
        match self.asked {
            1 => self.marks.init = used,
            2 => self.marks.first = used,
            _ => {}
        }
        if self.is_over() {
            self.marks.end = used;
            self.marks.memory = child::peak_memory(self.process).unwrap_or_default();
        }
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let (at_a_mark, over) = {
        let mut visit = desk.visit();
        visit.asked += 1;
        (visit.is_at_a_mark(), visit.is_over())
    };
    if at_a_mark {
        tokio::time::sleep(SETTLE).await;
        desk.visit().mark();
    }
    if over {
        desk.ended.notify_one();
        // As in Lambda, there is no answer until there is an event. There is none: the program is killed meanwhile.
        std::future::pending::<()>().await;
    }
    let visit = desk.visit();
    let headers = [
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", format!("00000000-0000-4000-8000-{:012}", visit.asked)),
        // Far away: nothing here is measured against it, and the bench reads no clock for it.
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:000000000000:function:bench".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
    ];
    (headers, visit.event.clone()).into_response()
}

async fn response(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let expected = desk.visit().status;
    if answer["statusCode"] != expected {
        desk.fault(format!("it answered {} instead of {expected}", answer["statusCode"]));
    }
    StatusCode::ACCEPTED
}

async fn error(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    desk.fault(format!("it reported a fault: {}", String::from_utf8_lossy(&body)));
    StatusCode::ACCEPTED
}
