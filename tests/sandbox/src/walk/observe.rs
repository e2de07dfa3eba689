//! What there is now, looked up each time the page is shown.

use futures_util::future::join;
use reqwest::Method;
use serde_json::Value;

use super::Walk;
use super::ask::{Answer, Ask, Exchange, Server, indented};
use super::ledger::{MicrosoftCall, Traced};
use super::moves::{action, actions};
use super::passage::{CALLBACK, Line, lines_of};
use super::progress::Registered;
use super::rows::Row;
use super::step::Step;

/// What there is now.
pub(crate) struct Observed {
    /// The rows, or why they cannot be read.
    pub(crate) rows: Result<Vec<Traced>, String>,
    /// Microsoft's log, with the step of each call.
    pub(crate) calls: Vec<(Step, MicrosoftCall)>,
    /// The action as the API tells it; null if there is none.
    pub(crate) action: Value,
    pub(crate) outcome: Option<Outcome>,
    /// The webhooks about the enterprise, newest first.
    pub(crate) webhooks: Vec<Webhook>,
}

/// What the API said last, and of which rows. While they stay the same it is not asked again, or its log would fill with
/// the page's own calls.
#[derive(Clone)]
pub(crate) struct Said {
    rows: Vec<Row>,
    passages: usize,
    action: Value,
    outcome: Option<Outcome>,
}

/// The page to which the callback led.
#[derive(Clone)]
pub(crate) struct Outcome {
    /// The callback, without the values of its form.
    pub(crate) callback: String,
    /// Our answer to it, without the page.
    pub(crate) answer: String,
    /// How to look at the page again, if it has a path of its own.
    pub(crate) curl: Option<String>,
    /// Its path, if it has one of its own.
    pub(crate) path: Option<String>,
    pub(crate) status: String,
    pub(crate) lines: Vec<Line>,
}

/// A webhook that the receiver has caught.
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) verified: bool,
    pub(crate) event: String,
    pub(crate) received_at: String,
    pub(crate) answered: u64,
    /// What the signature is about, and the signature.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The headers of Standard Webhooks.
const SIGNED: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

impl Walk {
    /// Looks at everything, and writes down what belongs to the present step.
    pub(crate) async fn observe(&self) -> Observed {
        let calls = self.calls().await;
        let registered = self.held().progress.registered().cloned();
        let Some(registered) = registered else {
            return Observed::before_the_first_step(self.note_calls(calls));
        };
        let (rows, webhooks) = join(self.table.rows_of(registered.enterprise), self.webhooks(&registered)).await;
        let (action, outcome) = self.said(&registered, rows.as_deref().unwrap_or_default()).await;
        let rows = rows.map(|rows| self.held().ledger.note_rows(rows));
        Observed { rows, calls: self.note_calls(calls), action, outcome, webhooks }
    }

    /// The action and the outcome page, as the API tells them.
    async fn said(&self, registered: &Registered, rows: &[Row]) -> (Value, Option<Outcome>) {
        let (said, passages) = {
            let held = self.held();
            (held.said.clone(), held.passages.len())
        };
        if let Some(said) = said.filter(|said| said.rows == rows && said.passages == passages && !rows.is_empty()) {
            return (said.action, said.outcome);
        }
        let (action, outcome) = join(self.action(registered), self.outcome()).await;
        let said = Said { rows: rows.to_vec(), passages, action: action.clone(), outcome: outcome.clone() };
        self.held().said = Some(said);
        (action, outcome)
    }

    async fn action(&self, registered: &Registered) -> Value {
        action(&self.caller.make(actions(registered)).await.json())
    }

    async fn calls(&self) -> Vec<MicrosoftCall> {
        if self.setting.microsoft.is_none() {
            return Vec::new();
        }
        let log = self.caller.make(Ask::new(Method::GET, Server::Microsoft, "/simulated/calls")).await;
        serde_json::from_value(log.json()).unwrap_or_default()
    }

    fn note_calls(&self, calls: Vec<MicrosoftCall>) -> Vec<(Step, MicrosoftCall)> {
        let steps = self.held().ledger.note_calls(calls.len()).to_vec();
        steps.into_iter().zip(calls).collect()
    }

    /// The newest page that Microsoft's answer led to: the callback's own, or the one that it sends on to, as it is now.
    async fn outcome(&self) -> Option<Outcome> {
        let passage = self.held().passages.last().cloned()?;
        let look = passage.outcome().map(|path| Ask::new(Method::GET, Server::Api, path));
        let page = match look.clone() {
            None => passage.answer.clone(),
            Some(look) => self.caller.make(look).await.answer.ok()?,
        };
        Some(Outcome {
            callback: format!("POST {CALLBACK}\na form with {}", passage.fields.join(", ")),
            answer: Answer { body: String::new(), ..passage.answer.clone() }.text(),
            curl: look.as_ref().map(Ask::curl),
            path: passage.outcome(),
            status: page.status.to_string(),
            lines: lines_of(&page.body),
        })
    }

    async fn webhooks(&self, registered: &Registered) -> Vec<Webhook> {
        let caught: Exchange = self.caller.make(messages()).await;
        let caught = caught.json();
        let caught = caught.as_array().map(Vec::as_slice).unwrap_or_default();
        caught.iter().rev().filter_map(|one| Webhook::about(registered, one)).collect()
    }
}

impl Observed {
    const fn before_the_first_step(calls: Vec<(Step, MicrosoftCall)>) -> Self {
        Self { rows: Ok(Vec::new()), calls, action: Value::Null, outcome: None, webhooks: Vec::new() }
    }
}

/// How the caught webhooks are asked for.
pub(crate) fn messages() -> Ask {
    Ask::new(Method::GET, Server::Api, format!("{}/messages", crate::server::WEBHOOKS))
}

impl Webhook {
    fn about(registered: &Registered, caught: &Value) -> Option<Self> {
        let body: Value = serde_json::from_str(caught["body"].as_str()?).ok()?;
        if body["enterpriseId"].as_u64() != Some(registered.enterprise.get()) {
            return None;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(Self {
            id: text(&caught["id"]),
            verified: caught["verified"] == true,
            event: text(&body["event"]),
            received_at: text(&caught["receivedAt"]),
            answered: caught["answered"].as_u64().unwrap_or_default(),
            headers: SIGNED.map(|name| (name.to_owned(), text(&caught["headers"][name]))).to_vec(),
            body: indented(caught["body"].as_str()?),
        })
    }
}
