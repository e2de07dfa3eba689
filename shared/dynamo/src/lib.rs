//! The table: the only crate that knows DynamoDB.
//!
//! One file per noun, as in the rules. A method is named for the domain's move and repeats that move as one
//! conditional write or one transaction; who lost a race learns it from the answer, never from a read before the
//! write. "Not found" is `None`; a row that makes no sense is [`StoreError::Inconsistent`] and names the row.
//!
//! [`table`] documents every item type, every access pattern, and what each costs.

pub mod activation;
pub mod admin_consent;
pub mod api_key;
pub mod audit;
pub mod awaited_roles;
mod claim;
pub mod connection;
pub mod consent;
pub mod credential;
pub mod delivery;
pub mod drift;
pub mod due;
pub mod enterprise;
pub mod idempotency;
pub mod invitation;
pub mod isolation;
mod key;
pub mod mail;
pub mod patience;
mod rate_limit;
mod readiness;
pub mod reseller;
pub mod reset;
mod row;
pub mod start;
pub mod stream;
pub mod table;
pub mod token;
pub mod token_handle;
mod transaction;
mod update;
pub mod user;
mod value;

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::rate_limit::{Leases, RateLimit, STANDARD};
use thiserror::Error;

/// The table of this deployment.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
    /// What this instance has leased of its callers' limits.
    leases: Arc<Mutex<Leases>>,
    limit: RateLimit,
    /// For how long to wait for others.
    random: Arc<dyn Random>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.table)
    }
}

/// Why the table gave no answer. What a caller may expect to go wrong is not here but in the methods' answers.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or refused for a reason that passes. The text has no item in it.
    #[error("DynamoDB is not available: {0}")]
    Unavailable(String),
    /// Others were changing the same rows for as long as we waited for them.
    #[error("others were changing the same rows of the table all the while")]
    Contended,
    /// A row cannot be what we wrote.
    #[error("the row {pk} / {sk} makes no sense: {defect}")]
    Inconsistent {
        /// Partition key.
        pk: String,
        /// Sort key.
        sk: String,
        /// What is wrong with it; names fields, never values.
        defect: String,
    },
}

impl StoreError {
    /// A request that the SDK could not put together; cannot happen with complete builders.
    fn malformed(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Unavailable(error.to_string())
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended)
    }

    /// The service's own code, or what kept it from answering; never what was sent or received.
    fn unavailable<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        let kind = match error {
            SdkError::ConstructionFailure(_) => "the request could not be made",
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "the answer could not be read",
            SdkError::ServiceError(_) => error.code().unwrap_or("an error without a code"),
            _ => "an unknown failure",
        };
        Self::Unavailable(kind.to_owned())
    }
}

impl Store {
    /// The table `table`, reached with `sdk`'s region, credentials and HTTP client, or at `endpoint`.
    #[must_use]
    pub fn connect(sdk: &aws_types::SdkConfig, endpoint: Option<&str>, table: &str) -> Self {
        let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
        config.set_endpoint_url(endpoint.map(str::to_owned));
        let client = Client::from_conf(config.build());
        let random = Arc::new(SystemRandomness::new());
        Self { client, table: table.to_owned(), leases: Arc::default(), limit: STANDARD, random }
    }
}
