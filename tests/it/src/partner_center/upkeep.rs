//! What the daily look makes of a token, and of services that are busy (R197).

use onboarding_core::time::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{
    Effect, Fault, GLOBAL_ADMINISTRATOR, IGOR, PartnerCenter, Person, TAILSPIN, TARA, WINGTIP, people,
};

use super::evidence::answers;
use super::{CONNECTIONS, go};
use crate::world::World;

const DAY: i64 = 24 * 3_600;

impl World {
    /// The status of an item of a connection's checklist.
    async fn item(&self, id: &str, name: &str) -> Value {
        let read = self.read_connection(id).await;
        let item = read["checklist"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap();
        item["status"].clone()
    }
}

impl World {
    /// Microsoft does not know of a consent yet, once, after so many tokens that it still gives.
    pub(super) fn does_not_know_of_it(&self, after: u32) {
        let late = Effect::Delay { delay_ms: 0 };
        self.microsoft().add_fault(Fault { on: "token".to_owned(), what: late, times: Some(after) });
        refuses(self, "invalid_grant", 65001);
    }
}

/// Microsoft refuses the token once.
fn refuses(world: &World, error: &str, code: u32) {
    let what = Effect::OauthError { error: error.to_owned(), code };
    world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
}

/// R197 Where Microsoft gives no other token in its place, a token lives from its last use: the forecast is never in the past.
#[tokio::test]
async fn the_forecast_counts_from_the_last_use() {
    let world = World::new().await;
    world.microsoft().set_partner_center(PartnerCenter { rotates: false, ..PartnerCenter::default() });
    let id = world.ready_connection().await;
    for _ in 0..8 {
        world.pass(12 * DAY).await;
    }
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["willBreakBy"]), (&json!("ready"), &json!("token_idle_90d")));
    let in_89_days = world.sandbox.clock().now().plus(std::time::Duration::from_hours(89 * 24)).to_string();
    assert!(health["willBreakAt"].as_str().unwrap() > in_89_days.as_str(), "{health}");
}

/// R197 A refresh that is refused is told in its own words: whose token it is, and what mends it.
#[tokio::test]
async fn a_refused_refresh_is_told_in_its_own_words() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    refuses(&world, "interaction_required", 50105);
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("degraded"), &json!("assignment_required")));
    assert_eq!(
        (&health["problem"]["who"], &health["problem"]["nextAction"]),
        (&json!("tenant admin"), &json!("finalize"))
    );
    assert!(health["problem"]["nextSteps"].to_string().contains("add the integration user"), "{health}");
    assert_eq!(world.health(&id).await["status"], "ready", "no consent was repeated");
    refuses(&world, "invalid_grant", 70000);
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("broken"), &json!("token_revoked")));
}

/// R197 What Partner Center does to one partner is nothing to another: neither its `finalize`, nor a sign-in.
#[tokio::test]
async fn a_busy_partner_center_is_left_alone_for_one_tenant() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let other = tailspin(&world).await;
    answers(&world, "partnerCenter", (429, &[("Retry-After", "900")], ""), Some(3));
    for _ in 0..4 {
        assert_eq!(world.health(&id).await["code"], "partner_center_busy");
    }
    let ready = world.on_connection(&other, "finalize").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    // Somebody who signs in is not sent away unasked.
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
}

/// A connection of Tailspin, after both consents.
async fn tailspin(world: &World) -> String {
    let integration: &Person = people().iter().find(|person| person.upn == "connector@tailspin.example").unwrap();
    let body = json!({"partnerTenantId": TAILSPIN.domain, "integrationUser": integration.upn, "billingType": "direct"});
    let made = world.provider(Method::POST, CONNECTIONS, Some(&body)).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(go(&world.step_link(&id, "admin").await, &TARA).await.status, 200);
    assert_eq!(go(&world.step_link(&id, "user").await, integration).await.status, 200);
    id
}

/// R173 An integration user who is a Global Administrator works, with a warning and an item of the checklist that fails; where the
/// provider asked for it, the sign-in is refused.
#[tokio::test]
async fn a_privileged_integration_user_is_warned_of_or_refused() {
    let world = World::new().await;
    world.microsoft().assign_role(&WINGTIP, IGOR.oid, &GLOBAL_ADMINISTRATOR);
    let id = world.ready_connection().await;
    let health = world.health(&id).await;
    assert_eq!(
        (&health["code"], &health["warnings"][0]["code"]),
        (&Value::Null, &json!("integration_user_privileged"))
    );
    assert_eq!(world.item(&id, "dedicated_account").await, "fail");
    let strict = world.connection_of(world.sandbox.reseller_key(), json!({"refuseGlobalAdministrator": true})).await;
    world.consent_as_admin(&strict).await;
    let page = go(&world.step_link(&strict, "user").await, &IGOR).await;
    assert_eq!((page.status, world.tokens_kept().await), (403, 1), "{}", page.text());
    assert!(page.body.contains("data-code=\"integration_user_privileged\""), "{}", page.text());
    world.microsoft().remove_role(&WINGTIP, IGOR.oid, &GLOBAL_ADMINISTRATOR);
    assert_eq!(go(&world.step_link(&strict, "user").await, &IGOR).await.status, 200);
    assert_eq!(world.health(&id).await["warnings"], json!([]));
    assert_eq!(world.item(&id, "dedicated_account").await, "pass");
}
