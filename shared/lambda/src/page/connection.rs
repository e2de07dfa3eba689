//! The page behind a step of a connection to Partner Center: what came of it, who signed in, and what comes next.

use askama::Template;
use http::StatusCode;
use onboarding_core::advice::Explanation;
use onboarding_core::id::ReferenceId;
use onboarding_core::language::Language;
use onboarding_core::text::Name;

use super::{Page, STYLE, policy, rendered};
use crate::text;

/// What the page tells.
#[derive(Debug)]
pub struct Connected<'a> {
    /// The language of the page.
    pub language: Language,
    /// The status of the answer.
    pub status: StatusCode,
    /// The service provider, if it is known.
    pub provider: Option<&'a Name>,
    /// What came of it.
    pub told: Told<'a>,
    /// The accounts and tenants that it is about, by what they are here, in English.
    pub accounts: Vec<(&'static str, String)>,
    /// What the organisation granted, in plain English words.
    pub granted: Vec<(&'static str, String)>,
    /// The link to pass on to a Global Administrator, if step one is what helps.
    pub admin_link: Option<&'a str>,
    /// The link to copy into a private window, if a step is left for the integration user.
    pub private_link: Option<&'a str>,
    /// The reference of this request.
    pub reference: &'a ReferenceId,
    /// Microsoft's correlation id, which its support asks for.
    pub correlation_id: Option<&'a str>,
}

/// What came of a step, in English.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// It is done.
    Done {
        /// What is.
        title: &'static str,
        /// What that means, and what comes next.
        next: &'static str,
    },
    /// It is not, and why.
    Refused(&'a Explanation),
}

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    next: &'a str,
    problem: Option<&'a Explanation>,
    who: &'static str,
    accounts: &'a [(&'static str, String)],
    granted: &'a [(&'static str, String)],
    admin_link: Option<&'a str>,
    private_link: Option<&'a str>,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// The page behind a step of a connection.
    #[must_use]
    pub fn connection(connected: &Connected<'_>) -> Self {
        let language = connected.language;
        let (title, next, problem) = match connected.told {
            Told::Done { title, next } => (title, next, None),
            Told::Refused(problem) => (problem.code.advice().title, "", Some(problem)),
        };
        let template = ConnectionTemplate {
            style: STYLE,
            language,
            title: language.say(title),
            provider: connected.provider.map(Name::as_str),
            next,
            problem,
            who: problem.map_or("", |problem| text::who(problem.who)),
            accounts: &connected.accounts,
            granted: &connected.granted,
            admin_link: connected.admin_link,
            private_link: connected.private_link,
            reference: connected.reference.as_str(),
            correlation_id: connected.correlation_id,
        };
        Self { status: connected.status, html: rendered(&template), policy: policy(None), language }
    }
}
