//! The commands, one file each.

mod app_manifest;
mod audit;
mod catalogue;
mod doctor;
mod key;
mod operator_key;
mod reseller;
mod sealing_keys;
mod table;
mod webhook_secret;

use std::io::Read as _;
use std::path::Path;

use clap::Subcommand;
use onboarding_core::fields::Fields;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

/// Said whenever a secret is shown.
const SHOWN_ONCE: &str = "Keep it now: it is shown this once and cannot be read again.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The table of the deployment.
    #[command(subcommand)]
    Table(table::Table),
    /// Keys of the operator: of the platform team itself.
    #[command(subcommand)]
    OperatorKey(operator_key::OperatorKey),
    /// Service providers.
    #[command(subcommand)]
    Reseller(reseller::Reseller),
    /// What a service provider can give its enterprises.
    #[command(subcommand)]
    Catalogue(catalogue::Catalogue),
    /// API keys of a service provider.
    #[command(subcommand)]
    Key(key::Key),
    /// Audit trails.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The secret that signs a service provider's webhooks.
    #[command(subcommand)]
    WebhookSecret(webhook_secret::WebhookSecret),
    /// The key that seals links, tokens and letters.
    #[command(subcommand)]
    SealingKeys(sealing_keys::SealingKeys),
    /// Prints the app registration that a deployment needs in Entra.
    AppManifest(app_manifest::AppManifest),
    /// Checks a deployment: table, secrets, address, clock, queues, app registration.
    Doctor(doctor::Doctor),
}

impl Command {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        match self {
            Self::Table(command) => command.run(place).await,
            Self::OperatorKey(command) => command.run(place).await,
            Self::Reseller(command) => Box::pin(command.run(place)).await,
            Self::Catalogue(command) => command.run(place).await,
            Self::Key(command) => command.run(place).await,
            Self::Audit(command) => command.run(place).await,
            Self::WebhookSecret(command) => command.run(place).await,
            Self::SealingKeys(command) => command.run(place).await,
            Self::AppManifest(command) => command.run(place),
            Self::Doctor(command) => Box::pin(command.run(place)).await,
        }
    }
}

/// Standard input, in the place of a file.
const STANDARD_INPUT: &str = "-";

/// The bytes of a file.
fn bytes(file: &Path) -> Result<Vec<u8>, Error> {
    let read = if file == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    read.map_err(|source| Error::File { path: file.to_owned(), source })
}

/// What was said on the command line, as the body that the API would read.
fn said<const N: usize>(fields: [(&str, Option<Value>); N]) -> Fields {
    let said = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Fields::of(said.collect::<Map<String, Value>>())
}
