//! Why a sandbox does not start.

use std::io;
use std::path::PathBuf;

use onboarding_core::credential::MalformedKey;
use onboarding_core::text::InvalidEmailAddress;
use onboarding_dynamo::StoreError;
use onboarding_lambda::config::ConfigError;
use onboarding_lambda::config::deployment::NotABase;
use onboarding_microsoft::http::ClientError;
use onboarding_secrets::SecretsError;
use thiserror::Error;
use webhook_delivery::SenderError;

use crate::stream::StreamError;

/// Why a sandbox does not start.
#[derive(Debug, Error)]
pub enum Error {
    /// The API's port is not free.
    #[error("port {port} is not free; choose another with --port, or --port 0 for any")]
    PortTaken {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// No port at all can be had.
    #[error("no port on 127.0.0.1 can be opened")]
    NoPort(#[source] io::Error),
    /// A file or folder of the data folder cannot be used.
    #[error("{path} cannot be used", path = .path.display())]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another sandbox has the data folder.
    #[error("another sandbox is using {path}; stop it, or choose another folder with --data", path = .0.display())]
    DataInUse(PathBuf),
    /// The in-process DynamoDB did not start.
    #[error("the in-process DynamoDB does not start: {0}")]
    DynamoDb(String),
    /// The in-process Secrets Manager did not start.
    #[error("the in-process Secrets Manager does not start")]
    SecretsManager(#[from] simulated_secrets_manager::Error),
    /// The simulated Microsoft did not start.
    #[error("the simulated Microsoft does not start")]
    Microsoft(#[from] simulated_microsoft::Error),
    /// The table cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The stored keys of the sandbox are not keys.
    #[error("the secret sandbox-keys does not hold this sandbox's keys")]
    Keys(#[from] MalformedKey),
    /// The demo provider is not a provider.
    #[error("the demo provider is not as the rules want it")]
    DemoReseller(#[from] serde_json::Error),
    /// The sender of mail is not one.
    #[error("the sender of mail {0}")]
    MailFrom(#[from] InvalidEmailAddress),
    /// Our own address is not one.
    #[error("PUBLIC_BASE_URL {0}")]
    PublicBase(#[from] NotABase),
    /// An HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The guarded HTTP client cannot be made.
    #[error(transparent)]
    Sender(#[from] SenderError),
    /// The trust store cannot be made.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The table's stream cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
}
