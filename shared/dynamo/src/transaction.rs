//! One transaction: all of its writes happen, or none, and the answer says whose condition did not hold.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem, Update};

use crate::row::Item;
use crate::table::{IS_NEW, Key};
use crate::{Store, StoreError};

/// How often a transaction that met another one is tried again, and how long to wait at first.
const CONFLICT_RETRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// Writes to be made together.
#[derive(Debug)]
pub(crate) struct Transaction {
    table: String,
    items: Vec<TransactWriteItem>,
}

/// How a transaction ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Committed {
    /// All of it happened.
    Done,
    /// Nothing happened: the conditions of these writes, by their position, did not hold.
    Refused(Vec<usize>),
}

impl Transaction {
    /// Adds a write of a new item; its condition is that there is none under its key.
    pub(crate) fn put_new(&mut self, item: Item) -> Result<usize, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(IS_NEW);
        let put = put.build().map_err(StoreError::malformed)?;
        Ok(self.add(TransactWriteItem::builder().put(put).build()))
    }

    /// Adds an update of the item under `key`.
    pub(crate) fn update(&mut self, key: Key, change: Change) -> Result<usize, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .update_expression(change.update)
            .condition_expression(change.condition)
            .set_expression_attribute_names(change.names)
            .set_expression_attribute_values(Some(change.values));
        let update = update.build().map_err(StoreError::malformed)?;
        Ok(self.add(TransactWriteItem::builder().update(update).build()))
    }

    /// Adds a condition on an item that is not written.
    pub(crate) fn check(&mut self, key: Key, condition: Change) -> Result<usize, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(Some(condition.values).filter(|values| !values.is_empty()));
        let check = check.build().map_err(StoreError::malformed)?;
        Ok(self.add(TransactWriteItem::builder().condition_check(check).build()))
    }

    fn add(&mut self, item: TransactWriteItem) -> usize {
        self.items.push(item);
        self.items.len() - 1
    }

    /// The same transaction without the write at `position`.
    pub(crate) fn without(mut self, position: usize) -> Self {
        self.items.remove(position);
        self
    }
}

/// An update expression with its condition and placeholders; a mere check has no update.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) update: String,
    pub(crate) condition: String,
    pub(crate) names: Option<std::collections::HashMap<String, String>>,
    pub(crate) values: Item,
}

impl Change {
    pub(crate) fn new(update: impl Into<String>, condition: impl Into<String>) -> Self {
        Self { update: update.into(), condition: condition.into(), names: None, values: Item::new() }
    }

    /// A condition without an update.
    pub(crate) fn condition(condition: impl Into<String>) -> Self {
        Self::new(String::new(), condition)
    }

    /// Names an attribute whose own name is reserved or comes from data.
    pub(crate) fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names.get_or_insert_default().insert(placeholder.to_owned(), attribute.to_owned());
        self
    }

    /// Gives a value.
    pub(crate) fn value(mut self, placeholder: &str, value: aws_sdk_dynamodb::types::AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }
}

impl Store {
    pub(crate) fn transaction(&self) -> Transaction {
        Transaction { table: self.table.clone(), items: Vec::new() }
    }

    /// Commits. A meeting with another transaction is no refusal: it is tried again for a moment.
    ///
    /// The SDK gives each call a `ClientRequestToken` of its own and keeps it over its retries, so an answer that
    /// got lost does not apply the writes twice.
    pub(crate) async fn commit(&self, transaction: &Transaction) -> Result<Committed, StoreError> {
        let mut wait = FIRST_WAIT;
        for _ in 0..CONFLICT_RETRIES {
            let call = self.client.transact_write_items().set_transact_items(Some(transaction.items.clone()));
            let Err(error) = call.send().await else { return Ok(Committed::Done) };
            match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                    let reasons = canceled.cancellation_reasons();
                    let code = |at: usize| reasons[at].code().unwrap_or_default();
                    let failed: Vec<usize> =
                        (0..reasons.len()).filter(|at| code(*at) == "ConditionalCheckFailed").collect();
                    if !failed.is_empty() {
                        return Ok(Committed::Refused(failed));
                    }
                    if !(0..reasons.len()).any(|at| code(at) == "TransactionConflict") {
                        return Err(StoreError::unavailable(error));
                    }
                }
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => {}
                _ => return Err(StoreError::unavailable(error)),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        Err(StoreError::Unavailable("transactions kept meeting each other".to_owned()))
    }
}
