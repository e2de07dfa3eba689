//! The callback and the proof behind it: good answers, late ones, repeated ones, many at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Clock as _;
use onboarding_sandbox::visitor::Page;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Effect, FRANK, Fault, GRACE, Lag, Revocation};

use crate::effects::Effects;
use crate::world::{Decision, World};

fn fault(on: &str, what: Effect, times: Option<u32>) -> Fault {
    Fault { on: on.to_owned(), what, times }
}

/// R116 A grant that Graph shows late is granted without another click, and told once.
#[tokio::test]
async fn a_grant_that_lags_is_granted_without_another_click() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.microsoft().set_lag(Lag::Seconds(30));
    let page =
        world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    assert!(page.body.contains(">Look again</a>") && !page.body.contains("http-equiv"), "{}", page.body);
    assert_eq!(world.registration(enterprise).await, ("verifying".to_owned(), None));
    world.settle().await;
    assert!(world.outcomes().is_empty(), "nothing is told while it is being verified");
    for _ in 0..4 {
        world.pass(10).await;
    }
    assert_eq!(world.outcome().await, ("granted".to_owned(), None));
    assert_eq!(world.token_calls(), 1);
}

/// A grant that never shows ends after ten minutes as blocked, and is told.
#[tokio::test]
async fn a_grant_that_never_shows_is_blocked() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.microsoft().set_lag(Lag::Forever);
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    for _ in 0..9 {
        world.pass(60).await;
        assert_eq!(world.registration(enterprise).await.0, "verifying");
    }
    for _ in 0..2 {
        world.pass(60).await;
    }
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("grant_not_visible".to_owned())));
    assert_eq!(world.registration(enterprise).await, ("blocked".to_owned(), Some("grant_not_visible".to_owned())));
}

/// G43 A consent of which one mandatory permission is missing is not complete; which one is told to everybody.
#[tokio::test]
async fn a_grant_that_lacks_one_permission_says_which() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    world.microsoft().set_lag(Lag::Forever);
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let client_id =
        url::Url::parse(&link).unwrap().query_pairs().find(|(name, _)| name == "client_id").unwrap().1.into();
    let permission = Some("User.ReadWrite.All".to_owned());
    let revocation = Revocation { tenant: CONTOSO.id.to_owned(), client_id, permission, ..Revocation::default() };
    let before = world.snapshot().await;
    world.post(answer.clone()).await;
    // Redeemed with all of them; then somebody takes one back, and Graph shows the rest.
    assert_eq!(world.microsoft().revoke(&revocation), 1);
    world.microsoft().set_lag(Lag::Seconds(0));
    for _ in 0..11 {
        world.pass(60).await;
        assert_ne!(world.registration(enterprise).await.0, "granted");
    }
    let effects = world.effects_since(&before).await;
    assert_eq!((effects.token_calls, effects.webhooks), (1, 1), "{effects:?}");
    assert!(!effects.made.contains_key("tenant") && !effects.made.contains_key("handle"), "{effects:?}");
    let told = world.outcomes().remove(0);
    let listed = world.action(enterprise, "REGISTRATION").await;
    for problem in [&told["problem"], &listed["problem"]] {
        assert_eq!(problem["code"], "grant_not_visible");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("User.ReadWrite.All") && !detail.contains("Organization.Read.All"), "{detail}");
    }
    let page = world.post(answer).await;
    assert!(page.text().contains("User.ReadWrite.All"), "{}", page.text());
}

/// Graph that cannot be read is not a missing grant.
#[tokio::test]
async fn a_graph_that_is_down_for_ever_makes_it_unverifiable() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let down = Effect::Status { status: 503, body: String::new(), headers: std::collections::BTreeMap::new() };
    world.microsoft().set_faults(vec![fault("graph", down, None)]);
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    for _ in 0..12 {
        world.pass(60).await;
    }
    assert_eq!(world.outcome().await, ("unverifiable".to_owned(), Some("proof_unreadable".to_owned())));
    assert_eq!(world.registration(enterprise).await.0, "unverifiable");
}

