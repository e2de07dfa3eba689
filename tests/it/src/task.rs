//! Tasks: who may do what in an enterprise.

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, TEAMS_ADMINISTRATOR};

use crate::admin_consent::granted;
use crate::world::{Answer, Decision, World, send};

const MANAGED: &str = "canResellerManageEnterpriseProvisioning";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const DELEGATED: [&str; 8] = [
    "direct_routing.setup",
    "voice_routes.setup",
    "users.sync",
    "calling.enable",
    "calling.disable",
    "users.setup",
    "users.bulk_setup",
    "valet.edit_account",
];

impl World {
    async fn may(&self, enterprise: u64, task: &str) -> Answer {
        let path = format!("/v1/enterprises/{enterprise}/authorize-task");
        self.provider(Method::POST, &path, Some(&json!({ "task": task }))).await
    }

    /// An enterprise of Contoso's tenant with these fields.
    async fn of_contoso(&self, mut fields: Value) -> u64 {
        fields["expectedTenant"] = json!(CONTOSO.id);
        self.enterprise(fields).await
    }

    /// Opens a start page, and presses its button, which must lead to Microsoft; what the page says.
    async fn leads_on(&self, address: &str) -> String {
        let page = send(self.http.get(address)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let pressed = send(self.http.post(address)).await;
        assert_eq!(pressed.status, 303, "{}\n{}", page.text, pressed.text);
        assert!(
            pressed.header("location").starts_with(&self.sandbox.ready().microsoft),
            "{}",
            pressed.header("location")
        );
        page.text
    }

    /// Has Contoso's administrator register `enterprise` and grant the management consent.
    async fn management_is_granted(&self, enterprise: u64) {
        self.visit(&self.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
        self.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
        let link = self.link_for(enterprise, MANAGEMENT).await;
        self.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        assert_eq!(self.standing(enterprise, MANAGEMENT).await, granted());
    }
}

fn refused(answer: &Answer) -> (u16, String) {
    let (status, code, _) = answer.problem();
    (status, code)
}

/// R010-R017, R022 A delegated task is refused before the consent, with what to ask for, and allowed after it; nothing new
/// is asked of the customer.
#[tokio::test]
async fn delegated_tasks_need_the_management_consent() {
    let world = World::new().await;
    let services = json!({"services": ["PBX", "CALLAPP"], MANAGED: true});
    let enterprise = world.of_contoso(services).await;
    for task in DELEGATED {
        let before = world.may(enterprise, task).await;
        assert_eq!(refused(&before), (403, "consent_required".to_owned()), "{task}");
        assert_eq!(before.json()["nextAction"], "getActionItemUrl");
        let page = send(world.http.get(before.json()["actionUrl"].as_str().unwrap())).await;
        assert!(page.text.contains("Allow Management by Service Provider"), "{task}: {}", page.text);
    }
    world.management_is_granted(enterprise).await;
    world.settle().await;
    let items = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await.text;
    for task in DELEGATED {
        let after = world.may(enterprise, task).await;
        assert_eq!((after.status.as_u16(), after.json()), (200, json!({"task": task, "allowed": true})));
    }
    let then = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await.text;
    assert_eq!(items, then);
}

/// R019, R020, R021 What is never delegated is refused even with the consent.
#[tokio::test]
async fn some_tasks_are_never_delegated() {
    let world = World::new().await;
    let enterprise = world.of_contoso(json!({"services": ["PBX", "CALLAPP"], MANAGED: true})).await;
    world.management_is_granted(enterprise).await;
    for (task, asked) in [("valet.configure", "Sign in"), ("apps.sync", "Sign in"), ("permissions.grant", "Presence")] {
        let answer = world.may(enterprise, task).await;
        assert_eq!(refused(&answer), (403, "enterprise_admin_required".to_owned()), "{task}");
        let page = send(world.http.get(answer.json()["actionUrl"].as_str().unwrap())).await;
        assert!(page.text.contains(asked), "{task}: {}", page.text);
    }
}

/// R010, R019, R020, R021 Every address that is handed out for the administrator leads to Microsoft, whether the tenant is known,
/// expected or bound; and what would lead nowhere is not handed out.
#[tokio::test]
async fn every_address_for_an_administrator_leads_on() {
    let world = World::new().await;
    let services = json!({"services": ["PBX", "CALLAPP"]});
    let named = |name: &str, tenant: Value| {
        let mut fields = services.clone();
        (fields["enterpriseName"], fields["expectedTenant"]) = (json!(name), tenant);
        fields
    };
    let fresh = world.enterprise(named("Fresh", Value::Null)).await;
    let expected = world.enterprise(named("Expected", json!(CONTOSO.id))).await;
    let domain = world.enterprise(named("By its domain", json!(CONTOSO.domain))).await;
    let bound = world.enterprise(named("Bound", json!(CONTOSO.id))).await;
    world.visit(&world.registration_url(bound).await, &GRACE, Decision::ForTheOrganization).await.ours();
    for (enterprise, is_bound) in [(fresh, false), (expected, false), (domain, false), (bound, true)] {
        for task in ["users.sync", "apps.sync", "permissions.grant"] {
            let refused = world.may(enterprise, task).await.json();
            world.leads_on(refused["actionUrl"].as_str().unwrap()).await;
        }
        let links = async |body: Value| {
            world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/links"), Some(&body)).await
        };
        let all = links(json!({ "redirectUrl": world.hook() })).await.json();
        world.leads_on(all["startUrl"].as_str().unwrap()).await;
        let sign_in = links(json!({ "redirectUrl": world.hook(), "actions": ["LOGIN_ENTERPRISE_ADMIN"] })).await;
        if is_bound {
            let text = world.leads_on(sign_in.json()["startUrl"].as_str().unwrap()).await;
            assert!(!text.contains("Consent on behalf"), "nothing is to be ticked: {text}");
        } else {
            assert_eq!(refused(&sign_in), (409, "tenant_not_known".to_owned()));
            let path = format!("/v1/enterprises/{enterprise}/links?dryRun=true");
            let preview = json!({ "actions": ["LOGIN_ENTERPRISE_ADMIN"] });
            let preview = world.provider(Method::POST, &path, Some(&preview)).await;
            assert_eq!(refused(&preview), refused(&sign_in), "a preview shows no link that cannot be made");
            assert!(sign_in.text.contains("is not bound"), "{}", sign_in.text);
        }
    }
}

/// R018, R101 A task of a service that is not there, or of users where they are not set up, says so.
#[tokio::test]
async fn a_task_needs_its_service_and_its_users() {
    let world = World::new().await;
    let without = json!({"services": ["SMS"], "userProvisioningEnabled": false, MANAGED: true});
    let enterprise = world.of_contoso(without).await;
    world.management_is_granted(enterprise).await;
    let calling = world.may(enterprise, "calling.enable").await;
    assert_eq!(refused(&calling), (409, "service_not_enabled".to_owned()));
    assert_eq!(calling.json()["detail"], "The task needs PBX or Trunk or CALLAPP, which the enterprise does not have.");
    for task in ["users.setup", "users.bulk_setup"] {
        assert_eq!(refused(&world.may(enterprise, task).await), (409, "user_provisioning_disabled".to_owned()));
    }
    assert_eq!(world.may(enterprise, "users.sync").await.status, 200);
    world.edit(enterprise, json!({"userProvisioningEnabled": true})).await;
    assert_eq!(world.may(enterprise, "users.setup").await.status, 200);
}

/// R154 Call records are read where accessSipData says so, which it does not by itself.
#[tokio::test]
async fn call_records_are_read_where_they_are_shared() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["accessSipData"], false);
    assert_eq!(refused(&world.may(enterprise, "cdrs.read").await), (403, "sip_data_not_shared".to_owned()));
    world.edit(enterprise, json!({"accessSipData": true})).await;
    assert_eq!(world.may(enterprise, "cdrs.read").await.json()["allowed"], true);
    world.edit(enterprise, json!({"accessSipData": null})).await;
    assert_eq!(world.may(enterprise, "cdrs.read").await.status, 403);
}

