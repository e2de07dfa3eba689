//! What a connection needs, item by item, and how much of it has been seen (R173-R180, R184, R185, R198).
//!
//! The source's list of requirements, each with what proves it: nobody ticks anything off.

use serde::{Deserialize, Serialize};

use super::Connection;
use super::health::{CheckName, CheckStatus, Verdict};
use crate::advice::Code;

/// The name of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ChecklistItemName))]
#[serde(rename_all = "snake_case")]
pub enum ItemName {
    /// The tenant that hosts Partner Center, in this cloud (R175).
    PartnerTenant,
    /// A direct-bill contract (R175).
    DirectBill,
    /// A Global Administrator for step one (R176).
    GlobalAdministrator,
    /// An account of its own for step two (R173).
    DedicatedAccount,
    /// Its role in Partner Center (R177, R184).
    PartnerRole,
    /// Its second factor (R178-R180, R185).
    SecondFactor,
    /// Its licence: none (R184, R198).
    NoLicence,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ChecklistItem))]
pub struct Item {
    /// Which.
    pub name: ItemName,
    /// Whether it has been seen to hold.
    pub status: CheckStatus,
    /// What is needed, and how to see to it.
    pub text: &'static str,
    /// Where at Microsoft that is done.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub url: Option<&'static str>,
}

/// What was seen of the integration user; none if it never was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Whether it holds its roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<bool>,
    /// Whether it signs in with a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<bool>,
    /// Whether it is a Global Administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
}

impl Findings {
    /// What `verdict` saw, and of what it did not see what was seen before.
    #[must_use]
    pub fn after(self, verdict: &Verdict) -> Self {
        let status = |name| verdict.checks.iter().find(|check| check.name == name).map(|check| check.status);
        let factors = [CheckName::MfaClaim, CheckName::MfaCompliant].map(status);
        let seen = |statuses: &[Option<CheckStatus>]| {
            let is_there = |wanted| statuses.contains(&Some(wanted));
            if is_there(CheckStatus::Fail) { Some(false) } else { is_there(CheckStatus::Pass).then_some(true) }
        };
        Self {
            role: seen(&[status(CheckName::Role)]).or(self.role),
            second_factor: seen(&factors).or(self.second_factor),
            privileged: verdict.is_privileged.or(self.privileged),
        }
    }
}

/// By what an item is known to hold.
#[derive(Clone, Copy)]
enum Since {
    Made,
    AdminConsent,
    /// By the consent of an account that may do no more than it has to.
    OwnAccount,
    /// By what the integration user was seen to have.
    Found(fn(&Findings) -> Option<bool>),
}

struct Row {
    name: ItemName,
    text: &'static str,
    url: Option<&'static str>,
    since: Since,
    /// What was found when it does not hold.
    missed: &'static [Code],
}

const ROWS: [Row; 7] = [
    Row {
        name: ItemName::PartnerTenant,
        text: "The tenant that hosts Partner Center; both consents are given in it.",
        url: None,
        since: Since::Made,
        missed: &[Code::WrongTenant, Code::WrongCloud],
    },
    Row {
        name: ItemName::DirectBill,
        text: "A direct-bill contract with Microsoft.",
        url: None,
        since: Since::Made,
        missed: &[],
    },
    Row {
        name: ItemName::GlobalAdministrator,
        text: "A Global Administrator of that tenant, who consents once for the whole organisation.",
        url: None,
        since: Since::AdminConsent,
        missed: &[Code::AdminRoleRequired, Code::AdminApprovalNeeded],
    },
    Row {
        name: ItemName::DedicatedAccount,
        text: "An account of its own for the integration: nobody's own, a member of the tenant, not the administrator's, and no Global Administrator itself.",
        url: Some("https://partner.microsoft.com/dashboard/account/v3/usermanagement"),
        since: Since::OwnAccount,
        missed: &[Code::SameIdentity, Code::WrongIdentity, Code::GuestNotAllowed, Code::IntegrationUserPrivileged],
    },
    Row {
        name: ItemName::PartnerRole,
        text: "Its role in Partner Center: User management, \u{201c}Assists your customers as\u{201d}, Admin agent, unless the connection names others.",
        url: Some("https://partner.microsoft.com/dashboard/account/v3/usermanagement"),
        since: Since::Found(|findings| findings.role),
        missed: &[Code::AdminAgentRoleMissing],
    },
    Row {
        name: ItemName::SecondFactor,
        text: "Its second factor at every sign-in and not by a condition: per-user multifactor authentication shows Enforced.",
        url: Some("https://entra.microsoft.com/#view/Microsoft_AAD_IAM/MultifactorAuthenticationConfig.ReactView"),
        since: Since::Found(|findings| findings.second_factor),
        missed: &[Code::MfaClaimMissing, Code::MfaConditional],
    },
    Row {
        name: ItemName::NoLicence,
        text: "No licence: the account signs in to Partner Center alone.",
        url: None,
        since: Since::Made,
        missed: &[],
    },
];

