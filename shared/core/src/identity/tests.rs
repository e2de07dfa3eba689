use super::*;
use crate::cloud::Cloud;
use serde_json::json;

const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const NOW: i64 = 1_800_000_000;

/// A person who signed in, for the tests of what is judged then.
pub(crate) fn identity_of((tenant, object): (TenantId, ObjectId), name: &str, guest: bool) -> VerifiedIdentity {
    let signer = Signer { tenant, object, user_principal_name: Some(name.to_owned()) };
    VerifiedIdentity {
        signer,
        issuer: format!("https://login.example/{tenant}"),
        subject: SecretHash::of(&object.to_string()),
        guest,
    }
}

fn good() -> Value {
    json!({
        "aud": "cccccccc-0000-4000-8000-000000000001",
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "tid": TENANT,
        "iat": NOW, "nbf": NOW, "exp": NOW + 3_600,
        "nonce": "n",
        "c_hash": URL_SAFE_NO_PAD.encode(&digest(&SHA256, b"code").as_ref()[..16]),
        "sub": "s",
        "oid": "bbbbbbbb-0000-4000-8000-000000000001",
        "preferred_username": "grace@contoso.example",
        "ver": "2.0"
    })
}

fn check_at(claims: &Value, key_issuer: Option<&str>, now: i64) -> Result<VerifiedIdentity, IdentityFault> {
    let endpoints = Endpoints::of(Cloud::Global, None, None);
    let client = ApplicationId::from_u128(0xcccc_cccc_0000_4000_8000_0000_0000_0001);
    let expected =
        Expected { client, endpoints: &endpoints, nonce: "n", code: Some("code"), access_token: Some("token") };
    let signed = SignedClaims::signature_checked(claims.as_object().cloned().unwrap(), key_issuer.map(str::to_owned));
    verify(&signed, expected, Timestamp::from_seconds(now))
}

fn check(change: impl FnOnce(&mut Map<String, Value>)) -> Result<VerifiedIdentity, IdentityFault> {
    let mut claims = good();
    change(claims.as_object_mut().unwrap());
    check_at(&claims, None, NOW)
}

fn with(claim: &str, value: Value) -> Result<VerifiedIdentity, IdentityFault> {
    check(|claims| drop(claims.insert(claim.to_owned(), value)))
}

fn without(claim: &str) -> Result<VerifiedIdentity, IdentityFault> {
    check(|claims| drop(claims.remove(claim)))
}

/// R115 The documented token is accepted, and names person and tenant.
#[test]
fn a_sound_token_is_an_identity() {
    let identity = check(|_| ()).unwrap();
    assert_eq!(identity.signer().tenant.to_string(), TENANT);
    assert_eq!(identity.signer().user_principal_name.as_deref(), Some("grace@contoso.example"));
    assert_eq!(identity.admit(None), Ok(()));
}

/// R115, G23 One audience, ours.
#[test]
fn another_audience_is_refused() {
    let client = "cccccccc-0000-4000-8000-000000000001";
    assert!(with("aud", json!([client])).is_ok());
    for aud in [json!("x"), json!([client, "x"]), json!([]), json!([client, client]), json!(null), json!({})] {
        assert_eq!(with("aud", aud.clone()).unwrap_err(), IdentityFault::Audience, "{aud}");
    }
    assert_eq!(without("aud").unwrap_err(), IdentityFault::Audience);
    assert_eq!(with("azp", json!("other")).unwrap_err(), IdentityFault::Version);
    assert_eq!(with("ver", json!("1.0")).unwrap_err(), IdentityFault::Version);
}

/// R115, G24-G26 The issuer is the token's own tenant at our cloud, to the letter.
#[test]
fn another_issuer_is_refused() {
    let other = "aaaaaaaa-0000-4000-8000-000000000002";
    for iss in [
        format!("https://login.microsoftonline.com/{other}/v2.0"),
        format!("http://login.microsoftonline.com/{TENANT}/v2.0"),
        format!("https://login.microsoftonline.com/{TENANT}"),
        format!("https://login.microsoftonline.com/{TENANT}/v2.0/"),
        format!("https://login.microsoftonline.us/{TENANT}/v2.0"),
        format!("https://sts.windows.net/{TENANT}/"),
        "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
    ] {
        assert_eq!(with("iss", json!(iss)).unwrap_err(), IdentityFault::Issuer, "{iss}");
    }
    for tid in [json!("common"), json!(TENANT.to_uppercase()), json!(7), json!("")] {
        assert_eq!(with("tid", tid.clone()).unwrap_err(), IdentityFault::Tenant, "{tid}");
    }
    assert_eq!(without("tid").unwrap_err(), IdentityFault::Tenant);
    assert_eq!(without("iss").unwrap_err(), IdentityFault::Issuer);
}

/// R115 A key that is good for one issuer does not sign for another.
#[test]
fn a_key_signs_for_its_own_issuer_only() {
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let personal = format!("https://login.microsoftonline.com/{PERSONAL_ACCOUNTS}/v2.0");
    let own = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    assert!(check_at(&good(), Some(template), NOW).is_ok());
    assert!(check_at(&good(), Some(&own), NOW).is_ok());
    assert_eq!(check_at(&good(), Some(&personal), NOW).unwrap_err(), IdentityFault::KeyIssuer);
}

