//! The mailbox: where every mail of the sandbox lands. No function of this build sends mail yet, so it stays empty.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::page;
use crate::server::Shared;

/// A mail (K6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// To whom it goes.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
}

/// The mailbox of a sandbox.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<Mail>>);

impl Mailbox {
    /// What has come, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// `GET {mail}/messages`
pub(crate) async fn messages(State(shared): State<Arc<Shared>>) -> Json<Vec<Mail>> {
    Json(shared.mailbox.messages())
}

/// `GET {mail}`
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    page::mail(&shared.mailbox)
}
