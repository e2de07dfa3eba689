//! The plan, the start page, and the way through Microsoft's screens in one browser or several.

mod strangers;

use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::Code;
use onboarding_core::audit::Occasion;
use onboarding_core::consent::{ConsentRequest, Context, PROOF_WINDOW, SealedToken, Stage, Verifying};
use onboarding_core::identity::Signer;
use onboarding_core::proof::Judgement;
use onboarding_core::random::SystemRandomness;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::consent::Recorded;
use onboarding_sandbox::visitor::{Page, Visitor};
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, Lag, PETRA, Person, TEAMS_ADMINISTRATOR, TOM};

use crate::admin_consent::granted;
use crate::effects::Effects;
use crate::link::{query, words};
use crate::tap::{Tap, Trouble, serve_dynamodb};
use crate::world::{Answer, Decision, World, go_through, send};

const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const CALLING: [&str; 5] =
    ["REGISTRATION", "GET_USER_SYNC_CONSENT", "GET_PRESENCE_CONSENT", "GET_AGENT_CONSENT", "GET_CALL_APP_CONSENT"];

impl World {
    async fn calling(&self) -> u64 {
        self.enterprise(json!({"services": ["PBX", "CALLAPP"], "expectedTenant": CONTOSO.id})).await
    }

    pub(crate) async fn ask_for_links(&self, enterprise: u64, suffix: &str, body: Value) -> Answer {
        self.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/links{suffix}"), Some(&body)).await
    }

    pub(crate) async fn start_url(&self, enterprise: u64) -> String {
        let made = self.ask_for_links(enterprise, "", json!({"redirectUrl": self.hook()})).await;
        assert_eq!(made.status, 200, "{}", made.text);
        made.json()["startUrl"].as_str().unwrap().to_owned()
    }

    /// Presses the one button of a page of ours, and does at Microsoft what `person` does who accepts everything; the
    /// page of ours on which that ends.
    pub(crate) async fn press(&self, visitor: &mut Visitor, page: Page, person: &Person) -> Page {
        let button = ["Continue to", "Try again"].into_iter().find(|text| page.text().contains(text)).unwrap();
        let page = visitor.submit(page.form().unwrap().press(button).unwrap()).await.unwrap();
        self.accept_at_microsoft(visitor, page, person).await
    }

    /// Does at Microsoft what `person` does who accepts everything; the page of ours on which that ends.
    pub(crate) async fn accept_at_microsoft(&self, visitor: &mut Visitor, mut page: Page, person: &Person) -> Page {
        while !page.url.as_str().starts_with(self.sandbox.api()) {
            let form = page.form().unwrap_or_else(|| panic!("stayed at Microsoft: {}", page.text()));
            let pressed = match form.action().path() {
                "/simulated/sign-in" => form.press(person.name),
                "/restricted/handleResponse" => form.press("Continue"),
                _ => match form.clone().tick("organization") {
                    Some(ticked) => ticked.press("Accept"),
                    None => form.press("Accept"),
                },
            };
            page = visitor.submit(pressed.unwrap_or_else(|| panic!("{}", page.text()))).await.unwrap();
        }
        page
    }
}

