//! Properties over arbitrary input: nothing panics, and what is accepted is what it says it is.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_core::random::SystemRandomness;
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use onboarding_core::seal::Purpose;
use onboarding_core::state::State;
use onboarding_core::time::Timestamp;
use onboarding_lambda::body::Form;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use url::Url;

use super::forge::{Forger, jws};
use super::state::{HERE, NOW, ring, sealed};
use super::target::Target;

/// Cases of each property. A long run takes 1,000,000.
const CASES: u32 = 4_000;

/// Runs a property; prints what it did and how many of its inputs were accepted.
fn check<S: Strategy>(what: &str, inputs: &S, property: impl Fn(S::Value) -> Result<bool, TestCaseError>) -> u32 {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let (began, accepted) = (Instant::now(), Cell::new(0));
    let run = TestRunner::new(config).run(inputs, |input| {
        accepted.set(accepted.get() + u32::from(property(input)?));
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{what}: {failure}");
    }
    eprintln!("{what}: {CASES} inputs, {} accepted, in {:?}", accepted.get(), began.elapsed());
    accepted.get()
}

fn ensure(holds: bool, why: impl Into<String>) -> Result<(), TestCaseError> {
    if holds { Ok(()) } else { Err(TestCaseError::fail(why.into())) }
}

/// One name or value of a form, spelt in one of several ways.
fn escaped(text: &str, how: u8) -> String {
    text.bytes()
        .map(|byte| match how % 3 {
            0 => format!("%{byte:02x}"),
            1 => format!("%{byte:02X}"),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// T41, T43 The form parser never panics, never takes a field twice, and reads as the URL standard does.
#[test]
fn a_form_has_each_field_once() {
    let noise = vec(any::<u8>(), 0..200);
    let like = "[a-c=&%+;0-9é\u{0}]{0,60}".prop_map(String::into_bytes);
    let accepted = check("forms", &prop_oneof![noise, like], |bytes| {
        let Ok(mut form) = Form::parse(&bytes) else { return Ok(false) };
        let standard: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
        let names: BTreeSet<&String> = standard.iter().map(|(name, _)| name).collect();
        ensure(names.len() == standard.len(), "a field stands twice")?;
        for (name, value) in &standard {
            ensure(form.take(name).as_ref() == Some(value), format!("{name} is read otherwise"))?;
            ensure(form.take(name).is_none(), "a field is taken twice")?;
        }
        Ok(true)
    });
    assert!(accepted > CASES / 50, "{accepted}");
    let name = "[^\u{0}]{0,8}";
    let twice = (name, vec((name, name), 0..6), any::<[u8; 2]>(), 0_usize..7, 0_usize..7);
    let accepted = check("forms with a field twice", &twice, |(name, others, how, first, second)| {
        let mut fields: Vec<String> = others
            .iter()
            .enumerate()
            .map(|(at, (key, value))| format!("{at}{}={}", escaped(key, 2), escaped(value, 0)))
            .collect();
        for (how, at) in how.into_iter().zip([first, second]) {
            // A lone empty name without a value would be no field at all.
            fields.insert(at.min(fields.len()), format!("{}={}", escaped(&name, how), escaped("v", how)));
        }
        Ok(Form::parse(fields.join("&").as_bytes()).is_ok())
    });
    assert_eq!(accepted, 0);
}

/// T01 Whatever comes as a state, opening it does not panic; only what we sealed as a state opens.
#[test]
fn no_text_makes_a_state_panic() {
    let keys = ring();
    let genuine = sealed(&keys, HERE, true);
    let prefix = genuine[..6].to_owned();
    let any_text = ".{0,80}".prop_map(|text: String| text);
    let digits = "[A-Za-z0-9_-]{0,540}";
    let named = digits.prop_map(move |tail: String| format!("{prefix}{tail}"));
    let bytes = vec(any::<u8>(), 0..120).prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    let accepted = check("states", &prop_oneof![any_text, digits, named, bytes], |text: String| {
        let at = Timestamp::from_millis(i64::MAX);
        Ok(State::open(&text, &keys, HERE, NOW).is_ok() || State::open(&text, &keys, HERE, at).is_ok())
    });
    assert_eq!(accepted, 0);
    let random = SystemRandomness::new();
    let context = format!("{}\0{}", HERE.client_id, HERE.redirect_uri);
    let plain = keys.open(Purpose::ConsentState, &context, &genuine, NOW).unwrap();
    let spoilt = (0..plain.len(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut plain = plain.clone();
        plain[at] = byte;
        plain
    });
    check("contents under our own seal", &prop_oneof![vec(any::<u8>(), 0..80), spoilt], |content| {
        let text = keys.seal(Purpose::ConsentState, &context, &content, (NOW, &random));
        Ok(State::open(&text, &keys, HERE, NOW.minus(Duration::from_hours(1))).is_ok())
    });
}

/// T45 An accepted `redirectUrl` is https on a listed host for every reader: as text, and as the URL standard reads it.
#[test]
fn a_redirect_url_is_what_it_seems() {
    const LISTED: &str = "hooks.example.com";
    let listed: Vec<RedirectHost> = vec![LISTED.parse().unwrap()];
    let scheme = select(vec![
        "https://",
        "https://",
        "https://",
        "http://",
        "HTTPS://",
        "https:/",
        "https:\\\\",
        "//",
        "ftp://",
        "",
    ]);
    let user = select(vec!["", "", "", "", "a@", "a:b@", "hooks.example.com@", "@", "%40", "\\@"]);
    let host = select(vec![
        LISTED,
        LISTED,
        LISTED,
        LISTED,
        "HOOKS.example.com",
        "hooks.example.com.",
        "hooks.example.com.evil.example",
        "evil.example",
        "hooks\u{3002}example.com",
        "hooks.example.com%2eevil.example",
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "",
    ]);
    let port = select(vec!["", "", "", "", ":443", ":8443", ":", ":0", ":99999"]);
    let rest = prop_oneof![
        Just(String::new()),
        "(/[a-z0-9._~-]{0,6}){0,3}(\\?[a-z0-9=&%]{0,8})?",
        "[/?#@:;.\\\\\t\n %a-z0-9é]{0,12}",
        Just("/a/../b".to_owned()),
        Just("/#".to_owned()),
    ];
    let built = (scheme, user, host, port, rest)
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}{user}{host}{port}{rest}"));
    let nearly = "https://hooks\\.example\\.com[/?]?[a-z0-9=&%/._~?@#:\\\\ é-]{0,6}";
    let texts = prop_oneof![6 => built, 2 => nearly, 1 => ".{0,60}", 1 => "https://.{0,40}"];
    let accepted = check("redirect URLs", &texts, |text: String| {
        let Ok(redirect) = RedirectUrl::parse(&text, &listed, RedirectPolicy::default()) else { return Ok(false) };
        ensure(redirect.as_str() == text, "it was altered")?;
        let url = Url::parse(&text).map_err(|_| TestCaseError::fail("not a URL"))?;
        ensure(url.scheme() == "https" && url.host_str() == Some(LISTED), format!("{url}"))?;
        ensure(url.port_or_known_default() == Some(443), "another port")?;
        ensure(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "decorated")?;
        let rest = text.strip_prefix("https://hooks.example.com").ok_or_else(|| TestCaseError::fail("as text"))?;
        ensure(rest.is_empty() || rest.starts_with(['/', '?']), format!("{rest} goes on"))?;
        // The standard leaves a backslash alone in a query, where it ends no host any more.
        let path = rest.split('?').next().unwrap_or_default();
        ensure(!path.contains('\\') && !rest.contains(['@', '#']), format!("{rest:?}"))?;
        ensure(rest.chars().all(|letter| letter.is_ascii_graphic()), format!("{rest:?}"))?;
        Ok(true)
    });
    assert!(accepted > CASES / 50, "{accepted}");
}

/// A sign-in to judge tokens by, and the runtime in which it lives.
fn target() -> (tokio::runtime::Runtime, Target, Forger, tempfile::TempDir) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (target, forger, data) = runtime.block_on(Target::with_keys());
    (runtime, target, forger, data)
}

/// T18-T30 Whatever comes as a token, reading it does not panic, and nothing that Microsoft did not sign is accepted;
/// neither is anything that it did sign, unless it is the answer to this very sign-in.
#[test]
fn no_text_makes_a_token_panic() {
    let (runtime, target, forger, _data) = target();
    let judge = super::token::Judge::of(&target);
    let current = forger.len() - 1;
    let header = target.header.to_string();
    let claims = target.claims.to_string();
    let good = target.good.value("id_token").unwrap().to_owned();
    let accepts = |token: &str| runtime.block_on(judge.judge(token)).is_ok();
    assert!(accepts(&good));
    let part = prop_oneof![
        "[A-Za-z0-9_=+/-]{0,40}",
        ".{0,20}",
        "(\\PC|\u{0}){0,30}".prop_map(|text| URL_SAFE_NO_PAD.encode(text))
    ];
    let joined = vec(part, 0..6).prop_map(|parts| parts.join("."));
    let unsigned =
        (json(), json()).prop_map(|(header, payload)| jws(header.as_bytes(), payload.as_bytes(), |_| vec![1; 256]));
    let by_name = json().prop_map(move |payload| jws(header.as_bytes(), payload.as_bytes(), |_| vec![1; 256]));
    let spliced = (0..good.len(), 0..good.len(), ".{0,3}").prop_map({
        let good = good.clone();
        move |(from, to, text)| format!("{}{text}{}", &good[..from.min(to)], &good[from.max(to)..])
    });
    let accepted = check("tokens", &prop_oneof![".{0,60}", joined, unsigned, by_name, spliced], |token: String| {
        Ok(token != good && accepts(&token))
    });
    assert_eq!(accepted, 0);
    let header = target.header.to_string();
    let spoilt = (0..claims.len(), ".{0,2}").prop_map(move |(at, text)| {
        let next = claims[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        format!("{}{text}{}", &claims[..at], &claims[next..])
    });
    let payloads = prop_oneof![json(), ".{0,40}", spoilt];
    check("payloads that Microsoft signed", &payloads, |payload: String| {
        let token = forger.sign(current, header.as_bytes(), payload.as_bytes());
        let accepted = accepts(&token);
        if accepted {
            // A letter of a name, of an unread claim or of the subject may differ; what is checked may not.
            let claims: serde_json::Value =
                serde_json::from_str(&payload).map_err(|_| TestCaseError::fail("no JSON"))?;
            for claim in ["aud", "iss", "tid", "nonce", "c_hash"] {
                ensure(claims[claim] == target.claims[claim], format!("{claim} of {payload}"))?;
            }
        }
        Ok(accepted)
    });
}

/// Texts that are JSON, mostly, with the names of claims and header fields.
fn json() -> impl Strategy<Value = String> {
    let names = ["alg", "kid", "typ", "aud", "iss", "tid", "exp", "nbf", "iat", "nonce", "sub", "oid", "c_hash", "ver"];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("\"RS256\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|value| value.to_string()),
        ".{0,8}".prop_map(|text: String| serde_json::Value::String(text).to_string()),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        let field = (select(names.to_vec()), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            vec(field, 0..8).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}
