//! Pages for people: HTML without script, in one file each, readable in light and dark.
//!
//! Every text is escaped by askama; names come from callers and may hold anything that
//! [`onboarding_core::text::Name`] allows (G54). Raw texts of Microsoft are never shown, only our own rows of advice.
//! The words "reseller" and "partner" never stand on a page: tenants know a "Service Provider" (R005).

mod activation;
mod connection;

use askama::Template;
use http::StatusCode;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::{Code, Explanation};
use onboarding_core::id::ReferenceId;
use onboarding_core::language::Language;
use onboarding_core::permission::{Kind, Permission};
use onboarding_core::text::Name;

mod diagnosis;
mod permissions;

use crate::failure::Failure;
use crate::text::{self, StartText, StateText};

pub use activation::Activation;
pub use connection::{Connected, Told};

/// The style sheet, inside every page: a page is one request and stays whole when it is saved.
const STYLE: &str = include_str!("../templates/style.css");

/// What a page may load and do: its own style sheet, told by its hash, and nothing else. There is no script. A test
/// compares the hash with [`STYLE`] and says the right one.
const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-JEXgaQ5yZdJp8kPycZQD6YI0eiQ2yk4x/32y2iI6xN0='; \
     frame-ancestors 'none'; base-uri 'none'; form-action";

/// What stands in place of a page that could not be rendered; the templates leave no cause for it.
const PLAIN: &str = "<!DOCTYPE html><html lang=\"en\"><title>Consent</title><p>This page cannot be shown. Try again.";

/// A rendered page.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    html: String,
    policy: String,
    language: Language,
}

/// A form that takes a person on to the next of Microsoft's screens.
#[derive(Clone, Copy, Debug)]
pub struct Onward<'a> {
    /// Where it is posted: a path of ours.
    pub action: &'a str,
    /// Microsoft's origin, to which the answer leads.
    pub authority: &'a str,
}

/// What the start page tells.
#[derive(Debug)]
pub struct Start<'a> {
    /// The language of the page.
    pub language: Language,
    /// The service provider.
    pub provider: &'a Name,
    /// The enterprise.
    pub enterprise: &'a Name,
    /// The tenant's domain or id, if one is expected.
    pub tenant: Option<String>,
    /// What is sent where, once something is decided.
    pub sent: Sent,
    /// The screen that comes next; none if nothing is left.
    pub next: Option<NextScreen<'a>>,
    /// How many screens are left, this one included.
    pub screens_left: usize,
    /// What is granted already.
    pub done: Vec<ActionType>,
    /// What comes on later screens.
    pub later: Vec<ActionType>,
    /// What somebody came back from, and Microsoft does not show yet.
    pub checking: Vec<ActionType>,
    /// Whether a tenant waits for the provider's word: this person's, or a stranger's.
    pub waiting: bool,
    /// The address of the page, to be passed on; none with an invitation, whose code it would lack.
    pub address: Option<&'a str>,
    /// Whether the code of an invitation is asked for first.
    pub asks_for_code: bool,
    /// The reference of this request.
    pub reference: &'a ReferenceId,
}

/// What the service provider is told, and where.
#[derive(Debug)]
pub struct Sent {
    /// The host of the `redirectUrl`.
    pub host: Option<String>,
    /// Whether Microsoft's own tokens go with it.
    pub tokens: bool,
}

/// The screen that comes next.
#[derive(Debug)]
pub struct NextScreen<'a> {
    /// How to get there.
    pub onward: Onward<'a>,
    /// How its permissions are held.
    pub kind: Kind,
    /// What it decides.
    pub actions: Vec<ActionType>,
    /// What that takes.
    pub permissions: Vec<&'static Permission>,
    /// What it asks for besides, because the registration lists it.
    pub along: Vec<&'static Permission>,
    /// What went wrong with it the last time, if something did.
    pub problem: Option<Explanation>,
}

