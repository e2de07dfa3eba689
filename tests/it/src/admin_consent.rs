//! Application permissions: the link to Microsoft's admin-consent page, the redirect that proves nothing, and what does.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::audit::Occasion;
use onboarding_core::consent::{AwaitingGrant, Context};
use onboarding_core::proof::application::Judgement;
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::consent::Recorded;
use onboarding_sandbox::Overrides;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Consent, Effect, FABRIKAM, Fault, GRACE, Lag, PermissionKind, Revocation, Tenant};
use url::Url;

use crate::effects::Effects;
use crate::world::{Answer, Decision, World, send};

const ACTION: &str = "GET_USER_SYNC_CONSENT";
pub(crate) const PERMISSIONS: [&str; 3] = ["User.Read.All", "Group.Read.All", "Directory.Read.All"];
pub(crate) const CALLBACK: &str = "/restricted/adminConsent";

impl World {
    async fn ask_for_user_sync(&self, key: &str, enterprise: u64) -> Answer {
        self.ask_for(key, enterprise, ACTION).await
    }

    /// Asks for a link of `action` with this key.
    pub(crate) async fn ask_for(&self, key: &str, enterprise: u64, action: &str) -> Answer {
        let body = json!({"actionType": action, "enterpriseId": enterprise, "redirectUrl": self.hook()});
        self.as_holder_of(key, Method::POST, "/v1/enterprises/action-url", Some(&body)).await
    }

    /// A link of `action` for `enterprise`.
    pub(crate) async fn link_for(&self, enterprise: u64, action: &str) -> String {
        let made = self.ask_for(self.sandbox.reseller_key(), enterprise, action).await;
        assert_eq!(made.status, 200, "{action}: {}", made.text);
        made.json().as_str().unwrap().to_owned()
    }

    pub(crate) async fn user_sync_url(&self, enterprise: u64) -> String {
        self.link_for(enterprise, ACTION).await
    }

    /// State word and problem code of the user synchronisation of `enterprise`.
    async fn user_sync(&self, enterprise: u64) -> (String, Option<String>) {
        self.standing(enterprise, ACTION).await
    }

    /// Our registration at Microsoft lists no other application permissions than user synchronisation's, so its screen
    /// grants nothing along.
    fn list_user_sync_alone(&self) {
        let mut app = self.microsoft().registration(&Overrides::default().client_id().to_string()).unwrap();
        app.permissions
            .retain(|listed| listed.kind == PermissionKind::Delegated || PERMISSIONS.contains(&listed.value));
        self.microsoft().register(app);
    }

    /// Consents in `tenant` as an administrator does, without coming back to us.
    pub(crate) fn consent(&self, link: &str, tenant: &Tenant) {
        let (tenant, client_id) = (tenant.id.to_owned(), parameters(link)["client_id"].clone());
        let application = PERMISSIONS.map(str::to_owned).to_vec();
        let consent = Consent { tenant, client_id, application, ..Consent::default() };
        self.microsoft().grant(&consent).unwrap();
    }

    /// The same for everything that a registration asks for of its own.
    pub(crate) fn consent_to_everything(&self, link: &str, tenant: &Tenant) {
        let (tenant, client_id) = (tenant.id.to_owned(), parameters(link)["client_id"].clone());
        let agent = ["TeamsAppInstallation.ReadWriteForUser.All", "AppCatalog.Read.All"];
        let application = PERMISSIONS.into_iter().chain(agent).map(str::to_owned).collect();
        let consent = Consent { tenant, client_id, application, ..Consent::default() };
        self.microsoft().grant(&consent).unwrap();
    }

    /// Comes back with this query, as any browser can.
    pub(crate) async fn come_back(&self, query: &str) -> Answer {
        send(self.call(Method::GET, &format!("{CALLBACK}?{query}"))).await
    }

    /// The outcome page to which coming back leads.
    async fn arrive(&self, query: &str) -> Page {
        Visitor::new().unwrap().open(&format!("{}{CALLBACK}?{query}", self.sandbox.api())).await.unwrap()
    }
}

/// The query of whoever comes back after having filed a request with the tenant's reviewers.
pub(crate) fn filed(link: &str) -> String {
    format!("error=access_denied&error_description=AADSTS90095%3A+filed&state={}", state(link))
}

