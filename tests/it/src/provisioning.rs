//! What a tenant needs beside its consents: read live, never guessed.

mod management_consent;
mod tenant_admin_api;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, TEAMS_ADMIN_API};

use crate::admin_consent::visit;
use crate::world::{Answer, World};

const SYNC: &str = "GET_USER_SYNC_CONSENT";

impl World {
    /// An enterprise that is registered, and whose tenant we may read by ourselves.
    async fn readable(&self) -> u64 {
        let enterprise = self.registered().await;
        visit(&self.link_for(enterprise, SYNC).await, "Accept").await;
        self.settle().await;
        enterprise
    }

    async fn user_info(&self, enterprise: u64) -> Answer {
        let path = format!("/v1/provisioning/o365-user-info?enterpriseId={enterprise}");
        self.provider(Method::GET, &path, None).await
    }

    /// A token of this enterprise alone.
    async fn token_of_enterprise(&self, enterprise: u64) -> String {
        let path = format!("/v1/enterprises/{enterprise}/token");
        let made = self.provider(Method::POST, &path, Some(&json!({}))).await.json();
        made["access_token"].as_str().unwrap().to_owned()
    }

    fn fails(&self, what: Effect) {
        self.microsoft().add_fault(Fault { on: "graph".into(), what, times: None });
    }
}

/// R129 The flag is what Graph shows now, by either path, to the provider and to the holder of the enterprise's token.
#[tokio::test]
async fn the_flag_is_read_live() {
    let world = World::new().await;
    let enterprise = world.readable().await;
    let shown = world.user_info(enterprise).await;
    let expected = json!({
        "enterpriseId": enterprise, "tenantId": CONTOSO.id, "displayableId": GRACE.upn, "organization": "Contoso Ltd",
        "officeUserType": "GLOBAL_ADMIN", "companyAdmin": true, "containsTeamsTenantAdminAPI": true,
        "teamsAdministratorActive": true, "skypeAdministratorActive": false,
    });
    assert_eq!((shown.status.as_u16(), shown.json()), (200, expected));
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let token = world.token_of_enterprise(enterprise).await;
    for path in ["/v1/provisioning/o365-user-info", "/provisioning/getO365UserInfo"] {
        let shown = world.as_holder_of(&token, Method::GET, path, None).await;
        assert_eq!(
            (shown.status.as_u16(), &shown.json()["containsTeamsTenantAdminAPI"]),
            (200, &json!(false)),
            "{path}"
        );
    }
}

/// R129 Right after the registration, before any other consent, the tenant is read in the name of whoever registered it, while
/// their sign-in lives; by the enterprise's own token too. It says nothing of a sign-in that is over.
#[tokio::test]
async fn a_registration_alone_lets_the_tenant_be_read() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let shown = world.user_info(enterprise).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let told = shown.json();
    assert_eq!((&told["containsTeamsTenantAdminAPI"], &told["companyAdmin"]), (&json!(true), &json!(true)));
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let token = world.token_of_enterprise(enterprise).await;
    let shown = world.as_holder_of(&token, Method::GET, "/v1/provisioning/o365-user-info", None).await;
    assert_eq!((shown.status.as_u16(), &shown.json()["containsTeamsTenantAdminAPI"]), (200, &json!(false)));
    world.fails(Effect::ResetAfterRequest);
    assert_eq!(world.user_info(enterprise).await.status, 503);
    world.microsoft().set_faults(Vec::new());
    world.sandbox.clock().advance(3_600);
    assert_eq!(world.user_info(enterprise).await.problem(), (409, "unverifiable".to_owned(), vec![]));
}

/// R129 Graph that is down, slow or garbled is a 503, and a tenant that nobody lets us read a 409; never `false`.
#[tokio::test]
async fn what_cannot_be_read_is_never_false() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.sandbox.clock().advance(3_600);
    assert_eq!(world.user_info(enterprise).await.problem(), (409, "unverifiable".to_owned(), vec![]));
    visit(&world.link_for(enterprise, SYNC).await, "Accept").await;
    let status = |status| Effect::Status { status, body: String::new(), headers: BTreeMap::new() };
    for what in [status(503), status(429), Effect::Garbage, Effect::ResetAfterRequest] {
        world.microsoft().set_faults(Vec::new());
        world.fails(what.clone());
        let refused = world.user_info(enterprise).await;
        assert_eq!(refused.problem(), (503, "unavailable".to_owned(), vec![]), "{what:?}");
        assert!(!refused.header("retry-after").is_empty());
    }
    world.microsoft().set_faults(Vec::new());
    for on in ["/servicePrincipals", "/directoryRoles", "/organization"] {
        world.microsoft().add_fault(Fault { on: on.into(), what: status(500), times: Some(1) });
        assert_eq!(world.user_info(enterprise).await.status, 503, "{on}");
    }
    assert_eq!(world.user_info(enterprise).await.json()["containsTeamsTenantAdminAPI"], true);
}

/// R129 A person whose roles cannot be read is not called a plain user.
#[tokio::test]
async fn a_person_who_cannot_be_read_is_unknown() {
    let world = World::new().await;
    let enterprise = world.readable().await;
    let what = Effect::Status { status: 500, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "/users".into(), what, times: Some(1) });
    let shown = world.user_info(enterprise).await.json();
    assert_eq!((&shown["officeUserType"], &shown["companyAdmin"]), (&Value::Null, &Value::Null));
}

/// R129 A provider names the enterprise; one that has no tenant yet is told so.
#[tokio::test]
async fn a_provider_names_the_enterprise() {
    let world = World::new().await;
    let asked = async |query: &str| {
        world.provider(Method::GET, &format!("/v1/provisioning/o365-user-info{query}"), None).await.problem()
    };
    let fault = |code: &str| (422, "invalid_query".to_owned(), vec![("/enterpriseId".to_owned(), code.to_owned())]);
    assert_eq!(asked("").await, fault("required"));
    assert_eq!(asked("?enterpriseId=x").await, fault("out_of_range"));
    assert_eq!(asked("?enterpriseId=1").await, (404, "not_found".to_owned(), vec![]));
    let enterprise = world.contoso().await;
    let unbound = asked(&format!("?enterpriseId={enterprise}")).await;
    assert_eq!(unbound, (409, "tenant_not_known".to_owned(), vec![]));
}
