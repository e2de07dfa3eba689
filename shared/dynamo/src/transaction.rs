//! One transaction: all of its writes happen, or none, and the answer says whose condition did not hold.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};

use onboarding_core::idempotency::Attempt;

use crate::key::{EXISTS, IS_NEW, Key};
use crate::update::Change;
use crate::value::Item;
use crate::{Store, StoreError};

/// Writes to be made together.
#[derive(Debug)]
pub(crate) struct Transaction {
    table: String,
    parts: Vec<(Part, TransactWriteItem)>,
    /// Makes a repeated call the same call: an answer that got lost does not apply the writes twice.
    token: Option<String>,
    /// Under which key it stands, if under one.
    attempt: Option<Attempt>,
}

/// What a write of a transaction is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Action,
    Activation,
    ApiKey,
    Audit,
    AwaitedRoles,
    Catalogue,
    Connection,
    Delivery,
    Enterprise,
    Guard,
    Handle,
    FormerName,
    Idempotency,
    Invitation,
    Mail,
    Name,
    Request,
    Reseller,
    Segment,
    Token,
    User,
    Users,
}

/// How a transaction ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Committed {
    /// All of it happened.
    Done,
    /// Nothing happened: the conditions of these parts did not hold.
    Refused(Vec<Part>),
}

impl Transaction {
    /// Adds a write of a new item; its condition is that there is none under its key.
    pub(crate) fn put_new(&mut self, part: Part, item: Item) -> Result<(), StoreError> {
        self.put(part, item, Change::condition(IS_NEW))
    }

    /// Adds a write of a whole item under a condition on the one that it replaces.
    pub(crate) fn put(&mut self, part: Part, item: Item, condition: Change) -> Result<(), StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()));
        let put = put.build().map_err(StoreError::malformed)?;
        self.parts.push((part, TransactWriteItem::builder().put(put).build()));
        Ok(())
    }

    /// Adds a write of an item, whether there is one under its key or not.
    pub(crate) fn put_always(&mut self, part: Part, item: Item) -> Result<(), StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(StoreError::malformed)?;
        self.parts.push((part, TransactWriteItem::builder().put(put).build()));
        Ok(())
    }

    /// Adds a write of an item in the place of the one under its key, which is there.
    pub(crate) fn replace(&mut self, part: Part, item: Item) -> Result<(), StoreError> {
        self.put(part, item, Change::condition(EXISTS))
    }

    /// Adds the removal of the item under `key`, which is there.
    pub(crate) fn remove(&mut self, part: Part, key: Key) -> Result<(), StoreError> {
        self.delete(part, key, Change::condition(EXISTS))
    }

    /// Adds an update of the item under `key`.
    pub(crate) fn update(&mut self, part: Part, key: Key, change: Change) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .update_expression(change.update)
            .condition_expression(change.condition)
            .set_expression_attribute_names(change.names)
            .set_expression_attribute_values(Some(change.values));
        let update = update.build().map_err(StoreError::malformed)?;
        self.parts.push((part, TransactWriteItem::builder().update(update).build()));
        Ok(())
    }

    /// Adds the removal of the item under `key`.
    pub(crate) fn delete(&mut self, part: Part, key: Key, condition: Change) -> Result<(), StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()));
        let delete = delete.build().map_err(StoreError::malformed)?;
        self.parts.push((part, TransactWriteItem::builder().delete(delete).build()));
        Ok(())
    }

    /// Adds a condition on an item that is not written.
    pub(crate) fn check(&mut self, part: Part, key: Key, condition: Change) -> Result<(), StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()));
        let check = check.build().map_err(StoreError::malformed)?;
        self.parts.push((part, TransactWriteItem::builder().condition_check(check).build()));
        Ok(())
    }

    /// Names the transaction by an id that only it has.
    pub(crate) fn named(&mut self, id: &str) {
        self.token = Some(id.to_owned());
    }

    /// Says under which key the transaction stands.
    pub(crate) fn under(&mut self, attempt: &Attempt) {
        self.attempt = Some(attempt.clone());
    }

    /// The same transaction without one part: another one, under another name.
    pub(crate) fn without(mut self, part: Part) -> Self {
        self.parts.retain(|(one, _)| *one != part);
        self.token = self.token.map(|token| format!("{token}-2"));
        self
    }

    /// The parts for which the transaction was canceled by `code`.
    fn canceled_by(&self, code: &str, canceled: &TransactionCanceledException) -> Vec<Part> {
        let reasons = self.parts.iter().zip(canceled.cancellation_reasons());
        reasons.filter(|(_, reason)| reason.code() == Some(code)).map(|((part, _), _)| *part).collect()
    }
}

impl Store {
    pub(crate) fn transaction(&self) -> Transaction {
        Transaction { table: self.table.clone(), parts: Vec::new(), token: None, attempt: None }
    }

    /// Commits a move that may accept invitations with it. One that ended meanwhile keeps its end, and the move is made
    /// without it.
    pub(crate) async fn commit_accepting(
        &self,
        transaction: Transaction,
    ) -> Result<(Committed, Transaction), StoreError> {
        match self.commit(&transaction).await? {
            Committed::Refused(parts) if parts.iter().all(|part| *part == Part::Invitation) => {
                let without = transaction.without(Part::Invitation);
                Ok((self.commit(&without).await?, without))
            }
            committed @ (Committed::Done | Committed::Refused(_)) => Ok((committed, transaction)),
        }
    }

    /// Commits. A meeting with another transaction is no refusal: it is tried again for a moment.
    pub(crate) async fn commit(&self, transaction: &Transaction) -> Result<Committed, StoreError> {
        let items = transaction.parts.iter().map(|(_, item)| item.clone()).collect();
        let call = self.client.transact_write_items().set_transact_items(Some(items));
        let call = call.set_client_request_token(transaction.token.clone());
        let mut patience = self.patience();
        loop {
            let Err(error) = call.clone().send().await else { return Ok(Committed::Done) };
            let met_another = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    let refused = transaction.canceled_by("ConditionalCheckFailed", canceled);
                    let meeting = transaction.canceled_by("TransactionConflict", canceled);
                    // Whoever is at work under the same key may have made what the conditions failed on.
                    if !refused.is_empty() && !meeting.contains(&Part::Idempotency) {
                        return Ok(Committed::Refused(refused));
                    }
                    !meeting.is_empty()
                }
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => true,
                _ => false,
            };
            // The other one may be the same request, which is soon told from what it left.
            if let (true, Some(attempt)) = (met_another, &transaction.attempt)
                && self.repeat(attempt).await?.is_some()
            {
                return Ok(Committed::Refused(vec![Part::Idempotency]));
            }
            if !met_another {
                return Err(StoreError::unavailable(&error));
            }
            if !patience.wait().await {
                return Err(StoreError::Contended);
            }
        }
    }
}
