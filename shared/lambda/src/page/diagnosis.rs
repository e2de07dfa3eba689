//! The page for errors that Microsoft keeps to itself: an administrator pastes the text of the screen, and reads the advice
//! that we would have given, had Microsoft told us (R115).

use askama::Template;
use http::StatusCode;
use onboarding_core::advice::{Explanation, Signal};
use onboarding_core::id::ReferenceId;
use onboarding_core::language::Language;

use super::{POLICY, Page, STYLE, rendered};
use crate::text::{self, DiagnosisText};

/// Where Microsoft explains its numbers; they are the same in every cloud.
const ERROR_PAGES: &str = "login.microsoftonline.com";

#[derive(Template)]
#[template(path = "diagnosis.html")]
struct DiagnosisTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    texts: &'static DiagnosisText,
    number: Option<u32>,
    problem: Option<&'a Explanation>,
    who: &'static str,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// The form, with the advice for what was pasted, if something was. Of the pasted text it shows a number and a GUID at
    /// most.
    #[must_use]
    pub fn diagnosis(pasted: Option<&Signal>, language: Language, reference: &ReferenceId) -> Self {
        let explain = |signal: &Signal| signal.diagnose().explain_naming(signal.explained_at(ERROR_PAGES).as_slice());
        let problem = pasted.map(explain);
        let template = DiagnosisTemplate {
            style: STYLE,
            language,
            title: language.say(text::DIAGNOSIS.title),
            provider: None,
            texts: &text::DIAGNOSIS,
            number: pasted.and_then(Signal::number),
            who: problem.as_ref().map_or("", |problem| text::who(problem.who)),
            problem: problem.as_ref(),
            reference: reference.as_str(),
            correlation_id: pasted.and_then(|signal| signal.correlation_id.as_deref()),
        };
        Self { status: StatusCode::OK, html: rendered(&template), policy: format!("{POLICY} 'self'"), language }
    }
}
