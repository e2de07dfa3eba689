//! Invitations: the mail with link and code, the code right and wrong, sent again, taken back, and services that break.

use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::CONTOSO;

use crate::canary::scan::Kind;
use crate::canary::stage::{Stage, random_text};
use crate::tap::Trouble;
use crate::world::send;

impl Stage {
    /// An address that only an invitation is for.
    fn admin(&self) -> Value {
        let address = format!("{}@contoso.example", random_text());
        self.canary(Kind::MailAddress, address.as_str());
        json!({ "adminEmail": address })
    }

    async fn uninvited(&self) -> String {
        let enterprise = self.enterprise(json!({ "expectedTenant": CONTOSO.id })).await;
        format!("/v1/enterprises/{enterprise}/invitations")
    }

    /// The path of the page to which the newest mail leads, and its code.
    fn invitation_in_mail(&self) -> (String, String) {
        let mail: Value = serde_json::from_slice(&self.mail.seen().pop().unwrap().request).unwrap();
        let text = mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap();
        let link = text.lines().find_map(|line| line.strip_prefix(&self.api.url())).unwrap_or_else(|| panic!("{text}"));
        let code = text.lines().find_map(|line| line.strip_prefix("Invitation Code: ")).unwrap();
        (link.to_owned(), code.to_owned())
    }
}

/// Invited, listed, sent again, opened by anybody, typed wrong and right, taken back.
pub(crate) async fn journey(stage: &Stage) {
    let invitations = stage.uninvited().await;
    let made = stage.provider(Method::POST, &invitations, Some(stage.admin())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let invitation = format!("/v1/invitations/{}", made.json()["id"].as_str().unwrap());
    stage.pass(1).await;
    let (replaced, former) = stage.invitation_in_mail();
    stage.provider(Method::POST, &format!("{invitation}/resend"), None).await;
    stage.pass(1).await;
    let (path, code) = stage.invitation_in_mail();
    assert_ne!(code, former);
    for path in [&replaced, &path] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::POST] {
            send(stage.call(method, path)).await;
        }
        for code in [&former, &stage.stray(), &code] {
            send(stage.call(Method::POST, path).form(&[("code", code)])).await;
        }
    }
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(&format!("{}{path}", stage.api.url())).await.unwrap();
    visitor.submit(page.form().unwrap().fill("code", &code).press("Complete").unwrap()).await.unwrap();
    stage.provider(Method::GET, &invitations, None).await;
    for _ in 0..2 {
        stage.provider(Method::POST, &format!("{invitation}/revoke"), None).await;
    }
    send(stage.call(Method::POST, &path).form(&[("code", &code)])).await;
    stage.provider(Method::POST, &invitations, Some(stage.admin())).await;
    stage.pass(8 * 24 * 3_600).await;
    stage.provider(Method::GET, &invitations, None).await;
}

/// A mail service, a table and secrets that break, and texts where they do not belong.
pub(crate) async fn troubles(stage: &Stage) {
    let invitations = stage.uninvited().await;
    for trouble in [Trouble::Quotes(400), Trouble::Quotes(500), Trouble::Breaks] {
        stage.mail.break_where("", trouble);
        stage.provider(Method::POST, &invitations, Some(stage.admin())).await;
        stage.pass(1).await;
        stage.mail.heal();
        stage.pass(61).await;
    }
    let made = stage.provider(Method::POST, &invitations, Some(stage.admin())).await;
    let invitation = format!("/v1/invitations/{}", made.json()["id"].as_str().unwrap());
    stage.pass(1).await;
    let (path, code) = stage.invitation_in_mail();
    for operation in ["GetItem", "BatchGetItem", "TransactWriteItems", "UpdateItem", "Query"] {
        for trouble in [Trouble::Quotes(400), Trouble::Breaks] {
            stage.dynamodb.break_where(operation, trouble);
            send(stage.call(Method::GET, &path)).await;
            send(stage.call(Method::POST, &path).form(&[("code", &code)])).await;
            stage.provider(Method::POST, &invitations, Some(stage.admin())).await;
            stage.provider(Method::GET, &invitations, None).await;
            stage.provider(Method::POST, &format!("{invitation}/resend"), None).await;
            stage.dynamodb.heal();
            stage.pass(61).await;
        }
    }
    for body in [json!({ "adminEmail": stage.stray() }), json!({ "x": stage.stray() }), json!([stage.stray()])] {
        stage.provider(Method::POST, &invitations, Some(body)).await;
    }
    for path in [format!("/start/{}", stage.stray()), format!("{path}?x={}", stage.stray())] {
        send(stage.call(Method::POST, &path).form(&[("code", stage.stray())])).await;
        send(stage.call(Method::POST, &path).form(&[("x", stage.stray())])).await;
    }
}
