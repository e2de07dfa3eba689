//! How often Microsoft is asked for its keys, and what becomes of a bad answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use onboarding_core::time::Timestamp;
use onboarding_microsoft::http::TOKEN_TIMEOUT;
use onboarding_microsoft::id_token::IdTokenError;
use serde_json::{Value, json};

use crate::signer::{Signer, encode, key_set};
use crate::world::{Answer, NOW, World, connect, nobody};

const DAY: Duration = Duration::from_hours(24);

/// A world whose answer can be changed.
struct KeyServer {
    world: World,
    answer: Arc<Mutex<Answer>>,
}

impl KeyServer {
    async fn new(answer: Answer) -> Self {
        let answer = Arc::new(Mutex::new(answer));
        let current = Arc::clone(&answer);
        Self { world: World::new(move |_| current.lock().unwrap().clone()).await, answer }
    }

    async fn of(signers: &[&Signer]) -> Self {
        Self::new(Answer::Json(200, key_set(signers))).await
    }

    fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    async fn check(&self, token: &str, now: Timestamp) -> Result<(), IdTokenError> {
        self.world.microsoft.signed_claims(token, now).await.map(drop)
    }
}

fn unknown(signer: &Signer, kid: &str) -> String {
    signer.token_with(&json!({"alg": "RS256", "kid": kid}).to_string())
}

fn after(span: Duration) -> Timestamp {
    NOW.plus(span)
}

#[tokio::test]
async fn keys_are_read_once_a_day() {
    let signer = Signer::new("k1");
    let server = KeyServer::of(&[&signer]).await;
    let token = signer.token();
    for now in [NOW, after(Duration::from_hours(1)), after(DAY).minus(Duration::from_millis(1))] {
        assert_eq!(server.check(&token, now).await, Ok(()));
    }
    assert_eq!(server.world.count(), 1);
    assert_eq!(server.check(&token, after(DAY)).await, Ok(()));
    assert_eq!(server.world.count(), 2);
}

/// G19, G21 `oidcc-client-test-signing-key-rotation-just-before-signing`: an unknown key makes us look once.
#[tokio::test]
async fn a_key_made_just_before_signing_is_found() {
    let (former, fresh) = (Signer::new("k1"), Signer::new("k2"));
    let server = KeyServer::of(&[&former]).await;
    assert_eq!(server.check(&former.token(), NOW).await, Ok(()));
    server.answer(Answer::Json(200, key_set(&[&former, &fresh])));
    let soon = after(Duration::from_secs(1));
    assert_eq!(server.check(&fresh.token(), soon).await, Ok(()));
    assert_eq!(server.check(&former.token(), soon).await, Ok(()));
    assert_eq!(server.world.count(), 2);
}

/// G20, T66 100 unknown keys in 10 s cost one look; 30 s later there is another.
#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_look() {
    let signer = Signer::new("k1");
    let server = KeyServer::of(&[&signer]).await;
    assert_eq!(server.check(&signer.token(), NOW).await, Ok(()));
    for at in 0..100 {
        let now = after(Duration::from_millis(at * 100));
        let token = unknown(&signer, &format!("unknown-{at}"));
        assert_eq!(server.check(&token, now).await, Err(IdTokenError::UnknownKey));
    }
    assert_eq!(server.world.count(), 2);
    assert_eq!(
        server.check(&unknown(&signer, "x"), after(Duration::from_secs(30))).await,
        Err(IdTokenError::UnknownKey)
    );
    assert_eq!(server.world.count(), 3);
}

/// T66 Many at once: one goes, all take what it brought.
#[tokio::test]
async fn many_at_once_cost_one_look() {
    let signer = Signer::new("k1");
    let server = Arc::new(KeyServer::of(&[&signer]).await);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (server, token) = (Arc::clone(&server), signer.token());
        all.spawn(async move { server.check(&token, NOW).await });
    }
    assert!(all.join_all().await.iter().all(Result::is_ok));
    assert_eq!(server.world.count(), 1);
}

/// T66 Many at once while Microsoft is away: they share one failure, and so does whoever comes right after them.
#[tokio::test]
async fn many_at_once_share_a_failure() {
    let signer = Signer::new("k1");
    let server = KeyServer::new(Answer::Text(500, String::new())).await;
    let token = signer.token();
    let (one, two, three) =
        tokio::join!(server.check(&token, NOW), server.check(&token, NOW), server.check(&token, NOW));
    assert_eq!([one, two, three], [Err(IdTokenError::KeysUnavailable); 3]);
    server.answer(Answer::Json(200, key_set(&[&signer])));
    assert_eq!(server.check(&token, NOW).await, Err(IdTokenError::KeysUnavailable));
    assert_eq!(server.world.count(), 1);
    let soon = NOW.plus(Duration::from_secs(1));
    assert_eq!(server.check(&token, soon).await, Ok(()), "a second later it is tried again");
}

