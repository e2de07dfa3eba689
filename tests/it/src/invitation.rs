//! Invitations: from the mail to the enterprise that is ready, and every way in which they end before.

mod code;
mod expiry;
mod language;
mod life;
mod reminder;
mod screens;

use onboarding_sandbox::mailbox::Mail;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE};

use crate::world::{Answer, World, send};

/// Whom invitations go to.
pub(crate) const ADMIN: &str = "Grace.Adams@contoso.example";

impl World {
    /// An enterprise with SMS alone, which is pinned to Contoso's tenant, so that it needs two of Microsoft's screens.
    pub(crate) async fn contoso_with(&self, changes: Value) -> Answer {
        let mut body = json!({"enterpriseName": "Contoso Ltd", "pbxId": [], "sbcGateways": [], "services": ["SMS"],
                              "expectedTenant": CONTOSO.id});
        body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        self.provider(Method::POST, "/v1/enterprises", Some(&body)).await
    }

    pub(crate) async fn texting(&self, name: &str) -> u64 {
        let made = self.contoso_with(json!({"enterpriseName": name})).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json().as_u64().unwrap()
    }

    pub(crate) async fn invite(&self, enterprise: u64, body: &Value) -> Answer {
        self.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/invitations"), Some(body)).await
    }

    /// Invites the administrator; the invitation's id, and the mail.
    pub(crate) async fn invited(&self, enterprise: u64) -> (String, Mail) {
        let made = self.invite(enterprise, &json!({"adminEmail": ADMIN})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.settle().await;
        (made.json()["id"].as_str().unwrap().to_owned(), self.newest_mail())
    }

    pub(crate) fn newest_mail(&self) -> Mail {
        self.sandbox.mailbox().messages().pop().unwrap()
    }

    pub(crate) async fn invitations(&self, enterprise: u64) -> Vec<Value> {
        let listed = self.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/invitations"), None).await;
        assert_eq!(listed.status, 200, "{}", listed.text);
        listed.json()["items"].as_array().unwrap().clone()
    }

    pub(crate) async fn status_of(&self, enterprise: u64, invitation: &str) -> String {
        let listed = self.invitations(enterprise).await;
        let one = listed.iter().find(|one| one["id"] == invitation).unwrap();
        one["status"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn ask_invitation(&self, invitation: &str, what: &str) -> Answer {
        self.provider(Method::POST, &format!("/v1/invitations/{invitation}/{what}"), Some(&json!({}))).await
    }

    pub(crate) async fn status_of_enterprise(&self, enterprise: u64) -> Value {
        self.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json()["status"].take()
    }

    /// How often the audit trail of `enterprise` says `action`.
    pub(crate) async fn facts_of(&self, enterprise: u64, action: &str) -> usize {
        let read = self.provider(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}&limit=100"), None).await;
        read.json()["items"].as_array().unwrap().iter().filter(|row| row["action"] == action).count()
    }

    /// Sends `code` to `link` from a browser without a cookie.
    pub(crate) async fn type_code(&self, link: &str, code: &str) -> Answer {
        send(self.http.post(link).form(&[("code", code)])).await
    }

    /// Opens the link in `visitor`, types the code, and does at Microsoft what Grace does who accepts everything; the page of ours
    /// on which that ends.
    pub(crate) async fn accept_first(&self, visitor: &mut Visitor, mail: &Mail) -> Page {
        let page = visitor.open(&link_in(mail)).await.unwrap();
        let typed = page.form().unwrap().fill("code", &code_in(mail)).press("Complete").unwrap();
        let page = visitor.submit(typed).await.unwrap();
        self.accept_at_microsoft(visitor, page, &GRACE).await
    }
}

/// What a mail says is its link; both parts say the same.
pub(crate) fn link_in(mail: &Mail) -> String {
    let line = mail.text.lines().find(|line| line.contains("/start/")).unwrap_or_else(|| panic!("{}", mail.text));
    assert!(mail.html.contains(&format!("href=\"{line}\"")), "{}", mail.html);
    line.to_owned()
}

/// What a mail says is its code; both parts say the same.
pub(crate) fn code_in(mail: &Mail) -> String {
    let line = mail.text.lines().find_map(|line| line.strip_prefix("Invitation Code: "));
    let code = line.unwrap_or_else(|| panic!("{}", mail.text)).to_owned();
    assert!(mail.html.contains(&code), "{}", mail.html);
    code
}

/// The same page, whatever its reference.
pub(crate) fn told(answer: &Answer) -> (u16, String) {
    let reference = answer.header("x-request-id").to_owned();
    (answer.status.as_u16(), answer.text.replace(&reference, "REFERENCE"))
}
