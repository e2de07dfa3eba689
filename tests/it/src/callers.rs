//! Who may call what: every route and alias of the route table, with every kind of credential, and with objects that are
//! the caller's, another's, or nobody's.

use std::collections::BTreeMap;

use onboarding_core::credential::{ApiKey, Environment, KeyOwner};
use onboarding_core::random::SystemRandomness;
use onboarding_core::scope::Scope;
use onboarding_core::time::Clock as _;
use onboarding_lambda::routes::{Level, ROUTES, Route, Surface};
use reqwest::Method;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::world::{Answer, Provider, World, send};

/// A number that no object has.
const NOBODYS: u64 = 1;
/// An invitation that nobody has.
const NOBODYS_INVITATION: &str = "inv_00000000000000000000000000";
/// A delivery that nobody has.
const NOBODYS_DELIVERY: &str = "msg_00000000000000000000000000";
/// A connection that nobody has.
const NOBODYS_CONNECTION: &str = "con_00000000000000000000000000";

/// A path of a route, as it is called.
struct Path {
    route: &'static Route,
    template: &'static str,
    /// Parameters that it takes from the query string, beside the route's own.
    query: &'static [&'static str],
}

/// Every path and alias.
fn paths() -> impl Iterator<Item = Path> {
    ROUTES.iter().flat_map(|route| {
        let own = std::iter::once(Path { route, template: route.path, query: &[] });
        own.chain(route.aliases.iter().map(move |alias| Path { route, template: alias.path, query: alias.query }))
    })
}

/// The objects that a call is about.
#[derive(Clone)]
struct About {
    enterprise: u64,
    reseller: u64,
    key: String,
    delivery: String,
    connection: String,
    invitation: String,
}

impl Path {
    fn names(&self, parameter: &str) -> bool {
        self.template.contains(&format!("{{{parameter}}}"))
            || self.query.iter().chain(self.route.query).any(|name| *name == parameter)
    }

    fn filled(&self, about: &About) -> String {
        let path = self.template.replace("{enterpriseId}", &about.enterprise.to_string());
        let path = path.replace("{resellerId}", &about.reseller.to_string()).replace("{keyId}", &about.key);
        let path = path.replace("{deliveryId}", &about.delivery).replace("{connectionId}", &about.connection);
        let path = path.replace("{deliveryId}", &about.delivery).replace("{invitationId}", &about.invitation);
        let path = path.replace("{actionType}", "GET_CONTACTS_CONSENT");
        let path = path.replace("{userId}", "grace%40contoso.example");
        let of = [("resellerId", about.reseller), ("enterpriseId", about.enterprise)];
        let asked = of.iter().filter(|(name, _)| self.query.contains(name) || self.route.query.contains(name));
        let query: Vec<String> = asked.map(|(name, value)| format!("{name}={value}")).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Whether the body, and not the path, names the enterprise.
    fn names_in_body(&self) -> bool {
        self.route.path == "/v1/enterprises/action-url" || self.takes_a_sign_in()
    }

    fn takes_a_sign_in(&self) -> bool {
        ["/v1/provisioning/tenant-admin-api", "/v1/provisioning/management-consent"].contains(&self.route.path)
    }

    /// A body that says what the call is about.
    fn body(&self, world: &World, about: &About) -> Value {
        if self.takes_a_sign_in() {
            let mut body = json!({"enterpriseId": about.enterprise, "authenticationResult": {"accessToken": "x"}});
            if self.route.path.ends_with("management-consent") {
                body["resellerId"] = json!(about.reseller);
                body["tenantId"] = json!(simulated_microsoft::CONTOSO.id);
            }
            body
        } else if self.names_in_body() {
            json!({"actionType": "REGISTRATION", "enterpriseId": about.enterprise, "redirectUrl": world.hook()})
        } else {
            json!({})
        }
    }

    async fn call(&self, world: &World, about: &About, credential: Option<&str>) -> Answer {
        let body = self.body(world, about);
        let call = world.call(self.route.method.clone(), &self.filled(about));
        let call = if self.route.method == Method::GET { call } else { call.header("if-match", "*").json(&body) };
        send(match credential {
            Some(credential) => call.bearer_auth(credential),
            None => call,
        })
        .await
    }
}

/// Status, headers and text of an answer, but for its reference and its time.
fn told(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let reference = answer.header("x-request-id");
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status.as_u16(), headers.collect(), answer.text.replace(reference, "REFERENCE"))
}

