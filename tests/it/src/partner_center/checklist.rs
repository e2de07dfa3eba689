//! What a connection needs, told before it fails, and proved instead of ticked off.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{ADMIN_AGENTS, Effect, Fault, IGOR, WINGTIP};

use super::{CONNECTIONS, go};
use crate::world::World;

/// The status of each item, by its name.
fn statuses(connection: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = connection["checklist"].as_array().unwrap().iter();
    items.map(|item| (text(&item["name"]), text(&item["status"]))).collect()
}

/// R173, R175-R178, R184, R185, R198 The list is there from the first moment, says where each thing is done, and follows what was
/// seen: an item that a try failed by is failed, until a better one.
#[tokio::test]
async fn the_checklist_follows_what_was_seen() {
    let world = World::new().await;
    let id = world.connection().await;
    let draft = world.read_connection(&id).await;
    assert_eq!(draft["licenceRequired"], false);
    let second_factor = draft["checklist"].as_array().unwrap().iter().find(|item| item["name"] == "second_factor");
    assert!(second_factor.unwrap()["url"].as_str().unwrap().starts_with("https://entra.microsoft.com/"));
    let of = |connection: &Value| {
        let statuses = statuses(connection);
        ["direct_bill", "global_administrator", "partner_role", "no_licence"].map(|name| statuses[name].clone())
    };
    assert_eq!(of(&draft), ["pass", "unknown", "unknown", "pass"]);

    let page = world.consent_as_admin(&id).await.text();
    for told in ["Admin agent", "Enforced", "no licence"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    world.microsoft().remove_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    go(&world.step_link(&id, "user").await, &IGOR).await;
    assert_eq!(of(&world.read_connection(&id).await), ["pass", "pass", "fail", "pass"]);
    world.microsoft().add_agent(&WINGTIP, IGOR.oid, ADMIN_AGENTS);
    go(&world.step_link(&id, "user").await, &IGOR).await;
    assert_eq!(of(&world.read_connection(&id).await), ["pass", "pass", "pass", "pass"]);
}

/// R174 Connections are for keys that are made for them.
#[tokio::test]
async fn a_key_that_is_made_for_less_makes_no_connection() {
    let world = World::new().await;
    let path = format!("/v1/resellers/{}/keys", world.reseller_id());
    let made = world.operator(Method::POST, &path, Some(&json!({ "scopes": ["enterprises:read"] }))).await.json();
    let key = made["key"].as_str().unwrap();
    let refused = world.as_holder_of(key, Method::POST, CONNECTIONS, Some(&World::connection_body())).await;
    assert_eq!((refused.status.as_u16(), refused.problem().1.as_str()), (403, "insufficient_scope"));
}

/// G48, P8 A token answer without a refresh token is no consent: nothing is kept, and the link is good for another try.
#[tokio::test]
async fn without_a_refresh_token_there_is_no_consent() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let link = world.step_link(&id, "user").await;
    let body = json!({ "token_type": "Bearer", "expires_in": 3_599, "access_token": "opaque" }).to_string();
    let what = Effect::Status { status: 200, body, headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
    let page = go(&link, &IGOR).await;
    assert!(page.body.contains("data-code=\"refresh_token_missing\""), "{}", page.text());
    assert_eq!(
        (world.tokens_kept().await, &world.read_connection(&id).await["status"]),
        (0, &json!("admin_consented"))
    );
    assert_eq!(world.on_connection(&id, "finalize").await.status, 409);
    go(&link, &IGOR).await;
    assert_eq!(world.tokens_kept().await, 1);
}
