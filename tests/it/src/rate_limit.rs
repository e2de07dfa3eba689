//! Rate limits: a key makes so many requests in a window, over all instances of all functions (DESIGN §5, K7).

use std::time::Duration;

use onboarding_core::credential::{Environment, Presented, Refused};
use onboarding_core::rate_limit::{BLOCK, Exhausted, RateLimit, STANDARD};
use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_dynamo::Store;
use onboarding_dynamo::credential::Wanted;
use reqwest::Method;
use serde_json::json;

use crate::effects::call_dynamodb;
use crate::world::{Provider, World};

/// How many of `asked` requests `store` lets through at `now`, and what the last one that it did not was told.
async fn passed(store: &Store, provider: &Provider, asked: u32, now: Timestamp) -> (u32, Option<Exhausted>) {
    let key = Presented::parse(&provider.key, Environment::Test).unwrap();
    let (mut passed, mut told) = (0, None);
    for _ in 0..asked {
        match store.authenticate(&key, Wanted::default(), now).await.unwrap() {
            Ok(_) => passed += 1,
            Err(Refused::Exhausted(exhausted)) => told = Some(exhausted),
            Err(other) => panic!("{other}"),
        }
    }
    (passed, told)
}

impl World {
    /// Says that `provider`'s key has leased everything that there is in the window of now.
    async fn use_up(&self, provider: &Provider) {
        let key = provider.key.split('_').nth(2).unwrap();
        let (begin, _) = STANDARD.window_at(self.sandbox.clock().now());
        let row = json!({"PK": {"S": format!("rate#{key}")}, "SK": {"S": begin.to_string()},
                         "leased": {"N": STANDARD.requests.to_string()}});
        let put = json!({"TableName": "onboarding-sandbox", "Item": row});
        call_dynamodb(&self.http, &self.sandbox.ready().dynamodb, "DynamoDB_20120810.PutItem", &put).await;
    }
}

/// K7, T69 Two instances share one limit, in blocks; the next window begins anew, and nobody else's key is touched.
#[tokio::test]
async fn instances_share_a_limit() {
    let world = World::new().await;
    let (provider, other) = (world.other_provider().await, world.other_provider().await);
    let limit = RateLimit { requests: 3 * BLOCK, window: Duration::from_secs(10) };
    let [one, two] = [(); 2].map(|()| world.sandbox.store().limited(limit));
    let now = Timestamp::from_seconds(1_900_000_003);
    assert_eq!(passed(&one, &provider, BLOCK + 1, now).await, (BLOCK + 1, None), "two blocks are leased");
    assert_eq!(passed(&two, &provider, BLOCK + 1, now).await, (BLOCK, Some(Exhausted { retry_after: 7 })));
    let left = passed(&one, &provider, BLOCK, now).await;
    assert_eq!(left, (BLOCK - 1, Some(Exhausted { retry_after: 7 })), "what is leased is used");
    assert_eq!(passed(&two, &other, BLOCK, now).await, (BLOCK, None));
    let next = now.plus(Duration::from_secs(7));
    assert_eq!(passed(&two, &provider, 3 * BLOCK + 1, next).await.0, 3 * BLOCK);
}

/// K7, T69 Whoever has used up a window is told 429 and when to come back, and changes nothing; then it goes on.
#[tokio::test]
async fn a_key_that_asks_too_much_is_told_when_to_come_back() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    world.use_up(&provider).await;
    let read = || world.as_holder_of(&provider.key, Method::GET, "/v1/enterprises", None);
    let refused = read().await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (429, "rate_limited"));
    let seconds: i64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    assert_eq!(refused.json()["retryAfter"], seconds);
    world.sandbox.clock().advance(seconds);
    assert_eq!(read().await.status, 200);
}

/// T69, G65 Nobody who is not proved uses up anything: a wrong key of a provider leaves the provider's limit alone.
#[tokio::test]
async fn only_the_proved_are_counted() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let leases = async || world.glance().await.of_kind("rate").len();
    let before = leases().await;
    let forged = onboarding_core::credential::ApiKey::new(
        Environment::Test,
        onboarding_core::credential::KeyOwner::Reseller(provider.id),
        &onboarding_core::random::SystemRandomness::new(),
    );
    for key in [forged.expose(), "nonsense"] {
        assert_eq!(world.as_holder_of(key, Method::GET, "/v1/enterprises", None).await.status, 401);
    }
    assert_eq!(leases().await, before);
    world.as_holder_of(&provider.key, Method::GET, "/v1/enterprises", None).await;
    assert_eq!(leases().await, before + 1);
}
