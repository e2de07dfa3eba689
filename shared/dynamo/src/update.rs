//! Changes of one item, and the one way to make them: conditionally.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::key::Key;
use crate::value::Item;
use crate::{Store, StoreError};

/// An update expression with its condition and placeholders; a mere check has no update.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) update: String,
    pub(crate) condition: String,
    pub(crate) names: Option<HashMap<String, String>>,
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

    /// The same change under one more condition.
    pub(crate) fn and(mut self, condition: &str) -> Self {
        self.condition.push_str(" AND ");
        self.condition.push_str(condition);
        self
    }

    /// Names an attribute whose own name is reserved or comes from data.
    pub(crate) fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names.get_or_insert_default().insert(placeholder.to_owned(), attribute.to_owned());
        self
    }

    /// Gives a value.
    pub(crate) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }
}

/// How a change of one item ended.
#[derive(Debug)]
pub(crate) enum Updated {
    /// It is made; the item as it is now.
    Done(Option<Item>),
    /// The condition did not hold; the item as it is, if there is one.
    Refused(Option<Item>),
}

impl Updated {
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

impl Store {
    /// Changes one item if the condition holds. A transaction that holds the item is waited for.
    pub(crate) async fn update(&self, key: Key, change: Change) -> Result<Updated, StoreError> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .update_expression(change.update)
            .condition_expression(change.condition)
            .set_expression_attribute_names(change.names)
            .set_expression_attribute_values(Some(change.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut patience = self.patience();
        loop {
            let error = match call.clone().send().await {
                Ok(updated) => return Ok(Updated::Done(updated.attributes)),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    return Ok(Updated::Refused(refused.item.clone()));
                }
                Some(UpdateItemError::TransactionConflictException(_)) if patience.wait().await => {}
                Some(UpdateItemError::TransactionConflictException(_)) => return Err(StoreError::Contended),
                _ => return Err(StoreError::unavailable(&error)),
            }
        }
    }
}
