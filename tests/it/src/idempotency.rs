//! `Idempotency-Key`: a creating request that comes twice creates once (R203, K20).

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream;
use onboarding_lambda::routes::{Level, ROUTES, Route};
use onboarding_sandbox::{Options, Overrides};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_secrets_manager::Operation as Call;

use crate::effects::Effects;
use crate::tap::{Tap, Trouble, serve_dynamodb};
use crate::world::{Answer, Provider, World, send};

const DAY: i64 = 24 * 3_600;
const REPLAYED: &str = "idempotency-replayed";

impl World {
    async fn under(&self, idempotency_key: &str, api_key: &str, path: &str, body: &Value) -> Answer {
        let call = self.call(Method::POST, path).bearer_auth(api_key).header("Idempotency-Key", idempotency_key);
        send(call.json(body)).await
    }

    async fn create_under(&self, key: &str, body: &Value) -> Answer {
        self.under(key, self.sandbox.reseller_key(), "/v1/enterprises", body).await
    }
}

fn code(answer: &Answer) -> (u16, String) {
    let (status, code, _) = answer.problem();
    (status, code)
}

/// Whether `again` is `first`, told again: every byte, and every header but the reference.
fn is_told_again(first: &Answer, again: &Answer) -> bool {
    let mut headers = again.headers.clone();
    let replayed = headers.remove(REPLAYED).is_some_and(|value| value == "true");
    let mut before = first.headers.clone();
    before.remove(REPLAYED);
    for of_the_moment in ["x-request-id", "date"] {
        headers.remove(of_the_moment);
        before.remove(of_the_moment);
    }
    replayed && (first.status, &first.text, before) == (again.status, &again.text, headers)
}

/// R203, G68 The same key and body: the same answer, byte for byte, and one enterprise.
#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    let before = world.snapshot().await;
    let first = world.create_under("order-1", &body).await;
    assert_eq!((first.status.as_u16(), first.header(REPLAYED)), (200, ""));
    let again = world.create_under("order-1", &body).await;
    assert!(is_told_again(&first, &again), "{first:?} {again:?}");
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    let effects = world.effects_since(&before).await;
    let made: Vec<(&str, usize)> = effects.made.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(made, [("audit", 1), ("enterprise", 1), ("idempotency", 1), ("reseller", 1)]);
    let without_key = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    assert_eq!(code(&without_key), (409, "enterprise_name_taken".to_owned()));
}

/// R203, G68 The same key with another body, path or object is refused, and changes nothing.
#[tokio::test]
async fn a_key_stands_for_one_request() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    let enterprise = world.create_under("order-1", &body).await.json();
    let before = world.snapshot().await;
    let other = world.enterprise_body(json!({"enterpriseName": "Fabrikam"})).await;
    let reused = (422, "idempotency_key_reused".to_owned());
    assert_eq!(code(&world.create_under("order-1", &other).await), reused);
    let link = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": world.hook()});
    let key = world.sandbox.reseller_key();
    assert_eq!(code(&world.under("order-1", key, "/v1/enterprises/action-url", &link).await), reused);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    // The path that existing clients use is the same route.
    let alias = world.under("order-1", key, "/reseller/newEnterprise", &body).await;
    assert_eq!((alias.status.as_u16(), alias.json()), (200, enterprise));
}

/// K20 What is no key is refused before anything is read; a route that makes nothing new does not look at it.
#[tokio::test]
async fn a_key_is_visible_ascii() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    for bad in ["", "two words", &"x".repeat(256)] {
        let refused = world.create_under(bad, &body).await;
        assert_eq!(code(&refused), (400, "invalid_idempotency_key".to_owned()), "{bad:?}");
    }
    let call = world.call(Method::POST, "/v1/enterprises").bearer_auth(world.sandbox.reseller_key()).json(&body);
    let latin = reqwest::header::HeaderValue::from_bytes(b"schl\xfcssel").unwrap();
    let refused = send(call.header("Idempotency-Key", latin)).await;
    assert_eq!(code(&refused), (400, "invalid_idempotency_key".to_owned()));
    let call = world.call(Method::POST, "/v1/enterprises").bearer_auth(world.sandbox.reseller_key()).json(&body);
    let refused = send(call.header("Idempotency-Key", "order-1").header("Idempotency-Key", "order-2")).await;
    assert_eq!(code(&refused), (400, "invalid_idempotency_key".to_owned()), "two of them");
    let longest = world.create_under(&"x".repeat(255), &body).await;
    assert_eq!(longest.status, 200);
    let path = format!("/v1/enterprises/{}/disable", longest.text);
    let key = world.sandbox.reseller_key();
    assert_eq!(world.under("two words", key, &path, &json!({})).await.status, 200);
}

