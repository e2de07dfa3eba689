//! Consents that are gone, and consents that one screen granted together.

use onboarding_core::application_client::ApplicationClients;
use onboarding_sandbox::visitor::Visitor;
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, Revocation, TEAMS_ADMINISTRATOR};

use crate::admin_consent::{granted, said, visit};
use crate::link::{query, words};
use crate::world::{Decision, World};

mod watch;

const SYNC: &str = "GET_USER_SYNC_CONSENT";
const PRESENCE: &str = "GET_PRESENCE_CONSENT";
const AGENT: &str = "GET_AGENT_CONSENT";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";

fn pending() -> (String, Option<String>) {
    ("pending_consent".to_owned(), None)
}

fn drifted() -> (String, Option<String>) {
    ("drifted".to_owned(), Some("consent_missing".to_owned()))
}

impl World {
    /// An enterprise of a provider that is told of events, registered in Contoso's tenant.
    pub(crate) async fn with_events(&self) -> (u64, String) {
        let body = json!({"name": "Events", "redirectHosts": ["127.0.0.1"], "eventsUrl": self.hook()});
        let made = self.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
        let path = format!("/v1/resellers/{}/keys", made["id"]);
        let key = self.operator(Method::POST, &path, Some(&json!({}))).await.json()["key"].as_str().unwrap().to_owned();
        let body = json!({"enterpriseName": "Watched", "pbxId": [], "sbcGateways": [], "services": ["SMS"],
                          "expectedTenant": CONTOSO.id});
        let made = self.as_holder_of(&key, Method::POST, "/v1/enterprises", Some(&body)).await;
        (made.json().as_u64().unwrap(), key)
    }

    pub(crate) async fn link_of_holder(&self, key: &str, enterprise: u64, action: &str) -> String {
        self.ask_for(key, enterprise, action).await.json().as_str().unwrap().to_owned()
    }

    async fn standing_of(&self, key: &str, enterprise: u64, action: &str) -> Value {
        let path = format!("/v1/enterprises/{enterprise}/actions");
        let listed = self.as_holder_of(key, Method::GET, &path, None).await.json();
        let items = listed["items"].as_array().unwrap();
        items.iter().find(|item| item["actionType"] == action).map_or(Value::Null, |item| item["status"].clone())
    }

    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let caught = self.sandbox.webhooks().messages();
        let bodies = caught.iter().map(|caught| serde_json::from_str::<Value>(&caught.body).unwrap());
        bodies.filter(|body| body["type"] == kind).collect()
    }
}

/// R134-R136 One screen of a registration grants every action that is asked for, each with its own outcome; what nobody
/// asked for stays so.
#[tokio::test]
async fn one_screen_grants_every_action_that_is_asked_for() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let presence = world.link_for(enterprise, PRESENCE).await;
    visit(&world.link_for(enterprise, SYNC).await, "Accept").await;
    for action in [SYNC, PRESENCE, AGENT] {
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
    }
    for action in ["GET_CDR_CONSENT", "GET_CONTACTS_CONSENT", "GET_CALL_APP_CONSENT"] {
        assert_eq!(world.action(enterprise, action).await, Value::Null, "{action}");
    }
    world.settle().await;
    let mut told: Vec<String> =
        world.outcomes().iter().map(|told| format!("{} {}", told["actionType"], told["outcome"])).collect();
    told.sort_unstable();
    let expected = [AGENT, PRESENCE, SYNC].map(|action| format!("\"{action}\" \"granted\""));
    assert_eq!(told, expected, "each once");
    assert_eq!(world.come_back(&said(&presence, &CONTOSO)).await.status, 303);
    world.settle().await;
    assert_eq!(world.outcomes().len(), 3, "its own link is spent");
}

/// G43 An action whose permissions are not shown is not granted along with another.
#[tokio::test]
async fn what_is_not_shown_is_not_granted_along() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.link_for(enterprise, SYNC).await;
    world.consent(&link, &CONTOSO);
    world.come_back(&said(&link, &CONTOSO)).await;
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
    assert_eq!(world.standing(enterprise, PRESENCE).await, pending());
}

