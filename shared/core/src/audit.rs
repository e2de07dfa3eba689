//! The audit trail: who did what to what, when, and how it changed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential::{Caller, CredentialId};
use crate::id::{AuditId, EnterpriseId, ReferenceId, ResellerId};
use crate::identity::Signer;
use crate::random::Random;
use crate::time::Timestamp;

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
    pub reseller: ResellerId,
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
    /// Microsoft's correlation id, if Microsoft was asked.
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
    /// A row about `fact`, in the trail of `reseller`.
    #[must_use]
    pub fn new(reseller: ResellerId, enterprise: Option<EnterpriseId>, fact: Fact<'_>, occasion: Occasion<'_>) -> Self {
        Self {
            id: AuditId::new(occasion.now, occasion.random),
            reseller,
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
}
