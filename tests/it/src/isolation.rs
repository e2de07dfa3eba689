//! A permission that Microsoft refuses by name: it stops its own consent and no other, whoever says so.

use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, NADIA, NORTHWIND, TEAMS_ADMIN_API, TEAMS_ADMINISTRATOR};

use crate::admin_consent::{blocked, granted};
use crate::effects::Effects;
use crate::link::{query, words};
use crate::world::{Decision, World, send};

const REGISTRATION: &str = "REGISTRATION";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const APPLICATION: [&str; 2] = ["GET_USER_SYNC_CONSENT", "GET_AGENT_CONSENT"];
const OF_REGISTRATION: &str = "User.ReadWrite.All";
const OF_MANAGEMENT: &str = "RoleManagement.ReadWrite.Directory";

impl World {
    /// Microsoft does not know `scope` any more.
    fn retire(&self, scope: &str) {
        let what = Effect::UnknownScope { scope: scope.to_owned() };
        self.microsoft().set_faults(vec![Fault { on: "authorize".to_owned(), what, times: None }]);
    }

    /// An enterprise with SMS alone, whose management consent is asked for.
    async fn managed(&self, name: &str) -> u64 {
        self.enterprise(json!({
            "enterpriseName": name, "services": ["SMS"], "pbxId": [], "sbcGateways": [],
            "expectedTenant": CONTOSO.id, "canResellerManageEnterpriseProvisioning": true,
        }))
        .await
    }

    /// The screens that are left: what each decides, and what it leaves out.
    async fn screens(&self, enterprise: u64) -> Vec<(Value, Value)> {
        let path = format!("/v1/enterprises/{enterprise}/links?dryRun=true");
        let plan = self.provider(Method::POST, &path, Some(&json!({}))).await.json();
        let screens = plan["screens"].as_array().unwrap().iter();
        screens.map(|screen| (screen["actions"].clone(), screen["leftOut"].clone())).collect()
    }

    /// What is left out for `enterprise`.
    async fn isolated(&self, enterprise: u64) -> Vec<String> {
        let read = self.sandbox.store().enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
        read.isolated.into_iter().collect()
    }

    /// Comes back by `link` with a refusal of `scope`, as whoever holds the link can write it.
    async fn says_unknown(&self, link: &str, scope: &str) -> String {
        let text =
            format!("AADSTS650053: The application asked for scope '{scope}' that doesn't exist on the resource 'x'.");
        let state = query(link)["state"].clone();
        let form = [("state", state.as_str()), ("error", "invalid_client"), ("error_description", text.as_str())];
        let page = send(self.call(Method::POST, "/restricted/handleResponse").form(&form)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.text
    }

    fn told_of(&self, action: &str) -> Vec<Value> {
        self.outcomes().into_iter().filter(|told| told["actionType"] == action).collect()
    }
}

/// R115 Of two consents that share a sign-in the one whose permission Microsoft does not know is blocked, and told with its name;
/// the same start page leads through the others, and to that one at the end, by itself. Once Microsoft knows it, it is granted
/// there.
#[tokio::test]
async fn an_unknown_permission_stops_its_own_consent_alone() {
    let world = World::new().await;
    let enterprise = world.managed("Contoso").await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.retire(OF_MANAGEMENT);
    let mut grace = Visitor::new().unwrap();
    let mut page: Page = grace.open(&world.start_url(enterprise).await).await.unwrap();
    page = world.press(&mut grace, page, &GRACE).await;
    for part in ["Microsoft does not know a permission", OF_MANAGEMENT, "The operator of this service"] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, blocked("scope_refused"));
    assert_eq!(world.registration(enterprise).await, ("started".to_owned(), None));
    let left = [(json!([REGISTRATION]), json!([])), (json!(APPLICATION), json!([])), (json!([MANAGEMENT]), json!([]))];
    assert_eq!(world.screens(enterprise).await, left);
    world.settle().await;
    let told = world.told_of(MANAGEMENT);
    assert_eq!(
        (told.len(), &told[0]["event"], &told[0]["problem"]["who"]),
        (1, &json!("action.blocked"), &json!("operator"))
    );
    assert!(told[0]["problem"]["detail"].as_str().unwrap().contains(OF_MANAGEMENT), "{}", told[0]);
    assert_eq!(world.told_of(REGISTRATION), Vec::<Value>::new());

    for _ in 0..2 {
        page = world.press(&mut grace, page, &GRACE).await;
    }
    assert_eq!(world.registration(enterprise).await, granted());
    for action in APPLICATION {
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
    }
    page = world.press(&mut grace, page, &GRACE).await;
    assert!(page.text().contains(OF_MANAGEMENT), "it is tried by itself: {}", page.text());
    world.microsoft().set_faults(Vec::new());
    world.press(&mut grace, page, &GRACE).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.isolated(enterprise).await, Vec::<String>::new());
}

