//! `catalogue set`.

use std::path::PathBuf;

use clap::Subcommand;
use onboarding_core::fields::Fields;
use onboarding_core::id::ResellerId;
use onboarding_core::json;
use serde_json::Value;

use super::{bytes, reseller};
use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

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
    match json::parse(&bytes(&file)?) {
        Ok(Value::Object(object)) if object.keys().all(|key| key == "sbcGateways" || key == "pbxTypes") => {
            Ok(Fields::of(object))
        }
        _ => Err(Error::NotJson(file)),
    }
}
