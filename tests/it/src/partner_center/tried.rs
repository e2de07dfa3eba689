//! Steps that are tried and come to nothing: which of them say something of the connection (R190, R195-R197).

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, IGOR, Mfa, OSCAR, WANDA, WINGTIP};

use super::evidence::answers;
use super::spent::{Reloaded, state_of};
use super::{CONNECTIONS, go};
use crate::world::{Answer, World, send};

/// The names of the checklist's items that fail.
fn failed(connection: &Value) -> Vec<&str> {
    let items = connection["checklist"].as_array().unwrap().iter();
    items.filter(|item| item["status"] == "fail").map(|item| item["name"].as_str().unwrap()).collect()
}

impl World {
    /// Microsoft says no to whoever came by a fresh link of step one.
    async fn says_no_to_the_administrator(&self, id: &str, number: u32) -> Answer {
        let state = state_of(&self.step_link(id, "admin").await);
        let said = format!("error=access_denied&error_description=AADSTS{number}%3A%20x&admin_consent=True");
        send(self.call(Method::GET, &format!("/partner-center/admin-consent?{said}&state={state}"))).await
    }
}

/// R188, R196 Step one is done; that somebody cancels it afterwards is not why the connection does not work yet: its health says what
/// `finalize` says, that step two is missing, and nothing on the list is failed.
#[tokio::test]
async fn a_step_that_is_done_is_not_what_is_missing() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    for number in [65004, 90094] {
        assert_eq!(world.says_no_to_the_administrator(&id, number).await.status, 200);
        let (health, read) = (world.health(&id).await, world.read_connection(&id).await);
        assert_eq!((&health["code"], failed(&read)), (&json!("consents_missing"), vec![]), "{health}");
        assert_eq!(world.on_connection(&id, "finalize").await.problem().1, "consents_missing");
    }
    // Nor does it hide why step two came to nothing.
    world.microsoft().set_mfa(&IGOR, Mfa::Never);
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 403);
    world.says_no_to_the_administrator(&id, 50105).await;
    assert_eq!(world.health(&id).await["code"], "mfa_claim_missing");
    assert_eq!(failed(&world.read_connection(&id).await), ["second_factor"]);
}

/// R173, R197 On a connection that works, a colleague who opens a fresh link to step two changes nothing: no item fails, and who has
/// taken the step is told that it is done.
#[tokio::test]
async fn a_colleague_who_tries_breaks_nothing() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let used = world.step_link(&id, "user").await;
    assert_eq!(go(&used, &IGOR).await.status, 200);
    assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
    assert_eq!(go(&world.step_link(&id, "user").await, &OSCAR).await.status, 403);
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], failed(&read)), (&json!("ready"), vec![]), "{read}");
    let again = go(&used, &IGOR).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert!(again.text().contains("Both consents are given"), "{}", again.text());
}

/// R190, R196 What the test of both consents found stays the cause, whoever tries the steps meanwhile.
#[tokio::test]
async fn what_the_test_found_is_not_hidden_by_a_try() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    assert_eq!(world.on_connection(&id, "finalize").await.problem().1, "admin_agent_role_missing");
    assert_eq!(go(&world.step_link(&id, "user").await, &OSCAR).await.status, 403);
    let read = world.read_connection(&id).await;
    assert_eq!(failed(&read), ["partner_role"], "{read}");
    assert_eq!(read["userConsent"]["problem"]["code"], "admin_agent_role_missing");
}

/// R171, R187 Whoever reloads the page of a refused sign-in after somebody else was refused is not told the other's cause under their
/// own name.
#[tokio::test]
async fn nobody_is_told_anothers_refusal() {
    let world = World::new().await;
    // What the tenant has granted for another connection lets a member sign in behind the consent page.
    world.consent_as_admin(&world.connection().await).await;
    let id = world.connection().await;
    let behind = world.behind_the_consent_page(&world.step_link(&id, "admin").await);
    let oscars = Reloaded::after(&behind, &OSCAR).await;
    assert!(oscars.page.body.contains("data-code=\"admin_role_required\""), "{}", oscars.page.text());
    answers(&world, "graph", (503, &[], ""), None);
    let page = go(&world.step_link(&id, "admin").await, &WANDA).await;
    assert!(page.body.contains("data-code=\"proof_unreadable\""), "{}", page.text());
    let again = oscars.once_more().await;
    assert!(again.body.contains("data-code=\"sign_in_interrupted\""), "{}", again.text());
}

