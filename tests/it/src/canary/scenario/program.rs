//! What a provider's and the operator's programs ask for: tokens, keys, answers under an idempotency key, Microsoft's own
//! tokens, an action of a further registration, and the audit trail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, GRACE, Lag};

use super::{EVERYBODY, fault};
use crate::admin_consent::{said, visit};
use crate::canary::stage::{FURTHER_ACTION, Stage, random_text};
use crate::tap::Trouble;
use crate::world::{Answer, send};

impl Stage {
    async fn ask_for_token(&self, id: &str, secret: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        send(self.call(Method::POST, "/oauth/token").form(&form)).await
    }

    /// Calls twice under an idempotency key, and once more for something else; the key is a stray too.
    pub(super) async fn thrice(&self, credential: &str, path: &str, body: &Value) -> Answer {
        let key = self.stray();
        let call = |body: &Value| {
            let call = self.call(Method::POST, path).bearer_auth(credential);
            send(call.header("Idempotency-Key", key.as_str()).json(body))
        };
        let first = call(body).await;
        call(body).await;
        call(&json!({ "x": self.stray() })).await;
        first
    }
}

/// Tokens of a provider and of an enterprise: made, used, refused, quoted, told once.
pub(crate) async fn tokens(stage: &Stage) {
    let key = stage.text("resellerKey").to_owned();
    let id = key.split('_').nth(2).unwrap();
    let enterprise = stage.enterprise(json!({})).await;
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let made = stage.ask_for_token(id, &key).await.json()["access_token"].as_str().unwrap().to_owned();
    let grant = [("grant_type", "client_credentials")];
    send(stage.call(Method::POST, "/oauth/token").header(AUTHORIZATION, basic(id, &key)).form(&grant)).await;
    send(stage.call(Method::POST, "/oauth/token").header(AUTHORIZATION, basic(id, &stage.stray())).form(&grant)).await;
    for (id, secret) in [(stage.stray(), stage.stray()), (id.to_owned(), stage.stray()), (id.to_owned(), made.clone())]
    {
        stage.ask_for_token(&id, &secret).await;
    }
    for (name, value) in [("grant_type", stage.stray()), ("scope", stage.stray()), ("x", stage.stray())] {
        let form = [("client_id", id.to_owned()), ("client_secret", key.clone()), (name, value)];
        send(stage.call(Method::POST, "/oauth/token").form(&form)).await;
    }
    let path = format!("/v1/enterprises/{enterprise}/token");
    for credential in [&key, &made] {
        let of_one = stage.thrice(credential, &path, &json!({})).await;
        let of_one = of_one.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", of_one.text)).to_owned();
        for path in ["/v1/enterprises".to_owned(), format!("/v1/enterprises/{enterprise}"), format!("/v1/x?t={of_one}")]
        {
            send(stage.call(Method::GET, &path).bearer_auth(&of_one)).await;
            send(stage.call(Method::GET, &path).bearer_auth(format!("{of_one}x"))).await;
        }
    }
    for trouble in [Trouble::Quotes(400), Trouble::Quotes(500), Trouble::Breaks] {
        stage.dynamodb.break_where("TransactWriteItems", trouble);
        stage.ask_for_token(id, &key).await;
        stage.provider(Method::POST, &path, Some(json!({}))).await;
        stage.dynamodb.heal();
    }
    stage.pass(3_601).await;
    send(stage.call(Method::GET, "/v1/enterprises").bearer_auth(&made)).await;
}

/// Keys, providers, webhook secrets, enterprises and links under an idempotency key: an answer with a secret is not kept.
pub(crate) async fn under_keys(stage: &Stage) {
    let (operator, key) = (stage.text("operatorKey").to_owned(), stage.text("resellerKey").to_owned());
    let body = json!({"name": random_text(), "redirectHosts": ["127.0.0.1"]});
    let made = stage.thrice(&operator, "/v1/resellers", &body).await.json();
    let reseller = format!("/v1/resellers/{}", made["id"]);
    let new = stage.thrice(&operator, &format!("{reseller}/keys"), &json!({})).await.json();
    stage.thrice(&operator, &format!("{reseller}/webhook-secret"), &json!({})).await;
    let body = json!({"enterpriseName": random_text(), "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX"],
                      "expectedTenant": CONTOSO.id});
    let enterprise = stage.thrice(&key, "/v1/enterprises", &body).await.json().as_u64().unwrap();
    stage.thrice(&key, "/v1/enterprises/action-url", &stage.wish(enterprise)).await;
    let links = json!({"redirectUrl": format!("{}/hook", stage.receiver.url())});
    stage.thrice(&key, &format!("/v1/enterprises/{enterprise}/links"), &links).await;
    let stopped = format!("{reseller}/keys/{}", new["keyId"].as_str().unwrap());
    send(stage.call(Method::DELETE, &stopped).bearer_auth(&operator)).await;
    send(stage.call(Method::GET, "/v1/enterprises").bearer_auth(new["key"].as_str().unwrap())).await;
}

