//! `CreateSecret`.

use std::collections::BTreeSet;

use rand::{Rng as _, distr::Alphanumeric};
use serde::{Deserialize, Serialize};

use super::{Circumstances, check_length};
use crate::{
    refusal::Refusal,
    secret::{CURRENT, Secret, Tag},
    secret_id,
    store::Store,
    version::{self, Value},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    name: String,
    client_request_token: Option<String>,
    description: Option<String>,
    kms_key_id: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    /// Absent for a secret made without a value, which has no version yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
}

pub(super) fn apply(mut body: Body, at: &Circumstances<'_>, store: &mut Store) -> Result<Answer, Refusal> {
    check_name(&body.name)?;
    check_length("Description", body.description.as_deref().unwrap_or_default(), 0..=2048)?;
    let version_id = version::id_from_token(body.client_request_token.take())?;
    let value = Value::read(body.secret_string.take(), body.secret_binary.take())?;
    let version = value.map(|value| (version_id, value));
    match store.find_mut(at.region, &body.name) {
        Some(existing) => recognise(existing, version),
        None => create(body, version, at, store),
    }
}

/// 1 to 512 ASCII letters, digits and `/_+=.@-` (API Reference).
fn check_name(name: &str) -> Result<(), Refusal> {
    check_length("Name", name, 1..=512)?;
    let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.chars().all(known) { Ok(()) } else { Err(Refusal::InvalidName) }
}

/// A name in use is refused, except for the repeat of a request that made a version with this very
/// token and value.
fn recognise(existing: &Secret, version: Option<(String, Value)>) -> Result<Answer, Refusal> {
    if existing.deletion.is_some() {
        return Err(Refusal::NameScheduledForDeletion);
    }
    let taken = || Refusal::SecretExists(existing.name.clone());
    let (id, value) = version.ok_or_else(taken)?;
    let made = existing.version(&id).ok_or_else(taken)?;
    if made.value != value {
        return Err(Refusal::TokenUsed { token: id, arn: existing.arn.clone() });
    }
    Ok(Answer { arn: existing.arn.clone(), name: existing.name.clone(), version_id: Some(id) })
}

fn create(
    body: Body,
    version: Option<(String, Value)>,
    at: &Circumstances<'_>,
    store: &mut Store,
) -> Result<Answer, Refusal> {
    let mut secret = Secret {
        arn: secret_id::arn(at.region, &body.name, &random_suffix()),
        name: body.name,
        region: at.region.to_owned(),
        description: body.description,
        kms_key_id: body.kms_key_id,
        tags: body.tags,
        created: at.now,
        changed: at.now,
        deletion: None,
        versions: Vec::new(),
    };
    let mut version_id = None;
    if let Some((id, value)) = version {
        secret.add_version(&id, value, BTreeSet::from([CURRENT.to_owned()]), at.now)?;
        version_id = Some(id);
    }
    let answer = Answer { arn: secret.arn.clone(), name: secret.name.clone(), version_id };
    store.secrets.push(secret);
    Ok(answer)
}

/// New for each creation, so that an old ARN never means a secret made again under its name.
fn random_suffix() -> String {
    rand::rng().sample_iter(Alphanumeric).take(6).map(char::from).collect()
}
