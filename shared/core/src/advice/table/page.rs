//! What a person meets who opened the wrong page.

use super::{FRESH_LINK, SAME_LINK, row, then};
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
        Code::TenantAwaited,
        Who::ProviderAdmin,
        "The service provider must confirm first",
        "What is asked for next needs to know your organisation, and the service provider has not confirmed it yet.",
        &["Wait until the service provider has confirmed your organisation.", SAME_LINK],
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
