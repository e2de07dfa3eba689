//! Who signed it, and how: algorithms, key ids, rotation.

use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA512, RsaEncoding,
};
use serde_json::{Value, json};
use simulated_microsoft::{Effect, Fault};

use crate::attack::forge::{jws, public_key_spellings};
use crate::attack::target::Target;

/// Lets Microsoft list these keys and no others.
fn list(target: &Target, keys: &Value) {
    let body = json!({ "keys": keys }).to_string();
    let what = Effect::Status { status: 200, body, headers: std::collections::BTreeMap::new() };
    target.world.microsoft().set_faults(vec![Fault { on: "keys".to_owned(), what, times: None }]);
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// R115 RS256 by Microsoft's current key.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_rs256() {
    let target = Target::new().await;
    assert_eq!(target.header["alg"], "RS256");
    target.still_works().await;
}

/// G22 Somebody else's signature, a cut one, a longer one, none over this text.
#[tokio::test]
async fn oidcc_client_test_invalid_sig_rs256() {
    let target = Target::new().await;
    let token = target.good.value("id_token").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let stranger = crate::world::World::new().await;
    // Worlds of one process begin with the same key.
    stranger.microsoft().rotate_key().unwrap();
    let foreign = stranger.microsoft().sign(&target.header, &target.claims).unwrap();
    let flipped = format!("{signed}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let other = target.world.microsoft().sign(&target.header, &target.with("name", "Mallory")).unwrap();
    let other = other.rsplit_once('.').unwrap().1;
    for (what, bad) in [
        ("of a stranger", foreign),
        ("one byte changed", flipped),
        ("of another token", format!("{signed}.{other}")),
        ("cut", format!("{signed}.{}", &signature[..signature.len() - 4])),
        ("longer", format!("{signed}.AAAA{signature}")),
        ("zero", format!("{signed}.{}", "A".repeat(signature.len()))),
    ] {
        target.refused(target.token(&bad), what).await;
    }
    target.still_works().await;
}

/// G17, T19 HMAC with the public key in every spelling as its secret, and with none.
#[tokio::test]
async fn oidcc_client_test_invalid_sig_hs256() {
    let target = Target::new().await;
    let jwk = target.world.microsoft().jwks()["keys"][0].clone();
    let header = text(&target.headed("alg", "HS256"));
    for (what, key) in public_key_spellings(&jwk) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let bad = jws(&header, &text(&target.claims), |signed| hmac::sign(&key, signed).as_ref().to_vec());
        target.refused(target.token(&bad), what).await;
    }
    target.still_works().await;
}

/// G18 A good signature by an elliptic key that Microsoft lists.
#[tokio::test]
async fn oidcc_client_test_invalid_sig_es256() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let target = Target::new().await;
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
    let listed = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": "elliptic", "x": x, "y": y});
    let keys = target.world.microsoft().jwks()["keys"].clone();
    list(&target, &json!([keys[0], listed]));
    for kid in ["elliptic", keys[0]["kid"].as_str().unwrap()] {
        let header = text(&json!({"typ": "JWT", "alg": "ES256", "kid": kid}));
        let bad = jws(&header, &text(&target.claims), |signed| key.sign(&random, signed).unwrap().as_ref().to_vec());
        target.refused(target.token(&bad), kid).await;
    }
    target.still_works().await;
}

/// G16, T18 No signature, whatever the case of `none`.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_none() {
    let target = Target::new().await;
    let signature = target.good.value("id_token").unwrap().rsplit_once('.').unwrap().1.to_owned();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = text(&target.headed("alg", alg));
        let unsigned = jws(&header, &text(&target.claims), |_| Vec::new());
        target.refused(target.token(&unsigned), alg).await;
        target.refused(target.token(unsigned.trim_end_matches('.')), alg).await;
        target.refused(target.token(&format!("{unsigned}{signature}")), alg).await;
        target.refused(target.signed(&target.headed("alg", alg), &target.claims), alg).await;
    }
    target.still_works().await;
}

/// T18 An algorithm that is null, absent, or no text.
#[tokio::test]
async fn fapi2_client_test_null_alg() {
    let target = Target::new().await;
    for alg in [Value::Null, json!(256), json!(["RS256"]), json!({"RS256": true}), json!(true)] {
        let header = target.headed("alg", alg);
        target.refused(target.signed(&header, &target.claims), &header.to_string()).await;
    }
    let mut header = target.header.clone();
    header.as_object_mut().unwrap().remove("alg");
    target.refused(target.signed(&header, &target.claims), "no alg").await;
    target.still_works().await;
}

