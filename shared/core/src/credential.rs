//! API keys: `onb_live_<id>_<secret><checksum>`.
//!
//! The id names the key and its owner, so one consistent read finds both. The secret has 256 random bits and is
//! stored as SHA-256, which is enough for a secret that nobody chose. The checksum lets a secret scanner and the
//! edge tell a real key from a typo before anything is read. Access tokens ([`crate::token`]) have the same form.

mod new_key;
mod refused;

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{BASE32, EnterpriseId, ResellerId, base32_digit};
use crate::random::Random;
use crate::reseller::{Reseller, ResellerStatus};
use crate::scope::Scopes;
use crate::secret::{SecretHash, same};
use crate::text::Name;
use crate::time::Timestamp;
use crate::token::{AccessToken, TokenId};

pub use new_key::{KeyView, MOST_LIVE_KEYS, NewKey};
pub use refused::Refused;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyOwner {
    /// The platform team.
    Operator,
    /// A service provider.
    Reseller(ResellerId),
}

impl From<ResellerId> for KeyOwner {
    fn from(reseller: ResellerId) -> Self {
        Self::Reseller(reseller)
    }
}

/// `operator`, or the provider's number.
impl fmt::Display for KeyOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Reseller(reseller) => reseller.fmt(f),
        }
    }
}

/// The public part of a key, such as `481516-7q2m0k3x` or `operator-7q2m0k3x`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
        if is_number(number) { Ok(Self { owner, number: number.to_owned() }) } else { Err(MalformedKey) }
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
        write!(f, "{}-{}", self.owner, self.number)
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
        let id = KeyId { owner, number: number(random) };
        let text = compose(environment, &id, random);
        Self { id, text }
    }

    /// Reads a presented key; nothing is looked up for what is not one.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, MalformedKey> {
        let id = dissect(text, environment)?.parse()?;
        Ok(Self { id, text: text.to_owned().into() })
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

    /// What the store keeps of it: a key that may do everything and does not end.
    #[must_use]
    pub fn record(&self, now: Timestamp) -> KeyRecord {
        KeyRecord {
            id: self.id.clone(),
            hash: SecretHash::of(self.expose()),
            created_at: now,
            expires_at: None,
            label: None,
            scopes: Scopes::ALL,
        }
    }
}

/// A new number of a key or token.
pub(crate) fn number(random: &dyn Random) -> String {
    base32(&random.bytes::<5>())
}

/// Whether `text` can be the number of a key or token.
pub(crate) fn is_number(text: &str) -> bool {
    text.len() == NUMBER_LENGTH && text.bytes().all(|b| BASE32.contains(&b))
}

/// The text of a new credential with this id.
pub(crate) fn compose(environment: Environment, id: &impl fmt::Display, random: &dyn Random) -> SecretString {
    let signed = format!("{}{id}_{}", environment.prefix(), base32(&random.bytes::<32>()));
    format!("{signed}{}", checksum(&signed)).into()
}

/// The id in the text of a credential of `environment`, if its form and checksum are right.
pub(crate) fn dissect(text: &str, environment: Environment) -> Result<&str, MalformedKey> {
    let rest = text.strip_prefix(environment.prefix()).ok_or(MalformedKey)?;
    let (id, secret) = rest.split_once('_').ok_or(MalformedKey)?;
    if secret.len() != SECRET_LENGTH + CHECKSUM_LENGTH || !secret.is_ascii() {
        return Err(MalformedKey);
    }
    let (signed, sum) = text.split_at(text.len() - CHECKSUM_LENGTH);
    if checksum(signed) == sum { Ok(id) } else { Err(MalformedKey) }
}

/// Whether `text` is the secret of `hash`.
pub(crate) fn is_right(hash: &SecretHash, text: &str) -> bool {
    same(hash.as_str().as_bytes(), SecretHash::of(text).as_str().as_bytes())
}

/// A credential as its holder presents it.
#[derive(Clone, Debug)]
pub enum Presented {
    /// An API key.
    Key(ApiKey),
    /// An access token.
    Token(AccessToken),
}

