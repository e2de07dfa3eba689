//! What goes wrong with a connection to Partner Center, as the person who can mend it meets it.

use super::{FRESH_LINK, SAME_LINK, retry, row, spent, then};
use crate::advice::{Advice, Code, Who};

pub(super) const ROWS: &[Advice] = &[
    then(
        "adminConsentLink",
        row(
            Code::AdminConsentFirst,
            Who::GlobalAdministrator,
            "The administrator's consent comes first",
            "The integration user can consent only after a Global Administrator has consented for the whole organisation.",
            &[
                "A Global Administrator of the tenant that hosts Partner Center opens the link of the first step, `actionUrl`.",
                "Then the link of the second step can be made.",
            ],
        ),
    ),
    row(
        Code::ConsentsMissing,
        Who::ProviderAdmin,
        "A consent is missing",
        "The connection can be tested only after both consents: the administrator's, then the integration user's.",
        &[
            "Look at `adminConsent` and `userConsent` of the connection: the first that is not granted comes next.",
            "Make the link of that step and have it opened.",
        ],
    ),
    retry(
        5,
        row(
            Code::ConnectionBusy,
            Who::Nobody,
            "The connection is being looked at",
            "A sign-in, a test or the daily look at this connection is under way.",
            &["Try again in a few seconds."],
        ),
    ),
    row(
        Code::ConnectionEnded,
        Who::ProviderAdmin,
        "The connection has ended",
        "The connection was disconnected, which is for good.",
        &["Make a new connection."],
    ),
    row(
        Code::DirectBillOnly,
        Who::ProviderAdmin,
        "Direct-bill partners only",
        "The connection works for partners who bill their customers themselves; an indirect reseller has no access of its own.",
        &["Connect the tenant of a direct-bill partner.", "An indirect reseller asks its indirect provider."],
    ),
    row(
        Code::RefreshTokenMissing,
        Who::Signer,
        "Microsoft gave no lasting access",
        "The sign-in succeeded, but Microsoft gave no refresh token with it, so nothing could be kept.",
        &[SAME_LINK, "Accept the permission to maintain access to data when Microsoft asks for it."],
    ),
    row(
        Code::SameIdentity,
        Who::Signer,
        "Both steps were done by the same person",
        "The integration user must be another account than the administrator of the first step.",
        &[
            "Open the link in a private window, where nobody is signed in yet.",
            "Sign in as the integration user that was named for this connection.",
        ],
    ),
    spent(row(
        Code::StepLinkUsed,
        Who::Signer,
        "This link was used already",
        "The step was completed since the link was made, so the link does nothing any more: the sign-in of just now was thrown away, and \
         nothing was changed.",
        &[
            FRESH_LINK,
            "The service provider makes one with POST /v1/partner-center/connections/{id}/admin-consent-link or \
             \u{2026}/user-consent-link.",
        ],
    )),
    row(
        Code::WrongIdentity,
        Who::Signer,
        "Another account signed in",
        "The account that signed in is not the integration user that was named for this connection; nothing of it was kept.",
        &[
            "Open the link in a private window, where nobody is signed in yet.",
            "Sign in as the integration user that was named for this connection.",
        ],
    ),
];
