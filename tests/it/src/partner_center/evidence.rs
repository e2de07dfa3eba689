//! What stands behind a connection is seen, or it is not there (R177, R178).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, Effect, Fault, IGOR, PartnerCenter, Reported, WANDA, WINGTIP};

use super::go;
use crate::world::World;

/// One service of Microsoft's answers with this instead, so many times or until it is mended.
pub(super) fn answers(
    world: &World,
    on: &str,
    (status, headers, body): (u16, &[(&str, &str)], &str),
    times: Option<u32>,
) {
    let headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let what = Effect::Status { status, body: body.to_owned(), headers };
    world.microsoft().add_fault(Fault { on: on.to_owned(), what, times });
}

/// The one check of a connection's health.
fn check<'a>(health: &'a Value, name: &str) -> &'a Value {
    health["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// R177 A role that was not seen is not held: with Graph away no token is kept, nothing becomes ready, and nothing recovers.
/// A connection that works goes on working, and says that its role was not seen.
#[tokio::test]
async fn a_role_that_was_not_seen_is_not_held() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let graph_is_away = || answers(&world, "graph", (503, &[], ""), None);
    graph_is_away();
    let page = go(&world.step_link(&id, "user").await, &IGOR).await;
    assert_eq!((page.status, world.tokens_kept().await), (403, 0), "{}", page.text());
    assert!(page.body.contains("data-code=\"proof_unreadable\""), "{}", page.text());
    assert!(page.text().contains("integration user signs in once more"), "{}", page.text());
    world.microsoft().set_faults(Vec::new());
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    graph_is_away();
    let early = world.on_connection(&id, "finalize").await;
    assert_eq!((early.problem().0, early.problem().1.as_str()), (409, "proof_unreadable"), "{}", early.text);
    assert_eq!((&early.json()["who"], &early.json()["nextAction"]), (&json!("nobody"), &json!("finalize")));
    world.microsoft().set_faults(Vec::new());
    assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
    graph_is_away();
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("ready"), &Value::Null));
    assert_eq!(check(&health, "role")["status"], "unknown");
    assert!(check(&health, "role")["detail"].as_str().unwrap().contains("Microsoft Graph"), "{health}");
    world.microsoft().set_faults(Vec::new());
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    assert_eq!(world.health(&id).await["status"], "degraded");
    graph_is_away();
    answers(&world, "partnerCenter", (200, &[("isMfaCompliant", "true")], r#"{"mpnId":"1"}"#), None);
    assert_eq!(world.health(&id).await["status"], "degraded", "nothing recovers by what was not seen");
}

/// R177 Whoever is in no group at all lacks the role, whatever Partner Center answers; and of a set each role is needed.
#[tokio::test]
async fn an_empty_list_of_roles_holds_none() {
    let world = World::new().await;
    let lets_in =
        || answers(&world, "partnerCenter", (200, &[("isMfaCompliant", "true")], r#"{"mpnId":"1"}"#), Some(1));
    let changes = json!({"requiredRoles": ["billing_admin", "sales_agent"]});
    for (changes, is_agent) in [(json!({}), false), (changes, true)] {
        let id = world.connection_of(world.sandbox.reseller_key(), changes).await;
        world.consent_as_admin(&id).await;
        if !is_agent {
            world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
        }
        lets_in();
        let page = go(&world.step_link(&id, "user").await, &IGOR).await;
        assert_eq!((page.status, world.tokens_kept().await), (403, 0), "{}", page.text());
        assert!(page.body.contains("data-code=\"admin_agent_role_missing\""), "{}", page.text());
        world.microsoft().add_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    }
}

/// R172, R178, T60 A second factor of which neither the token nor Partner Center speaks is none: the token is not kept.
#[tokio::test]
async fn a_second_factor_that_nobody_speaks_of_is_none() {
    let world = World::new().await;
    let kept = world.ready_connection().await;
    let token = world.token_of_connection(&kept).await;
    let id = world.after_step_one().await;
    let opaque = json!({"token_type": "Bearer", "expires_in": 3_599, "access_token": "opaque", "refresh_token": token});
    answers(&world, "token", (200, &[], &opaque.to_string()), Some(1));
    answers(&world, "partnerCenter", (200, &[], r#"{"mpnId":"1"}"#), Some(1));
    let page = go(&world.step_link(&id, "user").await, &IGOR).await;
    assert_eq!((page.status, world.tokens_kept().await), (403, 1), "{}", page.text());
    assert!(page.body.contains("data-code=\"mfa_claim_missing\""), "{}", page.text());
    let read = world.read_connection(&id).await;
    let item = read["checklist"].as_array().unwrap().iter().find(|item| item["name"] == "second_factor").unwrap();
    assert_eq!((&read["status"], &item["status"]), (&json!("admin_consented"), &json!("fail")));
}

/// R172, R193 Where Partner Center reports the second factor, in a header or in the body, it passes; where it does not, the
/// token's own word is enough, and the check says that nothing was reported.
#[tokio::test]
async fn the_second_factor_is_read_wherever_it_is_reported() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    for (mfa_reported, status) in [(Reported::Body, "pass"), (Reported::Absent, "unknown"), (Reported::Header, "pass")]
    {
        world.microsoft().set_partner_center(PartnerCenter { mfa_reported, ..PartnerCenter::default() });
        let health = world.health(&id).await;
        assert_eq!((&health["code"], &check(&health, "mfa_claim")["status"]), (&Value::Null, &json!("pass")));
        assert_eq!(check(&health, "mfa_compliant")["status"], status, "{mfa_reported:?}: {health}");
    }
}

/// R197, T62 A refresh that answers for another account is thrown away: the old token is kept, and the connection says so.
#[tokio::test]
async fn a_token_of_another_account_is_thrown_away() {
    let world = World::new().await;
    let id = world.ready_connection().await;
    let token = world.token_of_connection(&id).await;
    let what = Effect::AnswersFor { tenant: WINGTIP.id.to_owned(), oid: WANDA.oid.to_owned() };
    world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("broken"), &json!("identity_changed")));
    assert_eq!(world.token_of_connection(&id).await, token);
}
