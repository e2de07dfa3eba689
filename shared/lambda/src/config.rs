//! The environment: read here and nowhere else, once, when a function starts.
//!
//! Each function reads what it needs and no more, by the small structs of [`deployment`]. A variable that is missing
//! or wrong stops the function with the variable's name. Values never stand in an error: some of them are secrets.

pub mod deployment;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Why a function cannot start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The variable is absent or empty.
    #[error("{name} is not set")]
    Missing {
        /// The variable.
        name: &'static str,
    },
    /// The variable's value is refused.
    #[error("{name} {reason}")]
    Wrong {
        /// The variable.
        name: &'static str,
        /// What its parser says; our parsers say what is wanted and never repeat the value.
        reason: String,
    },
    /// The certificates of `aws::https_client` were not accepted.
    #[error("the trust store cannot be built: {0}")]
    TrustStore(String),
}

/// The variables that a function was started with.
pub struct Env(Source);

enum Source {
    Process,
    Pairs(BTreeMap<String, String>),
}

/// Shows no value: some are secrets.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Process => "Env(process)",
            Source::Pairs(_) => "Env(pairs)",
        })
    }
}

impl Env {
    /// The variables of this process.
    #[must_use]
    pub const fn from_process() -> Self {
        Self(Source::Process)
    }

    /// These variables and no others; for tests.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(Source::Pairs(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The value of `name`, parsed.
    pub fn required<T>(&self, name: &'static str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.required_by(name, str::parse)
    }

    /// The value of `name`, parsed; none if it is absent or empty, since templates pass unset parameters as "".
    pub fn optional<T>(&self, name: &'static str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.optional_by(name, str::parse)
    }

    /// The value of `name`, read by `parse`.
    pub fn required_by<T, E: fmt::Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        self.optional_by(name, parse)?.ok_or(ConfigError::Missing { name })
    }

    /// The value of `name`, read by `parse`; none if it is absent or empty.
    pub fn optional_by<T, E: fmt::Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let wrong = |fault: E| ConfigError::Wrong { name, reason: fault.to_string() };
        self.value(name)?.map(|value| parse(&value).map_err(wrong)).transpose()
    }

    fn value(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let value = match &self.0 {
            Source::Process => of_process(name)?,
            Source::Pairs(pairs) => pairs.get(name).cloned(),
        };
        Ok(value.filter(|value| !value.is_empty()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn of_process(name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigError::Wrong { name, reason: "must be UTF-8".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::cloud::Cloud;

    #[test]
    fn a_missing_or_empty_variable_is_named() {
        let env = Env::from_pairs([("CLOUD", "")]);
        let missing = ConfigError::Missing { name: "CLOUD" };
        assert_eq!(env.required::<Cloud>("CLOUD").unwrap_err(), missing);
        assert_eq!(missing.to_string(), "CLOUD is not set");
        assert_eq!(env.optional::<Cloud>("CLOUD"), Ok(None));
    }

    /// T50 An error names the variable and says what is wanted, without the value.
    #[test]
    fn a_wrong_variable_is_named_without_its_value() {
        let env = Env::from_pairs([("CLOUD", "s3cr3t")]);
        let text = env.required::<Cloud>("CLOUD").unwrap_err().to_string();
        assert_eq!(text, "CLOUD must be one of global, usgov, dod, china");
        assert!(!format!("{env:?}").contains("s3cr3t"));
    }

    #[test]
    fn the_process_has_an_environment() {
        assert!(Env::from_process().required::<String>("PATH").is_ok());
        assert_eq!(Env::from_process().optional::<String>("ONBOARDING_NEVER_SET"), Ok(None));
    }
}
