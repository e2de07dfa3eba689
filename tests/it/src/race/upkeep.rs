//! Two upkeep workers on one connection: each is an instance of its own, with its own reader of the stream.

use futures_util::future::join;
use onboarding_core::id::ConnectionId;
use onboarding_core::secret::SecretHash;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Arena, ROUNDS};
use crate::world::World;

const DAY: i64 = 24 * 3_600;

/// How often the audit trail says that somebody looked.
async fn looks(world: &World) -> usize {
    let rows = world.provider(Method::GET, "/v1/audit?limit=100", None).await.json();
    let rows = rows["items"].as_array().unwrap().clone();
    rows.iter().filter(|row| row["action"] == "connection.looked_at").count()
}

/// The version that is current of the one refresh token that is kept.
async fn current_version(world: &World) -> String {
    let listed = world.secrets_manager("ListSecrets", &json!({"MaxResults": 100})).await;
    let mut names = listed["SecretList"].as_array().unwrap().iter().map(|secret| secret["Name"].as_str().unwrap());
    let name = names.rfind(|name| name.contains("/refresh-token/")).unwrap();
    let described = world.secrets_manager("DescribeSecret", &json!({"SecretId": name})).await;
    let stages = described["VersionIdsToStages"].as_object().unwrap();
    let is_current = |stages: &Value| stages.as_array().unwrap().iter().any(|stage| stage == "AWSCURRENT");
    let mut current = stages.iter().filter(|(_, stages)| is_current(stages)).map(|(version, _)| version.clone());
    let version = current.next().unwrap();
    assert_eq!(current.next(), None, "one version is current");
    version
}

/// P6, R197 Of two workers that look at one connection at once one has the lease and stores: one look is recorded for each day, and the
/// token that is current is the one of that look.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_workers_has_the_lease() {
    let arena = Arena::new().await;
    let other = arena.another_instance().await;
    let Arena { world, gate } = &arena;
    let id = world.ready_connection().await;
    let connection: ConnectionId = id.parse().unwrap();
    let mut raced = 0;
    for round in 0..ROUNDS {
        world.settle().await;
        let before = looks(world).await;
        world.sandbox.clock().advance(DAY);
        other.sandbox.clock().advance(DAY);
        let ticks = join(world.sandbox.tick(), other.sandbox.tick());
        let ((one, another), at_once) = gate.overlap("TransactWriteItems", ticks).await;
        assert!(one.is_ok() && another.is_ok(), "round {round}");
        raced += usize::from(at_once);
        assert_eq!(looks(world).await - before, 1, "round {round}: one look");
        let stored = world.sandbox.store().connection(&connection).await.unwrap().unwrap();
        // The lease raised the version once, and the end of the look once more.
        let last = SecretHash::of(&format!("{id}#{}", stored.version - 1));
        assert_eq!(current_version(world).await, last.as_str(), "round {round}: the winner's token");
        assert_eq!(world.read_connection(&id).await["status"], "ready", "round {round}");
    }
    assert!(2 * raced > ROUNDS, "{raced} of {ROUNDS} rounds were races");
    assert_eq!(world.health(&id).await["code"], Value::Null);
}
