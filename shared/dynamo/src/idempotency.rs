//! Idempotency keys: an item of the creating transaction, so that what is made and what is told of it stand together.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use onboarding_core::idempotency::{Attempt, Kept, Once, Repeat};

use crate::key::{IS_NEW, Key};
use crate::row::{entity, item};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{instant, number};
use crate::{Store, StoreError};

/// How making something ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is made.
    Done,
    /// Nothing was made: the condition of the method did not hold.
    Refused,
    /// Nothing was made: the request was carried out before, or its key stands for another one.
    Repeated(Repeat),
}

/// How a transaction that may stand under a key ended.
pub(crate) enum Ended {
    First(Committed),
    Repeated(Repeat),
}

impl Transaction {
    /// Lets the transaction stand under a key, if there is one: its condition is that nothing does, or no longer.
    pub(crate) fn once(&mut self, once: Option<&Once>) -> Result<(), StoreError> {
        let Some(Once { attempt, kept }) = once else { return Ok(()) };
        let mut row = item(&Key::idempotency(attempt), kept)?;
        row.insert("ttl".to_owned(), number(kept.expires_at().seconds()));
        let free = Change::condition(format!("{IS_NEW} OR expiresAt <= :now")).value(":now", instant(attempt.now()));
        self.under(attempt);
        self.put(Part::Idempotency, row, free)
    }
}

impl Store {
    /// Commits a transaction that may stand under a key. A used key counts before every other refusal: what the first
    /// request made is what most of those would be about.
    pub(crate) async fn commit_once(
        &self,
        transaction: &Transaction,
        once: Option<&Once>,
    ) -> Result<Ended, StoreError> {
        let committed = self.commit(transaction).await?;
        match (&committed, once) {
            (Committed::Refused(parts), Some(once)) if parts.contains(&Part::Idempotency) => {
                let repeat = self.repeat(&once.attempt).await?;
                // It ended between the two looks at it, 24 hours after it was made.
                let ended = || StoreError::Unavailable("the idempotency key has just ended".to_owned());
                repeat.map(Ended::Repeated).ok_or_else(ended)
            }
            _ => Ok(Ended::First(committed)),
        }
    }

    /// The same, for what is made or not.
    pub(crate) async fn make(&self, transaction: &Transaction, once: Option<&Once>) -> Result<Made, StoreError> {
        Ok(match self.commit_once(transaction, once).await? {
            Ended::First(Committed::Done) => Made::Done,
            Ended::First(Committed::Refused(_)) => Made::Refused,
            Ended::Repeated(repeat) => Made::Repeated(repeat),
        })
    }

    /// What an attempt repeats, if it does.
    pub(crate) async fn repeat(&self, attempt: &Attempt) -> Result<Option<Repeat>, StoreError> {
        let kept = self.get(Key::idempotency(attempt)).await?.map(entity::<Kept>).transpose()?;
        Ok(kept.and_then(|kept| attempt.judge(kept)))
    }

    /// Frees a key again: what followed the transaction, and was the purpose of the request, did not happen.
    pub async fn give_up(&self, once: &Once) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete
            .set_key(Some(Key::idempotency(&once.attempt).into_item()))
            .condition_expression("expiresAt = :ours")
            .expression_attribute_values(":ours", instant(once.kept.expires_at()));
        match delete.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Err(StoreError::unavailable(&error))
            }
            _ => Ok(()),
        }
    }
}
