//! Pages for people: HTML without script, in one file each, readable in light and dark.
//!
//! Every text is escaped by askama; names come from callers and may hold anything that
//! [`onboarding_core::text::Name`] allows (G54). Raw texts of Microsoft are never shown, only our own rows of advice.
//! The words "reseller" and "partner" never stand on a page: tenants know a "Service Provider" (R005).

use askama::Template;
use http::StatusCode;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::Explanation;
use onboarding_core::id::ReferenceId;
use onboarding_core::permission::{self, Permission};
use onboarding_core::text::Name;

use crate::failure::Failure;
use crate::text::{self, StateText};

/// The style sheet, inside every page: a page is one request and stays whole when it is saved.
const STYLE: &str = include_str!("../templates/style.css");

/// What a page may load and do: its own style sheet, told by its hash, and nothing else. There is no script and, so
/// far, no form. A test compares the hash with [`STYLE`] and says the right one.
pub(crate) const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-l6xdSYqol/VZ+EvXk3s71MNFxOCF99McGgVF5Thskbw='; \
     form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// How often the outcome page looks again while a consent is being checked, in seconds.
const REFRESH_SECONDS: u32 = 5;

/// What stands in place of a page that could not be rendered; the templates leave no cause for it.
const PLAIN: &str = "<!DOCTYPE html><html lang=\"en\"><title>Consent</title><p>This page cannot be shown. Try again.";

/// A rendered page.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    html: String,
}

/// What the advice page tells.
#[derive(Clone, Copy, Debug)]
pub struct Advice<'a> {
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
}

/// What the outcome page tells.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The service provider.
    pub provider: &'a Name,
    /// The enterprise.
    pub enterprise: &'a Name,
    /// Which action.
    pub action: ActionType,
    /// How far it is.
    pub state: &'a ActionState,
    /// Which actions are still missing after this one.
    pub left: &'a [ActionType],
    /// The reference of this request.
    pub reference: &'a ReferenceId,
}

#[derive(Template)]
#[template(path = "advice.html")]
struct AdviceTemplate<'a> {
    style: &'static str,
    title: &'a str,
    refresh: Option<u32>,
    provider: Option<&'a str>,
    who: &'static str,
    problem: &'a Explanation,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomeTemplate<'a> {
    style: &'static str,
    title: &'a str,
    refresh: Option<u32>,
    provider: Option<&'a str>,
    enterprise: &'a str,
    state: StateText,
    word: &'static str,
    problem: Option<&'a Explanation>,
    who: &'static str,
    left: Vec<&'static str>,
    granted: bool,
    permissions: Vec<&'static Permission>,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// A page that says what went wrong, who must act, and what to do next.
    #[must_use]
    pub fn advice(advice: &Advice<'_>) -> Self {
        let template = AdviceTemplate {
            style: STYLE,
            title: advice.explanation.code.advice().title,
            refresh: None,
            provider: advice.provider.map(Name::as_str),
            who: text::who(advice.explanation.who),
            problem: advice.explanation,
            reference: advice.reference.as_str(),
            correlation_id: advice.correlation_id,
        };
        Self { status: advice.status, html: rendered(&template) }
    }

    /// A page that says how a consent ended, or that it is still being checked, and what is left.
    #[must_use]
    pub fn outcome(outcome: &Outcome<'_>) -> Self {
        let problem = outcome.state.problem();
        let checking = matches!(outcome.state, ActionState::Verifying { .. });
        let template = OutcomeTemplate {
            style: STYLE,
            title: outcome.action.title(),
            refresh: checking.then_some(REFRESH_SECONDS),
            provider: Some(outcome.provider.as_str()),
            enterprise: outcome.enterprise.as_str(),
            state: text::state(outcome.state),
            word: outcome.state.word(),
            who: problem.as_ref().map_or("", |problem| text::who(problem.who)),
            problem: problem.as_ref(),
            left: outcome.left.iter().map(|action| action.title()).collect(),
            granted: matches!(outcome.state, ActionState::Granted { .. }),
            permissions: permission::asked_by(outcome.action).collect(),
            reference: outcome.reference.as_str(),
            correlation_id: None,
        };
        Self { status: StatusCode::OK, html: rendered(&template) }
    }

    /// The advice page of a failure.
    pub(crate) fn of_failure(failure: &Failure, reference: &ReferenceId) -> Self {
        Self::advice(&Advice {
            status: failure.status(),
            explanation: &failure.explain(),
            provider: None,
            reference,
            correlation_id: failure.correlation_id(),
        })
    }

    pub(crate) fn into_parts(self) -> (StatusCode, String) {
        (self.status, self.html)
    }
}

fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_else(|fault| {
        tracing::error!(error = %fault, "page not rendered");
        PLAIN.to_owned()
    })
}

#[cfg(test)]
mod tests;
