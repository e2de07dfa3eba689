//! Access tokens: of a service provider, by OAuth, and of one enterprise (R128).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::effects::Effects;
use crate::world::{Answer, Provider, World, send};

const HOUR: i64 = 3_600;
const FORM: &str = "application/x-www-form-urlencoded";

/// Id and secret of a client: of a key.
fn client(key: &str) -> (&str, &str) {
    (key.split('_').nth(2).unwrap(), key)
}

impl World {
    async fn ask_for_token(&self, authorization: Option<&str>, form: &str) -> Answer {
        let call = self.call(Method::POST, "/oauth/token").header("content-type", FORM).body(form.to_owned());
        send(match authorization {
            Some(value) => call.header("authorization", value),
            None => call,
        })
        .await
    }

    /// A token by client credentials in the body.
    pub(crate) async fn token(&self, key: &str) -> String {
        let (id, secret) = client(key);
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        told(&self.ask_for_token(None, &form).await)
    }

    async fn enterprise_token(&self, credential: &str, enterprise: u64) -> Answer {
        let path = format!("/v1/enterprises/{enterprise}/token");
        self.as_holder_of(credential, Method::POST, &path, Some(&json!({}))).await
    }

    async fn reads(&self, credential: &str, enterprise: u64) -> u16 {
        let path = format!("/v1/enterprises/{enterprise}");
        self.as_holder_of(credential, Method::GET, &path, None).await.status.as_u16()
    }
}

fn told(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// RFC 6749 §4.4, §2.3.1, K9 A key is a client: its id and itself, by Basic or in the body, get a token for an hour.
#[tokio::test]
async fn a_key_gets_a_token_by_basic_or_body() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (id, secret) = client(&provider.key);
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let grant = "grant_type=client_credentials";
    let answers = [
        world.ask_for_token(Some(&basic), grant).await,
        world.ask_for_token(None, &format!("{grant}&client_id={id}&client_secret={secret}")).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
        let mut body = answer.json();
        let token = body["access_token"].take().as_str().unwrap().to_owned();
        assert!(token.starts_with("onb_test_") && token != provider.key);
        let all = "audit:read connections:read connections:write consents:read consents:write enterprises:read \
                   enterprises:write invitations:read invitations:write links:write tokens:write users:write webhooks:read \
                   webhooks:write";
        assert_eq!(body, json!({"access_token": null, "token_type": "Bearer", "expires_in": HOUR, "scope": all}));
        let made = world.as_holder_of(&token, Method::GET, "/v1/sbc-gateways", None).await;
        assert_eq!(made.status, 200);
    }
}

/// RFC 6749 §5.2 Each refusal has its registered word and status, and nothing of what was sent.
#[tokio::test]
async fn a_refusal_of_a_token_is_in_the_words_of_the_rfc() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, small) = world.key_of(&provider, &json!({"scopes": ["links:write"]})).await;
    let (id, secret) = client(&provider.key);
    let grant = "grant_type=client_credentials";
    let body = |id: &str, secret: &str| format!("{grant}&client_id={id}&client_secret={secret}");
    let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
    let own = basic(format!("{id}:{secret}"));
    let token = world.token(&provider.key).await;
    let (operator_id, operator) = client(world.sandbox.operator_key());
    let cases = [
        (Some(own.clone()), body(id, secret), 400, "invalid_request"),
        (None, "client_id=x&client_secret=y".to_owned(), 400, "invalid_request"),
        (None, format!("{}&scope=a&scope=b", body(id, secret)), 400, "invalid_request"),
        (Some(own.clone()), "grant_type=password".to_owned(), 400, "unsupported_grant_type"),
        (Some(own.clone()), format!("{grant}&scope=everything"), 400, "invalid_scope"),
        (None, format!("{}&scope=links%3Awrite+audit%3Aread", body(client(&small).0, &small)), 400, "invalid_scope"),
        (None, body(operator_id, operator), 400, "unauthorized_client"),
        (None, grant.to_owned(), 401, "invalid_client"),
        (None, body(client(&small).0, secret), 401, "invalid_client"),
        (None, body(id, "wrong"), 401, "invalid_client"),
        (None, body(client(&token).0, &token), 401, "invalid_client"),
        (Some(basic(format!("{id}:wrong"))), grant.to_owned(), 401, "invalid_client"),
        (Some(format!("Bearer {secret}")), grant.to_owned(), 401, "invalid_client"),
    ];
    for (authorization, form, status, error) in cases {
        let answer = world.ask_for_token(authorization.as_deref(), &form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)), "{form}");
        assert!(answer.json()["error_description"].as_str().is_some_and(|text| text.len() > 20));
        assert_eq!(answer.json().as_object().unwrap().len(), 2);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("www-authenticate").starts_with("Basic "), status == 401, "{form}");
        assert!(!answer.text.contains("onb_"), "{}", answer.text);
    }
    let json = world.call(Method::POST, "/oauth/token").json(&json!({"grant_type": "client_credentials"}));
    let answer = send(json).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_request")));
}

