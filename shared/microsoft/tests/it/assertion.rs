//! The client assertion: what a certificate sends in the place of a secret, read as RFC 7515 and Microsoft say.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use onboarding_core::client_credential::{ClientCredential, InvalidCredential};
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::TenantId;
use onboarding_core::random::SystemRandomness;
use onboarding_microsoft::redeem::Redemption;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::{Digest as _, Sha256};
use rsa::{Pss, RsaPrivateKey};
use serde_json::{Value, json};
use simulated_microsoft::SelfSigned;
use url::form_urlencoded;

use crate::world::{Answer, CLIENT, NOW, REDIRECT_URI, World};

fn pem() -> String {
    SelfSigned::generate(DateTime::from_timestamp(NOW.seconds(), 0).unwrap(), 30).unwrap().pem().unwrap()
}

fn blocks(pem: &str) -> (&str, &str) {
    pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap())
}

/// What the token endpoint gets for a code of `authority`.
async fn sent(pem: &str, authority: AuthorityPath, times: usize) -> (World, Vec<BTreeMap<String, String>>) {
    let world = World::always(Answer::Json(200, json!({"token_type": "Bearer", "access_token": "a"}))).await;
    let credential = ClientCredential::parse(pem).unwrap();
    for _ in 0..times {
        let redemption =
            Redemption { authority, redirect_uri: REDIRECT_URI, code: "c", verifier: "v", scope: "openid" };
        world.microsoft.redeem(&credential, redemption, (NOW, &SystemRandomness::new())).await.unwrap();
    }
    let form = |body: &str| form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let sent = world.requests().iter().map(|request| form(&request.body)).collect();
    (world, sent)
}

fn json(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// T02 PS256 over the header and claims that Microsoft documents, for the very address that it is posted to; no secret.
#[tokio::test]
async fn an_assertion_is_what_microsoft_documents() {
    let pem = pem();
    let (certificate, key) = blocks(&pem);
    let der: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(der).unwrap();
    let ClientCredential::Certificate(own) = ClientCredential::parse(&pem).unwrap() else { panic!("a certificate") };
    assert_eq!(own.der(), der, "what is uploaded to Entra");
    let end = ClientCredential::parse(&pem).unwrap().ends_at();
    assert_eq!(end, Some(NOW.plus(Duration::from_hours(30 * 24))));
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
    let key = RsaPrivateKey::from_pkcs8_pem(key).unwrap().to_public_key();
    for (authority, path) in [
        (AuthorityPath::Tenant(TenantId::from_u128(7)), TenantId::from_u128(7).to_string()),
        (AuthorityPath::Common, "common".to_owned()),
    ] {
        let (world, sent) = sent(&pem, authority, 1).await;
        let sent = &sent[0];
        assert_eq!((sent.get("client_secret"), sent["client_id"].as_str()), (None, CLIENT.to_string().as_str()));
        assert_eq!(sent["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!(world.requests()[0].header("authorization"), None);
        let (signed, signature) = sent["client_assertion"].rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        assert_eq!(json(header), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
        let endpoint = format!("{}/{path}/oauth2/v2.0/token", world.base);
        assert_eq!(endpoint, format!("{}{}", world.base, world.requests()[0].target));
        let now = NOW.seconds();
        let mut claims = json(claims);
        let id = claims["jti"].take();
        let expected = json!({"aud": endpoint, "iss": CLIENT.to_string(), "sub": CLIENT.to_string(), "jti": null,
                              "nbf": now, "iat": now, "exp": now + 300});
        assert_eq!(claims, expected);
        let id = id.as_str().unwrap();
        assert!(id.len() == 36 && &id[14..15] == "4" && "89ab".contains(&id[19..20]), "{id}");
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify(Pss::new_with_salt::<Sha256>(32), &Sha256::digest(signed), &signature).unwrap();
    }
}

/// No two requests carry one assertion, so that none is taken for a replay.
#[tokio::test]
async fn every_request_has_an_assertion_of_its_own() {
    let (_, sent) = sent(&pem(), AuthorityPath::Common, 3).await;
    let ids: std::collections::BTreeSet<String> =
        sent.iter().map(|form| json(form["client_assertion"].split('.').nth(1).unwrap())["jti"].to_string()).collect();
    assert_eq!(ids.len(), 3);
}

/// A key that is not the certificate's is found when it is read, not when Microsoft refuses it.
#[test]
fn a_foreign_key_is_refused() {
    let (one, other) = (pem(), pem());
    let mixed = format!("{}{}", blocks(&one).0, blocks(&other).1);
    assert_eq!(ClientCredential::parse(&mixed).unwrap_err(), InvalidCredential::ForeignKey);
    assert!(ClientCredential::parse(&one).is_ok());
}

/// R205 No key in what is shown.
#[test]
fn a_certificate_hides_its_key() {
    let pem = pem();
    let shown = format!("{:?}", ClientCredential::parse(&pem).unwrap());
    let key = blocks(&pem).1.lines().nth(1).unwrap();
    assert!(!shown.contains(key) && shown.contains("[redacted]"), "{shown}");
}
