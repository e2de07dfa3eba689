//! Client assertions: the good one, and every bad one with its refusal.

use chrono::DateTime;
use serde_json::{Value, json};
use simulated_microsoft::{AppRegistration, FRANK, GRACE, SelfSigned};

use crate::http::Reply;
use crate::world::{CLIENT, START, World};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn certificate() -> SelfSigned {
    SelfSigned::generate(DateTime::from_timestamp(START, 0).unwrap(), 30).unwrap()
}

/// A world whose application has this certificate and no secret.
async fn world(certificate: &SelfSigned) -> World {
    let world = World::new().await;
    let app = world.microsoft.registration(CLIENT).unwrap();
    let certificates = vec![certificate.certificate().unwrap()];
    world.microsoft.register(AppRegistration { client_secret: String::new(), certificates, ..app });
    world
}

fn header(certificate: &SelfSigned) -> Value {
    json!({"alg": "PS256", "typ": "JWT", "x5t#S256": certificate.certificate().unwrap().thumbprint()})
}

fn claims(world: &World) -> Value {
    let aud = format!("{}/common/oauth2/v2.0/token", world.base);
    json!({"aud": aud, "iss": CLIENT, "sub": CLIENT, "jti": "one", "nbf": START, "iat": START, "exp": START + 300})
}

async fn present(world: &World, code: &str, assertion: &str) -> Reply {
    let changed = [("client_secret", ""), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
    world.redeem("common", code, &changed).await
}

#[tokio::test]
async fn an_assertion_proves_the_application_once() {
    let certificate = certificate();
    let world = world(&certificate).await;
    let assertion = certificate.sign(&header(&certificate), &claims(&world)).unwrap();
    let code = world.code("common", &GRACE).await;
    assert_eq!(present(&world, &code, &assertion).await.status, 200);
    let code = world.code("common", &FRANK).await;
    let again = present(&world, &code, &assertion).await;
    assert_eq!((again.status, again.aadsts()), (401, 50013), "a replay");
    let mut fresh = claims(&world);
    fresh["jti"] = json!("two");
    let fresh = certificate.sign(&header(&certificate), &fresh).unwrap();
    assert_eq!(present(&world, &code, &fresh).await.status, 200, "nothing was burnt");
}

#[tokio::test]
async fn every_bad_assertion_has_its_refusal_and_burns_nothing() {
    let (own, other) = (certificate(), certificate());
    let world = world(&own).await;
    let code = world.code("common", &GRACE).await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(&world);
        claims[name] = value;
        own.sign(&header(&own), &claims).unwrap()
    };
    let good = own.sign(&header(&own), &claims(&world)).unwrap();
    let mut rs256 = header(&own);
    rs256["alg"] = json!("RS256");
    let cases = [
        (other.sign(&header(&other), &claims(&world)).unwrap(), 401, 700_027),
        (other.sign(&header(&own), &claims(&world)).unwrap(), 401, 700_027),
        (own.sign(&json!({"alg": "PS256"}), &claims(&world)).unwrap(), 401, 700_027),
        (own.sign(&rs256, &claims(&world)).unwrap(), 400, 50027),
        ("no.jws".to_owned(), 400, 50027),
        (with("aud", json!(format!("{}/organizations/oauth2/v2.0/token", world.base))), 401, 700_023),
        (with("aud", json!(format!("{}/common/v2.0", world.base))), 401, 700_023),
        (with("iss", json!("another")), 401, 700_021),
        (with("sub", Value::Null), 401, 700_021),
        (with("exp", json!(START - 300)), 401, 700_024),
        (with("exp", json!((START + 300).to_string())), 401, 700_024),
        (with("nbf", json!(START + 301)), 401, 700_024),
        (with("jti", Value::Null), 400, 50027),
    ];
    for (at, (assertion, status, number)) in cases.iter().enumerate() {
        let reply = present(&world, &code, assertion).await;
        assert_eq!((reply.status, reply.aadsts()), (*status, *number), "case {at}: {}", reply.body);
    }
    let both = [("client_assertion_type", TYPE), ("client_assertion", good.as_str())];
    assert_eq!(world.redeem("common", &code, &both).await.aadsts(), 90023);
    let untyped = [("client_secret", ""), ("client_assertion", good.as_str())];
    assert_eq!(world.redeem("common", &code, &untyped).await.aadsts(), 900_144);
    assert_eq!(present(&world, &code, &good).await.status, 200);
}

#[tokio::test]
async fn a_certificate_ends() {
    let certificate = certificate();
    let world = world(&certificate).await;
    world.advance(31 * 24 * 3_600);
    let code = world.code("common", &GRACE).await;
    let mut claims = claims(&world);
    claims["nbf"] = json!(START + 31 * 24 * 3_600);
    claims["exp"] = json!(START + 31 * 24 * 3_600 + 300);
    let reply = present(&world, &code, &certificate.sign(&header(&certificate), &claims).unwrap()).await;
    assert_eq!(reply.aadsts(), 700_027);
    assert!(reply.body.contains("The key used is expired."));
}

/// An application without a secret takes none, the empty one included.
#[tokio::test]
async fn no_secret_is_no_way_in() {
    let world = world(&certificate()).await;
    let code = world.code("common", &GRACE).await;
    assert_eq!(world.redeem("common", &code, &[]).await.aadsts(), 7_000_215);
    let reply = world.redeem("common", &code, &[("client_secret", "")]).await;
    assert_eq!(reply.aadsts(), 7_000_218);
}
