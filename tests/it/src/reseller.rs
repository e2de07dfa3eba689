//! Service providers, as the operator keeps them (K9).

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::world::{Answer, Decision, Provider, World, send};

impl World {
    async fn change_reseller(&self, provider: &Provider, change: &Value) -> Answer {
        self.operator(Method::PATCH, &format!("/v1/resellers/{}", provider.id), Some(change)).await
    }
}

/// A new provider and its key work at once; a key for nobody is a 404.
#[tokio::test]
async fn an_operator_makes_a_provider_and_a_key() {
    let world = World::new().await;
    let body = json!({"name": "  Fabrikam Voice ", "redirectHosts": ["hooks.fabrikam.example"]});
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
    let path = format!("/v1/resellers/{}/keys", made["id"]);
    let key = world.operator(Method::POST, &path, Some(&json!({}))).await;
    assert_eq!(key.status, 201);
    assert!(
        key.json()["key"]
            .as_str()
            .unwrap()
            .starts_with(&format!("onb_test_{}_", key.json()["keyId"].as_str().unwrap()))
    );
    let listed = world.as_holder_of(key.json()["key"].as_str().unwrap(), Method::GET, "/v1/sbc-gateways", None).await;
    assert!(!listed.json().as_array().unwrap().is_empty(), "a new provider of a sandbox has a gateway");
    assert_eq!(world.operator(Method::POST, "/v1/resellers/1/keys", Some(&json!({}))).await.status, 404);
    let wrong = world.operator(Method::POST, "/v1/resellers", Some(&json!({"name": " ", "x": 1}))).await;
    let expected = [("/name", "invalid_name"), ("/redirectHosts", "required"), ("/x", "unknown_field")];
    assert_eq!(wrong.problem().2, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
}

/// K9 A provider is read as it was made, without its secrets; one that does not exist is a 404.
#[tokio::test]
async fn a_provider_is_read_without_its_secrets() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let path = format!("/v1/resellers/{}", provider.id);
    let read = world.operator(Method::GET, &path, None).await;
    assert_eq!(read.status, 200);
    let mut body = read.json();
    let lists = [body["sbcGateways"].take(), body["pbxTypes"].take()];
    assert!(lists.iter().all(|list| list.as_array().is_some_and(|list| !list.is_empty())));
    assert!(body["createdAt"].take().is_string());
    let expected = json!({
        "id": provider.id, "name": "Other", "redirectHosts": ["127.0.0.1"], "eventsUrl": null, "disabled": false,
        "tokenMode": "handles", "activation": null, "createdAt": null, "sbcGateways": null, "pbxTypes": null
    });
    assert_eq!(body, expected);
    assert!(!read.text.contains("whsec_") && !read.text.contains("onb_"));
    for path in ["/v1/resellers/1", "/v1/resellers/x"] {
        assert_eq!(world.operator(Method::GET, path, None).await.status, 404, "{path}");
        assert_eq!(world.operator(Method::PATCH, path, Some(&json!({}))).await.status, 404, "{path}");
    }
}

