//! Access tokens: `onb_live_<key id>.<number>_<secret><checksum>`, good for an hour.
//!
//! A token is made with an API key, and its id begins with that key's, so one consistent read finds the token and its
//! owner, and a revoked key ends its tokens without being read: it stands on its owner's list of revoked keys for as
//! long as a token of it could live. A token may be bound to one enterprise (R128).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::credential::{
    self, Caller, CredentialId, Environment, KeyId, KeyOwner, MalformedKey, NotAccepted, is_number, is_right,
};
use crate::id::EnterpriseId;
use crate::random::Random;
use crate::reseller::{Reseller, ResellerStatus};
use crate::scope::{Scope, Scopes};
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// How long a token is good, unless its key ends before.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// What a token of one enterprise may do at most. Of what `consents:write` opens, only provisioning is open to it: the rest
/// is the provider's own.
pub const ENTERPRISE_SCOPES: [Scope; 4] =
    [Scope::ConsentsRead, Scope::ConsentsWrite, Scope::EnterprisesRead, Scope::UsersWrite];

/// The public part of a token, such as `481516-7q2m0k3x.9z8y7w6v`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId {
    key: KeyId,
    number: String,
}

impl TokenId {
    /// The key that it was made with.
    #[must_use]
    pub const fn key(&self) -> &KeyId {
        &self.key
    }
}

impl FromStr for TokenId {
    type Err = MalformedKey;

    /// The operator has no tokens.
    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let (key, number) = text.split_once('.').ok_or(MalformedKey)?;
        let key: KeyId = key.parse()?;
        match key.owner() {
            KeyOwner::Reseller(_) if is_number(number) => Ok(Self { key, number: number.to_owned() }),
            KeyOwner::Reseller(_) | KeyOwner::Operator => Err(MalformedKey),
        }
    }
}

impl TryFrom<String> for TokenId {
    type Error = MalformedKey;

    fn try_from(text: String) -> Result<Self, MalformedKey> {
        text.parse()
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> String {
        id.to_string()
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, self.number)
    }
}

/// A token as its holder has it. `Debug` hides it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    id: TokenId,
    text: SecretString,
}

/// What a token is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrant {
    /// The key behind it.
    pub key: KeyId,
    /// When that key ends, if ever: no token of it is good for longer.
    pub key_expires_at: Option<Timestamp>,
    /// What it may do.
    pub scopes: Scopes,
    /// The one enterprise that it is good for, if it is bound to one.
    pub enterprise: Option<EnterpriseId>,
}

impl AccessToken {
    /// A new token for `grant`, and what the store keeps of it.
    #[must_use]
    pub fn issue(
        grant: TokenGrant,
        environment: Environment,
        (now, random): (Timestamp, &dyn Random),
    ) -> (Self, TokenRecord) {
        let id = TokenId { key: grant.key, number: credential::number(random) };
        let text = credential::compose(environment, &id, random);
        let end = now.plus(TOKEN_LIFETIME);
        let record = TokenRecord {
            id: id.clone(),
            hash: SecretHash::of(text.expose_secret()),
            scopes: grant.scopes,
            enterprise: grant.enterprise,
            expires_at: grant.key_expires_at.map_or(end, |key_end| key_end.min(end)),
            key_expires_at: grant.key_expires_at,
        };
        (Self { id, text }, record)
    }

    /// Reads a presented token; nothing is looked up for what is not one.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, MalformedKey> {
        let id = credential::dissect(text, environment)?.parse()?;
        Ok(Self { id, text: text.to_owned().into() })
    }

    /// The public part.
    #[must_use]
    pub const fn id(&self) -> &TokenId {
        &self.id
    }

    /// The whole token, to be handed out once. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    /// The public part.
    pub id: TokenId,
    /// The hash of the whole token.
    pub hash: SecretHash,
    /// What it may do.
    pub scopes: Scopes,
    /// The one enterprise that it is good for, if it is bound to one.
    pub enterprise: Option<EnterpriseId>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the key behind it ends, if ever.
    pub key_expires_at: Option<Timestamp>,
}

