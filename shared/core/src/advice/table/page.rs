//! What a person meets who opened the wrong page.

use super::{FRESH_LINK, SAME_LINK, retry, row, then};
use crate::advice::{Advice, Code, Who};

pub(super) const ROWS: &[Advice] = &[
    then(
        "getActionItemUrl",
        row(
            Code::InvalidCallback,
            Who::Signer,
            "This sign-in cannot be used",
            "The sign-in is expired, was used before, or did not come back whole. What was granted before stays granted.",
            &[SAME_LINK, "If that does not help, ask the service provider for a fresh link."],
        ),
    ),
    row(
        Code::ActivationLinkEnded,
        Who::Operator,
        "This activation link has ended",
        "The link is not complete, its time is over, or a newer mail has replaced it.",
        &[
            "Look for a newer mail, and open its link, all of it.",
            "If there is none, ask the operator of this service for a new activation mail.",
        ],
    ),
    row(
        Code::StartLinkEnded,
        Who::Signer,
        "This link has ended",
        "Links work for thirty days. What was granted by then stays granted, and nothing else has happened.",
        &[
            "Look whether the service provider has sent you a newer link.",
            FRESH_LINK,
            "The new link goes on where this one stopped.",
        ],
    ),
    row(
        Code::InvitationCodeRefused,
        Who::Signer,
        "This invitation code cannot be used",
        "The code is mistyped or incomplete, was used before, was replaced by that of a newer mail, has expired, or was taken \
         back. Nothing has happened.",
        &[
            "Look for the newest invitation mail, and copy its code, all of it.",
            "If that does not help, ask the service provider for a new invitation.",
        ],
    ),
    retry(
        60,
        row(
            Code::TooManyWrongCodes,
            Who::Signer,
            "Too many wrong codes",
            "From your network, or for this invitation, more than ten wrong codes were sent within a minute. Nothing has happened.",
            &[
                "Wait a minute, then copy the code from the newest invitation mail and try again.",
                "If that does not help, ask the service provider for a new invitation.",
            ],
        ),
    ),
    row(
        Code::TenantAwaited,
        Who::ProviderAdmin,
        "Your organisation is not known yet",
        "What is asked for next needs to know your Microsoft tenant: nobody has registered your organisation yet, or the sign-in that \
         shows it is still being checked, or the service provider has not confirmed it.",
        &[
            "Wait a minute, then open the same link again.",
            "If this page is still there, the service provider has to register or to confirm your organisation first.",
        ],
    ),
    row(
        Code::WrongMethodPage,
        Who::Signer,
        "This page is only for Microsoft's answer",
        "Microsoft sends its answer to this address; there is nothing to see here.",
        &["Go back to the link that you were given and open it again."],
    ),
    row(
        Code::PageNotFound,
        Who::Signer,
        "This page does not exist",
        "The address is not complete, or what it showed has been removed.",
        &["Open the link again as you were given it, all of it.", FRESH_LINK],
    ),
];