/// What the advice page tells.
#[derive(Clone, Copy, Debug)]
pub struct Advice<'a> {
    /// The language of the page.
    pub language: Language,
    /// The status of the answer.
    pub status: StatusCode,
    /// Cause, person and next steps.
    pub explanation: &'a Explanation,
    /// The service provider, if the link told which.
    pub provider: Option<&'a Name>,
    /// The reference of this request.
    pub reference: &'a ReferenceId,
    /// Microsoft's correlation id, which its support asks for.
    pub correlation_id: Option<&'a str>,
    /// The way to try again, for who came by a start page.
    pub onward: Option<Onward<'a>>,
}

/// What the outcome page tells.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The language of the page.
    pub language: Language,
    /// The service provider.
    pub provider: &'a Name,
    /// The enterprise.
    pub enterprise: &'a Name,
    /// Which action.
    pub action: ActionType,
    /// How far it is.
    pub state: &'a ActionState,
    /// Which others the same screen granted.
    pub also: &'a [ActionType],
    /// What the screen asked for, for all of these.
    pub permissions: &'a [&'static Permission],
    /// What the same screen asks for besides, because the registration lists it.
    pub along: &'a [&'static Permission],
    /// Which actions are still missing after this one.
    pub left: &'a [ActionType],
    /// The way to the next screen, for who came by a start page.
    pub onward: Option<Onward<'a>>,
    /// The reference of this request.
    pub reference: &'a ReferenceId,
}

