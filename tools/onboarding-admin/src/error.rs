//! Why a command was not carried out, and what to do about it.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use onboarding_core::audit::verify::Broken;
use onboarding_core::fields::Fault;
use onboarding_dynamo::StoreError;
use onboarding_lambda::config::ConfigError;
use onboarding_lambda::config::deployment::NotABase;
use onboarding_operator::OperatorError;
use onboarding_secrets::SecretsError;
use serde_json::{Value, json};
use thiserror::Error;

use crate::answer::Answer;

/// Why a command was not carried out.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// A setting is missing.
    #[error("{0} is not said")]
    Unsaid(&'static str),
    /// The environment lacks something, or has something wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Our own address is not one.
    #[error("--public-base-url {0}")]
    PublicBase(#[from] NotABase),
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no JSON object, or one that says something twice.
    #[error("{path} does not hold one JSON object in which each key stands once", path = .0.display())]
    NotJson(PathBuf),
    /// The file is no app registration.
    #[error("{path} holds no JSON", path = .0.display())]
    NoRegistration(PathBuf),
    /// The variables of the app registrations cannot be read.
    #[error("the app registrations {0}")]
    Registrations(String),
    /// The deployment lacks something, or is behind.
    #[error("the deployment has faults")]
    Unwell(Value),
    /// An audit trail is not as it was sealed.
    #[error("the audit trail is broken: {0}")]
    Broken(#[from] Broken),
    /// The move was refused, or broke off.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Operator(error.into())
    }
}

impl Error {
    /// What was said wrong, place by place.
    fn faults(&self) -> &[Fault] {
        if let Self::Operator(OperatorError::Invalid(faults)) = self { faults } else { &[] }
    }

    /// What to do next.
    fn next_step(&self) -> &'static str {
        match self {
            Self::Unsaid(_) => "Give the option, or set the variable that --help names beside it.",
            Self::PublicBase(_) | Self::Operator(OperatorError::PagesNotKnown) => {
                "Give the address of the deployment's API, as its functions have it in PUBLIC_BASE_URL."
            }
            Self::Config(_) => "Set the variable, as for the AWS command line; --sandbox needs none.",
            Self::File { .. } => "Check the path, or give - for standard input.",
            Self::NotJson(_) => r#"Write {"sbcGateways": [...], "pbxTypes": [...]}, as the API answers the lists."#,
            Self::NoRegistration(_) => "Give what `az ad app show --id` prints.",
            Self::Registrations(_) => "Give CLIENT_ID and APPLICATION_CLIENTS as the functions have them.",
            Self::Unwell(_) => "Mend what has the status fault; docs/runbook.md says how.",
            Self::Broken(_) => {
                "Keep the table as it is, and find out who could write it. Compare with a backup, and with `audit export`."
            }
            Self::Operator(OperatorError::NoSuchReseller) => "Check the number; `reseller create` answered it.",
            Self::Operator(OperatorError::NoSuchKey) => "Check the id with `key list` or `operator-key list`.",
            Self::Operator(OperatorError::Invalid(_)) => "Mend what is named above; nothing was changed.",
            Self::Operator(OperatorError::AlreadyActive) => "Go on: it may make enterprises.",
            Self::Operator(OperatorError::TooManyKeys) => "Revoke a key that nobody uses with `key revoke`.",
            // The command sends no idempotency key.
            Self::Operator(
                OperatorError::NoFreeNumber
                | OperatorError::Contended
                | OperatorError::Repeated(_)
                | OperatorError::Store(StoreError::Contended)
                | OperatorError::Secrets(SecretsError::Contended(_)),
            ) => "Try again.",
            Self::Operator(OperatorError::Store(StoreError::Unavailable(_))) => {
                "Check table, region, credentials and endpoint; `table create` makes the table if there is none."
            }
            Self::Operator(OperatorError::Store(StoreError::Inconsistent { .. })) => {
                "The row was not written by this version. Look at it before anything else is changed."
            }
            Self::Operator(OperatorError::Secrets(SecretsError::Absent(_))) => {
                "Check the prefix of the secrets; the secret may have been deleted."
            }
            Self::Operator(OperatorError::Secrets(
                SecretsError::Malformed(_) | SecretsError::AlreadyExists(_) | SecretsError::Full(_),
            )) => "Look at the secret in Secrets Manager.",
            Self::Operator(OperatorError::Secrets(SecretsError::Unavailable)) => {
                "Check prefix, region, credentials and endpoint."
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("error: {self}\n");
        for Fault { pointer, detail, .. } in self.faults() {
            // Writing to a String does not fail.
            let _ = writeln!(text, "  {pointer}: {detail}");
        }
        if let Self::Unwell(checks) = self {
            text.push_str(&Answer::new(checks.clone()).text());
        }
        let _ = writeln!(text, "next:  {}", self.next_step());
        text
    }

    pub(crate) fn json(&self) -> Value {
        let mut told = json!({ "error": self.to_string(), "faults": self.faults(), "nextStep": self.next_step() });
        if let Self::Unwell(checks) = self {
            told["checks"] = checks.clone();
        }
        told
    }
}