/// R140 A grant that takes an earlier one away is noticed with the same reading, told as one event, and repaired by the
/// link of what is missing.
#[tokio::test]
async fn a_grant_that_wipes_an_earlier_one_is_noticed_and_repaired() {
    let world = World::new().await;
    let (enterprise, key) = world.with_events().await;
    let sync = world.link_of_holder(&key, enterprise, SYNC).await;
    world.consent(&sync, &CONTOSO);
    world.come_back(&said(&sync, &CONTOSO)).await;
    assert_eq!(world.standing_of(&key, enterprise, SYNC).await, "granted");
    world.microsoft().set_wipes(true);
    let link = world.link_of_holder(&key, enterprise, "REGISTRATION").await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing_of(&key, enterprise, "REGISTRATION").await, "granted");
    assert_eq!(world.standing_of(&key, enterprise, SYNC).await, "drifted");
    world.settle().await;
    let events = world.events("action.drifted");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["data"]["enterpriseId"], &events[0]["data"]["actionType"]),
        (&json!(enterprise), &json!(SYNC))
    );
    assert!(events[0]["timestamp"].is_string(), "{events:?}");
    visit(&world.link_of_holder(&key, enterprise, SYNC).await, "Accept").await;
    for action in ["REGISTRATION", SYNC, AGENT] {
        assert_eq!(world.standing_of(&key, enterprise, action).await, "granted", "{action}");
    }
    world.settle().await;
    assert_eq!(world.events("action.drifted").len(), 1);
}

/// R134-R140 With PBX and CALLAPP two screens are enough. Where the second takes away what the first one granted, the reading
/// that proves it notices, each action is told by itself, and the plan of a new start link repairs all of it in one screen; only
/// then is the enterprise ready.
#[tokio::test]
async fn what_a_grant_wipes_is_repaired_by_the_plan() {
    const APPLICATION: [&str; 4] = [SYNC, PRESENCE, AGENT, "GET_CALL_APP_CONSENT"];
    let world = World::new().await;
    let (provider, key) = (format!("/v1/resellers/{}", world.reseller_id()), world.sandbox.reseller_key());
    world.operator(Method::PATCH, &provider, Some(&json!({ "eventsUrl": world.hook() }))).await;
    let enterprise = world.enterprise(json!({"services": ["PBX", "CALLAPP"], "expectedTenant": CONTOSO.id})).await;
    let links = async |suffix: &str, mut body: Value| {
        body["redirectUrl"] = json!(world.hook());
        let path = format!("/v1/enterprises/{enterprise}/links{suffix}");
        let made = world.as_holder_of(key, Method::POST, &path, Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json()
    };
    let go = async |made: &Value| {
        let mut grace = Visitor::new().unwrap();
        let page = grace.open(made["startUrl"].as_str().unwrap()).await.unwrap();
        world.press(&mut grace, page, &GRACE).await
    };
    let stand = async |word: &str| {
        for action in APPLICATION {
            assert_eq!(world.standing_of(key, enterprise, action).await, word, "{action}");
        }
    };
    let told = |kind: &str| {
        let actions = world.events(kind).into_iter().map(|event| event["data"]["actionType"].clone());
        actions.collect::<std::collections::HashSet<_>>()
    };
    let all = APPLICATION.map(|action| json!(action)).into();

    assert_eq!(links("?dryRun=true", json!({})).await["microsoftScreens"], 2);
    go(&links("", json!({ "actions": APPLICATION })).await).await;
    stand("granted").await;
    // The screen of a registration lists its delegated permissions too: without one of them the sign-in asks again.
    let (tenant, client_id) = (CONTOSO.id.to_owned(), Overrides::default().client_id().to_string());
    let permission = Some("User.ReadWrite.All".to_owned());
    assert_eq!(world.microsoft().revoke(&Revocation { tenant, client_id, permission, ..Revocation::default() }), 1);
    world.microsoft().set_wipes(true);
    go(&links("", json!({})).await).await;
    assert_eq!(world.standing_of(key, enterprise, "REGISTRATION").await, "granted");
    stand("drifted").await;
    world.settle().await;
    assert_eq!((told("action.drifted"), world.events("action.drifted").len()), (all, 4));
    assert_eq!(world.events("enterprise.ready"), Vec::<Value>::new());

    world.microsoft().set_wipes(false);
    let plan = links("?dryRun=true", json!({})).await;
    assert_eq!((&plan["microsoftScreens"], &plan["screens"][0]["actions"]), (&json!(1), &json!(APPLICATION)));
    let page = go(&links("", json!({})).await).await;
    assert!(page.text().contains("Nothing is left"), "{}", page.text());
    stand("granted").await;
    assert_eq!(world.standing_of(key, enterprise, "REGISTRATION").await, "granted");
    world.settle().await;
    assert_eq!((told("action.recovered"), world.events("action.recovered").len()), (told("action.drifted"), 4));
    assert_eq!(world.events("enterprise.ready").len(), 1);
}

/// What was granted by a sign-in is asked for again with the next one, so that nothing is lost; what is lost otherwise is
/// noticed by a reading of our own too.
#[tokio::test]
async fn a_later_sign_in_asks_for_the_earlier_grant_again() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.microsoft().set_wipes(true);
    let link = world.link_for(enterprise, MANAGEMENT).await;
    assert!(words(&query(&link)["scope"]).contains("User.ReadWrite.All"));
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.registration(enterprise).await, granted());
    world.microsoft().set_wipes(false);
    let (tenant, client_id) = (CONTOSO.id.to_owned(), query(&link)["client_id"].clone());
    let permission = Some("User.ReadWrite.All".to_owned());
    assert_eq!(world.microsoft().revoke(&Revocation { tenant, client_id, permission, ..Revocation::default() }), 1);
    let sync = world.link_for(enterprise, SYNC).await;
    world.consent(&sync, &CONTOSO);
    world.come_back(&said(&sync, &CONTOSO)).await;
    assert_eq!(world.registration(enterprise).await, drifted());
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
}

