//! The stage: the real program in a process of its own at `LOG_LEVEL=DEBUG`, and everything that it speaks to behind
//! taps.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use onboarding_core::time::{Clock as _, SystemClock};
use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use simulated_microsoft::{AppRegistration, Person, SimulatedMicrosoft};
use simulated_secrets_manager::SimulatedSecretsManager;

use super::scan::{Kind, Scan};
use crate::program::Program;
use crate::tap::{Tap, serve_dynamodb};
use crate::world::{Answer, Decision, secrets_manager, send};

/// Our application at the simulated Microsoft.
pub(crate) const CLIENT_ID: &str = "0a4db0a2-d100-4a4a-8b8b-0000000ca9a1";

/// Where people come back from Microsoft.
const CALLBACKS: [&str; 4] = [
    "/restricted/handleResponse",
    "/restricted/adminConsent",
    "/partner-center/admin-consent",
    "/partner-center/user-consent",
];

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
    /// Before SES.
    pub(crate) mail: Tap,
    pub(crate) microsoft: SimulatedMicrosoft,
    program: Program,
    /// The environment of the program.
    variables: Vec<(&'static str, String)>,
    pub(crate) scan: Mutex<Scan>,
    /// The enterprises whose provider was given Microsoft's own tokens.
    pub(crate) raw: Mutex<BTreeSet<u64>>,
    pub(crate) rows: String,
    pub(crate) http: Client,
    advanced: Arc<AtomicI64>,
    pub(crate) secrets_manager: SimulatedSecretsManager,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let (api, dynamodb, secrets) = (Tap::open().await, Tap::open().await, Tap::open().await);
        let (entra, receiver, mail) = (Tap::open().await, Tap::open().await, Tap::open().await);
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
        let microsoft_at = entra.url().replace("127.0.0.1", "localhost");
        let variables = [
            ("LOG_LEVEL", "DEBUG".to_owned()),
            ("RUST_BACKTRACE", "full".to_owned()),
            ("CLIENT_ID", CLIENT_ID.to_owned()),
            ("CLIENT_SECRET", client_secret),
            ("APPLICATION_CLIENTS", json!({ FURTHER_ACTION: FURTHER_CLIENT }).to_string()),
            ("PUBLIC_BASE_URL", api.url()),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url()),
            ("AWS_ENDPOINT_URL_SESV2", mail.url()),
            ("AUTHORITY_HOST", microsoft_at.clone()),
            ("GRAPH_ENDPOINT", microsoft_at),
        ];
        let program = Program::start(&variables).await;
        api.leads_to(program.text("api"));
        mail.leads_to(&format!("{}/sandbox/ses", program.text("api")));
        let http = onboarding_microsoft::http::client().unwrap();
        let stage = Self {
            api,
            dynamodb,
            secrets,
            entra,
            receiver,
            mail,
            microsoft,
            program,
            variables: variables.into(),
            scan: Mutex::new(scan),
            raw: Mutex::default(),
            rows,
            http,
            advanced,
            secrets_manager,
        };
        stage.canary(Kind::OperatorKey, secret_of(stage.text("operatorKey")));
        stage.canary(Kind::ResellerKey, secret_of(stage.text("resellerKey")));
        stage
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.program.text(field)
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
        self.tick(self.text("api")).await;
    }

    /// Lets everything happen that is due at the process at `api`. That ends when everything that it began has, which takes
    /// its time where everything breaks: longer than the tap before it waits.
    pub(crate) async fn tick(&self, api: &str) {
        let tick = self.http.post(format!("{api}/sandbox/tick")).bearer_auth(self.text("operatorKey"));
        send(tick.json(&json!({})).timeout(std::time::Duration::from_mins(2))).await;
    }

    /// The number of the program's process.
    pub(crate) fn process(&self) -> u32 {
        self.program.id()
    }

    /// One more process of the program, on the same table, secrets and Microsoft.
    pub(crate) async fn another_process(&self) -> Program {
        Program::start(&self.variables).await
    }

    /// Ends the program: what it said on standard error, and on standard output after the ready line.
    pub(crate) async fn end(&mut self) -> [Vec<u8>; 2] {
        self.program.end().await
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
        redirect_uris: CALLBACKS.map(|path| format!("{}{path}", api.url())).to_vec(),
        state_file: None,
        now: Arc::new(now),
    };
    SimulatedMicrosoft::start(listener, entra.url().replace("127.0.0.1", "localhost"), options).unwrap()
}
