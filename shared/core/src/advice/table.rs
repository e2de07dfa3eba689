//! The catalogue of failures, one row each, by who meets them.

mod api;
mod connection;
mod consent;
mod page;
mod partner_center;

use super::{Advice, Code, LinkAfter, Who};

const fn row(
    code: Code,
    who: Who,
    title: &'static str,
    cause: &'static str,
    next_steps: &'static [&'static str],
) -> Advice {
    Advice { code, title, cause, who, next_steps, next_action: None, retry_after: None, link: LinkAfter::Open }
}

const fn spent(advice: Advice) -> Advice {
    Advice { link: LinkAfter::Spent, ..advice }
}

const fn then(action: &'static str, advice: Advice) -> Advice {
    Advice { next_action: Some(action), ..advice }
}

const fn retry(seconds: u32, advice: Advice) -> Advice {
    Advice { retry_after: Some(seconds), ..advice }
}

const SAME_LINK: &str = "Open the same link again.";
const FRESH_LINK: &str = "Ask the service provider for a fresh link.";
/// The same where the service provider itself must act.
const THEIR_FRESH_LINK: &str = "The service provider makes a fresh link.";
const REPORT: &str = "Tell the operator of this service the reference id.";

/// Every row.
pub(super) fn rows() -> impl Iterator<Item = &'static Advice> {
    consent::ROWS.iter().chain(connection::ROWS).chain(partner_center::ROWS).chain(page::ROWS).chain(api::ROWS)
}

/// Those that a person may read on a page: a customer's administrator, or either of the two of a connection to Partner Center. Of
/// the API's they are those alone that a page can end in too.
#[cfg(test)]
pub(crate) fn for_people() -> impl Iterator<Item = &'static Advice> {
    const BY_PROGRAMS_ALONE: [Code; 3] = [Code::ConfirmationAwaited, Code::ConsentPending, Code::TenantAdminApiMissing];
    const ON_PAGES_TOO: [Code; 6] = [
        Code::InternalError,
        Code::Contended,
        Code::NotFound,
        Code::Unavailable,
        Code::ConfirmationLapsed,
        Code::EnterpriseDisabled,
    ];
    let tables = consent::ROWS.iter().chain(connection::ROWS).chain(partner_center::ROWS).chain(page::ROWS);
    let on_pages = tables.filter(|row| !BY_PROGRAMS_ALONE.contains(&row.code));
    on_pages.chain(api::ROWS.iter().filter(|row| ON_PAGES_TOO.contains(&row.code)))
}

/// The row of `code`.
pub(super) fn row_of(code: Code) -> &'static Advice {
    rows().find(|row| row.code == code).unwrap_or(&api::ROWS[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::text::{CODES, listed};

    #[test]
    fn every_code_has_one_row_and_its_own_text() {
        for (code, text) in CODES {
            listed(*code);
            assert_eq!(rows().filter(|row| row.code == *code).count(), 1, "{text}");
            assert_eq!(serde_json::to_value(code).unwrap(), *text);
            assert_eq!(code.as_str(), *text);
        }
        assert_eq!(rows().count(), CODES.len());
    }

    #[test]
    fn every_row_says_cause_person_and_next_step() {
        for row in rows() {
            // The one text that is the source's to the letter (R143) has no full stop.
            assert!(row.cause.ends_with('.') || row.code == Code::TeamsSkypeRolesMissing, "{}", row.code);
            assert!(!row.next_steps.is_empty(), "{}", row.code);
            assert!(row.next_steps.iter().all(|step| !step.is_empty()), "{}", row.code);
        }
    }

    /// Who must act is not somebody whom the reader is told to ask.
    #[test]
    fn who_must_act_and_the_next_steps_tell_the_same_story() {
        let asked =
            |row: &&Advice| row.next_steps.iter().any(|step| step.to_lowercase().contains("ask the service provider"));
        for row in rows().filter(asked) {
            assert_ne!(row.who, Who::ProviderAdmin, "{}", row.code);
        }
    }
}
