use onboarding_core::advice::Code;
use onboarding_lambda::routes::RegistrationUrlOp;
use serde_json::json;

use crate::bodies::{StartLink, WantedLink, WantedStart, address};
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
        .with_header("Onboarding-Warnings", "Codes of what is allowed and probably not meant.")
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::AlreadyCreated, Code::EnterpriseDisabled, Code::NotApplicable, Code::TenantNotKnown, Code::WrongCloud]),
        RegistrationUrlOp::Links => Described::new(
            Tagged::Consents,
            "makeStartLink",
            "Make a link to the start page",
            "For the customer's Global Administrator: one page that leads through the fewest of Microsoft's screens. It lives \
             for 30 days, goes on where anybody stopped, and opening it changes nothing.",
        )
        .takes::<WantedStart>(json!({"redirectUrl": "https://hooks.acme.example/outcomes"}))
        .switched_by("dryRun", "Make nothing: show the screens, and what each asks for.")
        .answers::<StartLink>(
            200,
            "The link, or with `dryRun` the plan.",
            json!({
                "startUrl": "https://consent.example.com/start/…",
                "expiresAt": "2026-12-25T00:00:00.000Z",
                "microsoftScreens": 2,
            }),
        )
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::AlreadyCreated, Code::EnterpriseDisabled, Code::NotApplicable, Code::TenantNotKnown]),
        RegistrationUrlOp::Start => Described::new(
            Tagged::Pages,
            "start",
            "Show the start page",
            "Who asks, what for, and what is left. Reading changes nothing.",
        )
        .answers_page(200, "The page.")
        .refuses(403, &[Code::EnterpriseDisabled, Code::TenantAwaited])
        .refuses(404, &[Code::PageNotFound])
        .refuses(500, &[Code::InternalError])
        .refuses(503, &[Code::Unavailable]),
        RegistrationUrlOp::Begin => Described::new(
            Tagged::Pages,
            "begin",
            "Go to the next of Microsoft's screens",
            "The form of the start page. It ties the sign-in to the browser by the cookie `__Host-txn`.",
        )
        .answers_nothing(303, "To Microsoft, or back to the page if nothing is left.")
        .with_header("Location", "Microsoft's page, or ours.")
        .with_header("Set-Cookie", "`__Host-txn`.")
        .refuses(403, &[Code::EnterpriseDisabled, Code::TenantAwaited])
        .refuses(404, &[Code::PageNotFound])
        .refuses(409, &[Code::WrongCloud])
        .refuses(500, &[Code::InternalError])
        .refuses(503, &[Code::Unavailable]),
    }
}