/// A provider with an enterprise, and everything that is shown to us in the name of one.
struct Cast {
    world: World,
    provider: Provider,
    about: About,
    other: Provider,
    /// Of the provider's enterprise, and of its other one.
    tokens: [String; 2],
    /// What nobody accepts, by what is wrong with it.
    refused: Vec<(&'static str, Option<String>)>,
}

impl Cast {
    async fn gather() -> Self {
        let world = World::new().await;
        let (provider, other, suspended) =
            (world.other_provider().await, world.other_provider().await, world.other_provider().await);
        let (enterprise, _) = world.contoso_of(&provider).await;
        let (sibling, _) = world.enterprise_of(&provider, "Sibling").await;
        let tokens = [world.token_of(&provider.key, enterprise).await, world.token_of(&provider.key, sibling).await];
        let (spare, _) = world.key_of(&provider, &json!({})).await;
        let test = json!({ "redirectUrl": world.hook() });
        let delivery = world.as_holder_of(&provider.key, Method::POST, "/v1/webhooks/test", Some(&test)).await.json();
        let delivery = delivery["id"].as_str().unwrap().to_owned();
        let connection = world.connection_of(&provider.key, json!({})).await;
        let invited = json!({"adminEmail": "admin@contoso.example"});
        let path = format!("/v1/enterprises/{enterprise}/invitations");
        let invited = world.as_holder_of(&provider.key, Method::POST, &path, Some(&invited)).await.json();
        let invitation = invited["id"].as_str().unwrap().to_owned();
        let about = About { enterprise, reseller: provider.id.get(), key: spare, delivery, connection, invitation };
        let (revoked_id, revoked) = world.key_of(&provider, &json!({})).await;
        let of_revoked = (world.token(&revoked).await, world.token_of(&revoked, enterprise).await);
        assert_eq!(world.revoke(&provider, &revoked_id).await.status, 204);
        let soon = world.sandbox.clock().now().plus(std::time::Duration::from_mins(1)).to_string();
        let (_, expired) = world.key_of(&provider, &json!({ "expiresAt": soon })).await;
        let of_expired = (world.token(&expired).await, world.token_of(&expired, enterprise).await);
        world.sandbox.clock().advance(61);
        let (theirs, _) = world.contoso_of(&suspended).await;
        let of_suspended = (world.token(&suspended.key).await, world.token_of(&suspended.key, theirs).await);
        let disabled = json!({"disabled": true});
        let path = format!("/v1/resellers/{}", suspended.id);
        assert_eq!(world.operator(Method::PATCH, &path, Some(&disabled)).await.status, 200);
        let forged = ApiKey::new(Environment::Test, KeyOwner::Reseller(provider.id), &SystemRandomness::new());
        let live = ApiKey::new(Environment::Live, KeyOwner::Reseller(provider.id), &SystemRandomness::new());
        let refused = vec![
            ("no credential", None),
            ("malformed", Some("nonsense".to_owned())),
            ("a key with another secret", Some(with_another_secret(&provider.key, forged.expose()))),
            ("a key with a typo", Some(with_a_typo(&provider.key))),
            ("a well-formed key that nobody made", Some(forged.expose().to_owned())),
            ("a key of another environment", Some(live.expose().to_owned())),
            ("revoked", Some(revoked)),
            ("a token of a revoked key", Some(of_revoked.0)),
            ("a token of one enterprise, of a revoked key", Some(of_revoked.1)),
            ("expired", Some(expired)),
            ("a token of an expired key", Some(of_expired.0)),
            ("a token of one enterprise, of an expired key", Some(of_expired.1)),
            ("suspended", Some(suspended.key)),
            ("a token of a suspended provider", Some(of_suspended.0)),
            ("a token of one enterprise, of a suspended provider", Some(of_suspended.1)),
        ];
        Self { world, provider, about, other, tokens, refused }
    }

    /// What opens `route`.
    fn right(&self, route: &Route) -> &str {
        match route.level {
            Level::Operator => self.world.sandbox.operator_key(),
            Level::Public | Level::Reseller | Level::ResellerOrOperator | Level::Enterprise => &self.provider.key,
        }
    }

