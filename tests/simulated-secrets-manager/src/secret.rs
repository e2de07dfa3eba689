//! A secret and the rules of its staging labels.
//!
//! Each label is on at most one version at a time. [`Secret::move_stage`] is the only way a label
//! reaches a version, so that no operation can break this.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    refusal::Refusal,
    version::{Value, Version},
};

/// The version callers get who ask for no other.
pub(crate) const CURRENT: &str = "AWSCURRENT";

/// The version that was current before.
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// How many versions a secret has at most (User Guide, "Secrets Manager quotas": about 100). Older ones without a label make
/// room, but none is removed within a day of its making (API Reference, `PutSecretValue`).
const MOST_VERSIONS: usize = 100;

/// How long a version is kept in any case.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The version a rotation has under way.
const PENDING: &str = "AWSPENDING";

/// One secret with all its versions, oldest first.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) changed: DateTime<Utc>,
    /// The end of the recovery window, once scheduled for deletion.
    pub(crate) deletion: Option<DateTime<Utc>>,
    pub(crate) versions: Vec<Version>,
}

/// A tag, kept and given back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    key: String,
    value: String,
}

impl Secret {
    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The version that has this label.
    pub(crate) fn holder(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.contains(stage))
    }

    /// The labelled versions with their labels; versions without a label count as deprecated and
    /// are not listed (API Reference, `DescribeSecret`).
    pub(crate) fn labelled(&self) -> BTreeMap<String, BTreeSet<String>> {
        let labelled = self.versions.iter().filter(|version| !version.stages.is_empty());
        labelled.map(|version| (version.id.clone(), version.stages.clone())).collect()
    }

    /// Adds a version. The id of one it has, with the same value, is the repeat of a request and
    /// changes nothing, not even labels; with another value it is refused.
    ///
    /// The first version always gets `AWSCURRENT`, whatever labels were asked for (API Reference,
    /// `PutSecretValue`).
    pub(crate) fn add_version(
        &mut self,
        id: &str,
        value: Value,
        mut stages: BTreeSet<String>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if let Some(existing) = self.version(id) {
            if existing.value == value {
                return Ok(());
            }
            return Err(Refusal::TokenUsed { token: id.to_owned(), arn: self.arn.clone() });
        }
        self.check_room(now)?;
        if self.versions.is_empty() {
            stages.insert(CURRENT.to_owned());
        }
        if stages.contains(CURRENT) {
            self.end_rotation();
        }
        let unlabelled = BTreeSet::new();
        self.versions.push(Version { id: id.to_owned(), value, stages: unlabelled, created: now });
        for stage in &stages {
            self.move_stage(stage, id);
        }
        self.changed = now;
        Ok(())
    }

    /// Whether there is room for one more version. A version from the future is of a clock that was put back, and not counted.
    fn check_room(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let is_young = |version: &&Version| now - KEPT_FOR < version.created && version.created <= now;
        if self.versions.iter().filter(is_young).count() < MOST_VERSIONS {
            return Ok(());
        }
        Err(Refusal::TooManyVersions { most: MOST_VERSIONS })
    }

    /// Puts a label on a version, off whichever had it. When `AWSCURRENT` leaves a version, that
    /// version becomes `AWSPREVIOUS`, and none other is.
    pub(crate) fn move_stage(&mut self, stage: &str, to: &str) {
        let from = self.holder(stage).map(|version| version.id.clone());
        if from.as_deref() == Some(to) {
            return;
        }
        self.detach(stage);
        self.attach(stage, to);
        if let Some(from) = from.filter(|_| stage == CURRENT) {
            self.detach(PREVIOUS);
            self.attach(PREVIOUS, &from);
        }
    }

    /// Takes `AWSPENDING` off the current version, which a rotation promoted and left so called.
    /// Recorded from AWS where `PutSecretValue` makes another version current; not recorded, and so
    /// not done, where `UpdateSecretVersionStage` does.
    fn end_rotation(&mut self) {
        let mut versions = self.versions.iter_mut();
        let current = versions.find(|version| version.stages.contains(CURRENT));
        if let Some(current) = current {
            current.stages.remove(PENDING);
        }
    }

    /// Takes a label off the version that has it.
    pub(crate) fn detach(&mut self, stage: &str) {
        for version in &mut self.versions {
            version.stages.remove(stage);
        }
    }

    fn attach(&mut self, stage: &str, to: &str) {
        let version = self.versions.iter_mut().find(|version| version.id == to);
        if let Some(version) = version {
            version.stages.insert(stage.to_owned());
        }
    }
}