/// R203 A key is its provider's: another's with the same text is another key, and so is the operator's.
#[tokio::test]
async fn a_key_is_its_providers_own() {
    let world = World::new().await;
    let other = world.other_provider().await;
    let body = json!({"enterpriseName": "Contoso", "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
    let mine = world.create_under("order-1", &body).await;
    let theirs = world.under("order-1", &other.key, "/v1/enterprises", &body).await;
    assert_eq!((mine.status.as_u16(), theirs.status.as_u16(), theirs.header(REPLAYED)), (200, 200, ""));
    assert_ne!(mine.json(), theirs.json());
}

/// R203, P7 After 24 hours the key is free, whether or not anything was tidied up.
#[tokio::test]
async fn a_key_ends_after_a_day() {
    let world = World::new().await;
    let [first, second] = ["Contoso", "Fabrikam"].map(|name| json!({ "enterpriseName": name }));
    let (first, second) = (world.enterprise_body(first).await, world.enterprise_body(second).await);
    let made = world.create_under("order-1", &first).await;
    world.sandbox.clock().advance(DAY - 60);
    assert!(is_told_again(&made, &world.create_under("order-1", &first).await));
    world.sandbox.clock().advance(60);
    let anew = world.create_under("order-1", &second).await;
    assert_eq!((anew.status.as_u16(), anew.header(REPLAYED)), (200, ""));
    assert_eq!(code(&world.create_under("order-1", &first).await).0, 422);
}

/// A request that was refused made nothing: mended, it may be sent under the same key.
#[tokio::test]
async fn a_refused_request_leaves_the_key_free() {
    let world = World::new().await;
    let wrong = world.enterprise_body(json!({"userLimit": -1})).await;
    assert_eq!(code(&world.create_under("order-1", &wrong).await).0, 422);
    let right = world.enterprise_body(json!({"userLimit": 1})).await;
    assert_eq!(world.create_under("order-1", &right).await.status, 200);
}

/// R203 A thousand requests with one key, a hundred at once: one enterprise, and a thousand equal answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_creates_under_one_key_make_one_enterprise() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    let before = world.snapshot().await;
    let creates = stream::iter(0..1_000).map(|_| world.create_under("order-1", &body));
    let answers: Vec<Answer> = creates.buffer_unordered(100).collect().await;
    let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, BTreeSet::from([200]));
    let first: Vec<&Answer> = answers.iter().filter(|answer| answer.header(REPLAYED).is_empty()).collect();
    assert_eq!(first.len(), 1, "one request created");
    assert_eq!(answers.iter().filter(|answer| is_told_again(first[0], answer)).count(), 999);
    let made = world.effects_since(&before).await.made;
    assert_eq!((made["enterprise"], made["audit"], made["idempotency"]), (1, 1, 1), "{made:?}");
}

/// R203 Requests under one key that want different things: one is carried out, and the others are refused.
#[tokio::test(flavor = "multi_thread")]
async fn of_different_requests_under_one_key_one_is_carried_out() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for number in 0..40 {
        bodies.push(world.enterprise_body(json!({ "enterpriseName": format!("Contoso {number}") })).await);
    }
    let before = world.snapshot().await;
    let creates = stream::iter(&bodies).map(|body| world.create_under("order-1", body));
    let answers: Vec<Answer> = creates.buffer_unordered(40).collect().await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 422).count();
    assert_eq!((made, refused), (1, 39));
    assert_eq!(world.effects_since(&before).await.made["enterprise"], 1);
}

