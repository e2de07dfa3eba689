//! A link that more than one person holds, and a browser with more than one tab: nobody keeps another out.

use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, FABRIKAM, FRANK, GRACE, Lag};

use crate::admin_consent::{granted, said};
use crate::effects::Effects;
use crate::link::query;
use crate::world::{World, send};

/// The cookie that a browser was given.
fn own(cookie: &str) -> String {
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// R111, T11 A stranger who finishes an unpinned link in a tenant of theirs keeps the administrator out of nothing: both
/// tenants wait, the provider is shown both, and the right one is confirmed.
#[tokio::test]
async fn a_stranger_who_was_first_keeps_nobody_out() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let start = world.start_url(enterprise).await;
    for (person, tenant, others) in
        [(&FRANK, &FABRIKAM, vec![]), (&GRACE, &CONTOSO, vec![FABRIKAM.id]), (&FRANK, &FABRIKAM, vec![CONTOSO.id])]
    {
        let mut visitor = Visitor::new().unwrap();
        let page = visitor.open(&start).await.unwrap();
        let ended = world.press(&mut visitor, page, person).await;
        assert!(ended.text().contains("Pending Confirmation"), "{}", ended.text());
        let item = world.action(enterprise, "REGISTRATION").await;
        assert_eq!(
            (&item["status"], &item["tenantToConfirm"]["tenantId"]),
            (&json!("pending_confirmation"), &json!(tenant.id))
        );
        let also: Vec<Value> = others.into_iter().map(Value::from).collect();
        let shown = item["otherTenantsToConfirm"].as_array().cloned().unwrap_or_default();
        assert_eq!(shown.into_iter().map(|other| other["tenantId"].clone()).collect::<Vec<_>>(), also);
        let page = visitor.open(&start).await.unwrap();
        assert!(page.text().contains("If that was you, you have done your part"), "{}", page.text());
    }
    let confirm = format!("/v1/enterprises/{enterprise}/confirm-tenant");
    let confirmed = world.provider(Method::POST, &confirm, Some(&json!({"tenantId": CONTOSO.id}))).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let item = world.action(enterprise, "REGISTRATION").await;
    assert_eq!((&item["status"], &item["otherTenantsToConfirm"]), (&json!("granted"), &Value::Null));
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["tenantId"], CONTOSO.id);
    let page = Visitor::new().unwrap().open(&start).await.unwrap();
    let shown = page.text();
    assert!(shown.contains("Granted already Register your organisation") && shown.contains("One Microsoft"), "{shown}");
}

/// T11, T42 Who presses the button while a tenant waits takes nothing from it, and leaves one link behind.
#[tokio::test]
async fn what_waits_goes_on_waiting() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let start = world.start_url(enterprise).await;
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    world.press(&mut grace, page, &GRACE).await;
    let before = world.snapshot().await;
    for _ in 0..3 {
        assert!(send(world.http.post(&start)).await.header("location").contains("/oauth2/v2.0/authorize?"));
    }
    assert_eq!(world.effects_since(&before).await.made.get("request"), Some(&1));
    assert_eq!(world.registration(enterprise).await.0, "pending_confirmation");
    let confirm = format!("/v1/enterprises/{enterprise}/confirm-tenant");
    let confirmed = world.provider(Method::POST, &confirm, Some(&json!({"tenantId": CONTOSO.id}))).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
}

