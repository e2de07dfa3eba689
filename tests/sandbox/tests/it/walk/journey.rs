//! From the first call to the verified webhook.

use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, FRANK, GRACE, TOM};

use super::{Walker, after, part};
use crate::world::consent;

#[tokio::test]
async fn the_buttons_lead_from_the_first_call_to_the_verified_webhook() {
    let walker = Walker::new().await;
    assert!(part(&walker.page().await, "badge-1", "</span>").contains("next"));
    walker.link("O'Neil <&>", CONTOSO.id).await;
    let enterprise = walker.enterprise().await;
    assert_eq!(walker.world.status(enterprise).await, "started");
    walker.play(GRACE.oid, "none").await;
    walker.press("tick", &[]).await;
    walker.press("state", &[]).await;

    let page = walker.page().await;
    for number in 1..=6 {
        assert!(part(&page, &format!("badge-{number}"), "</span>").contains("done"), "step {number}");
    }
    assert_eq!(walker.world.status(enterprise).await, "granted");
    assert!(part(&page, "outcome", "</blockquote>").contains("Granted Consent"));
    assert!(part(&page, "webhooks", "</article>").contains("Signature verified"));
    assert!(part(&page, "trail-3", "</dl>").contains("token"), "Microsoft was asked for tokens");
    assert!(part(&page, "trail-6", "</article>").contains("granted"));
    assert!(part(&page, "trail-1", "</pre>").contains("curl -sS &#34;$API/v1/enterprises&#34;"));
    assert!(page.contains("O&#39;Neil &#60;&#38;&#62;") && !page.contains("<&>"));
    assert!(part(&page, "rows", "</section>").contains("‹sealed, "));
}

/// P10 Codes and tokens go past the page, and neither they nor a key is written into a command.
#[tokio::test]
async fn no_code_token_or_key_is_shown_where_it_is_not_asked_for() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(GRACE.oid, "none").await;
    walker.press("clock", &[("seconds", "60")]).await;
    walker.press("state", &[]).await;
    let page = walker.page().await;
    let callback = part(&page, "callback", "</details>");
    assert!(callback.contains("a form with code, id_token, ") && callback.contains("303 See Other"), "{callback}");
    assert!(!page.contains("eyJ"), "no id_token is on the page");
    for key in [walker.world.sandbox.reseller_key(), walker.world.sandbox.operator_key()] {
        assert_eq!(page.matches(key).count(), 1, "a key stands in the block for the shell alone");
        assert!(part(&page, "shell", "</details>").contains(key));
    }
}

#[tokio::test]
async fn rows_and_calls_are_told_with_the_step_that_led_to_them() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    let page = walker.page().await;
    let effects = |page: &str, step: u8| after(part(page, &format!("trail-{step}"), "</li>"), "effects").to_owned();
    assert!(effects(&page, 1).contains("Name in use") && !effects(&page, 1).contains("Consent request"));
    assert!(effects(&page, 2).contains("Consent request · Audit row"), "{}", effects(&page, 2));
    walker.play(GRACE.oid, "none").await;
    let page = walker.page().await;
    for text in ["Tenant guard", "Token handle × 2", "Delivery", "authorize", "graph"] {
        assert!(effects(&page, 3).contains(text), "{text} is not in {}", effects(&page, 3));
    }
    assert!(effects(&page, 2).contains("Changed</dt><dd>Enterprise"), "the link changed the enterprise");
}

#[tokio::test]
async fn a_browser_that_goes_by_itself_is_seen_too() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    let answer = walker.press("open", &[("person", GRACE.oid), ("trouble", "none")]).await;
    let link = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(link.contains("login_hint=grace%40contoso.example"), "{link}");
    assert!(walker.page().await.contains("Nothing has come back"));
    assert!(consent(&link).await.text().contains("Granted Consent"));
    assert!(part(&walker.page().await, "outcome", "</blockquote>").contains("Granted Consent"));
}

