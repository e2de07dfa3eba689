//! The stage: the real program in a process of its own at `LOG_LEVEL=DEBUG`, and everything that it speaks to behind
//! taps.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use onboarding_core::time::{Clock as _, SystemClock};
use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use simulated_microsoft::{AppRegistration, Person, SimulatedMicrosoft};
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::scan::{Kind, Scan};
use crate::tap::{Tap, serve_dynamodb};
use crate::world::{Answer, Decision, secrets_manager, send};

/// Our application at the simulated Microsoft.
pub(crate) const CLIENT_ID: &str = "0a4db0a2-d100-4a4a-8b8b-0000000ca9a1";

/// A further registration of ours, and the one action that it asks for.
const FURTHER_CLIENT: &str = "0a4db0a2-d100-4a4a-8b8b-0000000ca9a2";
pub(crate) const FURTHER_ACTION: &str = "GET_PRESENCE_CONSENT";

/// The program and what is around it.
pub(crate) struct Stage {
    pub(crate) api: Tap,
    pub(crate) dynamodb: Tap,
    pub(crate) secrets: Tap,
    pub(crate) entra: Tap,
    pub(crate) receiver: Tap,
    pub(crate) microsoft: SimulatedMicrosoft,
    pub(crate) ready: Value,
    /// What the program itself says, on standard error and after the ready line on standard output.
    said: [Arc<Mutex<Vec<u8>>>; 2],
    pub(crate) scan: Mutex<Scan>,
    /// The enterprises whose provider was given Microsoft's own tokens.
    pub(crate) raw: Mutex<BTreeSet<u64>>,
    pub(crate) rows: String,
    child: Child,
    pub(crate) http: Client,
    advanced: Arc<AtomicI64>,
    _secrets: SimulatedSecretsManager,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let (api, dynamodb, secrets) = (Tap::open().await, Tap::open().await, Tap::open().await);
        let (entra, receiver) = (Tap::open().await, Tap::open().await);
        let rows = serve_dynamodb().await;
        dynamodb.leads_to(&rows);
        let listener = listener().await;
        let secrets_manager = SimulatedSecretsManager::start(listener, None).unwrap();
        secrets.leads_to(&secrets_manager.endpoint());
        let mut scan = Scan::default();
        // With the characters of Entra's own secrets, and some that need escapes.
        let client_secret = format!("{}~.-_+/=&%<\"", random_text());
        scan.canary(Kind::ClientSecret, client_secret.as_str());
        let advanced = Arc::new(AtomicI64::new(0));
        let microsoft = simulate_microsoft(&entra, &api, &client_secret, &advanced).await;
        let mut child = Command::new(program().await)
            .args(["serve", "--port", "0", "--ephemeral", "--json", "--no-sweep", "--allow-insecure-redirects"])
            .env("LOG_LEVEL", "DEBUG")
            .env("RUST_BACKTRACE", "full")
            .env("CLIENT_ID", CLIENT_ID)
            .env("CLIENT_SECRET", &client_secret)
            .env("APPLICATION_CLIENTS", json!({ FURTHER_ACTION: FURTHER_CLIENT }).to_string())
            .env("PUBLIC_BASE_URL", api.url())
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url())
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url())
            .env("AUTHORITY_HOST", entra.url().replace("127.0.0.1", "localhost"))
            .env("GRAPH_ENDPOINT", entra.url().replace("127.0.0.1", "localhost"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = [Arc::default(), Arc::default()];
        listen(child.stderr.take().unwrap(), &said[0]);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        listen(stdout, &said[1]);
        let ready: Value = serde_json::from_str(&line).unwrap();
        api.leads_to(ready["api"].as_str().unwrap());
        let http = onboarding_microsoft::http::client().unwrap();
        let stage = Self {
            api,
            dynamodb,
            secrets,
            entra,
            receiver,
            microsoft,
            ready,
            said,
            scan: Mutex::new(scan),
            raw: Mutex::default(),
            rows,
            child,
            http,
            advanced,
            _secrets: secrets_manager,
        };
        stage.canary(Kind::OperatorKey, secret_of(stage.text("operatorKey")));
        stage.canary(Kind::ResellerKey, secret_of(stage.text("resellerKey")));
        stage
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    pub(crate) fn canary(&self, kind: Kind, secret: impl Into<Vec<u8>>) {
        self.scan.lock().unwrap().canary(kind, secret);
    }

    /// A fresh text of which nothing may ever be seen again.
    pub(crate) fn stray(&self) -> String {
        let text = format!("stray-{}", random_text());
        self.canary(Kind::Stray, text.as_str());
        text
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api.url()))
    }

    /// A call as the demo provider.
    pub(crate) async fn provider(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let call = self.call(method, path).bearer_auth(self.text("resellerKey"));
        send(body.iter().fold(call, RequestBuilder::json)).await
    }

    pub(crate) async fn operator(&self, path: &str, body: Value) -> Answer {
        send(self.call(Method::POST, path).bearer_auth(self.text("operatorKey")).json(&body)).await
    }

    pub(crate) async fn enterprise(&self, changes: Value) -> u64 {
        let mut body = json!({"enterpriseName": random_text(), "pbxId": [1234], "sbcGateways": [5678],
                              "services": ["PBX"], "expectedTenant": simulated_microsoft::CONTOSO.id});
        body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        let made = self.provider(Method::POST, "/v1/enterprises", Some(body)).await;
        made.json().as_u64().unwrap_or_else(|| panic!("{}", made.text))
    }

    pub(crate) fn wish(&self, enterprise: u64) -> Value {
        let hook = format!("{}/hook", self.receiver.url());
        json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": hook})
    }

    pub(crate) async fn link(&self, enterprise: u64) -> String {
        let made = self.provider(Method::POST, "/v1/enterprises/action-url", Some(self.wish(enterprise))).await;
        made.json().as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// A link for application permissions.
    pub(crate) async fn user_sync_link(&self, enterprise: u64) -> String {
        self.link_of(enterprise, "GET_USER_SYNC_CONSENT").await
    }

    pub(crate) async fn link_of(&self, enterprise: u64, action: &str) -> String {
        let mut wish = self.wish(enterprise);
        wish["actionType"] = json!(action);
        let made = self.provider(Method::POST, "/v1/enterprises/action-url", Some(wish)).await;
        made.json().as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// Microsoft gets to know the further registration, with the secret that the program has made for it.
    pub(crate) async fn register_the_further_client(&self) {
        let asked = json!({"SecretId": format!("onboarding/sandbox/client-secret/{FURTHER_CLIENT}")});
        let kept = secrets_manager(&self.http, &self.secrets.url(), "GetSecretValue", &asked).await;
        let client_secret = kept["SecretString"].as_str().unwrap().to_owned();
        self.canary(Kind::ClientSecret, client_secret.as_str());
        let own = self.microsoft.registration(CLIENT_ID).unwrap();
        let client_id = FURTHER_CLIENT.to_owned();
        self.microsoft.register(AppRegistration { client_id, client_secret, certificates: Vec::new(), ..own });
    }

    /// Puts a credential in the place of ours, and lets the program notice.
    pub(crate) async fn put_credential(&self, text: &str) {
        let put = json!({"SecretId": "onboarding/sandbox/client-secret", "SecretString": text});
        secrets_manager(&self.http, &self.secrets.url(), "PutSecretValue", &put).await;
        self.pass(301).await;
    }

    /// A link for a new enterprise that is pinned to Contoso's tenant.
    pub(crate) async fn fresh_link(&self) -> String {
        self.link(self.enterprise(json!({})).await).await
    }

    /// As far as Microsoft's answer to us; none if Microsoft keeps the person.
    pub(crate) async fn answer(&self, link: &str, person: &Person, decision: Decision) -> Option<Form> {
        crate::world::answer_of_microsoft(link, person, decision).await.ok()
    }

    pub(crate) async fn post(&self, form: Form) -> Page {
        Visitor::new().unwrap().submit(form.press("Continue").unwrap()).await.unwrap()
    }

    /// The whole way; the page of ours at its end, if it got so far.
    pub(crate) async fn visit(&self, link: &str, person: &Person, decision: Decision) -> Option<Page> {
        let form = self.answer(link, person, decision).await?;
        Some(self.post(form).await)
    }

    /// Moves every clock, and lets everything happen that is due then.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.advanced.fetch_add(seconds, Ordering::SeqCst);
        self.operator("/sandbox/clock", json!({ "advanceSeconds": seconds })).await;
        // A tick ends when everything that it began has, which takes its time where everything breaks.
        let tick = self.call(Method::POST, "/sandbox/tick").bearer_auth(self.text("operatorKey")).json(&json!({}));
        send(tick.timeout(std::time::Duration::from_mins(2))).await;
    }

    /// Ends the program: what it said on standard error, and on standard output after the ready line.
    pub(crate) async fn end(&mut self) -> [Vec<u8>; 2] {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().await.unwrap().success());
        self.child.wait().await.unwrap();
        // The pipes end with the program; their readers need a moment.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        [&self.said[0], &self.said[1]].map(|said| said.lock().unwrap().clone())
    }
}

