//! Claims: an identity if and only if every one of them is right, by a second statement of the same rules (T21-T30).
//!
//! The first byte of the input says what is expected and what the key is good for; the rest is the payload.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use onboarding_core::advice::Code;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::{ApplicationId, TenantId};
use onboarding_core::identity::{Expected, SignedClaims, VerifiedIdentity, verify};
use onboarding_fuzz::NOW;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

const CLIENT: &str = "cccccccc-0000-4000-8000-000000000001";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const LOGIN: &str = "https://login.microsoftonline.com";
const CODE: &str = "code";
const ACCESS: &str = "access";

static ENDPOINTS: LazyLock<Endpoints> = LazyLock::new(|| Endpoints::of(Cloud::Global, None, None));

/// What the first byte says.
struct Setting {
    code: Option<&'static str>,
    access_token: Option<&'static str>,
    key_issuer: Option<String>,
}

impl Setting {
    fn of(byte: u8) -> Self {
        let issuers = [
            None,
            Some(format!("{LOGIN}/{{tenantid}}/v2.0")),
            Some(format!("{LOGIN}/{PERSONAL}/v2.0")),
            Some(String::new()),
        ];
        let [code, access_token] = [(1, CODE), (2, ACCESS)].map(|(bit, text)| (byte & bit != 0).then_some(text));
        Self { code, access_token, key_issuer: issuers[usize::from(byte >> 2) % 4].clone() }
    }
}

fuzz_target!(|input: &[u8]| {
    let [byte, payload @ ..] = input else { return };
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(payload) else { return };
    let setting = Setting::of(*byte);
    let signed = SignedClaims::signature_checked(claims.clone(), setting.key_issuer.clone());
    let client: ApplicationId = CLIENT.parse().expect("a GUID");
    let Setting { code, access_token, .. } = setting;
    let expected = Expected { client, endpoints: &ENDPOINTS, nonce: "nonce", code, access_token };
    let verified = verify(&signed, expected, NOW);
    assert_eq!(verified.is_ok(), is_right(&claims, &setting), "{verified:?}");
    if let Ok(identity) = verified {
        is_who_it_says(&identity, &claims);
    }
});

fn is_right(claims: &Map<String, Value>, setting: &Setting) -> bool {
    let Some(tenant) = claims.get("tid").and_then(Value::as_str).filter(|tid| is_guid(tid)) else { return false };
    let issuer = format!("{LOGIN}/{tenant}/v2.0");
    let is = |claim: &str, wanted: &Value| claims.get(claim) == Some(wanted);
    let absent = |claim: &str| !claims.contains_key(claim);
    let named = |claim: &str| claims.get(claim).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let second = |claim: &str| claims.get(claim).and_then(Value::as_i64).map(i128::from);
    let (now, early) = (i128::from(NOW.seconds()), |at: i128| at <= i128::from(NOW.seconds()) + 60);
    [
        is("aud", &json!(CLIENT)) || is("aud", &json!([CLIENT])),
        absent("azp") || is("azp", &json!(CLIENT)),
        absent("ver") || is("ver", &json!("2.0")),
        is("iss", &json!(issuer)),
        setting.key_issuer.as_ref().is_none_or(|key| *key == issuer || key.contains("{tenantid}")),
        second("exp").is_some_and(|exp| now < exp + 60),
        second("iat").is_some_and(early),
        absent("nbf") || second("nbf").is_some_and(early),
        is("nonce", &json!("nonce")),
        setting.code.is_none_or(|code| is("c_hash", &half_hash(code))),
        setting.access_token.is_none_or(|token| absent("at_hash") || is("at_hash", &half_hash(token))),
        named("sub"),
        claims.get("oid").and_then(Value::as_str).is_some_and(is_guid),
    ]
    .into_iter()
    .all(|right| right)
}

fn is_who_it_says(identity: &VerifiedIdentity, claims: &Map<String, Value>) {
    let signer = identity.signer();
    assert_eq!(json!(signer.tenant.to_string()), claims["tid"]);
    assert_eq!(json!(signer.object.to_string()), claims["oid"]);
    assert!(identity.is_the_same_as(identity));
    let own = [format!("{LOGIN}/{}/v2.0", signer.tenant), format!("https://sts.windows.net/{}/", signer.tenant)];
    let foreign = |idp: &str| !idp.is_empty() && own.iter().all(|own| own != idp);
    let acct = claims.get("acct");
    let marked = acct.is_some_and(|acct| acct == &json!(1) || acct == &json!("1"));
    let guest = marked || claims.get("idp").and_then(Value::as_str).is_some_and(foreign);
    let expected = if claims["tid"] == PERSONAL {
        Err(Code::PersonalAccount)
    } else if guest {
        Err(Code::GuestNotAllowed)
    } else {
        Ok(())
    };
    assert_eq!(identity.admit(None), expected);
    assert_eq!(identity.admit(Some(signer.tenant)), expected);
    assert!(identity.admit(Some(TenantId::from_u128(1))).is_err() || signer.tenant == TenantId::from_u128(1));
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(digits)
}

fn half_hash(text: &str) -> Value {
    json!(URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16]))
}
