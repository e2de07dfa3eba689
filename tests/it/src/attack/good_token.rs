//! The table of payloads and headers that are unusual and right: none of them may be refused.

use serde_json::{Map, Value, json};

/// Payloads that say what a token must say, at `now`, in every way that is allowed.
pub(crate) fn good_payloads(good: &Map<String, Value>, now: i64) -> Vec<(String, Vec<u8>)> {
    let mut rows: Vec<(String, Vec<u8>)> = Vec::new();
    let mut with = |changes: &[(&str, Value)]| {
        let mut claims = good.clone();
        claims.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let what: String = format!("{changes:?}").chars().take(80).collect();
        rows.push((what, Value::Object(claims).to_string().into_bytes()));
    };
    with(&[]);
    let us = good["aud"].clone();
    with(&[("aud", json!([us]))]);
    with(&[("aud", json!([us])), ("azp", us.clone())]);
    with(&[("azp", us)]);
    for exp in [now - 59, now - 30, now, now + 1, now + 60, now + 86_400, i64::MAX] {
        with(&[("exp", json!(exp))]);
    }
    for issued in [now + 60, now + 59, now + 30, now, now - 59, now - 86_400, 1, 0, -1] {
        with(&[("iat", json!(issued))]);
        with(&[("nbf", json!(issued))]);
        with(&[("iat", json!(issued)), ("nbf", json!(issued))]);
    }
    let (tenant, issuer) = (good["tid"].as_str().unwrap(), good["iss"].clone());
    for idp in [issuer, json!(format!("https://sts.windows.net/{tenant}/"))] {
        with(&[("idp", idp)]);
    }
    with(&[("acct", json!(0))]);
    // What Entra can be told to add, what it may add one day, and what nobody has heard of.
    let known = "acrs amr at_hash auth_time ctry email email_verified family_name fwd given_name groups hasgroups \
                 in_corp ipaddr login_hint name onprem_sid puid pwd_exp pwd_url rh roles sid tenant_ctry \
                 tenant_region_scope unique_name upn uti verified_primary_email verified_secondary_email vnet wids \
                 xms_cc xms_edov xms_pdl xms_pl xms_st xms_tpl ztdid _claim_names _claim_sources";
    for (at, name) in known.split_whitespace().enumerate() {
        let values = [json!("x"), json!(1), json!(["a", "b"]), json!({"a": {"b": [null]}}), Value::Null, json!(1.5)];
        with(&[(name, values[at % values.len()].clone())]);
    }
    for (name, value) in [
        ("x", json!("x".repeat(4_096))),
        ("\u{1f600}", json!("\u{202e}\u{feff}\u{0}")),
        ("", json!("")),
        ("AUD", json!("other")),
        ("Iss", json!("other")),
        ("constructor", json!({"__proto__": {}})),
        ("deep", (0..100).fold(json!(1), |inner, _| json!([inner]))),
        ("preferred_username", Value::Null),
        ("preferred_username", json!(7)),
        ("preferred_username", json!("x".repeat(1_024))),
        ("sub", json!("another")),
        ("sub", json!("x".repeat(255))),
    ] {
        with(&[(name, value)]);
    }
    for absent in ["nbf", "ver", "name", "preferred_username", "uti", "rh"] {
        let mut claims = good.clone();
        claims.remove(absent);
        rows.push((format!("no {absent}"), Value::Object(claims).to_string().into_bytes()));
    }
    let text = Value::Object(good.clone()).to_string();
    let turned: Vec<String> = good.iter().rev().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let escaped = text.replace("\"aud\"", "\"\\u0061ud\"").replace('/', "\\/");
    for spelt in [
        format!("{{{}}}", turned.join(",")),
        serde_json::to_string_pretty(good).unwrap(),
        format!(" {text}\r\n"),
        escaped,
    ] {
        rows.push(("another spelling".to_owned(), spelt.into_bytes()));
    }
    rows
}

/// Headers that Entra's tokens have or could have, for the key `kid`.
pub(crate) fn good_headers(kid: &str) -> Vec<Vec<u8>> {
    [
        json!({"typ": "JWT", "alg": "RS256", "kid": kid}),
        json!({"alg": "RS256", "kid": kid}),
        json!({"kid": kid, "alg": "RS256", "typ": "JWT", "x5t": kid, "nonce": "n", "cty": "x"}),
    ]
    .map(|header| header.to_string().into_bytes())
    .to_vec()
}