/// R134-R141 A dry run shows the fewest screens with what each asks for, and changes nothing.
#[tokio::test]
async fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let world = World::new().await;
    let enterprise = world.calling().await;
    let before = world.snapshot().await;
    let shown = world.ask_for_links(enterprise, "?dryRun=true", json!({})).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let plan = shown.json();
    assert_eq!((&plan["microsoftScreens"], &plan["missing"]), (&json!(2), &json!(CALLING)));
    let [sign_in, application] = plan["screens"].as_array().unwrap().as_slice() else { panic!("{plan}") };
    assert_eq!((&sign_in["kind"], &sign_in["actions"]), (&json!("delegated"), &json!(["REGISTRATION"])));
    assert_eq!((&application["kind"], &application["actions"]), (&json!("application"), &json!(CALLING[1..])));
    let permissions = application["permissions"].as_array().unwrap();
    let listed = permissions.iter().find(|listed| listed["permission"] == "Calls.AccessMedia.All").unwrap();
    assert!(listed["purpose"].is_string() && listed["limit"].is_string(), "{listed}");
    assert!(permissions.iter().any(|listed| listed["permission"] == "CallRecords.Read.All"), "all that is listed");
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R023, R166, R201 Microsoft's screen of our own registration asks for everything that the registration lists, delegated permissions
/// too. The dry run, the start page and the outcome page name each of them; what the consent does not need is marked.
#[tokio::test]
async fn what_is_asked_along_is_named() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let only = json!({ "actions": ["GET_USER_SYNC_CONSENT"], "redirectUrl": world.hook() });
    let plan = world.ask_for_links(enterprise, "?dryRun=true", only.clone()).await.json();
    let planned = plan["screens"][0]["permissions"].as_array().unwrap().clone();
    let made = world.ask_for_links(enterprise, "", only).await.json();
    let mut grace = Visitor::new().unwrap();
    let ours = grace.open(made["startUrl"].as_str().unwrap()).await.unwrap();
    let (wanted, along) = ours.body.split_once("What it asks for besides").unwrap();
    let at_microsoft = grace.submit(ours.form().unwrap().press("Continue to").unwrap()).await.unwrap();
    let screen = grace.submit(at_microsoft.form().unwrap().press(GRACE.name).unwrap()).await.unwrap();
    let listed = screen.body.split("<li>").skip(1).filter_map(|line| line.split("<small>").nth(1));
    let listed: Vec<String> = listed.filter_map(|small| small.split('<').next()).map(str::to_owned).collect();
    assert!(listed.len() > 15, "{listed:?}");
    let outcome = world.accept_at_microsoft(&mut grace, screen, &GRACE).await;
    let own = ["User.Read.All", "Group.Read.All", "Directory.Read.All"];
    for line in &listed {
        let name = line.split(" \u{b7} ").nth(1).unwrap();
        let code = format!("<code>{name}</code>");
        let rows: Vec<&Value> = planned.iter().filter(|row| row["permission"] == name).collect();
        assert!(!rows.is_empty() && outcome.body.contains(&code), "{line}: {}", outcome.text());
        let is_own = own.contains(&name);
        assert!(if is_own { wanted } else { along }.contains(&code), "{line}");
        assert!(rows.iter().any(|row| row["askedAlong"] != is_own && row["purpose"].is_string()), "{line}: {rows:?}");
    }
    for name in ["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "user_impersonation"] {
        assert!(listed.iter().any(|line| line.contains(name)), "{name}");
    }
}