/// R111, G09, G10 The same answer twice has one effect and shows the recorded outcome; another code on a spent link is
/// refused and noted.
#[tokio::test]
async fn a_repeated_answer_shows_the_recorded_outcome() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let again = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let before = world.snapshot().await;
    for _ in 0..2 {
        let page = world.post(answer.clone()).await;
        assert_eq!((page.status, page.redirects.len()), (200, 1));
        assert!(page.text().contains("Granted Consent"));
    }
    assert_eq!(world.effects_since(&before).await, Effects::granted());
    let before = world.snapshot().await;
    for _ in 0..5 {
        assert_eq!(world.post(again.clone()).await.status, 400);
    }
    let noted = Effects {
        made: [("audit".to_owned(), 1)].into(),
        changed: [("request".to_owned(), 1)].into(),
        ..Effects::none()
    };
    assert_eq!(
        world.effects_since(&before).await,
        noted,
        "noted once; the first code at most once, and the second never"
    );
    assert_eq!(world.glance().await.of_kind("audit").join(" ").matches("consent.state_replay").count(), 1);
    assert_eq!(world.outcome().await, ("granted".to_owned(), None));
}

/// R111, G11 Of fifty identical answers at once one is redeemed; nobody sees a server error.
#[tokio::test]
async fn of_fifty_answers_at_once_one_has_an_effect() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let before = world.snapshot().await;
    let pages = join_all((0..50).map(|_| world.post(answer.clone()))).await;
    assert!(
        pages.iter().all(|page| page.status == 200),
        "{:?}",
        pages.iter().map(|page| page.status).collect::<Vec<_>>()
    );
    assert_eq!(world.effects_since(&before).await, Effects::granted());
    assert_eq!(world.outcome().await, ("granted".to_owned(), None));
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// R110, R111, R115, G02-G05, G13 A bad answer changes nothing; the good one that follows still succeeds.
#[tokio::test]
async fn a_bad_answer_does_not_spend_the_link() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let good = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let second = world.registration_url(enterprise).await;
    let other = world.answer_of_microsoft(&second, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let (state, token) = (good.value("state").unwrap(), good.value("id_token").unwrap());
    let flipped = |text: &str| format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..]);
    let unsigned = &token[..=token.rfind('.').unwrap()];
    let bad = [
        ("state", flipped(state)),
        ("state", state[..state.len() - 1].to_owned()),
        ("state", "A".repeat(43)),
        ("state", other.value("state").unwrap().to_owned()),
        ("id_token", other.value("id_token").unwrap().to_owned()),
        ("id_token", unsigned.to_owned()),
        ("id_token", String::new()),
        ("code", other.value("code").unwrap().to_owned()),
        ("code", String::new()),
        ("iss", "https://login.microsoftonline.com/other/v2.0".to_owned()),
    ];
    let mut words = Vec::new();
    let before = world.snapshot().await;
    for (field, value) in bad {
        let page = world.post(good.clone().fill(field, &value)).await;
        assert_eq!(page.status, 400, "{field} {value}");
        words.push(page.text().split("Reference").next().unwrap_or_default().to_owned());
    }
    assert!(words.iter().all(|text| *text == words[0]), "one wording for all");
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert_eq!(world.post(good).await.status, 200);
    assert_eq!(world.effects_since(&before).await, Effects::granted());
}

/// R111, G08 A link ends in its second, swept or not: it works in the last before, and is refused in the first after.
#[tokio::test]
async fn an_expired_link_is_refused_from_its_second_on() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let request = newest_request(&world, enterprise).await;
    let ends = world.sandbox.store().request(&request).await.unwrap().unwrap().expires_at;
    let clock = world.sandbox.clock();
    clock.advance(i64::try_from(ends.since(clock.now()).as_secs()).unwrap() - 60);
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let before = world.snapshot().await;
    // Less than a second after its end.
    clock.advance(i64::try_from(ends.since(clock.now()).as_secs()).unwrap() + 1);
    assert_eq!(world.post(answer.clone()).await.status, 400);
    // No sweep came by: that would tell that nobody came back.
    assert_eq!(world.glance().await.since(&before), Effects::none());
    // Less than two seconds before it.
    while ends <= clock.now() {
        clock.advance(-1);
    }
    clock.advance(-1);
    assert_eq!(world.post(answer).await.status, 200);
    assert_eq!(world.effects_since(&before).await, Effects::granted());
}

