//! `DescribeSecret`: the one operation, besides a forced delete, that a secret scheduled for
//! deletion still answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{
    DateTime, Utc,
    serde::{ts_seconds, ts_seconds_option},
};
use serde::{Deserialize, Serialize};

use super::Circumstances;
use crate::{
    refusal::Refusal,
    secret::{Secret, Tag},
    store::Store,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    secret_id: String,
}

/// A secret without its values. `ListSecrets` calls the labels `SecretVersionsToStages`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    #[serde(with = "ts_seconds")]
    created_date: DateTime<Utc>,
    #[serde(with = "ts_seconds")]
    last_changed_date: DateTime<Utc>,
    #[serde(with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    deleted_date: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(flatten)]
    metadata: Metadata,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    version_ids_to_stages: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn apply(body: &Body, at: &Circumstances<'_>, store: &Store) -> Result<Answer, Refusal> {
    let secret = store.find(at.region, &body.secret_id).ok_or(Refusal::SecretNotFound)?;
    let metadata = Metadata::of(secret);
    Ok(Answer { metadata, version_ids_to_stages: secret.labelled() })
}

impl Metadata {
    pub(super) fn of(secret: &Secret) -> Self {
        Self {
            arn: secret.arn.clone(),
            name: secret.name.clone(),
            description: secret.description.clone(),
            kms_key_id: secret.kms_key_id.clone(),
            tags: secret.tags.clone(),
            created_date: secret.created,
            last_changed_date: secret.changed,
            deleted_date: secret.deletion,
        }
    }
}
