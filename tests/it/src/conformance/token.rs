//! What the token says: issuer, audience, dates, nonce and hashes.

use onboarding_core::time::Clock as _;
use serde_json::{Value, json};
use simulated_microsoft::{FABRIKAM, NORTHWIND};

use crate::attack::target::Target;

/// G01 The flow as it is meant to be: `code id_token` by `form_post`, with a nonce.
#[tokio::test]
async fn oidcc_client_test() {
    let target = Target::new().await;
    let asked = |name: &str| {
        let link = url::Url::parse(&target.link).unwrap();
        link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    assert_eq!(asked("response_type").as_deref(), Some("id_token code"));
    assert_eq!(asked("response_mode").as_deref(), Some("form_post"));
    assert_eq!(asked("nonce").as_deref(), Some(target.nonce()));
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    target.still_works().await;
}

/// G24, G25, T23 The issuer is that of the token's own tenant, to the letter.
#[tokio::test]
async fn oidcc_client_test_invalid_iss() {
    let target = Target::new().await;
    let good = target.claims["iss"].as_str().unwrap().to_owned();
    let (tenant, base) = (target.claims["tid"].as_str().unwrap(), target.world.microsoft().base_url());
    for bad in [
        good.replace(tenant, FABRIKAM.id),
        good.replace(tenant, "{tenantid}"),
        good.replace(tenant, "common"),
        good.replace(tenant, &tenant.to_uppercase()),
        good.replace("/v2.0", ""),
        format!("{good}/"),
        good.replacen("http://", "https://", 1),
        good.replacen("http://", "HTTP://", 1),
        format!("https://sts.windows.net/{tenant}/"),
        format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        format!("https://login.microsoftonline.us/{tenant}/v2.0"),
        format!("{base}.evil.example/{tenant}/v2.0"),
        format!(" {good}"),
        String::new(),
    ] {
        target.refuses(&target.with("iss", bad)).await;
    }
    for bad in [Value::Null, json!([good]), json!({ "iss": good }), json!(1)] {
        target.refuses(&target.with("iss", bad)).await;
    }
    target.still_works().await;
}

/// T23 No issuer.
#[tokio::test]
async fn fapi2_client_test_missing_iss() {
    let target = Target::new().await;
    target.refuses(&target.without("iss")).await;
    target.still_works().await;
}

/// G32 No subject, or none that is a text.
#[tokio::test]
async fn oidcc_client_test_missing_sub() {
    let target = Target::new().await;
    target.refuses(&target.without("sub")).await;
    for bad in [json!(""), Value::Null, json!(7), json!(["x"])] {
        target.refuses(&target.with("sub", bad)).await;
    }
    target.still_works().await;
}

/// G23, T22 Another audience.
#[tokio::test]
async fn oidcc_client_test_invalid_aud() {
    let target = Target::new().await;
    let good = target.claims["aud"].as_str().unwrap().to_owned();
    let other = json!(NORTHWIND.id);
    for bad in [
        other.clone(),
        json!([other]),
        json!([]),
        json!(""),
        Value::Null,
        json!(1),
        json!([[good]]),
        json!({ "0": good }),
        json!(good.to_uppercase()),
        json!(format!("api://{good}")),
        json!(format!("{good} ")),
        json!(format!("{good} {good}")),
    ] {
        target.refuses(&target.with("aud", bad)).await;
    }
    target.refuses(&target.with("azp", other)).await;
    target.still_works().await;
}

/// G23 No audience.
#[tokio::test]
async fn oidcc_client_test_missing_aud() {
    let target = Target::new().await;
    target.refuses(&target.without("aud")).await;
    target.still_works().await;
}

/// G23, T22 Two audiences, ours among them.
#[tokio::test]
async fn fapi2_client_test_secondary_aud() {
    let target = Target::new().await;
    let good = &target.claims["aud"];
    for bad in [json!([good, NORTHWIND.id]), json!([NORTHWIND.id, good]), json!([good, good]), json!([good, null])] {
        target.refuses(&target.with("aud", bad)).await;
    }
    target.still_works().await;
}

/// G23 An array of our audience alone is our audience.
#[tokio::test]
async fn fapi2_client_test_valid_aud_as_array() {
    let target = Target::new().await;
    let claims = target.with("aud", json!([target.claims["aud"]]));
    target.accepts(target.signed(&target.header, &claims)).await;
}

/// G32, T25 No date of issue, one that is not a date, or one in the future.
#[tokio::test]
async fn oidcc_client_test_missing_iat() {
    let target = Target::new().await;
    let now = target.world.sandbox.clock().now().seconds();
    target.refuses(&target.without("iat")).await;
    for bad in [Value::Null, json!(now.to_string()), json!(1e99), json!(now + 120)] {
        target.refuses(&target.with("iat", bad)).await;
    }
    target.still_works().await;
}

/// G28, T25 Past its end by more than the skew. Time goes on while the test runs, so the seconds stand in
/// `attack::token`, where it does not.
#[tokio::test]
async fn fapi2_client_test_invalid_expired_exp() {
    let target = Target::new().await;
    let now = target.world.sandbox.clock().now().seconds();
    for bad in [json!(now - 61), json!(now - 3_600), json!(0), json!(-1), json!(i64::MIN)] {
        target.refuses(&target.with("exp", bad)).await;
    }
    target.accepts(target.signed(&target.header, &target.with("exp", now - 30))).await;
}

/// G29, G30, G31, T25 No end, or dates that are no dates: never taken for absent (CVE-2026-25537).
#[tokio::test]
async fn fapi2_client_test_missing_exp() {
    let target = Target::new().await;
    target.refuses(&target.without("exp")).await;
    for bad in [Value::Null, json!("9999999999"), json!(1e99), json!(9_999_999_999.5), json!([9_999_999_999_u64])] {
        target.refuses(&target.with("exp", bad)).await;
    }
    let late = target.world.sandbox.clock().now().seconds() + 3_600;
    for bad in [json!(late), json!(late.to_string()), json!("9999999999"), Value::Null, json!(true)] {
        target.refuses(&target.with("nbf", bad)).await;
    }
    target.still_works().await;
}

/// G33, T26 A nonce is always sent, so a token without one is none of ours.
#[tokio::test]
async fn oidcc_client_test_nonce_unless_code_flow() {
    let target = Target::new().await;
    assert!(target.link.contains("nonce="));
    target.refuses(&target.without("nonce")).await;
    target.still_works().await;
}

/// G33 The same, by FAPI's name.
#[tokio::test]
async fn fapi2_client_test_missing_nonce() {
    let target = Target::new().await;
    target.refuses(&target.without("nonce")).await;
    for bad in [json!(""), Value::Null, json!(0), json!([])] {
        target.refuses(&target.with("nonce", bad)).await;
    }
    target.still_works().await;
}

/// G33, T26 Another nonce, that of another link of the same enterprise included.
#[tokio::test]
async fn oidcc_client_test_nonce_invalid() {
    let target = Target::new().await;
    let other = url::Url::parse(&target.other_link().await).unwrap();
    let other = other.query_pairs().find(|(key, _)| key == "nonce").unwrap().1.into_owned();
    let good = target.nonce().to_owned();
    for bad in [other, good[1..].to_owned(), format!("{good}A"), format!("{good} "), good.to_lowercase(), "null".into()]
    {
        target.refuses(&target.with("nonce", bad)).await;
    }
    target.refuses(&target.with("nonce", json!([good]))).await;
    target.still_works().await;
}

/// G34, T27 A hash of another code, of half the length, of the whole digest, or of another digest.
#[tokio::test]
async fn oidcc_client_test_invalid_chash() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use ring::digest::{SHA256, SHA384, SHA512, digest};
    let target = Target::new().await;
    let good = target.claims["c_hash"].as_str().unwrap().to_owned();
    let code = target.code().as_bytes();
    let hash =
        |algorithm, bytes: &[u8], length: usize| URL_SAFE_NO_PAD.encode(&digest(algorithm, bytes).as_ref()[..length]);
    assert_eq!(hash(&SHA256, code, 16), good);
    let half = digest(&SHA256, code).as_ref()[..16].to_vec();
    let mut bad = vec![
        hash(&SHA256, b"another code", 16),
        hash(&SHA256, b"", 16),
        hash(&SHA256, code, 8),
        hash(&SHA256, code, 15),
        hash(&SHA256, code, 17),
        hash(&SHA256, code, 32),
        hash(&SHA384, code, 24),
        hash(&SHA512, code, 16),
        hash(&SHA512, code, 32),
        URL_SAFE.encode(&half),
        target.code().to_owned(),
    ];
    bad.extend(Some(STANDARD_NO_PAD.encode(half)).filter(|other| *other != good));
    for bad in bad {
        target.refuses(&target.with("c_hash", bad)).await;
    }
    target.still_works().await;
}

/// G34, T27 No hash of the code, or none that is a text.
#[tokio::test]
async fn oidcc_client_test_missing_chash() {
    let target = Target::new().await;
    target.refuses(&target.without("c_hash")).await;
    for bad in [json!(""), Value::Null, json!(0), json!([target.claims["c_hash"]])] {
        target.refuses(&target.with("c_hash", bad)).await;
    }
    target.still_works().await;
}

/// Without an access token beside it there is no `at_hash` to miss.
#[tokio::test]
async fn oidcc_client_test_missing_athash() {
    let target = Target::new().await;
    assert!(target.claims.get("at_hash").is_none());
    target.still_works().await;
}

/// G26, T24 A tenant that is none.
#[tokio::test]
async fn the_tenant_is_a_guid() {
    let target = Target::new().await;
    let good = target.claims["tid"].as_str().unwrap().to_owned();
    target.refuses(&target.without("tid")).await;
    let bad =
        [json!("common"), json!("contoso.com"), json!(""), Value::Null, json!(good.to_uppercase()), json!([good])];
    for bad in bad.into_iter().chain([json!(good.replace('-', "")), json!(format!("{{{good}}}")), json!(0)]) {
        target.refuses(&target.with("tid", bad)).await;
    }
    target.still_works().await;
}
