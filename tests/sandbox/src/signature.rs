//! Whether a webhook is signed: Standard Webhooks 1.0.0, read from the specification and not from our sender's code,
//! so that a fault of the sender shows.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::time::Timestamp;
use ring::hmac;

/// How far `webhook-timestamp` may be from now, either way; the specification's libraries take 5 minutes.
const TOLERANCE: Duration = Duration::from_mins(5);

/// Whether one signature of the message was made with one of `keys`, not long ago.
pub(crate) fn is_signed<'a>(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    keys: impl Iterator<Item = &'a [u8]>,
    now: Timestamp,
) -> bool {
    let header = |name: &str| headers.get(name).map(String::as_str);
    let (Some(id), Some(timestamp), Some(signatures)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return false;
    };
    let Ok(sent_at) = timestamp.parse().map(Timestamp::from_seconds) else { return false };
    if now.since(sent_at) > TOLERANCE || sent_at.since(now) > TOLERANCE {
        return false;
    }
    let content = [id.as_bytes(), timestamp.as_bytes(), body].join(&b'.');
    let signatures: Vec<Vec<u8>> =
        signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok()).collect();
    keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key))
        .any(|key| signatures.iter().any(|signature| hmac::verify(&key, &content, signature).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the specification's reference libraries.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SENT_AT: Timestamp = Timestamp::from_seconds(1_614_265_330);

    fn headers(signature: &str) -> BTreeMap<String, String> {
        let pairs = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn check(signature: &str, body: &[u8], now: Timestamp) -> bool {
        let key = STANDARD.decode(SECRET).unwrap();
        is_signed(&headers(signature), body, [b"another".as_slice(), &key].into_iter(), now)
    }

    #[test]
    fn the_example_of_the_specification_is_signed() {
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(check(right, BODY, SENT_AT));
        assert!(check(&format!("v1a,xyz v1,AAAA {right}"), BODY, SENT_AT.plus(Duration::from_mins(4))));
        assert!(!check(right, b"{}", SENT_AT));
        assert!(!check(right, BODY, SENT_AT.plus(Duration::from_mins(6))));
        assert!(!check("v1,AAAA", BODY, SENT_AT));
        assert!(!check("", BODY, SENT_AT));
    }
}
