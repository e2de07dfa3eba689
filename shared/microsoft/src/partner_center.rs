//! Partner Center, called once to see whether a connection works (R171, R172, R177).
//!
//! The call is the one that Microsoft names for a test of connectivity: `GET /v1/profiles/mpn`, with the request headers of
//! its REST reference and `ValidateMfa: true`. How it refuses is documented in three shapes of JSON, and a fourth without any
//! body; the shapes are read as they come, and no text of them is shown or kept.

use std::time::Duration;

use onboarding_core::advice::word;
use onboarding_core::cloud::Endpoints;
use onboarding_core::connection::health::Probe;
use onboarding_core::id::ObjectId;
use onboarding_core::random::Random;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::http::{self, Answer, PARTNER_CENTER_LIMIT};

const PROFILE: &str = "/profiles/mpn";

/// Set on a request, answered by [`COMPLIANT`] (Microsoft: "Partner security requirements").
const VALIDATE_MFA: HeaderName = HeaderName::from_static("validatemfa");
/// Header, or a field of the same name in other letters.
const COMPLIANT: &str = "ismfacompliant";

/// What a code of Partner Center's own means. Codes that are not here say no more than the status.
const CODES: &[(&str, Meaning)] = &[
    ("2032", Meaning::Role),
    ("900421", Meaning::SecondFactor),
    ("10001", Meaning::SecondFactor),
    ("60003", Meaning::Other),
    ("800001", Meaning::Other),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Role,
    SecondFactor,
    Other,
}

/// Asks once, within `budget`.
pub(crate) async fn probe(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    random: &dyn Random,
    budget: Duration,
) -> Probe {
    let correlation = ObjectId::from_u128(u128::from_be_bytes(random.bytes()));
    let request = ObjectId::from_u128(u128::from_be_bytes(random.bytes()));
    let Some(request) = ask(endpoints, access_token, (request, correlation)) else { return Probe::Unanswered };
    match http::send(http, request, budget, PARTNER_CENTER_LIMIT).await {
        Ok(answer) => {
            let seen = read(&answer);
            if !matches!(seen, Probe::Answered { .. }) {
                let code = Refusal::of(&answer.body).code;
                let code = code.as_deref().map(shown);
                tracing::warn!(status = answer.status.as_u16(), code, %correlation, "Partner Center refused the test call");
            }
            seen
        }
        Err(why) => {
            tracing::warn!(%why, %correlation, "Partner Center did not answer the test call");
            Probe::Unanswered
        }
    }
}

fn ask(
    endpoints: &Endpoints,
    access_token: &SecretString,
    (request_id, correlation): (ObjectId, ObjectId),
) -> Option<Request> {
    let mut request = Request::new(Method::GET, Url::parse(&endpoints.partner_center(PROFILE)).ok()?);
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", access_token.expose_secret())).ok()?;
    bearer.set_sensitive(true);
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(VALIDATE_MFA, HeaderValue::from_static("true"));
    headers.insert("ms-contract-version", HeaderValue::from_static("v1"));
    headers.insert("ms-requestid", HeaderValue::try_from(request_id.to_string()).ok()?);
    headers.insert("ms-correlationid", HeaderValue::try_from(correlation.to_string()).ok()?);
    Some(request)
}

fn read(answer: &Answer) -> Probe {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let mfa_compliant = compliant(&answer.headers, body.as_ref());
    let refusal = Refusal::of(&answer.body);
    let meaning = refusal.meaning();
    match answer.status {
        status if status.is_success() => match body {
            Some(Value::Object(_)) => Probe::Answered { mfa_compliant },
            Some(_) | None => Probe::Unanswered,
        },
        StatusCode::TOO_MANY_REQUESTS => Probe::Busy { retry_after: retry_after(&answer.headers).or(refusal.wait()) },
        status if status.is_server_error() => Probe::Busy { retry_after: retry_after(&answer.headers) },
        _ if meaning == Some(Meaning::SecondFactor) || mfa_compliant == Some(false) => Probe::MfaRequired,
        // The documented refusal has no body at all; the token was made a moment ago, so nothing else is wrong with it.
        StatusCode::UNAUTHORIZED if answer.body.is_empty() => Probe::MfaRequired,
        StatusCode::FORBIDDEN if meaning != Some(Meaning::Other) => Probe::RoleMissing,
        _ if meaning == Some(Meaning::Role) => Probe::RoleMissing,
        status => Probe::Refused(status.as_u16()),
    }
}

/// Header first, then the body; absent is not the same as false.
fn compliant(headers: &HeaderMap, body: Option<&Value>) -> Option<bool> {
    let said = |text: &str| text.trim().to_ascii_lowercase().parse().ok();
    let header = headers.get(COMPLIANT).and_then(|value| value.to_str().ok()).and_then(said);
    let field = || {
        let fields = body?.as_object()?;
        let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(COMPLIANT))?;
        value.as_bool().or_else(|| value.as_str().and_then(said))
    };
    header.or_else(field)
}

