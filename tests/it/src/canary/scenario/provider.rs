//! What a provider's and the operator's programs do besides: lists, lookups, edits, what the tenant lacks, tasks, resets, and webhooks
//! that are sent again.

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, TEAMS_ADMINISTRATOR};

use super::EVERYBODY;
use crate::admin_consent::visit;
use crate::canary::scan::Kind;
use crate::canary::stage::{Stage, random_text};
use crate::world::send;

const MANAGED: &str = "canResellerManageEnterpriseProvisioning";

impl Stage {
    /// A call that does what it is there for.
    async fn does(&self, method: Method, path: &str, body: Option<Value>) -> String {
        let answer = self.provider(method, path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.text
    }
}

/// Everything that is listed or looked up, by whoever may.
pub(crate) async fn lists(stage: &Stage) {
    for path in ["sbc-gateways", "pbx-types", "enterprises", "capabilities", "permissions"] {
        stage.does(Method::GET, &format!("/v1/{path}"), None).await;
    }
    for path in ["/v1/resellers", "/v1/resellers/54/keys"] {
        let read = send(stage.call(Method::GET, path).bearer_auth(stage.text("operatorKey"))).await;
        assert_eq!(read.status, 200, "{path}: {}", read.text);
    }
    for path in ["/permissions", "/healthz", "/openapi.json"] {
        assert_eq!(send(stage.call(Method::GET, path)).await.status, 200, "{path}");
    }
}

/// An enterprise that is edited, stopped and started again.
pub(crate) async fn edits(stage: &Stage) {
    let enterprise = stage.enterprise(json!({})).await;
    let address = format!("{}@contoso.example", random_text());
    stage.canary(Kind::MailAddress, address.as_str());
    let of = |tail: &str| format!("/v1/enterprises/{enterprise}{tail}");
    let edit = stage.call(Method::PATCH, &of("")).bearer_auth(stage.text("resellerKey")).header("if-match", "*");
    let edited = send(edit.json(&json!({ "enterpriseAdminEmail": address }))).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    stage.does(Method::POST, &of("/disable"), None).await;
    stage.does(Method::POST, &of("/enable"), None).await;
}

/// A sign-in whose handles come back: the tenant gets what it lacks, the management consent is granted, tasks may be done; and a
/// consent is reset.
pub(crate) async fn management(stage: &Stage) {
    stage.microsoft.reset();
    stage.microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let enterprise = stage.enterprise(json!({ MANAGED: true })).await;
    stage.visit(&stage.link(enterprise).await, &GRACE, EVERYBODY).await;
    stage.pass(1).await;
    let told: Value = serde_json::from_slice(&stage.receiver.seen().pop().unwrap().request).unwrap();
    let result = &told["msalAuthenticationResult"]["authenticationResult"];
    let sign_in = json!({ "authenticationResult": result });
    stage.does(Method::POST, "/v1/provisioning/tenant-admin-api", Some(sign_in.clone())).await;
    let body = json!({"authenticationResult": result, "resellerId": 54, "tenantId": CONTOSO.id});
    stage.does(Method::POST, "/v1/provisioning/management-consent", Some(body)).await;
    let of = |tail: &str| format!("/v1/enterprises/{enterprise}{tail}");
    stage.does(Method::POST, &of("/authorize-task"), Some(json!({ "task": "direct_routing.setup" }))).await;
    assert!(visit(&stage.user_sync_link(enterprise).await, "Accept").await.text().contains("Granted Consent"));
    stage.does(Method::POST, &of("/actions/GET_USER_SYNC_CONSENT/reset"), None).await;
}

/// A webhook that is a test, the list of all, and one that is sent again.
pub(crate) async fn webhooks(stage: &Stage) {
    let hook = format!("{}/hook", stage.receiver.url());
    stage.does(Method::POST, "/v1/webhooks/test", Some(json!({ "redirectUrl": hook }))).await;
    stage.pass(6).await;
    let listed: Value = serde_json::from_str(&stage.does(Method::GET, "/v1/webhooks/deliveries", None).await).unwrap();
    let first = listed["items"][0]["id"].as_str().unwrap();
    stage.does(Method::POST, &format!("/v1/webhooks/deliveries/{first}/redeliver"), None).await;
    stage.pass(6).await;
}
