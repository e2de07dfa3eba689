//! The data folder: what outlives a restart, and a kill (K8).
//!
//! | file | what |
//! |---|---|
//! | `rows.sqlite` | the table |
//! | `secrets.json` | Secrets Manager |
//! | `microsoft.json` | the simulated Microsoft: signing keys, grants, sign-ins under way, codes |
//! | `ports.json` | the ports, so that links stay good |
//! | `stream-….json` | how far each event source mapping has read |
//! | `webhooks.json` | what the receiver has caught |
//! | `mail.json` | what has come into the mailbox |
//! | `lock` | held while a sandbox runs |
//!
//! The folder is its owner's alone: secrets lie in the clear in it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// A data folder in use. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and takes it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        make_private(path).map_err(|source| Error::Data { path: path.to_owned(), source })?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(|source| Error::Data { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::DataInUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(Error::Data { path: lock_path, source }),
        }
    }

    /// A file of the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// What a JSON file holds; none if it is not there or makes no sense, since nothing kept so is worth a refusal to start.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Replaces a JSON file by rename: a kill leaves the old one or the new one.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, serde_json::to_vec(value)?)?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_sandbox_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("b");
        let first = DataFolder::open(&path).unwrap();
        assert!(matches!(DataFolder::open(&path), Err(Error::DataInUse(_))));
        drop(first);
        assert!(DataFolder::open(&path).is_ok());
    }

    #[test]
    fn a_file_reads_back_and_a_broken_one_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        assert_eq!(read_json::<u16>(&path), None);
        write_json(&path, &7).unwrap();
        assert_eq!(read_json::<u16>(&path), Some(7));
        fs::write(&path, "{").unwrap();
        assert_eq!(read_json::<u16>(&path), None);
    }
}
