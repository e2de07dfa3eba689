//! What outlives a process: DynamoDB, Secrets Manager, Microsoft and the receiver, each behind a proxy; and the lives of
//! the process itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::time::{Clock as _, SystemClock, Timestamp};
use onboarding_lambda::log::Level;
use onboarding_sandbox::{Options, Overrides, Sandbox, StreamReads};
use onboarding_secrets::further_secret;
use reqwest::Client;
use serde_json::{Value, json};
use simulated_microsoft::{AppRegistration, SelfSigned, SimulatedMicrosoft};
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::plan::Plan;
use super::proxy::{self, Side};
use super::scenario::Scenario;
use crate::world::{World, secrets_manager};

pub(crate) const CLIENT_ID: &str = "0a4db0a2-d100-4a4a-8b8b-0000000a0001";
pub(crate) const CLIENT_SECRET: &str = "the-secret-of-these-tests";

/// A further registration of ours, and its secret: for two actions that it asks for on one screen.
const FURTHER_CLIENT: &str = "0a4db0a2-d100-4a4a-8b8b-0000000a0002";
pub(crate) const FURTHER_SECRET: &str = "the-secret-of-the-further-one";

/// Where people come back from Microsoft from the steps of a connection.
const ADMIN_STEP: &str = "/partner-center/admin-consent";
const USER_STEP: &str = "/partner-center/user-consent";

/// The embedded DynamoDB wants to see a signature and verifies none.
const SIGNED_BY_ANYBODY: &str = "AWS4-HMAC-SHA256 Credential=any/20260101/eu-west-1/dynamodb/aws4_request, \
     SignedHeaders=host, Signature=none";

/// How our application proves to Microsoft who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Secret,
    Certificate,
}

/// The certificate of our application.
static CERTIFICATE: LazyLock<SelfSigned> = LazyLock::new(a_certificate);
/// One that is not ours.
static FOREIGN: LazyLock<SelfSigned> = LazyLock::new(a_certificate);

fn a_certificate() -> SelfSigned {
    SelfSigned::generate(DateTime::from_timestamp(SystemClock.now().seconds(), 0).unwrap(), 365).unwrap()
}

/// One webhook that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: BTreeMap<String, String>,
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
    /// Where Microsoft is.
    base: String,
    /// The same past the proxy.
    directory: String,
    stores: Stores,
    proof: Proof,
    /// Our further registrations, if there are any.
    clients: Option<ApplicationClients>,
    api_port: u16,
    offset: Arc<AtomicI64>,
    life: Option<Life>,
    /// What the process said, in all of its lives.
    log: Log,
}

/// Lines in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Table and secrets. Each run has its own, so that none reads what another has left.
struct Stores {
    /// Past the proxy.
    dynamodb: String,
    secrets: SimulatedSecretsManager,
    /// The proxies.
    overrides: [String; 2],
    _served: JoinSet<()>,
}

impl Stores {
    async fn start(plan: &Plan) -> Self {
        let mut served = JoinSet::new();
        let database = listener().await;
        let dynamodb = database.local_addr().unwrap();
        let rows = dynoxide::Database::memory().unwrap();
        served.spawn(async move {
            drop(dynoxide::server::serve_with_shutdown(database, rows, std::future::pending()).await);
        });
        let secrets = SimulatedSecretsManager::start(listener().await, None).unwrap();
        let overrides = [
            before(Side::DynamoDb, dynamodb, plan, &mut served).await,
            before(Side::SecretsManager, secrets.address(), plan, &mut served).await,
        ];
        Self { dynamodb: format!("http://{dynamodb}"), secrets, overrides, _served: served }
    }
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

        let directory = listener().await;
        let (microsoft_at, microsoft_port) = (directory.local_addr().unwrap(), listener().await);
        let past = format!("http://{microsoft_at}");
        let base = format!("http://localhost:{}", microsoft_port.local_addr().unwrap().port());
        let clock = Arc::clone(&offset);
        let callback = |path: &str| format!("http://127.0.0.1:{api_port}{path}");
        let callbacks = ["/restricted/handleResponse", "/restricted/adminConsent", ADMIN_STEP, USER_STEP];
        let options = simulated_microsoft::Options {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            certificates: Vec::new(),
            redirect_uris: callbacks.map(callback).to_vec(),
            state_file: None,
            now: Arc::new(move || DateTime::from_timestamp_millis(at(&clock).millis()).unwrap()),
        };
        let microsoft = SimulatedMicrosoft::start(directory, &base, options).unwrap();
        tokio::spawn(proxy::serve(microsoft_port, Side::Microsoft, microsoft_at, plan.clone()));