/// In seconds, as Partner Center's guidance has it (api-throttling-guidance).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A refusal in whichever shape: `{code, description}`, `{error: {code, message}}` or `{statusCode, message}`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Refusal {
    code: Option<String>,
    text: String,
}

impl Refusal {
    fn of(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let inner = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
        let code = inner.get("code").and_then(|code| match code {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        let text = ["description", "message"].into_iter().find_map(|field| inner.get(field)?.as_str());
        Self { code, text: text.unwrap_or_default().to_owned() }
    }

    fn meaning(&self) -> Option<Meaning> {
        let by_code = |code: &str| CODES.iter().find(|(listed, _)| *listed == code).map(|(_, meaning)| *meaning);
        let by_text = || self.text.to_ascii_lowercase().contains("mfa required").then_some(Meaning::SecondFactor);
        self.code.as_deref().and_then(by_code).or_else(by_text)
    }

    /// "Try again in 57 seconds."
    fn wait(&self) -> Option<Duration> {
        let (_, rest) = self.text.split_once("Try again in ")?;
        let seconds = rest.split(' ').next()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// What may be logged of a code: a number, or a word of the protocol.
fn shown(code: &str) -> &str {
    let number = code.len() <= 9 && code.bytes().all(|byte| byte.is_ascii_digit());
    if number { code } else { word(code) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        Answer { status: StatusCode::from_u16(status).unwrap(), headers: pairs.collect(), body: body.into() }
    }

    /// R172 Whether the call complied is read from wherever it stands, in any letters; what is absent is not reported.
    #[test]
    fn compliance_is_read_where_it_stands() {
        let profile = r#"{"mpnId":"1"}"#;
        for (headers, body, expected) in [
            (&[("ismfacompliant", "true")][..], profile, Some(true)),
            (&[("ismfacompliant", "False")], profile, Some(false)),
            (&[("ismfacompliant", "maybe")], profile, None),
            (&[], r#"{"isMfaCompliant":false}"#, Some(false)),
            (&[], r#"{"IsMFACompliant":"True"}"#, Some(true)),
            (&[("ismfacompliant", "true")], r#"{"isMfaCompliant":false}"#, Some(true)),
            (&[], profile, None),
        ] {
            assert_eq!(read(&answer(200, headers, body)), Probe::Answered { mfa_compliant: expected }, "{body}");
        }
        for garbage in ["", "<html>", "[]", "null"] {
            assert_eq!(read(&answer(200, &[], garbage)), Probe::Unanswered, "{garbage}");
        }
    }

    /// R172, R177 Each shape of a refusal is understood, and the one without a body.
    #[test]
    fn each_shape_of_a_refusal_is_understood() {
        let own =
            |code: &str| json!({"code": code, "description": "Access denied.", "data": [], "source": "x"}).to_string();
        let graph = |code: &str| json!({"error": {"code": code, "message": "no", "innerError": {}}}).to_string();
        let throttled =
            json!({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}).to_string();
        let wait = |seconds| Probe::Busy { retry_after: Some(Duration::from_secs(seconds)) };
        let busy = Probe::Busy { retry_after: None };
        let text = json!({"code": "x", "description": "Authentication failed. MFA required."}).to_string();
        for (status, headers, body, expected) in [
            (401, &[("www-authenticate", "Bearer error=\"invalid_token\"")][..], String::new(), Probe::MfaRequired),
            (401, &[], own("900421"), Probe::MfaRequired),
            (401, &[], graph("10001"), Probe::MfaRequired),
            (401, &[], text, Probe::MfaRequired),
            (403, &[("ismfacompliant", "false")], own("2032"), Probe::MfaRequired),
            (401, &[], own("400"), Probe::Refused(401)),
            (401, &[], own("800001"), Probe::Refused(401)),
            (403, &[], own("2032"), Probe::RoleMissing),
            (401, &[], own("2032"), Probe::RoleMissing),
            (403, &[], graph("Forbidden"), Probe::RoleMissing),
            (403, &[], String::new(), Probe::RoleMissing),
            (403, &[], own("60003"), Probe::Refused(403)),
            (404, &[], own("60003"), Probe::Refused(404)),
            (400, &[], "<html>".to_owned(), Probe::Refused(400)),
            (302, &[], String::new(), Probe::Refused(302)),
            (429, &[("retry-after", "58")], throttled.clone(), wait(58)),
            (429, &[], throttled, wait(57)),
            (429, &[("retry-after", "soon")], String::new(), busy),
            (503, &[("retry-after", "7")], String::new(), wait(7)),
            (500, &[], graph("x"), busy),
        ] {
            assert_eq!(read(&answer(status, headers, &body)), expected, "{status} {body}");
        }
    }

    /// P10 What is logged of a refusal is a number or a word.
    #[test]
    fn a_hostile_code_is_not_logged() {
        assert_eq!(shown("2032"), "2032");
        for code in ["eyJhbGciOi", "x\ny", "1234567890", "Grace Adams"] {
            assert_eq!(shown(code), "other", "{code}");
        }
    }
}
