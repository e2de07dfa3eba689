//! The world of a test: a sandbox in memory, a provider's developer, and a customer's administrator.

use onboarding_core::credential::{ApiKey, Environment, KeyOwner};
use onboarding_core::id::ResellerId;
use onboarding_sandbox::visitor::{Page, Visitor};
use onboarding_sandbox::{Form, Options, Sandbox, Submission};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use simulated_microsoft::{Person, SimulatedMicrosoft};

/// A sandbox, and a client without cookies, proxies or redirects.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
}

/// A provider that a test has made.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) id: ResellerId,
    pub(crate) key: String,
    pub(crate) webhook_secret: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The problem's code, and the pointers and codes of its faults.
    pub(crate) fn problem(&self) -> (u16, String, Vec<(String, String)>) {
        let problem = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        let faults = faults.iter().map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect();
        (self.status.as_u16(), text(&problem["code"]), faults)
    }
}

impl World {
    /// A world in which only ticks move what is due.
    pub(crate) async fn new() -> Self {
        Self::with(Options { sweep: false, insecure_redirects: true, ..Options::default() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options).await.unwrap(), http: onboarding_microsoft::http::client().unwrap() }
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.api()))
    }

    /// Calls as the provider's developer.
    pub(crate) async fn provider(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.as_holder_of(self.sandbox.reseller_key(), method, path, body).await
    }

    pub(crate) async fn operator(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.as_holder_of(self.sandbox.operator_key(), method, path, body).await
    }

    pub(crate) async fn as_holder_of(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let call = self.call(method, path).bearer_auth(key);
        send(match body {
            Some(body) => call.json(body),
            None => call,
        })
        .await
    }

    /// A body of `POST /v1/enterprises` that is right, with changes.
    pub(crate) async fn enterprise_body(&self, changes: Value) -> Value {
        let gateways = self.provider(Method::GET, "/v1/sbc-gateways", None).await.json();
        let types = self.provider(Method::GET, "/v1/pbx-types", None).await.json();
        let enabled = types.as_array().unwrap().iter().find(|kind| kind["isDisabled"] == false).unwrap();
        let mut body = json!({
            "enterpriseName": "Contoso Ltd",
            "pbxId": [enabled["id"]],
            "sbcGateways": [gateways[0]["sbcGatewayId"]],
            "services": ["PBX"],
        });
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    }

    /// A new enterprise with these changes; its number.
    pub(crate) async fn enterprise(&self, changes: Value) -> u64 {
        let body = self.enterprise_body(changes).await;
        let made = self.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json().as_u64().unwrap()
    }

    /// An enterprise that is pinned to Contoso's tenant.
    pub(crate) async fn contoso(&self) -> u64 {
        self.enterprise(json!({ "expectedTenant": simulated_microsoft::CONTOSO.id })).await
    }

    /// The same, under another name.
    pub(crate) async fn contoso_named(&self, name: &str) -> u64 {
        self.enterprise(json!({ "enterpriseName": name, "expectedTenant": simulated_microsoft::CONTOSO.id })).await
    }

    /// Where webhooks of this world are caught.
    pub(crate) fn hook(&self) -> String {
        self.sandbox.webhooks().url()
    }

    /// A registration link of `enterprise`.
    pub(crate) async fn registration_url(&self, enterprise: u64) -> String {
        let body = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": self.hook()});
        let made = self.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json().as_str().unwrap().to_owned()
    }

    /// The action item `action` of `enterprise`.
    pub(crate) async fn action(&self, enterprise: u64, action: &str) -> Value {
        let listed = self.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await.json();
        let items = listed["items"].as_array().unwrap();
        items.iter().find(|item| item["actionType"] == action).cloned().unwrap_or(Value::Null)
    }

    /// State word and problem code of the registration of `enterprise`.
    pub(crate) async fn registration(&self, enterprise: u64) -> (String, Option<String>) {
        self.standing(enterprise, "REGISTRATION").await
    }

    /// State word and problem code of `action` of `enterprise`.
    pub(crate) async fn standing(&self, enterprise: u64, action: &str) -> (String, Option<String>) {
        let item = self.action(enterprise, action).await;
        let code = item["problem"]["code"].as_str().map(str::to_owned);
        (item["status"].as_str().unwrap_or_default().to_owned(), code)
    }
}

/// Sends and reads.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
}

/// One call of the Secrets Manager at `address`, by hand.
pub(crate) async fn secrets_manager(http: &Client, address: &str, operation: &str, body: &Value) -> Value {
    let call = http.post(address).body(body.to_string());
    let call = call
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("secretsmanager.{operation}"))
        .header("authorization", "AWS4-HMAC-SHA256 Credential=k/20261122/eu-west-1/secretsmanager/aws4_request");
    let answer = send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Where a sign-in ended.
#[derive(Debug)]
pub(crate) enum Landed {
    /// On a page of ours, after Microsoft's form was posted to us.
    Ours(Page),
    /// On a page of Microsoft's that leads nowhere.
    Microsofts(Page),
}

impl Landed {
    pub(crate) fn ours(self) -> Page {
        match self {
            Self::Ours(page) => page,
            Self::Microsofts(page) => panic!("stayed at Microsoft: {}", page.text()),
        }
    }
}

/// What a person does on Microsoft's consent screen, should there be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    ForTheOrganization,
    ForMyself,
    Cancel,
}

/// Opens `link` as `person` and goes as far as Microsoft's answer to us: the form that it wants posted.
pub(crate) async fn answer_of_microsoft(link: &str, person: &Person, decision: Decision) -> Result<Form, Page> {
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(link).await.unwrap();
    go_through(&mut visitor, page, person, decision).await
}

