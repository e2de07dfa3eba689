//! Roles that a tenant lacks: made in the name of who consented, waited for, and the consent goes on without another sign-in.

use std::collections::BTreeMap;

use futures_util::future::join;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE, Lag, Revocation};

use crate::admin_consent::{blocked, granted};
use crate::effects::Effects;
use crate::link::query;
use crate::world::{Decision, World, send};

const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const LOGIN: &str = "LOGIN_ENTERPRISE_ADMIN";

fn missing() -> (String, Option<String>) {
    blocked("teams_skype_roles_missing")
}

impl World {
    /// A registered enterprise whose management consent has just met a tenant without the roles; its number and the link.
    async fn without_roles(&self) -> (u64, String) {
        self.tell_events().await;
        let enterprise = self.registered().await;
        self.forget_roles(&CONTOSO);
        let link = self.link_for(enterprise, MANAGEMENT).await;
        self.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        assert_eq!(self.standing(enterprise, MANAGEMENT).await, missing());
        (enterprise, link)
    }

    /// Has the demo provider told of events.
    pub(crate) async fn tell_events(&self) {
        let path = format!("/v1/resellers/{}", self.reseller_id());
        let told = self.operator(Method::PATCH, &path, Some(&json!({ "eventsUrl": self.hook() }))).await;
        assert_eq!(told.status, 200, "{}", told.text);
    }

    /// What the audit trail has of `action` about `enterprise`.
    async fn audited(&self, enterprise: u64, action: &str) -> usize {
        let rows = self.provider(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}"), None).await.json();
        rows["items"].as_array().unwrap().iter().filter(|row| row["action"] == action).count()
    }
}

/// R144 The roles are made at once in the name of who signed in; from two minutes on the consent is finished without the
/// administrator, by the same link, and told. More ticks do nothing more.
#[tokio::test]
async fn the_consent_is_finished_without_the_administrator() {
    let world = World::new().await;
    let (enterprise, link) = world.without_roles().await;
    world.settle().await;
    assert_eq!(world.audited(enterprise, "provisioning.made").await, 1);
    world.pass(90).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, missing(), "it is too early");
    world.pass(30).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.manages(enterprise).await, [true, true]);
    world.settle().await;
    assert_eq!(world.told_of_management(), [missing(), granted()]);
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["managementConsent"]["status"], "granted");
    let shown = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(shown.status, 400, "its link is spent");
    world.settle().await;
    let before = world.snapshot().await;
    world.pass(600).await;
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R142, R144 A sign-in that was sent back is waited with as one by a link is.
#[tokio::test]
async fn a_sign_in_that_was_sent_back_goes_on_too() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.forget_roles(&CONTOSO);
    let body = world.management_body();
    for _ in 0..2 {
        assert_eq!(world.manage(&body).await.problem().1, "teams_skype_roles_missing");
    }
    world.settle().await;
    assert_eq!(world.told_of_management(), [missing()], "a repeat is not told again");
    world.pass(120).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.told_of_management(), [missing(), granted()]);
    assert_eq!(world.manage(&body).await.status, 200);
}

/// R144, P6 Roles that appear late are found by a later look, and of overlapping ticks one finishes the consent.
#[tokio::test(flavor = "multi_thread")]
async fn roles_that_appear_late_are_found_once() {
    let world = World::new().await;
    let (enterprise, _) = world.without_roles().await;
    world.microsoft().set_lag(Lag::Seconds(600));
    world.settle().await;
    for _ in 0..4 {
        world.pass(120).await;
        assert_eq!(world.standing(enterprise, MANAGEMENT).await, missing());
    }
    world.sandbox.clock().advance(240);
    for _ in 0..3 {
        let (one, other) = join(world.sandbox.tick(), world.sandbox.tick()).await;
        one.unwrap();
        other.unwrap();
    }
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.told_of_management(), [missing(), granted()]);
    assert_eq!(world.audited(enterprise, "provisioning.made").await, 1);
    assert!(world.events("action.blocked").is_empty(), "it was done within half an hour");
}

