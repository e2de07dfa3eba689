//! A refusal by the login host: RFC 6749 §5.2 with Entra's own fields (Microsoft: "Authentication and authorization error codes").

use std::fmt;

use onboarding_core::advice::{Signal, word};
use onboarding_core::id::ObjectId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What Entra answers with an error status.
///
/// Only `error` must be there. A field of an unexpected type must not hide the others, so the numbers are taken as
/// they come.
#[derive(Deserialize, Serialize)]
pub(crate) struct Refusal {
    error: String,
    error_description: Option<String>,
    #[serde(default)]
    error_codes: Value,
    suberror: Option<String>,
    correlation_id: Option<String>,
    trace_id: Option<String>,
}

impl Refusal {
    /// What the advice is found by.
    pub(crate) fn signal(&self) -> Signal {
        let number = self.error_codes.get(0).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        let description = self.error_description.as_deref().unwrap_or_default();
        Signal::read(&self.error, description).with(number, self.correlation_id.as_deref())
    }

    /// Writes down what Microsoft's support asks for; never the description, which may name people.
    pub(crate) fn log(&self, sentence: &'static str) {
        let signal = self.signal();
        tracing::warn!(
            microsoft.error = signal.error(),
            microsoft.number = signal.number(),
            microsoft.suberror = self.suberror.as_deref().map(word),
            microsoft.correlation_id = signal.correlation_id.as_deref(),
            microsoft.trace_id = self.trace_id.as_deref().and_then(guid).map(tracing::field::display),
            "{sentence}"
        );
    }
}

fn guid(text: &str) -> Option<ObjectId> {
    ObjectId::in_any_case(text).ok()
}

/// The error and the number: what may be shown of it.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signal = self.signal();
        write!(f, "{} {}", signal.error(), signal.number().unwrap_or_default())
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}
