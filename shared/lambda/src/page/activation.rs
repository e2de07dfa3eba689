//! The page that activates a service provider (R147).

use askama::Template;
use http::StatusCode;
use onboarding_core::id::ReferenceId;
use onboarding_core::language::Language;
use onboarding_core::text::Name;

use super::{Page, STYLE, own_form, policy, rendered};
use crate::text::{ACTIVATION, ActivationText};

/// What the page tells.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    /// The service provider.
    pub provider: &'a Name,
    /// Where its form is posted: a path of ours; none if the provider is active.
    pub action: Option<&'a str>,
    /// The reference of this request.
    pub reference: &'a ReferenceId,
}

#[derive(Template)]
#[template(path = "activation.html")]
struct ActivationTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    texts: &'static ActivationText,
    action: Option<&'a str>,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// The page with the one button that activates; or, once that is done, the page that says so.
    #[must_use]
    pub fn activation(activation: &Activation<'_>) -> Self {
        let texts = &ACTIVATION;
        let template = ActivationTemplate {
            style: STYLE,
            language: Language::English,
            title: if activation.action.is_some() { texts.title } else { texts.title_done },
            provider: Some(activation.provider.as_str()),
            texts,
            action: activation.action,
            reference: activation.reference.as_str(),
            correlation_id: None,
        };
        let policy = if activation.action.is_some() { own_form() } else { policy(None) };
        Self { status: StatusCode::OK, html: rendered(&template), policy, language: Language::English }
    }
}
