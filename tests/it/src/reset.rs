//! A consent that the provider has asked for anew: its links are dead, and a new one works.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, TEAMS_ADMINISTRATOR};

use crate::admin_consent::{granted, said, visit};
use crate::effects::Effects;
use crate::link::query;
use crate::world::{Answer, Decision, World};

const SYNC: &str = "GET_USER_SYNC_CONSENT";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";

impl World {
    async fn reset(&self, enterprise: u64, action: &str) -> Answer {
        self.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/actions/{action}/reset"), None).await
    }
}

fn pending() -> (String, Option<String>) {
    ("pending_consent".to_owned(), None)
}

/// R146 A granted consent is pending again: links from before are dead and change nothing, a new one works; there is an audit
/// row, a repeat changes nothing, and the drift watch leaves the action alone.
#[tokio::test]
async fn a_reset_consent_is_asked_for_anew() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let (old, other) = (world.user_sync_url(enterprise).await, world.user_sync_url(enterprise).await);
    visit(&other, "Accept").await;
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
    world.sandbox.clock().advance(1);
    let reset = world.reset(enterprise, SYNC).await;
    assert_eq!((reset.status.as_u16(), &reset.json()["status"]), (200, &json!("pending_consent")));
    assert!(world.glance().await.of_kind("audit").join(" ").contains("consent.reset"));
    let before = world.snapshot().await;
    let refused = world.come_back(&said(&old, &CONTOSO)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("asked for anew"), "{}", refused.text);
    let cancelled = format!("error=access_denied&error_description=AADSTS65004&state={}", query(&old)["state"]);
    assert_eq!(world.come_back(&cancelled).await.status, 403);
    assert_eq!(world.reset(enterprise, SYNC).await.text, reset.text);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    world.pass(12 * 3_600).await;
    assert_eq!(world.standing(enterprise, SYNC).await, pending());
    visit(&world.user_sync_url(enterprise).await, "Accept").await;
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
}

/// R146 Not every action can be reset, and none of a disabled enterprise.
#[tokio::test]
async fn what_cannot_be_reset_says_so() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    for action in ["REGISTRATION", "LOGIN_ENTERPRISE_ADMIN", "GET_AGENT_CONSENT"] {
        assert_eq!(world.reset(enterprise, action).await.problem().1, "not_resettable", "{action}");
    }
    assert_eq!(world.reset(enterprise, "COFFEE").await.status, 404);
    world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), None).await;
    assert_eq!(world.reset(enterprise, SYNC).await.problem().1, "enterprise_disabled");
}

/// R146 A callback under way is brought to its end first.
#[tokio::test]
async fn a_callback_under_way_is_not_cut_off() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.user_sync_url(enterprise).await;
    world.come_back(&said(&link, &CONTOSO)).await;
    assert_eq!(world.standing(enterprise, SYNC).await.0, "verifying");
    let refused = world.reset(enterprise, SYNC).await;
    assert_eq!(refused.problem(), (409, "consent_under_way".to_owned(), vec![]));
    world.consent(&link, &CONTOSO);
    world.pass(10).await;
    assert_eq!(world.standing(enterprise, SYNC).await, granted());
    assert_eq!(world.reset(enterprise, SYNC).await.status, 200);
}

/// R146, P6 A callback against a reset: whoever is first, what is told is what is so.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_callback_and_a_reset_one_is_first() {
    let world = World::new().await;
    for round in 0_u64..20 {
        let enterprise = world.contoso_named(&format!("Round {round}")).await;
        let link = world.user_sync_url(enterprise).await;
        world.consent(&link, &CONTOSO);
        world.sandbox.clock().advance(1);
        let query = said(&link, &CONTOSO);
        let delay = std::time::Duration::from_millis(2 * round);
        let reset = async {
            tokio::time::sleep(delay).await;
            world.reset(enterprise, SYNC).await.status.as_u16()
        };
        let (page, reset) = join(world.come_back(&query), reset).await;
        assert!([303, 403].contains(&page.status.as_u16()), "round {round}: {}", page.status);
        world.pass(61).await;
        let expected = if reset == 200 { pending() } else { granted() };
        assert!([200, 409].contains(&reset), "round {round}: {reset}");
        assert_eq!(world.standing(enterprise, SYNC).await, expected, "round {round}: {reset}");
    }
}

/// R002, R010, R146 The management consent is given back by a reset: the provider may no longer do the tasks, the tick can be
/// taken away, and a sign-in by a link from before grants nothing.
#[tokio::test]
async fn the_management_consent_is_given_back_by_a_reset() {
    let world = World::new().await;
    let managed = "canResellerManageEnterpriseProvisioning";
    let enterprise = world.enterprise(json!({managed: true, "expectedTenant": CONTOSO.id})).await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let (old, link) = (world.link_for(enterprise, MANAGEMENT).await, world.link_for(enterprise, MANAGEMENT).await);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    let task = async || {
        let path = format!("/v1/enterprises/{enterprise}/authorize-task");
        world.provider(Method::POST, &path, Some(&json!({"task": "users.sync"}))).await.status.as_u16()
    };
    assert_eq!(task().await, 200);
    world.sandbox.clock().advance(1);
    assert_eq!(world.reset(enterprise, MANAGEMENT).await.status, 200);
    assert_eq!(task().await, 403);
    let page = world.visit(&old, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(page.status, 403);
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, pending());
    world.edit(enterprise, json!({ managed: false })).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "withdrawn");
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["managementConsent"]["grantedAt"], Value::Null);
}