/// K10 The operator lists all providers, page by page, in the order of their making, as they are now.
#[tokio::test]
async fn providers_are_listed_by_pages() {
    let world = World::new().await;
    let demo = world.reseller_id();
    let mut made = vec![demo.get()];
    for _ in 0..4 {
        world.sandbox.clock().advance(1);
        made.push(world.other_provider().await.id.get());
    }
    let path = format!("/v1/resellers/{}", made[1]);
    world.operator(Method::PATCH, &path, Some(&json!({"name": "Renamed"}))).await;
    let (mut listed, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = world.operator(Method::GET, &format!("/v1/resellers{query}"), None).await;
        assert_eq!(page.status, 200, "{}", page.text);
        listed.extend(page.json()["items"].as_array().unwrap().clone());
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(listed.iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>(), made);
    let mut read = world.operator(Method::GET, &path, None).await.json();
    for list in ["sbcGateways", "pbxTypes"] {
        read.as_object_mut().unwrap().remove(list);
    }
    assert_eq!(listed[1], read);
    let whole = world.operator(Method::GET, "/v1/resellers", None).await.json();
    assert_eq!((&whole["items"], &whole["next"]), (&json!(listed), &Value::Null));
    for (query, code) in [("limit=0", "invalid_query"), ("status=x", "invalid_query"), ("cursor=x", "invalid_cursor")] {
        assert_eq!(world.operator(Method::GET, &format!("/v1/resellers?{query}"), None).await.problem().1, code);
    }
}

/// K9 A change says what changes; what is wrong with it is told at once, and changes nothing.
#[tokio::test]
async fn a_change_is_merged_or_refused() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let before = world.operator(Method::GET, &format!("/v1/resellers/{}", provider.id), None).await.json();
    let changed =
        world.change_reseller(&provider, &json!({"name": "  New ", "eventsUrl": "http://127.0.0.1:9/e"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let mut expected = before;
    expected["name"] = json!("New");
    expected["eventsUrl"] = json!("http://127.0.0.1:9/e");
    assert_eq!(changed.json(), expected);
    assert_eq!(world.change_reseller(&provider, &json!({})).await.json(), expected);
    let wrong =
        json!({"name": "", "redirectHosts": ["a/b"], "disabled": 1, "tokenMode": "both", "secret": "x", "id": 1});
    let refused = world.change_reseller(&provider, &wrong).await;
    let faults = [
        ("/id", "not_settable"),
        ("/name", "invalid_name"),
        ("/redirectHosts/0", "invalid_host"),
        ("/disabled", "wrong_type"),
        ("/tokenMode", "unknown_token_mode"),
        ("/secret", "unknown_field"),
    ];
    assert_eq!(
        refused.problem(),
        (422, "invalid_body".to_owned(), faults.map(|(at, code)| (at.into(), code.into())).into())
    );
    let unlisted = world.change_reseller(&provider, &json!({"redirectHosts": ["localhost"]})).await;
    assert_eq!(unlisted.problem().2, [("/redirectHosts".to_owned(), "events_url_not_listed".to_owned())]);
    assert_eq!(world.operator(Method::GET, &format!("/v1/resellers/{}", provider.id), None).await.json(), expected);
    let removed =
        world.change_reseller(&provider, &json!({"eventsUrl": null, "redirectHosts": ["localhost"]})).await.json();
    assert_eq!((&removed["eventsUrl"], &removed["redirectHosts"]), (&json!(null), &json!(["localhost"])));
}

/// P6 Of changes at the same moment none is lost.
#[tokio::test]
async fn changes_at_once_are_all_made() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let changes = [
        json!({"name": "New"}),
        json!({"tokenMode": "raw"}),
        json!({"redirectHosts": ["localhost"]}),
        json!({"disabled": true}),
    ];
    let made =
        futures_util::future::join_all(changes.iter().map(|change| world.change_reseller(&provider, change))).await;
    assert!(made.iter().all(|made| made.status == 200), "{made:?}");
    let now = world.operator(Method::GET, &format!("/v1/resellers/{}", provider.id), None).await.json();
    for (field, value) in changes.iter().flat_map(|change| change.as_object().unwrap()) {
        assert_eq!(now[field], *value, "{field}");
    }
}

/// R075, R077 The operator says what a provider can give its enterprises; the provider sees it at once.
#[tokio::test]
async fn a_catalogue_is_replaced() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let gateways = json!([{"sbcGatewayId": 77, "sbcGatewayRegion": "EU-North"}]);
    let types = json!([{"id": 78, "pbxName": "P", "pbxLabel": "L", "isDefault": true, "isDisabled": false,
                        "hostingType": "Cloud"}]);
    assert_eq!(
        world.change_reseller(&provider, &json!({"sbcGateways": gateways, "pbxTypes": types})).await.status,
        200
    );
    let read = async |path| world.as_holder_of(&provider.key, Method::GET, path, None).await.json();
    assert_eq!((read("/v1/sbc-gateways").await, read("/v1/pbx-types").await), (gateways, types.clone()));
    let twice = json!({"sbcGateways": [{"sbcGatewayId": 1, "sbcGatewayRegion": "A"}, {"sbcGatewayId": 1, "sbcGatewayRegion": "B"}]});
    let refused = world.change_reseller(&provider, &twice).await;
    assert_eq!(refused.problem().2, [("/sbcGateways/1/sbcGatewayId".to_owned(), "duplicate".to_owned())]);
    assert_eq!(world.change_reseller(&provider, &json!({"sbcGateways": []})).await.json()["pbxTypes"], types);
}

/// K9 A suspended provider: its keys are 401, its links do nothing and say so; resumed, both work as before.
#[tokio::test]
async fn a_suspended_provider_can_do_nothing() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    assert_eq!(world.change_reseller(&provider, &json!({"disabled": true})).await.json()["disabled"], true);
    assert_eq!(world.opens(&provider.key).await, 401);
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert!((400..500).contains(&page.status), "{}", page.text());
    world.settle().await;
    assert_eq!(world.outcomes(), Vec::<Value>::new());
    assert_eq!(world.token_calls(), 0, "no code was redeemed");
    assert_eq!(world.change_reseller(&provider, &json!({"disabled": false})).await.json()["disabled"], false);
    assert_eq!(world.opens(&provider.key).await, 200);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    assert_eq!(world.outcomes()[0]["outcome"], "granted");
}

/// K9 An edit of a provider may call itself a merge patch; what it cannot set is told.
#[tokio::test]
async fn an_edit_is_a_merge_patch() {
    let world = World::new().await;
    let path = format!("/v1/resellers/{}", world.reseller_id());
    let edit = async |body: Value| {
        let call = world.call(Method::PATCH, &path).bearer_auth(world.sandbox.operator_key());
        send(call.header("content-type", "application/merge-patch+json").body(body.to_string())).await
    };
    assert_eq!(edit(json!({"name": "Renamed"})).await.json()["name"], "Renamed");
    let refused = edit(json!({"activation": null})).await;
    assert_eq!(refused.problem().2, [("/activation".to_owned(), "not_settable".to_owned())]);
}