/// Random enough to be found nowhere by chance.
pub(crate) fn random_text() -> String {
    use onboarding_core::random::{Random, SystemRandomness};
    onboarding_core::secret::hex(&(&SystemRandomness::new() as &dyn Random).bytes::<16>())
}

/// The secret part of an API key.
pub(crate) fn secret_of(key: &str) -> &str {
    key.rsplit('_').next().unwrap()
}

/// The program as it is now: built if it is not.
async fn program() -> String {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--quiet", "--package", "onboarding-sandbox", "--message-format=json"]);
    // What cargo tells this test about its own package would make build scripts run anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|own| text.starts_with(own)) {
            build.env_remove(&name);
        }
    }
    let made = build.output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).unwrap();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = messages.filter_map(|message| message["executable"].as_str().map(str::to_owned)).next_back();
    executable.unwrap()
}

async fn listener() -> tokio::net::TcpListener {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A Microsoft behind `entra`, whose clock goes with the program's.
async fn simulate_microsoft(
    entra: &Tap,
    api: &Tap,
    client_secret: &str,
    advanced: &Arc<AtomicI64>,
) -> SimulatedMicrosoft {
    let listener = listener().await;
    entra.leads_to(&format!("http://{}", listener.local_addr().unwrap()));
    let advanced = Arc::clone(advanced);
    let now = move || {
        let millis = SystemClock.now().millis() + advanced.load(Ordering::SeqCst) * 1_000;
        chrono::DateTime::from_timestamp_millis(millis).unwrap()
    };
    let options = simulated_microsoft::Options {
        client_id: CLIENT_ID.to_owned(),
        client_secret: client_secret.to_owned(),
        certificates: Vec::new(),
        redirect_uris: ["handleResponse", "adminConsent"].map(|at| format!("{}/restricted/{at}", api.url())).to_vec(),
        state_file: None,
        now: Arc::new(now),
    };
    SimulatedMicrosoft::start(listener, entra.url().replace("127.0.0.1", "localhost"), options).unwrap()
}

fn listen(mut pipe: impl tokio::io::AsyncRead + Unpin + Send + 'static, said: &Arc<Mutex<Vec<u8>>>) {
    let said = Arc::clone(said);
    tokio::spawn(async move {
        let mut part = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut part).await {
            said.lock().unwrap().extend_from_slice(&part[..read]);
        }
    });
}
