//! Roles of Partner Center, and how Graph shows them.
//!
//! Partner Center keeps its agents in groups of Entra that are known by their names alone; who buys holds a role of the
//! directory (Microsoft: "Assign user roles" and "Microsoft Entra built-in roles").

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A role of Partner Center that a connection may need (R177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartnerRole {
    /// Assists customers with everything.
    AdminAgent,
    /// Assists customers' users.
    HelpdeskAgent,
    /// Sells.
    SalesAgent,
    /// Buys and pays.
    BillingAdmin,
}

/// What Graph shows of the roles of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Those of Partner Center.
    pub roles: BTreeSet<PartnerRole>,
    /// Whether the person is a Global Administrator too: more than an integration user should be (R173).
    pub is_global_administrator: bool,
}

/// By what Graph shows a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The `displayName` of a group.
    Group(&'static str),
    /// The `roleTemplateId` of a directory role.
    DirectoryRole(&'static str),
}

/// One row of the table.
struct Row {
    role: PartnerRole,
    word: &'static str,
    mark: Mark,
}

const ROLES: [Row; 4] = [
    Row { role: PartnerRole::AdminAgent, word: "admin_agent", mark: Mark::Group("AdminAgents") },
    Row { role: PartnerRole::HelpdeskAgent, word: "helpdesk_agent", mark: Mark::Group("HelpdeskAgents") },
    Row { role: PartnerRole::SalesAgent, word: "sales_agent", mark: Mark::Group("SalesAgents") },
    Row {
        role: PartnerRole::BillingAdmin,
        word: "billing_admin",
        mark: Mark::DirectoryRole("b0f54661-2d74-4c50-afa3-1ec803f12efe"),
    },
];

/// The word is none of the roles'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of admin_agent, helpdesk_agent, sales_agent, billing_admin")]
pub struct UnknownRole;

impl FromStr for PartnerRole {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        ROLES.iter().find(|row| row.word == word).map(|row| row.role).ok_or(UnknownRole)
    }
}

impl fmt::Display for PartnerRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = ROLES.iter().find(|row| row.role == *self);
        f.write_str(row.map_or("", |row| row.word))
    }
}

impl PartnerRole {
    /// The role of a group with this name, compared to the letter: anybody can make a group of a similar one.
    #[must_use]
    pub fn of_group(name: &str) -> Option<Self> {
        let is = |mark: Mark| matches!(mark, Mark::Group(own) if own == name);
        ROLES.iter().find(|row| is(row.mark)).map(|row| row.role)
    }

    /// The role of a directory role.
    #[must_use]
    pub fn of_directory_role(template: &str) -> Option<Self> {
        let is = |mark: Mark| matches!(mark, Mark::DirectoryRole(own) if own.eq_ignore_ascii_case(template));
        ROLES.iter().find(|row| is(row.mark)).map(|row| row.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R177 A role has one word, in rows, bodies and answers.
    #[test]
    fn a_role_has_one_word() {
        for row in ROLES {
            assert_eq!(row.word.parse(), Ok(row.role));
            assert_eq!(row.role.to_string(), row.word);
            assert_eq!(serde_json::to_value(row.role).unwrap(), row.word);
        }
        assert_eq!("global_admin".parse::<PartnerRole>(), Err(UnknownRole));
    }

    /// R177 The name is matched exactly.
    #[test]
    fn a_group_of_a_similar_name_is_no_role() {
        assert_eq!(PartnerRole::of_group("AdminAgents"), Some(PartnerRole::AdminAgent));
        for name in ["adminagents", "AdminAgents ", "AdminAgent", "My AdminAgents", ""] {
            assert_eq!(PartnerRole::of_group(name), None, "{name}");
        }
        let billing = "B0F54661-2d74-4c50-afa3-1ec803f12efe";
        assert_eq!(PartnerRole::of_directory_role(billing), Some(PartnerRole::BillingAdmin));
        assert_eq!(PartnerRole::of_group(billing), None);
    }
}
