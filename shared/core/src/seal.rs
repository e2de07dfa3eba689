//! Sealing: authenticated encryption of what must leave our hands and come back, or rest in a table.
//!
//! AES-256-GCM with a random 96-bit nonce, so one key may seal at most 2^32 times (NIST SP 800-38D §8.3):
//! rotate it long before ([`rotation`]). A key ring holds the newest key first and, after a rotation, the former ones,
//! which only open, and only until they retire. The additional data binds a sealed text to its [`Purpose`] and context,
//! so that a text sealed for one use opens for no other (T07).

pub mod rotation;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::random::Random;
use crate::time::Timestamp;

/// What a sealed text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The `state` of a consent request. Context: client id and redirect URI.
    ConsentState,
    /// The `state` of a connection's link. Context: client id and redirect URI.
    ConnectionState,
    /// The handle in the URL of an outcome page. Context: none.
    Outcome,
    /// A Microsoft access token at rest. Context: the id of the row that holds it.
    AccessToken,
    /// A Microsoft id token at rest. Context: the id of the row that holds it.
    IdToken,
    /// The body of a delivery at rest. Context: the delivery's id.
    DeliveryBody,
    /// Whom a mail is for and what it says, at rest. Context: the mail's id.
    Mail,
    /// Whom an invitation is for, at rest. Context: the invitation's id.
    InvitedAddress,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::ConsentState => "consent-state",
            Self::ConnectionState => "connection-state",
            Self::Outcome => "outcome",
            Self::AccessToken => "access-token",
            Self::IdToken => "id-token",
            Self::DeliveryBody => "delivery-body",
            Self::Mail => "mail",
            Self::InvitedAddress => "invited-address",
        }
    }
}

/// Why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsealable {
    /// Not base64url, or shorter than anything we seal.
    #[error("not a sealed text")]
    Malformed,
    /// Sealed with a key that we do not hold, or no longer accept (T02). The ring may be older than the key.
    #[error("sealed with a key that is not in the ring")]
    UnknownKey,
    /// Altered, truncated, spliced, or sealed for another purpose or context (T01, T07).
    #[error("does not authenticate")]
    Forged,
}

/// Why a stored key ring cannot be used. A function refuses to start on it: there is no default key (G80).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidRing {
    /// Not the JSON of a key ring.
    #[error(
        "the sealing keys are not of the form {{\"keys\":[{{\"key\":\"<base64>\",\"sealsFrom\":<ms>,\"retiresAt\":<ms>}}]}}"
    )]
    Malformed,
    /// No key, or one that is not 32 bytes.
    #[error("the sealing keys hold no key, or one that is not 32 bytes long")]
    WrongKey,
}

/// The sealing keys, newest first: the newest whose time has come seals, all that have not retired open.
#[derive(Debug)]
pub struct SealingKeys(Vec<SealingKey>);

struct SealingKey {
    id: [u8; KEY_ID_LEN],
    key: LessSafeKey,
    seals_from: Option<Timestamp>,
    retires_at: Option<Timestamp>,
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingKey({:02x?}, [redacted])", self.id)
    }
}

const KEY_ID_LEN: usize = 4;

#[derive(Deserialize, Serialize)]
struct StoredRing {
    keys: Vec<StoredKey>,
}

/// How a key lies in the secret store. Without `sealsFrom` it seals from the beginning, without `retiresAt` it opens
/// for ever.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seals_from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retires_at: Option<Timestamp>,
}

impl SealingKeys {
    /// Reads the ring as it is kept in the secret store.
    pub fn from_json(stored: &str) -> Result<Self, InvalidRing> {
        let ring = StoredRing::from_json(stored)?;
        let keys: Result<Vec<_>, _> = ring.keys.into_iter().map(SealingKey::try_from).collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self(keys)),
            Ok(_) => Err(InvalidRing::WrongKey),
            Err(wrong) => Err(wrong),
        }
    }

    /// A fresh ring of one key, as JSON for the secret store.
    #[must_use]
    pub fn generate(random: &dyn Random) -> String {
        StoredRing { keys: vec![StoredKey::fresh(None, random)] }.to_json()
    }

    /// Seals `plaintext`; the answer is base64url text, 32 bytes longer before encoding.
    #[must_use]
    pub fn seal(
        &self,
        purpose: Purpose,
        context: &str,
        plaintext: &[u8],
        (now, random): (Timestamp, &dyn Random),
    ) -> String {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let Some(key) = self.sealing(now) else { return String::new() };
        let mut body = plaintext.to_vec();
        let aad = Aad::from(additional_data(purpose, context));
        // ring refuses only plaintexts beyond 64 GiB; an empty text then opens as `Malformed`.
        if key.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body).is_err() {
            return String::new();
        }
        URL_SAFE_NO_PAD.encode([&key.id[..], &nonce[..], &body[..]].concat())
    }

    /// Whether the ring has the key of a sealed text. If not, the ring may be older than the key; what is no sealed
    /// text at all needs no newer ring.
    #[must_use]
    pub fn knows(&self, sealed: &str, now: Timestamp) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(sealed) else { return true };
        bytes.split_first_chunk().is_none_or(|(id, _)| self.key(*id, now).is_some())
    }

    /// By a clock that is far behind it may be that no key's time has come: then the oldest seals.
    fn sealing(&self, now: Timestamp) -> Option<&SealingKey> {
        self.0.iter().find(|key| key.seals_from.is_none_or(|from| now >= from)).or(self.0.last())
    }

    fn key(&self, id: [u8; KEY_ID_LEN], now: Timestamp) -> Option<&SealingKey> {
        self.0.iter().find(|key| key.id == id && key.retires_at.is_none_or(|at| now < at))
    }

    /// Opens what [`SealingKeys::seal`] made for the same purpose and context.
    pub fn open(&self, purpose: Purpose, context: &str, sealed: &str, now: Timestamp) -> Result<Vec<u8>, Unsealable> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unsealable::Malformed)?;
        let (id, rest) = bytes.split_first_chunk::<KEY_ID_LEN>().ok_or(Unsealable::Malformed)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable::Malformed)?;
        let key = self.key(*id, now).ok_or(Unsealable::UnknownKey)?;
        let aad = Aad::from(additional_data(purpose, context));
        let mut body = body.to_vec();
        let plain = key.key.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut body);
        plain.map(|plain| plain.to_vec()).map_err(|_| Unsealable::Forged)
    }
}

