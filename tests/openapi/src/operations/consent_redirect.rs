use onboarding_core::advice::Code;
use onboarding_lambda::routes::ConsentRedirectOp;
use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::bodies::FormPost;
use crate::described::{Described, Tagged};

/// What may be wrong with the tenant, the account or the role of who signed in, or with the enterprise.
const POLICY: &[Code] = &[
    Code::WrongTenant,
    Code::GuestNotAllowed,
    Code::PersonalAccount,
    Code::AdminRoleRequired,
    Code::EnterpriseDisabled,
];

const OUTAGE: &[(u16, Code)] = &[(500, Code::InternalError), (503, Code::Unavailable)];

pub(super) fn describe(operation: ConsentRedirectOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Pages, id, summary, description);
    let described = match operation {
        ConsentRedirectOp::HandleResponse => op(
            "handleResponse",
            "Take Microsoft's answer",
            "Where Microsoft's `form_post` comes to. Nothing in it is believed before its signature is checked.",
        )
        .takes_form::<FormPost>(json!({"state": "…", "code": "…", "id_token": "…"}))
        .answers_page(200, "A page: Microsoft's refusal, with what to do.")
        .answers_nothing(303, "To the outcome page.")
        .with_header("Location", "The outcome page.")
        .refuses(400, &[Code::InvalidCallback, Code::TooManyAttempts])
        .refuses(403, POLICY)
        .refuses(413, &[Code::InvalidCallback])
        .refuses(415, &[Code::InvalidCallback]),
        ConsentRedirectOp::AdminConsent => ["state", "tenant", "admin_consent", "scope", "error", "error_description"]
            .into_iter()
            .fold(
                op(
                    "adminConsent",
                    "Take the redirect of Microsoft's admin-consent page",
                    "Anybody can write it, so it makes us look and grants nothing.",
                ),
                |described, name| {
                    let text = ObjectBuilder::new().schema_type(Type::String);
                    described.parameter(
                        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(text)),
                    )
                },
            )
            .answers_page(200, "A page: Microsoft's refusal, with what to do.")
            .answers_nothing(303, "To the outcome page.")
            .with_header("Location", "The outcome page.")
            .refuses(400, &[Code::InvalidCallback, Code::TooManyAttempts])
            .refuses(403, POLICY),
        ConsentRedirectOp::Outcome => op(
            "outcome",
            "Show how a consent ended",
            "For the person who used a link, for 30 days. Reading changes nothing.",
        )
        .answers_page(200, "The outcome.")
        .refuses(404, &[Code::PageNotFound]),
    };
    OUTAGE.iter().fold(described, |described, (status, code)| described.refuses(*status, &[*code]))
}
