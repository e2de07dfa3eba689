//! `PutSecretValue`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Circumstances, check_length};
use crate::{
    refusal::Refusal,
    secret::CURRENT,
    store::Store,
    version::{self, Value},
};

/// Most labels in one request (API Reference).
const MOST_STAGES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    secret_id: String,
    client_request_token: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_stages: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: String,
    version_stages: BTreeSet<String>,
}

pub(super) fn apply(body: Body, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    let id = version::id_from_token(body.client_request_token)?;
    let value = Value::read(body.secret_string, body.secret_binary)?;
    let value = value.ok_or(Refusal::ValueMissing)?;
    let stages = stages(body.version_stages)?;
    let secret = store.usable(at.region, &body.secret_id)?;
    secret.add_version(&id, value, stages, at.now)?;
    let version_stages = secret.version(&id).map(|version| version.stages.clone());
    Ok(Answer {
        arn: secret.arn.clone(),
        name: secret.name.clone(),
        version_id: id,
        version_stages: version_stages.unwrap_or_default(),
    })
}

/// The labels asked for; `AWSCURRENT` if none were.
fn stages(asked: Option<Vec<String>>) -> Result<BTreeSet<String>, Refusal> {
    let Some(asked) = asked else {
        return Ok(BTreeSet::from([CURRENT.to_owned()]));
    };
    if asked.is_empty() || asked.len() > MOST_STAGES {
        let limits = format!("VersionStages must have 1 to {MOST_STAGES} labels.");
        return Err(Refusal::OutsideLimits(limits));
    }
    for stage in &asked {
        check_length("VersionStages", stage, 1..=256)?;
    }
    Ok(asked.into_iter().collect())
}
