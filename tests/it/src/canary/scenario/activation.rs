//! Activation of a service provider: the mail to its contact, the page that it leads to, and what anybody may send there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::canary::scan::Kind;
use crate::canary::stage::{Stage, random_text};
use crate::tap::Trouble;
use crate::world::{Answer, send};

impl Stage {
    /// An address that only a mail is for.
    fn contact(&self) -> String {
        let address = format!("{}@contact.example", random_text());
        self.canary(Kind::MailAddress, address.as_str());
        address
    }

    /// A provider that waits; its path.
    async fn waiting(&self) -> String {
        let body = json!({"name": random_text(), "redirectHosts": ["127.0.0.1"], "contactEmail": self.contact()});
        let made = self.operator("/v1/resellers", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        format!("/v1/resellers/{}", made.json()["id"])
    }

    /// The path of the page to which the newest mail leads.
    fn activation_path(&self) -> String {
        let mail: Value = serde_json::from_slice(&self.mail.seen().pop().unwrap().request).unwrap();
        let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap();
        let link = text.lines().find_map(|line| line.strip_prefix(&self.api.url())).unwrap_or_else(|| panic!("{text}"));
        link.to_owned()
    }

    async fn read_as_operator(&self, path: &str) -> Answer {
        send(self.call(Method::GET, path).bearer_auth(self.text("operatorKey"))).await
    }
}

/// Mailed twice, opened by anybody, pressed on another site, pressed, pressed again; with the link that was replaced too.
pub(crate) async fn journey(stage: &Stage) {
    let operator = stage.text("operatorKey").to_owned();
    let provider = stage.waiting().await;
    stage.pass(1).await;
    let replaced = stage.activation_path();
    let body = json!({ "contactEmail": stage.contact() });
    stage.thrice(&operator, &format!("{provider}/activation-mail"), &body).await;
    stage.pass(1).await;
    let path = stage.activation_path();
    assert_ne!(path, replaced);
    assert!(stage.read_as_operator(&provider).await.text.contains("\"sent\""));
    for path in [&replaced, &path] {
        for method in [Method::GET, Method::HEAD, Method::GET, Method::PUT] {
            send(stage.call(method, path)).await;
        }
        send(stage.call(Method::POST, path).header("sec-fetch-site", "cross-site")).await;
        for _ in 0..2 {
            send(stage.call(Method::POST, path)).await;
        }
    }
    let page = send(stage.call(Method::GET, &path)).await;
    assert!(page.text.contains("The account is active"), "{}", page.text);
    stage.read_as_operator(&provider).await;
    stage.operator(&format!("{provider}/activation-mail"), json!({ "contactEmail": stage.contact() })).await;
}

/// A mail service that quotes, breaks off or is gone, a table that does, and texts where they do not belong.
pub(crate) async fn troubles(stage: &Stage) {
    for trouble in
        [Trouble::Quotes(400), Trouble::Quotes(429), Trouble::Quotes(500), Trouble::Status(503), Trouble::Breaks]
    {
        stage.mail.break_where("", trouble);
        let provider = stage.waiting().await;
        stage.pass(1).await;
        stage.read_as_operator(&provider).await;
        stage.mail.heal();
        stage.pass(61).await;
        stage.read_as_operator(&provider).await;
    }
    let provider = stage.waiting().await;
    stage.pass(1).await;
    let path = stage.activation_path();
    let again = format!("{provider}/activation-mail");
    for operation in ["GetItem", "BatchGetItem", "TransactWriteItems", "UpdateItem"] {
        for trouble in [Trouble::Quotes(400), Trouble::Breaks] {
            stage.dynamodb.break_where(operation, trouble);
            send(stage.call(Method::GET, &path)).await;
            send(stage.call(Method::POST, &path)).await;
            stage.operator(&again, json!({ "contactEmail": stage.contact() })).await;
            stage.dynamodb.heal();
            stage.pass(61).await;
        }
    }
    stage.secrets.break_where("secretsmanager.", Trouble::Quotes(400));
    stage.pass(3_600).await;
    stage.operator(&again, json!({ "contactEmail": stage.contact() })).await;
    stage.secrets.heal();
    stage.pass(61).await;
    for body in [json!({ "contactEmail": stage.stray() }), json!({ "x": stage.stray() }), json!([stage.stray()])] {
        stage.operator(&again, body).await;
    }
    for path in [
        format!("/activate/{}", stage.stray()),
        format!("{path}{}", stage.stray()),
        format!("{path}?x={}", stage.stray()),
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
            send(stage.call(method, &path).header("cookie", stage.stray())).await;
        }
    }
    stage.pass(15 * 24 * 3_600).await;
    send(stage.call(Method::GET, &path)).await;
    send(stage.call(Method::POST, &path)).await;
}