/// The same from a page of Microsoft's, in a browser of one's own.
pub(crate) async fn go_through(
    visitor: &mut Visitor,
    mut page: Page,
    person: &Person,
    decision: Decision,
) -> Result<Form, Page> {
    loop {
        let Some(form) = page.form() else { return Err(page) };
        if form.action().path() == "/restricted/handleResponse" {
            return Ok(form);
        }
        let pressed =
            if form.action().path() == "/simulated/sign-in" { form.press(person.name) } else { decide(form, decision) };
        let pressed = pressed.unwrap_or_else(|| panic!("{} cannot do so: {}", person.name, page.text()));
        page = visitor.submit(pressed).await.unwrap();
    }
}

impl World {
    /// As [`answer_of_microsoft`].
    pub(crate) async fn answer_of_microsoft(
        &self,
        link: &str,
        person: &Person,
        decision: Decision,
    ) -> Result<Form, Page> {
        answer_of_microsoft(link, person, decision).await
    }

    /// The whole way of a person with a link, to the page that it ends on.
    pub(crate) async fn visit(&self, link: &str, person: &Person, decision: Decision) -> Landed {
        match self.answer_of_microsoft(link, person, decision).await {
            Ok(form) => Landed::Ours(self.post(form).await),
            Err(page) => Landed::Microsofts(page),
        }
    }

    /// Posts Microsoft's answer to us, as a browser does.
    pub(crate) async fn post(&self, form: Form) -> Page {
        let mut visitor = Visitor::new().unwrap();
        visitor.submit(form.press("Continue").unwrap()).await.unwrap()
    }

    /// The bodies of the outcomes that were posted so far, every one with a good signature.
    pub(crate) fn outcomes(&self) -> Vec<Value> {
        let caught = self.sandbox.webhooks().messages();
        assert!(caught.iter().all(|caught| caught.verified), "{caught:?}");
        caught.iter().map(|caught| serde_json::from_str(&caught.body).unwrap()).collect()
    }

    /// The one outcome that was posted: its word and its problem's code.
    pub(crate) async fn outcome(&self) -> (String, Option<String>) {
        self.settle().await;
        let outcomes = self.outcomes();
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
        let code = outcomes[0]["problem"]["code"].as_str().map(str::to_owned);
        (outcomes[0]["outcome"].as_str().unwrap().to_owned(), code)
    }

    /// Lets everything happen that is due now.
    pub(crate) async fn settle(&self) {
        self.sandbox.tick().await.unwrap();
        self.sandbox.tick().await.unwrap();
    }

    /// Moves the clock and lets everything happen that is due then.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.sandbox.clock().advance(seconds);
        self.settle().await;
    }

    /// Another provider, whose outcomes may go to this world's receiver.
    pub(crate) async fn other_provider(&self) -> Provider {
        let body = json!({"name": "Other", "redirectHosts": ["127.0.0.1"]});
        let made = self.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
        let id = made["id"].as_u64().unwrap().try_into().unwrap();
        let path = format!("/v1/resellers/{id}/keys");
        let key = self.operator(Method::POST, &path, Some(&json!({}))).await.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Provider { id, key: text(&key["key"]), webhook_secret: text(&made["webhookSecret"]) }
    }

    /// An enterprise of `provider` that is pinned to Contoso's tenant, and a registration link for it.
    pub(crate) async fn contoso_of(&self, provider: &Provider) -> (u64, String) {
        self.enterprise_of(provider, "Theirs").await
    }

    /// A registration link for one more enterprise of `provider`.
    pub(crate) async fn link_of(&self, provider: &Provider, name: &str) -> String {
        self.enterprise_of(provider, name).await.1
    }

    pub(crate) async fn enterprise_of(&self, provider: &Provider, name: &str) -> (u64, String) {
        let body = json!({"enterpriseName": name, "pbxId": [], "sbcGateways": [], "services": ["SMS"],
                          "expectedTenant": simulated_microsoft::CONTOSO.id});
        let made = self.as_holder_of(&provider.key, Method::POST, "/v1/enterprises", Some(&body)).await;
        let enterprise = made.json().as_u64().unwrap();
        let body = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": self.hook()});
        let link = self.as_holder_of(&provider.key, Method::POST, "/v1/enterprises/action-url", Some(&body)).await;
        (enterprise, link.json().as_str().unwrap().to_owned())
    }

    pub(crate) fn microsoft(&self) -> &SimulatedMicrosoft {
        self.sandbox.microsoft().unwrap()
    }

    /// One call of Secrets Manager, by hand.
    pub(crate) async fn secrets_manager(&self, operation: &str, body: &Value) -> Value {
        secrets_manager(&self.http, &self.sandbox.ready().secrets, operation, body).await
    }

    /// How often the token endpoint was called.
    pub(crate) fn token_calls(&self) -> u64 {
        self.microsoft().call_counts().get("token").copied().unwrap_or_default()
    }

    /// The demo provider's number.
    pub(crate) fn reseller_id(&self) -> ResellerId {
        let key = ApiKey::parse(self.sandbox.reseller_key(), Environment::Test).unwrap();
        match key.id().owner() {
            KeyOwner::Reseller(id) => id,
            KeyOwner::Operator => panic!("the provider's key is the operator's"),
        }
    }
}

fn decide(form: Form, decision: Decision) -> Option<Submission> {
    match decision {
        Decision::ForTheOrganization => form.tick("organization")?.press("Accept"),
        Decision::ForMyself => form.press("Accept"),
        Decision::Cancel => form.press("Cancel"),
    }
}
