//! Provisioning: what a tenant needs, beside its consents, before Teams can be managed in it (R127, R129-R133).
//!
//! The service principal of the "Skype and Teams Tenant Admin API", and the directory roles by which Teams is managed.
//! Microsoft makes neither by itself in every tenant.

use serde::Serialize;

use crate::id::{RoleTemplateId, TenantId};
use crate::permission::TEAMS_ADMIN_API;
use crate::proof::membership::SKYPE_ADMINISTRATOR;
use crate::proof::{OfficeUserType, Organization, TEAMS_ADMINISTRATOR};

/// The directory roles that are activated, by template.
pub const ROLES: [RoleTemplateId; 2] = [TEAMS_ADMINISTRATOR, SKYPE_ADMINISTRATOR];

/// What a reading of a tenant showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// What is there.
    Shown(View),
    /// Microsoft answered, and lets nobody whose credential we have look.
    Closed,
    /// It could not be read.
    Unread,
}

/// What is there of it in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The tenant.
    pub organization: Organization,
    /// Whether the service principal of the Teams admin API is there.
    pub teams_api: bool,
    /// The templates of the directory roles that the tenant has by now.
    pub active_roles: Vec<RoleTemplateId>,
    /// The roles of the person who was looked at; `None` also where nobody was.
    pub signer_roles: Option<Vec<RoleTemplateId>>,
}

/// How the provisioning of a tenant ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// What is there afterwards.
    pub seen: Seen,
    /// What was made by this, and by nobody else at the same time.
    pub made: Vec<Lack>,
    /// Whether Microsoft said that the person may not make it.
    pub refused: bool,
}

/// One thing that a tenant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The service principal of the Teams admin API.
    ServicePrincipal,
    /// A directory role, by template.
    Role(RoleTemplateId),
}

/// `GET /v1/provisioning/o365-user-info`: the tenant, and the person who registered it, as Graph shows them now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// The organisation's name.
    pub organization: String,
    /// What the person is: `GLOBAL_ADMIN`, `TEAMS_ADMIN` or `USER`; null where nobody is known or could be looked at.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub office_user_type: Option<&'static str>,
    /// Whether the person is a Global Administrator.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub company_admin: Option<bool>,
    /// Whether the "Skype and Teams Tenant Admin API" is provisioned.
    #[serde(rename = "containsTeamsTenantAdminAPI")]
    pub contains_teams_tenant_admin_api: bool,
    /// Whether the tenant has the role Teams Administrator by now.
    pub teams_administrator_active: bool,
    /// Whether it has Skype for Business Administrator.
    pub skype_administrator_active: bool,
}

impl Seen {
    /// What of it belongs to `tenant`: what was seen of another says nothing of it.
    #[must_use]
    pub fn within(self, tenant: TenantId) -> Self {
        if let Self::Shown(view) = &self
            && view.organization.id != tenant
        {
            return Self::Closed;
        }
        self
    }
}

impl View {
    /// Everything that the tenant lacks, in the order in which it is made.
    #[must_use]
    pub fn lacks(&self) -> Vec<Lack> {
        let principal = (!self.teams_api).then_some(Lack::ServicePrincipal);
        let roles = ROLES.into_iter().filter(|role| !self.is_active(*role)).map(Lack::Role);
        principal.into_iter().chain(roles).collect()
    }

    /// Whether the tenant has a role by now.
    #[must_use]
    pub fn is_active(&self, role: RoleTemplateId) -> bool {
        self.active_roles.contains(&role)
    }

    /// The same for whoever asks.
    #[must_use]
    pub fn user_info(&self) -> UserInfo {
        let signer = self.signer_roles.as_deref().map(OfficeUserType::of);
        UserInfo {
            organization: self.organization.display_name.clone(),
            office_user_type: signer.map(OfficeUserType::as_str),
            company_admin: signer.map(|kind| kind == OfficeUserType::GlobalAdmin),
            contains_teams_tenant_admin_api: self.teams_api,
            teams_administrator_active: self.is_active(TEAMS_ADMINISTRATOR),
            skype_administrator_active: self.is_active(SKYPE_ADMINISTRATOR),
        }
    }
}

impl Lack {
    /// The id by which Microsoft knows it, for the audit trail.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::ServicePrincipal => TEAMS_ADMIN_API.to_string(),
            Self::Role(template) => template.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::GLOBAL_ADMINISTRATOR;

    fn view(teams_api: bool, active_roles: &[RoleTemplateId]) -> View {
        let organization = Organization { id: TenantId::from_u128(1), display_name: "MSFT".into() };
        View { organization, teams_api, active_roles: active_roles.to_vec(), signer_roles: None }
    }

    /// R132 What is there already is not made again.
    #[test]
    fn only_what_is_missing_is_lacking() {
        let all = [Lack::ServicePrincipal, Lack::Role(TEAMS_ADMINISTRATOR), Lack::Role(SKYPE_ADMINISTRATOR)];
        assert_eq!(view(false, &[GLOBAL_ADMINISTRATOR]).lacks(), all);
        assert_eq!(view(true, &[TEAMS_ADMINISTRATOR]).lacks(), [Lack::Role(SKYPE_ADMINISTRATOR)]);
        assert_eq!(view(true, &ROLES).lacks(), []);
    }

    #[test]
    fn another_tenant_says_nothing_of_this_one() {
        let seen = Seen::Shown(view(false, &[]));
        assert_eq!(seen.clone().within(TenantId::from_u128(2)), Seen::Closed);
        assert_eq!(seen.clone().within(TenantId::from_u128(1)), seen);
    }

    /// R129 Of a person who could not be looked at nothing is said, and no `false`.
    #[test]
    fn nothing_is_said_of_a_person_who_was_not_looked_at() {
        let unseen = view(true, &ROLES).user_info();
        assert_eq!((unseen.office_user_type, unseen.company_admin), (None, None));
        let seen = |roles: &[RoleTemplateId]| {
            View { signer_roles: Some(roles.to_vec()), ..view(false, &[]) }.user_info().company_admin
        };
        assert_eq!((seen(&[GLOBAL_ADMINISTRATOR]), seen(&[TEAMS_ADMINISTRATOR])), (Some(true), Some(false)));
    }
}