#[derive(Template)]
#[template(path = "advice.html")]
struct AdviceTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    who: &'static str,
    problem: &'a Explanation,
    onward: Option<&'a str>,
    try_again: bool,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomeTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    enterprise: &'a str,
    state: StateText,
    word: &'static str,
    problem: Option<&'a Explanation>,
    who: &'static str,
    also: Vec<&'static str>,
    left: Vec<&'static str>,
    checking: bool,
    granted: bool,
    permissions: &'a [&'static Permission],
    along: &'a [&'static Permission],
    texts: &'static StartText,
    onward: Option<&'a str>,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    enterprise: &'a str,
    tenant: Option<&'a str>,
    texts: &'static StartText,
    next: Option<&'a NextScreen<'a>>,
    who: &'static str,
    asks: &'static str,
    host: Option<&'a str>,
    told: &'static str,
    tokens: &'static str,
    account: &'static str,
    progress: String,
    done: Vec<&'static str>,
    later: Vec<&'static str>,
    checking: Vec<&'static str>,
    waiting: bool,
    address: Option<&'a str>,
    asks_for_code: bool,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// A page that says what went wrong, who must act, and what to do next.
    #[must_use]
    pub fn advice(advice: &Advice<'_>) -> Self {
        let language = advice.language;
        let template = AdviceTemplate {
            style: STYLE,
            language,
            title: language.say(advice.explanation.code.advice().title),
            provider: advice.provider.map(Name::as_str),
            who: text::who(advice.explanation.who),
            problem: advice.explanation,
            onward: advice.onward.filter(|_| text::can_try_again(advice.explanation)).map(|onward| onward.action),
            try_again: matches!(advice.explanation.code, Code::InvitationCodeRefused | Code::TooManyWrongCodes),
            reference: advice.reference.as_str(),
            correlation_id: advice.correlation_id,
        };
        Self { status: advice.status, html: rendered(&template), policy: policy(advice.onward), language }
    }

    /// A page that says how a consent ended, or that it is still being checked, and what is left.
    #[must_use]
    pub fn outcome(outcome: &Outcome<'_>) -> Self {
        let (problem, language) = (outcome.state.problem(), outcome.language);
        let titles = |actions: &[ActionType]| actions.iter().map(|action| language.say(action.title())).collect();
        let template = OutcomeTemplate {
            style: STYLE,
            language,
            title: language.say(outcome.action.title()),
            provider: Some(outcome.provider.as_str()),
            enterprise: outcome.enterprise.as_str(),
            state: text::state(outcome.action, outcome.state),
            word: outcome.state.word(),
            who: problem.as_ref().map_or("", |problem| text::who(problem.who)),
            problem: problem.as_ref(),
            also: titles(outcome.also),
            left: titles(outcome.left),
            checking: matches!(outcome.state, ActionState::Verifying { .. }),
            granted: outcome.state.is_granted(),
            permissions: outcome.permissions,
            along: outcome.along,
            texts: &text::START,
            onward: outcome
                .onward
                .filter(|_| problem.as_ref().is_none_or(text::can_try_again))
                .map(|onward| onward.action),
            reference: outcome.reference.as_str(),
            correlation_id: None,
        };
        Self { status: StatusCode::OK, html: rendered(&template), policy: policy(outcome.onward), language }
    }

    /// The page before Microsoft's: who asks, for whom, what for, and what is left. Showing it has no effect.
    #[must_use]
    pub fn start(start: &Start<'_>) -> Self {
        let language = start.language;
        let titles = |actions: &[ActionType]| actions.iter().map(|action| language.say(action.title())).collect();
        let texts = &text::START;
        let total = start.screens_left;
        let kind = start.next.as_ref().map(|next| next.kind);
        let template = StartTemplate {
            style: STYLE,
            language,
            title: language.say(if start.next.is_some() { texts.title } else { texts.title_done }),
            asks: if start.next.is_some() { texts.who_asks } else { texts.who_asked },
            provider: Some(start.provider.as_str()),
            enterprise: start.enterprise.as_str(),
            tenant: start.tenant.as_deref(),
            texts,
            next: start.next.as_ref(),
            who: start
                .next
                .as_ref()
                .and_then(|next| next.problem.as_ref())
                .map_or("", |problem| text::who(problem.who)),
            host: start.sent.host.as_deref(),
            told: kind.map_or("", text::told),
            tokens: kind.map_or("", |kind| text::tokens(kind, start.sent.tokens)),
            account: start.next.as_ref().map_or("", |next| text::account_for(next.kind, &next.actions)),
            progress: text::progress(total, language),
            done: titles(&start.done),
            later: titles(&start.later),
            checking: titles(&start.checking),
            waiting: start.waiting,
            address: start.address,
            asks_for_code: start.asks_for_code,
            reference: start.reference.as_str(),
            correlation_id: None,
        };
        let onward = start.next.as_ref().map(|next| next.onward);
        Self { status: StatusCode::OK, html: rendered(&template), policy: policy(onward), language }
    }

    /// The advice page of a failure.
    pub(crate) fn of_failure(
        failure: &Failure,
        provider: Option<&Name>,
        (language, reference): (Language, &ReferenceId),
    ) -> Self {
        Self::advice(&Advice {
            language,
            status: failure.status(),
            explanation: &failure.explain(),
            provider,
            reference,
            correlation_id: failure.correlation_id(),
            onward: failure.onward().map(|(action, authority)| Onward { action, authority }),
        })
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    pub(crate) fn into_parts(self) -> (StatusCode, String, String) {
        (self.status, self.html, self.policy)
    }
}

/// The policy of a page with a form that stays with us.
fn own_form() -> String {
    format!("{POLICY} 'self'")
}

/// The policy of a page with this form, or without any.
///
/// Browsers hold a form's redirects against `form-action` too, and Microsoft sends the people of a federated domain on to an
/// identity provider of their own, on whatever host: the scheme alone can be named.
fn policy(onward: Option<Onward<'_>>) -> String {
    let Some(onward) = onward else { return format!("{POLICY} 'none'") };
    let scheme = onward.authority.split_once(':').map_or("https", |(scheme, _)| scheme);
    format!("{POLICY} 'self' {scheme}:")
}

fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_else(|fault| {
        tracing::error!(error = %fault, "page not rendered");
        PLAIN.to_owned()
    })
}

#[cfg(test)]
mod languages;
#[cfg(test)]
mod tests;
