//! Who may take a step: the guards before anything is stored.
//!
//! [`AdminConsent`] and [`RightUser`] have one maker each, so a consent that was not proved, or a token of the wrong
//! person, cannot be recorded.

use crate::advice::Code;
use crate::connection::health::Verdict;
use crate::connection::lease::Leased;
use crate::connection::{Connection, Consented, Findings};
use crate::id::{ApplicationId, RoleTemplateId};
use crate::identity::VerifiedIdentity;
use crate::permission::GRAPH;
use crate::proof::{DelegatedGrant, GLOBAL_ADMINISTRATOR, Holder, Policy};
use crate::time::Timestamp;

/// Partner Center's own API (`MicrosoftDocs`, partner-rest: api-authentication).
pub const PARTNER_CENTER: ApplicationId = ApplicationId::from_u128(0xfa3d_9a0c_3fb0_42cc_9193_47c7_ecd2_edbd);

/// Acting for the person who signed in, in Partner Center.
pub const USER_IMPERSONATION: &str = "user_impersonation";

/// Reading grants and roles back, as the administrator and as the integration user.
pub const READ_BACK: &str = "Directory.Read.All";

/// What step one grants to the whole organisation, by API (R201).
pub const TENANT_WIDE: &[(ApplicationId, &str)] = &[(PARTNER_CENTER, USER_IMPERSONATION), (GRAPH, READ_BACK)];

/// What Graph showed to the administrator; what could not be read is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantView {
    /// The directory roles of who signed in.
    pub roles: Option<Vec<RoleTemplateId>>,
    /// The delegated grants of our client.
    pub grants: Option<Vec<DelegatedGrant>>,
}

/// An administrator's consent that Graph shows. Made by [`Leased::judge_admin`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminConsent(Consented);

impl AdminConsent {
    pub(super) fn into_consented(self) -> Consented {
        self.0
    }
}

/// The right person of the right tenant for step two. Made by [`Leased::judge_user`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightUser(Consented);

/// The consent of the right user, whose access was seen to work. Made by [`RightUser::tested`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserConsent(Consented, Findings);

impl UserConsent {
    pub(super) fn into_parts(self) -> (Consented, Findings) {
        (self.0, self.1)
    }
}

impl RightUser {
    /// Who.
    #[must_use]
    pub const fn consented(&self) -> &Consented {
        &self.0
    }

    /// Whether the access works, as a live test of it found: second factor, role and Partner Center's own word. Nothing is
    /// kept of one that does not (R171).
    pub fn tested(self, verdict: &Verdict) -> Result<UserConsent, Code> {
        verdict.code.map_or(Ok(UserConsent(self.0, Findings::default().after(verdict))), Err)
    }
}

impl Connection {
    /// Whether `identity` may take step one, before anything is spent: a member of the tenant that hosts Partner Center
    /// (R187), and neither who has taken step two nor who is named for it, unless that was allowed (R199).
    pub fn admits_admin(&self, identity: &VerifiedIdentity) -> Result<(), Code> {
        identity.admit(Some(self.partner_tenant))?;
        let user = self.state.both().map(|both| &both.user);
        let is_named = !self.same_identity_allowed && self.is_integration_user(identity.signer());
        if is_named || user.is_some_and(|user| self.is_forbidden_twin(user, identity)) {
            Err(Code::SameIdentity)
        } else {
            Ok(())
        }
    }

    fn judge_admin(
        &self,
        identity: &VerifiedIdentity,
        view: &GrantView,
        (policy, now): (Policy, Timestamp),
    ) -> Result<AdminConsent, Code> {
        self.admits_admin(identity)?;
        let (Some(roles), Some(grants)) = (&view.roles, &view.grants) else { return Err(Code::ProofUnreadable) };
        if policy.global_administrator && !roles.contains(&GLOBAL_ADMINISTRATOR) {
            return Err(Code::AdminRoleRequired);
        }
        if TENANT_WIDE.iter().all(|wanted| grants.iter().any(|grant| covers(grant, wanted))) {
            Ok(AdminConsent(Consented::of(identity, now)))
        } else {
            Err(Code::GrantNotVisible)
        }
    }

    /// Whether `identity` is who is to take step two, before anything is spent: a member of the tenant (R187), another person than
    /// the administrator unless that was allowed (R199), and the account that was named (R189). The first of these that is not
    /// so is the cause.
    pub fn admits_user(&self, identity: &VerifiedIdentity) -> Result<(), Code> {
        identity.admit(Some(self.partner_tenant))?;
        if self.state.admin().is_some_and(|admin| self.is_forbidden_twin(admin, identity)) {
            return Err(Code::SameIdentity);
        }
        let signer = identity.signer();
        if self.is_integration_user(signer) { Ok(()) } else { Err(Code::WrongIdentity) }
    }

    fn is_forbidden_twin(&self, other: &Consented, identity: &VerifiedIdentity) -> bool {
        let signer = identity.signer();
        let is_same = (other.signer.tenant, other.signer.object) == (signer.tenant, signer.object);
        is_same && !self.same_identity_allowed
    }
}

/// A consent is judged by the connection as it was leased: what was read before may be another's by now.
impl Leased {
    /// Whether what Graph shows proves the consent of `identity`: of a Global Administrator, by policy (R176), for the whole
    /// organisation (R201).
    pub fn judge_admin(
        &self,
        identity: &VerifiedIdentity,
        view: &GrantView,
        at: (Policy, Timestamp),
    ) -> Result<AdminConsent, Code> {
        self.connection().judge_admin(identity, view, at)
    }

    /// Whether `identity` is who is to take step two.
    pub fn judge_user(&self, identity: &VerifiedIdentity, now: Timestamp) -> Result<RightUser, Code> {
        self.connection().admits_user(identity)?;
        Ok(RightUser(Consented::of(identity, now)))
    }
}

fn covers(grant: &DelegatedGrant, (api, scope): &(ApplicationId, &str)) -> bool {
    grant.holds_for == Holder::Tenant
        && grant.resource == *api
        && grant.scopes.iter().any(|granted| granted.eq_ignore_ascii_case(scope))
}

#[cfg(test)]
pub(crate) mod tests;