/// R115, G28-G32 Dates count to the second, with 60 s of skew, and only as JSON integers.
#[test]
fn a_token_is_good_in_its_time_only() {
    assert!(check_at(&good(), None, NOW + 3_659).is_ok());
    assert_eq!(check_at(&good(), None, NOW + 3_660).unwrap_err(), IdentityFault::Expired);
    assert!(check_at(&good(), None, NOW - 60).is_ok());
    assert_eq!(check_at(&good(), None, NOW - 61).unwrap_err(), IdentityFault::NotYetValid);
    for claim in ["exp", "nbf", "iat"] {
        for value in [json!("9999999999"), json!(1.8e9), json!(1e99), json!(null), json!([]), json!(true)] {
            assert_eq!(with(claim, value.clone()).unwrap_err(), IdentityFault::NotADate, "{claim} {value}");
        }
    }
    assert_eq!(without("exp").unwrap_err(), IdentityFault::Expired);
    assert_eq!(with("exp", json!(-1)).unwrap_err(), IdentityFault::Expired);
    assert_eq!(without("iat").unwrap_err(), IdentityFault::NotYetValid);
    assert_eq!(with("nbf", json!(NOW + 61)).unwrap_err(), IdentityFault::NotYetValid);
    assert!(without("nbf").is_ok());
}

/// R110, R115, G33 The nonce is this request's own.
#[test]
fn a_nonce_of_another_request_is_refused() {
    for nonce in [json!("N"), json!(""), json!("n "), json!(null), json!(["n"])] {
        assert_eq!(with("nonce", nonce.clone()).unwrap_err(), IdentityFault::Nonce, "{nonce}");
    }
    assert_eq!(without("nonce").unwrap_err(), IdentityFault::Nonce);
}

/// R115, G34 The token belongs to this code and no other.
#[test]
fn a_code_of_another_token_is_refused() {
    let other = URL_SAFE_NO_PAD.encode(&digest(&SHA256, b"other").as_ref()[..16]);
    let whole = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"code").as_ref());
    for hash in [json!(other), json!(whole), json!(""), json!(null)] {
        assert_eq!(with("c_hash", hash.clone()).unwrap_err(), IdentityFault::CodeHash, "{hash}");
    }
    assert_eq!(without("c_hash").unwrap_err(), IdentityFault::CodeHash);
}

/// The token belongs to the access token that came with it, if it says to which.
#[test]
fn an_access_token_of_another_token_is_refused() {
    let hash = |token: &str| URL_SAFE_NO_PAD.encode(&digest(&SHA256, token.as_bytes()).as_ref()[..16]);
    assert!(with("at_hash", json!(hash("token"))).is_ok());
    for wrong in [json!(hash("other")), json!(""), json!(null), json!(7)] {
        assert_eq!(with("at_hash", wrong.clone()).unwrap_err(), IdentityFault::AccessTokenHash, "{wrong}");
    }
}

/// R115, G32 A person has a subject and an object id.
#[test]
fn a_token_without_a_person_is_refused() {
    assert_eq!(without("sub").unwrap_err(), IdentityFault::Subject);
    assert_eq!(without("oid").unwrap_err(), IdentityFault::Object);
    assert_eq!(with("oid", json!("grace")).unwrap_err(), IdentityFault::Object);
}

/// G27, G38, G45 Personal accounts, other tenants and guests are refused by policy.
#[test]
fn only_a_member_of_the_right_tenant_is_admitted() {
    let personal = check(|claims| {
        claims.insert("tid".into(), json!(PERSONAL_ACCOUNTS.to_string()));
        claims.insert("iss".into(), json!(format!("https://login.microsoftonline.com/{PERSONAL_ACCOUNTS}/v2.0")));
    });
    assert_eq!(personal.unwrap().admit(None), Err(Code::PersonalAccount));
    let member = check(|_| ()).unwrap();
    assert_eq!(member.admit(TENANT.parse().ok()), Ok(()));
    assert_eq!(member.admit(Some(TenantId::from_u128(1))), Err(Code::WrongTenant));
    for (claim, value) in [("acct", json!(1)), ("acct", json!("1")), ("idp", json!("live.com"))] {
        assert_eq!(with(claim, value).unwrap().admit(None), Err(Code::GuestNotAllowed), "{claim}");
    }
    for own in
        [format!("https://sts.windows.net/{TENANT}/"), format!("https://login.microsoftonline.com/{TENANT}/v2.0")]
    {
        assert_eq!(with("idp", json!(own)).unwrap().admit(None), Ok(()), "{own}");
    }
    assert_eq!(with("acct", json!(0)).unwrap().admit(None), Ok(()));
}

/// G36 The token endpoint must answer for the person who signed in.
#[test]
fn another_person_at_the_token_endpoint_is_noticed() {
    let front = check(|_| ()).unwrap();
    assert!(front.is_the_same_as(&check(|_| ()).unwrap()));
    assert!(!front.is_the_same_as(&with("sub", json!("t")).unwrap()));
    assert!(!front.is_the_same_as(&with("oid", json!("bbbbbbbb-0000-4000-8000-000000000002")).unwrap()));
}

/// T50, P10 No `Debug` on the way from a token to a record names the person, or shows nonce, code or token.
#[test]
fn debug_names_nobody_and_shows_no_secret() {
    let signed = SignedClaims::signature_checked(good().as_object().cloned().unwrap(), None);
    let endpoints = Endpoints::of(Cloud::Global, None, None);
    let client = ApplicationId::from_u128(1);
    let [nonce, code, token] = ["the-nonce", "the-code", "the-token"];
    let expected = Expected { client, endpoints: &endpoints, nonce, code: Some(code), access_token: Some(token) };
    let identity = check(|_| ()).unwrap();
    let text = format!("{signed:?} {expected:?} {identity:?} {:?}", identity.signer());
    for hidden in ["grace", "the-nonce", "the-code", "the-token"] {
        assert!(!text.contains(hidden), "{text}");
    }
    assert!(text.contains(TENANT), "who it is can be told apart all the same: {text}");
}
