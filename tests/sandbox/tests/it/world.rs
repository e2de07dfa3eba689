//! A sandbox of its own for each test, and the journey through it in few words.

use onboarding_sandbox::visitor::{Page, Visitor};
use onboarding_sandbox::{Options, Sandbox};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE};

/// In memory, without a timer, with a receiver that may be reached.
pub(crate) fn options() -> Options {
    Options { sweep: false, insecure_redirects: true, ..Options::default() }
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    reseller_key: String,
    /// A PBX type and a gateway of the provider.
    offers: (u64, u64),
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let reseller_key = sandbox.reseller_key().to_owned();
        Self { sandbox, http: onboarding_microsoft::http::client().unwrap(), reseller_key, offers: (1234, 5678) }
    }

    /// The same world, seen by another provider, made for this.
    pub(crate) async fn seen_by_another_provider(self) -> Self {
        let wanted = json!({"name": "Other Voice", "redirectHosts": ["127.0.0.1"]});
        let reseller: Value = self.as_operator("/v1/resellers", &wanted).await.json().await.unwrap();
        let keys = format!("/v1/resellers/{}/keys", reseller["id"]);
        let key: Value = self.as_operator(&keys, &json!({})).await.json().await.unwrap();
        Self { reseller_key: key["key"].as_str().unwrap().to_owned(), offers: (2001, 6001), ..self }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Response {
        let request = self.http.request(method, format!("{}{path}", self.sandbox.api())).bearer_auth(key);
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await.unwrap()
    }

    pub(crate) async fn as_reseller(&self, path: &str, body: Option<&Value>) -> Response {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        self.call(method, path, &self.reseller_key, body).await
    }

    pub(crate) async fn as_operator(&self, path: &str, body: &Value) -> Response {
        self.call(Method::POST, path, self.sandbox.operator_key(), Some(body)).await
    }

    pub(crate) async fn register(&self, name: &str) -> u64 {
        let (pbx, gateway) = self.offers;
        let body = json!({
            "enterpriseName": name, "pbxId": [pbx], "sbcGateways": [gateway], "services": ["PBX"],
            "expectedTenant": CONTOSO.id
        });
        self.as_reseller("/v1/enterprises", Some(&body)).await.json().await.unwrap()
    }

    pub(crate) async fn link(&self, name: &str) -> String {
        let url = self.sandbox.webhooks().url();
        let body = json!({"actionType": "REGISTRATION", "enterpriseName": name, "redirectUrl": url});
        self.as_reseller("/v1/enterprises/action-url", Some(&body)).await.json().await.unwrap()
    }

    /// Registers an enterprise and has Grace consent for it.
    pub(crate) async fn consented(&self, name: &str) -> u64 {
        let enterprise = self.register(name).await;
        let outcome = consent(&self.link(name).await).await;
        assert!(outcome.text().contains("Granted Consent"), "{}", outcome.text());
        enterprise
    }

    pub(crate) async fn status(&self, enterprise: u64) -> String {
        let actions: Value =
            self.as_reseller(&format!("/v1/enterprises/{enterprise}/actions"), None).await.json().await.unwrap();
        actions["items"][0]["status"].as_str().unwrap().to_owned()
    }
}

/// What Grace sees in the end when she follows `link`; where she has consented before, Microsoft asks no more.
pub(crate) async fn consent(link: &str) -> Page {
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(link).await.unwrap();
    let mut page = grace.submit(page.form().unwrap().press(GRACE.name).unwrap()).await.unwrap();
    let ticked = page.form().unwrap().tick("Consent on behalf");
    if let Some(form) = ticked {
        page = grace.submit(form.press("Accept").unwrap()).await.unwrap();
    }
    grace.submit(page.form().unwrap().press("Continue").unwrap()).await.unwrap()
}
