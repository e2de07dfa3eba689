//! Step two: the integration user's consent, of whom nothing is kept that is not right.

use onboarding_core::connection::Step;
use onboarding_core::id::ConnectionId;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::connection::Lease;
use onboarding_sandbox::visitor::Visitor;
use serde_json::json;
use simulated_microsoft::{ADMIN_AGENTS, GINA, IGOR, Mfa, OSCAR, Person, TESS, WANDA, WINGTIP};
use simulated_secrets_manager::Operation;

use super::{go, go_on};
use crate::world::World;

impl World {
    /// A token is stored of which the connection does not know.
    pub(super) async fn store_a_token(&self, id: &str) {
        let listed = self.secrets_manager("ListSecrets", &json!({"MaxResults": 100})).await;
        let mut names = listed["SecretList"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap());
        let prefix = names.find_map(|name| name.strip_suffix("/sealing-keys")).unwrap().to_owned();
        let (name, token) = (format!("{prefix}/refresh-token/{id}"), "0123456789abcdef0123456789abcdef");
        let secret = json!({"Name": name, "SecretString": "lost", "ClientRequestToken": token});
        self.secrets_manager("CreateSecret", &secret).await;
    }

    /// Somebody begins to test a connection, and dies.
    pub(super) async fn dies_testing(&self, id: &str) {
        let (connection, now): (ConnectionId, _) = (id.parse().unwrap(), self.sandbox.clock().now());
        let lease = self.sandbox.store().lease_connection_to_test(&connection, now).await;
        assert!(matches!(lease, Ok(Lease::Won(_))), "{lease:?}");
    }
}

/// R170, R183, R189, R190 The named account consents: the token goes to the secret store, before the connection says so, and
/// nowhere else.
#[tokio::test]
async fn the_integration_user_consents_and_the_token_is_kept() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    assert_eq!(world.tokens_kept().await, 0);
    let page = go(&world.step_link(&id, "user").await, &IGOR).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Both consents are given"), "{}", page.text());
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], &read["userConsent"]["user"]), (&json!("user_consented"), &json!(IGOR.upn)));
    assert_eq!(world.tokens_kept().await, 1);
    let kept = world.token_of_connection(&id).await;
    let rows = world.glance().await;
    assert!(rows.of_kind("connection").iter().all(|row| !row.contains(&kept)), "P10");
}

/// G47, R171, R187, R189, R199 A sign-in of another tenant, a guest, the administrator himself or another member: refused before
/// anything is stored, and the page names both accounts.
#[tokio::test]
async fn a_wrong_person_leaves_nothing_behind() {
    let world = World::new().await;
    let wrong: [(&Person, &str); 4] =
        [(&TESS, "wrong_tenant"), (&GINA, "guest_not_allowed"), (&WANDA, "same_identity"), (&OSCAR, "wrong_identity")];
    for (person, code) in wrong {
        let id = world.after_step_one().await;
        let link = world.step_link(&id, "user").await;
        let page = go(&link, person).await;
        let read = world.read_connection(&id).await;
        assert_eq!((&read["status"], world.tokens_kept().await), (&json!("admin_consented"), 0), "{code}");
        if page.url.as_str().starts_with(world.sandbox.api()) {
            assert_eq!(page.status, 403, "{code}: {}", page.text());
            assert!(page.text().contains(IGOR.upn) && page.text().contains("private window"), "{}", page.text());
            assert_eq!(read["userConsent"]["problem"]["code"], code);
        }
        // The same link still works, for the right person.
        assert_eq!(go(&link, &IGOR).await.status, 200, "{code}");
        assert_eq!(world.read_connection(&id).await["status"], "user_consented");
        world.on_connection(&id, "disconnect").await;
    }
}

/// R199 One person does both where somebody asked for the exception.
#[tokio::test]
async fn one_person_may_do_both_where_that_was_allowed() {
    let world = World::new().await;
    world.microsoft().add_agent(&WINGTIP, WANDA.oid, ADMIN_AGENTS);
    let changes = json!({"integrationUser": WANDA.upn, "allowSameIdentity": true});
    let id = world.connection_of(world.sandbox.reseller_key(), changes).await;
    world.consent_as_admin(&id).await;
    let page = go(&world.step_link(&id, "user").await, &WANDA).await;
    assert_eq!((page.status, world.tokens_kept().await), (200, 1), "{}", page.text());
}

