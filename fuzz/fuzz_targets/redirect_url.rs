//! `redirectUrl`: what is accepted is, for every reader, https on port 443 of a listed host, as written (T45).
//!
//! The first byte of the input says whether the deployment is a sandbox; the rest is the URL, and a host as well.

#![no_main]

use libfuzzer_sys::fuzz_target;
use onboarding_core::redirect_url::{MAX_URL_LENGTH, RedirectHost, RedirectPolicy, RedirectUrl};
use url::{Host, Url};

const LISTED: [&str; 4] = ["hooks.example.com", "xn--bcher-kva.example", "127.0.0.1", "::1"];

fuzz_target!(|input: &[u8]| {
    let [sandbox, text @ ..] = input else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let policy = RedirectPolicy { insecure: sandbox & 1 == 1 };
    let listed: Vec<RedirectHost> = LISTED.iter().map(|host| host.parse().expect("a host")).collect();
    if let Ok(redirect) = RedirectUrl::parse(text, &listed, policy) {
        is_plain(text, &redirect);
        if policy.insecure {
            is_tolerable(text);
        } else {
            is_strict(text);
        }
        assert!(redirect.is_listed(&listed) && !redirect.is_listed(&[]));
        assert_eq!(RedirectUrl::parse(redirect.as_str(), &listed, policy).as_ref(), Ok(&redirect));
        let kept = serde_json::to_string(&redirect).expect("a URL is JSON");
        assert_eq!(serde_json::from_str::<RedirectUrl>(&kept).ok(), Some(redirect));
    }
    if let Ok(host) = text.parse::<RedirectHost>() {
        is_one_host(host);
    }
});

/// One spelling, nothing beside the URL, and nothing in it that is not shown.
fn is_plain(text: &str, redirect: &RedirectUrl) {
    assert_eq!(redirect.as_str(), text);
    assert!(text.len() <= MAX_URL_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    let url = Url::parse(text).expect("a URL");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{text}");
    assert!(!text.contains(['@', '#']), "{text}");
    let (before, _) = text.split_once('?').unwrap_or((text, ""));
    assert!(!before.contains('\\') && !before.contains("/../") && !before.ends_with("/.."), "{text}");
}

fn is_strict(text: &str) {
    let url = Url::parse(text).expect("a URL");
    assert_eq!((url.scheme(), url.port_or_known_default()), ("https", Some(443)), "{text}");
    assert!(matches!(url.host(), Some(Host::Domain(host)) if LISTED.contains(&host)), "{text}");
    // As text, for a reader that has no parser.
    let rest = LISTED[..2].iter().find_map(|host| text.strip_prefix(&format!("https://{host}")));
    assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])), "{text}");
}

fn is_tolerable(text: &str) {
    let url = Url::parse(text).expect("a URL");
    assert!(matches!(url.scheme(), "http" | "https"), "{text}");
    let host = url.host_str().expect("a host").trim_matches(['[', ']']);
    assert!(LISTED.contains(&host), "{text}");
}

/// A host is one host however often it is read and written, and it lists itself alone.
fn is_one_host(host: RedirectHost) {
    let text = String::from(host.clone());
    assert_eq!(RedirectHost::try_from(text.clone()).as_ref(), Ok(&host), "{text}");
    let url = format!("https://{text}/");
    let strict = RedirectUrl::parse(&url, std::slice::from_ref(&host), RedirectPolicy::default());
    assert!(strict.is_ok() || !host.is_public_name(), "{text}: {strict:?}");
    let foreign = RedirectUrl::parse("https://foreign.example/", &[host], RedirectPolicy { insecure: true });
    assert!(foreign.is_err() || text == "foreign.example", "{text}");
}
