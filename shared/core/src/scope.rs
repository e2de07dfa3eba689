//! What a credential may do: a closed list of scopes (RFC 6749 §3.3).
//!
//! A key without a list may do everything that its owner may, scopes that are yet to come included. The route table names
//! the one scope that each route needs.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One thing that a credential may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Read the audit trail.
    AuditRead,
    /// Read connections to Partner Center, and how they are.
    ConnectionsRead,
    /// Make connections to Partner Center, and the links of their steps, test and end them.
    ConnectionsWrite,
    /// Read actions and their states.
    ConsentsRead,
    /// Confirm a tenant.
    ConsentsWrite,
    /// Read enterprises, and what they can be given.
    EnterprisesRead,
    /// Make, change and stop enterprises.
    EnterprisesWrite,
    /// Read invitations.
    InvitationsRead,
    /// Invite administrators.
    InvitationsWrite,
    /// Make links for people to open.
    LinksWrite,
    /// Make tokens of one enterprise.
    TokensWrite,
    /// Count users of an enterprise, or no longer.
    UsersWrite,
    /// Read deliveries.
    WebhooksRead,
    /// Have deliveries made once more, and tests.
    WebhooksWrite,
}

/// Every scope with its text.
const SCOPES: &[(Scope, &str)] = &[
    (Scope::AuditRead, "audit:read"),
    (Scope::ConnectionsRead, "connections:read"),
    (Scope::ConnectionsWrite, "connections:write"),
    (Scope::ConsentsRead, "consents:read"),
    (Scope::ConsentsWrite, "consents:write"),
    (Scope::EnterprisesRead, "enterprises:read"),
    (Scope::EnterprisesWrite, "enterprises:write"),
    (Scope::InvitationsRead, "invitations:read"),
    (Scope::InvitationsWrite, "invitations:write"),
    (Scope::LinksWrite, "links:write"),
    (Scope::TokensWrite, "tokens:write"),
    (Scope::UsersWrite, "users:write"),
    (Scope::WebhooksRead, "webhooks:read"),
    (Scope::WebhooksWrite, "webhooks:write"),
];

/// The text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of {}", AllScopes)]
pub struct UnknownScope;

/// Shows every scope.
struct AllScopes;

impl fmt::Display for AllScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = SCOPES.iter().map(|(_, text)| *text).collect();
        f.write_str(&texts.join(", "))
    }
}

impl Scope {
    /// Its text, such as `links:write`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        SCOPES.iter().find(|(scope, _)| *scope == self).map_or("", |(_, text)| text)
    }

    /// Every scope that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        SCOPES.iter().map(|(scope, _)| *scope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        SCOPES.iter().find(|(_, known)| *known == text).map(|(scope, _)| *scope).ok_or(UnknownScope)
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.as_str().to_owned()
    }
}

/// What a credential may do in all: some scopes, or, where nobody has chosen, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Option<BTreeSet<Scope>>);

impl Scopes {
    /// Everything.
    pub const ALL: Self = Self(None);

    /// These and no others.
    #[must_use]
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(Some(scopes.into_iter().collect()))
    }

    /// Reads a list with spaces between (RFC 6749 §3.3).
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let scopes: BTreeSet<Scope> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self(Some(scopes)))
    }

    /// Whether `scope` is among them.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }

    /// Whether all of `other` is among them.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, _) => true,
            (Some(own), Some(other)) => own.is_superset(other),
            (Some(_), None) => false,
        }
    }

    /// Those of `scopes` that are among them.
    #[must_use]
    pub fn among(&self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self::of(scopes.into_iter().filter(|scope| self.allow(*scope)))
    }

    /// Each of them, as of now.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::all().filter(|scope| self.allow(*scope))
    }
}

/// The list with spaces between.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&texts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_reads_back() {
        for scope in Scope::all() {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        for text in ["", "links", "links:write ", "LINKS:WRITE", "*"] {
            assert_eq!(text.parse::<Scope>(), Err(UnknownScope), "{text}");
        }
        assert!(UnknownScope.to_string().contains("links:write"));
    }

    #[test]
    fn a_list_allows_what_it_names() {
        let some = Scopes::parse("links:write enterprises:read").unwrap();
        assert!(some.allow(Scope::LinksWrite) && !some.allow(Scope::EnterprisesWrite));
        assert_eq!(some.to_string(), "enterprises:read links:write");
        assert!(Scope::all().all(|scope| Scopes::ALL.allow(scope)));
        for text in ["", "links:write  tokens:write", "links:write,tokens:write", "everything"] {
            assert_eq!(Scopes::parse(text), Err(UnknownScope), "{text}");
        }
    }

    /// R128 Nobody hands on more than they have.
    #[test]
    fn a_list_covers_what_is_no_more_than_it() {
        let (some, fewer) = (Scopes::of([Scope::LinksWrite, Scope::AuditRead]), Scopes::of([Scope::AuditRead]));
        assert!(Scopes::ALL.cover(&some) && Scopes::ALL.cover(&Scopes::ALL) && some.cover(&fewer));
        assert!(!fewer.cover(&some) && !some.cover(&Scopes::ALL));
        assert_eq!(some.among([Scope::AuditRead, Scope::TokensWrite]), fewer);
    }
}