/// R190, R195 Step one done again clears what it mends, and not why step two came to nothing, which is told once.
#[tokio::test]
async fn step_one_clears_what_it_mends() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    world.microsoft().set_mfa(&IGOR, Mfa::Never);
    let link = world.step_link(&id, "user").await;
    assert_eq!(go(&link, &IGOR).await.status, 403);
    let problem = async || world.read_connection(&id).await["userConsent"]["problem"]["code"].clone();
    world.consent_as_admin(&id).await;
    assert_eq!(problem().await, "mfa_claim_missing");
    assert_eq!(world.says_no(&link, 90094).await.status, 200);
    assert_eq!(problem().await, "admin_approval_needed");
    world.consent_as_admin(&id).await;
    assert_eq!(problem().await, Value::Null);
    assert_eq!(world.says_no(&link, 90094).await.status, 200);
    assert_eq!(problem().await, "admin_approval_needed", "it is told anew");
}

/// P3, R190 A test that died leaves a connection that can be tested, whatever is done with it before the upkeep comes: step one again,
/// or a step two that is refused.
#[tokio::test]
async fn nobody_is_testing_after_a_test_that_died() {
    for is_refused in [false, true] {
        let world = World::new().await;
        let id = world.after_step_one().await;
        assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
        world.dies_testing(&id).await;
        assert_eq!(world.read_connection(&id).await["status"], "testing");
        world.sandbox.clock().advance(61);
        if is_refused {
            world.microsoft().set_mfa(&IGOR, Mfa::Never);
            assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 403);
            world.microsoft().set_mfa(&IGOR, Mfa::Always);
        } else {
            world.consent_as_admin(&id).await;
        }
        assert_eq!(world.read_connection(&id).await["status"], "user_consented", "{is_refused}");
        assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
    }
}

/// R190, R195 A consent that was given a moment ago is not missing where Microsoft's servers do not all know of it yet: it is waited
/// for, two minutes at first, by the upkeep, the test and the sign-in alike. After ten minutes it is missing.
#[tokio::test]
async fn a_consent_that_is_not_in_effect_yet_is_waited_for() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let step_two = world.step_link(&id, "user").await;
    world.does_not_know_of_it(1);
    let page = go(&step_two, &IGOR).await;
    assert_eq!((page.status, world.tokens_kept().await), (403, 0), "{}", page.text());
    assert!(page.body.contains("data-code=\"consent_not_in_effect\""), "{}", page.text());
    assert_eq!(go(&step_two, &IGOR).await.status, 200);
    world.does_not_know_of_it(0);
    let early = world.on_connection(&id, "finalize").await;
    assert_eq!((early.problem().0, early.problem().1.as_str()), (409, "consent_not_in_effect"), "{}", early.text);
    assert_eq!((&early.json()["who"], early.json()["retryAfter"].as_u64()), (&json!("nobody"), Some(120)));
    assert_eq!(world.on_connection(&id, "finalize").await.status, 200);

    world.sandbox.clock().advance(601);
    world.does_not_know_of_it(0);
    let health = world.health(&id).await;
    assert_eq!((&health["status"], &health["code"]), (&json!("broken"), &json!("consent_missing")));
    world.consent_as_admin(&id).await;
    world.does_not_know_of_it(0);
    world.pass(0).await;
    assert_eq!(world.read_connection(&id).await["status"], "broken");
    world.pass(121).await;
    assert_eq!(world.read_connection(&id).await["status"], "ready");
}

/// G78, P8 A write that the secret store carries out long after we gave up waiting for it leaves no token either.
#[tokio::test]
async fn a_token_that_arrives_late_is_taken_back() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    faults.fail(simulated_secrets_manager::Operation::PutSecretValue, 9, 500, "InternalServiceError");
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 503);
    faults.clear();
    world.pass(61).await;
    world.store_a_token(&id).await;
    assert_eq!(world.tokens_kept().await, 1);
    world.pass(60).await;
    assert_eq!(world.tokens_kept().await, 0);
    let path = format!("{CONNECTIONS}/{id}");
    assert_eq!(world.provider(Method::GET, &path, None).await.json()["status"], "admin_consented");
}
