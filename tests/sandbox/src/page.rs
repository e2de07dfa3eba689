//! The pages for whoever runs the sandbox: one style sheet, one small script, one picture, nothing from elsewhere.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{Html, IntoResponse as _, Response};

use crate::mailbox::{Mail, Mailbox};
use crate::receiver::{Caught, Receiver};

/// Where the style sheet is.
pub(crate) const STYLE: &str = "/sandbox/page.css";
/// Where the picture on the tab is; without one of its own, a browser asks the API for it.
pub(crate) const ICON: &str = "/sandbox/page.svg";
/// Where the script is.
pub(crate) const SCRIPT: &str = "/sandbox/page.js";

/// On every answer of the sandbox's pages. The referrer stays on this origin, since without one a browser sends a form
/// with `Origin: null`, and the forms are known by their origin.
const HEADERS: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    mails: Vec<Mail>,
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct WebhooksPage {
    url: String,
    caught: Vec<Caught>,
}

/// The page of the mailbox, newest first.
pub(crate) fn mail(mailbox: &Mailbox) -> Response {
    let mut mails = mailbox.messages();
    mails.reverse();
    render(&MailPage { mails })
}

/// The page of the receiver, newest first.
pub(crate) fn webhooks(receiver: &Receiver) -> Response {
    let mut caught = receiver.messages();
    caught.reverse();
    render(&WebhooksPage { url: receiver.url(), caught })
}

/// `GET /sandbox/page.css`
pub(crate) async fn style() -> Response {
    closed(([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../templates/page.css")).into_response(), None)
}

/// `GET /sandbox/page.svg`
pub(crate) async fn icon() -> Response {
    closed(([(CONTENT_TYPE, "image/svg+xml")], include_str!("../templates/page.svg")).into_response(), None)
}

/// `GET /sandbox/page.js`
pub(crate) async fn script() -> Response {
    let script = include_str!("../templates/page.js");
    closed(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response(), None)
}

/// A page.
pub(crate) fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => closed(Html(html).into_response(), None),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response(),
    }
}

/// The same answer, closed to everybody else: nothing but our own style, script and picture is loaded, nobody frames it, and its
/// forms lead here, or on from here to `elsewhere`.
pub(crate) fn closed(mut answer: Response, elsewhere: Option<&str>) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self' {}; \
         frame-ancestors 'none'; base-uri 'none'",
        elsewhere.unwrap_or_default()
    );
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // An origin is ASCII without a line break by its own rule.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    answer
}
