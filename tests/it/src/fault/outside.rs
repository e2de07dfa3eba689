//! What outlives a process: DynamoDB, Secrets Manager, Microsoft and the receiver, each behind a proxy; and the lives of
//! the process itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use chrono::DateTime;
use onboarding_core::time::{Clock as _, SystemClock, Timestamp};
use onboarding_sandbox::{Options, Overrides, Sandbox};
use reqwest::Client;
use serde_json::{Value, json};
use simulated_microsoft::SimulatedMicrosoft;
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::plan::Plan;
use super::proxy::{self, Side};
use crate::world::World;

const CLIENT_ID: &str = "0a4db0a2-d100-4a4a-8b8b-0000000a0001";
const CLIENT_SECRET: &str = "the-secret-of-these-tests";

/// The embedded DynamoDB wants to see a signature and verifies none.
const SIGNED_BY_ANYBODY: &str = "AWS4-HMAC-SHA256 Credential=any/20260101/eu-west-1/dynamodb/aws4_request, \
     SignedHeaders=host, Signature=none";

/// One webhook that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) body: String,
}

/// What a receiver does.
#[derive(Default)]
pub(crate) struct Receiver {
    pub(crate) got: Mutex<Vec<Received>>,
    /// How many of the next ones it refuses.
    pub(crate) refusals: Mutex<u32>,
}

/// The world outside of a process, and the process that lives in it now.
pub(crate) struct Outside {
    pub(crate) plan: Plan,
    pub(crate) microsoft: SimulatedMicrosoft,
    pub(crate) receiver: Arc<Receiver>,
    /// Where webhooks of this world go.
    pub(crate) hook: String,
    pub(crate) http: Client,
    dynamodb: String,
    overrides: [String; 3],
    api_port: u16,
    offset: Arc<AtomicI64>,
    life: Option<Life>,
    _secrets: SimulatedSecretsManager,
}

/// One process.
struct Life {
    runtime: Option<Runtime>,
    /// Keeps the sandbox, which would stop with its last handle.
    _world: Arc<World>,
}

/// A runtime must not be dropped where others wait for it.
impl Drop for Life {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Outside {
    pub(crate) async fn start() -> Self {
        let plan = Plan::new();
        let api_port = free_port().await;
        let offset = Arc::new(AtomicI64::new(0));

        let database = listener().await;
        let dynamodb = database.local_addr().unwrap();
        let rows = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_with_shutdown(database, rows, std::future::pending()));

        let secrets = SimulatedSecretsManager::start(listener().await, None).unwrap();

        let directory = listener().await;
        let (microsoft_at, microsoft_port) = (directory.local_addr().unwrap(), listener().await);
        let base = format!("http://localhost:{}", microsoft_port.local_addr().unwrap().port());
        let clock = Arc::clone(&offset);
        let options = simulated_microsoft::Options {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            certificates: Vec::new(),
            redirect_uris: vec![format!("http://127.0.0.1:{api_port}/restricted/handleResponse")],
            state_file: None,
            now: Arc::new(move || DateTime::from_timestamp_millis(at(&clock).millis()).unwrap()),
        };
        let microsoft = SimulatedMicrosoft::start(directory, &base, options).unwrap();
        tokio::spawn(proxy::serve(microsoft_port, Side::Microsoft, microsoft_at, plan.clone()));

