//! What programs ask us for beside links, while a fault may strike: enterprises and keys under an idempotency key, and
//! tokens.

use onboarding_core::secret::SecretHash;
use reqwest::Method;
use serde_json::{Value, json};

use super::outside::Outside;
use super::run::{Run, text};
use super::scenario::Step;
use crate::canary::scan::Kind;
use crate::canary::stage::secret_of;
use crate::world::{World, send};

const IDEMPOTENCY_KEY: &str = "the-same-each-time";
const NAME: &str = "made under a key";

/// What was answered, if it was.
#[derive(Default)]
pub(crate) struct Asked {
    enterprise: Option<Value>,
    key: Option<String>,
    token: Option<String>,
}

impl Run {
    pub(crate) async fn new_enterprise(&self, world: &World) {
        let made = self.send(creation(world)).await;
        self.told().asked.enterprise = made;
    }

    pub(crate) async fn new_key(&self, world: &World) {
        let Some(made) = self.send(key_making(world)).await else { return };
        let key = text(&made["key"]);
        self.hide(Kind::ResellerKey, secret_of(&key));
        self.told().asked.key = Some(key);
    }

    pub(crate) async fn new_token(&self, world: &World) {
        let key = world.sandbox.reseller_key();
        let id = key.split('_').nth(2).unwrap();
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", key)];
        let Some(made) = self.send(world.call(Method::POST, "/oauth/token").form(&form)).await else { return };
        let token = text(&made["access_token"]);
        self.hide(Kind::ApiToken, secret_of(&token));
        self.told().asked.token = Some(token);
    }

    /// P3 A token that was told works, and so does a key; both at once, whatever became of the process.
    pub(crate) async fn what_was_told_works(&self, world: &World, what: &str) {
        let (key, token) = {
            let told = self.told();
            (told.asked.key.clone(), told.asked.token.clone())
        };
        for credential in [key, token].into_iter().flatten() {
            assert_eq!(self.read_with(&credential, world).await, 200, "{what}");
        }
    }

    async fn read_with(&self, credential: &str, world: &World) -> u16 {
        let path = format!("/v1/enterprises/{}", self.enterprise);
        // A busy machine may be too slow for a call's time limits; the next call is not.
        for _ in 0..5 {
            let status = world.as_holder_of(credential, Method::GET, &path, None).await.status.as_u16();
            if status != 503 {
                return status;
            }
        }
        503
    }

    /// R203, P5, P7 What was asked for under an idempotency key is there once, and the same request again says so; every
    /// token has its audit row, and has ended by now.
    pub(crate) async fn everything_was_made_once(&self, outside: &Outside, world: &World, what: &str) {
        let steps = self.scenario.steps;
        if steps.contains(&Step::NewEnterprise) {
            let again = send(creation(world)).await;
            assert_eq!(again.status, 200, "{what}: {}", again.text);
            if let Some(told) = &self.told().asked.enterprise {
                assert_eq!(&again.json(), told, "{what}");
            }
        }
        if steps.contains(&Step::NewKey) {
            let again = send(key_making(world)).await;
            let was_told = self.told().asked.key.is_some();
            let code = again.json()["code"].as_str().map(str::to_owned);
            let is_made_now = again.status == 201 && !was_told;
            assert!(is_made_now || code.as_deref() == Some("already_created"), "{what}: {}", again.text);
        }
        let rows = outside.rows().await;
        let count = |attribute: &str, begin: &str| {
            rows.iter().filter(|row| row[attribute]["S"].as_str().is_some_and(|text| text.starts_with(begin))).count()
        };
        let once = usize::from(steps.contains(&Step::NewEnterprise));
        assert_eq!(count("SK", &format!("name#{}", SecretHash::of(NAME))), once, "{what}");
        // One key of the operator, one of the demo provider, and one of the other provider where there is one.
        let keys = count("SK", "key#");
        assert_eq!(keys, count("action", "key.created"), "{what}");
        let more = usize::from(steps.contains(&Step::NewKey));
        assert!(keys == 2 + more || self.has_another_provider(), "{what}: {keys} keys");
        assert_eq!(count("SK", "token#"), count("action", "token.created"), "{what}");
        let token = self.told().asked.token.clone();
        if let Some(token) = token {
            assert_eq!(self.read_with(&token, world).await, 401, "{what}: a token outlives its hour");
        }
    }
}

fn creation(world: &World) -> reqwest::RequestBuilder {
    let body = json!({"enterpriseName": NAME, "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
    let call = world.call(Method::POST, "/v1/enterprises").bearer_auth(world.sandbox.reseller_key());
    call.header("Idempotency-Key", IDEMPOTENCY_KEY).json(&body)
}

fn key_making(world: &World) -> reqwest::RequestBuilder {
    let path = format!("/v1/resellers/{}/keys", world.reseller_id());
    let call = world.call(Method::POST, &path).bearer_auth(world.sandbox.operator_key());
    call.header("Idempotency-Key", IDEMPOTENCY_KEY).json(&json!({}))
}
