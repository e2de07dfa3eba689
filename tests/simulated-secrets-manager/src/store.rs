//! All secrets, and the file they outlive a restart in.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{refusal::Refusal, secret::Secret, secret_id};

/// Every secret of every region, oldest first.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) secrets: Vec<Secret>,
}

impl Store {
    /// The store in `path`; an empty one if there is no such file yet.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Replaces `path` by rename, so that a reader or a crash finds the old file or the new one
    /// and nothing between. Readable by its owner only: the values lie in the clear.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let unfinished = unfinished(path);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&unfinished)?.write_all(&serde_json::to_vec_pretty(self)?)?;
        fs::rename(&unfinished, path)
    }

    /// Forgets the secrets whose recovery window is over.
    pub(crate) fn forget_expired(&mut self, now: DateTime<Utc>) {
        self.secrets.retain(|secret| secret.deletion.is_none_or(|end| end > now));
    }

    /// The secret meant by `id` in `region`, also if scheduled for deletion.
    pub(crate) fn find(&self, region: &str, id: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| is(secret, region, id))
    }

    /// As [`Store::find`], to change it.
    pub(crate) fn find_mut(&mut self, region: &str, id: &str) -> Option<&mut Secret> {
        self.secrets.iter_mut().find(|secret| is(secret, region, id))
    }

    /// The secret meant by `id`, or the refusal if there is none or it is scheduled for deletion.
    pub(crate) fn usable(&mut self, region: &str, id: &str) -> Result<&mut Secret, Refusal> {
        let secret = self.find_mut(region, id).ok_or(Refusal::SecretNotFound)?;
        if secret.deletion.is_some() {
            return Err(Refusal::MarkedForDeletion);
        }
        Ok(secret)
    }
}

fn is(secret: &Secret, region: &str, id: &str) -> bool {
    secret.region == region && secret_id::names(id, &secret.name, &secret.arn)
}

/// Where the next state is written before it takes the old one's place: the same folder, because a
/// rename is atomic only within one file system.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".unfinished");
    PathBuf::from(name)
}
