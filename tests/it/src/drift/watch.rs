//! The drift watch: what is gone from a tenant is noticed within twelve hours, told once with a link for just that, and told
//! once more when it is back.

use std::collections::{BTreeMap, BTreeSet};

use onboarding_core::action::ActionType;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::audit::Occasion;
use onboarding_core::consent::Context;
use onboarding_core::permission::GRAPH;
use onboarding_core::proof::Organization;
use onboarding_core::proof::application::{self, AppRole, View};
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::consent::Recorded;
use onboarding_sandbox::visitor::Visitor;
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{
    CONTOSO, Consent, Effect, FABRIKAM, Fault, GRACE, Revocation, SKYPE_FOR_BUSINESS_ADMINISTRATOR, TEAMS_ADMINISTRATOR,
};

use super::{AGENT, MANAGEMENT, PRESENCE, SYNC};
use crate::admin_consent::{PERMISSIONS, filed, said, visit};
use crate::link::{query, words};
use crate::world::{Decision, World, send};

mod domain;
mod mended;
mod role;
mod unreadable;

/// K17: how long a loss may go unnoticed.
const HALF_A_DAY: i64 = 12 * 3_600;
const REGISTRATION: &str = "REGISTRATION";
const OTHER_CLIENT: &str = "11111111-2222-4333-8444-555555555555";

/// An enterprise of a provider that is told of events, with its mandatory actions granted.
struct Watched {
    world: World,
    enterprise: u64,
    key: String,
}

impl Watched {
    async fn new() -> Self {
        Self::in_world(World::new().await).await
    }

    async fn in_world(world: World) -> Self {
        let watched = Self::registered(world).await;
        visit(&watched.link(SYNC).await, "Accept").await;
        watched.stand(&[(REGISTRATION, "granted"), (SYNC, "granted"), (AGENT, "granted")]).await;
        watched
    }

    /// The same with its registration alone.
    async fn registered(world: World) -> Self {
        let (enterprise, key) = world.with_events().await;
        let watched = Self { world, enterprise, key };
        let link = watched.link(REGISTRATION).await;
        watched.world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        watched
    }

    async fn link(&self, action: &str) -> String {
        self.world.link_of_holder(&self.key, self.enterprise, action).await
    }

    /// The provider expects this tenant from now on, by its domain or its id.
    async fn expect(&self, tenant: &str) {
        let call = self.world.call(Method::PATCH, &format!("/v1/enterprises/{}", self.enterprise));
        let call = call.bearer_auth(&self.key).header("if-match", "*");
        let edited = send(call.json(&json!({ "expectedTenant": tenant }))).await;
        assert_eq!(edited.status, 200, "{}", edited.text);
    }

    async fn stand(&self, expected: &[(&str, &str)]) {
        for (action, word) in expected {
            let standing = self.world.standing_of(&self.key, self.enterprise, action).await;
            assert_eq!(standing, *word, "{action}");
        }
    }

    /// Half a day passes, with one tick at its end.
    async fn pass(&self) {
        self.world.sandbox.clock().advance(HALF_A_DAY);
        self.world.sandbox.tick().await.unwrap();
    }

    /// Type, action and whole `data` of every event of an action so far.
    fn told(&self) -> Vec<(String, String, Value)> {
        let caught = self.world.sandbox.webhooks().messages();
        let bodies = caught.iter().map(|caught| serde_json::from_str::<Value>(&caught.body).unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let events = bodies.filter(|body| body["data"]["actionType"].is_string());
        events.map(|body| (text(&body["type"]), text(&body["data"]["actionType"]), body["data"].clone())).collect()
    }

    /// The same in short, sorted.
    fn events(&self) -> Vec<String> {
        let mut events: Vec<String> =
            self.told().into_iter().map(|(kind, action, _)| format!("{kind} {action}")).collect();
        events.sort_unstable();
        events
    }

    fn client() -> String {
        Overrides::default().client_id().to_string()
    }

    /// Takes one permission away, whatever its kind.
    fn revoke(&self, permission: &str) {
        let (tenant, client_id, permission) = (CONTOSO.id.to_owned(), Self::client(), Some(permission.to_owned()));
        let revocation = Revocation { tenant, client_id, permission, ..Revocation::default() };
        assert_eq!(self.world.microsoft().revoke(&revocation), 1);
    }

    /// Grants them in the tenant, without us.
    fn restore(&self, delegated: &[&str], application: &[&str]) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (delegated, application) = (names(delegated), names(application));
        let (tenant, client_id) = (CONTOSO.id.to_owned(), Self::client());
        let consent = Consent { tenant, client_id, delegated, application, ..Consent::default() };
        self.world.microsoft().grant(&consent).unwrap();
    }

