//! The pages for whoever runs the sandbox: what there is, what was caught. No script, nothing from elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse as _, Response};

use crate::mailbox::{Mail, Mailbox};
use crate::ready::{Ready, Step};
use crate::receiver::{Caught, Receiver};
use crate::server::Shared;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    ready: &'a Ready,
    steps: Vec<Step>,
}

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

/// `GET /`
pub(crate) async fn index(State(shared): State<Arc<Shared>>) -> Response {
    render(&IndexPage { ready: &shared.ready, steps: shared.ready.steps() })
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

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response(),
    }
}
