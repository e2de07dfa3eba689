//! Action types: which have a link, for which enterprises, and what proves each.

use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, Person, SKYPE_FOR_BUSINESS_ADMINISTRATOR, TEAMS_ADMINISTRATOR, TOM, Tenant};

use crate::admin_consent::{blocked, granted, visit};
use crate::effects::Effects;
use crate::link::{query, words};
use crate::world::{Decision, World};

const LOGIN: &str = "LOGIN_ENTERPRISE_ADMIN";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";

const SERVICES: [&str; 6] = ["PBX", "Trunk", "CALLAPP", "CallRecording", "SMS", "CHAT"];

/// The consents of our application itself, with their consent types.
const APPLICATION: [(&str, &str); 7] = [
    ("GET_USER_SYNC_CONSENT", "UserSync"),
    ("GET_PRESENCE_CONSENT", "Presence"),
    ("GET_AGENT_CONSENT", "Agent"),
    ("GET_CALL_APP_CONSENT", "CallApp"),
    ("GET_CONTACTS_CONSENT", "Contacts"),
    ("GET_CDR_CONSENT", "CDR"),
    ("GET_CALL_RECORDING_CONSENT", "CallRecording"),
];

/// R134-R139 Each consent of our application has its link, is proved by its app roles, and is told.
#[tokio::test]
async fn every_application_consent_is_proved_by_its_app_roles() {
    let world = World::new().await;
    for (action, consent_type) in APPLICATION {
        let changes = json!({"enterpriseName": action, "services": SERVICES,
                             "expectedTenant": simulated_microsoft::CONTOSO.id});
        let enterprise = world.enterprise(changes).await;
        let page = visit(&world.link_for(enterprise, action).await, "Accept").await;
        assert!(page.text().contains("Granted Consent"), "{action}: {}", page.text());
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
        let item = world.action(enterprise, action).await;
        assert_eq!(item["consentType"], consent_type);
    }
    world.settle().await;
    let told = world.outcomes();
    for (action, _) in APPLICATION {
        let of = told.iter().find(|told| told["actionType"] == action);
        assert_eq!(of.map(|told| &told["outcome"]), Some(&json!("granted")), "{action}");
    }
}

