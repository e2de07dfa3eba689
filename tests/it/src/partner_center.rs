//! Connections to Partner Center: two consents in one tenant, by two people.

mod admin_consent;
mod checklist;
mod counted;
mod evidence;
mod health;
mod spent;
mod table;
mod told;
mod tried;
mod upkeep;
mod user_consent;

use onboarding_sandbox::visitor::{Lost, Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{IGOR, Person, WANDA, WINGTIP};

use crate::world::{Answer, World};

pub(crate) const CONNECTIONS: &str = "/v1/partner-center/connections";

impl World {
    /// A body that makes a connection of Wingtip.
    pub(crate) fn connection_body() -> Value {
        json!({"partnerTenantId": WINGTIP.id, "integrationUser": IGOR.upn, "billingType": "direct"})
    }

    /// A new connection of whoever holds `key`, with these changes; its id.
    pub(crate) async fn connection_of(&self, key: &str, changes: Value) -> String {
        let mut body = Self::connection_body();
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        let made = self.as_holder_of(key, Method::POST, CONNECTIONS, Some(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// A new connection of Wingtip; its id.
    async fn connection(&self) -> String {
        self.connection_of(self.sandbox.reseller_key(), json!({})).await
    }

    /// A connection whose first step is done.
    async fn after_step_one(&self) -> String {
        let id = self.connection().await;
        self.consent_as_admin(&id).await;
        id
    }

    /// The connection as its provider reads it.
    pub(crate) async fn read_connection(&self, id: &str) -> Value {
        let read = self.provider(Method::GET, &format!("{CONNECTIONS}/{id}"), None).await;
        assert_eq!(read.status, 200, "{}", read.text);
        read.json()
    }

    /// Does `what` with a connection.
    async fn on_connection(&self, id: &str, what: &str) -> Answer {
        self.provider(Method::POST, &format!("{CONNECTIONS}/{id}/{what}"), None).await
    }

    /// The link of a step.
    async fn step_link(&self, id: &str, step: &str) -> String {
        let made = self.on_connection(id, &format!("{step}-consent-link")).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json()["url"].as_str().unwrap().to_owned()
    }

    /// How it is, seen live.
    pub(crate) async fn health(&self, id: &str) -> Value {
        let read = self.provider(Method::GET, &format!("{CONNECTIONS}/{id}/health"), None).await;
        assert_eq!(read.status, 200, "{}", read.text);
        read.json()
    }

    /// How many refresh tokens the secret store holds.
    async fn tokens_kept(&self) -> usize {
        let listed = self.secrets_manager("ListSecrets", &json!({"MaxResults": 100})).await;
        let secrets = listed["SecretList"].as_array().unwrap().iter();
        secrets.filter(|secret| secret["Name"].as_str().unwrap().contains("/refresh-token/")).count()
    }

    /// The token of a connection, as it is kept.
    async fn token_of_connection(&self, id: &str) -> String {
        let listed = self.secrets_manager("ListSecrets", &json!({"MaxResults": 100})).await;
        let secrets = listed["SecretList"].as_array().unwrap().iter();
        let mut names = secrets.map(|secret| secret["Name"].as_str().unwrap()).filter(|name| name.ends_with(id));
        let name = names.next().unwrap();
        let read = self.secrets_manager("GetSecretValue", &json!({"SecretId": name})).await;
        read["SecretString"].as_str().unwrap().to_owned()
    }

    /// Step one by Wingtip's Global Administrator; the page that it ends on.
    async fn consent_as_admin(&self, id: &str) -> Page {
        let page = go(&self.step_link(id, "admin").await, &WANDA).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }
}

/// The whole way of `person` with the link of a step, accepting whatever Microsoft asks, to the page of ours that it ends
/// on, or to one of Microsoft's that leads nowhere.
async fn go(link: &str, person: &Person) -> Page {
    try_to_go(link, person).await.unwrap()
}

/// The same where somebody on the way may not answer.
pub(crate) async fn try_to_go(link: &str, person: &Person) -> Result<Page, Lost> {
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(link).await?;
    go_on(&mut visitor, page, person).await
}

/// The same from a page of Microsoft's, in a browser of one's own.
async fn go_on(visitor: &mut Visitor, mut page: Page, person: &Person) -> Result<Page, Lost> {
    for _ in 0..10 {
        let Some(form) = page.form() else { return Ok(page) };
        let pressed = ["Continue", person.name, "Accept"].iter().find_map(|button| form.clone().press(button));
        let Some(pressed) = pressed else { return Ok(page) };
        page = visitor.submit(pressed).await?;
    }
    panic!("no end of pages: {}", page.text())
}
