//! A refusal in Entra's words: an OAuth error, an AADSTS number, a description.
//!
//! Stands for Entra's error answers (reference-error-codes): the description begins with the number
//! and ends with trace id, correlation id and time, divided by CR LF.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::Error;
use crate::id::guid;

/// Why Entra said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) code: u32,
    pub(crate) text: String,
    pub(crate) suberror: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(error: &str, code: u32, text: impl Into<String>) -> Self {
        Self { error: error.to_owned(), code, text: text.into(), suberror: None }
    }

    /// The same, with what Entra puts beside an `invalid_grant` to tell the kinds apart.
    pub(crate) fn of(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }

    pub(crate) fn repeated(parameter: &str) -> Self {
        Self::new(
            "invalid_request",
            9_000_411,
            format!("The request is not properly formatted. The parameter '{parameter}' is duplicated."),
        )
    }

    pub(crate) fn unknown_client(client_id: &str) -> Self {
        Self::new(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
            ),
        )
    }

    pub(crate) fn describe(&self, now: DateTime<Utc>) -> String {
        Incident::new(now).describe(self)
    }

    /// The answer of the token and discovery endpoints.
    pub(crate) fn json(&self, now: DateTime<Utc>) -> Response {
        let incident = Incident::new(now);
        let status = match self.error.as_str() {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = json!({
            "error": self.error,
            "error_description": incident.describe(self),
            "error_codes": [self.code],
            "timestamp": incident.timestamp,
            "trace_id": incident.trace_id,
            "correlation_id": incident.correlation_id,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        (status, Json(body)).into_response()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::new("server_error", 90033, error.to_string())
    }
}

/// The three things Microsoft's support asks for.
struct Incident {
    trace_id: String,
    correlation_id: String,
    timestamp: String,
}

impl Incident {
    fn new(now: DateTime<Utc>) -> Self {
        Self { trace_id: guid(), correlation_id: guid(), timestamp: now.format("%Y-%m-%d %H:%M:%SZ").to_string() }
    }

    fn describe(&self, refusal: &Refusal) -> String {
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            refusal.code, refusal.text, self.trace_id, self.correlation_id, self.timestamp
        )
    }
}