fn parameters(link: &str) -> BTreeMap<String, String> {
    Url::parse(link).unwrap().query_pairs().into_owned().collect()
}

fn state(link: &str) -> String {
    parameters(link)["state"].clone()
}

/// The query of a consent in `tenant`: what Microsoft writes, and whoever has the link can write too.
pub(crate) fn said(link: &str, tenant: &Tenant) -> String {
    format!("admin_consent=True&tenant={}&scope=x&state={}", tenant.id, state(link))
}

/// What Grace finds at the end of `link`, having accepted at Microsoft, or cancelled.
pub(crate) async fn visit(link: &str, decision: &str) -> Page {
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(link).await.unwrap();
    let page = grace.submit(page.form().unwrap().press(GRACE.name).unwrap()).await.unwrap();
    grace.submit(page.form().unwrap().press(decision).unwrap()).await.unwrap()
}

pub(crate) fn granted() -> (String, Option<String>) {
    ("granted".to_owned(), None)
}

pub(crate) fn blocked(code: &str) -> (String, Option<String>) {
    ("blocked".to_owned(), Some(code.to_owned()))
}

/// One consent of a pinned tenant: looked for once, recorded and told, once. Nobody signed in, so there are no handles.
fn one_grant() -> Effects {
    let mut effects = Effects::granted();
    effects.made.remove("handle");
    effects.made.remove("tenant");
    effects
}

/// R134 The link leads to the pinned tenant's admin-consent page and asks for what our registration lists of Graph.
#[tokio::test]
async fn a_link_leads_to_the_admin_consent_page() {
    let world = World::new().await;
    let link = world.user_sync_url(world.contoso().await).await;
    let microsoft = &world.sandbox.ready().microsoft;
    assert!(link.starts_with(&format!("{microsoft}/{}/v2.0/adminconsent?", CONTOSO.id)), "{link}");
    let parameters = parameters(&link);
    let names: BTreeSet<&str> = parameters.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["client_id", "redirect_uri", "scope", "state"]));
    assert_eq!(parameters["redirect_uri"], format!("{}{CALLBACK}", world.sandbox.api()));
    assert_eq!(parameters["scope"], "https://graph.microsoft.com/.default");
    assert!(parameters["state"].len() <= 512);
}

/// R134 Without a tenant that is known beforehand there is no such link, and the answer says what to do first.
#[tokio::test]
async fn a_link_needs_a_tenant() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let before = world.snapshot().await;
    let refused = world.ask_for_user_sync(world.sandbox.reseller_key(), enterprise).await;
    assert_eq!(refused.problem(), (409, "tenant_not_known".to_owned(), vec![]));
    let problem = refused.json();
    assert_eq!(problem["who"], "developer");
    assert!(problem["nextSteps"][0].as_str().unwrap().contains("REGISTRATION"), "{problem}");
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R134, R116 An administrator who accepts has granted it: proved by the app roles, told once, and of nobody.
#[tokio::test]
async fn an_accepted_consent_is_proved_and_told() {
    let world = World::new().await;
    world.list_user_sync_alone();
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    let before = world.snapshot().await;
    let page = visit(&link, "Accept").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Granted Consent") && page.text().contains("Group.Read.All"), "{}", page.text());
    assert_eq!(world.effects_since(&before).await, one_grant());
    assert_eq!(world.user_sync(enterprise).await, granted());
    let told = world.outcomes().remove(0);
    let result = &told["msalAuthenticationResult"]["authenticationResult"];
    let nobody = [&result["accessToken"], &result["idToken"], &result["expiresOn"], &told["officeUserType"]];
    let user = [&result["userInfo"]["displayableId"], &result["userInfo"]["tenantId"]];
    assert!(nobody.into_iter().chain(user).all(Value::is_null), "{told}");
    assert_eq!((&told["organization"], &told["companyAdmin"]), (&json!(CONTOSO.display_name), &json!(false)));
    assert_eq!((&told["actionType"], &told["outcome"]), (&json!(ACTION), &json!("granted")));
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert!(read["tenantId"].is_null(), "nobody of the tenant has signed in, so nothing is bound: {read}");
    let trail = world.glance().await.of_kind("audit").join(" ");
    assert!(trail.contains("consent.granted") && trail.contains("link-holder"), "{trail}");
}

