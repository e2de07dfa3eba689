//! The page as it is shown: everything on it as text, ready for the template.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use onboarding_core::time::Clock as _;
use simulated_microsoft::{people, tenants};

use super::ask::{Ask, Exchange};
use super::ledger::{MicrosoftCall, Traced};
use super::moves::registration;
use super::observe::{Observed, Outcome, Webhook, messages};
use super::play::Stop;
use super::progress::Link;
use super::step::Step;
use super::trouble::{TROUBLES, Trouble, about};
use super::{By, Held, Walk};
use crate::page;
use crate::ready::Ready;
use crate::server::Shared;

/// How many of Microsoft's calls are listed; all are counted.
const MOST_CALLS: usize = 40;

/// `GET /`
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let observed = shared.walk.observe().await;
    let now = shared.clock.now().to_string();
    page::render(&WalkPage::of(&shared.walk, observed, now))
}

#[derive(Template)]
#[template(path = "walk.html")]
struct WalkPage<'a> {
    ready: &'a Ready,
    token: &'a str,
    /// Where all of Microsoft is simulated.
    microsoft: Option<&'a str>,
    timer: bool,
    now: String,
    summary: String,
    /// The number and name of the enterprise.
    enterprise: Option<(String, String)>,
    proposed: String,
    first: String,
    /// What the link asks Microsoft for; empty without one.
    link: Vec<(String, String)>,
    tenants: Vec<(&'static str, &'static str)>,
    people: Vec<(&'static str, String)>,
    troubles: &'static [Trouble],
    visit: Option<VisitView>,
    steps: Vec<StepView>,
    outcome: Option<Outcome>,
    webhooks: Vec<Webhook>,
    messages: String,
    /// The action's state by its word, and the organization that is to be confirmed.
    status: Option<String>,
    to_confirm: Option<String>,
    control: Vec<ExchangeView>,
    rows: Result<Vec<RowView>, String>,
    counts: Vec<Count>,
    calls: Vec<CallView>,
    earlier_calls: usize,
}

struct StepView {
    number: usize,
    state: &'static str,
    label: &'static str,
    exchanges: Vec<ExchangeView>,
    written: Vec<Count>,
    changed: Vec<Count>,
    calls: Vec<Count>,
}

/// How many of a kind.
struct Count {
    kind: String,
    number: usize,
}

struct ExchangeView {
    title: String,
    curl: String,
    request: String,
    status: String,
    is_good: bool,
    millis: u128,
    answer: String,
}

struct VisitView {
    person: &'static str,
    person_id: &'static str,
    trouble: &'static str,
    trouble_key: &'static str,
    then: String,
    told: &'static str,
    stops: Vec<Stop>,
    broken: Option<String>,
    /// Whether the way ended on a page of Microsoft's.
    is_kept: bool,
    is_by_hand: bool,
}

struct RowView {
    /// Its place among the rows, for an id.
    id: String,
    kind: &'static str,
    key: String,
    written_in: usize,
    changed_in: Vec<String>,
    text: String,
}

struct CallView {
    step: usize,
    time: String,
    kind: String,
    line: String,
}

impl<'a> WalkPage<'a> {
    fn of(walk: &'a Walk, observed: Observed, now: String) -> Self {
        let held = walk.held();
        let rows = observed.rows.as_ref().map(Vec::as_slice).unwrap_or_default();
        let steps = Step::ALL.map(|step| StepView::of(step, &held, &observed, rows)).into();
        let text = |pointer| observed.action.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
        let (status, to_confirm) = (text("/status"), text("/tenantToConfirm/organization"));
        let registered = held.progress.registered();
        let calls = observed.calls.iter().skip(observed.calls.len().saturating_sub(MOST_CALLS));
        Self {
            ready: &walk.setting.ready,
            token: walk.token(),
            microsoft: walk.setting.microsoft.as_deref(),
            timer: walk.setting.timer,
            now,
            summary: summary(&held, &observed, status.as_deref()),
            enterprise: registered.map(|one| (one.enterprise.to_string(), one.name.clone())),
            proposed: held.proposed.clone(),
            first: registration(&held.proposed, tenants().first().map_or("", |tenant| tenant.id)).curl(),
            link: held.progress.link().map(Link::parameters).unwrap_or_default(),
            tenants: tenants()
                .iter()
                .filter(|one| !one.is_personal() && !one.is_partner())
                .map(|one| (one.id, one.display_name))
                .collect(),
            people: people()
                .iter()
                .filter(|one| !one.home().is_partner())
                .map(|one| (one.oid, format!("{} ({})", one.name, about(one))))
                .collect(),
            troubles: &TROUBLES,
            visit: held.visit.as_ref().map(|visit| VisitView::of(visit, &walk.setting.ready.api)),
            steps,
            messages: messages().curl(),
            status,
            to_confirm,
            control: held.control.iter().map(ExchangeView::of).collect(),
            counts: counted(observed.calls.iter().map(|(_, call)| call.kind.as_str())),
            earlier_calls: observed.calls.len().saturating_sub(MOST_CALLS),
            calls: calls.map(|(step, call)| CallView::of(*step, call)).collect(),
            rows: observed.rows.map(|rows| rows.iter().enumerate().map(RowView::of).collect()),
            outcome: observed.outcome,
            webhooks: observed.webhooks,
        }
    }
}

