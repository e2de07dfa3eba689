//! The way back to the application.
//!
//! Stands for the authorization response: `form_post`, `query` or `fragment`, `state` echoed, and
//! for the admin-consent endpoint `admin_consent=True` in successes and errors alike (v2-admin-consent).

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::aadsts::Refusal;
use crate::page;

/// How the answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    FormPost,
    Query,
    Fragment,
}

/// Where the answer goes. The address has been compared with the registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReturnTo {
    pub(crate) redirect_uri: String,
    pub(crate) mode: Mode,
    pub(crate) state: Option<String>,
    pub(crate) admin_consent: bool,
}

pub(crate) type Field = (&'static str, String);

impl ReturnTo {
    pub(crate) fn answer(&self, mut fields: Vec<Field>) -> Response {
        if self.admin_consent {
            fields.insert(0, ("admin_consent", "True".to_owned()));
        }
        if let Some(state) = &self.state {
            fields.push(("state", state.clone()));
        }
        if self.mode == Mode::FormPost {
            return page::form_post(&self.redirect_uri, &fields);
        }
        self.location(&fields).and_then(|location| HeaderValue::try_from(location).ok()).map_or_else(
            || (StatusCode::INTERNAL_SERVER_ERROR, "the redirect address is no URL").into_response(),
            |location| (StatusCode::FOUND, [(LOCATION, location)]).into_response(),
        )
    }

    pub(crate) fn refuse(&self, refusal: &Refusal, now: DateTime<Utc>) -> Response {
        self.answer(vec![("error", refusal.error.clone()), ("error_description", refusal.describe(now))])
    }

    fn location(&self, fields: &[Field]) -> Option<String> {
        let mut location = Url::parse(&self.redirect_uri).ok()?;
        if self.mode == Mode::Query {
            location.query_pairs_mut().extend_pairs(fields);
        } else {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            location.set_fragment(Some(&encoded));
        }
        Some(location.into())
    }
}