/// G18 A good signature of another RSA algorithm, by the current key itself.
#[tokio::test]
async fn fapi2_client_test_alternate_alg() {
    let (target, forger, _data) = Target::with_keys().await;
    let current = forger.len() - 1;
    let payload = text(&target.claims);
    let others: [(&str, &'static dyn RsaEncoding); 4] = [
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS512", &RSA_PSS_SHA512),
    ];
    for (alg, how) in others {
        for said in [alg, "RS256"] {
            let bad = forger.sign_as(how, current, &text(&target.headed("alg", said)), &payload);
            target.refused(target.token(&bad), &format!("{alg}, said to be {said}")).await;
        }
        target.refused(target.signed(&target.headed("alg", alg), &target.claims), alg).await;
    }
    let good = forger.sign(current, &text(&target.header), &payload);
    target.accepts(target.token(&good)).await;
}

/// Without a key id, one key listed: Entra always sends one, so this is none of Entra's.
#[tokio::test]
async fn oidcc_client_test_kid_absent_single_jwks() {
    let target = Target::new().await;
    assert_eq!(target.world.microsoft().jwks()["keys"].as_array().unwrap().len(), 1);
    let header = json!({"typ": "JWT", "alg": "RS256"});
    target.refused(target.signed(&header, &target.claims), "no kid").await;
    for kid in [Value::Null, json!(""), json!(0), json!([target.header["kid"]])] {
        target.refused(target.signed(&target.headed("kid", kid), &target.claims), "no kid").await;
    }
    target.still_works().await;
}

/// Without a key id, several keys listed.
#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    let target = Target::new().await;
    target.world.microsoft().rotate_key().unwrap();
    let header = json!({"typ": "JWT", "alg": "RS256"});
    target.refused(target.signed(&header, &target.claims), "no kid").await;
    target.still_works().await;
}

/// How often Microsoft was asked for its keys.
fn key_calls(target: &Target) -> u64 {
    target.world.microsoft().call_counts()["keys"]
}

/// A key that we have never seen, once Microsoft has begun to sign with it: asked for once, then accepted. Tokens of
/// the former key are still good while it is listed.
#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() {
    let target = Target::new().await;
    target.refuses(&target.without("nonce")).await;
    assert_eq!(key_calls(&target), 1, "the keys are known");
    let kid = target.world.microsoft().rotate_key().unwrap();
    target.refuses(&target.without("nonce")).await;
    assert_eq!(key_calls(&target), 1, "a former key needs no look");
    target.accepts(target.signed(&target.headed("kid", kid), &target.claims)).await;
    assert_eq!(key_calls(&target), 2);
}

/// G21 Rotated between the link and the token.
#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let target = Target::new().await;
    target.refuses(&target.without("nonce")).await;
    let before = key_calls(&target);
    let kid = target.world.microsoft().rotate_key().unwrap();
    let world = &target.world;
    let grace = &simulated_microsoft::GRACE;
    let decision = crate::world::Decision::ForTheOrganization;
    let answer = world.answer_of_microsoft(&target.link, grace, decision).await.unwrap();
    assert_eq!(crate::attack::target::part(answer.value("id_token").unwrap(), 0)["kid"], json!(kid));
    target.accepts(answer).await;
    assert_eq!(key_calls(&target), before + 1);
}

/// G19, G20, T20, T66 A hundred key ids that nobody lists cost one look, and none is fetched from where a token says.
#[tokio::test]
async fn a_hundred_unknown_keys_cost_one_look() {
    let target = Target::new().await;
    target.refuses(&target.without("nonce")).await;
    let before = key_calls(&target);
    for n in 0..100 {
        let form = target.signed(&target.headed("kid", format!("unknown-{n}")), &target.claims);
        assert_eq!(target.world.post(form).await.status, 400);
    }
    assert_eq!(key_calls(&target), before + 1);
    target.still_works().await;
}

/// T20 A token that brings or names its own key, or asks to be read in another way.
#[tokio::test]
async fn a_token_brings_no_key_of_its_own() {
    let target = Target::new().await;
    let jwk = target.world.microsoft().jwks()["keys"][0].clone();
    let elsewhere = json!(format!("{}/own-keys", target.world.hook()));
    for (field, value) in [
        ("jku", elsewhere.clone()),
        ("x5u", elsewhere),
        ("jwk", jwk),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("typ", json!("at+jwt")),
        ("typ", json!("logout+jwt")),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("k".repeat(10_000))),
    ] {
        let header = target.headed(field, value);
        target.refused(target.signed(&header, &target.claims), &header.to_string()).await;
    }
    assert!(target.world.sandbox.webhooks().messages().is_empty(), "nobody went there");
    target.still_works().await;
}

/// T21 A key that Microsoft lists for personal accounts, or for another tenant, signs for no organisation of ours.
#[tokio::test]
async fn a_key_of_another_issuer_signs_nothing() {
    let target = Target::new().await;
    let base = target.world.microsoft().base_url().to_owned();
    let keys = target.world.microsoft().jwks()["keys"].clone();
    for tenant in [simulated_microsoft::PERSONAL.id, simulated_microsoft::FABRIKAM.id] {
        let mut key = keys[0].clone();
        key["issuer"] = json!(format!("{base}/{tenant}/v2.0"));
        list(&target, &json!([key]));
        target.world.sandbox.clock().advance(25 * 3_600);
        let now = onboarding_core::time::Clock::now(target.world.sandbox.clock()).seconds();
        let mut claims = target.with("exp", now + 3_600);
        claims["iat"] = json!(now);
        claims["nbf"] = json!(now);
        target.refuses(&claims).await;
    }
    target.world.microsoft().set_faults(Vec::new());
    // The code has died meanwhile, so a new answer follows.
    target.world.sandbox.clock().advance(25 * 3_600);
    let (world, grace) = (&target.world, &simulated_microsoft::GRACE);
    let decision = crate::world::Decision::ForTheOrganization;
    let answer = world.answer_of_microsoft(&target.link, grace, decision).await.unwrap();
    target.accepts(answer).await;
}
