use onboarding_core::advice::Code;
use onboarding_lambda::routes::PartnerCenterRedirectOp;
use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::bodies::FormPost;
use crate::described::{Described, Tagged};

/// What may be wrong with the tenant, the account or the role of who signed in, or with the connection.
const POLICY: &[Code] = &[
    Code::WrongTenant,
    Code::GuestNotAllowed,
    Code::PersonalAccount,
    Code::AdminRoleRequired,
    Code::SameIdentity,
    Code::GrantNotVisible,
    Code::ConnectionEnded,
];

const OUTAGE: &[(u16, Code)] = &[(500, Code::InternalError), (503, Code::Unavailable), (503, Code::ConnectionBusy)];

pub(super) fn describe(operation: PartnerCenterRedirectOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Pages, id, summary, description);
    let described = match operation {
        PartnerCenterRedirectOp::AdminConsent => {
            ["state", "tenant", "admin_consent", "scope", "error", "error_description"].into_iter().fold(
                op(
                    "connectionAdminConsent",
                    "Take the redirect of the first step's consent page",
                    "Anybody can write it, so it proves nothing: whoever comes back is sent on to sign in.",
                ),
                |described, name| {
                    let text = ObjectBuilder::new().schema_type(Type::String);
                    described.parameter(
                        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(text)),
                    )
                },
            )
            .answers_page(200, "A page: Microsoft's refusal, with what to do.")
            .answers_nothing(303, "To Microsoft's sign-in.")
            .with_header("Location", "Microsoft's sign-in.")
        }
        PartnerCenterRedirectOp::AdminSignIn => op(
            "connectionAdminSignIn",
            "Take the sign-in of the first step",
            "Where Microsoft's `form_post` comes to. The signed token tells tenant and person; Graph tells role and grants.",
        )
        .takes_form::<FormPost>(json!({"state": "…", "code": "…", "id_token": "…"}))
        .answers_page(200, "A page: what came of it, and what comes next.")
        .refuses(413, &[Code::InvalidCallback])
        .refuses(415, &[Code::InvalidCallback]),
        PartnerCenterRedirectOp::UserConsent => op(
            "connectionUserConsent",
            "Take the sign-in of the second step",
            "Where Microsoft's `form_post` comes to. Of a wrong tenant or person, without a second factor or without the role, \
             nothing is kept, and the page names the accounts.",
        )
        .takes_form::<FormPost>(json!({"state": "…", "code": "…", "id_token": "…"}))
        .answers_page(200, "A page: what came of it.")
        .refuses(
            403,
            &[Code::WrongIdentity, Code::MfaClaimMissing, Code::MfaConditional, Code::AdminAgentRoleMissing],
        )
        .refuses(413, &[Code::InvalidCallback])
        .refuses(415, &[Code::InvalidCallback]),
    };
    let described = described.refuses(400, &[Code::InvalidCallback]).refuses(403, POLICY);
    OUTAGE.iter().fold(described, |described, (status, code)| described.refuses(*status, &[*code]))
}
