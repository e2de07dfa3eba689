//! Many who change one thing at once: each is answered as if they had come one after the other (P6, P9).

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::idempotency::tapped;
use crate::tap::Trouble;
use crate::world::{Answer, World, send};

/// How many at once.
const MANY: u64 = 50;

/// How long the last of them may take on a machine that is busy with other things.
const IN_THE_END: Duration = Duration::from_mins(2);

impl World {
    /// A call of many at once, which waits for its answer as long as it takes.
    async fn in_the_end(&self, method: Method, path: &str, key: &str, body: &Value) -> Answer {
        let call = self.call(method, path).bearer_auth(key).header("if-match", "*").timeout(IN_THE_END);
        send(call.json(body)).await
    }

    async fn operator_in_the_end(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.in_the_end(method, path, self.sandbox.operator_key(), body).await
    }
}

/// How many answers there are of each status.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status.as_u16()).or_default() += 1;
    }
    counts
}

/// P6 Fifty edits of any version are all made, each on what the one before it has left.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_edits_of_any_version_are_made() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let patches: Vec<Value> = (1..=MANY).map(|limit| json!({ "userLimit": limit })).collect();
    let (path, key) = (format!("/v1/enterprises/{enterprise}"), world.sandbox.reseller_key());
    let answers = join_all(patches.iter().map(|patch| world.in_the_end(Method::PATCH, &path, key, patch))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 50)]));
    let mut versions: Vec<u64> =
        answers.iter().map(|answer| answer.header("etag").trim_matches('"').parse().unwrap()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=MANY + 1).collect::<Vec<_>>());
}

/// P6 Fifty keys at once: as many as there is room for are made, and the others are told that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_keys_fill_the_room_there_is() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (path, body) = (format!("/v1/resellers/{}/keys", provider.id), json!({}));
    let answers = join_all((0..MANY).map(|_| world.operator_in_the_end(Method::POST, &path, &body))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(201, 19), (409, 31)]));
    let keys = world.operator(Method::GET, &path, None).await.json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 20);
    let made = answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.json()["keyId"].clone());
    let revoked = join_all(made.map(async |id| {
        let path = format!("{path}/{}", id.as_str().unwrap());
        world.operator_in_the_end(Method::DELETE, &path, &json!({})).await
    }))
    .await;
    assert_eq!(statuses(&revoked), BTreeMap::from([(204, 19)]));
}

/// P6 Fifty changes of one provider are all made.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_changes_of_a_provider_are_made() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let path = format!("/v1/resellers/{}", provider.id);
    let changes: Vec<Value> = (0..MANY).map(|at| json!({ "name": format!("Name {at}") })).collect();
    let answers = join_all(changes.iter().map(|change| world.operator_in_the_end(Method::PATCH, &path, change))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 50)]));
    let trail = world.operator(Method::GET, &format!("/v1/audit?resellerId={}&limit=100", provider.id), None).await;
    assert_eq!(trail.text.matches("reseller.changed").count(), 50);
}

/// P9 What others hold for as long as we wait is told by its own code, says when to come back, and changes nothing.
#[tokio::test]
async fn what_stays_contended_says_so() {
    let (world, tap) = tapped().await;
    let enterprise = world.enterprise(json!({})).await;
    tap.break_where("TransactWriteItems", Trouble::Conflicts(usize::MAX));
    let refused = world.patch(enterprise, Some("*"), &json!({"userLimit": 5})).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (503, "contended"));
    assert_eq!((refused.header("retry-after"), refused.json()["retryAfter"].as_u64()), ("1", Some(1)));
    tap.heal();
    assert_eq!(world.patch(enterprise, Some("\"1\""), &json!({"userLimit": 5})).await.status, 200);
}