/// What nobody may read, and what is left of a loss, is not destroyed by our own next link: it is asked for again, and nothing that
/// the tenant took away is.
#[tokio::test]
async fn what_may_be_granted_is_asked_for_again() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let lose = |permission: &str| {
        let (tenant, client_id) = (CONTOSO.id.to_owned(), Overrides::default().client_id().to_string());
        let permission = Some(permission.to_owned());
        assert_eq!(world.microsoft().revoke(&Revocation { tenant, client_id, permission, ..Revocation::default() }), 1);
    };
    visit(&world.link_for(enterprise, SYNC).await, "Accept").await;
    lose("Directory.Read.All");
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.microsoft().set_wipes(true);
    for _ in 0..2 {
        world.pass(12 * 3_600).await;
    }
    assert_eq!(world.registration(enterprise).await.0, "unverifiable");
    let body = json!({ "actions": [MANAGEMENT] });
    let path = format!("/v1/enterprises/{enterprise}/links?dryRun=true");
    let plan = world.provider(Method::POST, &path, Some(&body)).await.json();
    assert_eq!(plan["screens"][0]["grantedBefore"], json!(["REGISTRATION"]), "{plan}");
    let link = world.link_for(enterprise, MANAGEMENT).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.registration(enterprise).await, granted(), "the same sign-in shows it");

    lose("User.ReadWrite.All");
    let reset = format!("/v1/enterprises/{enterprise}/actions/{MANAGEMENT}/reset");
    assert_eq!(world.provider(Method::POST, &reset, None).await.status, 200);
    world.microsoft().set_wipes(false);
    let sync = world.link_for(enterprise, SYNC).await;
    world.consent(&sync, &CONTOSO);
    world.come_back(&said(&sync, &CONTOSO)).await;
    assert_eq!(world.registration(enterprise).await, drifted());
    let link = world.link_for(enterprise, MANAGEMENT).await;
    let scopes = words(&query(&link)["scope"]);
    assert!(scopes.contains("TeamsAppInstallation.ReadWriteForUser"), "{scopes:?}");
    assert!(!scopes.contains("User.ReadWrite.All"), "{scopes:?}");
}

/// Actions of a further registration have a screen of their own, and are read by the one that may read.
#[tokio::test]
async fn a_further_registration_has_a_screen_of_its_own() {
    let (own, other) = (Overrides::default().client_id(), "11111111-2222-4333-8444-555555555555");
    let map = json!({PRESENCE: other}).to_string();
    let overrides =
        Overrides { application_clients: ApplicationClients::parse(&map, own).ok(), ..Overrides::default() };
    let world = World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
    let enterprise = world.contoso().await;
    let (sync, presence) = (world.link_for(enterprise, SYNC).await, world.link_for(enterprise, PRESENCE).await);
    assert_eq!(query(&presence)["client_id"], other);
    assert_eq!(query(&sync)["client_id"], own.to_string());
    let page = visit(&presence, "Accept").await;
    assert!(page.text().contains("Pending Consent"), "nobody may read it yet: {}", page.text());
    visit(&sync, "Accept").await;
    for action in [SYNC, AGENT] {
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
    }
    world.pass(10).await;
    assert_eq!(world.standing(enterprise, PRESENCE).await, granted());
}