/// R113, R115 The callback takes Microsoft's form and nothing else, and says so on a page.
#[tokio::test]
async fn the_callback_takes_one_form_and_nothing_else() {
    let world = World::new().await;
    let path = "/restricted/handleResponse";
    let get = world.call(Method::GET, path).send().await.unwrap();
    assert_eq!((get.status().as_u16(), get.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let status = async |content_type: &str, body: String| {
        let call = world.call(Method::POST, path).header("content-type", content_type).body(body);
        call.send().await.unwrap().status().as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(status("application/json", "{}".into()).await, 415);
    assert_eq!(status(form, format!("state={}", "x".repeat(65_531))).await, 413);
    assert_eq!(status(form, "state=a&state=b&error=x".into()).await, 400);
    assert_eq!(status(form, "state=%ff&error=x".into()).await, 400);
    assert_eq!(status(form, "error=access_denied".into()).await, 400);
}

/// G36, G37 A code that Microsoft refuses, or redeems for nobody that we know, grants nothing; the link works again.
#[tokio::test]
async fn a_refused_code_grants_nothing_and_keeps_the_link() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let refusal = Effect::OauthError { error: "invalid_grant".to_owned(), code: 50089 };
    world.microsoft().set_faults(vec![fault("token", refusal, Some(1))]);
    let before = world.snapshot().await;
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!((page.status, page.redirects.len()), (200, 1));
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("sign_in_expired".to_owned())));
    let effects = Effects::refused_after_redemption(0);
    assert_eq!(world.effects_since(&before).await, effects, "never sent a second time");
    let before = world.snapshot().await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.effects_since(&before).await, Effects::granted());
}

/// G75 A connection that breaks after the code was sent: nothing is granted, nothing is sent twice, it is told, and the
/// link works again.
#[tokio::test]
async fn a_lost_answer_of_the_token_endpoint_ends_as_interrupted() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    world.microsoft().set_faults(vec![fault("token", Effect::ResetAfterRequest, Some(1))]);
    let before = world.snapshot().await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.effects_since(&before).await, Effects::refused_after_redemption(0));
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("sign_in_interrupted".to_owned())));
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

impl World {
    /// Leases the newest request of `enterprise` for Grace, as a callback does that dies then.
    pub(crate) async fn lease(&self, enterprise: u64) {
        let request = newest_request(self, enterprise).await;
        let signer = onboarding_core::identity::Signer {
            tenant: CONTOSO.id.parse().unwrap(),
            object: GRACE.oid.parse().unwrap(),
            user_principal_name: None,
        };
        let now = onboarding_core::time::Clock::now(self.sandbox.clock());
        let holder = onboarding_core::id::ReferenceId::new(now, &onboarding_core::random::SystemRandomness::new());
        let code = SecretHash::of("code");
        self.sandbox.store().lease(&request, &signer, &code, (&holder, now)).await.unwrap();
    }
}

