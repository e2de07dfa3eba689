//! What a handler answers, and the headers that every answer carries.

use std::fmt;

use http::header::{
    ACCEPT_LANGUAGE, ALLOW, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, StatusCode};
use lambda_http::{Body, Response};
use onboarding_core::id::ReferenceId;
use onboarding_core::idempotency::{Repeat, Told, ToldAnswer};
use onboarding_core::language::Language;
use onboarding_core::text::Name;
use serde::Serialize;

use crate::failure::Failure;
use crate::oauth;
use crate::page::Page;
use crate::problem::{self, Problem};
use crate::routes::Surface;

/// On every answer, whatever it is (T51, G55).
///
/// - `no-store`: answers hold keys, links and tenants.
/// - `Cross-Origin-Opener-Policy`: a page of ours that was opened by a script is cut off from its opener. Microsoft's
///   `form_post` is a plain navigation of the same tab and does not care; a provider who opens the link in a pop-up
///   sees it as closed and must wait for the webhook instead.
/// - no `includeSubDomains`: what else lives below the deployment's domain is not ours to decide.
const ALWAYS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// The policy of what is no page: nothing may be loaded, framed or submitted.
const NOTHING: &str = "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Our reference, on every answer. An incoming `X-Request-Id` is never taken over: it is a text of the caller's
/// choice, and two callers could choose the same.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The codes of warnings, on an answer whose body has no room for them.
const WARNINGS: HeaderName = HeaderName::from_static("onboarding-warnings");
/// On an answer that is told again: it is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

#[derive(Serialize)]
struct List<'a, T> {
    items: &'a [T],
    next: Option<&'a str>,
}

/// What a handler answers.
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
}

enum Content {
    Empty,
    Text(String),
    Failed(Failure),
}

/// Hides headers and text: keys, links and handles are answered.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Empty => write!(f, "Answer({})", self.status),
            Content::Text(text) => write!(f, "Answer({}, {} bytes)", self.status, text.len()),
            Content::Failed(failure) => write!(f, "Answer({failure:?})"),
        }
    }
}

