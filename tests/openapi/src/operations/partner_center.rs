use onboarding_core::advice::Code;
use onboarding_core::connection::end::Certificate;
use onboarding_core::connection::view::ConnectionView;
use onboarding_lambda::routes::PartnerCenterOp;
use serde_json::{Value, json};

use crate::bodies::{ConnectionHealth, ConnectionLink, ConnectionPage, NewConnection, Nothing};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: PartnerCenterOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Connections, id, summary, description);
    match operation {
        PartnerCenterOp::Create => op(
            "createConnection",
            "Make a connection to Partner Center",
            "A draft. The tenant is looked up now, together with its cloud; no link ever leads to another one.",
        )
        .takes::<NewConnection>(json!({
            "partnerTenantId": "wingtip.example",
            "integrationUser": "connector@wingtip.example",
            "billingType": "direct",
        }))
        .answers::<ConnectionView<'_>>(201, "The draft.", draft())
        .with_header("Location", "The address of the connection.")
        .leads_to("readConnection", "connectionId", "$response.body#/id")
        .refuses(422, &[Code::DirectBillOnly, Code::WrongCloud])
        .refuses(503, &[Code::ConnectionBusy, Code::Unavailable]),
        PartnerCenterOp::List => op("listConnections", "List your connections", "By pages, the oldest first.")
            .answers::<ConnectionPage>(200, "A page.", json!({"items": [draft()], "next": null})),
        PartnerCenterOp::Read => op(
            "readConnection",
            "Read a connection",
            "How far it is, who consented, and why the last try of a step came to nothing.",
        )
        .answers::<ConnectionView<'_>>(200, "The connection.", draft())
        .refuses(404, &[Code::NotFound]),
        PartnerCenterOp::AdminConsentLink => link(op(
            "adminConsentLink",
            "Make the link of the first step",
            "To Microsoft's page on which a Global Administrator of the tenant consents for the whole organisation. Making it \
             changes nothing; all links of a step work until it is done.",
        )),
        PartnerCenterOp::UserConsentLink => link(op(
            "userConsentLink",
            "Make the link of the second step",
            "To a fresh sign-in of the integration user. Before the first step is done there is none: the answer has the link \
             of the first step.",
        ))
        .refuses(409, &[Code::AdminConsentFirst]),
        PartnerCenterOp::Finalize => op(
            "finalizeConnection",
            "Test a connection",
            "Once both consents are given: the token is used, Partner Center called and the roles read. 200 once all is well; 409 \
             with the one cause, or with the consents that are missing.",
        )
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<ConnectionView<'_>>(200, "It is ready.", ready())
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::ConsentsMissing, Code::ConnectionEnded])
        .refuses(409, CAUSES)
        .refuses(503, &[Code::ConnectionBusy, Code::Unavailable]),
        PartnerCenterOp::Health => op(
            "connectionHealth",
            "Look whether a connection works",
            "Live: four checks, the one cause if anything is wrong, and when it will break if nobody does anything.",
        )
        .answers::<ConnectionHealth>(200, "How it is.", health())
        .refuses(404, &[Code::NotFound])
        .refuses(503, &[Code::Unavailable]),
        PartnerCenterOp::Disconnect => op(
            "disconnect",
            "End a connection",
            "For good: its token is removed and seen to be gone. The answer says what is left for the customer to do. A repeat \
             looks again whether the customer has removed the application.",
        )
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<Certificate<'_>>(200, "It has ended.", ended())
        .refuses(404, &[Code::NotFound])
        .refuses(503, &[Code::ConnectionBusy, Code::Unavailable]),
    }
}

/// What a test may find.
const CAUSES: &[Code] = &[
    Code::WrongTenant,
    Code::SameIdentity,
    Code::MfaClaimMissing,
    Code::MfaConditional,
    Code::AdminAgentRoleMissing,
    Code::TokenRevoked,
    Code::TokenIdle,
    Code::PasswordExpired,
    Code::ConditionalAccessBlock,
    Code::SignInFrequency,
    Code::ConsentMissing,
    Code::ConsentNotInEffect,
    Code::AppNotInTenant,
    Code::OurSecretBadOrExpired,
    Code::IdentityChanged,
    Code::RefreshTokenMissing,
    Code::PartnerCenterRefused,
    Code::PartnerCenterBusy,
    Code::MicrosoftBusy,
    Code::UnknownMicrosoftError,
];

fn ready() -> Value {
    let mut ready = draft();
    ready["status"] = json!("ready");
    ready
}

fn health() -> Value {
    let check = |name: &str, detail: &str| json!({"name": name, "status": "pass", "detail": detail});
    json!({
        "id": "con_01hzy0000000000000000000zz",
        "status": "ready",
        "checks": [
            check("same_tenant", "Both consents were given in 31a671b0-1111-4a4a-8b8b-000000000001."),
            check("role", "The integration user holds admin_agent."),
            check("mfa_claim", "The token says that a second factor was used."),
            check("mfa_compliant", "Partner Center reports isMfaCompliant: true."),
        ],
        "code": null,
        "problem": null,
        "willBreakAt": "2027-02-24T09:00:00.000Z",
        "willBreakBy": "token_idle",
    })
}

fn ended() -> Value {
    json!({
        "id": "con_01hzy0000000000000000000zz",
        "status": "disconnected",
        "partnerTenantId": "31a671b0-1111-4a4a-8b8b-000000000001",
        "disconnectedAt": "2026-11-26T09:00:00.000Z",
        "tokenGone": true,
        "applicationGone": false,
        "leftToDo": ["In Microsoft Entra admin center, Enterprise applications, delete our application."],
    })
}

fn link(described: Described) -> Described {
    let example = json!({
        "url": "https://login.microsoftonline.com/…",
        "expiresAt": "2026-12-03T09:00:00.000Z",
        "openIn": "a private window",
        "why": "In a window where the administrator is signed in, Microsoft may take that session.",
    });
    described
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<ConnectionLink>(200, "The link.", example)
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::ConnectionEnded, Code::WrongCloud])
}

fn draft() -> Value {
    let pending = json!({"status": "pending", "tenantId": null, "user": null, "at": null, "problem": null});
    json!({
        "id": "con_01hzy0000000000000000000zz",
        "status": "draft",
        "partnerTenantId": "31a671b0-1111-4a4a-8b8b-000000000001",
        "integrationUser": "connector@wingtip.example",
        "licenceRequired": false,
        "requiredRoles": ["admin_agent"],
        "allowSameIdentity": false,
        "adminConsent": pending,
        "userConsent": pending,
        "problem": null,
        "createdAt": "2026-11-26T09:00:00.000Z",
    })
}
