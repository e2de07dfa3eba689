//! Webhooks: until a 2xx, by the schedule, with a constant id.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use onboarding_sandbox::receiver::Behaviour;
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::GRACE;

use crate::world::{Decision, World};

async fn granted(behaviour: Behaviour) -> World {
    let world = World::new().await;
    world.sandbox.webhooks().behave(behaviour);
    let link = world.registration_url(world.contoso().await).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    world
}

fn attempts(world: &World) -> usize {
    world.sandbox.webhooks().messages().len()
}

/// R116, G62 A receiver that is down and comes back gets the same delivery again: one id, new timestamps, the same bytes.
#[tokio::test]
async fn a_receiver_that_comes_back_gets_it() {
    let world = granted(Behaviour::status(500, 2)).await;
    assert_eq!(attempts(&world), 1);
    world.pass(1).await;
    assert_eq!(attempts(&world), 1, "not before its time");
    world.pass(4).await;
    assert_eq!(attempts(&world), 2);
    world.pass(5 * 60).await;
    assert_eq!(attempts(&world), 3);
    world.pass(24 * 3_600).await;
    assert_eq!(attempts(&world), 3, "a 2xx ends it");
    let caught = world.sandbox.webhooks().messages();
    assert!(caught.iter().all(|caught| caught.verified));
    let header = |at: usize, name: &str| caught[at].headers[name].clone();
    for at in 1..3 {
        assert_eq!(header(at, "webhook-id"), header(0, "webhook-id"));
        assert_eq!(caught[at].body, caught[0].body);
        assert_ne!(header(at, "webhook-timestamp"), header(0, "webhook-timestamp"));
        assert_ne!(header(at, "webhook-signature"), header(0, "webhook-signature"));
    }
}

/// A receiver that is down for a day gets it at the next step after its return.
#[tokio::test]
async fn a_day_without_a_receiver_loses_nothing() {
    let down = Behaviour { times: None, ..Behaviour::status(503, 0) };
    let world = granted(down).await;
    for _ in 0..24 {
        world.pass(3_600).await;
    }
    let before = attempts(&world);
    assert!((6..=9).contains(&before), "{before}");
    world.sandbox.webhooks().behave_well();
    for _ in 0..24 {
        world.pass(3_600).await;
    }
    assert_eq!(attempts(&world), before + 1);
}

/// G63 A 410 ends the delivery, and the URL: the next outcome is not sent there.
#[tokio::test]
async fn a_url_that_is_gone_is_not_called_again() {
    let world = granted(Behaviour { times: None, ..Behaviour::status(410, 0) }).await;
    world.pass(24 * 3_600).await;
    assert_eq!(attempts(&world), 1);
    let second = world.enterprise(serde_json::json!({
        "enterpriseName": "Second", "expectedTenant": simulated_microsoft::CONTOSO.id
    }));
    let link = world.registration_url(second.await).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.pass(24 * 3_600).await;
    assert_eq!(attempts(&world), 1);
}

/// G61 A redirect is a failure and is not followed.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = granted(Behaviour::status(302, 1)).await;
    assert_eq!(attempts(&world), 1);
    world.pass(5).await;
    assert_eq!(attempts(&world), 2);
}

/// G64 A receiver that takes too long has failed; it is tried again.
#[tokio::test]
async fn a_receiver_that_takes_too_long_is_tried_again() {
    let slow = Behaviour { delay_ms: Some(7_000), ..Behaviour::status(200, 1) };
    let world = granted(slow).await;
    world.pass(5).await;
    assert_eq!(attempts(&world), 2);
    world.pass(24 * 3_600).await;
    assert_eq!(attempts(&world), 2);
}

/// Retry-After is waited for, and never shortens the schedule.
#[tokio::test]
async fn a_receiver_may_ask_for_more_time() {
    let busy = Behaviour { retry_after: Some(3_600), ..Behaviour::status(429, 1) };
    let world = granted(busy).await;
    world.pass(3_590).await;
    assert_eq!(attempts(&world), 1);
    world.pass(10).await;
    assert_eq!(attempts(&world), 2);
}

/// G60, T46 A listed host that leads inside is not connected to, even where it leads to the receiver as well: the attempt
/// fails, and the next one is due.
#[tokio::test]
async fn a_listed_host_that_leads_inside_is_not_connected_to() {
    let (receiver, inside) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from([10, 0, 0, 5]));
    for (addresses, arrived) in [(vec![receiver], 1), (vec![inside], 0), (vec![receiver, inside], 0)] {
        let hosts = Some(BTreeMap::from([("hooks.example.com".to_owned(), addresses.clone())]));
        let overrides = Overrides { hosts, ..Overrides::default() };
        let world =
            World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
        let listed = json!({"redirectHosts": ["hooks.example.com"]});
        let provider = format!("/v1/resellers/{}", world.reseller_id());
        assert_eq!(world.operator(Method::PATCH, &provider, Some(&listed)).await.status, 200);
        let hook = world.hook().replacen("127.0.0.1", "hooks.example.com", 1);
        let enterprise = world.contoso().await;
        let body = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": hook});
        let link = world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await.json();
        world.visit(link.as_str().unwrap(), &GRACE, Decision::ForTheOrganization).await.ours();
        world.settle().await;
        assert_eq!(attempts(&world), arrived, "{addresses:?}");
        for attempt in 1..4 {
            let rows = world.glance().await;
            let [row] = rows.of_kind("deliveries")[..] else { panic!("one delivery") };
            let (status, tried) = if arrived == 1 { ("delivered", 1) } else { ("pending", attempt) };
            assert!(row.contains(&format!(r#""attempts":{{"N":"{tried}"}}"#)), "{addresses:?}: {row}");
            assert!(row.contains(&format!(r#""status":{{"S":"{status}"}}"#)), "{addresses:?}: {row}");
            world.pass(301).await;
        }
        assert_eq!(attempts(&world), arrived, "{addresses:?}");
    }
}
