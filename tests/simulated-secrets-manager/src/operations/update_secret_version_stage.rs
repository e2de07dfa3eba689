//! `UpdateSecretVersionStage`: one label added, moved or removed.

use serde::{Deserialize, Serialize};

use super::{Circumstances, check_length};
use crate::{
    refusal::Refusal,
    secret::{CURRENT, Secret},
    store::Store,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
}

pub(super) fn apply(body: &Body, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    check_length("VersionStage", &body.version_stage, 1..=256)?;
    let secret = store.usable(at.region, &body.secret_id)?;
    check_remove_from(secret, body)?;
    match (&body.move_to_version_id, &body.remove_from_version_id) {
        (Some(to), _) => {
            secret.version(to).ok_or_else(|| Refusal::VersionNotFound(to.clone()))?;
            check_nothing_taken_unsaid(secret, body, to)?;
            secret.move_stage(&body.version_stage, to);
        }
        (None, Some(_)) => {
            check_removable(&body.version_stage)?;
            secret.detach(&body.version_stage);
        }
        (None, None) => {
            let text = "You must provide MoveToVersionId, RemoveFromVersionId, or both.";
            return Err(Refusal::InvalidParameter(text.to_owned()));
        }
    }
    secret.changed = at.now;
    Ok(Answer { arn: secret.arn.clone(), name: secret.name.clone() })
}

/// `RemoveFromVersionId`, if given, must be the version that has the label.
fn check_remove_from(secret: &Secret, body: &Body) -> Result<(), Refusal> {
    let Some(from) = &body.remove_from_version_id else {
        return Ok(());
    };
    let stage = &body.version_stage;
    match secret.version(from) {
        Some(version) if version.stages.contains(stage) => Ok(()),
        Some(_) | None => {
            Err(Refusal::InvalidParameter(format!("Staging label {stage} isn't currently attached to version {from}.")))
        }
    }
}

/// A label on another version moves only if `RemoveFromVersionId` says so: this makes the move a
/// compare-and-swap, and of two rotations that saw the same state one is refused.
fn check_nothing_taken_unsaid(secret: &Secret, body: &Body, to: &str) -> Result<(), Refusal> {
    let stage = &body.version_stage;
    match secret.holder(stage) {
        Some(holder) if holder.id != to && body.remove_from_version_id.is_none() => {
            let id = &holder.id;
            Err(Refusal::InvalidParameter(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {id}, so you must explicitly reference that version in RemoveFromVersionId."
            )))
        }
        Some(_) | None => Ok(()),
    }
}

/// A secret with a version always has a current one.
fn check_removable(stage: &str) -> Result<(), Refusal> {
    if stage != CURRENT {
        return Ok(());
    }
    Err(Refusal::InvalidParameter(format!(
        "You can only move staging label {CURRENT} to a different secret version. It can't be completely removed."
    )))
}
