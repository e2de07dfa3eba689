//! Which tokens count as signed by Microsoft.

use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::identity::{Expected, IdentityFault, verify};
use onboarding_microsoft::id_token::IdTokenError;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

use crate::signer::{Signer, claims, encode, key_set};
use crate::world::{Answer, CLIENT, NOW, World};

async fn world(signer: &Signer) -> World {
    World::always(Answer::Json(200, key_set(&[signer]))).await
}

async fn fault(world: &World, token: &str) -> Option<IdTokenError> {
    world.microsoft.signed_claims(token, NOW).await.err()
}

fn with_alg(signer: &Signer, alg: &Value) -> Value {
    let mut header = signer.header();
    header["alg"] = alg.clone();
    header
}

/// R115 `oidcc-client-test-idtoken-sig-rs256`: the sound token is taken, with the issuer that its key is good for.
#[tokio::test]
async fn a_token_of_microsoft_is_taken() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    let taken = world.microsoft.signed_claims(&signer.token(), NOW).await.unwrap();
    let expected = Expected {
        client: CLIENT,
        endpoints: &Endpoints::of(Cloud::Global, None, None),
        nonce: "",
        code: None,
        access_token: None,
    };
    // The claims came through: the first that `verify` checks is found, and wrong.
    assert_eq!(verify(&taken, expected, NOW).unwrap_err(), IdentityFault::Audience);
    let request = &world.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/common/discovery/v2.0/keys"));
}

/// R115, G16, T18 `oidcc-client-test-idtoken-sig-none`, `fapi2 null-alg`.
#[tokio::test]
async fn a_token_without_signature_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = with_alg(&signer, &json!(alg)).to_string();
        let unsigned = format!("{}.{}.", encode(&header), encode(claims().to_string()));
        assert_eq!(fault(&world, &unsigned).await, Some(IdTokenError::Malformed), "{alg}");
        assert_eq!(fault(&world, &signer.token_with(&header)).await, Some(IdTokenError::Header), "{alg}");
    }
    for alg in [Value::Null, json!(["RS256"]), json!(256), json!({}), json!("rs256"), json!(" RS256")] {
        let token = signer.token_with(&with_alg(&signer, &alg).to_string());
        assert_eq!(fault(&world, &token).await, Some(IdTokenError::Header), "{alg}");
    }
    assert_eq!(world.count(), 0, "a bad header costs no call");
}

