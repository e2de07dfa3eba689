use onboarding_core::advice::Code;
use onboarding_lambda::routes::RegistrationUrlOp;
use serde_json::json;

use crate::bodies::{WantedLink, address};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: RegistrationUrlOp) -> Described {
    match operation {
        RegistrationUrlOp::ActionUrl => Described::new(
            Tagged::Consents,
            "makeActionUrl",
            "Make a link to Microsoft",
            "For the customer's Global Administrator. It lives for 7 days and grants once at most. The outcome is posted, \
             signed, to `redirectUrl`.",
        )
        .takes::<WantedLink>(json!({
            "actionType": "REGISTRATION",
            "enterpriseId": 481_516_234,
            "redirectUrl": "https://hooks.acme.example/outcomes",
        }))
        .answers_with(
            200,
            "The link, as a JSON string.",
            address(),
            json!("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=…"),
        )
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::EnterpriseDisabled, Code::NotApplicable, Code::TenantNotKnown, Code::WrongCloud]),
    }
}
