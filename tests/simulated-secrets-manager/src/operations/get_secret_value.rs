//! `GetSecretValue`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc, serde::ts_seconds};
use serde::{Deserialize, Serialize};

use super::Circumstances;
use crate::{
    refusal::Refusal,
    secret::{CURRENT, Secret},
    store::Store,
    version::Version,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_binary: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    version_stages: BTreeSet<String>,
    #[serde(with = "ts_seconds")]
    created_date: DateTime<Utc>,
}

pub(super) fn apply(body: &Body, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    let secret = store.usable(at.region, &body.secret_id)?;
    let version = find(secret, body)?.clone();
    let (secret_string, secret_binary) = version.value.into_wire();
    Ok(Answer {
        arn: secret.arn.clone(),
        name: secret.name.clone(),
        version_id: version.id,
        secret_string,
        secret_binary,
        version_stages: version.stages,
        created_date: version.created,
    })
}

/// By id, by label, or `AWSCURRENT`; with both, they must mean the same version.
fn find<'a>(secret: &'a Secret, body: &Body) -> Result<&'a Version, Refusal> {
    let Some(id) = &body.version_id else {
        let stage = body.version_stage.as_deref().unwrap_or(CURRENT);
        return secret.holder(stage).ok_or_else(|| Refusal::StageNotFound(stage.to_owned()));
    };
    let version = secret.version(id).ok_or_else(|| Refusal::VersionNotFound(id.clone()))?;
    match &body.version_stage {
        Some(stage) if !version.stages.contains(stage) => Err(Refusal::StageNotOnVersion),
        Some(_) | None => Ok(version),
    }
}
