//! Grants that Graph shows after it was told that they cannot be seen.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, Consent, Effect, Fault, GRACE, Lag};

use crate::admin_consent::{blocked, filed, granted, said, visit};
use crate::effects::Effects;
use crate::link::query;
use crate::world::{Decision, World, send};

impl World {
    /// Eleven minutes, minute by minute: no proof is open for longer.
    async fn until_given_up(&self) {
        for _ in 0..11 {
            self.pass(60).await;
        }
    }
}

/// P5, T16, R124, R127 A registration that is seen late is one as any other: its tenant is bound, and nobody else's from then on,
/// and what is told has who signed in.
#[tokio::test]
async fn a_registration_that_is_seen_late_binds_its_tenant() {
    let world = World::new().await;
    let services = json!({"services": ["PBX", "CALLAPP"], "expectedTenant": CONTOSO.id});
    let enterprise = world.enterprise(services).await;
    world.microsoft().set_lag(Lag::Forever);
    let link = world.registration_url(enterprise).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.until_given_up().await;
    assert_eq!(world.registration(enterprise).await, blocked("grant_not_visible"));
    world.microsoft().set_lag(Lag::Seconds(0));
    let asked = query(&link);
    let (tenant, client_id) = (CONTOSO.id.to_owned(), asked["client_id"].clone());
    let delegated = asked["scope"].split(' ').map(str::to_owned).collect();
    world.microsoft().grant(&Consent { tenant, client_id, delegated, ..Consent::default() }).unwrap();
    let page = visit(&world.user_sync_url(enterprise).await, "Accept").await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    world.settle().await;
    for _ in 0..13 {
        world.pass(3_600).await;
    }
    assert_eq!(world.registration(enterprise).await, granted());
    let told = world.outcomes().into_iter().rfind(|told| told["actionType"] == "REGISTRATION").unwrap();
    let user = &told["msalAuthenticationResult"]["authenticationResult"]["userInfo"];
    assert_eq!((&told["outcome"], &told["companyAdmin"]), (&json!("granted"), &json!(true)), "{told}");
    assert_eq!((&told["officeUserType"], &told["organization"]), (&json!("GLOBAL_ADMIN"), &json!("Contoso Ltd")));
    assert_eq!((&user["tenantId"], &user["displayableId"]), (&json!(CONTOSO.id), &json!(GRACE.upn)), "{told}");
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["tenantId"], CONTOSO.id, "{read}");
    let other = world.other_provider().await;
    let (_, theirs) = world.contoso_of(&other).await;
    world.visit(&theirs, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let last: Value = world.outcomes().pop().unwrap();
    assert_eq!((&last["outcome"], &last["problem"]["code"]), (&json!("blocked"), &json!("tenant_bound_elsewhere")));
}

/// P3, P4 A consent that is seen late is told once, and its link is spent by it: who comes back by it once more changes nothing.
#[tokio::test]
async fn a_consent_that_is_seen_late_is_told_once() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.come_back(&said(&link, &CONTOSO)).await;
    world.until_given_up().await;
    assert_eq!(world.standing(enterprise, "GET_USER_SYNC_CONSENT").await, blocked("grant_not_visible"));
    world.consent(&link, &CONTOSO);
    for _ in 0..13 {
        world.pass(3_600).await;
    }
    assert_eq!(world.standing(enterprise, "GET_USER_SYNC_CONSENT").await, granted());
    assert_eq!(world.outcomes().pop().unwrap()["outcome"], "granted");
    let before = world.snapshot().await;
    let back = world.come_back(&said(&link, &CONTOSO)).await;
    assert_eq!(back.status, 303, "{}", back.text);
    let page = world.http.get(back.header("location")).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Granted Consent"));
    world.pass(60).await;
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R195, K17 Microsoft's page has filed a request with the tenant's reviewers (AADSTS90095). What they approve there is noticed, and
/// told by the link that asked for it.
#[tokio::test]
async fn what_a_reviewer_approves_is_granted() {
    const SYNC: &str = "GET_USER_SYNC_CONSENT";
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.come_back(&filed(&link)).await;
    assert_eq!(world.standing(enterprise, SYNC).await, blocked("approval_requested"));
    world.pass(12 * 3_600).await;
    assert_eq!(world.standing(enterprise, SYNC).await, blocked("approval_requested"), "nobody has approved it");
    world.consent(&link, &CONTOSO);
    for _ in 0..13 {
        world.pass(3_600).await;
    }
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
    let told: Vec<Value> = world.outcomes().iter().map(|told| told["outcome"].clone()).collect();
    assert_eq!(told, [json!("blocked"), json!("granted")]);
}

