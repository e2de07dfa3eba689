//! API keys: `onb_live_<id>_<secret><checksum>`.
//!
//! The id names the key and its owner, so one consistent read finds both. The secret has 256 random bits and is
//! stored as SHA-256, which is enough for a secret that nobody chose. The checksum lets a secret scanner and the
//! edge tell a real key from a typo before anything is read.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{BASE32, ResellerId, base32_digit};
use crate::random::Random;
use crate::reseller::{Reseller, ResellerStatus};
use crate::secret::{SecretHash, same};
use crate::time::Timestamp;

/// Where a key is good: the middle of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// `onb_live_`
    Live,
    /// `onb_test_`: the sandbox.
    Test,
}

impl Environment {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "onb_live_",
            Self::Test => "onb_test_",
        }
    }
}

/// Whom a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// The platform team.
    Operator,
    /// A service provider.
    Reseller(ResellerId),
}

/// The public part of a key, such as `481516-7q2m0k3x` or `operator-7q2m0k3x`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId {
    owner: KeyOwner,
    number: String,
}

impl KeyId {
    /// Whom the key belongs to.
    #[must_use]
    pub const fn owner(&self) -> KeyOwner {
        self.owner
    }
}

impl FromStr for KeyId {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let (owner, number) = text.split_once('-').ok_or(MalformedKey)?;
        let owner = match owner {
            "operator" => KeyOwner::Operator,
            reseller => KeyOwner::Reseller(reseller.parse().map_err(|_| MalformedKey)?),
        };
        let sound = number.len() == NUMBER_LENGTH && number.bytes().all(|b| BASE32.contains(&b));
        if sound { Ok(Self { owner, number: number.to_owned() }) } else { Err(MalformedKey) }
    }
}

impl TryFrom<String> for KeyId {
    type Error = MalformedKey;

    fn try_from(text: String) -> Result<Self, MalformedKey> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.to_string()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            KeyOwner::Operator => write!(f, "operator-{}", self.number),
            KeyOwner::Reseller(reseller) => write!(f, "{reseller}-{}", self.number),
        }
    }
}

const NUMBER_LENGTH: usize = 8;
const SECRET_LENGTH: usize = 52;
const CHECKSUM_LENGTH: usize = 6;

/// A key as its holder has it. `Debug` hides it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    id: KeyId,
    text: SecretString,
}

/// The text is not one of our keys: wrong prefix, length, alphabet or checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not an API key")]
pub struct MalformedKey;

impl ApiKey {
    /// A new key of `owner`.
    #[must_use]
    pub fn new(environment: Environment, owner: KeyOwner, random: &dyn Random) -> Self {
        let id = KeyId { owner, number: base32(&random.bytes::<5>()) };
        let signed = format!("{}{id}_{}", environment.prefix(), base32(&random.bytes::<32>()));
        let text = format!("{signed}{}", checksum(&signed));
        Self { id, text: text.into() }
    }

    /// Reads a presented key; nothing is looked up for what is not one.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, MalformedKey> {
        let rest = text.strip_prefix(environment.prefix()).ok_or(MalformedKey)?;
        let (id, secret) = rest.split_once('_').ok_or(MalformedKey)?;
        if secret.len() != SECRET_LENGTH + CHECKSUM_LENGTH || !secret.is_ascii() {
            return Err(MalformedKey);
        }
        let (signed, sum) = text.split_at(text.len() - CHECKSUM_LENGTH);
        if checksum(signed) != sum {
            return Err(MalformedKey);
        }
        Ok(Self { id: id.parse()?, text: text.to_owned().into() })
    }

    /// The public part.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole key, to be shown once. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn record(&self, now: Timestamp) -> KeyRecord {
        KeyRecord { id: self.id.clone(), hash: SecretHash::of(self.expose()), created_at: now, expires_at: None }
    }
}

/// A key as it is stored. A revoked key has no row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRecord {
    /// The public part.
    pub id: KeyId,
    /// The hash of the whole key.
    pub hash: SecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
}

/// Who calls, proved by a key. Its one maker is [`authenticate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The platform team.
    Operator {
        /// The key used.
        key: KeyId,
    },
    /// A service provider.
    Reseller {
        /// The key used.
        key: KeyId,
        /// The provider, active.
        reseller: Reseller,
    },
}

