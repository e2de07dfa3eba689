//! What the operator does: each move once, for the API (`credentials`) and for the command (`onboarding-admin`).
//!
//! A move here needs more than one write in the right order, or is tried again when somebody else was faster. What is
//! one read or one write is called on the store itself.

mod activation;
mod key;
mod reseller;

use std::fmt;

use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion};
use onboarding_core::fields::Fault;
use onboarding_core::id::ResellerId;
use onboarding_core::idempotency::{Attempt, Once, Repeat, Told};
use onboarding_dynamo::{Store, StoreError};
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

pub use activation::{Pages, renew_activation};
pub use key::{create_key, revoke_key};
pub use reseller::{Edited, create_reseller, edit_reseller, rotate_webhook_secret};

/// How often another random number is tried when one is taken.
const RETRIES: usize = 5;

/// Where things are kept.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// The table.
    pub store: &'a Store,
    /// The secrets.
    pub secrets: &'a Secrets,
}

impl fmt::Debug for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}

/// Who acts, and when.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// Time, reference and randomness.
    pub occasion: Occasion<'a>,
    /// Under which idempotency key, if under one. What is told then is a secret, of which the id alone is kept.
    pub attempt: Option<&'a Attempt>,
}

impl Order<'_> {
    /// The audit row of a fact about a provider's things, with what was before and after it; a new one for each try, as it
    /// names its transaction.
    fn audit(
        self,
        reseller: ResellerId,
        (action, object): (&str, String),
        (before, after): (Option<String>, Option<String>),
    ) -> AuditRow {
        let fact = Fact { actor: self.actor, action, object, before, after };
        AuditRow::new(reseller, None, fact, self.occasion)
    }

    fn once(self, id: impl ToString) -> Option<Once> {
        self.attempt.map(|attempt| attempt.keeping(Told::Secret { id: id.to_string() }))
    }
}

/// Why a move was not made.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// There is no such provider.
    #[error("no such service provider")]
    NoSuchReseller,
    /// There is no such key.
    #[error("no such key")]
    NoSuchKey,
    /// What was said is wrong.
    #[error("what was said is wrong")]
    Invalid(Vec<Fault>),
    /// The provider has as many keys as it may.
    #[error("the service provider has as many live keys as it may")]
    TooManyKeys,
    /// The provider is active already: there is nothing to activate.
    #[error("the service provider is active already")]
    AlreadyActive,
    /// It has a contact who is to activate it, and nothing says where our pages are.
    #[error("the address of our pages is not known")]
    PagesNotKnown,
    /// Every random number was taken.
    #[error("every random number was taken")]
    NoFreeNumber,
    /// Others changed the provider for as long as we waited for our turn.
    #[error("the service provider is being changed by others")]
    Contended,
    /// It was made before, or its idempotency key stands for something else.
    #[error("the idempotency key is in use")]
    Repeated(Repeat),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Secrets Manager did not answer.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl OperatorError {
    /// Whether others were changing the same thing all the while.
    #[must_use]
    pub const fn is_contended(&self) -> bool {
        matches!(self, Self::Contended | Self::Store(StoreError::Contended) | Self::Secrets(SecretsError::Contended(_)))
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Secrets(SecretsError::Unavailable | SecretsError::Contended(_)) | Self::Contended => true,
            Self::NoSuchReseller
            | Self::NoSuchKey
            | Self::Invalid(_)
            | Self::TooManyKeys
            | Self::AlreadyActive
            | Self::PagesNotKnown
            | Self::NoFreeNumber
            | Self::Repeated(_)
            | Self::Secrets(_) => false,
        }
    }
}