/// A provider that is given Microsoft's tokens themselves: in the body of its webhook, and nowhere else.
pub(crate) async fn raw_tokens(stage: &Stage) {
    let switch = async |mode: &str| {
        let call = stage.call(Method::PATCH, "/v1/resellers/54").bearer_auth(stage.text("operatorKey"));
        let switched = send(call.json(&json!({ "tokenMode": mode }))).await;
        assert_eq!(switched.status, 200, "{}", switched.text);
    };
    switch("raw").await;
    for lag in [Lag::Seconds(0), Lag::Seconds(20)] {
        stage.microsoft.reset();
        stage.microsoft.set_lag(lag);
        let enterprise = stage.enterprise(json!({})).await;
        stage.raw.lock().unwrap().insert(enterprise);
        stage.visit(&stage.link(enterprise).await, &GRACE, EVERYBODY).await;
        for _ in 0..4 {
            stage.pass(10).await;
        }
    }
    stage.microsoft.reset();
    for trouble in [Trouble::Quotes(500), Trouble::Breaks] {
        let enterprise = stage.enterprise(json!({})).await;
        stage.raw.lock().unwrap().insert(enterprise);
        stage.receiver.break_where("", trouble.clone());
        stage.visit(&stage.link(enterprise).await, &GRACE, EVERYBODY).await;
        stage.pass(6).await;
        stage.receiver.heal();
        stage.dynamodb.break_where("UpdateItem", trouble);
        stage.pass(301).await;
        stage.dynamodb.heal();
        stage.pass(301).await;
    }
    switch("handles").await;
}

/// An action of a further registration, which proves itself by a secret of its own.
pub(crate) async fn further_client(stage: &Stage) {
    stage.microsoft.reset();
    stage.register_the_further_client().await;
    let enterprise = stage.enterprise(json!({})).await;
    visit(&stage.user_sync_link(enterprise).await, "Accept").await;
    let link = stage.link_of(enterprise, FURTHER_ACTION).await;
    assert!(visit(&link, "Accept").await.text().contains("Granted Consent"));
    for effect in [Effect::Garbage, Effect::OauthError { error: "invalid_client".to_owned(), code: 7_000_215 }] {
        // Who has lost the reader's consent reads with the further registration's own.
        stage.microsoft.set_faults(fault("token", effect));
        let link = stage.link_of(stage.enterprise(json!({})).await, FURTHER_ACTION).await;
        let back = format!("{}{}?{}", stage.api.url(), crate::admin_consent::CALLBACK, said(&link, &CONTOSO));
        send(stage.http.get(back)).await;
        stage.microsoft.set_faults(Vec::new());
        stage.pass(61).await;
    }
    stage.entra.break_where("/token", Trouble::Quotes(400));
    let link = stage.link_of(stage.enterprise(json!({})).await, FURTHER_ACTION).await;
    visit(&link, "Accept").await;
    stage.entra.heal();
    stage.pass(61).await;
}

/// The audit trail of all that came before: as JSON, as CSV, page by page, of the operator too, and asked for wrongly.
pub(crate) async fn audit(stage: &Stage) {
    for credential in [stage.text("resellerKey"), stage.text("operatorKey")] {
        for format in ["application/json", "text/csv"] {
            let mut path = "/v1/audit?limit=100".to_owned();
            let mut pages = 0;
            loop {
                let read = send(stage.call(Method::GET, &path).bearer_auth(credential).header("accept", format)).await;
                assert_eq!(read.status, 200, "{}", read.text);
                pages += 1;
                let next = match format {
                    "text/csv" => read.header("link").split(['<', '>']).nth(1).map(str::to_owned),
                    _ => read.json()["next"].as_str().map(|next| format!("/v1/audit?limit=100&cursor={next}")),
                };
                let Some(next) = next else { break };
                path = next;
            }
            assert!(pages >= 2 || credential == stage.text("operatorKey"), "{pages} pages");
        }
        for query in ["cursor", "from", "to", "limit", "enterpriseId", "resellerId", "x"] {
            let path = format!("/v1/audit?{query}={}", stage.stray());
            send(stage.call(Method::GET, &path).bearer_auth(credential)).await;
        }
    }
}