        let receiver = Arc::new(Receiver::default());
        let hooks = listener().await;
        let (hooks_at, hooks_port) = (hooks.local_addr().unwrap(), listener().await);
        let app = Router::new().route("/hook", post(catch)).with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(hooks, app).await });
        let hook = format!("http://{}/hook", hooks_port.local_addr().unwrap());
        tokio::spawn(proxy::serve(hooks_port, Side::Receiver, hooks_at, plan.clone()));

        let http = onboarding_microsoft::http::client().unwrap();
        let stores = Stores::start(&plan).await;
        let proof = Proof::Secret;
        let (clients, life, log) = (None, None, Log::default());
        let directory = past;
        Self {
            plan,
            microsoft,
            receiver,
            hook,
            http,
            base,
            directory,
            stores,
            proof,
            clients,
            api_port,
            offset,
            life,
            log,
        }
    }

    /// Forgets everything that was: an empty table, secrets that are yet to be made, a Microsoft that knows our
    /// application and nobody's consent.
    pub(crate) async fn renew(&mut self, proof: Proof) {
        self.kill().await;
        self.stores = Stores::start(&self.plan).await;
        self.proof = proof;
        self.microsoft.reset();
        self.register(&CERTIFICATE);
        self.clients = None;
        self.plan.take_hidden();
        self.log.0.lock().unwrap().clear();
        self.receiver.got.lock().unwrap().clear();
        *self.receiver.refusals.lock().unwrap() = 0;
    }

    /// From now on Microsoft knows another certificate than ours.
    pub(crate) fn register_another_certificate(&self) {
        self.register(&FOREIGN);
    }

    /// Microsoft and Secrets Manager know one more registration, which asks for what the scenario is about.
    pub(crate) async fn register_a_further_client(&mut self, scenario: &Scenario) {
        let mapped: BTreeMap<&str, &str> = scenario.actions().map(|action| (action.name(), FURTHER_CLIENT)).collect();
        let clients = ApplicationClients::parse(&json!(mapped).to_string(), CLIENT_ID.parse().unwrap());
        self.clients = Some(clients.unwrap());
        let name = further_secret(FURTHER_CLIENT.parse().unwrap());
        let secret = json!({"Name": format!("onboarding/sandbox/{name}"), "SecretString": FURTHER_SECRET,
                            "ClientRequestToken": FURTHER_CLIENT});
        secrets_manager(&self.http, &self.stores.secrets.endpoint(), "CreateSecret", &secret).await;
        let own = self.microsoft.registration(CLIENT_ID).unwrap();
        let (client_id, client_secret) = (FURTHER_CLIENT.to_owned(), FURTHER_SECRET.to_owned());
        self.microsoft.register(AppRegistration { client_id, client_secret, certificates: Vec::new(), ..own });
    }

    fn register(&self, certificate: &SelfSigned) {
        let mut app = self.microsoft.registration(CLIENT_ID).unwrap();
        app.certificates = vec![certificate.certificate().unwrap()];
        self.microsoft.register(app);
    }

    /// A new process, with empty caches; the former one dies.
    pub(crate) async fn restart(&mut self) -> Arc<World> {
        self.kill().await;
        self.plan.revive();
        let log = self.log.clone();
        let mut runtime = Builder::new_multi_thread();
        runtime.worker_threads(1).enable_all();
        // Each process has a log of its own, though many run in this one.
        runtime.on_thread_start(move || {
            let log = log.clone();
            let lines = onboarding_lambda::log::subscriber(Level::Debug, move || log.clone());
            std::mem::forget(tracing::subscriber::set_default(lines));
        });
        let runtime = runtime.build().unwrap();
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
        let [dynamodb, secrets] = &self.stores.overrides;
        let endpoint = |address: &String| Some(address.parse().unwrap());
        let credential = match self.proof {
            Proof::Secret => CLIENT_SECRET.to_owned(),
            Proof::Certificate => CERTIFICATE.pem().unwrap(),
        };
        let overrides = Overrides {
            authority: endpoint(&self.base),
            graph: endpoint(&self.base),
            dynamodb: endpoint(dynamodb),
            secrets_manager: endpoint(secrets),
            client_id: Some(CLIENT_ID.parse().unwrap()),
            client_secret: Some(credential.into()),
            application_clients: self.clients.clone(),
            ..Overrides::default()
        };
        Options {
            port: self.api_port,
            // Ticks alone move what is due, so that a run has the same effects each time.
            sweep: false,
            stream: StreamReads::OnTicks,
            insecure_redirects: true,
            start: Some(at(&self.offset)),
            overrides,
            ..Options::default()
        }
    }

    /// Lets `seconds` pass for everybody, and everything happen that is due then.
    pub(crate) async fn pass(&self, world: &World, seconds: i64) {
        self.wait(world, seconds);
        self.tick(world).await;
    }

    /// Lets `seconds` pass for everybody, and nothing happen by itself.
    pub(crate) fn wait(&self, world: &World, seconds: i64) {
        self.offset.fetch_add(seconds * 1_000, Ordering::SeqCst);
        world.sandbox.clock().advance(seconds);
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(&self.offset)
    }

    pub(crate) fn log(&self) -> Vec<u8> {
        self.log.0.lock().unwrap().clone()
    }

    /// Our certificate with its key, in PEM.
    pub(crate) fn certificate() -> String {
        CERTIFICATE.pem().unwrap()
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
            let call = self.http.post(&self.stores.dynamodb).header("content-type", "application/x-amz-json-1.0");
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

impl Outside {
    /// The ring of keys that is stored under `name`, past the proxy.
    pub(crate) async fn ring(&self, name: &str) -> Vec<Value> {
        let asked = json!({"SecretId": format!("onboarding/sandbox/{name}")});
        let stored = secrets_manager(&self.http, &self.stores.secrets.endpoint(), "GetSecretValue", &asked).await;
        let ring: Value = serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap();
        ring["keys"].as_array().unwrap().clone()
    }

    /// Whose token Microsoft takes a refresh token of `tenant` for, past the proxy; nobody's if it refuses it.
    pub(crate) async fn redeem(&self, tenant: &str, token: &str) -> Option<String> {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.directory);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("refresh_token", token),
            ("scope", "openid profile"),
        ];
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        if answer.status() != 200 {
            return None;
        }
        let tokens = answer.json::<Value>().await.unwrap();
        let payload = tokens["id_token"].as_str()?.split('.').nth(1)?;
        let claims = serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        claims["oid"].as_str().map(str::to_owned)
    }

    /// The refresh token of a connection, if one is kept, past the proxy.
    pub(crate) async fn refresh_token(&self, connection: &str) -> Option<String> {
        let at = self.stores.secrets.endpoint();
        let listed = secrets_manager(&self.http, &at, "ListSecrets", &json!({"MaxResults": 100})).await;
        let mut names = listed["SecretList"].as_array().unwrap().iter().map(|secret| secret["Name"].as_str().unwrap());
        let name = names.find(|name| name.ends_with(&format!("/refresh-token/{connection}")))?;
        let read = secrets_manager(&self.http, &at, "GetSecretValue", &json!({"SecretId": name})).await;
        Some(read["SecretString"].as_str().unwrap().to_owned())
    }
}

async fn catch(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
    let mut refusals = receiver.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return axum::http::StatusCode::BAD_GATEWAY;
    }
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    receiver.got.lock().unwrap().push(Received { headers, body: String::from_utf8(body.to_vec()).unwrap() });
    axum::http::StatusCode::NO_CONTENT
}

fn at(offset: &AtomicI64) -> Timestamp {
    Timestamp::from_millis(SystemClock.now().millis() + offset.load(Ordering::SeqCst))
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A port that stays free between two processes: below those that the system gives to connections and to listeners that
/// take any, and far from those of another test program.
async fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() * 97 % 10_000).unwrap();
    loop {
        let at = (first + NEXT.fetch_add(1, Ordering::SeqCst) % 10_000) % 10_000;
        if TcpListener::bind(("127.0.0.1", 20_000 + at)).await.is_ok() {
            return 20_000 + at;
        }
    }
}

/// A proxy before `upstream`; its address.
async fn before(side: Side, upstream: SocketAddr, plan: &Plan, served: &mut JoinSet<()>) -> String {
    let listener = listener().await;
    let address = format!("http://{}", listener.local_addr().unwrap());
    served.spawn(proxy::serve(listener, side, upstream, plan.clone()));
    address
}
