//! What a request carries: one JSON object, one form, or a query string, read strictly.
//!
//! Cheap checks come first: size, then content type, then the text. Whatever two readers could understand differently
//! is refused (T30, T41, T43): repeated keys and fields, bad UTF-8, broken escapes, NUL.

mod form;

use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use lambda_http::Request;
use onboarding_core::advice::Code;
use onboarding_core::fields::Fields;
use onboarding_core::json::{self, NotStrictJson};
use serde_json::Value;
use thiserror::Error;

use crate::failure::Failure;
use crate::routes::Surface;

pub use form::Form;

/// The largest body, in bytes, counted after the gateway's base64 is undone (T39, G51).
pub const MAX_BODY: usize = 64 * 1024;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyFault {
    /// Above [`MAX_BODY`].
    #[error("the body is too large")]
    TooLarge,
    /// No content type, another one, or another charset than UTF-8.
    #[error("the content type is not the one of this route")]
    UnsupportedMediaType,
    /// Compressed, or encoded in another way (RFC 9110 §8.4).
    #[error("the body is encoded")]
    Encoded,
    /// Not what its content type says, or says something twice.
    #[error("the body cannot be read: {0}")]
    Unparseable(#[from] Unreadable),
}

/// What a body is in place of what its content type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// No form, or one that says something twice.
    #[error("it is no form, or repeats a field")]
    Form,
    /// There is none.
    #[error("there is none; send one JSON object")]
    Missing,
    /// No JSON, or JSON that says something twice.
    #[error(transparent)]
    Json(#[from] NotStrictJson),
    /// JSON, and no object.
    #[error("the JSON is no object")]
    NoObject,
}

impl BodyFault {
    /// The status: 413, 415 or 400.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType | Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unparseable(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The code for a program.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::TooLarge => Code::PayloadTooLarge,
            Self::UnsupportedMediaType => Code::UnsupportedMediaType,
            Self::Encoded => Code::UnsupportedContentEncoding,
            Self::Unparseable(_) => Code::UnparseableBody,
        }
    }

    /// What is wrong, as a word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::UnsupportedMediaType => "body_media_type",
            Self::Encoded => "body_encoded",
            Self::Unparseable(_) => "body_unparseable",
        }
    }

    /// The failure on a route of `surface`. A person did not write the body: a page has one wording for all.
    #[must_use]
    pub fn failure(self, surface: Surface) -> Failure {
        let code = match surface {
            Surface::Api | Surface::OAuth => self.code(),
            Surface::Page => return Failure::new(self.status(), Code::InvalidCallback),
        };
        let failure = Failure::new(self.status(), code);
        match self {
            Self::Unparseable(unreadable) => failure.with_detail(format!("The body cannot be read: {unreadable}.")),
            Self::TooLarge | Self::UnsupportedMediaType | Self::Encoded => failure,
        }
    }
}

/// For the error enums of API functions.
impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        fault.failure(Surface::Api)
    }
}

/// The content types of a merge patch: its own (RFC 7396 §4), and that of every other body.
const MERGE_PATCH: &[&str] = &["application/merge-patch+json", "application/json"];

/// The body as one JSON object, each key once at every depth.
pub fn json_object(request: &Request) -> Result<Fields, BodyFault> {
    read(request, &["application/json"])
}

/// The body as a merge patch, which is one JSON object.
pub fn merge_patch(request: &Request) -> Result<Fields, BodyFault> {
    read(request, MERGE_PATCH)
}

fn read(request: &Request, wanted: &[&str]) -> Result<Fields, BodyFault> {
    let body: &[u8] = request.body().as_ref();
    if body.is_empty() { Err(Unreadable::Missing.into()) } else { object(bytes(request, wanted)?) }
}

fn object(bytes: &[u8]) -> Result<Fields, BodyFault> {
    match json::parse(bytes).map_err(Unreadable::Json)? {
        Value::Object(object) => Ok(Fields::of(object)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Unreadable::NoObject.into())
        }
    }
}

/// The body as one JSON object; none at all is an empty one. For calls that have nothing to say but themselves.
pub fn json_object_if_any(request: &Request) -> Result<Fields, BodyFault> {
    let bytes: &[u8] = request.body().as_ref();
    if bytes.is_empty() { Ok(Fields::of(serde_json::Map::new())) } else { json_object(request) }
}

