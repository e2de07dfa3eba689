//! The keys of a service provider: made, listed, revoked, ended (K9).

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Decision, Provider, World};
use simulated_microsoft::GRACE;

const DAY: i64 = 24 * 3_600;

impl World {
    async fn new_key(&self, provider: &Provider, body: &Value) -> Answer {
        self.operator(Method::POST, &format!("/v1/resellers/{}/keys", provider.id), Some(body)).await
    }

    /// A new key of `provider`: its id, and the key.
    pub(crate) async fn key_of(&self, provider: &Provider, body: &Value) -> (String, String) {
        let made = self.new_key(provider, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let text = |field: &str| made.json()[field].as_str().unwrap().to_owned();
        (text("keyId"), text("key"))
    }

    pub(crate) async fn revoke(&self, provider: &Provider, key: &str) -> Answer {
        self.operator(Method::DELETE, &format!("/v1/resellers/{}/keys/{key}", provider.id), None).await
    }

    pub(crate) async fn opens(&self, credential: &str) -> u16 {
        self.as_holder_of(credential, Method::GET, "/v1/pbx-types", None).await.status.as_u16()
    }

    async fn listed(&self, provider: &Provider) -> Vec<Value> {
        let listed = self.operator(Method::GET, &format!("/v1/resellers/{}/keys", provider.id), None).await;
        assert!(!listed.text.contains("onb_") && !listed.text.contains("hash"), "{}", listed.text);
        listed.json()["items"].as_array().unwrap().clone()
    }
}

/// K9 Two keys are good at once, so that one replaces the other; a revoked one opens nothing from that moment, and the
/// links that were made with it go on.
#[tokio::test]
async fn a_key_is_replaced_without_a_gap() {
    let world = World::new().await;
    let mut provider = world.other_provider().await;
    let (former, id) = (provider.key.clone(), provider.key.split('_').nth(2).unwrap().to_owned());
    let (_, link) = world.contoso_of(&provider).await;
    let (_, fresh) = world.key_of(&provider, &json!({})).await;
    assert_eq!((world.opens(&former).await, world.opens(&fresh).await), (200, 200));
    assert_eq!(world.revoke(&provider, &id).await.status, 204);
    assert_eq!((world.opens(&former).await, world.opens(&fresh).await), (401, 200));
    assert_eq!(world.revoke(&provider, &id).await.status, 404);
    provider.key = fresh;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    assert_eq!(world.outcomes()[0]["outcome"], "granted");
}

/// K9 A list of keys tells what the operator said of each, and nothing that opens.
#[tokio::test]
async fn keys_are_listed_without_what_opens() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let said = json!({"label": "Billing", "scopes": ["enterprises:read"], "expiresInDays": 30});
    let (id, _) = world.key_of(&provider, &said).await;
    let listed = world.listed(&provider).await;
    assert_eq!(listed.len(), 2);
    let mut one = listed.iter().find(|key| key["keyId"] == id.as_str()).unwrap().clone();
    let instant = |value: Value| value.as_str().unwrap().parse::<onboarding_core::time::Timestamp>().unwrap();
    let (made, ends) = (instant(one["createdAt"].take()), instant(one["expiresAt"].take()));
    assert_eq!(ends.since(made).as_secs(), 30 * DAY.unsigned_abs());
    let expected =
        json!({"keyId": id, "label": "Billing", "scopes": ["enterprises:read"], "createdAt": null, "expiresAt": null});
    assert_eq!(one, expected);
    assert_eq!(world.operator(Method::GET, "/v1/resellers/1/keys", None).await.status, 404);
    let wrong =
        world.new_key(&provider, &json!({"scopes": ["all"], "expiresAt": "2001-01-01T00:00:00Z", "x": 1})).await;
    let faults = [("/scopes/0", "unknown_scope"), ("/expiresAt", "out_of_range"), ("/x", "unknown_field")];
    assert_eq!(wrong.problem().2, faults.map(|(at, code)| (at.to_owned(), code.to_owned())));
}

/// P7 A key is refused from its end on, whoever tidies up when.
#[tokio::test]
async fn a_key_ends() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, key) = world.key_of(&provider, &json!({"expiresInDays": 1})).await;
    world.sandbox.clock().advance(DAY - 60);
    assert_eq!(world.opens(&key).await, 200);
    world.sandbox.clock().advance(60);
    assert_eq!(world.opens(&key).await, 401);
    assert_eq!(world.opens(&provider.key).await, 200);
}

/// P6 A provider has 20 live keys at most, however many are asked for at once; an ended or revoked one makes room.
#[tokio::test]
async fn live_keys_are_limited() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    for _ in 0..16 {
        world.key_of(&provider, &json!({"expiresInDays": 2})).await;
    }
    let short = json!({"expiresInDays": 1});
    let mut at_once: Vec<Answer> = join_all((0..4).map(|_| world.new_key(&provider, &short))).await;
    at_once.sort_by_key(|answer| answer.status);
    assert_eq!(at_once.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [201, 201, 201, 409]);
    assert_eq!(at_once[3].problem().1, "too_many_keys");
    assert_eq!(world.listed(&provider).await.len(), 20);
    world.revoke(&provider, at_once[0].json()["keyId"].as_str().unwrap()).await;
    world.key_of(&provider, &json!({})).await;
    assert_eq!(world.new_key(&provider, &json!({})).await.status, 409);
    world.sandbox.clock().advance(DAY);
    world.key_of(&provider, &json!({})).await;
}

/// R204 Another provider's key is as absent as none.
#[tokio::test]
async fn a_key_is_revoked_at_its_own_provider() {
    let world = World::new().await;
    let (one, other) = (world.other_provider().await, world.other_provider().await);
    let id = one.key.split('_').nth(2).unwrap();
    for key in [id, "1-00000000", "x", "operator-00000000"] {
        assert_eq!(world.revoke(&other, key).await.status, 404, "{key}");
    }
    assert_eq!(world.opens(&one.key).await, 200);
}

/// RFC 6750 §3.1 A key that is made for less is told what it lacks, with 403; what it is made for works.
#[tokio::test]
async fn a_key_does_what_it_is_made_for() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&provider).await;
    let (_, key) = world.key_of(&provider, &json!({"scopes": ["enterprises:read"]})).await;
    let ask = async |method, path: &str, body: Option<&Value>| world.as_holder_of(&key, method, path, body).await;
    let own = format!("/v1/enterprises/{enterprise}");
    assert_eq!(ask(Method::GET, &own, None).await.status, 200);
    let refused = [
        (Method::GET, format!("{own}/actions"), "consents:read"),
        (Method::POST, "/v1/enterprises".to_owned(), "enterprises:write"),
        (Method::POST, "/reseller/newEnterprise".to_owned(), "enterprises:write"),
        (Method::POST, format!("{own}/disable"), "enterprises:write"),
        (Method::POST, format!("{own}/confirm-tenant"), "consents:write"),
        (Method::POST, "/v1/enterprises/action-url".to_owned(), "links:write"),
    ];
    for (method, path, scope) in refused {
        let answer = ask(method.clone(), &path, (method == Method::POST).then_some(&json!({}))).await;
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (403, "insufficient_scope"), "{path}");
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        assert_eq!(answer.header("www-authenticate"), challenge, "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(scope));
    }
    assert_eq!(ask(Method::GET, "/v1/resellers/1", None).await.status, 401, "the level comes first");
}