/// R134 An enterprise that is bound by its registration needs nothing else; what the signer granted proves no app role.
#[tokio::test]
async fn a_registered_enterprise_consents_in_its_tenant() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    let link = world.user_sync_url(enterprise).await;
    let page = world.arrive(&said(&link, &CONTOSO)).await;
    assert!(page.text().contains("Pending Consent"), "{}", page.text());
    assert_eq!(world.user_sync(enterprise).await, ("verifying".to_owned(), None));
    world.consent(&link, &CONTOSO);
    world.pass(10).await;
    assert_eq!(world.user_sync(enterprise).await, granted());
    assert_eq!(world.registration(enterprise).await, granted());
}

/// G40 A callback without a consent is never granted: it ends as blocked after ten minutes, is told once however often
/// it is repeated, and the link still takes the real consent.
#[tokio::test]
async fn a_callback_without_a_consent_is_never_granted() {
    let world = World::new().await;
    world.list_user_sync_alone();
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    for _ in 0..2 {
        assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 303);
        for _ in 0..9 {
            world.pass(60).await;
            assert_eq!(world.user_sync(enterprise).await, ("verifying".to_owned(), None));
        }
        world.pass(60).await;
        world.pass(60).await;
        assert_eq!(world.user_sync(enterprise).await, blocked("grant_not_visible"));
        assert_eq!(world.outcome().await, blocked("grant_not_visible"));
    }
    let now = world.glance().await;
    assert!(now.of_kind("tenant").is_empty(), "bound to nothing");
    let page = visit(&link, "Accept").await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!(world.user_sync(enterprise).await, granted());
    world.settle().await;
    assert_eq!(world.outcomes().len(), 2);
}

/// G41 An error wins over the `admin_consent=True` beside it, even if there is a grant; it is told once, and the link
/// goes on working.
#[tokio::test]
async fn an_error_wins_over_admin_consent() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    let before = world.snapshot().await;
    let page = visit(&link, "Cancel").await;
    assert_eq!(page.status, 200);
    assert_eq!(world.effects_since(&before).await, Effects::refused());
    assert_eq!(world.outcome().await, ("declined".to_owned(), Some("declined".to_owned())));
    world.consent(&link, &CONTOSO);
    let before = world.snapshot().await;
    let both = format!("{}&error=access_denied&error_description=AADSTS65004", said(&link, &CONTOSO));
    assert_eq!(world.come_back(&both).await.status, 200);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert_eq!(world.user_sync(enterprise).await.0, "declined");
    assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 303);
    assert_eq!(world.user_sync(enterprise).await, granted());
}

/// G42 Another tenant in the query, though it has consented, is refused without any effect; the query never says where.
#[tokio::test]
async fn another_tenant_in_the_query_is_refused() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({ "expectedTenant": FABRIKAM.id })).await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    let before = world.snapshot().await;
    let refused = world.come_back(&said(&link, &CONTOSO)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("wrong organisation"), "{}", refused.text);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert!(read["tenantId"].is_null(), "{read}");
    assert_eq!(world.user_sync(enterprise).await, ("started".to_owned(), None));
    assert_eq!(world.come_back(&said(&link, &FABRIKAM)).await.status, 303);
    assert_eq!(world.user_sync(enterprise).await.0, "verifying", "looked for in the pinned tenant, and not found");
}

/// G03, G12, G40 A query that is not whole, says something twice, or carries a state of the other redirect is refused
/// without any effect; both links still work.
#[tokio::test]
async fn a_query_that_is_not_microsofts_changes_nothing() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let (link, other) = (world.user_sync_url(enterprise).await, world.registration_url(enterprise).await);
    world.consent(&link, &CONTOSO);
    let good = said(&link, &CONTOSO);
    let before = world.snapshot().await;
    let bad = [
        good.replace("True", "true"),
        good.replace("True", "False"),
        good.replace("admin_consent=True&", ""),
        good.replace(CONTOSO.id, "common"),
        good.replace("&state=", "&stat="),
        format!("{good}&tenant={}", CONTOSO.id),
        format!("{good}&admin_consent=True"),
        format!("{good}&st%61te={}", state(&link)),
        format!("{good}&x=%ff"),
        format!("{good}A"),
        said(&other, &CONTOSO),
        String::new(),
    ];
    for query in bad {
        assert_eq!(world.come_back(&query).await.status, 400, "{query}");
    }
    let form = format!("state={}&error=access_denied", state(&link));
    let call = world.call(Method::POST, "/restricted/handleResponse").body(form);
    let crossed = call.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(crossed.status(), 400);
    let posted = send(world.call(Method::POST, &format!("{CALLBACK}?{good}"))).await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, "GET"));
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert_eq!(world.come_back(&good).await.status, 303);
    assert_eq!(world.effects_since(&before).await, one_grant());
    world.visit(&other, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, granted());
}