/// R203, G76 The answer of the creating transaction is lost again and again, and the caller is told 503: the same
/// request, sent again, gets the answer of what was made.
#[tokio::test]
async fn a_lost_answer_is_told_to_the_next_request() {
    let (world, tap) = tapped().await;
    let body = world.enterprise_body(json!({})).await;
    let before = world.snapshot().await;
    // The transaction itself passes; from its answer on, the table is away for this request.
    tap.break_where("TransactWriteItems", Trouble::LosesAll);
    let lost = world.create_under("order-1", &body).await;
    assert_eq!(code(&lost), (503, "unavailable".to_owned()));
    tap.heal();
    let again = world.create_under("order-1", &body).await;
    assert_eq!((again.status.as_u16(), again.header(REPLAYED)), (200, "true"));
    let read = world.provider(Method::GET, again.header("location"), None).await;
    assert_eq!((read.json()["enterpriseId"].clone(), read.header("etag")), (again.json(), again.header("etag")));
    assert_eq!(world.effects_since(&before).await.made["enterprise"], 1);
}

/// P6 A meeting with another transaction is waited for, and is no refusal; what that one made is told.
#[tokio::test]
async fn a_conflict_with_the_same_request_is_waited_for() {
    let (world, tap) = tapped().await;
    let body = world.enterprise_body(json!({})).await;
    tap.break_where("TransactWriteItems", Trouble::Conflicts(3));
    let first = world.create_under("order-1", &body).await;
    assert_eq!((first.status.as_u16(), first.header(REPLAYED)), (200, ""));
    assert_eq!(tap.seen().iter().filter(|exchange| exchange.is_broken).count(), 3);
}

/// R203 What the same request has written already fails the conditions of this one: while that one is under way, they are no
/// refusal.
#[tokio::test]
async fn a_condition_that_fails_beside_a_conflict_is_no_refusal_yet() {
    let (world, tap) = tapped().await;
    let body = world.enterprise_body(json!({})).await;
    tap.break_where("TransactWriteItems", Trouble::FailsAndMeets(2));
    let first = world.create_under("order-1", &body).await;
    assert_eq!((first.status.as_u16(), first.header(REPLAYED)), (200, ""));
    assert_eq!(tap.seen().iter().filter(|exchange| exchange.is_broken).count(), 2);
}

/// A world whose functions reach DynamoDB through a tap.
pub(crate) async fn tapped() -> (World, Tap) {
    let tap = Tap::open().await;
    tap.leads_to(&serve_dynamodb().await);
    let overrides = Overrides { dynamodb: Some(tap.url().parse().unwrap()), ..Overrides::default() };
    let options = Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() };
    (World::with(options).await, tap)
}

/// What to send to a route that creates; a new one without an example fails.
fn example(
    route: &Route,
    world: &World,
    (provider, waiting): (&Provider, u64),
    (enterprise, invitation): (u64, &str),
) -> (String, Value) {
    let is_for_waiting = route.path.ends_with("/activation-mail");
    let reseller = if is_for_waiting { waiting.to_string() } else { provider.id.to_string() };
    let path = route.path.replace("{resellerId}", &reseller);
    let path = path.replace("{enterpriseId}", &enterprise.to_string()).replace("{invitationId}", invitation);
    let body = match route.path {
        "/v1/resellers" => json!({"name": "New", "redirectHosts": []}),
        "/v1/resellers/{resellerId}/keys"
        | "/v1/resellers/{resellerId}/webhook-secret"
        | "/v1/enterprises/{enterpriseId}/token"
        | "/v1/invitations/{invitationId}/resend" => json!({}),
        "/v1/resellers/{resellerId}/activation-mail" => json!({"contactEmail": "sales@fabrikam.example"}),
        "/v1/enterprises/{enterpriseId}/links" | "/v1/webhooks/test" => json!({"redirectUrl": world.hook()}),
        "/v1/enterprises/{enterpriseId}/invitations" => json!({"adminEmail": "admin@contoso.example"}),
        "/v1/enterprises" => json!({"enterpriseName": "New", "pbxId": [], "sbcGateways": [], "services": ["SMS"]}),
        "/v1/enterprises/action-url" => {
            json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": world.hook()})
        }
        "/v1/partner-center/connections" => World::connection_body(),
        other => panic!("{other} creates, and has no example"),
    };
    (path, body)
}

