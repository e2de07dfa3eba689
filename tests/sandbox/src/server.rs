//! The API's port: the sandbox's own paths, and behind all others the stand-in for API Gateway.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use onboarding_core::credential::ApiKey;
use onboarding_lambda::edge::Edge;

use crate::functions::Functions;
use crate::mailbox::{self, Mailbox};
use crate::ready::Ready;
use crate::receiver::{self, Receiver};
use crate::schedule::Schedule;
use crate::walk::{self, Walk};
use crate::{SandboxClock, control, gateway, page};

/// Where the receiver's paths begin.
pub(crate) const WEBHOOKS: &str = "/sandbox/webhooks";
/// Where the mailbox's paths begin.
pub(crate) const MAIL: &str = "/sandbox/mail";

/// Where the mail service's paths begin.
pub(crate) const SES: &str = "/sandbox/ses";

/// What the paths share.
pub(crate) struct Shared {
    pub(crate) functions: Arc<Functions>,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) clock: Arc<SandboxClock>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) edge: Edge,
    pub(crate) operator_key: ApiKey,
    pub(crate) ready: Ready,
    pub(crate) walk: Walk,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let at = |base: &str, rest: &str| format!("{base}{rest}");
    Router::new()
        .merge(walk::routes::routes(&shared))
        .route(page::STYLE, get(page::style))
        .route(page::ICON, get(page::icon))
        .route(page::SCRIPT, get(page::script))
        .route("/sandbox/clock", post(control::move_clock).fallback(control::post_only))
        .route("/sandbox/tick", post(control::tick).fallback(control::post_only))
        .route("/sandbox/rotate-sealing-keys", post(control::rotate_sealing_keys).fallback(control::post_only))
        .route(MAIL, get(mailbox::http::show))
        .route(&at(MAIL, "/messages"), get(mailbox::http::messages))
        .route(&at(MAIL, "/behaviour"), put(mailbox::http::behave).delete(mailbox::http::behave_well))
        .route(&at(SES, mailbox::http::PATH), post(mailbox::http::send))
        .route(WEBHOOKS, get(receiver::http::show).post(receiver::http::catch))
        .route(&at(WEBHOOKS, "/messages"), get(receiver::http::messages).post(receiver::http::catch))
        .route(
            &at(WEBHOOKS, "/behaviour"),
            put(receiver::http::behave).delete(receiver::http::behave_well).post(receiver::http::catch),
        )
        .route(&at(WEBHOOKS, "/{*rest}"), post(receiver::http::catch))
        .fallback(gateway::serve)
        .with_state(shared)
}