/// G75 A callback that dies with its lease is ended by the sweep within five minutes, and told.
#[tokio::test]
async fn a_lease_that_nobody_ends_is_ended() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    assert_eq!(world.registration(enterprise).await.0, "started");
    world.lease(enterprise).await;
    world.pass(50).await;
    assert!(world.outcomes().is_empty());
    world.pass(61).await;
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("sign_in_interrupted".to_owned())));
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// G76 A lease whose answer got lost is still its holder's.
#[tokio::test]
async fn a_holder_knows_its_own_lease() {
    use onboarding_dynamo::consent::Lease;
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.registration_url(enterprise).await;
    let request = newest_request(&world, enterprise).await;
    let signer = onboarding_core::identity::Signer {
        tenant: CONTOSO.id.parse().unwrap(),
        object: GRACE.oid.parse().unwrap(),
        user_principal_name: None,
    };
    let now = onboarding_core::time::Clock::now(world.sandbox.clock());
    let random = onboarding_core::random::SystemRandomness::new();
    let [own, other] = [(); 2].map(|()| onboarding_core::id::ReferenceId::new(now, &random));
    let code = SecretHash::of("code");
    let store = world.sandbox.store();
    for _ in 0..2 {
        assert!(matches!(store.lease(&request, &signer, &code, (&own, now)).await, Ok(Lease::Won(_))));
    }
    assert!(matches!(store.lease(&request, &signer, &code, (&other, now)).await, Ok(Lease::Lost(_))));
}

async fn newest_request(world: &World, enterprise: u64) -> onboarding_core::id::ConsentRequestId {
    use onboarding_core::action::{ActionState, ActionType};
    let enterprise = world.sandbox.store().enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let ActionState::Started { request, .. } = enterprise.action(ActionType::Registration) else {
        panic!("no link was made")
    };
    request
}

/// A tenant that nobody named waits until the provider confirms it; then it is bound, granted and told, once.
#[tokio::test]
async fn an_unpinned_consent_waits_for_the_provider() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    assert!(world.outcomes().is_empty());
    let item = world.action(enterprise, "REGISTRATION").await;
    assert_eq!(item["status"], "pending_confirmation");
    let shown = json!({"tenantId": CONTOSO.id, "organization": CONTOSO.display_name});
    assert_eq!(item["tenantToConfirm"], shown);
    let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
    let confirm = async |tenant: &str| world.provider(Method::POST, &path, Some(&json!({ "tenantId": tenant }))).await;
    let wrong = confirm(simulated_microsoft::FABRIKAM.id).await;
    assert_eq!((wrong.problem().0, wrong.problem().1.as_str()), (409, "tenant_not_shown"));
    let ready = format!("/v1/enterprises/{enterprise}/readiness");
    let readiness = world.provider(Method::GET, &ready, None).await.json();
    assert_eq!(readiness["who"], "provider admin", "it is the provider's turn");
    // Who has come to expect another tenant is told so, and confirms nothing.
    world.edit(enterprise, json!({ "expectedTenant": simulated_microsoft::FABRIKAM.id })).await;
    let expected = confirm(CONTOSO.id).await;
    assert_eq!(expected.problem(), (409, "wrong_tenant".to_owned(), vec![]));
    assert!(expected.text.contains(simulated_microsoft::FABRIKAM.id), "{}", expected.text);
    world.edit(enterprise, json!({ "expectedTenant": null })).await;
    for _ in 0..2 {
        let confirmed = confirm(CONTOSO.id).await;
        assert_eq!((confirmed.status.as_u16(), &confirmed.json()["status"]), (200, &json!("granted")));
    }
    assert_eq!(world.outcome().await, ("granted".to_owned(), None));
    let nothing = confirm(simulated_microsoft::FABRIKAM.id).await;
    assert_eq!((nothing.problem().0, nothing.problem().1.as_str()), (409, "nothing_to_confirm"));
}

/// R123 Of two tenants that wait the provider confirms one; who signed in from the other is not told that it is granted.
#[tokio::test]
async fn the_tenant_that_was_not_confirmed_is_told_so() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let mut pages = Vec::new();
    for person in [&GRACE, &FRANK] {
        let link = world.registration_url(enterprise).await;
        pages.push(world.visit(&link, person, Decision::ForTheOrganization).await.ours());
    }
    let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
    let confirmed = world.provider(Method::POST, &path, Some(&json!({ "tenantId": CONTOSO.id }))).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let [contosos, fabrikams] = &pages[..] else { panic!("two pages") };
    let shown = async |page: &Page| world.http.get(page.url.clone()).send().await.unwrap().text().await.unwrap();
    assert!(shown(contosos).await.contains("Granted Consent"));
    let fabrikams = shown(fabrikams).await;
    assert!(fabrikams.contains("<title>Blocked") && !fabrikams.contains("What is granted"), "{fabrikams}");
}

