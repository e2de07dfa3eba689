//! What a tenant needs beside its consents, readiness, users and tasks; and a Microsoft that breaks while it is asked.

use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, GRACE, TEAMS_ADMINISTRATOR};

use super::EVERYBODY;
use crate::canary::stage::{Stage, random_text};
use crate::tap::Trouble;
use crate::world::send;

/// Each call, as it should be, and with everything that it asks Microsoft for broken.
pub(crate) async fn calls(stage: &Stage) {
    stage.microsoft.reset();
    stage.microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let enterprise = stage.enterprise(json!({ "canResellerManageEnterpriseProvisioning": true })).await;
    stage.visit(&stage.link(enterprise).await, &GRACE, EVERYBODY).await;
    stage.pass(1).await;
    all(stage, enterprise).await;
    for on in ["/token", "/v1.0/"] {
        for trouble in [Trouble::Quotes(400), Trouble::Quotes(500), Trouble::Breaks] {
            stage.entra.break_where(on, trouble);
            all(stage, enterprise).await;
            stage.entra.heal();
        }
    }
}

async fn all(stage: &Stage, enterprise: u64) {
    let of = |tail: &str| format!("/v1/enterprises/{enterprise}/{tail}");
    for path in [
        format!("/v1/provisioning/o365-user-info?enterpriseId={enterprise}"),
        of("readiness"),
        of("actions"),
        "/v1/action-items".to_owned(),
        format!("/v1/pbx-types?resellerId={}", stage.stray()),
        format!("/diagnose?text={}", stage.stray()),
    ] {
        stage.provider(Method::GET, &path, None).await;
    }
    for (path, body) in [
        ("/v1/provisioning/tenant-admin-api".to_owned(), json!({ "enterpriseId": enterprise })),
        ("/v1/provisioning/management-consent".to_owned(), json!({ "enterpriseId": enterprise })),
        (of("authorize-task"), json!({ "task": "users.sync" })),
        (of("authorize-task"), json!({ "task": stage.stray() })),
    ] {
        stage.provider(Method::POST, &path, Some(body)).await;
    }
    for method in [Method::PUT, Method::DELETE] {
        stage.provider(method, &of(&format!("users/{}", random_text())), None).await;
    }
    let pasted = [("text", format!("AADSTS65001 {}", stage.stray()))];
    send(stage.call(Method::POST, "/diagnose").form(&pasted)).await;
}