/// R203, P10 Every route that creates does so once, of two at once and of one after the other. An answer that holds a
/// secret is kept nowhere: its repeat says what was made.
#[tokio::test]
async fn every_creating_route_creates_once() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&provider).await;
    let waiting = json!({"name": "Waiting", "redirectHosts": [], "contactEmail": "sales@fabrikam.example"});
    let waiting = world.operator(Method::POST, "/v1/resellers", Some(&waiting)).await.json();
    let waiting = waiting["id"].as_u64().unwrap();
    let invited = json!({"adminEmail": "other@contoso.example"});
    let path = format!("/v1/enterprises/{enterprise}/invitations");
    let invited = world.as_holder_of(&provider.key, Method::POST, &path, Some(&invited)).await.json();
    let invitation = invited["id"].as_str().unwrap().to_owned();
    for route in ROUTES.iter().filter(|route| route.creates) {
        let (path, body) = example(route, &world, (&provider, waiting), (enterprise, &invitation));
        let key = if route.level == Level::Operator { world.sandbox.operator_key() } else { provider.key.as_str() };
        let before = world.snapshot().await;
        let send = || world.under(route.path, key, &path, &body);
        let (one, other) = join(send(), send()).await;
        let (first, second) =
            if one.status.is_success() && one.header(REPLAYED).is_empty() { (one, other) } else { (other, one) };
        assert!(first.status.is_success(), "{path}: {}", first.text);
        let third = send().await;
        let effects = world.effects_since(&before).await;
        // A rotation is told as asked for, and as made.
        let told = if path.ends_with("/webhook-secret") { 2 } else { 1 };
        assert_eq!((effects.made["audit"], effects.made["idempotency"]), (told, 1), "{path}: {effects:?}");
        for repeat in [second, third] {
            if is_told_again(&first, &repeat) {
                continue;
            }
            assert_eq!(code(&repeat), (409, "already_created".to_owned()), "{path}");
            let id = repeat.json()["id"].as_str().unwrap().to_owned();
            assert!(!id.is_empty() && !repeat.text.contains("whsec_") && !repeat.text.contains("onb_test_"), "{path}");
            let rows = world.glance().await;
            let kept = rows.of_kind("idempotency");
            for secret in ["whsec_", "onb_test_", "state="] {
                assert!(kept.iter().all(|row| !row.contains(secret)), "{path}");
            }
        }
    }
}

/// R203 Of many who make a provider under one key, nobody leaves a webhook secret behind but the one who made it.
#[tokio::test(flavor = "multi_thread")]
async fn what_lost_leaves_no_secret_behind() {
    let world = World::new().await;
    let secrets = async || {
        let listed = world.secrets_manager("ListSecrets", &json!({"MaxResults": 100})).await;
        listed["SecretList"].as_array().unwrap().len()
    };
    let before = secrets().await;
    let body = json!({"name": "New", "redirectHosts": []});
    let key = world.sandbox.operator_key();
    let creates = stream::iter(0..20).map(|_| world.under("new-1", key, "/v1/resellers", &body));
    let answers: Vec<Answer> = creates.buffer_unordered(20).collect().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 19);
    assert_eq!(secrets().await, before + 1);
}

/// R203 A rotation that could not be made may be sent again under its key; one that was made is not made twice.
#[tokio::test]
async fn a_rotation_that_failed_may_be_sent_again() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let path = format!("/v1/resellers/{}/webhook-secret", provider.id);
    let body = json!({});
    let rotate = || world.under("rotation-1", world.sandbox.operator_key(), &path, &body);
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    faults.fail(Call::PutSecretValue, 9, 500, "InternalServiceError");
    assert_eq!(rotate().await.status, 503);
    faults.clear();
    assert_eq!(rotate().await.status, 200);
    let repeat = rotate().await;
    assert_eq!((code(&repeat).1.as_str(), &repeat.json()["id"]), ("already_created", &json!(provider.id.to_string())));
}
