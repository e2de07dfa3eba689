//! Access tokens.

use onboarding_core::audit::AuditRow;
use onboarding_core::idempotency::Once;
use onboarding_core::token::TokenRecord;

use crate::idempotency::Made;
use crate::key::{EXISTS, Key};
use crate::row::item;
use crate::transaction::Part;
use crate::update::Change;
use crate::value::number;
use crate::{Store, StoreError};

impl Store {
    /// Adds a token while the key behind it is there; refused if that was revoked meanwhile.
    pub async fn add_token(
        &self,
        token: &TokenRecord,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut row = item(&Key::token(&token.id), token)?;
        row.insert("ttl".to_owned(), number(token.expires_at.seconds()));
        let mut transaction = self.transaction();
        transaction.check(Part::ApiKey, Key::api_key(token.id.key()), Change::condition(EXISTS))?;
        transaction.put_new(Part::Token, row)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }
}
