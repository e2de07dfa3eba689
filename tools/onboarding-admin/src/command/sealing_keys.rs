//! `sealing-keys create`: the first sealing key. `key-rotation` makes the others.

use clap::Subcommand;
use onboarding_core::random::SystemRandomness;
use onboarding_operator::OperatorError;
use serde_json::json;

use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

#[derive(Subcommand)]
pub(crate) enum SealingKeys {
    /// Makes the first sealing key and stores it, unless there is one. It is shown nowhere.
    Create,
}

impl SealingKeys {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Create => {
                let keys = place.secrets()?.create_sealing_keys_if_absent(&SystemRandomness::new()).await;
                keys.map_err(OperatorError::from)?;
                Ok(Answer::new(json!({ "status": "stored" })))
            }
        }
    }
}