impl Connection {
    /// The list, as far as it has been seen to.
    #[must_use]
    pub fn checklist(&self) -> Vec<Item> {
        ROWS.iter().map(|row| Item { name: row.name, status: self.seen(row), text: row.text, url: row.url }).collect()
    }

    fn seen(&self, row: &Row) -> CheckStatus {
        let refused = self.hindrance().map(|refused| refused.code);
        let is_missed = |found: Option<Code>| found.is_some_and(|code| row.missed.contains(&code));
        let is_seen = |is_done: bool| is_done.then_some(true);
        let holds = match row.since {
            Since::Made => Some(true),
            Since::AdminConsent => is_seen(self.state.admin().is_some()),
            Since::OwnAccount => self.state.both().map(|_| self.findings.privileged != Some(true)),
            Since::Found(found) => found(&self.findings),
        };
        match holds {
            _ if is_missed(self.problem()) || is_missed(refused) => CheckStatus::Fail,
            Some(true) => CheckStatus::Pass,
            Some(false) => CheckStatus::Fail,
            None => CheckStatus::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::admit::tests::draft;
    use crate::connection::{RefusedStep, Step};
    use crate::time::Timestamp;

    fn statuses(connection: &Connection) -> Vec<CheckStatus> {
        connection.checklist().iter().map(|item| item.status).collect()
    }

    /// R173, R175, R184, R185, R198 What is needed is told from the first moment, with where it is done; what has not been seen
    /// is unknown.
    #[test]
    fn a_draft_says_what_is_needed() {
        use CheckStatus::{Pass, Unknown};
        assert_eq!(statuses(&draft()), [Pass, Pass, Unknown, Unknown, Unknown, Unknown, Pass]);
        let told = serde_json::to_value(draft().checklist()).unwrap();
        assert_eq!(told[5]["name"], "second_factor");
        assert!(told[5]["url"].as_str().unwrap().contains("MultifactorAuthenticationConfig"));
        assert!(told[4]["text"].as_str().unwrap().contains("Admin agent"));
        assert!(told[6]["text"].as_str().unwrap().starts_with("No licence"));
    }

    /// R176-R179 The last try that came to nothing fails the item that it failed by, and no other.
    #[test]
    fn what_a_try_failed_by_is_failed() {
        for (step, code, failed) in [
            (Step::Admin, Code::AdminRoleRequired, Some(ItemName::GlobalAdministrator)),
            (Step::User, Code::SameIdentity, Some(ItemName::DedicatedAccount)),
            (Step::User, Code::AdminAgentRoleMissing, Some(ItemName::PartnerRole)),
            (Step::User, Code::MfaConditional, Some(ItemName::SecondFactor)),
            (Step::User, Code::MicrosoftBusy, None),
        ] {
            let at = Timestamp::from_seconds(1_800_000_000);
            let refused = Some(RefusedStep { step, code, at, signer: None, by_test: false });
            let connection = Connection { refused, ..draft() };
            let checklist = connection.checklist();
            let found: Vec<_> = checklist.iter().filter(|item| item.status == CheckStatus::Fail).collect();
            assert_eq!(found.iter().map(|item| item.name).next(), failed, "{code}");
            assert!(found.len() <= 1, "{code}");
        }
    }
}
