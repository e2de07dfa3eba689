//! Lists over all enterprises of a provider, page by page.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::world::{Decision, World};

/// `count` enterprises of the demo provider, made one after another; their numbers.
async fn made(world: &World, count: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    for at in 0..count {
        ids.push(world.enterprise(json!({ "enterpriseName": format!("Enterprise {at}") })).await);
        world.sandbox.clock().advance(1);
    }
    ids
}

/// Every item of the list at `path`, and the length of each page.
async fn walked(world: &World, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut items, mut lengths, mut next) = (Vec::new(), Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let path = if cursor.is_empty() { path.to_owned() } else { format!("{path}&cursor={cursor}") };
        let page = world.provider(Method::GET, &path, None).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        let on_it = page["items"].as_array().unwrap();
        lengths.push(on_it.len());
        items.extend(on_it.iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
    }
    (items, lengths)
}

fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["enterpriseId"].as_u64().unwrap()).collect()
}

/// R148, R204 The caller's own enterprises in the order of their making, each once, with status and pending actions; none
/// of another provider.
#[tokio::test]
async fn a_provider_lists_its_own_enterprises() {
    let world = World::new().await;
    let other = world.other_provider().await;
    let (theirs, _) = world.contoso_of(&other).await;
    let own = made(&world, 5).await;
    let (items, lengths) = walked(&world, "/v1/enterprises?limit=2").await;
    assert_eq!((ids(&items), lengths), (own.clone(), vec![2, 2, 1]));
    let first = json!({
        "enterpriseId": own[0], "enterpriseName": "Enterprise 0", "status": "draft", "tenantId": null,
        "pendingActions": ["REGISTRATION", "GET_USER_SYNC_CONSENT", "GET_PRESENCE_CONSENT", "GET_AGENT_CONSENT"],
        "createdAt": items[0]["createdAt"],
    });
    assert_eq!(items[0], first);
    let listed = world.as_holder_of(&other.key, Method::GET, "/v1/enterprises", None).await.json();
    assert_eq!((ids(listed["items"].as_array().unwrap()), &listed["next"]), (vec![theirs], &Value::Null));
    assert_eq!(walked(&world, "/v1/enterprises?limit=5").await.1, [5], "a full last page has no next");
}

/// R148 A page has 50 items unless the caller says otherwise.
#[tokio::test]
async fn a_page_has_fifty_items() {
    let world = World::new().await;
    let own = made(&world, 51).await;
    let page = world.provider(Method::GET, "/v1/enterprises", None).await.json();
    assert_eq!(ids(page["items"].as_array().unwrap()), own[..50]);
    assert_eq!(walked(&world, "/v1/enterprises?limit=100").await.1, [51]);
}

/// R148 Enterprises are filtered by how far they are.
#[tokio::test]
async fn enterprises_are_filtered_by_status() {
    let world = World::new().await;
    let own = made(&world, 4).await;
    for id in [own[1], own[3]] {
        world.provider(Method::POST, &format!("/v1/enterprises/{id}/disable"), None).await;
    }
    world.registration_url(own[2]).await;
    for (status, expected) in
        [("disabled", vec![own[1], own[3]]), ("draft", vec![own[0]]), ("registering", vec![own[2]]), ("active", vec![])]
    {
        let (items, _) = walked(&world, &format!("/v1/enterprises?limit=1&status={status}")).await;
        assert_eq!(ids(&items), expected, "{status}");
    }
}

/// R148, R204 A cursor of another caller, list or filter, or one that was changed, is refused.
#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let world = World::new().await;
    made(&world, 2).await;
    let other = world.other_provider().await;
    let first = world.provider(Method::GET, "/v1/enterprises?limit=1", None).await.json();
    let cursor = first["next"].as_str().unwrap();
    let foreign = world.as_holder_of(&other.key, Method::GET, &format!("/v1/enterprises?cursor={cursor}"), None).await;
    let mut refused = vec![foreign];
    for path in [
        format!("/v1/enterprises?status=draft&cursor={cursor}"),
        format!("/v1/action-items?cursor={cursor}"),
        format!("/v1/enterprises?cursor={}", &cursor[1..]),
        format!("/v1/enterprises?cursor={}", &cursor[..cursor.len() - 1]),
        format!("/v1/enterprises?cursor={cursor}A"),
        "/v1/enterprises?cursor=".to_owned(),
        "/v1/enterprises?cursor=eyJQSyI6InJlc2VsbGVyIzEifQ".to_owned(),
    ] {
        refused.push(world.provider(Method::GET, &path, None).await);
    }
    for answer in refused {
        let faults = vec![("/cursor".to_owned(), "invalid_cursor".to_owned())];
        assert_eq!(answer.problem(), (422, "invalid_cursor".to_owned(), faults));
    }
}