/// The body as a form (`application/x-www-form-urlencoded`), each field once.
pub fn form(request: &Request) -> Result<Form, BodyFault> {
    Form::parse(bytes(request, &["application/x-www-form-urlencoded"])?)
}

/// The body as a form of which no field stands in the query string too: for Microsoft's callback (T41, G52).
///
/// The query string is read as it came; the gateway's own map joins repeated names.
pub fn form_apart_from_query(request: &Request) -> Result<Form, BodyFault> {
    let form = form(request)?;
    if form.meets(&query(request)?) { Err(Unreadable::Form.into()) } else { Ok(form) }
}

/// The query string as fields, each a text: read like a body, and an unknown one is a fault too.
pub fn query_fields(request: &Request) -> Result<Fields, UnparseableQuery> {
    let form = query(request).map_err(|_| UnparseableQuery)?;
    Ok(Fields::of(form.into_texts().map(|(name, text)| (name, Value::String(text))).collect()))
}

/// The query string, each field once.
pub fn query(request: &Request) -> Result<Form, BodyFault> {
    Form::parse(request.uri().query().unwrap_or_default().as_bytes())
}

/// The query string repeats a parameter, or does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the query string cannot be read")]
pub struct UnparseableQuery;

impl From<UnparseableQuery> for Failure {
    fn from(_: UnparseableQuery) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::UnparseableQuery)
    }
}

fn bytes<'a>(request: &'a Request, wanted: &[&str]) -> Result<&'a [u8], BodyFault> {
    let bytes: &[u8] = request.body().as_ref();
    if bytes.len() > MAX_BODY {
        return Err(BodyFault::TooLarge);
    }
    if !wanted.iter().any(|wanted| is_of_type(request, wanted)) {
        return Err(BodyFault::UnsupportedMediaType);
    }
    if is_as_it_is(request) { Ok(bytes) } else { Err(BodyFault::Encoded) }
}

/// Nothing is unpacked: a small body could become a large one.
fn is_as_it_is(request: &Request) -> bool {
    let mut encodings = request.headers().get_all(CONTENT_ENCODING).iter();
    encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// One content type header, of this type, whose charset is UTF-8 if it names one (T40).
fn is_of_type(request: &Request, wanted: &str) -> bool {
    let mut headers = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return false };
    let Ok(text) = header.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(wanted)) && parts.all(is_harmless)
}