#[tokio::test]
async fn somebody_elses_consent_is_not_taken_for_the_walks() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.world.consented("Another").await;
    let page = walker.page().await;
    assert!(page.contains("Nothing has come back") && page.contains("No webhook about this enterprise"));
    assert!(!part(&page, "rows", "</section>").contains("another"));
}

#[tokio::test]
async fn a_button_pressed_twice_registers_once() {
    let walker = Walker::new().await;
    let fields = [("name", "Contoso"), ("tenant", "")];
    tokio::join!(walker.press("register", &fields), walker.press("register", &fields));
    let listed = walker.enterprise().await;
    walker.press("register", &[("name", "Other"), ("tenant", "")]).await;
    assert_eq!(walker.enterprise().await, listed);
}

#[tokio::test]
async fn a_refusal_of_the_api_is_shown_as_it_came() {
    let walker = Walker::new().await;
    walker.press("register", &[("name", "A\u{202e}B"), ("tenant", "no tenant")]).await;
    let page = walker.page().await;
    let trail = part(&page, "trail-1", "</article>");
    assert!(trail.contains("422") && trail.contains("/enterpriseName") && trail.contains("/expectedTenant"), "{trail}");
    assert!(part(&page, "badge-1", "</span>").contains("next"));
}

/// Somebody of another tenant than the pinned one does not come past Microsoft, and we hear nothing.
#[tokio::test]
async fn a_person_of_another_tenant_stays_at_microsoft() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(FRANK.oid, "none").await;
    let page = walker.page().await;
    assert!(part(&page, "visit", "</ol>").contains("Sorry, but we’re having trouble signing you in"));
    assert!(page.contains("Nothing has come back"));
}

#[tokio::test]
async fn a_person_who_may_not_consent_is_refused_and_the_link_still_works() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(TOM.oid, "none").await;
    let enterprise = walker.enterprise().await;
    assert_eq!(walker.world.status(enterprise).await, "blocked");
    assert!(part(&walker.page().await, "outcome", "</blockquote>").contains("An administrator must approve"));
    walker.play(GRACE.oid, "none").await;
    assert_eq!(walker.world.status(enterprise).await, "granted");
}

#[tokio::test]
async fn without_a_pin_the_tenant_is_confirmed_by_a_button() {
    let walker = Walker::new().await;
    walker.link("Contoso", "").await;
    walker.play(GRACE.oid, "none").await;
    let enterprise = walker.enterprise().await;
    assert_eq!(walker.world.status(enterprise).await, "pending_confirmation");
    assert!(walker.page().await.contains("Confirm that it is Contoso Ltd"));
    walker.press("confirm", &[]).await;
    assert_eq!(walker.world.status(enterprise).await, "granted");
    assert!(!walker.page().await.contains("Confirm that it is"));
}

#[tokio::test]
async fn start_over_takes_a_fresh_enterprise_and_has_microsoft_forget() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(GRACE.oid, "late").await;
    walker.press("start-over", &[]).await;
    let page = walker.page().await;
    assert!(page.contains("Nothing is made yet") && page.contains("action=\"/sandbox/walk/register\""));
    let grants = format!("{}/simulated/grants", walker.world.sandbox.ready().microsoft);
    let grants: serde_json::Value = walker.world.http.get(grants).send().await.unwrap().json().await.unwrap();
    assert_eq!(grants["delegated"], json!([]));
}

/// A fresh link begins its own story: what came back for the one before is no longer shown.
#[tokio::test]
async fn a_fresh_link_forgets_what_came_back_for_the_old_one() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(GRACE.oid, "cancel").await;
    assert!(walker.page().await.contains("The consent was declined"));
    walker.press("link", &[]).await;
    assert!(walker.page().await.contains("Nothing has come back"));
    let listed = format!("/v1/enterprises/{}/actions", walker.enterprise().await);
    let key = walker.world.sandbox.reseller_key();
    assert_eq!(walker.world.call(Method::GET, &listed, key, None).await.status(), 200);
}