/// R102 What a list does not know, or cannot mean, is refused, all at once.
#[tokio::test]
async fn a_wrong_query_string_is_refused() {
    let world = World::new().await;
    let read = async |path: &str| world.provider(Method::GET, path, None).await;
    let answer = read("/v1/enterprises?limit=0&status=pending_consent&staus=active").await;
    let expected = [("/limit", "out_of_range"), ("/status", "unknown_status"), ("/staus", "unknown_field")];
    let expected = expected.map(|(at, code)| (at.to_owned(), code.to_owned())).to_vec();
    assert_eq!(answer.problem(), (422, "invalid_query".to_owned(), expected));
    let about_status = answer.json()["errors"][1]["detail"].as_str().unwrap().to_owned();
    assert!(about_status.contains("draft, invited, registering"), "{about_status}");
    for limit in ["101", "-1", "ten", "", "1.5"] {
        assert_eq!(read(&format!("/v1/action-items?limit={limit}")).await.problem().0, 422, "{limit}");
    }
    assert_eq!(read("/v1/enterprises?limit=1&limit=2").await.problem().1, "unparseable_query");
    let typo = world.provider(Method::POST, "/v1/enterprises/1/disable?dryrun=true", None).await;
    assert_eq!(typo.problem().1, "invalid_query", "a route without parameters refuses them, too");
    let by_nobody = world.call(Method::GET, "/v1/enterprises?x=1").send().await.unwrap();
    assert_eq!(by_nobody.status(), 401);
}

/// R008, R204 The action items of all enterprises in one list, by status, even where a page ends inside an enterprise.
#[tokio::test]
async fn a_provider_lists_the_action_items_of_all_its_enterprises() {
    let world = World::new().await;
    let other = world.other_provider().await;
    world.contoso_of(&other).await;
    let asked = json!({"enterpriseName": "Asked", "canResellerManageEnterpriseProvisioning": true});
    let asked = world.enterprise(asked).await;
    world.sandbox.clock().advance(1);
    let registered = world.contoso_named("Registered").await;
    let link = world.registration_url(registered).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();

    let (items, lengths) = walked(&world, "/v1/action-items?limit=2").await;
    assert!(lengths.iter().all(|length| *length <= 2), "{lengths:?}");
    let seen: Vec<(u64, &str)> = items
        .iter()
        .map(|item| (item["enterpriseId"].as_u64().unwrap(), item["actionType"].as_str().unwrap()))
        .collect();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "each once");
    let whole = world.provider(Method::GET, "/v1/action-items", None).await.json();
    assert_eq!(whole["items"], Value::Array(items.clone()));
    assert_eq!(ids(&items).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([asked, registered]));
    for enterprise in [asked, registered] {
        let own = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}/actions"), None).await.json();
        let listed: Vec<&Value> = items.iter().filter(|item| item["enterpriseId"] == enterprise).collect();
        assert_eq!(listed, own["items"].as_array().unwrap().iter().collect::<Vec<_>>());
    }

    let (pending, _) = walked(&world, "/v1/action-items?status=pending_consent&limit=3").await;
    assert!(pending.iter().all(|item| item["status"] == "pending_consent"));
    let management = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
    assert!(pending.iter().any(|item| item["enterpriseId"] == asked && item["actionType"] == management));
    let (granted, _) = walked(&world, "/v1/action-items?status=granted").await;
    assert_eq!((granted.len(), &granted[0]["actionType"]), (1, &json!("REGISTRATION")));
    let unknown = world.provider(Method::GET, "/v1/action-items?status=active", None).await;
    assert_eq!(unknown.problem().2, [("/status".to_owned(), "unknown_status".to_owned())]);
}