/// P7 A token is refused from its hour's end on, and from its key's end if that comes first.
#[tokio::test]
async fn a_token_ends() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, ending) = world.key_of(&provider, &json!({"expiresInDays": 1})).await;
    let first = world.token(&provider.key).await;
    world.sandbox.clock().advance(HOUR - 60);
    assert_eq!(world.opens(&first).await, 200);
    world.sandbox.clock().advance(60);
    assert_eq!(world.opens(&first).await, 401);
    world.sandbox.clock().advance(24 * HOUR - HOUR - 600);
    let (id, secret) = client(&ending);
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let short = world.ask_for_token(None, &form).await;
    let left = short.json()["expires_in"].as_i64().unwrap();
    assert!((1..=600).contains(&left), "{left}");
    world.sandbox.clock().advance(left + 1);
    assert_eq!(world.opens(&told(&short)).await, 401);
    assert_eq!(world.ask_for_token(None, &form).await.status, 401);
}

/// K9 A revoked key takes its tokens with it, of the provider and of enterprises, and no others.
#[tokio::test]
async fn a_revoked_key_takes_its_tokens_with_it() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&provider).await;
    let (id, key) = world.key_of(&provider, &json!({})).await;
    let theirs = world.token(&key).await;
    let of_enterprise = told(&world.enterprise_token(&theirs, enterprise).await);
    let others = world.token(&provider.key).await;
    assert_eq!((world.reads(&theirs, enterprise).await, world.reads(&of_enterprise, enterprise).await), (200, 200));
    world.revoke(&provider, &id).await;
    for dead in [&key, &theirs, &of_enterprise] {
        assert_eq!(world.reads(dead, enterprise).await, 401);
    }
    assert_eq!(world.reads(&others, enterprise).await, 200);
    assert_eq!(world.enterprise_token(&theirs, enterprise).await.status, 401);
}

/// R168 A disabled enterprise gets no token; with one that it has it is still read, and may do no task.
#[tokio::test]
async fn a_disabled_enterprise_gets_no_token() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&provider).await;
    let own = format!("/v1/enterprises/{enterprise}");
    let former = told(&world.enterprise_token(&provider.key, enterprise).await);
    let task = async || {
        let body = json!({"task": "calling.enable"});
        world.as_holder_of(&former, Method::POST, &format!("{own}/authorize-task"), Some(&body)).await.problem().1
    };
    assert_ne!(task().await, "enterprise_disabled");
    world.as_holder_of(&provider.key, Method::POST, &format!("{own}/disable"), None).await;
    let before = world.snapshot().await;
    let refused = world.enterprise_token(&provider.key, enterprise).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "enterprise_disabled"));
    assert_eq!((world.reads(&former, enterprise).await, task().await.as_str()), (200, "enterprise_disabled"));
    assert_eq!(world.effects_since(&before).await, Effects::none());
    world.as_holder_of(&provider.key, Method::POST, &format!("{own}/enable"), None).await;
    assert_eq!(world.enterprise_token(&provider.key, enterprise).await.status, 200);
}

