//! Connections to Partner Center: both steps, the test, looks, losses and the end; the wrong people; everything in between broken.

use onboarding_sandbox::visitor::Page;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, End, GINA, IGOR, OSCAR, Person, TESS, WANDA, WINGTIP};

use super::fault;
use crate::canary::stage::Stage;
use crate::partner_center::{CONNECTIONS, try_to_go};
use crate::tap::Trouble;
use crate::world::{Answer, World, send};

const DAY: i64 = 24 * 3_600;

impl Stage {
    async fn connection(&self) -> String {
        let made = self.provider(Method::POST, CONNECTIONS, Some(World::connection_body())).await;
        made.json()["id"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    async fn on_connection(&self, id: &str, what: &str) -> Answer {
        self.provider(Method::POST, &format!("{CONNECTIONS}/{id}/{what}"), None).await
    }

    async fn step_link(&self, id: &str, step: &str) -> String {
        let made = self.on_connection(id, &format!("{step}-consent-link")).await;
        made.json()["url"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// A person goes all the way with a fresh link to a step.
    async fn go(&self, id: &str, step: &str, person: &Person) -> Page {
        try_to_go(&self.step_link(id, step).await, person).await.unwrap()
    }

    async fn ready_connection(&self) -> String {
        let id = self.connection().await;
        self.go(&id, "admin", &WANDA).await;
        self.go(&id, "user", &IGOR).await;
        let tested = self.on_connection(&id, "finalize").await;
        assert_eq!((tested.status.as_u16(), &tested.json()["status"]), (200, &json!("ready")), "{}", tested.text);
        id
    }

    async fn reads(&self, id: &str) {
        for tail in ["", "/health", "/checklist"] {
            self.provider(Method::GET, &format!("{CONNECTIONS}/{id}{tail}"), None).await;
        }
        self.provider(Method::GET, CONNECTIONS, None).await;
    }
}

/// From draft to ready, read in every way; lost, told with the link that mends it, mended by that, and ended.
pub(crate) async fn journey(stage: &Stage) {
    stage.microsoft.reset();
    let heard = stage.call(Method::PATCH, "/v1/resellers/54").bearer_auth(stage.text("operatorKey"));
    let hook = format!("{}/hook", stage.receiver.url());
    assert_eq!(send(heard.json(&json!({ "eventsUrl": hook }))).await.status, 200);
    let id = stage.ready_connection().await;
    stage.reads(&id).await;
    stage.pass(DAY).await;
    stage.microsoft.remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    stage.pass(DAY).await;
    stage.microsoft.add_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    assert!(stage.microsoft.end_sign_ins(&IGOR, End::Revoked) > 0);
    stage.pass(DAY).await;
    stage.reads(&id).await;
    let told = stage.receiver.seen().into_iter().rev().find_map(|told| {
        let event: Value = serde_json::from_slice(&told.request).unwrap();
        (event["type"] == "connection.broken").then(|| event["data"]["link"].as_str().unwrap().to_owned())
    });
    assert_eq!(try_to_go(&told.unwrap(), &IGOR).await.unwrap().status, 200);
    stage.on_connection(&id, "disconnect").await;
    stage.pass(121).await;
    stage.reads(&id).await;
}

/// Whoever is not meant, a sign-in that Microsoft refuses, and callbacks that somebody makes up.
pub(crate) async fn refusals(stage: &Stage) {
    stage.microsoft.reset();
    let id = stage.connection().await;
    for (step, people) in [("admin", [&TESS, &OSCAR]), ("user", [&WANDA, &GINA])] {
        for person in people {
            stage.go(&id, step, person).await;
        }
        stage.go(&id, step, if step == "admin" { &WANDA } else { &OSCAR }).await;
    }
    for code in [90094, 65004, 50076, 53003, 7_000_222] {
        let error = simulated_microsoft::Effect::OauthError { error: "access_denied".to_owned(), code };
        stage.microsoft.set_faults(fault("authorize", error));
        stage.go(&id, "user", &IGOR).await;
    }
    stage.microsoft.set_faults(Vec::new());
    for path in ["/partner-center/user-consent", "/partner-center/admin-consent"] {
        let fields = ["code", "state", "id_token", "error_description"].map(|name| (name, stage.stray()));
        send(stage.call(Method::POST, path).form(&fields)).await;
        let error =
            [("error", "access_denied".to_owned()), ("error_description", stage.stray()), ("state", stage.stray())];
        send(stage.call(Method::POST, path).form(&error)).await;
        send(stage.call(Method::GET, &format!("{path}?tenant={}&state={}", stage.stray(), stage.stray()))).await;
    }
    stage.reads(&id).await;
    for field in ["partnerTenantId", "integrationUser", "billingType", "requiredRoles"] {
        let mut body = World::connection_body();
        body[field] = json!(stage.stray());
        stage.provider(Method::POST, CONNECTIONS, Some(body)).await;
    }
}

/// Microsoft, Partner Center, the secret store and the table break, and quote what they were sent.
pub(crate) async fn troubles(stage: &Stage) {
    stage.microsoft.reset();
    let id = stage.ready_connection().await;
    for on in ["/token", "/v1.0/", "/v1/", "/keys"] {
        for trouble in [Trouble::Quotes(400), Trouble::Quotes(401), Trouble::Quotes(500), Trouble::Breaks] {
            stage.entra.break_where(on, trouble);
            stage.go(&id, "user", &IGOR).await;
            stage.on_connection(&id, "finalize").await;
            stage.entra.heal();
            stage.pass(61).await;
        }
    }
    for on in ["PutSecretValue", "GetSecretValue"] {
        stage.secrets.break_where(on, Trouble::Quotes(500));
        stage.go(&id, "user", &IGOR).await;
        stage.pass(301).await;
        stage.secrets.heal();
        stage.pass(61).await;
    }
    stage.dynamodb.break_where("TransactWriteItems", Trouble::Quotes(400));
    stage.on_connection(&id, "finalize").await;
    stage.dynamodb.heal();
    stage.pass(DAY).await;
    stage.secrets.break_where("DeleteSecret", Trouble::Quotes(500));
    stage.on_connection(&id, "disconnect").await;
    stage.secrets.heal();
    stage.on_connection(&id, "disconnect").await;
}