/// R168 Nothing is allowed in a disabled enterprise; what it has stays, and is there again when it goes on.
#[tokio::test]
async fn a_disabled_enterprise_has_no_tasks() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"accessSipData": true, "userLimit": 7})).await;
    let path = format!("/v1/enterprises/{enterprise}");
    let before = world.provider(Method::GET, &path, None).await;
    world.provider(Method::POST, &format!("{path}/disable"), None).await;
    assert_eq!(refused(&world.may(enterprise, "cdrs.read").await), (409, "enterprise_disabled".to_owned()));
    let mut disabled = world.provider(Method::GET, &path, None).await.json();
    assert_eq!(disabled["status"].take(), "disabled");
    let mut kept = before.json();
    kept["status"].take();
    assert_eq!(disabled, kept);
    world.provider(Method::POST, &format!("{path}/enable"), None).await;
    assert_eq!(world.provider(Method::GET, &path, None).await.text, before.text);
    assert_eq!(world.may(enterprise, "cdrs.read").await.status, 200);
}

/// R002, R007 Once it is granted, the management consent shows when it was asked for, by ticking it or by making a link,
/// when it was granted, and by whom; and it cannot be withdrawn.
#[tokio::test]
async fn a_granted_management_consent_is_shown_and_kept() {
    let world = World::new().await;
    for ticked in [true, false] {
        let enterprise = world.of_contoso(json!({"enterpriseName": format!("Ticked {ticked}"), MANAGED: ticked})).await;
        let path = format!("/v1/enterprises/{enterprise}");
        let consent = async || world.provider(Method::GET, &path, None).await.json()["managementConsent"].clone();
        let asked = consent().await;
        assert_eq!((asked["requestedAt"].is_string(), &asked["grantedAt"]), (ticked, &Value::Null));
        world.sandbox.clock().advance(60);
        world.management_is_granted(enterprise).await;
        let shown = consent().await;
        assert_eq!((&shown["status"], &shown["grantedBy"]), (&json!("granted"), &json!(GRACE.upn)));
        assert_eq!(shown["lastVerifiedAt"], shown["grantedAt"]);
        let instant = |field: &str| shown[field].as_str().unwrap().to_owned();
        assert!(instant("requestedAt") < instant("grantedAt"), "{shown}");
        assert!(!ticked || shown["requestedAt"] == asked["requestedAt"], "{shown}");
        if ticked {
            let call = world.call(Method::PATCH, &path).bearer_auth(world.sandbox.reseller_key());
            let untick = send(call.header("if-match", "*").json(&json!({ MANAGED: false }))).await;
            assert_eq!(refused(&untick), (409, "revoke_required".to_owned()));
            assert_eq!(consent().await, shown);
        }
    }
}

/// A task that nobody knows, and an enterprise of somebody else.
#[tokio::test]
async fn an_unknown_task_is_told_the_known_ones() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let unknown = world.may(enterprise, "coffee.make").await;
    assert_eq!(unknown.problem().2, [("/task".to_owned(), "unknown_task".to_owned())]);
    assert!(unknown.json()["errors"][0]["detail"].as_str().unwrap().contains("cdrs.read"));
    let other = world.other_provider().await;
    let path = format!("/v1/enterprises/{enterprise}/authorize-task");
    let foreign = world.as_holder_of(&other.key, Method::POST, &path, Some(&json!({"task": "cdrs.read"}))).await;
    assert_eq!(foreign.status, 404);
}
