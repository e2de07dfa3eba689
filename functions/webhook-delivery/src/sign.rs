//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, one per live key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::id::DeliveryId;
use onboarding_core::time::Timestamp;
use ring::hmac::{HMAC_SHA256, Key, sign};

/// `v1,<base64>` for each key, separated by spaces: during a rotation a receiver accepts either.
pub(crate) fn signature<'a>(
    keys: impl Iterator<Item = &'a [u8]>,
    id: &DeliveryId,
    at: Timestamp,
    body: &[u8],
) -> String {
    let signed = [id.as_str().as_bytes(), b".", at.seconds().to_string().as_bytes(), b".", body].concat();
    let one = |key| format!("v1,{}", STANDARD.encode(sign(&Key::new(HMAC_SHA256, key), &signed)));
    keys.map(one).collect::<Vec<_>>().join(" ")
}

/// The three headers. The id stays the same over all attempts; the timestamp is the attempt's own.
pub(crate) fn headers(id: &DeliveryId, at: Timestamp, signature: &str) -> [(&'static str, String); 3] {
    [
        ("webhook-id", id.to_string()),
        ("webhook-timestamp", at.seconds().to_string()),
        ("webhook-signature", signature.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_614_265_330);

    fn id() -> DeliveryId {
        "msg_00000000000000000000000001".parse().unwrap()
    }

    #[test]
    fn two_live_keys_make_two_signatures() {
        let both = signature([b"one".as_slice(), b"two"].into_iter(), &id(), AT, b"{}");
        let alone = |key: &'static [u8]| signature(std::iter::once(key), &id(), AT, b"{}");
        assert_eq!(both, format!("{} {}", alone(b"one"), alone(b"two")));
    }

    #[test]
    fn every_signed_part_changes_the_signature() {
        let sign = |at, body: &[u8]| signature(std::iter::once(b"key".as_slice()), &id(), at, body);
        assert_ne!(sign(AT, b"{}"), sign(AT, b"{ }"));
        assert_ne!(sign(AT, b"{}"), sign(Timestamp::from_seconds(1_614_265_331), b"{}"));
    }
}
