//! Every way a request can be refused, and its one translation to AWS's error names and texts.
//!
//! Secrets Manager answers all refusals with 400, also "not found"; only its own failure is 500.

/// Why a request was refused. Texts marked "recorded" were seen from the real service.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Recorded.
    #[error("Secrets Manager can't find the specified secret.")]
    SecretNotFound,
    /// Recorded.
    #[error("Secrets Manager can't find the specified secret value for staging label: {0}")]
    StageNotFound(String),
    /// Recorded.
    #[error("Secrets Manager can't find the specified secret value for VersionId: {0}")]
    VersionNotFound(String),
    /// Recorded.
    #[error("The operation failed because the secret {0} already exists.")]
    SecretExists(String),
    #[error(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    )]
    TokenUsed { token: String, arn: String },
    /// Recorded.
    #[error("You can't perform this operation on the secret because it was marked for deletion.")]
    MarkedForDeletion,
    /// Recorded.
    #[error("You can't create this secret because a secret with this name is already scheduled for deletion.")]
    NameScheduledForDeletion,
    #[error("You provided a VersionStage that is not associated to the provided VersionId.")]
    StageNotOnVersion,
    #[error("You must provide either SecretString or SecretBinary.")]
    ValueMissing,
    /// Recorded.
    #[error("Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")]
    InvalidName,
    /// A parameter this stand-in, or AWS, does not take in this form.
    #[error("{0}")]
    InvalidParameter(String),
    /// A length or count outside the limits of the API Reference.
    #[error("{0}")]
    OutsideLimits(String),
    /// Versions that are younger than a day are never removed, so there is no room for another.
    #[error("You've reached the limit of {most} versions of a secret.")]
    TooManyVersions { most: usize },
    #[error("The NextToken value is invalid.")]
    InvalidNextToken,
    /// The body is not JSON of the operation's shape.
    #[error("{0}")]
    Unreadable(String),
    #[error("{0} is not an operation of the simulated Secrets Manager.")]
    UnknownOperation(String),
    #[error("Request is missing Authentication Token")]
    Unsigned,
    #[error("Credential should be scoped to service 'secretsmanager' and a region.")]
    WrongScope,
    /// The state file could not be written; nothing was applied.
    #[error("An error occurred on the server side.")]
    StateNotSaved,
}

impl Refusal {
    /// The name in `__type` and `x-amzn-errortype`, which SDKs turn into a typed error.
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::SecretNotFound | Self::StageNotFound(_) | Self::VersionNotFound(_) => "ResourceNotFoundException",
            Self::SecretExists(_) | Self::TokenUsed { .. } => "ResourceExistsException",
            Self::MarkedForDeletion | Self::NameScheduledForDeletion | Self::StageNotOnVersion | Self::ValueMissing => {
                "InvalidRequestException"
            }
            Self::InvalidName | Self::OutsideLimits(_) => "ValidationException",
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::TooManyVersions { .. } => "LimitExceededException",
            Self::InvalidNextToken => "InvalidNextTokenException",
            Self::Unreadable(_) => "SerializationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Unsigned => "MissingAuthenticationTokenException",
            Self::WrongScope => "InvalidSignatureException",
            Self::StateNotSaved => "InternalServiceError",
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        if *self == Self::StateNotSaved { 500 } else { 400 }
    }
}
