//! Rows: an item's keys beside the fields of a domain type.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::key::Key;
use crate::value::{Item, text};

/// The attribute of a part of a row, such as one action's state.
pub(crate) fn part<T: Serialize>(key: &Key, value: &T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value).map_err(|_| inconsistent::<T>(key))
}

/// The item of `entity` under `key`.
pub(crate) fn item<T: Serialize>(key: &Key, entity: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(entity).map_err(|_| inconsistent::<T>(key))?;
    item.extend(key.clone().into_item());
    Ok(item)
}

/// The entity in `item`; keys and bookkeeping attributes are not its fields.
pub(crate) fn entity<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let key = Key::of(&item);
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|_| inconsistent::<T>(&key))
}

/// Marks an item as due: it appears in the due index until the attributes are removed.
pub(crate) fn due(item: &mut Item, partition: &str, at: Timestamp) {
    item.insert("DPK".to_owned(), text(partition));
    item.insert("DSK".to_owned(), text(at.to_string()));
}

/// serde's own message may quote a value, which does not belong in a log: only the type is named.
fn inconsistent<T>(key: &Key) -> StoreError {
    let defect = format!("it is not a {}", std::any::type_name::<T>());
    StoreError::Inconsistent { pk: key.pk.clone(), sk: key.sk.clone(), defect }
}