fn is_harmless(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{EventBody, event, post};
    use onboarding_core::fields::Fault;

    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";

    fn json_fault(content_type: &str, body: &str) -> Option<BodyFault> {
        json_object(&post("/v1/enterprises", content_type, EventBody::Text(body))).err()
    }

    fn form_fault(content_type: &str, body: &str) -> Option<BodyFault> {
        form(&post("/restricted/handleResponse", content_type, EventBody::Text(body))).err()
    }

    fn json_of(length: usize) -> String {
        format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8))
    }

    /// G51, T39 65,536 bytes are read, 65,537 are not, in text and in base64.
    #[test]
    fn a_body_has_at_most_64_kib() {
        let (fits, over) = (json_of(MAX_BODY), json_of(MAX_BODY + 1));
        for encode in [EventBody::Text, EventBody::Base64] {
            assert!(json_object(&post("/v1/enterprises", JSON, encode(&fits))).is_ok());
            let fault = json_object(&post("/v1/enterprises", JSON, encode(&over))).unwrap_err();
            assert_eq!(fault, BodyFault::TooLarge);
            assert_eq!((fault.status().as_u16(), fault.code()), (413, Code::PayloadTooLarge));
        }
        let not_even_typed = "x".repeat(MAX_BODY + 1);
        assert_eq!(form_fault("text/plain", &not_even_typed), Some(BodyFault::TooLarge));
    }

    /// T43 The gateway's base64 is undone.
    #[test]
    fn a_base64_body_is_the_same_body() {
        let body = "code=a%2Bb&state=s+t";
        for encoded in [EventBody::Text(body), EventBody::Base64(body)] {
            let mut form = form(&post("/restricted/handleResponse", FORM, encoded)).unwrap();
            assert_eq!(form.take("code").as_deref(), Some("a+b"));
            assert_eq!(form.take("state").as_deref(), Some("s t"));
            assert_eq!(form.take("state"), None);
        }
    }

    /// G50, T40 Another content type or charset is a 415.
    #[test]
    fn the_content_type_is_checked() {
        for good in [JSON, "Application/JSON", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\""]
        {
            assert_eq!(json_fault(good, "{}"), None, "{good}");
        }
        let bad = ["", "text/json", FORM, "application/json; charset=utf-16", "application/json, application/json"];
        for bad in bad.into_iter().chain(["application/problem+json", "multipart/form-data; boundary=x", "*/*"]) {
            assert_eq!(json_fault(bad, "{}"), Some(BodyFault::UnsupportedMediaType), "{bad}");
        }
        assert_eq!(form_fault(JSON, "{}"), Some(BodyFault::UnsupportedMediaType));
        assert_eq!(
            form_fault("application/x-www-form-urlencoded; charset=iso-8859-1", "a=b").map(|f| f.status().as_u16()),
            Some(415)
        );
    }

    /// RFC 9110 §8.4 A body that is compressed is a 415 of its own, whatever its type.
    #[test]
    fn a_body_comes_as_it_is() {
        let read = |encoding: &str| {
            let headers = [("content-type", JSON), ("content-encoding", encoding)];
            json_object(&event("POST", "/v1/enterprises", &headers, EventBody::Text("{}"))).err()
        };
        assert_eq!((read("identity"), read("Identity")), (None, None));
        for encoding in ["gzip", "br", "deflate, gzip", "identity, gzip", ""] {
            let fault = read(encoding).unwrap();
            assert_eq!((fault, fault.status().as_u16()), (BodyFault::Encoded, 415), "{encoding}");
        }
    }

    /// R167 A merge patch comes under its own content type, or as plain JSON.
    #[test]
    fn a_merge_patch_has_two_content_types() {
        let fault = |content_type| merge_patch(&post("/v1/enterprises", content_type, EventBody::Text("{}"))).err();
        assert_eq!((fault(JSON), fault("application/merge-patch+json; charset=utf-8")), (None, None));
        assert_eq!(fault("application/json-patch+json"), Some(BodyFault::UnsupportedMediaType));
        assert_eq!(json_fault("application/merge-patch+json", "{}"), Some(BodyFault::UnsupportedMediaType));
    }

    /// T30, T43 What is not one plain object is a 400.
    #[test]
    fn json_is_one_object_with_each_key_once() {
        for body in ["", "{", "[]", "1", "null", "\"{}\"", "{}{}", r#"{"a":1,"a":2}"#, r#"{"b":{"a":1,"\u0061":2}}"#] {
            assert!(matches!(json_fault(JSON, body), Some(BodyFault::Unparseable(_))), "{body}");
        }
        let bad = json_object(&post("/v1/enterprises", JSON, EventBody::Bytes(b"{\"a\":\"\xff\"}"))).unwrap_err();
        let told = bad.failure(Surface::Api).explain().detail;
        assert_eq!(told, "The body cannot be read: the JSON is malformed at line 1, column 7.");
        let mut fields = json_object(&post("/v1/enterprises", JSON, EventBody::Text(r#"{"a":"b"}"#))).unwrap();
        assert_eq!(fields.text("a").as_deref(), Some("b"));
        assert_eq!(fields.finish(Some(())), Ok::<(), Vec<Fault>>(()));
    }

    /// G52, T41 One field in query and body both is refused; others in the query are not looked at.
    #[test]
    fn a_field_comes_by_one_way() {
        let read = |path: &str| form_apart_from_query(&post(path, FORM, EventBody::Text("code=c&state=s"))).err();
        assert_eq!(read("/restricted/handleResponse"), None);
        assert_eq!(read("/restricted/handleResponse?other=1"), None);
        for path in ["?state=s", "?other=1&st%61te=s", "?code", "?x=1&x=2", "?x=%"] {
            assert_eq!(read(&format!("/restricted/handleResponse{path}")), Some(Unreadable::Form.into()), "{path}");
        }
    }

    #[test]
    fn a_page_has_one_wording_for_every_fault() {
        let unparseable = BodyFault::Unparseable(Unreadable::Form);
        for fault in [BodyFault::TooLarge, BodyFault::UnsupportedMediaType, BodyFault::Encoded, unparseable] {
            assert_eq!(fault.failure(Surface::Page).code(), Code::InvalidCallback);
            assert_eq!(fault.failure(Surface::Page).status(), fault.status());
        }
    }
}
