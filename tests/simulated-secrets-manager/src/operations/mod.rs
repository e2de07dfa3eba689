//! The operations: each reads its body, applies its rules, says what changed.

mod create_secret;
mod delete_secret;
mod describe_secret;
mod get_secret_value;
mod list_secrets;
mod put_secret_value;
mod update_secret_version_stage;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{operation::Operation, refusal::Refusal, store::Store};

/// What an operation needs to know besides its body.
pub(crate) struct Circumstances<'a> {
    pub(crate) region: &'a str,
    pub(crate) now: DateTime<Utc>,
}

/// Applies one operation to the store. On a refusal the store may be half changed: the caller
/// works on a copy and keeps it only on success.
pub(crate) fn apply(
    operation: Operation,
    body: &[u8],
    at: &Circumstances<'_>,
    store: &mut Store,
) -> Result<serde_json::Value, Refusal> {
    match operation {
        Operation::CreateSecret => written(&create_secret::apply(read(body)?, at, store)?),
        Operation::GetSecretValue => written(&get_secret_value::apply(&read(body)?, at, store)?),
        Operation::PutSecretValue => written(&put_secret_value::apply(read(body)?, at, store)?),
        Operation::DescribeSecret => written(&describe_secret::apply(&read(body)?, at, store)?),
        Operation::UpdateSecretVersionStage => written(&update_secret_version_stage::apply(&read(body)?, at, store)?),
        Operation::DeleteSecret => written(&delete_secret::apply(&read(body)?, at, store)?),
        Operation::ListSecrets => written(&list_secrets::apply(&read(body)?, at, store)?),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Unreadable(error.to_string()))
}

fn written<T: Serialize>(answer: &T) -> Result<serde_json::Value, Refusal> {
    serde_json::to_value(answer).map_err(|error| Refusal::Unreadable(error.to_string()))
}

/// Refuses `text` unless its length in characters is within the API Reference's limits.
fn check_length(parameter: &str, text: &str, limits: RangeInclusive<usize>) -> Result<(), Refusal> {
    if limits.contains(&text.chars().count()) {
        return Ok(());
    }
    let (least, most) = limits.into_inner();
    Err(Refusal::OutsideLimits(format!("{parameter} must have {least} to {most} characters.")))
}