/// R115, G17, T19 `oidcc-client-test-invalid-sig-hs256`: the public key is nobody's shared secret.
#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    let public = signer.private.to_public_key();
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap().into_bytes();
    let der = public.to_public_key_der().unwrap().into_vec();
    for secret in [pem, der, public.n().to_bytes_be()] {
        let header = with_alg(&signer, &json!("HS256")).to_string();
        let input = format!("{}.{}", encode(header), encode(claims().to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
        assert_eq!(fault(&world, &format!("{input}.{}", encode(tag))).await, Some(IdTokenError::Header));
    }
}

/// R115, G18 `oidcc-client-test-invalid-sig-es256`, `fapi2 alternate-alg`: sound signatures of other kinds.
#[tokio::test]
async fn another_algorithm_is_refused() {
    let signer = Signer::new("k1");
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let point = pair.public_key().as_ref();
    let listed = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "ec", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
    let keys = json!({ "keys": [listed, signer.jwk()] });
    let world = World::always(Answer::Json(200, keys)).await;
    let input =
        format!("{}.{}", encode(json!({"alg": "ES256", "kid": "ec"}).to_string()), encode(claims().to_string()));
    let es256 = format!("{input}.{}", encode(pair.sign(&random, input.as_bytes()).unwrap()));
    assert_eq!(fault(&world, &es256).await, Some(IdTokenError::Header));
    assert_eq!(fault(&world, &signer.sign_rs512()).await, Some(IdTokenError::Header));
    let as_rs256 = signer.token_with(&json!({"alg": "RS256", "kid": "ec"}).to_string());
    assert_eq!(fault(&world, &as_rs256).await, Some(IdTokenError::UnknownKey), "only RSA keys are keys");
    assert_eq!(fault(&world, &signer.token()).await, None);
}

/// R115, T20 `oidcc-client-test-kid-absent-single-jwks`: refused even with one key, for Entra always names it.
#[tokio::test]
async fn a_token_without_a_sound_key_id_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    assert_eq!(fault(&world, &signer.token_with(r#"{"alg":"RS256"}"#)).await, Some(IdTokenError::Header));
    for kid in [json!(null), json!(""), json!(1), json!(["k1"]), json!("k".repeat(129)), json!("k".repeat(10_000))] {
        let token = signer.token_with(&json!({"alg": "RS256", "kid": kid}).to_string());
        assert_eq!(fault(&world, &token).await, Some(IdTokenError::Header), "{kid}");
    }
    assert_eq!(world.count(), 0);
    for kid in ["../../etc/passwd", "' OR 1=1 --", "K1", "k1\0", &"k".repeat(128)] {
        let token = signer.token_with(&json!({"alg": "RS256", "kid": kid}).to_string());
        assert_eq!(fault(&world, &token).await, Some(IdTokenError::UnknownKey), "{kid}");
    }
}

/// R115, T20 A token brings no key of its own, and nothing that it names is fetched.
#[tokio::test]
async fn a_token_that_brings_its_own_key_is_refused() {
    let (signer, thief) = (Signer::new("k1"), Signer::new("k1"));
    let (world, foreign) = (world(&signer).await, World::always(Answer::Json(200, key_set(&[&thief]))).await);
    for (field, value) in [
        ("jku", json!(foreign.base)),
        ("x5u", json!(foreign.base)),
        ("jwk", thief.jwk()),
        ("x5c", json!(["MIID"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("typ", json!("at+jwt")),
        ("typ", json!(null)),
    ] {
        let mut header = signer.header();
        header[field] = value;
        for by in [&signer, &thief] {
            assert_eq!(fault(&world, &by.token_with(&header.to_string())).await, Some(IdTokenError::Header), "{field}");
        }
    }
    assert_eq!((world.count(), foreign.count()), (0, 0));
    assert_eq!(fault(&world, &thief.token()).await, Some(IdTokenError::Signature), "the name of a key is not the key");
}

/// R115, G22 `oidcc-client-test-invalid-sig-rs256`: any one byte changed.
#[tokio::test]
async fn a_changed_token_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    let token = signer.token();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature).unwrap();
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert_eq!(fault(&world, &format!("{input}.{}", encode(changed))).await, Some(IdTokenError::Signature), "{at}");
    }
    let (header, _) = input.split_once('.').unwrap();
    let other = encode(json!({ "aud": "x", "sub": "other" }).to_string());
    let swapped = format!("{header}.{other}.{}", encode(&signature));
    assert_eq!(fault(&world, &swapped).await, Some(IdTokenError::Signature));
    assert_eq!(fault(&world, &token).await, None);
}

/// R115, T30 Two readers of one token must read the same.
#[tokio::test]
async fn a_token_that_can_be_read_two_ways_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    for header in [
        r#"{"alg":"none","alg":"RS256","kid":"k1"}"#,
        r#"{"alg":"RS256","kid":"k1","kid":"k1"}"#,
        "\u{feff}{\"alg\":\"RS256\",\"kid\":\"k1\"}",
        r#"[{"alg":"RS256","kid":"k1"}]"#,
        r#""RS256""#,
        r#"{"alg":"RS256","kid":"\ud800"}"#,
        &"[".repeat(10_000),
    ] {
        assert_eq!(fault(&world, &signer.token_with(header)).await, Some(IdTokenError::Malformed), "{header:.60}");
    }
    let header = signer.header().to_string();
    for claims in [r#"{"tid":"a","tid":"b"}"#, r#"{"x":{"a":1,"a":2}}"#, "[]", "null", "{}x", &signer.token()] {
        assert_eq!(fault(&world, &signer.sign(&header, claims)).await, Some(IdTokenError::Malformed), "{claims:.60}");
    }
}

/// T39 A token of 16 KiB is looked at, a longer one is not.
#[tokio::test]
async fn a_token_has_at_most_16_kib() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    let padded = |object: &Value, by: usize| {
        let mut object = object.clone();
        object["pad"] = json!("x".repeat(by));
        object.to_string()
    };
    // Base64 has no text of every length: a longer header shifts what is left for the payload.
    let of_length = |length: usize| {
        let tokens = (0..3).flat_map(|shift| (11_900..12_000).map(move |pad| (shift, pad)));
        let length_of =
            |(shift, pad)| encode(padded(&signer.header(), shift)).len() + encode(padded(&claims(), pad)).len();
        let (shift, pad) = tokens.into_iter().find(|one| length_of(*one) + 344 == length).unwrap();
        signer.sign(&padded(&signer.header(), shift), &padded(&claims(), pad))
    };
    assert_eq!(fault(&world, &of_length(16 * 1_024)).await, None);
    assert_eq!(fault(&world, &of_length(16 * 1_024 + 1)).await, Some(IdTokenError::Malformed));
}

/// R115, G35, T29, T30 Not a compact JWS: an encrypted token, a torn one, another alphabet, padding, stray bits, noise.
#[tokio::test]
async fn what_is_not_three_parts_is_refused() {
    let signer = Signer::new("k1");
    let world = world(&signer).await;
    let token = signer.token();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    // 256 bytes end in a character of two idle bits: set, they are a second spelling of the same signature.
    let idle_bits = format!("{}{}", &token[..token.len() - 1], char::from(token.as_bytes()[token.len() - 1] + 1));
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}.{signature}"),
        format!("{token}."),
        format!("{header}.{payload}.{payload}.{payload}.{signature}"),
        format!("{token}=="),
        format!("{header}==.{payload}.{signature}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}\0"),
        token.replace('.', "\u{ff0e}"),
        format!("{header}.{payload}.+/+/"),
        format!("{header}.{payload}.{}", "A".repeat(16 * 1024)),
        idle_bits,
    ] {
        assert_eq!(fault(&world, &text).await, Some(IdTokenError::Malformed), "{text:.80}");
    }
    assert_eq!(world.count(), 0);
    assert_eq!(fault(&world, &token).await, None);
}