/// R137, R139 A consent of a service that the enterprise does not have is not asked for, and nothing is started.
#[tokio::test]
async fn a_consent_of_another_service_does_not_apply() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let before = world.snapshot().await;
    for action in ["GET_CALL_APP_CONSENT", "GET_CALL_RECORDING_CONSENT"] {
        let refused = world.ask_for(world.sandbox.reseller_key(), enterprise, action).await;
        assert_eq!(refused.problem(), (409, "not_applicable".to_owned(), vec![]), "{action}");
        assert_eq!(world.action(enterprise, action).await, Value::Null, "{action}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R138 An action type and a consent type that are no pair are a fault; a pair is taken.
#[tokio::test]
async fn action_type_and_consent_type_are_a_pair() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let ask = async |consent_type: &str| {
        let body = json!({"actionType": "GET_PRESENCE_CONSENT", "consentType": consent_type,
                          "enterpriseId": enterprise, "redirectUrl": world.hook()});
        world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await
    };
    let fault = vec![("/consentType".to_owned(), "consent_type_mismatch".to_owned())];
    assert_eq!(ask("UserSync").await.problem(), (422, "invalid_body".to_owned(), fault));
    assert_eq!(world.standing(enterprise, "GET_PRESENCE_CONSENT").await, ("pending_consent".to_owned(), None));
    assert_eq!(ask("Presence").await.status, 200);
    assert_eq!(world.standing(enterprise, "GET_PRESENCE_CONSENT").await, ("started".to_owned(), None));
}

impl World {
    /// An enterprise that is registered in Contoso's tenant; its outcome is told already.
    pub(crate) async fn registered(&self) -> u64 {
        let enterprise = self.contoso().await;
        self.visit(&self.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
        assert_eq!(self.registration(enterprise).await, granted());
        self.settle().await;
        enterprise
    }

    /// What was told last of `action`.
    fn told(&self, action: &str) -> Value {
        let of = self.outcomes().into_iter().rfind(|told| told["actionType"] == action);
        of.unwrap_or_else(|| panic!("nothing was told of {action}"))
    }

    fn take_role(&self, tenant: &Tenant, person: &Person) {
        self.microsoft().remove_role(tenant, person.oid, &TEAMS_ADMINISTRATOR);
    }
}

/// R130 A sign-in asks for nothing new, shows no consent screen, and tells the flag as it is now.
#[tokio::test]
async fn a_sign_in_asks_for_nothing_and_tells_the_flag() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let link = world.link_for(enterprise, LOGIN).await;
    assert!(link.contains(&format!("/{}/oauth2/v2.0/authorize?", CONTOSO.id)), "{link}");
    let scope = "openid profile Organization.Read.All Directory.AccessAsUser.All";
    assert_eq!(words(&query(&link)["scope"]), words(scope));
    let grants = world.microsoft().granted(CONTOSO.id, &query(&link)["client_id"], GRACE.oid);
    world.visit(&link, &GRACE, Decision::Cancel).await.ours();
    assert_eq!(world.standing(enterprise, LOGIN).await, granted());
    world.settle().await;
    let told = world.told(LOGIN);
    assert_eq!((&told["outcome"], &told["containsTeamsTenantAdminAPI"]), (&json!("granted"), &json!(true)));
    assert_eq!((&told["companyAdmin"], &told["officeUserType"]), (&json!(true), &json!("GLOBAL_ADMIN")));
    assert_eq!(world.microsoft().granted(CONTOSO.id, &query(&link)["client_id"], GRACE.oid), grants);
    let teams = simulated_microsoft::TEAMS_ADMIN_API;
    world.microsoft().remove_service_principal(CONTOSO.id, teams);
    world.visit(&world.link_for(enterprise, LOGIN).await, &GRACE, Decision::Cancel).await.ours();
    world.settle().await;
    assert_eq!(world.told(LOGIN)["containsTeamsTenantAdminAPI"], json!(false), "read anew");
}

/// R130 The start link of a sign-in ends with it: nothing more is asked of whoever has signed in. Another link asks for another
/// sign-in, and takes nothing from the first as long as nobody signs in by it.
#[tokio::test]
async fn the_start_link_of_a_sign_in_ends_with_it() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let link = async || {
        let body = json!({"redirectUrl": world.hook(), "actions": [LOGIN]});
        let made = world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/links"), Some(&body)).await;
        assert_eq!((made.status.as_u16(), &made.json()["microsoftScreens"]), (200, &json!(1)));
        world.sandbox.clock().advance(1);
        made.json()["startUrl"].as_str().unwrap().to_owned()
    };
    let first = link().await;
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&first).await.unwrap();
    let page = world.press(&mut grace, page, &GRACE).await;
    assert!(page.text().contains("You can close this window"), "{}", page.text());
    assert!(!page.text().contains("Continue to"), "{}", page.text());
    let page = grace.open(&first).await.unwrap();
    assert!(!page.text().contains("Continue to"), "{}", page.text());
    world.sandbox.clock().advance(1);
    let second = link().await;
    assert!(grace.open(&second).await.unwrap().text().contains("Continue to"));
    let begun = world.http.post(&second).send().await.unwrap();
    assert_eq!(begun.status(), 303);
    assert!(begun.headers()["location"].to_str().unwrap().contains("/authorize?"), "{begun:?}");
    assert_eq!(world.standing(enterprise, LOGIN).await, granted(), "which it goes on to be");
    let page = grace.open(&second).await.unwrap();
    world.press(&mut grace, page, &GRACE).await;
    assert!(!grace.open(&second).await.unwrap().text().contains("Continue to"));
}

