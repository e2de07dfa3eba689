//! `DeleteSecret`: scheduled, or at once.

use chrono::{DateTime, TimeDelta, Utc, serde::ts_seconds};
use serde::{Deserialize, Serialize};

use super::Circumstances;
use crate::{refusal::Refusal, secret_id, store::Store};

/// The recovery window, in days, of a request that names none (API Reference).
const DEFAULT_WINDOW: i64 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    secret_id: String,
    recovery_window_in_days: Option<i64>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    #[serde(with = "ts_seconds")]
    deletion_date: DateTime<Utc>,
}

pub(super) fn apply(body: &Body, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    match (body.force_delete_without_recovery, body.recovery_window_in_days) {
        (true, None) => Ok(delete_now(&body.secret_id, at, store)),
        (true, Some(_)) => Err(Refusal::InvalidParameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.".to_owned(),
        )),
        (false, window) => schedule(&body.secret_id, window.unwrap_or(DEFAULT_WINDOW), at, store),
    }
}

fn schedule(id: &str, days: i64, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    if !(7..=30).contains(&days) {
        return Err(Refusal::InvalidParameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).".to_owned(),
        ));
    }
    let secret = store.usable(at.region, id)?;
    let deletion_date = at.now + TimeDelta::days(days);
    secret.deletion = Some(deletion_date);
    Ok(Answer { arn: secret.arn.clone(), name: secret.name.clone(), deletion_date })
}

/// Also of a secret scheduled for deletion, and without complaint of one that does not exist
/// (API Reference); its answer then names an ARN nobody has.
fn delete_now(id: &str, at: &Circumstances<'_>, store: &mut Store) -> Answer {
    let Some(secret) = store.find(at.region, id) else {
        let name = secret_id::name_in(id).to_owned();
        let arn = secret_id::arn(at.region, &name, "000000");
        return Answer { arn, name, deletion_date: at.now };
    };
    let (arn, name) = (secret.arn.clone(), secret.name.clone());
    store.secrets.retain(|secret| secret.arn != arn);
    Answer { arn, name, deletion_date: at.now }
}