/// The walk in one sentence, for whoever does not see it change.
fn summary(held: &Held, observed: &Observed, status: Option<&str>) -> String {
    let Some(registered) = held.progress.registered() else {
        return "Nothing is made yet: begin with step 1.".to_owned();
    };
    let webhook = match observed.webhooks.first() {
        Some(webhook) if webhook.verified => format!("webhook {} received, signature verified", webhook.event),
        Some(webhook) => format!("webhook {} received, signature NOT verified", webhook.event),
        None => "no webhook yet".to_owned(),
    };
    let status = status.unwrap_or("not requested");
    format!("{} (enterprise {}): {status}; {webhook}.", registered.name, registered.enterprise)
}

impl Step {
    fn is_done(self, held: &Held, observed: &Observed) -> bool {
        let played = |by: &By| matches!(by, By::Sandbox(..));
        match self {
            Self::Register => held.progress.registered().is_some(),
            Self::Link => held.progress.link().is_some(),
            Self::Visit => !held.passages.is_empty() || held.visit.as_ref().is_some_and(|visit| played(&visit.by)),
            Self::Outcome => observed.outcome.is_some(),
            Self::Webhook => observed.webhooks.iter().any(|webhook| webhook.verified),
            Self::State => held.asked.contains_key(&Self::State),
        }
    }
}

impl StepView {
    fn of(step: Step, held: &Held, observed: &Observed, rows: &[Traced]) -> Self {
        let next = Step::ALL.into_iter().find(|step| !step.is_done(held, observed));
        let (state, label) = match (step.is_done(held, observed), next == Some(step)) {
            (true, _) => ("done", "done"),
            (false, true) => ("next", "next"),
            (false, false) => ("later", "to come"),
        };
        let named = |is_it: &dyn Fn(&Traced) -> bool| {
            let rows = rows.iter().filter(|one| is_it(one));
            counted(rows.map(|one| one.row.kind.name()))
        };
        let calls = observed.calls.iter().filter(|(in_step, _)| *in_step == step).map(|(_, call)| call.kind.as_str());
        Self {
            number: step.number(),
            state,
            label,
            exchanges: held.asked.get(&step).into_iter().flatten().map(ExchangeView::of).collect(),
            written: named(&|one| one.written_in == step),
            changed: named(&|one| one.changed_in.contains(&step)),
            calls: counted(calls),
        }
    }
}

/// How many of each kind, in the order of the first of each.
fn counted<'a>(kinds: impl Iterator<Item = &'a str>) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for kind in kinds {
        match counts.iter_mut().find(|count| count.kind == kind) {
            Some(count) => count.number += 1,
            None => counts.push(Count { kind: kind.to_owned(), number: 1 }),
        }
    }
    counts
}

impl ExchangeView {
    fn of(exchange: &Exchange) -> Self {
        let Exchange { ask, answer, took } = exchange;
        let (status, text) = match answer {
            Ok(answer) => (answer.status.to_string(), answer.text()),
            Err(fault) => ("no answer".to_owned(), fault.clone()),
        };
        Self {
            title: Ask::line(ask),
            curl: ask.curl(),
            request: ask.text(),
            status,
            is_good: exchange.good().is_some(),
            millis: took.as_millis(),
            answer: text,
        }
    }
}

impl VisitView {
    /// As it is told where our own pages are at `api`.
    fn of(visit: &super::Visit, api: &str) -> Self {
        let (stops, broken, is_by_hand) = match &visit.by {
            By::Browser => (Vec::new(), None, true),
            By::Sandbox(stops, broken) => (stops.clone(), broken.clone(), false),
        };
        Self {
            person: visit.person.name,
            person_id: visit.person.oid,
            trouble: visit.trouble.label,
            trouble_key: visit.trouble.key,
            then: visit.trouble.then_for(visit.person),
            told: visit.trouble.deed.told(),
            is_kept: broken.is_none() && stops.last().is_some_and(|stop| !stop.place.starts_with(api)),
            stops,
            broken,
            is_by_hand,
        }
    }
}

impl RowView {
    fn of((place, one): (usize, &Traced)) -> Self {
        Self {
            id: format!("row-{place}"),
            kind: one.row.kind.name(),
            key: one.row.key(),
            written_in: one.written_in.number(),
            changed_in: one.changed_in.iter().map(|step| step.number().to_string()).collect(),
            text: one.row.text.clone(),
        }
    }
}

impl CallView {
    fn of(step: Step, call: &MicrosoftCall) -> Self {
        let time = call.at.split_once('T').map_or(call.at.as_str(), |(_, time)| time);
        Self {
            step: step.number(),
            time: time.chars().take(8).collect(),
            kind: call.kind.clone(),
            line: format!("{} {}", call.method, call.path),
        }
    }
}
