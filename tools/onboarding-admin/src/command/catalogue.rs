//! `catalogue set`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use onboarding_core::fields::Fields;
use onboarding_core::id::ResellerId;
use onboarding_core::json;
use serde_json::Value;

use super::reseller;
use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

/// Standard input, in the place of a file.
const STANDARD_INPUT: &str = "-";

#[derive(Subcommand)]
pub(crate) enum Catalogue {
    /// Replaces the SBC gateways, the PBX types, or both; a list that is not said stays.
    Set {
        /// The service provider's number.
        id: ResellerId,
        /// A file with {"sbcGateways": [...], "pbxTypes": [...]}, as the API answers the lists; - is standard input.
        file: PathBuf,
    },
}

impl Catalogue {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Set { id, file } => reseller::change(place, id, read(file)?).await,
        }
    }
}

/// Whatever else stands in the file is no catalogue, and must not change the provider by the way.
fn read(file: PathBuf) -> Result<Fields, Error> {
    let bytes = bytes(&file).map_err(|source| Error::File { path: file.clone(), source })?;
    match json::parse(&bytes) {
        Ok(Value::Object(object)) if object.keys().all(|key| key == "sbcGateways" || key == "pbxTypes") => {
            Ok(Fields::of(object))
        }
        _ => Err(Error::NotJson(file)),
    }
}

fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new(STANDARD_INPUT) {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
