//! `webhook-secret rotate`.

use clap::Subcommand;
use onboarding_core::id::ResellerId;
use onboarding_operator::Places;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::SHOWN_ONCE;
use crate::answer::Answer;
use crate::error::Error;
use crate::place::{Moment, Place};

#[derive(Subcommand)]
pub(crate) enum WebhookSecret {
    /// Makes a new secret and prints it, this once. The former one signs beside it for 24 hours.
    Rotate {
        /// The service provider's number.
        id: ResellerId,
    },
}

impl WebhookSecret {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Rotate { id } => {
                let (store, secrets, moment) = (place.store()?, place.secrets()?, Moment::present());
                let places = Places { store: &store, secrets: &secrets };
                let secret = onboarding_operator::rotate_webhook_secret(places, id, moment.order()).await?;
                let answer = Answer::new(json!({ "webhookSecret": secret.expose_secret() }));
                Ok(answer.with_remark(SHOWN_ONCE))
            }
        }
    }
}