    fn fault(&self, on: &str, status: u16) {
        let what = Effect::Status { status, body: String::new(), headers: BTreeMap::new() };
        self.world.microsoft().set_faults(vec![Fault { on: on.to_owned(), what, times: None }]);
    }

    /// Where the button of a start page leads.
    async fn leads_to(&self, data: &Value) -> String {
        let start = data["startUrl"].as_str().unwrap_or_else(|| panic!("{data}"));
        let page = send(self.world.http.get(start)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let begun = send(self.world.http.post(start)).await;
        assert_eq!(begun.status, 303, "{}", begun.text);
        begun.header("location").to_owned()
    }
}

/// K17, R140 One delegated permission is taken away: one event within one tick, with a link that asks for just that; it is
/// restored: one more event, though somebody had begun to mend it by the link. Nothing is told while nothing changes.
#[tokio::test]
async fn a_lost_permission_is_told_once_and_asked_for_alone() {
    let watched = Watched::new().await;
    watched.pass().await;
    assert_eq!(watched.events(), Vec::<String>::new(), "nothing has changed");
    watched.revoke("User.ReadWrite.All");
    watched.pass().await;
    let [(kind, action, data)] = <[_; 1]>::try_from(watched.told()).unwrap();
    assert_eq!((kind.as_str(), action.as_str()), ("action.drifted", REGISTRATION));
    assert_eq!((&data["enterpriseId"], &data["microsoftScreens"]), (&json!(watched.enterprise), &json!(1)));
    assert!(data["problem"]["detail"].as_str().unwrap().contains("User.ReadWrite.All"), "{data}");
    watched.stand(&[(REGISTRATION, "drifted"), (SYNC, "granted"), (AGENT, "granted")]).await;
    let asked = query(&watched.leads_to(&data).await);
    assert_eq!(words(&asked["scope"]), ["User.ReadWrite.All", "openid", "profile"].map(str::to_owned).into());
    for _ in 0..2 {
        watched.pass().await;
    }
    assert_eq!(watched.events().len(), 1, "it is told once");
    watched.restore(&["User.ReadWrite.All"], &[]);
    watched.pass().await;
    watched.pass().await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION", "action.recovered REGISTRATION"]);
    watched.stand(&[(REGISTRATION, "granted")]).await;
}

/// K17, R125 A permission of another API than Graph, which the registration had, is taken away: one event, with a link that asks
/// for just that, and mends it. A tenant that never had it misses nothing.
#[tokio::test]
async fn a_lost_permission_of_another_api_is_told_too() {
    const TEAMS: &str = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation";
    let watched = Watched::new().await;
    watched.revoke("user_impersonation");
    watched.pass().await;
    let [(kind, action, data)] = <[_; 1]>::try_from(watched.told()).unwrap();
    assert_eq!((kind.as_str(), action.as_str()), ("action.drifted", REGISTRATION));
    let asked = query(&watched.leads_to(&data).await);
    assert_eq!(words(&asked["scope"]), [TEAMS, "openid", "profile"].map(str::to_owned).into());
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(data["startUrl"].as_str().unwrap()).await.unwrap();
    watched.world.press(&mut grace, page, &GRACE).await;
    watched.stand(&[(REGISTRATION, "granted"), (SYNC, "granted"), (AGENT, "granted")]).await;
    watched.pass().await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION", "action.recovered REGISTRATION"]);
}

/// K17 The link of a loss mends it, by an administrator who finds what is missing on the page.
#[tokio::test]
async fn the_link_of_a_loss_mends_it() {
    let watched = Watched::new().await;
    watched.revoke("User.ReadWrite.All");
    watched.pass().await;
    let start = watched.told()[0].2["startUrl"].as_str().unwrap().to_owned();
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    assert!(page.text().contains("User.ReadWrite.All") && !page.text().contains("Directory.ReadWrite.All"));
    let done = watched.world.press(&mut grace, page, &GRACE).await;
    assert!(done.text().contains("Granted Consent"), "{}", done.text());
    watched.stand(&[(REGISTRATION, "granted")]).await;
    let again = grace.open(&start).await.unwrap();
    assert!(!again.text().contains("Continue to"), "{}", again.text());
    watched.pass().await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION", "action.recovered REGISTRATION"]);
}

/// K17 An application permission is asked for on the screen of its own registration, and on no other.
#[tokio::test]
async fn a_lost_application_permission_leads_to_its_registrations_screen() {
    let own = Overrides::default().client_id();
    let map = json!({PRESENCE: OTHER_CLIENT}).to_string();
    let overrides =
        Overrides { application_clients: ApplicationClients::parse(&map, own).ok(), ..Overrides::default() };
    let world = World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
    let watched = Watched::in_world(world).await;
    visit(&watched.link(PRESENCE).await, "Accept").await;
    watched.stand(&[(PRESENCE, "granted")]).await;
    let taken =
        Revocation { tenant: CONTOSO.id.to_owned(), client_id: OTHER_CLIENT.to_owned(), ..Revocation::default() };
    assert_eq!(watched.world.microsoft().revoke(&taken), 1);
    watched.revoke("AppCatalog.Read.All");
    watched.pass().await;
    let told = watched.told();
    assert_eq!(watched.events(), [format!("action.drifted {AGENT}"), format!("action.drifted {PRESENCE}")]);
    for (_, action, data) in told {
        let link = watched.leads_to(&data).await;
        let client = if action == PRESENCE { OTHER_CLIENT.to_owned() } else { own.to_string() };
        assert!(link.contains("/adminconsent?") && query(&link)["client_id"] == client, "{action}: {link}");
    }
    watched.restore(&[], &["AppCatalog.Read.All"]);
    watched.pass().await;
    assert_eq!(watched.events().iter().filter(|event| event.starts_with("action.recovered")).count(), 1);
}

/// K17 A tenant that removes our application has revoked every consent, each told once; they are back with it.
#[tokio::test]
async fn a_tenant_that_removes_our_application_has_revoked() {
    let watched = Watched::new().await;
    let microsoft = watched.world.microsoft();
    let held = microsoft.granted(CONTOSO.id, &Watched::client(), GRACE.oid);
    microsoft.remove_service_principal(CONTOSO.id, &Watched::client());
    watched.pass().await;
    watched.pass().await;
    let revoked = [REGISTRATION, AGENT, SYNC].map(|action| (action, "revoked"));
    watched.stand(&revoked).await;
    let mut expected: Vec<String> = revoked.iter().map(|(action, _)| format!("action.revoked {action}")).collect();
    expected.sort_unstable();
    assert_eq!(watched.events(), expected);
    let delegated: Vec<&str> = held.iter().map(String::as_str).filter(|name| !name.contains("impersonation")).collect();
    let application = ["User.Read.All", "Group.Read.All", "Directory.Read.All"];
    watched.restore(
        &delegated,
        &[&application[..], &["TeamsAppInstallation.ReadWriteForUser.All", "AppCatalog.Read.All"]].concat(),
    );
    watched.pass().await;
    watched.pass().await;
    watched.stand(&[REGISTRATION, AGENT, SYNC].map(|action| (action, "granted"))).await;
    assert_eq!(watched.events().len(), 6, "{:?}", watched.events());
}

/// A Microsoft that is down or busy says nothing about a consent, and is asked again within the hour.
#[tokio::test]
async fn a_microsoft_that_does_not_answer_changes_nothing() {
    let watched = Watched::new().await;
    watched.revoke("User.ReadWrite.All");
    for (on, status) in [("graph", 503), ("token", 503), ("graph", 429), ("/servicePrincipals", 429)] {
        watched.fault(on, status);
        watched.pass().await;
        watched.stand(&[(REGISTRATION, "granted"), (SYNC, "granted"), (AGENT, "granted")]).await;
        assert_eq!(watched.events(), Vec::<String>::new(), "{on} {status}");
    }
    watched.world.microsoft().set_faults(vec![]);
    watched.world.pass(3_600).await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION"]);
}

/// R002 A management consent that is granted in part, or that nobody may read any more, cannot just be no longer asked for: it is
/// given back by a reset.
#[tokio::test]
async fn what_the_tenant_may_hold_is_not_withdrawn() {
    let watched = Watched::new().await;
    let microsoft = watched.world.microsoft();
    let path = format!("/v1/enterprises/{}", watched.enterprise);
    let tick = async |ticked: bool| {
        let call = watched.world.call(Method::PATCH, &path).bearer_auth(&watched.key).header("if-match", "*");
        send(call.json(&json!({ "canResellerManageEnterpriseProvisioning": ticked }))).await
    };
    let is_refused = async || assert_eq!(tick(false).await.problem(), (409, "revoke_required".to_owned(), vec![]));
    assert_eq!(tick(true).await.status, 200);
    microsoft.assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    watched.world.visit(&watched.link(MANAGEMENT).await, &GRACE, Decision::ForTheOrganization).await.ours();
    watched.revoke("Directory.Read.All");
    watched.pass().await;
    watched.pass().await;
    watched.stand(&[(MANAGEMENT, "unverifiable")]).await;
    is_refused().await;
    watched.restore(&[], &["Directory.Read.All"]);
    watched.pass().await;
    watched.stand(&[(MANAGEMENT, "granted")]).await;
    let principal = microsoft.service_principal(CONTOSO.id, &Watched::client()).unwrap();
    microsoft.remove_role(&CONTOSO, &principal, &TEAMS_ADMINISTRATOR);
    watched.pass().await;
    is_refused().await;
    watched.stand(&[(MANAGEMENT, "drifted")]).await;
    let reset = format!("{path}/actions/{MANAGEMENT}/reset");
    assert_eq!(watched.world.as_holder_of(&watched.key, Method::POST, &reset, None).await.status, 200);
    assert_eq!(tick(false).await.status, 200);
    watched.stand(&[(MANAGEMENT, "withdrawn")]).await;
}

/// K17 A consent that has lost a part may lose more: that is told once more, and every link for it asks for all that is missing by
/// now; what is back of it is asked for no more. A tenant that removes our application then has revoked it.
#[tokio::test]
async fn what_goes_on_drifting_is_followed() {
    const USERS: &str = "User.ReadWrite.All";
    const APPS: &str = "TeamsAppInstallation.ReadWriteForUser";
    let watched = Watched::new().await;
    let asks_for = async |data: &Value| {
        let page = Visitor::new().unwrap().open(data["startUrl"].as_str().unwrap()).await.unwrap();
        [USERS, APPS].map(|name| page.text().contains(name))
    };
    watched.revoke(USERS);
    watched.pass().await;
    let first = watched.told()[0].2.clone();
    assert_eq!(asks_for(&first).await, [true, false]);
    watched.revoke(APPS);
    watched.pass().await;
    watched.pass().await;
    let told = watched.told();
    assert_eq!(watched.events(), ["action.drifted REGISTRATION"; 2], "each loss once");
    let second = told[1].2.clone();
    assert!([USERS, APPS].iter().all(|name| second["problem"]["detail"].as_str().unwrap().contains(name)), "{second}");
    assert_eq!((asks_for(&first).await, asks_for(&second).await), ([true, true], [true, true]));
    watched.restore(&[USERS], &[]);
    watched.pass().await;
    assert_eq!(
        (watched.events().len(), asks_for(&second).await),
        (2, [false, true]),
        "a part that is back is no event"
    );
    watched.world.microsoft().remove_service_principal(CONTOSO.id, &Watched::client());
    watched.pass().await;
    watched.stand(&[(REGISTRATION, "revoked")]).await;
    assert!(watched.events().contains(&"action.revoked REGISTRATION".to_owned()), "{:?}", watched.events());
}

/// R112 Somebody has begun to mend a loss and gone away: what is left of the consent is asked for again with the next screen all the
/// same, so that its grant takes nothing away.
#[tokio::test]
async fn what_is_left_is_asked_for_again_while_it_is_mended() {
    let watched = Watched::new().await;
    watched.revoke("User.ReadWrite.All");
    watched.pass().await;
    watched.leads_to(&watched.told()[0].2).await;
    watched.stand(&[(REGISTRATION, "started")]).await;
    let scopes = words(&query(&watched.link(MANAGEMENT).await)["scope"]);
    assert!(scopes.contains("TeamsAppInstallation.ReadWriteForUser"), "{scopes:?}");
}

/// P6 Ticks that overlap, and come again, tell a loss once.
#[tokio::test(flavor = "multi_thread")]
async fn overlapping_ticks_tell_a_loss_once() {
    let watched = Watched::new().await;
    watched.revoke("User.ReadWrite.All");
    watched.world.sandbox.clock().advance(HALF_A_DAY);
    let tick = || watched.world.sandbox.tick();
    let (one, two, three) = tokio::join!(tick(), tick(), tick());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    watched.world.settle().await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION"]);
}

/// Nothing is asked of the tenant of a disabled enterprise; what went meanwhile is noticed once it goes on.
#[tokio::test]
async fn a_disabled_enterprise_is_not_looked_at() {
    let watched = Watched::new().await;
    let turn = async |word: &str| {
        let path = format!("/v1/enterprises/{}/{word}", watched.enterprise);
        assert_eq!(watched.world.as_holder_of(&watched.key, Method::POST, &path, None).await.status, 200);
    };
    turn("disable").await;
    watched.revoke("User.ReadWrite.All");
    let before = watched.world.token_calls();
    watched.pass().await;
    assert_eq!((watched.world.token_calls() - before, watched.events().len()), (0, 0));
    turn("enable").await;
    watched.pass().await;
    assert_eq!(watched.events(), ["action.drifted REGISTRATION"]);
}

/// R140, P6 A return that the watch has told is not told again by a link whose callback had read the enterprise before that.
#[tokio::test]
async fn a_return_is_told_once() {
    let watched = Watched::new().await;
    let store = watched.world.sandbox.store();
    watched.revoke("Group.Read.All");
    watched.pass().await;
    watched.link(SYNC).await;
    let read = store.enterprise(watched.enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let reseller = store.reseller(read.reseller).await.unwrap().unwrap();
    let request = store.request(read.action(ActionType::UserSync).link().unwrap()).await.unwrap().unwrap();
    watched.restore(&[], &["Group.Read.All"]);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted")]).await;

    let random = SystemRandomness::new();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let occasion = Occasion { now: watched.world.sandbox.clock().now(), reference: None, random: &random };
    let context = Context { keys: &keys, occasion, authority_host: "", system: None };
    let (record, awaiting) = request.come_back(context).unwrap();
    assert_eq!(store.record(&record).await.unwrap(), Recorded::Done);
    let (client, tenant) = (Overrides::default().client_id(), awaiting.tenant());
    let role = |name: &str| AppRole { client, resource: GRAPH, name: name.to_owned() };
    let view = View::Open {
        organization: Organization { id: tenant, display_name: CONTOSO.display_name.to_owned() },
        roles: PERMISSIONS.map(role).to_vec(),
        grants: None,
        joined: None,
        absent: BTreeSet::new(),
    };
    let judgement = application::judge((ActionType::UserSync, client), tenant, &view);
    let concluded = store.conclude_admin_consent(awaiting, judgement, ((&read, &reseller), context)).await;
    assert_eq!(concluded.unwrap(), Recorded::Done);
    let glance = watched.world.glance().await;
    let deliveries = glance.of_kind("deliveries");
    let told = deliveries.iter().filter(|row| row.contains("action.recovered"));
    assert_eq!(told.count(), 1);
}
