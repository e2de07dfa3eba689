//! A new connection: what its body says, and what comes of it (R175, R186).

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::{BillingType, Connection, Findings, PartnerRole, Rounds, State, least_roles};
use crate::fields::{Fault, Fields, text_of};
use crate::id::{ConnectionId, ResellerId, TenantId};
use crate::text::{Domain, EmailAddress};
use crate::time::Timestamp;

/// The tenant that hosts Partner Center, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum NamedTenant {
    /// By its id.
    Id(TenantId),
    /// By one of its domains.
    Domain(Domain),
}

/// The text names no tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be the id of a tenant, or one of its domains")]
pub struct NamesNoTenant;

impl FromStr for NamedTenant {
    type Err = NamesNoTenant;

    fn from_str(text: &str) -> Result<Self, NamesNoTenant> {
        let id = TenantId::in_any_case(text).map(Self::Id);
        id.or_else(|_| text.parse().map(Self::Domain)).map_err(|_| NamesNoTenant)
    }
}

/// As Microsoft's discovery takes it.
impl std::fmt::Display for NamedTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Domain(domain) => f.write_str(domain.as_str()),
        }
    }
}

/// What is asked for: `{partnerTenantId, integrationUser, billingType, requiredRoles?, allowSameIdentity?, refuseGlobalAdministrator?}` (K15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConnection {
    /// The tenant.
    pub tenant: NamedTenant,
    /// Who is to consent in the second step.
    pub integration_user: EmailAddress,
    /// How the partner sells.
    pub billing: BillingType,
    /// The roles that the integration user needs.
    pub required_roles: BTreeSet<PartnerRole>,
    /// Whether one person may do both steps.
    pub same_identity_allowed: bool,
    /// Whether an integration user who is a Global Administrator is refused.
    pub refuses_administrators: bool,
}

impl NewConnection {
    /// Reads the body.
    pub fn parse(mut body: Fields) -> Result<Self, Vec<Fault>> {
        let tenant = body.parsed("partnerTenantId", "invalid_tenant", str::parse);
        let tenant = body.required("partnerTenantId", tenant);
        let user = body.parsed("integrationUser", "invalid_email", str::parse);
        let user = body.required("integrationUser", user);
        let billing = body.parsed("billingType", "unknown_billing_type", str::parse);
        let billing = body.required("billingType", billing);
        let roles =
            body.list::<PartnerRole>("requiredRoles", "a role of Partner Center, such as admin_agent", |value| {
                text_of(value)?.parse().map_err(|_| "unknown_role")
            });
        if roles.as_ref().is_some_and(Vec::is_empty) {
            body.fault("requiredRoles", "required", "name a role, or leave the field out");
        }
        let required_roles = roles.map_or_else(least_roles, BTreeSet::from_iter);
        let same_identity_allowed = body.boolean("allowSameIdentity").unwrap_or_default();
        let refuses_administrators = body.boolean("refuseGlobalAdministrator").unwrap_or_default();
        let new = tenant.zip(user).zip(billing).map(|((tenant, integration_user), billing)| Self {
            tenant,
            integration_user,
            billing,
            required_roles,
            same_identity_allowed,
            refuses_administrators,
        });
        body.finish(new)
    }

    /// The draft of it in `tenant` of the cloud whose authority is `cloud`.
    #[must_use]
    pub fn draft(
        self,
        (id, reseller): (ConnectionId, ResellerId),
        (tenant, cloud): (TenantId, &str),
        now: Timestamp,
    ) -> Connection {
        Connection {
            id,
            reseller,
            created_at: now,
            version: 1,
            partner_tenant: tenant,
            cloud: cloud.to_owned(),
            integration_user: self.integration_user,
            same_identity_allowed: self.same_identity_allowed,
            refuses_administrators: self.refuses_administrators,
            required_roles: self.required_roles,
            state: State::Draft,
            rounds: Rounds::default(),
            has_worked: false,
            next_look: None,
            busy_looks: 0,
            lease: None,
            codes: Vec::new(),
            findings: Findings::default(),
            told: Vec::new(),
            refused: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(body: serde_json::Value) -> Result<NewConnection, Vec<Fault>> {
        let serde_json::Value::Object(body) = body else { panic!("not an object") };
        NewConnection::parse(Fields::of(body))
    }

    /// R175, K15 The tenant, by id or domain, the integration user and the kind of billing are required, all faults at once.
    #[test]
    fn a_body_is_read_whole_or_not_at_all() {
        let body =
            json!({"partnerTenantId": "wingtip.example", "integrationUser": "a@b.example", "billingType": "direct"});
        let new = parse(body.clone()).unwrap();
        assert_eq!(new.tenant.to_string(), "wingtip.example");
        assert!(!new.same_identity_allowed && new.billing == BillingType::Direct);
        let faults = |body| parse(body).unwrap_err().iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>();
        assert_eq!(faults(json!({})), ["/partnerTenantId", "/integrationUser", "/billingType"]);
        let wrong = json!({"partnerTenantId": "common", "integrationUser": "x", "billingType": "other", "save": true});
        assert_eq!(faults(wrong), ["/partnerTenantId", "/integrationUser", "/billingType", "/save"]);
    }
}
