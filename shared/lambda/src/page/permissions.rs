//! The page that lists every permission in plain words (R023, R166, R201): what it allows, why it is needed, and what it
//! does not allow. It is the same for everybody, and tells nothing of any enterprise.

use askama::Template;
use http::StatusCode;
use onboarding_core::action::ActionType;
use onboarding_core::id::ReferenceId;
use onboarding_core::language::Language;
use onboarding_core::permission::{self, Kind, Permission};

use super::{Page, STYLE, policy, rendered};
use crate::text::{self, PermissionsText};

/// An action with what it asks for.
struct Asking {
    action: ActionType,
    kind: &'static str,
    permissions: Vec<&'static Permission>,
}

/// How permissions are held, and how they are granted.
struct Held {
    kind: &'static str,
    means: &'static str,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "permissions.html")]
struct PermissionsTemplate<'a> {
    style: &'static str,
    language: Language,
    title: &'a str,
    provider: Option<&'a str>,
    texts: &'static PermissionsText,
    kinds: Vec<Held>,
    actions: Vec<Asking>,
    reference: &'a str,
    correlation_id: Option<&'a str>,
}

impl Page {
    /// The list.
    #[must_use]
    pub fn permissions(language: Language, reference: &ReferenceId) -> Self {
        let held = |kind| Held { kind: text::kind(kind), means: text::held(kind), account: text::account(kind) };
        let asking = |action| Asking {
            action,
            kind: text::kind(permission::kind(action)),
            permissions: permission::asked_by(action).collect(),
        };
        let template = PermissionsTemplate {
            style: STYLE,
            language,
            title: language.say(text::PERMISSIONS.title),
            provider: None,
            texts: &text::PERMISSIONS,
            kinds: [Kind::Delegated, Kind::Application].map(held).into(),
            actions: ActionType::all().map(asking).collect(),
            reference: reference.as_str(),
            correlation_id: None,
        };
        Self { status: StatusCode::OK, html: rendered(&template), policy: policy(None), language }
    }
}