/// T12 Two tabs of one browser, with links of two enterprises: both get there, and each outcome leads back to its own.
#[tokio::test]
async fn two_tabs_take_nothing_from_each_other() {
    let world = World::new().await;
    let changes = |name: &str| json!({"enterpriseName": name, "expectedTenant": CONTOSO.id});
    let mut browser: Option<String> = None;
    let mut tabs = Vec::new();
    for name in ["First", "Second", "First again"] {
        let start = world.start_url(world.enterprise(changes(name)).await).await;
        let mut call = world.http.post(&start);
        if let Some(cookie) = &browser {
            call = call.header("cookie", cookie);
        }
        let begun = send(call).await;
        browser = Some(own(begun.header("set-cookie")));
        let link = begun.header("location").to_owned();
        let form = world.answer_of_microsoft(&link, &GRACE, crate::world::Decision::ForTheOrganization).await.unwrap();
        tabs.push((start, form));
    }
    let cookie = browser.unwrap();
    for (start, form) in tabs {
        let fields: Vec<(String, String)> =
            ["state", "code", "id_token"].map(|name| (name.to_owned(), form.value(name).unwrap().to_owned())).into();
        let call = world.call(Method::POST, "/restricted/handleResponse").form(&fields).header("cookie", &cookie);
        let back = send(call).await;
        assert_eq!(back.status, 303, "{}", back.text);
        let outcome = Visitor::new().unwrap().open(back.header("location")).await.unwrap();
        assert_eq!(outcome.form().unwrap().action().as_str(), start);
    }
}

/// T12 The cookie of a browser is one of ours, or it is replaced.
#[tokio::test]
async fn a_cookie_that_is_not_ours_is_replaced() {
    let world = World::new().await;
    let start = world.start_url(world.contoso().await).await;
    let begin = async |cookie: &str| {
        send(world.http.post(&start).header("cookie", cookie)).await.header("set-cookie").to_owned()
    };
    let first = own(&begin("").await);
    assert_eq!(own(&begin(&first).await), first);
    for odd in ["__Host-txn=x", &format!("{first}.handle"), &format!("{first}; {first}")] {
        let cookie = own(&begin(odd).await);
        assert!(cookie != *odd && cookie != first && cookie.len() == first.len(), "{odd}: {cookie}");
    }
}

/// T14, G40 Who opens the way back from the admin-consent page without having been there hides that screen from nobody.
#[tokio::test]
async fn a_forged_way_back_hides_no_screen() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let start = world.start_url(enterprise).await;
    let begun = send(world.http.post(&start)).await;
    let (link, cookie) = (begun.header("location").to_owned(), own(begun.header("set-cookie")));
    assert!(query(&link).contains_key("redirect_uri") && link.contains("/adminconsent?"), "{link}");
    let forged = world.call(Method::GET, &format!("/restricted/adminConsent?{}", said(&link, &CONTOSO)));
    assert_eq!(send(forged.header("cookie", cookie)).await.status, 303);
    assert_eq!(world.standing(enterprise, "GET_USER_SYNC_CONSENT").await.0, "verifying");
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    let shown = page.text();
    assert!(shown.contains("Allow user synchronisation") && shown.contains("Being checked"), "{shown}");
    let last: Page = world.press(&mut grace, page, &GRACE).await;
    assert!(last.text().contains("Nothing is left"), "{}", last.text());
    assert_eq!(world.standing(enterprise, "GET_USER_SYNC_CONSENT").await, granted());
}

/// T14 A grant that comes into view late, after somebody has begun again, is still granted, once.
#[tokio::test]
async fn a_grant_that_is_looked_for_is_found_whoever_began_again() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let start = world.start_url(enterprise).await;
    world.microsoft().set_lag(Lag::Seconds(30));
    let mut grace = Visitor::new().unwrap();
    let page = grace.open(&start).await.unwrap();
    let checking = world.press(&mut grace, page, &GRACE).await;
    assert!(checking.text().contains("Pending Consent") && checking.form().is_none(), "{}", checking.text());
    let before = world.snapshot().await;
    assert_eq!(send(world.http.post(&start)).await.status, 303);
    assert!(world.effects_since(&before).await.made.contains_key("request"));
    for _ in 0..12 {
        world.pass(10).await;
    }
    assert_eq!(world.standing(enterprise, "GET_USER_SYNC_CONSENT").await, granted());
    assert_ne!(world.effects_since(&before).await, Effects::none());
    let told = world.outcomes();
    let of =
        |action: &str| told.iter().filter(|told| told["actionType"] == action && told["outcome"] == "granted").count();
    assert_eq!(of("GET_USER_SYNC_CONSENT"), 1, "{told:?}");
}
