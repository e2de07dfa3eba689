//! Faults on demand.
//!
//! Stands for the bad days: overload (429 and 5xx with `Retry-After`), slowness, proxies that answer
//! rubbish, connections that die after the request was carried out, and refusals by policy. The
//! first fault that fits a request is used and counted down.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use crate::call::Kind;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// `token`, `keys`, `discovery`, `graph`, `partnerCenter`, `authorize`, `adminConsent`, or the beginning of a
    /// batch item's path such as `/servicePrincipals`.
    pub on: String,
    /// What happens.
    pub what: Effect,
    /// How often; absent or null is for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// The request is carried out, then the connection is reset without an answer.
    ResetAfterRequest,
    /// The request is carried out, then the answer is 200 and no JSON.
    Garbage,
    /// Not carried out: an OAuth error. On `authorize` it goes to the redirect address.
    OauthError {
        /// The `error`.
        error: String,
        /// The AADSTS number.
        code: u32,
    },
    /// On `authorize`, where this scope is asked for: the resource no longer has it. What does not ask for it is carried out.
    UnknownScope {
        /// The scope, as it is asked for.
        scope: String,
    },
    /// On `token`, where a refresh token is used: answered for another person.
    AnswersFor {
        /// The other person's tenant.
        tenant: String,
        /// Their object id in it.
        oid: String,
    },
    /// Carried out, but only after a while.
    #[serde(untagged, rename_all = "camelCase")]
    Delay {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// Not carried out: this answer instead.
    #[serde(untagged)]
    Status {
        /// HTTP status.
        status: u16,
        /// Body, empty if absent.
        #[serde(default)]
        body: String,
        /// Headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
}

/// What is read as no JSON, no HTML and no form.
pub(crate) const GARBAGE: &str = "\u{1}{\"access_token\": <html>502 gateway";

/// Takes the first fault for a kind of request.
pub(crate) fn take(faults: &mut Vec<Fault>, kind: Kind) -> Option<Effect> {
    take_where(faults, |on| on == kind.name())
}

/// Takes the first fault for a batch item.
pub(crate) fn take_item(faults: &mut Vec<Fault>, path: &str) -> Option<Effect> {
    take_where(faults, |on| on.starts_with('/') && path.starts_with(on))
}

fn take_where(faults: &mut Vec<Fault>, fits: impl Fn(&str) -> bool) -> Option<Effect> {
    faults.retain(|fault| fault.times != Some(0));
    let fault = faults.iter_mut().find(|fault| fits(&fault.on))?;
    fault.times = fault.times.map(|times| times - 1);
    let effect = fault.what.clone();
    faults.retain(|fault| fault.times != Some(0));
    Some(effect)
}

/// The answer of a `Status` fault.
pub(crate) fn status_answer(status: u16, body: &str, headers: &BTreeMap<String, String>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, Body::from(body.to_owned())).into_response();
    let content_type = if body.starts_with(['{', '[']) { "application/json" } else { "text/plain" };
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The answer of a `Garbage` fault.
pub(crate) fn garbage_answer() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], GARBAGE).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_effect_is_read_as_written() {
        let reset = parsed(r#"{"on":"token","what":"resetAfterRequest","times":1}"#);
        assert_eq!((reset.what, reset.times), (Effect::ResetAfterRequest, Some(1)));
        assert_eq!(parsed(r#"{"on":"keys","what":"garbage"}"#).what, Effect::Garbage);
        assert_eq!(parsed(r#"{"on":"keys","what":{"delayMs":5}}"#).what, Effect::Delay { delay_ms: 5 });
        assert_eq!(
            parsed(r#"{"on":"token","what":{"oauthError":{"error":"invalid_grant","code":65001}}}"#).what,
            Effect::OauthError { error: "invalid_grant".to_owned(), code: 65001 }
        );
        assert_eq!(
            parsed(r#"{"on":"authorize","what":{"unknownScope":{"scope":"User.Read"}}}"#).what,
            Effect::UnknownScope { scope: "User.Read".to_owned() }
        );
        assert_eq!(
            parsed(r#"{"on":"graph","what":{"status":429,"headers":{"Retry-After":"3"}},"times":null}"#).what,
            Effect::Status {
                status: 429,
                body: String::new(),
                headers: BTreeMap::from([("Retry-After".to_owned(), "3".to_owned())]),
            }
        );
        assert!(serde_json::from_str::<Fault>(r#"{"on":"token","what":"explode"}"#).is_err());
    }

    #[test]
    fn a_fault_is_used_as_often_as_it_says() {
        let mut faults = vec![parsed(r#"{"on":"token","what":"garbage","times":2}"#)];
        assert_eq!(take(&mut faults, Kind::Graph), None);
        assert!(take(&mut faults, Kind::Token).is_some());
        assert!(take(&mut faults, Kind::Token).is_some());
        assert_eq!(take(&mut faults, Kind::Token), None);
        assert!(faults.is_empty());
    }
}