fn additional_data(purpose: Purpose, context: &str) -> Vec<u8> {
    [b"onboarding/1\0", purpose.label().as_bytes(), b"\0", context.as_bytes()].concat()
}

impl TryFrom<StoredKey> for SealingKey {
    type Error = InvalidRing;

    fn try_from(stored: StoredKey) -> Result<Self, InvalidRing> {
        let bytes = STANDARD.decode(&stored.key).map_err(|_| InvalidRing::WrongKey)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| InvalidRing::WrongKey)?;
        let mut id = [0; KEY_ID_LEN];
        // The id is the beginning of the key's hash: it needs no bookkeeping and tells nothing about the key.
        id.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..KEY_ID_LEN]);
        let StoredKey { seals_from, retires_at, .. } = stored;
        Ok(Self { id, key: LessSafeKey::new(key), seals_from, retires_at })
    }
}

impl StoredRing {
    fn from_json(stored: &str) -> Result<Self, InvalidRing> {
        serde_json::from_str(stored).map_err(|_| InvalidRing::Malformed)
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl StoredKey {
    fn fresh(seals_from: Option<Timestamp>, random: &dyn Random) -> Self {
        Self { key: STANDARD.encode(random.bytes::<32>()), seals_from, retires_at: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn ring(random: &dyn Random) -> SealingKeys {
        SealingKeys::from_json(&SealingKeys::generate(random)).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_and_context_only() {
        let random = Counting::default();
        let keys = ring(&random);
        let sealed = keys.seal(Purpose::ConsentState, "here", b"text", (NOW, &random));
        assert_eq!(keys.open(Purpose::ConsentState, "here", &sealed, NOW), Ok(b"text".to_vec()));
        assert_eq!(keys.open(Purpose::Outcome, "here", &sealed, NOW), Err(Unsealable::Forged));
        assert_eq!(keys.open(Purpose::ConsentState, "there", &sealed, NOW), Err(Unsealable::Forged));
    }

    /// R111, G04, G05 Every single flipped bit and every truncation is refused.
    #[test]
    fn an_altered_text_does_not_open() {
        let random = Counting::default();
        let keys = ring(&random);
        let sealed = keys.seal(Purpose::ConsentState, "", b"nonce and verifier", (NOW, &random));
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let opened = keys.open(Purpose::ConsentState, "", &URL_SAFE_NO_PAD.encode(altered), NOW);
            assert!(opened.is_err(), "bit {bit}");
        }
        for end in 0..sealed.len() {
            assert!(keys.open(Purpose::ConsentState, "", &sealed[..end], NOW).is_err(), "{end}");
        }
    }

    /// R111, G06, G07 The former key opens until it retires, and seals nothing.
    #[test]
    fn a_former_key_opens_until_it_retires() {
        let random = Counting::default();
        let former = SealingKeys::generate(&random);
        let sealed = SealingKeys::from_json(&former).unwrap().seal(Purpose::Outcome, "", b"x", (NOW, &random));
        let former: serde_json::Value = serde_json::from_str(&former).unwrap();
        let fresh: serde_json::Value = serde_json::from_str(&SealingKeys::generate(&random)).unwrap();
        let mut retiring = former["keys"][0].clone();
        retiring["retiresAt"] = 1_000_000.into();
        let rotated = serde_json::json!({ "keys": [fresh["keys"][0], retiring] }).to_string();
        let keys = SealingKeys::from_json(&rotated).unwrap();
        let retired = Timestamp::from_millis(1_000_000);
        let before = Timestamp::from_millis(999_999);
        assert_eq!(keys.open(Purpose::Outcome, "", &sealed, before), Ok(b"x".to_vec()));
        assert_eq!(keys.open(Purpose::Outcome, "", &sealed, retired), Err(Unsealable::UnknownKey));
        assert!(keys.knows(&sealed, before) && !keys.knows(&sealed, retired) && keys.knows("no text", retired));
        let renewed = keys.seal(Purpose::Outcome, "", b"x", (NOW, &random));
        assert_eq!(keys.open(Purpose::Outcome, "", &renewed, retired), Ok(b"x".to_vec()));
    }

    /// T50 A ring does not show its keys.
    #[test]
    fn a_ring_hides_its_keys() {
        let random = Counting::default();
        let stored = SealingKeys::generate(&random);
        let shown = format!("{:?}", SealingKeys::from_json(&stored).unwrap());
        assert!(shown.starts_with("SealingKeys([SealingKey([") && shown.ends_with("], [redacted])])"), "{shown}");
    }

    /// G80 There is no default key.
    #[test]
    fn a_ring_without_a_sound_key_is_refused() {
        assert_eq!(SealingKeys::from_json("{}").unwrap_err(), InvalidRing::Malformed);
        assert_eq!(SealingKeys::from_json(r#"{"keys":[]}"#).unwrap_err(), InvalidRing::WrongKey);
        assert_eq!(SealingKeys::from_json(r#"{"keys":[{"key":"c2hvcnQ="}]}"#).unwrap_err(), InvalidRing::WrongKey);
    }
}