        let receiver = Arc::new(Receiver::default());
        let hooks = listener().await;
        let hooks_at = hooks.local_addr().unwrap();
        let app = Router::new().route("/hook", post(catch)).with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(hooks, app).await });

        let hook = format!("{}/hook", before(Side::Receiver, hooks_at, &plan).await);
        let overrides = [
            before(Side::DynamoDb, dynamodb, &plan).await,
            before(Side::SecretsManager, secrets.address(), &plan).await,
            base,
        ];
        Self {
            plan,
            microsoft,
            receiver,
            hook,
            http: onboarding_microsoft::http::client().unwrap(),
            dynamodb: format!("http://{dynamodb}"),
            overrides,
            api_port,
            offset,
            life: None,
            _secrets: secrets,
        }
    }

    /// A new process, with empty caches; the former one dies.
    pub(crate) async fn restart(&mut self) -> Arc<World> {
        self.kill().await;
        self.plan.revive();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut tries = 0;
        let sandbox = loop {
            // A busy machine may not answer a start in time; a start that is made again resets nothing (K2).
            match runtime.spawn(Box::pin(Sandbox::start(self.options()))).await.unwrap() {
                Ok(sandbox) => break sandbox,
                Err(fault) => assert!(tries < 20, "{fault}"),
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let world = Arc::new(World { sandbox, http: self.http.clone() });
        self.life = Some(Life { runtime: Some(runtime), _world: Arc::clone(&world) });
        world
    }

    /// Ends the process where it stands, as SIGKILL does: no task of it runs on.
    async fn kill(&mut self) {
        let Some(mut life) = self.life.take() else { return };
        self.plan.die();
        if let Some(runtime) = life.runtime.take() {
            tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10))).await.unwrap();
        }
    }

    fn options(&self) -> Options {
        let [dynamodb, secrets, microsoft] = &self.overrides;
        let endpoint = |address: &String| Some(address.parse().unwrap());
        let overrides = Overrides {
            authority: endpoint(microsoft),
            graph: endpoint(microsoft),
            dynamodb: endpoint(dynamodb),
            secrets_manager: endpoint(secrets),
            client_id: Some(CLIENT_ID.parse().unwrap()),
            client_secret: Some(CLIENT_SECRET.to_owned().into()),
            ..Overrides::default()
        };
        Options {
            port: self.api_port,
            sweep: false,
            insecure_redirects: true,
            start: Some(at(&self.offset)),
            overrides,
            ..Options::default()
        }
    }

    /// Lets `seconds` pass for everybody, and everything happen that is due then.
    pub(crate) async fn pass(&self, world: &World, seconds: i64) {
        self.offset.fetch_add(seconds * 1_000, Ordering::SeqCst);
        world.sandbox.clock().advance(seconds);
        self.tick(world).await;
    }

    /// One pass of schedule and stream, as a task of the process: it dies with it. A fault may make it fail.
    pub(crate) async fn tick(&self, world: &World) {
        let url = format!("{}/sandbox/tick", world.sandbox.api());
        let tick = self.http.post(url).bearer_auth(world.sandbox.operator_key()).json(&json!({}));
        drop(tick.timeout(Duration::from_mins(1)).send().await);
    }

    /// Every row of the table, as DynamoDB's JSON, and past the proxy.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut scan = json!({"TableName": "onboarding-sandbox", "ConsistentRead": true});
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let call = self.http.post(&self.dynamodb).header("content-type", "application/x-amz-json-1.0");
            let call = call.header("x-amz-target", "DynamoDB_20120810.Scan").header("x-amz-date", "20260101T000000Z");
            let call = call.header("authorization", SIGNED_BY_ANYBODY).body(scan.to_string());
            let page: Value = serde_json::from_str(&call.send().await.unwrap().text().await.unwrap()).unwrap();
            rows.extend(page["Items"].as_array().unwrap_or_else(|| panic!("{page}")).iter().cloned());
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return rows;
            }
        }
    }
}

async fn catch(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
    let mut refusals = receiver.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return axum::http::StatusCode::BAD_GATEWAY;
    }
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    receiver.got.lock().unwrap().push(Received { id, body: String::from_utf8(body.to_vec()).unwrap() });
    axum::http::StatusCode::NO_CONTENT
}

fn at(offset: &AtomicI64) -> Timestamp {
    Timestamp::from_millis(SystemClock.now().millis() + offset.load(Ordering::SeqCst))
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A port that stays free between two processes: below those that the system gives to connections and to listeners that
/// take any.
async fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let at = NEXT.fetch_add(1, Ordering::SeqCst) % 10_000;
        if TcpListener::bind(("127.0.0.1", 20_000 + at)).await.is_ok() {
            return 20_000 + at;
        }
    }
}

/// A proxy before `upstream`; its address.
async fn before(side: Side, upstream: SocketAddr, plan: &Plan) -> String {
    let listener = listener().await;
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(proxy::serve(listener, side, upstream, plan.clone()));
    address
}
