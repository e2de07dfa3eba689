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

    /// T67 The bytes of Standard Webhooks, as `hmac` and `base64` of Python make them.
    #[test]
    fn a_signature_is_the_one_that_any_library_makes() {
        let key: Vec<u8> = (0..32).collect();
        let signature = signature([key.as_slice()].into_iter(), &id(), AT, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,iP01r7JO27FXO/+ZVHugPM1HpT/G5J1qdGT7qkbL8Ng=");
        assert_eq!(
            headers(&id(), AT, &signature),
            [
                ("webhook-id", "msg_00000000000000000000000001".to_owned()),
                ("webhook-timestamp", "1614265330".to_owned()),
                ("webhook-signature", signature)
            ]
        );
    }

    /// T67 Another id, another provider's key, a flipped bit of the body, a moved boundary: another signature.
    #[test]
    fn nothing_signed_can_be_changed_or_moved() {
        let sign =
            |key: &'static [u8], id: &str, body: &[u8]| signature([key].into_iter(), &id.parse().unwrap(), AT, body);
        let (ours, body) = ("msg_00000000000000000000000001", br#"{"type":"action.granted","data":{}}"#);
        let mut seen = std::collections::HashSet::from([sign(b"key", ours, body)]);
        assert!(seen.insert(sign(b"key", "msg_00000000000000000000000002", body)), "another id");
        assert!(seen.insert(sign(b"other", ours, body)), "another key");
        assert!(seen.insert(sign(b"key", ours, &[b".", body.as_slice()].concat())), "a moved boundary");
        for bit in 0..body.len() * 8 {
            let mut flipped = body.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(sign(b"key", ours, &flipped)), "bit {bit}");
        }
    }
}