/// R195, P3 What a reviewer approves is the whole screen: all that it asked for is granted, each told once by its own link, and none
/// is told of as missing later; be it that somebody signs in before the next look, and sees a part of it, or that the links ended before.
#[tokio::test]
async fn what_a_reviewer_approves_is_granted_with_its_screen() {
    for (signs_in, days) in [(false, 0), (true, 0), (false, 8)] {
        let world = World::new().await;
        approve_a_screen(&world, signs_in, days).await;
    }
}

async fn approve_a_screen(world: &World, signs_in: bool, days: i64) {
    const SCREEN: [&str; 2] = ["GET_USER_SYNC_CONSENT", "GET_AGENT_CONSENT"];
    let enterprise = world.contoso().await;
    if signs_in {
        world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    }
    let wanted = json!({"actions": SCREEN, "redirectUrl": world.hook()});
    let start = world.ask_for_links(enterprise, "", wanted).await.json()["startUrl"].as_str().unwrap().to_owned();
    let begun = send(world.http.post(&start)).await;
    let (screen, cookie) = (begun.header("location").to_owned(), begun.header("set-cookie").to_owned());
    let back = world.call(Method::GET, &format!("/restricted/adminConsent?{}", filed(&screen)));
    send(back.header("cookie", cookie.split(';').next().unwrap())).await;
    assert_eq!(world.standing(enterprise, SCREEN[0]).await, blocked("approval_requested"));
    world.pass(days * 24 * 3_600).await;
    world.consent_to_everything(&screen, &CONTOSO);
    if signs_in {
        let link = world.link_for(enterprise, "LOGIN_ENTERPRISE_ADMIN").await;
        world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        assert_eq!(world.standing(enterprise, SCREEN[0]).await, granted());
    }
    for _ in 0..13 {
        world.pass(3_600).await;
    }
    for action in SCREEN {
        assert_eq!(world.standing(enterprise, action).await, granted(), "{action}");
    }
    world.pass(8 * 24 * 3_600).await;
    let told = |told: &Value| format!("{} {}", told["actionType"], told["outcome"]).replace('"', "");
    let mut outcomes: Vec<String> = world.outcomes().iter().map(told).collect();
    outcomes.retain(|told| SCREEN.iter().any(|action| told.starts_with(action)));
    outcomes.retain(|told| days == 0 || told != "GET_AGENT_CONSENT expired");
    outcomes.sort();
    assert_eq!(
        outcomes,
        ["GET_AGENT_CONSENT granted", "GET_USER_SYNC_CONSENT blocked", "GET_USER_SYNC_CONSENT granted"]
    );
}

/// R195, K17 Where the tenant is expected by its domain, and nothing is proved in it yet, what is approved there is noticed too.
#[tokio::test]
async fn what_is_approved_in_the_tenant_of_a_domain_is_granted() {
    const SYNC: &str = "GET_USER_SYNC_CONSENT";
    let world = World::new().await;
    let enterprise = world.enterprise(json!({ "expectedTenant": CONTOSO.domain })).await;
    let link = world.user_sync_url(enterprise).await;
    world.come_back(&filed(&link)).await;
    assert_eq!(world.standing(enterprise, SYNC).await, blocked("approval_requested"));
    world.consent(&link, &CONTOSO);
    for _ in 0..13 {
        world.pass(3_600).await;
    }
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
}

/// P3, K17 An application consent that Graph could not be read for is granted, and told, once it can be: nobody has to come back.
#[tokio::test]
async fn a_consent_that_could_not_be_read_is_granted_once_it_can_be() {
    const SYNC: &str = "GET_USER_SYNC_CONSENT";
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.consent(&link, &CONTOSO);
    let what = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().set_faults(vec![Fault { on: "graph".to_owned(), what, times: None }]);
    world.come_back(&said(&link, &CONTOSO)).await;
    world.until_given_up().await;
    assert_eq!(world.standing(enterprise, SYNC).await.0, "unverifiable");
    world.microsoft().set_faults(vec![]);
    world.pass(12 * 3_600).await;
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
    let told: Vec<Value> = world.outcomes().iter().map(|told| told["outcome"].clone()).collect();
    assert_eq!(told, [json!("unverifiable"), json!("granted")]);
}
