//! The keys that sign a reseller's webhooks (Standard Webhooks 1.0.0): `whsec_` and 24 to 64 bytes in base64.
//!
//! During a rotation two keys sign, so that a receiver may change over at any moment of it.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;
use thiserror::Error;

/// How long a former key signs beside the new one (K9).
pub const BOTH_SIGN_FOR: Duration = Duration::from_hours(24);

const PREFIX: &str = "whsec_";
/// What Standard Webhooks allows.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The signing keys of one reseller, newest first.
pub struct WebhookKeys(Vec<WebhookKey>);

struct WebhookKey {
    secret: SecretSlice<u8>,
    retires_at: Option<Timestamp>,
}

/// Shows how many there are.
impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookKeys({}, [redacted])", self.0.len())
    }
}

/// The stored text is not that of webhook keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the webhook keys are not of the form {{\"keys\":[{{\"secret\":\"whsec_<base64>\",\"retiresAt\":<ms>}}]}}")]
pub struct InvalidWebhookKeys;

#[derive(Deserialize)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    secret: String,
    retires_at: Option<Timestamp>,
}

impl WebhookKeys {
    /// Reads the keys as they are kept in the secret store.
    pub fn from_json(stored: &str) -> Result<Self, InvalidWebhookKeys> {
        let stored: Stored = serde_json::from_str(stored).map_err(|_| InvalidWebhookKeys)?;
        let keys: Vec<WebhookKey> = stored.keys.into_iter().map(WebhookKey::try_from).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(InvalidWebhookKeys) } else { Ok(Self(keys)) }
    }

    /// The keys with a fresh one in front: its text for the reseller, and all that sign from now on as JSON for the
    /// secret store. The one that was newest signs for [`BOTH_SIGN_FOR`] more. At most two sign, so an older one
    /// ends now.
    pub(crate) fn rotated(&self, now: Timestamp, random: &dyn Random) -> (SecretString, SecretString) {
        let fresh = fresh(random);
        let end = now.plus(BOTH_SIGN_FOR).millis();
        let former = self.0.first().map(|key| STANDARD.encode(key.secret.expose_secret())).unwrap_or_default();
        let stored =
            format!(r#"{{"keys":[{{"secret":"{fresh}"}},{{"secret":"{PREFIX}{former}","retiresAt":{end}}}]}}"#);
        (fresh.into(), stored.into())
    }

    /// The keys that sign at `now`: the first always, the others until they retire.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &[u8]> {
        let signs = move |(at, key): &(usize, &WebhookKey)| *at == 0 || key.retires_at.is_none_or(|end| now < end);
        self.0.iter().enumerate().filter(signs).map(|(_, key)| key.secret.expose_secret())
    }
}

impl TryFrom<StoredKey> for WebhookKey {
    type Error = InvalidWebhookKeys;

    fn try_from(stored: StoredKey) -> Result<Self, InvalidWebhookKeys> {
        let text = stored.secret.strip_prefix(PREFIX).ok_or(InvalidWebhookKeys)?;
        let secret = STANDARD.decode(text).ok().filter(|bytes| LENGTHS.contains(&bytes.len()));
        Ok(Self { secret: secret.ok_or(InvalidWebhookKeys)?.into(), retires_at: stored.retires_at })
    }
}

/// A fresh key of 256 random bits: the text for the reseller, and the keys as JSON for the secret store.
#[must_use]
pub(crate) fn generate(random: &dyn Random) -> (SecretString, SecretString) {
    let secret = fresh(random);
    let stored = format!(r#"{{"keys":[{{"secret":"{secret}"}}]}}"#);
    (secret.into(), stored.into())
}

fn fresh(random: &dyn Random) -> String {
    format!("{PREFIX}{}", STANDARD.encode(random.bytes::<32>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::random::SystemRandomness;

    const FORMER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn keys(json: &str) -> Result<WebhookKeys, InvalidWebhookKeys> {
        WebhookKeys::from_json(json)
    }

    #[test]
    fn a_generated_key_reads_back_and_hides_itself() {
        let (secret, stored) = generate(&SystemRandomness::new());
        let keys = keys(stored.expose_secret()).unwrap();
        let bytes = STANDARD.decode(secret.expose_secret().strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(keys.signing(Timestamp::from_seconds(0)).collect::<Vec<_>>(), [bytes]);
        assert_eq!(format!("{keys:?}"), "WebhookKeys(1, [redacted])");
    }

    /// K9 During a rotation deliveries carry both signatures, and from its end the new one alone.
    #[test]
    fn a_former_key_signs_until_it_retires() {
        let (_, fresh) = generate(&SystemRandomness::new());
        let fresh: serde_json::Value = serde_json::from_str(fresh.expose_secret()).unwrap();
        let former = serde_json::json!({ "secret": FORMER, "retiresAt": 1_000 });
        let keys = keys(&serde_json::json!({ "keys": [fresh["keys"][0], former] }).to_string()).unwrap();
        assert_eq!(keys.signing(Timestamp::from_millis(999)).count(), 2);
        assert_eq!(keys.signing(Timestamp::from_millis(1_000)).count(), 1);
    }

    /// K9 The newest key and the one before it sign, newest first; a key before those ends at once.
    #[test]
    fn of_two_rotations_in_a_row_the_last_two_keys_sign() {
        let random = SystemRandomness::new();
        let now = Timestamp::from_seconds(1_000);
        let bytes = |secret: &SecretString| STANDARD.decode(&secret.expose_secret()["whsec_".len()..]).unwrap();
        let (first, stored) = generate(&random);
        let (second, stored) = keys(stored.expose_secret()).unwrap().rotated(now, &random);
        let ring = keys(stored.expose_secret()).unwrap();
        assert_eq!(ring.signing(now).collect::<Vec<_>>(), [bytes(&second), bytes(&first)]);
        let (third, stored) = ring.rotated(now, &random);
        let ring = keys(stored.expose_secret()).unwrap();
        let last = now.plus(BOTH_SIGN_FOR).minus(Duration::from_millis(1));
        assert_eq!(ring.signing(last).collect::<Vec<_>>(), [bytes(&third), bytes(&second)]);
        assert_eq!(ring.signing(now.plus(BOTH_SIGN_FOR)).collect::<Vec<_>>(), [bytes(&third)]);
    }

    #[test]
    fn no_delivery_goes_unsigned() {
        let keys = keys(&format!(r#"{{"keys":[{{"secret":"{FORMER}","retiresAt":1}}]}}"#)).unwrap();
        assert_eq!(keys.signing(Timestamp::from_millis(2)).count(), 1);
    }

    #[test]
    fn unsound_keys_are_refused() {
        for json in [
            "",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"secret":"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}]}"#,
            r#"{"keys":[{"secret":"whsec_c2hvcnQ="}]}"#,
            r#"{"keys":[{"secret":"whsec_%%"}]}"#,
        ] {
            assert_eq!(keys(json).unwrap_err(), InvalidWebhookKeys, "{json}");
        }
    }
}