/// A tenant belongs to the first provider that proved its consent; its own enterprises may share it.
#[tokio::test]
async fn a_tenant_belongs_to_one_provider() {
    let world = World::new().await;
    world
        .visit(&world.registration_url(world.contoso().await).await, &GRACE, Decision::ForTheOrganization)
        .await
        .ours();
    let second = world.enterprise(json!({"enterpriseName": "Contoso 2", "expectedTenant": CONTOSO.id})).await;
    world.visit(&world.registration_url(second).await, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(second).await.0, "granted");
    let other = world.other_provider().await;
    let (theirs, link) = world.contoso_of(&other).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let last = world.outcomes().pop().unwrap();
    assert_eq!((&last["outcome"], &last["problem"]["code"]), (&json!("blocked"), &json!("tenant_bound_elsewhere")));
    let read = world.as_holder_of(&other.key, Method::GET, &format!("/v1/enterprises/{theirs}"), None).await.json();
    assert!(read["tenantId"].is_null());
}

/// G39, T11 A link without a tenant whose enterprise is bound meanwhile, or has come to expect a tenant: a sign-in of another one is
/// refused, its code is sent to nobody and its token stored nowhere, whatever Graph could say. The right person goes on by the link.
#[tokio::test]
async fn a_bound_tenant_is_never_exchanged() {
    let world = World::new().await;
    let bound = world.enterprise(json!({})).await;
    let early = world.registration_url(bound).await;
    world.visit(&world.registration_url(bound).await, &GRACE, Decision::ForTheOrganization).await.ours();
    let path = format!("/v1/enterprises/{bound}/confirm-tenant");
    world.provider(Method::POST, &path, Some(&json!({"tenantId": CONTOSO.id}))).await;
    let expecting = world.enterprise(json!({"enterpriseName": "Contoso 2"})).await;
    let before_it = world.registration_url(expecting).await;
    world.edit(expecting, json!({ "expectedTenant": CONTOSO.id })).await;
    for (enterprise, link) in [(bound, early), (expecting, before_it)] {
        let answer = world.answer_of_microsoft(&link, &FRANK, Decision::ForTheOrganization).await.unwrap();
        let right = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        let down = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
        world.microsoft().set_faults(vec![Fault { on: "graph".to_owned(), what: down, times: None }]);
        let before = world.token_calls();
        let page = world.post(answer).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains(CONTOSO.id) && page.text().contains(simulated_microsoft::FABRIKAM.id));
        assert_eq!(world.token_calls(), before, "the code was sent");
        let requests = world.glance().await.of_kind("request").join(" ");
        assert!(!requests.contains("sealed"), "a token is stored: {requests}");
        world.settle().await;
        assert_eq!(world.outcomes().pop().unwrap()["problem"]["code"], "wrong_tenant");
        world.microsoft().set_faults(Vec::new());
        let page = world.post(right).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
        assert_eq!(
            (&read["tenantId"], world.registration(enterprise).await.0.as_str()),
            (&json!(CONTOSO.id), "granted")
        );
    }
}

/// T04 Whoever is turned away before the code was sent is told to come back, and may: the same answer is taken once what was in the
/// way is gone.
#[tokio::test]
async fn an_answer_that_was_not_used_may_be_brought_again() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let switch = async |to: &str| {
        let path = format!("/v1/enterprises/{enterprise}/{to}");
        assert_eq!(world.provider(Method::POST, &path, Some(&json!({}))).await.status, 200);
    };
    switch("disable").await;
    for _ in 0..2 {
        assert_eq!(world.post(answer.clone()).await.status, 403);
    }
    assert_eq!(world.token_calls(), 0);
    switch("enable").await;
    let page = world.post(answer).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!((world.token_calls(), world.registration(enterprise).await.0.as_str()), (1, "granted"));
}