/// The key opens nothing: unknown, wrong, expired, or its owner is disabled. The caller is not told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the credential is not accepted")]
pub struct NotAccepted;

/// Checks a presented key against the rows its id led to.
pub fn authenticate(
    presented: &ApiKey,
    record: Option<&KeyRecord>,
    reseller: Option<Reseller>,
    now: Timestamp,
) -> Result<Caller, NotAccepted> {
    let record = record.filter(|record| record.id == presented.id).ok_or(NotAccepted)?;
    let right = same(record.hash.as_str().as_bytes(), SecretHash::of(presented.expose()).as_str().as_bytes());
    if !right || record.expires_at.is_some_and(|at| now >= at) {
        return Err(NotAccepted);
    }
    let key = presented.id.clone();
    match (presented.id.owner, reseller) {
        (KeyOwner::Operator, _) => Ok(Caller::Operator { key }),
        (KeyOwner::Reseller(id), Some(reseller)) if reseller.id == id && reseller.status == ResellerStatus::Active => {
            Ok(Caller::Reseller { key, reseller })
        }
        (KeyOwner::Reseller(_), _) => Err(NotAccepted),
    }
}

/// Five bits a character, most significant first, the last one padded with zeros.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digit = |at: usize| (0..5).fold(0, |value, offset| value << 1 | u128::from(bit(at * 5 + offset)));
    (0..(bytes.len() * 8).div_ceil(5)).map(|at| base32_digit(digit(at))).collect()
}

fn checksum(signed: &str) -> String {
    base32(&digest(&SHA256, signed.as_bytes()).as_ref()[..5])[..CHECKSUM_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(100);

    fn reseller(id: ResellerId, status: ResellerStatus) -> Reseller {
        Reseller {
            id,
            name: "Acme".parse().unwrap(),
            redirect_hosts: vec![],
            events_url: None,
            status,
            created_at: NOW,
            webhook_keys_changed_at: None,
        }
    }

    fn key() -> (ApiKey, ResellerId) {
        let id = ResellerId::try_from(481_516).unwrap();
        (ApiKey::new(Environment::Live, KeyOwner::Reseller(id), &Counting::default()), id)
    }

    #[test]
    fn a_key_reads_back_and_hides_itself() {
        let (key, _) = key();
        assert!(key.expose().starts_with("onb_live_481516-"));
        assert!(!format!("{key:?}").contains(key.expose()));
        assert_eq!(ApiKey::parse(key.expose(), Environment::Live).unwrap().id(), key.id());
        assert!(ApiKey::parse(key.expose(), Environment::Test).is_err());
    }

    #[test]
    fn a_typo_is_told_by_the_checksum() {
        let (key, _) = key();
        for at in 0..key.expose().len() {
            let mut typo = key.expose().as_bytes().to_vec();
            typo[at] = if typo[at] == b'7' { b'8' } else { b'7' };
            assert!(ApiKey::parse(&String::from_utf8(typo).unwrap(), Environment::Live).is_err(), "{at}");
        }
        for text in ["", "onb_live_", "onb_live_1-00000000_", "onb_live_\u{1f600}"] {
            assert!(ApiKey::parse(text, Environment::Live).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_right_key_of_an_active_owner_is_accepted() {
        let (key, id) = key();
        let record = key.record(NOW);
        let active = || Some(reseller(id, ResellerStatus::Active));
        assert!(matches!(authenticate(&key, Some(&record), active(), NOW), Ok(Caller::Reseller { .. })));
        assert_eq!(authenticate(&key, None, active(), NOW), Err(NotAccepted));
        assert_eq!(authenticate(&key, Some(&record), None, NOW), Err(NotAccepted));
        let disabled = Some(reseller(id, ResellerStatus::Disabled));
        assert_eq!(authenticate(&key, Some(&record), disabled, NOW), Err(NotAccepted));
        let expired = KeyRecord { expires_at: Some(NOW), ..record.clone() };
        assert_eq!(authenticate(&key, Some(&expired), active(), NOW), Err(NotAccepted));
        let other = KeyRecord { hash: SecretHash::of("other"), ..record };
        assert_eq!(authenticate(&key, Some(&other), active(), NOW), Err(NotAccepted));
    }
}