/// Checks a presented token against the rows its id led to.
pub fn authenticate(
    presented: &AccessToken,
    record: Option<&TokenRecord>,
    reseller: Option<Reseller>,
    now: Timestamp,
) -> Result<Caller, NotAccepted> {
    let record = record.filter(|record| record.id == presented.id).ok_or(NotAccepted)?;
    let key = presented.id.key();
    let reseller = reseller.filter(|reseller| key.owner() == KeyOwner::Reseller(reseller.id)).ok_or(NotAccepted)?;
    let alive = now < record.expires_at && !reseller.has_revoked(key) && reseller.status == ResellerStatus::Active;
    if !alive || !is_right(&record.hash, presented.expose()) {
        return Err(NotAccepted);
    }
    let (token, scopes) = (record.id.clone(), record.scopes.clone());
    if let Some(enterprise) = record.enterprise {
        return Ok(Caller::Enterprise { token, reseller, enterprise, scopes });
    }
    let by = CredentialId::Token(token);
    Ok(Caller::Reseller { by, reseller, scopes, key_expires_at: record.key_expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::ApiKey;
    use crate::credential::tests::{NOW, reseller};
    use crate::id::ResellerId;
    use crate::random::tests::Counting;

    fn token(enterprise: Option<EnterpriseId>, key_expires_at: Option<Timestamp>) -> (AccessToken, TokenRecord) {
        let owner = KeyOwner::Reseller(ResellerId::try_from(481_516).unwrap());
        let random = Counting::default();
        let key = ApiKey::new(Environment::Live, owner, &random).id().clone();
        let grant = TokenGrant { key, key_expires_at, scopes: Scopes::ALL, enterprise };
        AccessToken::issue(grant, Environment::Live, (NOW, &random))
    }

    fn owner() -> Reseller {
        reseller(ResellerId::try_from(481_516).unwrap(), ResellerStatus::Active)
    }

    #[test]
    fn a_token_reads_back_names_its_key_and_hides_itself() {
        let (token, record) = token(None, None);
        assert!(token.expose().starts_with("onb_live_481516-"));
        assert!(!format!("{token:?}{record:?}").contains(token.expose()));
        let read = AccessToken::parse(token.expose(), Environment::Live).unwrap();
        assert_eq!((read.id(), &read.id().to_string().parse().unwrap()), (token.id(), token.id()));
        assert!(AccessToken::parse(token.expose(), Environment::Test).is_err());
        assert!(ApiKey::parse(token.expose(), Environment::Live).is_err(), "a token is no key");
        for text in ["operator-7q2m0k3x.9z8y7w6v", "481516-7q2m0k3x.9z8y7w6", "481516-7q2m0k3x", "1.9z8y7w6v", "."] {
            assert!(text.parse::<TokenId>().is_err(), "{text}");
        }
    }

    /// R128 A token is good for an hour, and never longer than its key.
    #[test]
    fn a_token_ends_after_an_hour_or_with_its_key() {
        assert_eq!(token(None, None).1.expires_at, NOW.plus(TOKEN_LIFETIME));
        assert_eq!(token(None, Some(NOW.plus(TOKEN_LIFETIME * 2))).1.expires_at, NOW.plus(TOKEN_LIFETIME));
        let soon = NOW.plus(Duration::from_secs(1));
        assert_eq!(token(None, Some(soon)).1.expires_at, soon);
    }

    /// P7, G65 A token that ended, was exchanged or is of a revoked key or a disabled owner is the same refusal.
    #[test]
    fn only_a_live_token_of_an_active_owner_is_accepted() {
        let (token, record) = token(None, None);
        let ask = |record: Option<&TokenRecord>, owner: Option<Reseller>, now| authenticate(&token, record, owner, now);
        assert!(matches!(ask(Some(&record), Some(owner()), NOW), Ok(Caller::Reseller { .. })));
        let last = record.expires_at.minus(Duration::from_millis(1));
        assert!(ask(Some(&record), Some(owner()), last).is_ok());
        assert_eq!(ask(Some(&record), Some(owner()), record.expires_at), Err(NotAccepted));
        assert_eq!(ask(None, Some(owner()), NOW), Err(NotAccepted));
        assert_eq!(ask(Some(&record), None, NOW), Err(NotAccepted));
        let disabled = Reseller { status: ResellerStatus::Disabled, ..owner() };
        assert_eq!(ask(Some(&record), Some(disabled), NOW), Err(NotAccepted));
        let other = Reseller { id: ResellerId::try_from(1).unwrap(), ..owner() };
        assert_eq!(ask(Some(&record), Some(other), NOW), Err(NotAccepted));
        let mut revoking = owner();
        revoking.revoked_keys.insert(token.id().key().clone(), NOW);
        assert_eq!(ask(Some(&record), Some(revoking), NOW), Err(NotAccepted));
        let exchanged = TokenRecord { hash: SecretHash::of("other"), ..record };
        assert_eq!(ask(Some(&exchanged), Some(owner()), NOW), Err(NotAccepted));
    }

    /// R128 A token of one enterprise makes its holder a caller of that enterprise alone.
    #[test]
    fn a_token_of_one_enterprise_reaches_that_one() {
        let own = EnterpriseId::try_from(7).unwrap();
        let (token, record) = token(Some(own), None);
        let caller = authenticate(&token, Some(&record), Some(owner()), NOW).unwrap();
        let other = EnterpriseId::try_from(8).unwrap();
        let foreign = ResellerId::try_from(1).unwrap();
        assert!(caller.reaches(owner().id, own));
        assert!(!caller.reaches(owner().id, other) && !caller.reaches(foreign, own));
    }
}