/// R111 Twenty callbacks at once, and one more afterwards, are one grant and one outcome; nobody sees a server error.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_callbacks_at_once_one_has_an_effect() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    let (query, before) = (said(&link, &CONTOSO), world.snapshot().await);
    let answers = join_all((0..20).map(|_| world.come_back(&query))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses.iter().all(|status| *status == 303), "{statuses:?}");
    assert!(world.arrive(&query).await.text().contains("Granted Consent"));
    assert_eq!(world.effects_since(&before).await, one_grant());
    assert_eq!(world.outcome().await, granted());
    for round in 0..10 {
        let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
        let query = said(&world.user_sync_url(world.enterprise(name).await).await, &CONTOSO);
        let before = world.token_calls();
        join_all((0..20).map(|_| world.come_back(&query))).await;
        assert_eq!(world.token_calls() - before, 1, "round {round}: Microsoft was asked once");
    }
    world.settle().await;
    assert_eq!(world.outcomes().len(), 11, "one outcome each");
}

/// P6 Of two who have read the same pending link one goes on.
#[tokio::test]
async fn of_two_who_have_read_a_pending_link_one_goes_on() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.user_sync_url(enterprise).await;
    let store = world.sandbox.store();
    let ActionState::Started { request, .. } =
        store.enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap().action(ActionType::UserSync)
    else {
        panic!("no link was made")
    };
    let pending = store.request(&request).await.unwrap().unwrap();
    let random = SystemRandomness::new();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let occasion = Occasion { now: world.sandbox.clock().now(), reference: None, random: &random };
    let context = Context { keys: &keys, occasion, authority_host: "", system: None };
    let [one, other] = [(); 2].map(|()| pending.clone().come_back(context).unwrap().0);
    assert_eq!(store.record(&one).await.unwrap(), Recorded::Done);
    assert_eq!(store.record(&other).await.unwrap(), Recorded::Superseded);
}

/// R116 App roles that Graph shows late are granted without another click.
#[tokio::test]
async fn app_roles_that_lag_are_granted_without_another_click() {
    let world = World::new().await;
    world.list_user_sync_alone();
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.microsoft().set_lag(Lag::Seconds(30));
    let page = visit(&link, "Accept").await;
    assert!(page.body.contains(">Look again</a>") && !page.body.contains("http-equiv"), "{}", page.body);
    assert!(world.outcomes().is_empty());
    for _ in 0..4 {
        world.pass(10).await;
    }
    assert_eq!(world.outcome().await, granted());
}

/// G43 A consent that lacks one app role is not complete; which one is told to everybody.
#[tokio::test]
async fn a_consent_that_lacks_one_app_role_says_which() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    let (tenant, client_id) = (CONTOSO.id.to_owned(), parameters(&link)["client_id"].clone());
    let permission = Some("Group.Read.All".to_owned());
    let revocation = Revocation { tenant, client_id, permission, ..Revocation::default() };
    assert_eq!(world.microsoft().revoke(&revocation), 1);
    world.come_back(&said(&link, &CONTOSO)).await;
    for _ in 0..11 {
        world.pass(60).await;
        assert_ne!(world.user_sync(enterprise).await.0, "granted");
    }
    assert_eq!(world.outcome().await, blocked("grant_not_visible"));
    let (told, listed) = (world.outcomes().remove(0), world.action(enterprise, ACTION).await);
    for problem in [&told["problem"], &listed["problem"]] {
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("Group.Read.All") && !detail.contains("User.Read.All"), "{detail}");
    }
    // It is seen at last: whoever was told that it cannot be is told that it is.
    world.consent(&link, &CONTOSO);
    world.pass(12 * 3_600).await;
    world.pass(12 * 3_600).await;
    assert_eq!(world.user_sync(enterprise).await, granted());
    let outcomes: Vec<Value> = world.outcomes().into_iter().map(|told| told["outcome"].clone()).collect();
    assert_eq!(outcomes, ["blocked", "granted"]);
}