    /// Credentials that are good, and not for `route`.
    fn of_another_level(&self, route: &Route) -> Vec<(&'static str, Option<String>)> {
        let operator = ("the operator's", Some(self.world.sandbox.operator_key().to_owned()));
        let provider = ("a provider's", Some(self.provider.key.clone()));
        let token = ("of one enterprise", Some(self.tokens[0].clone()));
        match route.level {
            Level::Public => vec![],
            Level::Operator => vec![provider, token],
            Level::Reseller => vec![operator, token],
            Level::ResellerOrOperator => vec![token],
            Level::Enterprise => vec![operator],
        }
    }

    async fn key_without(&self, scope: Scope) -> (String, String) {
        let scopes: Vec<String> = Scope::all().filter(|other| *other != scope).map(String::from).collect();
        self.world.key_of(&self.provider, &json!({ "scopes": scopes })).await
    }
}

/// How many characters the checksum of a key has.
const CHECKSUM_LENGTH: usize = 6;

/// The id of one key with the secret of another and the right checksum: the hash alone tells that it is none.
fn with_another_secret(key: &str, other: &str) -> String {
    let (id, _) = key.rsplit_once('_').unwrap();
    let (_, secret) = other.rsplit_once('_').unwrap();
    let signed = format!("{id}_{}", &secret[..secret.len() - CHECKSUM_LENGTH]);
    let sum = checksum(&signed);
    let whole = format!("{signed}{sum}");
    assert!(ApiKey::parse(&whole, Environment::Test).is_ok(), "the edge takes it for a key");
    whole
}

/// The key with its last character changed, which is one of the checksum.
fn with_a_typo(key: &str) -> String {
    let (rest, last) = key.split_at(key.len() - 1);
    format!("{rest}{}", if last == "7" { "8" } else { "7" })
}

/// The checksum of a key: the first six characters of the SHA-256 of what stands before it, five bits each.
fn checksum(signed: &str) -> String {
    let hash = digest(&SHA256, signed.as_bytes());
    let bits = hash.as_ref()[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digit = |at: usize| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[(bits >> (35 - 5 * at) & 31) as usize]);
    (0..CHECKSUM_LENGTH).map(digit).collect()
}

impl World {
    /// A token of one enterprise, made with `key`.
    async fn token_of(&self, key: &str, enterprise: u64) -> String {
        let path = format!("/v1/enterprises/{enterprise}/token");
        let made = self.as_holder_of(key, Method::POST, &path, Some(&json!({}))).await.json();
        made["access_token"].as_str().unwrap().to_owned()
    }
}

/// G65, R128 Every route and alias but the public ones refuses a call without a credential, or with one that is malformed,
/// wrong, revoked, expired, of a suspended provider, or of another level, key or token: all byte for byte alike, but for the
/// reference.
#[tokio::test]
async fn a_call_without_an_accepted_credential_is_refused() {
    let cast = Cast::gather().await;
    let mut refusals = 0;
    for path in paths().filter(|path| path.route.level != Level::Public) {
        let expected = told(&path.call(&cast.world, &cast.about, None).await);
        let what = format!("{} {}", path.route.method, path.template);
        assert_eq!((expected.0, expected.1["www-authenticate"].as_str()), (401, "Bearer"), "{what}");
        let problem: Value = serde_json::from_str(&expected.2).unwrap();
        assert_eq!(problem["code"], "unauthenticated", "{what}");
        for (wrong, credential) in cast.refused.iter().chain(&cast.of_another_level(path.route)) {
            let answer = path.call(&cast.world, &cast.about, credential.as_deref()).await;
            assert_eq!(told(&answer), expected, "{what}: {wrong}");
            refusals += 1;
        }
    }
    assert!(refusals > 450, "{refusals}");
}

/// The test above tells something: with the right credential the same calls are not refused for it.
#[tokio::test]
async fn a_call_with_the_right_credential_is_not_refused_for_it() {
    let cast = Cast::gather().await;
    // What is taken away goes last.
    let (mut all, last): (Vec<Path>, Vec<Path>) = paths().partition(|path| path.route.method != Method::DELETE);
    all.extend(last);
    for path in all.iter().filter(|path| path.route.level != Level::Public) {
        let answer = path.call(&cast.world, &cast.about, Some(cast.right(path.route))).await;
        let refused = [401, 403, 404].contains(&answer.status.as_u16());
        assert!(!refused, "{} {}: {}", path.route.method, path.template, answer.text);
    }
}

/// R128 The token of an enterprise opens every route of its level.
#[tokio::test]
async fn a_token_of_the_enterprise_opens_its_routes() {
    let cast = Cast::gather().await;
    for path in paths().filter(|path| path.route.level == Level::Enterprise) {
        let answer = path.call(&cast.world, &cast.about, Some(&cast.tokens[0])).await;
        let refused = [401, 403, 404].contains(&answer.status.as_u16());
        assert!(!refused, "{} {}: {}", path.route.method, path.template, answer.text);
    }
}

/// A public route takes no notice of a credential, good or bad.
#[tokio::test]
async fn a_public_route_asks_for_no_credential() {
    let cast = Cast::gather().await;
    for path in paths().filter(|path| path.route.level == Level::Public && path.route.surface != Surface::OAuth) {
        let without = told(&path.call(&cast.world, &cast.about, None).await);
        assert_ne!(without.0, 401, "{}", path.template);
        for (_, credential) in &cast.refused {
            let with = told(&path.call(&cast.world, &cast.about, credential.as_deref()).await);
            assert_eq!(with, without, "{}", path.template);
        }
    }
}

/// A key that is made for everything but what a route needs is told what it lacks, and does nothing.
#[tokio::test]
async fn a_key_without_the_scope_of_a_route_is_refused() {
    let cast = Cast::gather().await;
    for scope in Scope::all() {
        let (id, key) = cast.key_without(scope).await;
        for path in paths().filter(|path| path.route.scope == Some(scope)) {
            let answer = path.call(&cast.world, &cast.about, Some(&key)).await;
            assert_eq!(
                (answer.problem().0, answer.problem().1.as_str()),
                (403, "insufficient_scope"),
                "{}",
                path.template
            );
            assert!(answer.text.contains(scope.as_str()), "{}", answer.text);
        }
        cast.world.revoke(&cast.provider, &id).await;
    }
}

/// G66, R128, R204 Another provider's object, and for a token every enterprise but its own, is answered as one that does
/// not exist: status, headers and text, but for the reference.
#[tokio::test]
async fn what_is_anothers_does_not_exist() {
    let cast = Cast::gather().await;
    let mut compared = 0;
    for path in paths().filter(|path| path.route.scope.is_some()) {
        let by_enterprise = path.names("enterpriseId") || path.names_in_body();
        let by_own = ["resellerId", "deliveryId", "connectionId", "invitationId"].iter().any(|name| path.names(name));
        if !by_enterprise && !by_own {
            continue;
        }
        let nobodys = About {
            enterprise: NOBODYS,
            reseller: NOBODYS,
            delivery: NOBODYS_DELIVERY.to_owned(),
            connection: NOBODYS_CONNECTION.to_owned(),
            invitation: NOBODYS_INVITATION.to_owned(),
            ..cast.about.clone()
        };
        let mut strangers = vec![cast.other.key.as_str()];
        // A token of one enterprise is made for no writing of consents, unless that is asked for.
        if path.route.level == Level::Enterprise && !path.takes_a_sign_in() {
            strangers.push(&cast.tokens[1]);
        }
        for stranger in strangers {
            let absent = told(&path.call(&cast.world, &nobodys, Some(stranger)).await);
            assert_eq!(absent.0, 404, "{}: {}", path.template, absent.2);
            let foreign = told(&path.call(&cast.world, &cast.about, Some(stranger)).await);
            assert_eq!(foreign, absent, "{}", path.template);
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

/// The operator reaches every provider, and none that there is not.
#[tokio::test]
async fn what_nobody_has_is_absent_for_the_operator_too() {
    let cast = Cast::gather().await;
    let nobodys = About { reseller: NOBODYS, key: "1-00000000".to_owned(), ..cast.about.clone() };
    for path in paths().filter(|path| path.route.level == Level::Operator && path.names("resellerId")) {
        let answer = path.call(&cast.world, &nobodys, Some(cast.world.sandbox.operator_key())).await;
        assert_eq!((answer.problem().0, answer.problem().1.as_str()), (404, "not_found"), "{}", path.template);
    }
}