/// K9 The tokens of a suspended provider open nothing while it is.
#[tokio::test]
async fn a_suspended_providers_tokens_open_nothing() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let token = world.token(&provider.key).await;
    let suspend = async |disabled: bool| {
        let path = format!("/v1/resellers/{}", provider.id);
        world.operator(Method::PATCH, &path, Some(&json!({ "disabled": disabled }))).await
    };
    suspend(true).await;
    let (id, secret) = client(&provider.key);
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    assert_eq!((world.opens(&token).await, world.ask_for_token(None, &form).await.status.as_u16()), (401, 401));
    suspend(false).await;
    assert_eq!(world.opens(&token).await, 200);
}

/// R128, R204 A token of one enterprise reads that one. Every other is as absent as none, and what is the provider's is
/// closed.
#[tokio::test]
async fn a_token_of_one_enterprise_is_good_for_that_one() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (own, _) = world.contoso_of(&provider).await;
    let (sibling, _) = sibling_of(&world, &provider).await;
    let foreign = world.contoso().await;
    let answer = world.enterprise_token(&provider.key, own).await;
    let token = told(&answer);
    let mut body = answer.json();
    body["access_token"].take();
    let scope = "consents:read consents:write enterprises:read users:write";
    assert_eq!(body, json!({"access_token": null, "token_type": "Bearer", "expires_in": HOUR, "scope": scope}));
    let ask = async |method: Method, path: String| world.as_holder_of(&token, method, &path, None).await;
    for tail in ["", "/actions"] {
        assert_eq!(ask(Method::GET, format!("/v1/enterprises/{own}{tail}")).await.status, 200, "{tail}");
        let absent = async |id: u64| {
            let answer = ask(Method::GET, format!("/v1/enterprises/{id}{tail}")).await;
            assert_eq!(answer.status, 404);
            let reference = answer.json()["requestId"].as_str().unwrap().to_owned();
            answer.text.replace(&reference, "REF")
        };
        let none = absent(1).await;
        assert_eq!([absent(sibling).await, absent(foreign).await], [none.clone(), none]);
    }
    let closed = [
        (Method::GET, "/v1/sbc-gateways".to_owned()),
        (Method::POST, "/v1/enterprises".to_owned()),
        (Method::POST, format!("/v1/enterprises/{own}/disable")),
        (Method::POST, format!("/v1/enterprises/{own}/token")),
        (Method::GET, format!("/v1/resellers/{}", provider.id)),
    ];
    for (method, path) in closed {
        assert_eq!(ask(method, path.clone()).await.status, 401, "{path}");
    }
}

async fn sibling_of(world: &World, provider: &Provider) -> (u64, Value) {
    let body = json!({"enterpriseName": "Sibling", "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
    let made = world.as_holder_of(&provider.key, Method::POST, "/v1/enterprises", Some(&body)).await;
    (made.json().as_u64().unwrap(), body)
}

/// R128 Only the enterprise's own provider makes its tokens, with a credential that is made for it, and none is made for
/// more than that.
#[tokio::test]
async fn a_token_of_an_enterprise_is_made_by_its_provider() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (own, _) = world.contoso_of(&provider).await;
    let foreign = world.contoso().await;
    assert_eq!(world.enterprise_token(&provider.key, foreign).await.status, 404);
    assert_eq!(world.enterprise_token(&provider.key, 1).await.status, 404);
    let (_, reader) = world.key_of(&provider, &json!({"scopes": ["enterprises:read"]})).await;
    assert_eq!(world.enterprise_token(&reader, own).await.problem().1, "insufficient_scope");
    let (_, maker) = world.key_of(&provider, &json!({"scopes": ["tokens:write", "enterprises:read"]})).await;
    let made = world.enterprise_token(&maker, own).await;
    assert_eq!(made.json()["scope"], "enterprises:read");
    let path = format!("/v1/enterprises/{own}/actions");
    assert_eq!(world.as_holder_of(&told(&made), Method::GET, &path, None).await.status, 403);
    let path = format!("/v1/enterprises/{own}/token");
    let wrong = world.as_holder_of(&provider.key, Method::POST, &path, Some(&json!({"x": 1}))).await;
    assert_eq!(wrong.status, 422);
}
