use onboarding_core::advice::Code;
use onboarding_lambda::routes::InvitationsOp;
use serde_json::{Value, json};

use crate::bodies::{InvitationPage, NewInvitation, Nothing, SentInvitation};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: InvitationsOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Enterprises, id, summary, description);
    match operation {
        InvitationsOp::Invite => op(
            "invite",
            "Invite an administrator",
            "A mail with a link and a code goes to a Global Administrator of the customer's tenant. The invitation is accepted \
             once everything mandatory is granted. An open invitation of the same address is superseded.",
        )
        .takes::<NewInvitation>(json!({"adminEmail": "admin@contoso.com", "expiresInDays": 7, "language": "en"}))
        .answers::<SentInvitation>(201, "The mail is on its way.", sent(1))
        .leads_to("resendInvitation", "invitationId", "$response.body#/id")
        .leads_to("revokeInvitation", "invitationId", "$response.body#/id")
        .refuses(404, &[Code::NotFound])
        .refuses(
            409,
            &[
                Code::AdminAccessRestricted,
                Code::EnterpriseAlreadyReady,
                Code::EnterpriseDisabled,
                Code::TooManyInvitations,
            ],
        )
        .refuses(429, &[Code::InvitationSentTooOften]),
        InvitationsOp::List => op(
            "listInvitations",
            "List the invitations of an enterprise",
            "By pages, the newest first, for 90 days after each ended; each with how far its newest mail is.",
        )
        .answers::<InvitationPage>(200, "A page.", json!({"items": [listed()], "next": null}))
        .refuses(404, &[Code::NotFound]),
        InvitationsOp::Resend => op(
            "resendInvitation",
            "Send an invitation again",
            "To the same address, with another code and its whole time before it: the code before is dead from that moment, also \
             for whoever has shown it. After five mails there is one an hour.",
        )
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<SentInvitation>(200, "The mail is on its way.", sent(2))
        .refuses(404, &[Code::NotFound])
        .refuses(
            409,
            &[
                Code::AdminAccessRestricted,
                Code::EnterpriseAlreadyReady,
                Code::EnterpriseDisabled,
                Code::InvitationEnded,
                Code::TooManyInvitations,
            ],
        )
        .refuses(429, &[Code::InvitationSentTooOften]),
        InvitationsOp::Revoke => op(
            "revokeInvitation",
            "Take an invitation back",
            "Its code opens nothing from that moment. What somebody has begun at Microsoft comes to its end. Saying it twice is \
             saying it.",
        )
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<SentInvitation>(200, "It is taken back.", revoked())
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::InvitationEnded]),
    }
}

fn sent(sends: u32) -> Value {
    json!({
        "id": "inv_01hzy0000000000000000000zz",
        "status": "pending",
        "expiresAt": "2026-12-02T09:00:00.000Z",
        "sends": sends,
    })
}

fn revoked() -> Value {
    let mut revoked = sent(1);
    revoked["status"] = json!("revoked");
    revoked
}

fn listed() -> Value {
    json!({
        "id": "inv_01hzy0000000000000000000zz",
        "enterpriseId": 481_516_234,
        "status": "pending",
        "adminEmail": "admin@contoso.com",
        "expiresAt": "2026-12-02T09:00:00.000Z",
        "sends": 1,
        "sentAt": "2026-11-25T09:00:00.000Z",
        "delivery": {"status": "sent", "reason": null},
        "createdAt": "2026-11-25T09:00:00.000Z",
    })
}
