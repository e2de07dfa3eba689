//! Users of an enterprise: counted against its limit, one by one and many at once.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::effects::Effects;
use crate::world::{Answer, World, send};

impl World {
    async fn user(&self, method: Method, enterprise: u64, user: &str) -> Answer {
        let path = format!("/v1/enterprises/{enterprise}/users/{user}");
        let body = (method == Method::PUT).then(|| json!({}));
        self.provider(method, &path, body.as_ref()).await
    }

    async fn add(&self, enterprise: u64, user: &str) -> u16 {
        self.user(Method::PUT, enterprise, user).await.status.as_u16()
    }

    async fn limit(&self, enterprise: u64, limit: Option<u64>) -> Answer {
        let call = self.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}"));
        let call = call.bearer_auth(self.sandbox.reseller_key()).header("if-match", "*");
        send(call.json(&json!({ "userLimit": limit }))).await
    }
}

/// R152 A third user of two is refused with limit and count; a repeat is free, whatever the spelling of the path; who goes
/// makes room, once.
#[tokio::test]
async fn a_user_above_the_limit_is_refused() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"userLimit": 2})).await;
    let first = world.user(Method::PUT, enterprise, "grace@contoso.example").await;
    assert_eq!((first.status.as_u16(), first.json()), (200, json!({"userId": "grace@contoso.example"})));
    assert_eq!(world.add(enterprise, "2").await, 200);
    let before = world.snapshot().await;
    let third = world.user(Method::PUT, enterprise, "3").await;
    assert_eq!(third.problem(), (409, "user_limit_reached".to_owned(), vec![]));
    assert_eq!((&third.json()["limit"], &third.json()["current"]), (&json!(2), &json!(2)));
    assert_eq!(third.json()["detail"], "The limit is 2 users, and 2 are counted.");
    assert_eq!(world.user(Method::PUT, enterprise, "grace%40contoso.example").await.text, first.text);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    for _ in 0..2 {
        assert_eq!(world.user(Method::DELETE, enterprise, "2").await.status, 204);
    }
    assert_eq!((world.add(enterprise, "3").await, world.add(enterprise, "4").await), (200, 409));
    let trail = world.glance().await.of_kind("audit").join(" ");
    assert!(trail.contains("user.added") && trail.contains("user.removed") && !trail.contains("grace"), "{trail}");
}

/// R152 Without a limit there is no check; a limit of none allows nobody; and a limit follows each edit, but for less than
/// there are users.
#[tokio::test]
async fn a_limit_follows_its_edits() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    for user in 0..3 {
        assert_eq!(world.add(enterprise, &user.to_string()).await, 200);
    }
    let lowered = world.limit(enterprise, Some(2)).await;
    assert_eq!(lowered.problem(), (409, "user_limit_reached".to_owned(), vec![]));
    assert_eq!(lowered.json()["detail"], "The limit is 2 users, and 3 are counted.");
    assert_eq!(world.limit(enterprise, Some(3)).await.status, 200);
    assert_eq!(world.add(enterprise, "3").await, 409);
    assert_eq!(world.limit(enterprise, Some(4)).await.status, 200);
    assert_eq!((world.add(enterprise, "3").await, world.add(enterprise, "4").await), (200, 409));
    assert_eq!(world.limit(enterprise, None).await.status, 200);
    assert_eq!(world.add(enterprise, "4").await, 200);
    let none = world.enterprise(json!({"enterpriseName": "None", "userLimit": 0})).await;
    assert_eq!(world.add(none, "1").await, 409);
    assert_eq!(world.limit(none, Some(1)).await.status, 200);
    assert_eq!((world.add(none, "1").await, world.add(none, "2").await), (200, 409));
}

/// R152, P6 Of fifty at once over a limit of ten, ten are counted.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_as_many_are_counted_as_there_is_room_for() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"userLimit": 10})).await;
    let users: Vec<String> = (0..50).map(|user| format!("user-{user}")).collect();
    let statuses = join_all(users.iter().map(|user| world.add(enterprise, user))).await;
    let counted = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((counted(200), counted(409)), (10, 40), "{statuses:?}");
    let gone = join_all(users.iter().map(|user| world.user(Method::DELETE, enterprise, user))).await;
    assert!(gone.iter().all(|answer| answer.status == 204));
    assert_eq!(join_all((0..3).map(|_| world.add(enterprise, "one"))).await, [200; 3], "one user is one user");
    assert_eq!(world.limit(enterprise, Some(1)).await.status, 200);
}

/// R152 A token of the enterprise counts users of its own; nobody counts any of a disabled one, or by an id that is none.
#[tokio::test]
async fn users_are_counted_for_an_enterprise_that_goes_on() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let made = world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/token"), Some(&json!({}))).await;
    let token = made.json()["access_token"].as_str().unwrap().to_owned();
    let path = format!("/v1/enterprises/{enterprise}/users/1");
    assert_eq!(world.as_holder_of(&token, Method::PUT, &path, Some(&json!({}))).await.status, 200);
    let wrong = world.user(Method::PUT, enterprise, "%00").await;
    assert_eq!(wrong.problem().2, [("/userId".to_owned(), "invalid_user_id".to_owned())]);
    world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), None).await;
    for method in [Method::PUT, Method::DELETE] {
        let refused = world.user(method, enterprise, "1").await;
        assert_eq!(refused.problem().1, "enterprise_disabled");
    }
}

/// R152 A DELETE has no body: one that comes along is not looked at.
#[tokio::test]
async fn a_removal_looks_at_no_body() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"userLimit": 1})).await;
    assert_eq!(world.add(enterprise, "1").await, 200);
    let path = format!("/v1/enterprises/{enterprise}/users/1");
    let removed = world.provider(Method::DELETE, &path, Some(&json!({"a": 1}))).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
}