/// R144 Roles that do not appear: the provider is told at thirty minutes and once more when the sign-in has ended, each time
/// with a link by which the administrator signs in; that sign-in, sent back, finishes it.
#[tokio::test]
async fn a_wait_that_lasts_is_told_with_a_link() {
    let world = World::new().await;
    let (enterprise, _) = world.without_roles().await;
    world.microsoft().set_lag(Lag::Forever);
    world.settle().await;
    world.pass(29 * 60).await;
    assert!(world.events("action.blocked").is_empty());
    world.pass(60).await;
    world.pass(600).await;
    assert_eq!(world.events("action.blocked").len(), 1, "told once");
    world.pass(3_600).await;
    world.pass(3_600).await;
    let told = world.events("action.blocked");
    assert_eq!(told.len(), 2);
    for event in &told {
        let data = &event["data"];
        assert_eq!((&data["actionType"], &data["status"]), (&json!(MANAGEMENT), &json!("blocked")));
        assert_eq!(data["problem"]["code"], "teams_skype_roles_missing");
        let begun = send(world.http.post(data["startUrl"].as_str().unwrap())).await;
        assert!(begun.header("location").contains("Organization.Read.All"), "{}", begun.text);
    }
    world.microsoft().set_lag(Lag::Seconds(0));
    world.pass(3_600).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, missing(), "nobody's name is left");
    world.visit(&world.link_for(enterprise, LOGIN).await, &GRACE, Decision::Cancel).await.ours();
    world.settle().await;
    assert_eq!(world.manage(&world.management_body()).await.status, 200);
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
}

/// R144, R146, R002, R168 Nothing goes on for a consent that was declined, or reset, or no longer asked for, or for an enterprise
/// that was stopped: nothing is changed in the tenant.
#[tokio::test]
async fn what_nobody_asks_for_any_more_does_not_go_on() {
    for end in ["decline", "reset", "disable", "withdraw"] {
        let world = World::new().await;
        let (enterprise, link) = world.without_roles().await;
        world.sandbox.clock().advance(1);
        let path = format!("/v1/enterprises/{enterprise}");
        let ended = match end {
            "decline" => {
                // Without the grant Microsoft shows the permissions anew.
                let permission = Some("RoleManagement.ReadWrite.Directory".to_owned());
                let (tenant, client_id) = (CONTOSO.id.to_owned(), query(&link)["client_id"].clone());
                let taken = Revocation { tenant, client_id, permission, ..Revocation::default() };
                assert_eq!(world.microsoft().revoke(&taken), 1);
                world.visit(&link, &GRACE, Decision::Cancel).await.ours();
                assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "declined");
                world.provider(Method::GET, &path, None).await
            }
            "reset" => world.provider(Method::POST, &format!("{path}/actions/{MANAGEMENT}/reset"), None).await,
            "disable" => world.provider(Method::POST, &format!("{path}/disable"), None).await,
            _ => {
                let managed = "canResellerManageEnterpriseProvisioning";
                world.edit(enterprise, json!({ managed: true })).await;
                world.patch(enterprise, Some("*"), &json!({ managed: false })).await
            }
        };
        assert_eq!(ended.status, 200, "{end}: {}", ended.text);
        let stands = world.standing(enterprise, MANAGEMENT).await;
        world.pass(180).await;
        world.pass(3_600).await;
        assert_eq!(world.standing(enterprise, MANAGEMENT).await, stands, "{end}");
        assert_eq!(world.audited(enterprise, "provisioning.made").await, 0, "{end}");
        assert!(world.events("action.blocked").is_empty(), "{end}");
    }
}

/// R144 A Microsoft that does not answer is asked again.
#[tokio::test]
async fn a_microsoft_that_is_away_is_asked_again() {
    let world = World::new().await;
    let (enterprise, _) = world.without_roles().await;
    let what = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "graph".into(), what, times: None });
    world.pass(120).await;
    world.pass(120).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, missing());
    world.microsoft().set_faults(Vec::new());
    world.pass(120).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.told_of_management(), [missing(), granted()]);
}

/// P10 The signer's token lies sealed in a row of its own, which goes with the wait.
#[tokio::test]
async fn the_token_goes_with_the_wait() {
    let world = World::new().await;
    let (enterprise, _) = world.without_roles().await;
    let waits = async || {
        let world = world.glance().await;
        world.of_kind("enterprise").iter().filter(|row| row.contains(r#""SK":{"S":"roles"}"#)).count()
    };
    assert_eq!(waits().await, 1);
    world.pass(120).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(waits().await, 0);
}