/// R104-R113 A registration whose permission Microsoft does not know stops no other consent of a tenant that is known; what was
/// granted by it before is not lost, and is asked for again without.
#[tokio::test]
async fn what_is_granted_is_asked_for_again_without() {
    let world = World::new().await;
    let enterprise = world.managed("Contoso").await;
    world.retire(OF_REGISTRATION);
    let link = world.registration_url(enterprise).await;
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert!(page.text().contains(OF_REGISTRATION), "{}", page.text());
    assert_eq!(world.registration(enterprise).await, blocked("scope_refused"));
    let left = [(json!([MANAGEMENT]), json!([])), (json!(APPLICATION), json!([])), (json!([REGISTRATION]), json!([]))];
    assert_eq!(world.screens(enterprise).await, left);
    world.microsoft().set_faults(Vec::new());
    let again = world.registration_url(enterprise).await;
    assert_eq!(words(&query(&again)["scope"]), words(&query(&link)["scope"]), "it needs all of them");
    world.visit(&again, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(world.isolated(enterprise).await, Vec::<String>::new());

    world.retire(OF_REGISTRATION);
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let union = world.link_for(enterprise, MANAGEMENT).await;
    world.visit(&union, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, blocked("scope_refused"));
    assert_eq!(world.registration(enterprise).await, granted(), "what is granted stays so");
    let without = world.link_for(enterprise, MANAGEMENT).await;
    let mut expected = words(&query(&union)["scope"]);
    assert!(expected.remove(OF_REGISTRATION));
    assert_eq!(words(&query(&without)["scope"]), expected);
    world.visit(&without, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.registration(enterprise).await, granted());
}

/// T10, T14 A refusal that somebody has written who holds a link names nothing that the link did not ask for, takes nothing from
/// what is granted, is told once, and leaves every consent in the plan.
#[tokio::test]
async fn a_forged_refusal_takes_nothing_away() {
    let world = World::new().await;
    let enterprise = world.managed("Contoso").await;
    let link = world.registration_url(enterprise).await;
    for scope in [OF_MANAGEMENT, "User.Eat.All", "openid", "<script>", "User.Read.All"] {
        let page = world.says_unknown(&link, scope).await;
        assert!(!page.contains(scope), "{page}");
    }
    assert_eq!(world.isolated(enterprise).await, Vec::<String>::new());
    assert_eq!(world.registration(enterprise).await, blocked("scope_refused"));
    assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "pending_consent");
    world.settle().await;
    assert_eq!(world.told_of(REGISTRATION).len(), 1, "a link tells a code once");
    let fresh = world.registration_url(enterprise).await;
    let before = world.snapshot().await;
    for _ in 0..3 {
        world.says_unknown(&fresh, OF_REGISTRATION).await;
    }
    world.settle().await;
    assert_eq!(world.effects_since(&before).await, Effects::refused());
    assert_eq!(world.isolated(enterprise).await, [OF_REGISTRATION]);
    let planned: Vec<Value> = world.screens(enterprise).await.into_iter().map(|(actions, _)| actions).collect();
    assert_eq!(planned, [json!([MANAGEMENT]), json!(APPLICATION), json!([REGISTRATION])]);
    let (used, other) = (world.registration_url(enterprise).await, world.registration_url(enterprise).await);
    world.visit(&used, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, granted());
    world.says_unknown(&other, OF_REGISTRATION).await;
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(world.isolated(enterprise).await, Vec::<String>::new(), "of what is granted nothing is left out");
}

/// R127, R132, R133 A tenant without the Teams admin API is registered without it, and the flag says so; once the API is
/// provisioned, the next link asks for it, and the flag says that it is granted.
#[tokio::test]
async fn a_tenant_without_the_teams_api_is_registered() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"services": ["SMS"], "expectedTenant": NORTHWIND.id})).await;
    let mut nadia = Visitor::new().unwrap();
    let page = nadia.open(&world.start_url(enterprise).await).await.unwrap();
    let page = world.press(&mut nadia, page, &NADIA).await;
    for part in ["A service is missing in the tenant", TEAMS_ADMIN_API] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert_eq!(world.registration(enterprise).await, blocked("resource_not_in_tenant"));
    let api = format!("{TEAMS_ADMIN_API}/user_impersonation");
    assert_eq!(world.screens(enterprise).await[0], (json!([REGISTRATION]), json!([api])));
    let page = world.press(&mut nadia, page, &NADIA).await;
    assert_eq!(world.registration(enterprise).await, granted());
    assert!(page.text().contains("What is granted") && page.text().contains("User.ReadWrite.All"), "{}", page.text());
    assert!(!page.text().contains("user_impersonation"), "what was left out is not granted: {}", page.text());
    world.settle().await;
    let told = world.told_of(REGISTRATION).pop().unwrap();
    assert_eq!((&told["outcome"], &told["containsTeamsTenantAdminAPI"]), (&json!("granted"), &json!(false)));
    let direct = world.registration_url(enterprise).await;
    assert!(!words(&query(&direct)["scope"]).contains(api.as_str()));

    let result = &told["msalAuthenticationResult"]["authenticationResult"];
    let body = json!({ "authenticationResult": result });
    let made = world.provider(Method::POST, "/v1/provisioning/tenant-admin-api", Some(&body)).await;
    assert_eq!(
        (made.status.as_u16(), &made.json()["containsTeamsTenantAdminAPI"]),
        (200, &json!(true)),
        "{}",
        made.text
    );
    let direct = world.registration_url(enterprise).await;
    assert!(words(&query(&direct)["scope"]).contains(api.as_str()));
    world.visit(&direct, &NADIA, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let told = world.told_of(REGISTRATION).pop().unwrap();
    assert_eq!((&told["outcome"], &told["containsTeamsTenantAdminAPI"]), (&json!("granted"), &json!(true)));
}
