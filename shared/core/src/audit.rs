//! The audit trail: who did what to what, when, and how it changed.
//!
//! A row is added in the transaction of the fact that it tells, unchained, so that nobody waits for a chain. Later
//! it is sealed into one [`Segment`](chain::Segment) of its trail; [`verify`](verify::verify) names what does not fit.

pub mod chain;
pub mod verify;
pub mod view;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::credential::{Caller, CredentialId};
use crate::id::{AuditId, EnterpriseId, InvalidId, ReferenceId, ResellerId};
use crate::identity::Signer;
use crate::random::Random;
use crate::time::Timestamp;

/// Whose trail a fact belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Trail {
    /// The platform team's: what belongs to no service provider.
    Operator,
    /// A service provider's.
    Reseller(ResellerId),
}

impl From<ResellerId> for Trail {
    fn from(reseller: ResellerId) -> Self {
        Self::Reseller(reseller)
    }
}

/// `operator`, or the provider's number.
impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Reseller(reseller) => reseller.fmt(f),
        }
    }
}

impl FromStr for Trail {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == "operator" { Ok(Self::Operator) } else { text.parse().map(Self::Reseller) }
    }
}

impl TryFrom<String> for Trail {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Trail> for String {
    fn from(trail: Trail) -> String {
        trail.to_string()
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The holder of an API key or an access token.
    Holder(CredentialId),
    /// A person whom Microsoft signed in.
    Signer(Signer),
    /// Whoever held a link; nobody was proved.
    LinkHolder,
    /// We ourselves, by the function's name.
    System(&'static str),
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self::Holder(match caller {
            Caller::Operator { key } => CredentialId::Key(key.clone()),
            Caller::Reseller { by, .. } => by.clone(),
            Caller::Enterprise { token, .. } => CredentialId::Token(token.clone()),
        })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder(id) => id.fmt(f),
            Self::Signer(signer) => write!(f, "microsoft:{}/{}", signer.tenant, signer.object),
            Self::LinkHolder => f.write_str("link-holder"),
            Self::System(function) => write!(f, "system:{function}"),
        }
    }
}

/// One row of the trail. Rows are only ever added, in the transaction of the fact they tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Sorts by time.
    pub id: AuditId,
    /// Whose trail it belongs to.
    pub trail: Trail,
    /// The enterprise, if it is about one.
    pub enterprise: Option<EnterpriseId>,
    /// When.
    pub at: Timestamp,
    /// Who, as text.
    pub who: String,
    /// What was done, such as `consent.granted`.
    pub action: String,
    /// To what, such as `action:REGISTRATION`.
    pub object: String,
    /// How it was.
    pub before: Option<String>,
    /// How it is.
    pub after: Option<String>,
    /// The request to us in which it happened.
    pub request_id: Option<ReferenceId>,
    /// Microsoft's correlation id, where Microsoft refused and told one.
    pub microsoft_correlation_id: Option<String>,
}

/// What an audit row says beyond where it belongs.
#[derive(Clone, Debug)]
pub struct Fact<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub object: String,
    /// How it was.
    pub before: Option<String>,
    /// How it is.
    pub after: Option<String>,
}

/// The request in which facts happen: their time, reference and randomness.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// When.
    pub now: Timestamp,
    /// The request to us, if it is one.
    pub reference: Option<&'a ReferenceId>,
    /// For ids and nonces.
    pub random: &'a dyn Random,
}

impl fmt::Debug for Occasion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Occasion({}, {:?})", self.now, self.reference)
    }
}

impl AuditRow {
    /// A row about `fact`, in this trail.
    #[must_use]
    pub fn new(
        trail: impl Into<Trail>,
        enterprise: Option<EnterpriseId>,
        fact: Fact<'_>,
        occasion: Occasion<'_>,
    ) -> Self {
        Self {
            id: AuditId::in_order(occasion.now, occasion.random),
            trail: trail.into(),
            enterprise,
            at: occasion.now,
            who: fact.actor.to_string(),
            action: fact.action.to_owned(),
            object: fact.object,
            before: fact.before,
            after: fact.after,
            request_id: occasion.reference.cloned(),
            microsoft_correlation_id: None,
        }
    }

    /// The same row with Microsoft's correlation id.
    #[must_use]
    pub fn with_correlation_id(mut self, id: Option<String>) -> Self {
        self.microsoft_correlation_id = id;
        self
    }

    /// The row as it is told and hashed.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        Entry {
            id: &self.id,
            at: self.at.to_string(),
            who: &self.who,
            action: &self.action,
            object: &self.object,
            before: self.before.as_deref(),
            after: self.after.as_deref(),
            request_id: self.request_id.as_ref(),
            microsoft_correlation_id: self.microsoft_correlation_id.as_deref(),
            enterprise_id: self.enterprise,
        }
    }
}

/// A row as it is told. Its JSON is what is hashed, so names, order and form stay as they are: `docs/audit.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    /// Sorts by time.
    pub id: &'a AuditId,
    /// When: RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Who.
    pub who: &'a str,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub object: &'a str,
    /// How it was.
    pub before: Option<&'a str>,
    /// How it is.
    pub after: Option<&'a str>,
    /// The request to us in which it happened.
    pub request_id: Option<&'a ReferenceId>,
    /// Microsoft's correlation id, where Microsoft refused and told one.
    pub microsoft_correlation_id: Option<&'a str>,
    /// The enterprise, if it is about one.
    pub enterprise_id: Option<EnterpriseId>,
}

/// A row with the number of its segment, once it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The row.
    #[serde(flatten)]
    pub row: AuditRow,
    /// Its segment.
    #[serde(default)]
    pub segment: Option<u64>,
}