impl Answer {
    /// A JSON answer.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => Self::text(status, "application/json", text),
            Err(fault) => Self::problem(Failure::internal(fault)),
        }
    }

    /// 200 with a page of a list: its items, and the cursor of the next page; none at the end of the list.
    #[must_use]
    pub fn list<T: Serialize>(items: &[T], next: Option<&str>) -> Self {
        Self::json(StatusCode::OK, &List { items, next })
    }

    /// 200 with a text that is JSON already.
    #[must_use]
    pub fn json_text(text: &'static str) -> Self {
        Self::text(StatusCode::OK, "application/json", text.to_owned())
    }

    /// A table for a spreadsheet (RFC 4180).
    #[must_use]
    pub fn csv(table: String) -> Self {
        Self::text(StatusCode::OK, "text/csv; charset=utf-8; header=present", table)
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), content: Content::Empty }
    }

    /// 303: the browser goes on to `location` with GET, so that reloading does not send a form again.
    #[must_use]
    pub fn see_other(location: &str) -> Self {
        Self::empty(StatusCode::SEE_OTHER).with_header(LOCATION, location)
    }

    /// A page. It says its language, and that another browser may be answered in another one (RFC 9110 §8.5, §12.5.5).
    #[must_use]
    pub fn page(page: Page) -> Self {
        let language = page.language().word();
        let (status, html, policy) = page.into_parts();
        Self::text(status, "text/html; charset=utf-8", html)
            .with_header(CONTENT_SECURITY_POLICY, &policy)
            .with_header(CONTENT_LANGUAGE, language)
            .with_header(VARY, ACCEPT_LANGUAGE.as_str())
    }

    /// A failure, shown as the route's surface wants it.
    #[must_use]
    pub fn problem(failure: Failure) -> Self {
        Self { content: Content::Failed(failure), ..Self::empty(StatusCode::INTERNAL_SERVER_ERROR) }
    }

    /// The same answer with one more header. A value that is no header value (a line break, T38) makes it a 500.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.append(name, value);
                self
            }
            Err(fault) => Self::problem(Failure::internal(fault)),
        }
    }

    /// The same answer with the codes of warnings in `Onboarding-Warnings`, if there are any: for bodies whose form is the
    /// source's. `Warning` itself is obsolete (RFC 9111 §5.5).
    #[must_use]
    pub fn warning(self, codes: &[&str]) -> Self {
        if codes.is_empty() { self } else { self.with_header(WARNINGS, &codes.join(", ")) }
    }

    /// The answer as it is kept for a repeated request. One that holds a secret is not to be kept: see [`Told::Secret`].
    #[must_use]
    pub fn told(&self) -> Told {
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = self.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = match &self.content {
            Content::Text(text) => text.clone(),
            Content::Empty | Content::Failed(_) => String::new(),
        };
        Told::Answer(ToldAnswer { status: self.status.as_u16(), headers, body })
    }

    /// What a request is answered whose `Idempotency-Key` is in use (R203).
    #[must_use]
    pub fn repeated(repeat: Repeat) -> Self {
        match repeat {
            Repeat::Same(Told::Answer(told)) => Self::told_again(told),
            Repeat::Same(Told::Secret { id }) => Self::problem(Failure::already_created(id)),
            Repeat::Other => Self::problem(Failure::idempotency_key_reused()),
        }
    }

    fn told_again(told: ToldAnswer) -> Self {
        let header = |(name, value): (String, String)| Some((name.parse().ok()?, value.parse().ok()?));
        let headers = told.headers.into_iter().filter_map(header).collect();
        let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::OK);
        let answer = Self { status, headers, content: Content::Text(told.body) };
        answer.with_header(REPLAYED, "true")
    }

    fn text(status: StatusCode, content_type: &'static str, text: String) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status, headers, content: Content::Text(text) }
    }

    /// The answer, or the failure that it turned out to be.
    pub(crate) fn settle(self) -> Result<Self, Failure> {
        match self.content {
            Content::Failed(failure) => Err(failure),
            Content::Empty | Content::Text(_) => Ok(self),
        }
    }

    /// `failure` as `surface` shows it; a page names the provider whose link it was, if that is known.
    pub(crate) fn of_failure(
        failure: &Failure,
        surface: Surface,
        (provider, language, reference): (Option<&Name>, Language, &ReferenceId),
    ) -> Self {
        let mut answer = match surface {
            Surface::Page => Self::page(Page::of_failure(failure, provider, (language, reference))),
            Surface::Api => {
                let answer = Self::json(failure.status(), &Problem::of(failure, reference));
                answer.replacing(CONTENT_TYPE, problem::CONTENT_TYPE)
            }
            Surface::OAuth => Self::json(failure.status(), &oauth::Refusal::of(failure)),
        };
        if failure.status() == StatusCode::UNAUTHORIZED {
            let challenge = if surface == Surface::OAuth { oauth::CHALLENGE } else { "Bearer" };
            answer = answer.with_header(WWW_AUTHENTICATE, challenge);
        }
        if let Some(scope) = failure.lacking() {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            answer = answer.with_header(WWW_AUTHENTICATE, &challenge);
        }
        if !failure.allow().is_empty() {
            let methods: Vec<&str> = failure.allow().iter().map(Method::as_str).collect();
            answer = answer.with_header(ALLOW, &methods.join(", "));
        }
        match failure.retry_after() {
            Some(seconds) => answer.with_header(RETRY_AFTER, &seconds.to_string()),
            None => answer,
        }
    }

    fn replacing(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// The whole response. Headers that every answer carries win over the handler's.
    pub(crate) fn into_response(self, reference: &ReferenceId) -> Response<Body> {
        let mut response = Response::new(match self.content {
            Content::Text(text) => Body::Text(text),
            Content::Empty | Content::Failed(_) => Body::Empty,
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
        for (name, value) in ALWAYS {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        // A reference is ASCII by its own rule.
        let id = HeaderValue::from_str(reference.as_str()).unwrap_or(HeaderValue::from_static("none"));
        headers.insert(REQUEST_ID, id);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::reference;
    use onboarding_core::advice::Code;
    use onboarding_core::scope::Scope;

    fn header(response: &Response<Body>, name: &str) -> String {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    fn every_kind() -> Vec<Answer> {
        let failure = |status, code| Failure::new(status, code);
        let not_found = failure(StatusCode::NOT_FOUND, Code::NotFound);
        let refused = Failure::unauthenticated();
        vec![
            Answer::json(StatusCode::OK, &1),
            Answer::empty(StatusCode::NO_CONTENT),
            Answer::see_other("https://a.example/outcome/x"),
            Answer::of_failure(&not_found, Surface::Page, (None, Language::English, &reference())),
            Answer::of_failure(&refused, Surface::Api, (None, Language::English, &reference())),
        ]
    }

    /// G55, T51 Every kind of answer carries the security headers and our reference.
    #[test]
    fn every_answer_carries_the_security_headers() {
        for answer in every_kind() {
            let response = answer.into_response(&reference());
            assert_eq!(header(&response, "cache-control"), "no-store");
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            assert_eq!(header(&response, "referrer-policy"), "no-referrer");
            assert_eq!(header(&response, "x-frame-options"), "DENY");
            assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
            assert!(header(&response, "strict-transport-security").starts_with("max-age="));
            let policy = header(&response, "content-security-policy");
            for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"] {
                assert!(policy.contains(directive), "{policy}");
            }
            assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
            assert_eq!(header(&response, "x-request-id"), reference().as_str());
        }
    }

    #[test]
    fn a_failure_has_the_headers_of_its_status() {
        let on_api = |failure: &Failure| {
            Answer::of_failure(failure, Surface::Api, (None, Language::English, &reference()))
                .into_response(&reference())
        };
        assert_eq!(header(&on_api(&Failure::unauthenticated()), "www-authenticate"), "Bearer");
        let lacking = header(&on_api(&Failure::insufficient_scope(Scope::LinksWrite)), "www-authenticate");
        assert_eq!(lacking, r#"Bearer error="insufficient_scope", scope="links:write""#);
        let methods = vec![Method::GET, Method::POST];
        let wrong = Failure::method_not_allowed(Code::MethodNotAllowed, methods);
        assert_eq!(header(&on_api(&wrong), "allow"), "GET, POST");
        assert_eq!(header(&on_api(&Failure::unavailable("x")), "retry-after"), "5");
        assert_eq!(header(&on_api(&Failure::not_found()), "retry-after"), "");
        assert_eq!(header(&on_api(&Failure::not_found()), "content-type"), "application/problem+json");
    }

    /// T50 Keys, links and handles are answered, so `Debug` shows none of it.
    #[test]
    fn debug_shows_nothing_of_an_answer() {
        let answers = [Answer::json(StatusCode::OK, "secret"), Answer::see_other("https://a.example/outcome/secret")];
        assert!(!format!("{answers:?}").contains("secret"), "{answers:?}");
    }

    /// R203 What is kept is told again byte for byte, and says that it is.
    #[test]
    fn a_kept_answer_is_told_again() {
        let first = || Answer::json(StatusCode::OK, "7").with_header(LOCATION, "/v1/enterprises/7");
        let kept = serde_json::to_string(&first().told()).unwrap();
        let again = Answer::repeated(Repeat::Same(serde_json::from_str(&kept).unwrap())).into_response(&reference());
        let first = first().into_response(&reference());
        assert_eq!((again.status(), again.body()), (first.status(), first.body()));
        let mut headers = again.headers().clone();
        assert_eq!(headers.remove("idempotency-replayed"), Some(HeaderValue::from_static("true")));
        assert_eq!(&headers, first.headers());
    }

    /// T38 A line break cannot become a header.
    #[test]
    fn a_broken_header_value_is_a_failure() {
        let answer = Answer::see_other("https://a.example/\r\nSet-Cookie: a=b");
        assert_eq!(answer.settle().unwrap_err().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn json_answers_are_bare() {
        let response = Answer::json(StatusCode::CREATED, "https://x").into_response(&reference());
        assert_eq!((response.status().as_u16(), response.body()), (201, &Body::Text("\"https://x\"".to_owned())));
        assert_eq!(header(&response, "content-type"), "application/json");
    }
}