/// R177, R178, R179, R200 A sign-in without a second factor, with one that is asked for again, or without the role is not kept, and the
/// cause is named on the page, by the connection and by its health.
#[tokio::test]
async fn an_access_that_does_not_work_is_not_kept() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let refused = async |code: &str, check: &str| {
        let page = go(&world.step_link(&id, "user").await, &IGOR).await;
        assert_eq!(page.status, 403, "{code}: {}", page.text());
        assert!(page.body.contains(&format!("data-code=\"{code}\"")), "{}", page.body);
        assert_eq!(world.read_connection(&id).await["userConsent"]["problem"]["code"], code);
        let health = world.health(&id).await;
        assert_eq!(health["code"], code);
        let checks = health["checks"].as_array().unwrap();
        let failed: Vec<&str> =
            checks.iter().filter(|one| one["status"] == "fail").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(failed, [check], "{health}");
        assert_eq!(world.tokens_kept().await, 0, "{code}");
    };
    world.microsoft().set_mfa(&IGOR, Mfa::Never);
    refused("mfa_claim_missing", "mfa_claim").await;
    world.microsoft().set_mfa(&IGOR, Mfa::Conditional);
    refused("mfa_conditional", "mfa_claim").await;
    world.microsoft().set_mfa(&IGOR, Mfa::Always);
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    refused("admin_agent_role_missing", "role").await;
    world.microsoft().add_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    assert_eq!(world.tokens_kept().await, 1);
}

/// G78, P8 Secrets Manager fails at the write: no connection says that it has a token, and whatever was written is taken back.
#[tokio::test]
async fn no_connection_has_a_token_that_was_not_stored() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    for operation in [Operation::PutSecretValue, Operation::CreateSecret] {
        faults.fail(operation, 9, 500, "InternalServiceError");
        let page = go(&world.step_link(&id, "user").await, &IGOR).await;
        faults.clear();
        assert_eq!(page.status, 503, "{}", page.text());
        assert_eq!(world.read_connection(&id).await["status"], "admin_consented");
        world.pass(121).await;
        assert_eq!(world.tokens_kept().await, 0);
    }
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    assert_eq!(world.tokens_kept().await, 1);
}

/// P2, P3, P6 The same answer of Microsoft, posted by several at once, redeems its code once and stores one token.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_posted_often_counts_once() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(&world.step_link(&id, "user").await).await.unwrap();
    let page = visitor.submit(page.form().unwrap().press(IGOR.name).unwrap()).await.unwrap();
    let form = page.form().unwrap();
    let posts = (0..8).map(|_| {
        let (mut visitor, pressed) = (visitor.clone(), form.clone().press("Continue").unwrap());
        async move { visitor.submit(pressed).await.unwrap().status }
    });
    let statuses = futures_util::future::join_all(posts).await;
    assert!(statuses.contains(&200), "{statuses:?}");
    assert_eq!(world.read_connection(&id).await["status"], "user_consented");
    assert_eq!(world.tokens_kept().await, 1);
    let redeemed = world.token_calls();
    let again = go_on(&mut visitor, page, &IGOR).await.unwrap();
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(world.token_calls(), redeemed);
}

/// P3, P8, G78 Whoever dies after each step of the work: with the lease alone, or with a token stored that no connection knows of.
/// Once the lease has ended the token is gone, and the link works again.
#[tokio::test]
async fn whoever_dies_in_the_middle_leaves_nothing_behind() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let connection: ConnectionId = id.parse().unwrap();
    for is_stored in [false, true] {
        let (code, now) = (SecretHash::of(&is_stored.to_string()), world.sandbox.clock().now());
        let lease = world.sandbox.store().lease_connection_for(&connection, (Step::User, 0), (&code, now)).await;
        assert!(matches!(lease, Ok(Lease::Won(_))), "{lease:?}");
        if is_stored {
            world.store_a_token(&id).await;
            assert_eq!(world.tokens_kept().await, 1);
        }
        assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 503, "somebody is at work");
        world.pass(61).await;
        assert_eq!(world.tokens_kept().await, 0);
        assert_eq!(world.read_connection(&id).await["status"], "admin_consented");
    }
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    assert_eq!(world.tokens_kept().await, 1);
}
