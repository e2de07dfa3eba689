//! API keys and access tokens: what is taken for one has its checksum, names its owner, and reads back as it was.
//!
//! The first byte of the input says whether the rest is a key or lacks its checksum, which libFuzzer cannot guess.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use onboarding_core::credential::{ApiKey, Caller, Environment, KeyId, KeyOwner, NotAccepted, authenticate};
use onboarding_core::id::ResellerId;
use onboarding_core::reseller::{Reseller, ResellerStatus, TokenMode};
use onboarding_core::time::Timestamp;
use onboarding_core::token::{AccessToken, TokenId};
use onboarding_fuzz::NOW;
use ring::digest::{SHA256, digest};

fuzz_target!(|input: &[u8]| {
    let [kind, text @ ..] = input else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let text = if *kind == b's' { format!("{text}{}", checksum(text)) } else { text.to_owned() };
    for (environment, other, prefix) in
        [(Environment::Live, Environment::Test, "onb_live_"), (Environment::Test, Environment::Live, "onb_test_")]
    {
        if let Ok(token) = AccessToken::parse(&text, environment) {
            let id = token.id().to_string();
            assert_eq!(id.parse::<TokenId>().as_ref(), Ok(token.id()));
            assert!(id.starts_with(&format!("{}.", token.id().key())), "{id} does not name its key");
            assert!(ApiKey::parse(&text, environment).is_err(), "a token is no key");
            assert!(!format!("{token:?}").contains(&text), "it shows itself");
            assert!(AccessToken::parse(&text, other).is_err(), "it is good in two places");
        }
        let Ok(key) = ApiKey::parse(&text, environment) else { continue };
        let id = key.id().to_string();
        assert!(text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(&format!("{id}_"))), "{id}");
        assert!(text.is_ascii() && text.ends_with(&checksum(&text[..text.len() - 6])), "the checksum of {id}");
        assert_eq!(id.parse::<KeyId>().as_ref(), Ok(key.id()));
        assert_eq!(key.expose(), text);
        assert!(!format!("{key:?}").contains(&text), "it shows itself");
        assert!(ApiKey::parse(&text, other).is_err(), "it is good in two places");
        opens_for_its_owner(&key);
    }
});

fn opens_for_its_owner(key: &ApiKey) {
    let (record, owner) = (key.record(NOW), key.id().owner());
    let caller = |reseller, now| authenticate(key, Some(&record), reseller, now);
    match owner {
        KeyOwner::Operator => assert!(matches!(caller(None, NOW), Ok(Caller::Operator { .. }))),
        KeyOwner::Reseller(id) => {
            assert!(matches!(caller(Some(reseller(id)), NOW), Ok(Caller::Reseller { .. })));
            assert_eq!(caller(None, NOW), Err(NotAccepted));
            let other = if id.get() == 1 { 2 } else { 1 };
            assert_eq!(caller(Some(reseller(other.try_into().expect("an id"))), NOW), Err(NotAccepted));
        }
    }
    let mut ended = record.clone();
    ended.expires_at = Some(NOW);
    assert_eq!(authenticate(key, Some(&ended), None, NOW), Err(NotAccepted));
}

fn reseller(id: ResellerId) -> Reseller {
    Reseller {
        id,
        name: "Acme".parse().expect("a name"),
        redirect_hosts: Vec::new(),
        events_url: None,
        status: ResellerStatus::Active,
        token_mode: TokenMode::Handles,
        activation: None,
        created_at: Timestamp::from_seconds(0),
        webhook_keys_changed_at: None,
        revoked_keys: BTreeMap::new(),
        revision: 0,
    }
}

/// The first 30 bits of the SHA-256, five to a character.
fn checksum(signed: &str) -> String {
    let hash = digest(&SHA256, signed.as_bytes());
    let bits = hash.as_ref()[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digit = |at: u64| {
        char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[usize::try_from(bits >> (35 - 5 * at) & 31).expect("5 bits")])
    };
    (0..6).map(digit).collect()
}
