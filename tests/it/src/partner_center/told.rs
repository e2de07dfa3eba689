//! What people and programs are told to do next, and that it is the truth (R190, R195, R199).

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{End, IGOR, PARTNER_CENTER, Revocation, WANDA, WINGTIP};

use super::evidence::answers;
use super::spent::state_of;
use super::{CONNECTIONS, go};
use crate::world::{World, send};

const ADMIN_LINK: &str = "/v2.0/adminconsent?";

/// The same of a problem, wherever it is told.
fn advice(problem: &Value) -> [&Value; 5] {
    ["code", "who", "nextSteps", "nextAction", "retryAfter"].map(|field| &problem[field])
}

/// K11, R190, R197 `finalize` and `health` say the same of the same cause: who acts, what comes next, and when.
#[tokio::test]
async fn finalize_and_health_say_the_same() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let both = async || (world.health(&id).await["problem"].clone(), world.on_connection(&id, "finalize").await);
    assert!(world.microsoft().end_sign_ins(&IGOR, End::Revoked) > 0);
    let (problem, refused) = both().await;
    assert_eq!((refused.status.as_u16(), advice(&refused.json())), (409, advice(&problem)), "{}", refused.text);
    assert_eq!((&problem["who"], &problem["nextAction"]), (&json!("provider admin"), &json!("userConsentLink")));
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    answers(&world, "partnerCenter", (429, &[("Retry-After", "900")], ""), Some(2));
    let (problem, refused) = both().await;
    assert_eq!((refused.status.as_u16(), advice(&refused.json())), (409, advice(&problem)), "{}", refused.text);
    assert_eq!((refused.json()["retryAfter"].as_u64(), refused.header("retry-after")), (Some(900), "900"));
}

/// R195 "Need admin approval", at either step, comes with the link for a Global Administrator.
#[tokio::test]
async fn an_approval_that_is_needed_comes_with_the_administrators_link() {
    let world = World::new().await;
    let id = world.connection().await;
    let state = state_of(&world.step_link(&id, "admin").await);
    let said = "error=access_denied&error_description=AADSTS90094%3A%20admin%20needed&admin_consent=True";
    let path = format!("/partner-center/admin-consent?{said}&state={state}");
    let page = send(world.call(Method::GET, &path)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("data-code=\"admin_approval_needed\"") && page.text.contains(ADMIN_LINK),
        "{}",
        page.text
    );
    world.consent_as_admin(&id).await;
    let page = world.says_no(&world.step_link(&id, "user").await, 90094).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(
        page.text.contains("data-code=\"admin_approval_needed\"") && page.text.contains(ADMIN_LINK),
        "{}",
        page.text
    );
}

/// K15, R199 The account that is named for step two does not do step one: another administrator does, by the link on the page.
#[tokio::test]
async fn the_integration_user_does_not_do_step_one() {
    let world = World::new().await;
    let changes = json!({"integrationUser": WANDA.upn.to_uppercase()});
    let id = world.connection_of(world.sandbox.reseller_key(), changes).await;
    let page = go(&world.step_link(&id, "admin").await, &WANDA).await;
    assert_eq!((page.status, &world.read_connection(&id).await["status"]), (403, &json!("draft")), "{}", page.text());
    assert!(page.body.contains("data-code=\"same_identity\"") && page.body.contains(ADMIN_LINK), "{}", page.text());
    assert!(page.text().contains("Another Global Administrator"), "{}", page.text());
    let problem = world.read_connection(&id).await["adminConsent"]["problem"].clone();
    assert_eq!((&problem["code"], &problem["nextAction"]), (&json!("same_identity"), &json!("adminConsentLink")));
}

/// R190, R197 The administrator's consent, given again, is looked at at once, and the page says no more than that.
#[tokio::test]
async fn a_consent_that_is_given_again_is_tested_at_once() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    // By now every server of Microsoft's knows of the consent.
    world.sandbox.clock().advance(601);
    let own = onboarding_sandbox::Overrides::default().client_id().to_string();
    let revoked = json!({"tenant": WINGTIP.id, "clientId": own, "resource": PARTNER_CENTER});
    assert!(world.microsoft().revoke(&serde_json::from_value::<Revocation>(revoked).unwrap()) > 0);
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("broken"), &json!("consent_missing")));
    let page = world.consent_as_admin(&id).await;
    assert!(page.text().contains("tested again by itself"), "{}", page.text());
    world.pass(0).await;
    assert_eq!(world.read_connection(&id).await["status"], "ready");
}

/// R190 Nobody tests a connection before `finalize`: the page of step two does not say that somebody does.
#[tokio::test]
async fn the_page_of_step_two_says_what_comes_next() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let page = go(&world.step_link(&id, "user").await, &IGOR).await.text();
    assert!(
        page.contains("The service provider has it tested next") && !page.contains("tests the connection now"),
        "{page}"
    );
}

/// R188, R192 A draft is not healthy: its health names the consents that are missing, and whose link comes next.
#[tokio::test]
async fn a_draft_is_not_healthy() {
    let world = World::new().await;
    let id = world.connection().await;
    for next in ["adminConsentLink", "userConsentLink"] {
        let health = world.health(&id).await;
        assert_eq!(
            (&health["code"], &health["problem"]["nextAction"]),
            (&json!("consents_missing"), &json!(next)),
            "{health}"
        );
        world.consent_as_admin(&id).await;
    }
}

/// R191 Where the first step comes first, its link stands in a field of its own, and the next action is the connection's route.
#[tokio::test]
async fn the_link_that_comes_first_is_a_field() {
    let world = World::new().await;
    let id = world.connection().await;
    let refused = world.on_connection(&id, "user-consent-link").await.json();
    assert!(refused["actionUrl"].as_str().is_some_and(|url| url.contains(ADMIN_LINK)), "{refused}");
    assert_eq!(refused["nextAction"], "adminConsentLink");
    assert!(!refused["detail"].as_str().unwrap().contains("http"), "{refused}");
}

/// R187, R189, R200 A link says where it is to be opened, and why there.
#[tokio::test]
async fn a_link_says_where_it_is_opened_and_why() {
    let world = World::new().await;
    let id = world.connection().await;
    let link = async |step: &str| {
        let made = world.provider(Method::POST, &format!("{CONNECTIONS}/{id}/{step}-consent-link"), None).await.json();
        ["openIn", "why"].map(|field| made[field].as_str().unwrap().to_owned())
    };
    let [open_in, why] = link("admin").await;
    assert!(open_in.contains("Global Administrator") && why.contains("whole organisation"), "{open_in} {why}");
    world.consent_as_admin(&id).await;
    let [open_in, why] = link("user").await;
    assert!(open_in.contains("private window") && why.contains("the consent would be the administrator's"), "{why}");
}
