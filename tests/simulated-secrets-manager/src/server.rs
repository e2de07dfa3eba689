//! The running stand-in: its handle, its state, its one lock.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, routing::post};
use chrono::{DateTime, Utc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    call::{Call, Calls},
    connection::{CuttableListener, Scissors},
    fault::Faults,
    operation::Operation,
    operations::{self, Circumstances},
    protocol,
    refusal::Refusal,
    store::Store,
};

/// Why the stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state file exists and cannot be read or understood.
    #[error("the state file {path} cannot be used")]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        source: io::Error,
    },
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] io::Error),
}

/// A running stand-in. Clones are handles to the same one; when the last is dropped, it stops.
#[derive(Clone)]
pub struct SimulatedSecretsManager(Arc<Running>);

struct Running {
    address: SocketAddr,
    service: Arc<Service>,
    stop: watch::Sender<()>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl SimulatedSecretsManager {
    /// Serves on `listener`, going on from `state_file` if it exists and keeping it up to date;
    /// without one, all is forgotten at the end. To be called within a Tokio runtime.
    pub fn start(listener: TcpListener, state_file: Option<PathBuf>) -> Result<Self, Error> {
        Self::start_by(listener, state_file, system_time)
    }

    /// The same by another clock than the machine's.
    pub fn start_by(
        listener: TcpListener,
        state_file: Option<PathBuf>,
        now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::Listener)?;
        let service = Arc::new(Service::load(state_file, Box::new(now))?);
        let (stop, mut stopped) = watch::channel(());
        let answers = Router::new()
            .route("/", post(protocol::answer))
            .with_state(Arc::clone(&service))
            .into_make_service_with_connect_info::<Scissors>();
        let serving = axum::serve(CuttableListener(listener), answers)
            .with_graceful_shutdown(async move { drop(stopped.changed().await) });
        let task = tokio::spawn(async move { drop(serving.await) });
        let task = tokio::sync::Mutex::new(Some(task));
        Ok(Self(Arc::new(Running { address, service, stop, task })))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The endpoint URL for an SDK.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Every call so far, in the order of arrival, also those that were refused or failed.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.service.calls.all()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.0.service.calls.clear();
    }

    /// The failures to come, to order more.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.service.faults
    }

    /// Lets the requests under way finish, closes every connection and stops listening. The state
    /// file is free for another stand-in once this returns.
    pub async fn stop(&self) {
        self.0.stop.send_replace(());
        let task = self.0.task.lock().await.take();
        if let Some(task) = task {
            drop(task.await);
        }
    }
}

/// What tells the time.
type Now = Box<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What the connections share.
pub(crate) struct Service {
    store: Mutex<Store>,
    state_file: Option<PathBuf>,
    now: Now,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
}

impl Service {
    fn load(state_file: Option<PathBuf>, now: Now) -> Result<Self, Error> {
        let store = match &state_file {
            Some(path) => Store::load(path).map_err(|source| Error::StateFile { path: path.clone(), source })?,
            None => Store::default(),
        };
        let store = Mutex::new(store);
        Ok(Self { store, state_file, now, calls: Calls::default(), faults: Faults::default() })
    }

    /// Applies one request, alone: the lock is held until the state file has the outcome, so a
    /// refused request, or one whose outcome could not be saved, has changed nothing.
    pub(crate) fn apply(&self, operation: Operation, region: &str, body: &[u8]) -> Result<serde_json::Value, Refusal> {
        let at = Circumstances { region, now: (self.now)() };
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = store.clone();
        next.forget_expired(at.now);
        let answer = operations::apply(operation, body, &at, &mut next)?;
        if next != *store {
            self.save(&next)?;
            *store = next;
        }
        Ok(answer)
    }

    fn save(&self, store: &Store) -> Result<(), Refusal> {
        let Some(path) = &self.state_file else {
            return Ok(());
        };
        store.save(path).map_err(|_| Refusal::StateNotSaved)
    }
}

#[expect(clippy::disallowed_methods, reason = "an outside service has its own clock; rules and operations take `now`")]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}