/// R141 The plan and the action items recommend the management consent, and say why; where the administrator has no portal it stands
/// before all others. It is not asked for by itself, and never keeps the enterprise from being ready.
#[tokio::test]
async fn the_management_consent_is_recommended() {
    let world = World::new().await;
    for restricted in [false, true] {
        let name = format!("Restricted {restricted}");
        let fields = json!({"enterpriseName": name, "restrictAdminAccess": restricted, "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise(fields).await;
        let plan = async || world.ask_for_links(enterprise, "?dryRun=true", json!({})).await.json();
        let shown = plan().await;
        let [one] = shown["recommended"].as_array().unwrap().as_slice() else { panic!("{shown}") };
        assert_eq!((&one["actionType"], &one["recommended"]), (&json!(MANAGEMENT), &json!(true)));
        assert_eq!(one["reason"].as_str().unwrap().contains("portal"), restricted, "{one}");
        assert_eq!((&one["planned"], &shown["screens"][0]["actions"]), (&json!(false), &json!(["REGISTRATION"])));
        assert!(!shown["missing"].to_string().contains(MANAGEMENT), "{shown}");
        world.edit(enterprise, json!({"canResellerManageEnterpriseProvisioning": true})).await;
        let shown = plan().await;
        let together = if restricted { [MANAGEMENT, "REGISTRATION"] } else { ["REGISTRATION", MANAGEMENT] };
        assert_eq!(
            (&shown["recommended"][0]["planned"], &shown["screens"][0]["actions"]),
            (&json!(true), &json!(together))
        );
        let page = Visitor::new().unwrap().open(&world.start_url(enterprise).await).await.unwrap().text();
        let [first, second] =
            ["Allow Management by Service Provider", "Register your organisation"].map(|it| page.find(it));
        assert_eq!(first < second, restricted, "{page}");
        let path = format!("/v1/enterprises/{enterprise}/actions");
        let items = world.provider(Method::GET, &path, None).await.json()["items"].clone();
        let at = items.as_array().unwrap().iter().position(|item| item["actionType"] == MANAGEMENT).unwrap();
        assert_eq!((at == 0, &items[at]["recommended"]), (restricted, &json!(true)));
        assert_eq!(items[at]["recommendedBecause"], shown["recommended"][0]["reason"]);
        world.edit(enterprise, json!({"canResellerManageEnterpriseProvisioning": false})).await;
    }
}

/// R137, R138 What is wrong with a wish for a start link is told, and nothing is made.
#[tokio::test]
async fn a_wrong_wish_makes_no_start_link() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let unknown = world.enterprise(json!({"enterpriseName": "Unknown"})).await;
    let before = world.snapshot().await;
    let fault = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let ask = async |body: Value| world.ask_for_links(enterprise, "", body).await.problem();
    let hook = world.hook();
    assert_eq!(ask(json!({})).await, (422, "invalid_body".into(), fault("/redirectUrl", "required")));
    let wrong = json!({"redirectUrl": hook, "actions": ["REGISTER"]});
    assert_eq!(ask(wrong).await.2[0].0, "/actions/0");
    assert_eq!(ask(json!({"redirectUrl": hook, "actions": []})).await.2, fault("/actions", "required"));
    let other = json!({"redirectUrl": hook, "actions": ["GET_CALL_APP_CONSENT"]});
    assert_eq!(ask(other).await, (409, "not_applicable".into(), vec![]));
    let sync = json!({"redirectUrl": hook, "actions": ["GET_USER_SYNC_CONSENT"]});
    let refused = world.ask_for_links(unknown, "", sync).await.problem();
    assert_eq!(refused, (409, "tenant_not_known".into(), vec![]));
    assert_eq!(world.ask_for_links(1, "", json!({"redirectUrl": hook})).await.status, 404);
    let query = world.ask_for_links(enterprise, "?dryRun=perhaps", json!({})).await.problem();
    assert_eq!((query.0, query.1.as_str()), (422, "invalid_query"));
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R162, T12, T42 The page says who asks for what, and what is sent where; opening it, however often and by whatever scanner, changes nothing.
#[tokio::test]
async fn a_scanner_changes_nothing() {
    let world = World::new().await;
    let enterprise = world.calling().await;
    let start = world.start_url(enterprise).await;
    let before = world.snapshot().await;
    for number in 0..50 {
        let method = if number % 2 == 0 { Method::GET } else { Method::HEAD };
        let opened = send(world.http.request(method, &start)).await;
        assert!(opened.headers.get("set-cookie").is_none());
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let page = Visitor::new().unwrap().open(&start).await.unwrap();
    let text = page.text();
    for part in [
        "Service Provider",
        "Contoso Ltd",
        "Register your organisation",
        "Read your organisation",
        "It changes nothing",
        "The result is sent to",
        "127.0.0.1",
        "It tells the name of your organisation",
        "tokens are not sent",
        "Global Administrator",
        CONTOSO.id,
        "2 Microsoft screens are left",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!page.body.contains("<script") && page.body.matches("<form").count() == 1, "{}", page.body);
    let handle = start.rsplit('/').next().unwrap();
    assert!(!before.of_kind("start").join(" ").contains(handle), "stored by its hash");
    let wrong = Visitor::new().unwrap().open(&format!("{}/start/nobody", world.sandbox.api())).await.unwrap();
    assert_eq!(wrong.status, 404);
    world.sandbox.clock().advance(30 * 24 * 3_600);
    let ended = Visitor::new().unwrap().open(&start).await.unwrap();
    assert_eq!(ended.status, 410, "it ends in its second");
    for part in ["This link has ended", "Service Provider Acme Voice", "Ask the service provider"] {
        assert!(ended.text().contains(part), "{part}: {}", ended.text());
    }
}

/// R031, R113 Whoever comes back reads what went wrong the last time, and what to do about it, before they go on.
#[tokio::test]
async fn a_start_page_says_what_went_wrong_the_last_time() {
    let world = World::new().await;
    let enterprise = world.calling().await;
    let start = world.start_url(enterprise).await;
    let mut mia = Visitor::new().unwrap();
    let page = mia.open(&start).await.unwrap();
    assert!(!page.text().contains("did not work"), "{}", page.text());
    let page = mia.submit(page.form().unwrap().press("Continue to").unwrap()).await.unwrap();
    let page = mia.submit(page.form().unwrap().press(GRACE.name).unwrap()).await.unwrap();
    let page = mia.submit(page.form().unwrap().press("Cancel").unwrap()).await.unwrap();
    let refused = mia.submit(page.form().unwrap().press("Continue").unwrap()).await.unwrap();
    assert!(refused.text().contains("Service Provider Acme Voice"), "{}", refused.text());
    let again = Visitor::new().unwrap().open(&start).await.unwrap();
    let text = again.text();
    for part in ["It did not work the last time", "The consent was declined", "Who must act", "Continue to Microsoft"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// R134-R140 PBX and CALLAPP are fully consented in two screens; each action has its own status and outcome.
#[tokio::test]
async fn two_screens_grant_everything() {
    let world = World::new().await;
    let enterprise = world.calling().await;
    let start = world.start_url(enterprise).await;
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    let first = world.press(&mut grace, page, &GRACE).await;
    assert!(first.url.path().starts_with("/outcome/"), "{}", first.url);
    assert!(first.redirects.iter().all(|redirect| redirect.status == 303), "{:?}", first.redirects);
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(first.form().unwrap().action().path(), start.replace(world.sandbox.api(), ""), "K13");
    let second = world.press(&mut grace, first, &GRACE).await;
    assert!(second.text().contains("Nothing is left"), "{}", second.text());
    assert!(second.text().contains("Granted by the same screen Allow presence synchronisation"), "{}", second.text());
    assert!(second.form().is_none());
    for action in CALLING {
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
    }
    world.settle().await;
    let mut told: Vec<Value> = world.outcomes().into_iter().map(|told| told["actionType"].clone()).collect();
    told.sort_by_key(|action| CALLING.iter().position(|known| action == known));
    assert_eq!(told, CALLING.map(|action| json!(action)), "each once");
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["status"], "active");
}

/// R031 Stopped after screen one, the same link goes on in another browser, days later, with what is left.
#[tokio::test]
async fn the_journey_goes_on_in_another_browser() {
    let world = World::new().await;
    let enterprise = world.calling().await;
    let start = world.start_url(enterprise).await;
    let mut first = Visitor::new().unwrap();
    let page = first.open(&start).await.unwrap();
    world.press(&mut first, page, &GRACE).await;
    world.sandbox.clock().advance(5 * 24 * 3_600);
    let mut second = Visitor::new().unwrap();
    let page = second.open(&start).await.unwrap();
    assert!(page.text().contains("One Microsoft screen is left"), "{}", page.text());
    let last = world.press(&mut second, page, &GRACE).await;
    assert!(last.text().contains("Nothing is left"), "{}", last.text());
    assert!(Visitor::new().unwrap().open(&start).await.unwrap().text().contains("Nothing is left to do"));
}

/// R111, T12 A sign-in that began here comes back with the browser that began it, or has no effect; the cookie is good for
/// Microsoft's cross-site POST and for this host alone.
#[tokio::test]
async fn a_sign_in_comes_back_with_its_own_browser() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let start = world.start_url(enterprise).await;
    let begun = send(world.http.post(&start)).await;
    assert_eq!(begun.status, 303);
    let cookie = begun.header("set-cookie").to_owned();
    for part in ["__Host-txn=", "Path=/", "Secure", "HttpOnly", "SameSite=None"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let link = begun.header("location").to_owned();
    assert!(link.contains(&format!("/{}/oauth2/v2.0/authorize?", CONTOSO.id)), "{link}");
    assert!(query(&link)["state"].len() <= 512);
    let form = world.answer_of_microsoft(&link, &GRACE, crate::world::Decision::ForTheOrganization).await.unwrap();
    let before = world.snapshot().await;
    assert_eq!(world.post(form.clone()).await.status, 400, "no cookie");
    let fields: Vec<(String, String)> =
        ["state", "code", "id_token"].map(|name| (name.to_owned(), form.value(name).unwrap().to_owned())).into();
    let post = async |cookie: &str| {
        let call = world.call(Method::POST, "/restricted/handleResponse").form(&fields);
        send(call.header("cookie", cookie)).await.status.as_u16()
    };
    let own = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(post("__Host-txn=other.handle").await, 400);
    assert_eq!(post(&format!("{own}; __Host-txn=planted")).await, 400);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert_eq!(post(&own).await, 303);
    assert_eq!(world.registration(enterprise).await, granted());
}

/// R106 Without a tenant the page leads to `organizations`, which no personal account can finish.
#[tokio::test]
async fn an_unpinned_start_leads_to_organizations() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let begun = send(world.http.post(world.start_url(enterprise).await)).await;
    let link = begun.header("location");
    assert!(link.contains("/organizations/oauth2/v2.0/authorize?"), "{link}");
}

/// T42 Pressing the button again and again leaves one link behind.
#[tokio::test]
async fn a_button_pressed_often_makes_one_link() {
    let world = World::new().await;
    let start = world.start_url(world.contoso().await).await;
    let before = world.snapshot().await;
    for _ in 0..5 {
        assert_eq!(send(world.http.post(&start)).await.status, 303);
    }
    assert_eq!(world.effects_since(&before).await.made.get("request"), Some(&1));
}

/// R001, R004, R141 Registration and management share one sign-in, and each has its own proof and outcome.
#[tokio::test]
async fn management_shares_the_sign_in() {
    let world = World::new().await;
    world.microsoft().remove_role(&CONTOSO, TOM.oid, &TEAMS_ADMINISTRATOR);
    let changes = json!({"expectedTenant": CONTOSO.id, "canResellerManageEnterpriseProvisioning": true});
    let enterprise = world.enterprise(changes).await;
    let start = world.start_url(enterprise).await;
    let begun = send(world.http.post(&start)).await;
    let scope = words(&query(begun.header("location"))["scope"]);
    assert!(scope.contains("RoleManagement.ReadWrite.Directory") && scope.contains("User.ReadWrite.All"), "{scope:?}");
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    assert!(page.text().contains("Allow Management by Service Provider"), "{}", page.text());
    world.press(&mut grace, page, &GRACE).await;
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    world.settle().await;
    let told: Vec<Value> = world.outcomes().into_iter().map(|told| told["actionType"].clone()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&json!("REGISTRATION")) && told.contains(&json!(MANAGEMENT)), "{told:?}");
}

/// P3, P4 The table fails for the second action of a shared sign-in, after the code was redeemed: nothing is lost, nobody has to sign in
/// again, and no code is sent twice.
#[tokio::test]
async fn a_shared_sign_in_that_is_cut_off_is_gone_on_with() {
    let tap = Tap::open().await;
    tap.leads_to(&serve_dynamodb().await);
    let overrides = Overrides { dynamodb: Some(tap.url().parse().unwrap()), ..Overrides::default() };
    let world = World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
    world.microsoft().remove_role(&CONTOSO, TOM.oid, &TEAMS_ADMINISTRATOR);
    let changes = json!({"expectedTenant": CONTOSO.id, "canResellerManageEnterpriseProvisioning": true});
    let enterprise = world.enterprise(changes).await;
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&world.start_url(enterprise).await).await.unwrap();
    let page = grace.submit(page.form().unwrap().press("Continue").unwrap()).await.unwrap();
    let answer = go_through(&mut grace, page, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let row = world.sandbox.store().enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let second = row.action(ActionType::ServiceProviderManagement).link().unwrap().to_string();
    tap.break_where(&second, Trouble::Status(500));
    let cut_off = grace.submit(answer.press("Continue").unwrap()).await.unwrap();
    assert!(cut_off.text().contains("We are checking with Microsoft"), "{}", cut_off.text());
    tap.heal();
    assert_ne!(world.registration(enterprise).await.0, "granted");
    for _ in 0..4 {
        world.pass(10).await;
    }
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!((world.token_calls(), world.outcomes().len()), (1, 2));
}

/// P6 A shared sign-in uses no code of the links that it goes on with: a reading that was begun in one wait of such a link
/// does not end the next.
#[tokio::test]
async fn a_slow_reading_does_not_end_a_later_shared_sign_in() {
    let world = World::new().await;
    let changes = json!({"expectedTenant": CONTOSO.id, "canResellerManageEnterpriseProvisioning": true});
    let enterprise = world.enterprise(changes).await;
    send(world.http.post(world.start_url(enterprise).await)).await;
    let store = world.sandbox.store();
    let row = store.enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let ActionState::Started { request, .. } = row.action(ActionType::ServiceProviderManagement) else {
        panic!("no link was made")
    };
    let link = async || store.request(&request).await.unwrap().unwrap();
    let random = SystemRandomness::new();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let context = |seconds: u64| {
        let now = world.sandbox.clock().now().plus(std::time::Duration::from_secs(seconds));
        let occasion = Occasion { now, reference: None, random: &random };
        Context { keys: &keys, occasion, authority_host: "", system: None }
    };
    let now = context(0).occasion.now;
    let [tenant, object] = [CONTOSO.id, GRACE.oid];
    let signer = Signer { tenant: tenant.parse().unwrap(), object: object.parse().unwrap(), user_principal_name: None };
    let token = SealedToken { sealed: String::new(), sealed_id_token: None, expires_at: now.plus(2 * PROOF_WINDOW) };
    let stage = Stage::Verifying { since: now, signer, token, reads: 0 };
    let shared = Verifying::of(ConsentRequest { stage, ..link().await }).unwrap().shared();
    let (first, slow) = shared.go_on(link().await, &"token".into(), context(1)).unwrap();
    assert_eq!(store.record(&first).await.unwrap(), Recorded::Done);
    let refusal = Verifying::of(link().await).unwrap().refuse(Code::AdminRoleRequired, None, context(2));
    assert_eq!(store.record(&refusal).await.unwrap(), Recorded::Done);
    let (second, _) = shared.go_on(link().await, &"token".into(), context(3)).unwrap();
    assert_eq!(store.record(&second).await.unwrap(), Recorded::Done);
    let late = context(PROOF_WINDOW.as_secs() + 1);
    let parties = store.parties(row.id, row.reseller).await.unwrap().unwrap();
    let late = ((&parties.0, &parties.1), late);
    let recorded = store.conclude(slow, Judgement::Unreadable, &"token".into(), late).await.unwrap();
    assert_eq!(recorded, Recorded::Superseded);
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, ("verifying".to_owned(), None));
}

/// The page of a stopped enterprise says so and leads nowhere.
#[tokio::test]
async fn a_stopped_enterprises_page_leads_nowhere() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let start = world.start_url(enterprise).await;
    let path = format!("/v1/enterprises/{enterprise}/disable");
    world.provider(Method::POST, &path, Some(&json!({}))).await;
    let before = world.snapshot().await;
    for method in [Method::GET, Method::POST] {
        assert_eq!(send(world.http.request(method, &start)).await.status, 403);
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let refused = world.ask_for_links(enterprise, "", json!({"redirectUrl": world.hook()})).await.problem();
    assert_eq!((refused.0, refused.1.as_str()), (409, "enterprise_disabled"));
}

/// T12 A button on another site's page leads to ours, which says who asks; nothing is begun.
#[tokio::test]
async fn a_button_elsewhere_leads_to_the_page() {
    let world = World::new().await;
    let start = world.start_url(world.contoso().await).await;
    let before = world.snapshot().await;
    let elsewhere = send(world.http.post(&start).header("sec-fetch-site", "cross-site")).await;
    assert_eq!(
        (elsewhere.status.as_u16(), elsewhere.header("location")),
        (303, start.replace(world.sandbox.api(), "").as_str())
    );
    assert_eq!(elsewhere.header("set-cookie"), "");
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let own = send(world.http.post(&start).header("sec-fetch-site", "same-origin")).await;
    assert!(own.header("location").contains("/oauth2/v2.0/authorize?"));
}

/// T09, T10 Whoever holds a start link may fail as often as they like; the administrator still gets through by it.
#[tokio::test]
async fn plain_users_burn_no_start_link() {
    let world = World::new().await;
    let consented = world.start_url(world.contoso().await).await;
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&consented).await.unwrap();
    world.press(&mut grace, page, &GRACE).await;
    let enterprise = world.enterprise(json!({"enterpriseName": "Second", "expectedTenant": CONTOSO.id})).await;
    let start = world.start_url(enterprise).await;
    for _ in 0..21 {
        let mut petra = Visitor::new().unwrap();
        let page = petra.open(&start).await.unwrap();
        assert_eq!(world.press(&mut petra, page, &PETRA).await.status, 403);
    }
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    world.press(&mut grace, page, &GRACE).await;
    assert_eq!(world.registration(enterprise).await, granted());
}

/// R111 While the sign-in is checked that shows the tenant, what needs to know it is not asked for, and the page says so.
#[tokio::test]
async fn what_needs_the_tenant_waits_for_it() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let start = world.start_url(enterprise).await;
    world.microsoft().set_lag(Lag::Seconds(30));
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    world.press(&mut grace, page, &GRACE).await;
    assert_eq!(world.registration(enterprise).await.0, "verifying");
    let before = world.snapshot().await;
    for method in [Method::GET, Method::POST] {
        let told = send(world.http.request(method, &start)).await;
        assert_eq!(told.status, 403, "{}", told.text);
        assert!(told.text.contains("Your organisation is not known yet"), "{}", told.text);
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
    world.pass(40).await;
    assert_eq!(world.registration(enterprise).await.0, "pending_confirmation");
    let confirm = format!("/v1/enterprises/{enterprise}/confirm-tenant");
    let confirmed = world.provider(Method::POST, &confirm, Some(&json!({"tenantId": CONTOSO.id}))).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let page = grace.open(&start).await.unwrap();
    assert!(page.text().contains("Continue to"), "{}", page.text());
}
