//! Access tokens.

use onboarding_core::audit::AuditRow;
use onboarding_core::idempotency::{Once, Repeat};
use onboarding_core::token::TokenRecord;

use crate::consent::{IS_OPEN, open};
use crate::idempotency::Ended;
use crate::key::{EXISTS, Key};
use crate::row::item;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::number;
use crate::{Store, StoreError};

/// How making a token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenAdded {
    /// It is good from now on.
    Done,
    /// The key behind it was revoked meanwhile.
    KeyRevoked,
    /// The enterprise that it would be for is stopped or gone (R168).
    EnterpriseStopped,
    /// The request was carried out before, or its idempotency key stands for another one.
    Repeated(Repeat),
}

impl Store {
    /// Adds a token while the key behind it is there, and its enterprise open, if it is of one.
    pub async fn add_token(
        &self,
        token: &TokenRecord,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<TokenAdded, StoreError> {
        let mut row = item(&Key::token(&token.id), token)?;
        row.insert("ttl".to_owned(), number(token.expires_at.seconds()));
        let mut transaction = self.transaction();
        transaction.check(Part::ApiKey, Key::api_key(token.id.key()), Change::condition(EXISTS))?;
        if let Some(enterprise) = token.enterprise.map(Key::enterprise) {
            let is_open = open(Change::condition(IS_OPEN), &enterprise)?;
            transaction.check(Part::Enterprise, enterprise, is_open)?;
        }
        transaction.put_new(Part::Token, row)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        Ok(match self.commit_once(&transaction, once).await? {
            Ended::First(Committed::Done) => TokenAdded::Done,
            Ended::First(Committed::Refused(parts)) if parts.contains(&Part::Enterprise) => {
                TokenAdded::EnterpriseStopped
            }
            Ended::First(Committed::Refused(_)) => TokenAdded::KeyRevoked,
            Ended::Repeated(repeat) => TokenAdded::Repeated(repeat),
        })
    }
}