impl Presented {
    /// Reads a presented credential; nothing is looked up for what is not one.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, MalformedKey> {
        let token = AccessToken::parse(text, environment).map(Self::Token);
        token.or_else(|_| ApiKey::parse(text, environment).map(Self::Key))
    }

    /// Whose it claims to be.
    #[must_use]
    pub const fn owner(&self) -> KeyOwner {
        match self {
            Self::Key(key) => key.id.owner,
            Self::Token(token) => token.id().key().owner,
        }
    }
}

/// The public part of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CredentialId {
    /// Of an API key.
    Key(KeyId),
    /// Of an access token.
    Token(TokenId),
}

impl CredentialId {
    /// The key, or the one behind the token.
    #[must_use]
    pub const fn key(&self) -> &KeyId {
        match self {
            Self::Key(key) => key,
            Self::Token(token) => token.key(),
        }
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
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
    /// What the operator calls it.
    #[serde(default)]
    pub label: Option<Name>,
    /// What it may do.
    #[serde(default)]
    pub scopes: Scopes,
}

impl KeyRecord {
    /// Whether it is good at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

/// Who calls, proved by a credential. Its makers are [`authenticate`] and [`crate::token::authenticate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The platform team.
    Operator {
        /// The key used.
        key: KeyId,
    },
    /// A service provider.
    Reseller {
        /// The credential used.
        by: CredentialId,
        /// The provider, active.
        reseller: Reseller,
        /// What the credential may do.
        scopes: Scopes,
        /// When the key that was used, or is behind the token, ends, if ever.
        key_expires_at: Option<Timestamp>,
    },
    /// Somebody with a token of one enterprise (R128).
    Enterprise {
        /// The token used.
        token: TokenId,
        /// The enterprise's provider, active.
        reseller: Reseller,
        /// The one enterprise.
        enterprise: EnterpriseId,
        /// What the token may do.
        scopes: Scopes,
    },
}

impl Caller {
    /// The key that was used, or is behind the token.
    #[must_use]
    pub const fn key(&self) -> &KeyId {
        match self {
            Self::Operator { key } => key,
            Self::Reseller { by, .. } => by.key(),
            Self::Enterprise { token, .. } => token.key(),
        }
    }

    /// What the credential may do.
    #[must_use]
    pub const fn scopes(&self) -> &Scopes {
        match self {
            Self::Operator { .. } => &Scopes::ALL,
            Self::Reseller { scopes, .. } | Self::Enterprise { scopes, .. } => scopes,
        }
    }

    /// Whether it is the holder of a token of one enterprise.
    #[must_use]
    pub const fn is_of_enterprise(&self) -> bool {
        matches!(self, Self::Enterprise { .. })
    }

    /// Whether an enterprise of `reseller` exists for this caller (R204).
    #[must_use]
    pub fn reaches(&self, reseller: ResellerId, enterprise: EnterpriseId) -> bool {
        match self {
            Self::Operator { .. } => false,
            Self::Reseller { reseller: own, .. } => own.id == reseller,
            Self::Enterprise { reseller: own, enterprise: only, .. } => own.id == reseller && *only == enterprise,
        }
    }
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
    if !is_right(&record.hash, presented.expose()) || !record.is_live(now) {
        return Err(NotAccepted);
    }
    let key = presented.id.clone();
    match (presented.id.owner, reseller) {
        (KeyOwner::Operator, _) => Ok(Caller::Operator { key }),
        (KeyOwner::Reseller(id), Some(reseller)) if reseller.id == id && reseller.status == ResellerStatus::Active => {
            let (by, scopes) = (CredentialId::Key(key), record.scopes.clone());
            Ok(Caller::Reseller { by, reseller, scopes, key_expires_at: record.expires_at })
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
pub(crate) mod tests {
    use super::*;
    use crate::random::tests::Counting;
    use crate::reseller::TokenMode;
    use std::collections::BTreeMap;

    pub(crate) const NOW: Timestamp = Timestamp::from_seconds(100);

    pub(crate) fn reseller(id: ResellerId, status: ResellerStatus) -> Reseller {
        Reseller {
            id,
            name: "Acme".parse().unwrap(),
            redirect_hosts: vec![],
            events_url: None,
            status,
            token_mode: TokenMode::Handles,
            activation: None,
            created_at: NOW,
            webhook_keys_changed_at: None,
            revoked_keys: BTreeMap::new(),
            revision: 0,
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