/// A Microsoft that cannot be asked is not a missing grant, and costs nobody the link.
#[tokio::test]
async fn a_microsoft_that_is_down_makes_it_unverifiable() {
    for on in ["token", "graph"] {
        let world = World::new().await;
        let enterprise = world.contoso().await;
        let link = world.user_sync_url(enterprise).await;
        world.consent(&link, &CONTOSO);
        let what = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
        world.microsoft().set_faults(vec![Fault { on: on.to_owned(), what, times: None }]);
        assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 303, "{on}");
        for _ in 0..11 {
            world.pass(60).await;
        }
        let unverifiable = ("unverifiable".to_owned(), Some("proof_unreadable".to_owned()));
        assert_eq!(world.outcome().await, unverifiable, "{on}");
        world.microsoft().set_faults(vec![]);
        world.come_back(&said(&link, &CONTOSO)).await;
        assert_eq!(world.user_sync(enterprise).await, granted(), "{on}");
    }
}

/// R111 The link of a disabled enterprise does nothing, and works again once it is enabled.
#[tokio::test]
async fn a_disabled_enterprises_link_does_nothing() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    let turn = async |word: &str| {
        let path = format!("/v1/enterprises/{enterprise}/{word}");
        assert_eq!(world.provider(Method::POST, &path, Some(&json!({}))).await.status, 200);
    };
    turn("disable").await;
    let before = world.snapshot().await;
    assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 403);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    turn("enable").await;
    assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 303);
    assert_eq!(world.user_sync(enterprise).await, granted());
}

/// T13, T16 A tenant that is registered through one provider is not another's: its app roles are seen, and grant nothing.
#[tokio::test]
async fn another_providers_tenant_is_not_taken() {
    let world = World::new().await;
    let first = world.contoso().await;
    world.visit(&world.registration_url(first).await, &GRACE, Decision::ForTheOrganization).await.ours();
    visit(&world.user_sync_url(first).await, "Accept").await;
    let other = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&other).await;
    let made = world.ask_for_user_sync(&other.key, enterprise).await;
    let link = made.json().as_str().unwrap().to_owned();
    assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 303);
    let path = format!("/v1/enterprises/{enterprise}/actions");
    let listed = world.as_holder_of(&other.key, Method::GET, &path, None).await.json();
    let item = listed["items"].as_array().unwrap().iter().find(|item| item["actionType"] == ACTION).unwrap().clone();
    assert_eq!((&item["status"], &item["problem"]["code"]), (&json!("blocked"), &json!("tenant_bound_elsewhere")));
}

/// R111 A link ends in its second.
#[tokio::test]
async fn an_expired_link_is_refused_from_the_first_second() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    world.sandbox.clock().advance(7 * 24 * 3_600);
    let before = world.snapshot().await;
    assert_eq!(world.come_back(&said(&link, &CONTOSO)).await.status, 400);
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// P6 A link may wait more than once: a reading that was begun in one wait does not end the next.
#[tokio::test]
async fn a_slow_reading_does_not_end_a_later_wait() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.come_back(&said(&link, &CONTOSO)).await;
    let store = world.sandbox.store();
    let ActionState::Verifying { request, .. } =
        store.enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap().action(ActionType::UserSync)
    else {
        panic!("nothing is awaited")
    };
    let slow = AwaitingGrant::of(store.request(&request).await.unwrap().unwrap()).unwrap();
    for _ in 0..11 {
        world.pass(60).await;
    }
    assert_eq!(world.user_sync(enterprise).await, blocked("grant_not_visible"));
    world.come_back(&said(&link, &CONTOSO)).await;
    let random = SystemRandomness::new();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let occasion = Occasion { now: world.sandbox.clock().now(), reference: None, random: &random };
    let context = Context { keys: &keys, occasion, authority_host: "", system: None };
    let parties = store.parties(enterprise.try_into().unwrap(), world.reseller_id()).await.unwrap().unwrap();
    let stands = ((&parties.0, &parties.1), context);
    let recorded = store.conclude_admin_consent(slow, Judgement::Unreadable, stands).await.unwrap();
    assert_eq!(recorded, Recorded::Superseded);
    assert_eq!(world.user_sync(enterprise).await, ("verifying".to_owned(), None));
}