/// R130 A sign-in is of the tenant that the enterprise is bound to, and of an administrator.
#[tokio::test]
async fn a_sign_in_is_of_the_bound_tenant_and_an_administrator() {
    let world = World::new().await;
    let unbound = world.contoso().await;
    let refused = world.ask_for(world.sandbox.reseller_key(), unbound, LOGIN).await;
    assert_eq!(refused.problem(), (409, "tenant_not_known".to_owned(), vec![]));
    let enterprise = world.enterprise(json!({"enterpriseName": "Bound", "expectedTenant": CONTOSO.id})).await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    let page = world.visit(&world.link_for(enterprise, LOGIN).await, &TOM, Decision::Cancel).await.ours();
    assert_eq!(page.status, 403);
    assert_eq!(world.standing(enterprise, LOGIN).await, blocked("admin_role_required"));
}

/// R141 The management consent makes our application a member of the role, keeps what was granted, and is told.
#[tokio::test]
async fn a_management_consent_is_proved_by_membership() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.microsoft().assign_role(&CONTOSO, TOM.oid, &SKYPE_FOR_BUSINESS_ADMINISTRATOR);
    let link = world.link_for(enterprise, MANAGEMENT).await;
    let asked = query(&link)["scope"].clone();
    for scope in ["RoleManagement.ReadWrite.Directory", "Application.Read.All", "User.ReadWrite.All"] {
        assert!(words(&asked).contains(scope), "the union of what is new and what is granted: {asked}");
    }
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    let ours = world.microsoft().service_principal(CONTOSO.id, &query(&link)["client_id"]).unwrap();
    for role in [&TEAMS_ADMINISTRATOR, &SKYPE_FOR_BUSINESS_ADMINISTRATOR] {
        assert!(world.microsoft().holds(&CONTOSO, &ours, role), "{}", role.name);
    }
    world.settle().await;
    assert_eq!(world.told(MANAGEMENT)["outcome"], "granted");
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["managementConsent"]["grantedBy"], GRACE.upn);
}

/// R025-R031 Without the role the admin is told how to assign it, to whom, and that the right is not what is missing;
/// the same link then finishes it.
#[tokio::test]
async fn a_role_that_is_not_ready_says_how_to_make_it_so() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let link = world.link_for(enterprise, MANAGEMENT).await;
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, blocked("teams_admin_role_not_ready"));
    let text = page.text();
    for part in [
        "You are a Global Administrator already",
        GRACE.upn,
        TOM.upn,
        "Roles & admins",
        "Azure AD",
        "Entra",
        "empty",
        "Show more",
        "Add assignments",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let problem = world.action(enterprise, MANAGEMENT).await["problem"].clone();
    assert_eq!((&problem["who"], &problem["retryAfter"]), (&json!("Global Administrator"), &json!(1_800)));
    let client_id = &query(&link)["client_id"];
    let ours = world.microsoft().service_principal(CONTOSO.id, client_id).unwrap();
    assert!(!world.microsoft().holds(&CONTOSO, &ours, &TEAMS_ADMINISTRATOR), "another's role is not used");
    world.take_role(&CONTOSO, &TOM);
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.registration(enterprise).await, granted(), "earlier steps are kept");
}

/// R025, R143 A tenant that never used the role, and one that is not known beforehand.
#[tokio::test]
async fn a_management_consent_changes_no_tenant_that_is_not_known() {
    let world = World::new().await;
    let unknown = world.enterprise(json!({"enterpriseName": "Unknown"})).await;
    let refused = world.ask_for(world.sandbox.reseller_key(), unknown, MANAGEMENT).await;
    assert_eq!(refused.problem(), (409, "tenant_not_known".to_owned(), vec![]));
    let northwind = json!({"enterpriseName": "N", "expectedTenant": simulated_microsoft::NORTHWIND.id});
    let enterprise = world.enterprise(northwind).await;
    let link = world.link_for(enterprise, MANAGEMENT).await;
    world.visit(&link, &simulated_microsoft::NADIA, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, blocked("teams_skype_roles_missing"));
}