/// T66 A bad answer never replaces a good set, and a good set serves one day more.
#[tokio::test]
async fn the_last_good_set_serves_a_day_more() {
    let signer = Signer::new("k1");
    let token = signer.token();
    let oversized = json!({ "keys": [signer.jwk()], "x": "x".repeat(64 * 1024) });
    let elsewhere = World::always(Answer::Json(200, key_set(&[&Signer::new("k9")]))).await;
    for bad in [
        Answer::Json(200, json!({ "keys": [] })),
        Answer::Json(200, json!({})),
        Answer::Text(200, "<html>".to_owned()),
        Answer::Text(500, String::new()),
        Answer::Json(200, oversized),
        Answer::Redirect(elsewhere.base.clone()),
        Answer::Reset,
        Answer::Endless,
    ] {
        let server = KeyServer::of(&[&signer]).await;
        assert_eq!(server.check(&token, NOW).await, Ok(()));
        server.answer(bad.clone());
        assert_eq!(server.check(&token, after(DAY)).await, Ok(()), "{bad:?}");
        assert_eq!(server.check(&token, after(DAY + Duration::from_secs(29))).await, Ok(()));
        assert_eq!(server.world.count(), 2, "not before 30 s: {bad:?}");
        assert_eq!(server.check(&token, after(2 * DAY).minus(Duration::from_millis(1))).await, Ok(()));
        assert_eq!(server.check(&token, after(2 * DAY)).await, Err(IdTokenError::KeysUnavailable));
    }
    assert_eq!(elsewhere.count(), 0, "redirects are not followed");
}

/// T66 While Microsoft cannot be asked nobody can say that a key is unknown.
#[tokio::test]
async fn an_outage_is_not_an_unknown_key() {
    let signer = Signer::new("k1");
    let microsoft = connect(&nobody().await);
    assert_eq!(microsoft.signed_claims(&signer.token(), NOW).await.err(), Some(IdTokenError::KeysUnavailable));
    let server = KeyServer::of(&[&signer]).await;
    assert_eq!(server.check(&signer.token(), NOW).await, Ok(()));
    server.answer(Answer::Reset);
    for kid in ["x", "y"] {
        assert_eq!(server.check(&unknown(&signer, kid), NOW).await, Err(IdTokenError::KeysUnavailable));
    }
    assert_eq!(server.world.count(), 2);
}

/// T66 Silence ends at the time limit.
#[tokio::test]
async fn silence_ends() {
    let server = KeyServer::new(Answer::Hang).await;
    let token = Signer::new("k1").token();
    let begun = std::time::Instant::now();
    assert_eq!(server.check(&token, NOW).await, Err(IdTokenError::KeysUnavailable));
    assert!(begun.elapsed() < TOKEN_TIMEOUT, "{:?}", begun.elapsed());
}

/// T66 Only RSA signing keys of sound size count, and 32 of them at most.
#[tokio::test]
async fn what_is_not_a_signing_key_is_passed_over() {
    let signer = Signer::new("k1");
    let with = |field: &str, value: Value| {
        let mut key = signer.jwk();
        key[field] = value;
        key
    };
    for unfit in [
        with("kty", json!("EC")),
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("kid", json!(null)),
        with("n", json!("AQAB")),
        with("n", json!("!")),
        with("n", json!(encode([0_u8; 256]))),
        with("n", json!(encode([255_u8; 1_025]))),
        with("e", json!(encode([1_u8; 6]))),
        with("e", json!(null)),
    ] {
        let fit = Signer { id: "k2", private: signer.private.clone() };
        let server = KeyServer::new(Answer::Json(200, json!({ "keys": [unfit, fit.jwk()] }))).await;
        assert_eq!(server.check(&fit.token(), NOW).await, Ok(()), "{unfit}");
        assert_eq!(server.check(&signer.token(), NOW).await, Err(IdTokenError::UnknownKey), "{unfit}");
    }
    let mut many: Vec<Value> = (0..32).map(|at| with("kid", json!(format!("other-{at}")))).collect();
    many.push(signer.jwk());
    let server = KeyServer::new(Answer::Json(200, json!({ "keys": many }))).await;
    assert_eq!(server.check(&unknown(&signer, "other-31"), NOW).await, Ok(()));
    assert_eq!(server.check(&signer.token(), NOW).await, Err(IdTokenError::UnknownKey));
}
