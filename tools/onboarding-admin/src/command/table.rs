//! `table create`.

use clap::Subcommand;
use serde_json::json;

use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

#[derive(Subcommand)]
pub(crate) enum Table {
    /// Makes the table with its indexes and its stream, unless it is there.
    Create,
}

impl Table {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Create => {
                let store = place.store()?;
                store.create_table().await?;
                Ok(Answer::new(json!({ "status": "active", "stream": store.stream_arn().await? })))
            }
        }
    }
}
