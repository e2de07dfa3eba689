//! Proof that our application manages Teams for a tenant: its membership in directory roles, read back (R025-R031).
//!
//! Entra knows a directory role in a tenant only once it was assigned or activated there; until then nobody can be made
//! a member. [`joining`] says which roles are to be joined; [`judge`](super::judge) believes only what is read back.

use super::{Facts, Granted, Judgement, Policy, Question, TEAMS_ADMINISTRATOR, TenantView, admit};
use crate::action::ProvedBy;
use crate::advice::Code;
use crate::id::{ObjectId, RoleTemplateId};
use crate::identity::Signer;

/// Skype for Business Administrator: tenants that never had Skype may lack it.
pub const SKYPE_ADMINISTRATOR: RoleTemplateId = RoleTemplateId::from_u128(0x7594_1009_915a_4869_abe7_691b_ff18_279e);

/// What Graph showed of our application and the roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Our service principal in this tenant.
    pub principal: ObjectId,
    /// Teams Administrator.
    pub teams: Role,
    /// Skype for Business Administrator.
    pub skype: Role,
}

/// A directory role in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The tenant does not have it, or not yet.
    Inactive,
    /// It is there, with these members.
    Active(Vec<Member>),
}

/// A member of a directory role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its object id.
    pub id: ObjectId,
    /// Its name, if it is a person.
    pub user_principal_name: Option<String>,
}

/// The roles that our service principal is to be made a member of, in the signer's name. Made by [`joining`] alone, for
/// a signer whose consent counts in the right tenant.
#[derive(Debug)]
pub struct Joining {
    principal: ObjectId,
    roles: Vec<RoleTemplateId>,
}

impl Joining {
    /// Our service principal.
    #[must_use]
    pub const fn principal(&self) -> ObjectId {
        self.principal
    }

    /// The roles, by template.
    #[must_use]
    pub fn roles(&self) -> &[RoleTemplateId] {
        &self.roles
    }
}

/// How our application stands in the roles.
enum Standing {
    /// In all that the tenant has.
    Member,
    /// Not yet in these.
    Outside(Vec<RoleTemplateId>),
    /// Teams Administrator was given to these others and not to the signer (R027).
    NotReady(Vec<String>),
    /// The tenant does not have Teams Administrator (R143).
    Missing,
}

impl Role {
    fn holds(&self, principal: ObjectId) -> bool {
        matches!(self, Self::Active(members) if members.iter().any(|member| member.id == principal))
    }

    const fn is_active(&self) -> bool {
        matches!(self, Self::Active(_))
    }
}

fn standing(view: &View, signer: &Signer, signer_roles: &[RoleTemplateId]) -> Standing {
    let View { principal, teams, skype } = view;
    let Role::Active(members) = teams else { return Standing::Missing };
    let others: Vec<&Member> = members.iter().filter(|member| member.id != *principal).collect();
    let signers = signer_roles.contains(&TEAMS_ADMINISTRATOR) || others.iter().any(|other| other.id == signer.object);
    if !teams.holds(*principal) && !others.is_empty() && !signers {
        let name = |other: &Member| other.user_principal_name.clone().unwrap_or_else(|| other.id.to_string());
        return Standing::NotReady(others.into_iter().map(name).collect());
    }
    let roles = [(TEAMS_ADMINISTRATOR, teams), (SKYPE_ADMINISTRATOR, skype)];
    let outside = roles.into_iter().filter(|(_, role)| role.is_active() && !role.holds(*principal));
    let outside: Vec<RoleTemplateId> = outside.map(|(template, _)| template).collect();
    if outside.is_empty() { Standing::Member } else { Standing::Outside(outside) }
}

/// The roles to join before the proof, if this action is proved by them and its signer may be followed.
#[must_use]
pub fn joining(question: Question<'_>, view: &TenantView, policy: Policy) -> Option<Joining> {
    if question.action.proved_by() != ProvedBy::Membership {
        return None;
    }
    let (organization, roles) = (view.organization.as_ref()?, view.signer_roles.as_deref()?);
    admit(question, organization, roles, policy).ok()?;
    let management = view.management.as_ref()?;
    match standing(management, question.signer, roles) {
        Standing::Outside(roles) => Some(Joining { principal: management.principal, roles }),
        Standing::Member | Standing::NotReady(_) | Standing::Missing => None,
    }
}

/// The judgement of a signer who was admitted.
pub(super) fn judge(signer: &Signer, view: &TenantView, mut facts: Facts) -> Judgement {
    let (Some(management), Some(roles)) = (&view.management, &view.signer_roles) else { return Judgement::Unreadable };
    match standing(management, signer, roles) {
        Standing::Member => Judgement::Granted(Granted { facts }),
        Standing::Outside(_) => Judgement::NotVisibleYet(facts),
        Standing::NotReady(others) => {
            let own = signer.user_principal_name.clone().unwrap_or_else(|| signer.object.to_string());
            facts.administrators = [vec![own], others].concat();
            Judgement::Refused(Code::TeamsAdminRoleNotReady, facts)
        }
        Standing::Missing => Judgement::Refused(Code::TeamsSkypeRolesMissing, facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ActionType;
    use crate::id::TenantId;
    use crate::proof::{GLOBAL_ADMINISTRATOR, Organization};
    use crate::time::Timestamp;

    const TENANT: TenantId = TenantId::from_u128(1);
    const GRACE: ObjectId = ObjectId::from_u128(2);
    const TOM: ObjectId = ObjectId::from_u128(3);
    const OURS: ObjectId = ObjectId::from_u128(4);
    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn signer() -> Signer {
        Signer { tenant: TENANT, object: GRACE, user_principal_name: Some("grace@contoso.example".into()) }
    }

    fn question(signer: &Signer) -> Question<'_> {
        let action = ActionType::ServiceProviderManagement;
        Question { action, signer, since: NOW, asked_again: false, pin: Some(TENANT) }
    }

    fn active(ids: &[ObjectId]) -> Role {
        let name = |id: ObjectId| (id == TOM).then(|| "tom@contoso.example".to_owned());
        Role::Active(ids.iter().map(|id| Member { id: *id, user_principal_name: name(*id) }).collect())
    }

    fn view(teams: Role, skype: Role) -> TenantView {
        TenantView {
            organization: Some(Organization { id: TENANT, display_name: "MSFT".into() }),
            signer_roles: Some(vec![GLOBAL_ADMINISTRATOR]),
            grants: Some(vec![]),
            management: Some(View { principal: OURS, teams, skype }),
            ..TenantView::default()
        }
    }

    fn judged(view: &TenantView) -> Judgement {
        super::super::judge(question(&signer()), view, Policy::default(), NOW)
    }

    fn joins(view: &TenantView) -> Vec<RoleTemplateId> {
        joining(question(&signer()), view, Policy::default())
            .map(|joining| joining.roles().to_vec())
            .unwrap_or_default()
    }

    fn not_ready(view: &TenantView) -> Vec<String> {
        let Judgement::Refused(Code::TeamsAdminRoleNotReady, facts) = judged(view) else { panic!("{view:?}") };
        assert_eq!(joins(view), []);
        facts.named(Code::TeamsAdminRoleNotReady)
    }

    /// R143 A tenant without the role lacks it: that is neither a missing consent nor another person's role.
    #[test]
    fn a_tenant_without_the_role_lacks_it() {
        for skype in [Role::Inactive, active(&[TOM])] {
            let view = view(Role::Inactive, skype);
            assert_eq!(joins(&view), []);
            assert!(matches!(judged(&view), Judgement::Refused(Code::TeamsSkypeRolesMissing, _)), "{view:?}");
        }
    }

    /// R025, R026, R027, R028 The role of somebody else does not do, and both are named: not a missing consent.
    #[test]
    fn another_persons_role_does_not_do() {
        let named = not_ready(&view(active(&[TOM]), Role::Inactive));
        assert_eq!(named, ["grace@contoso.example", "tom@contoso.example"]);
    }

    /// R031 With the role, of the signer or of nobody yet, our application joins it, and Skype's where there is one.
    #[test]
    fn an_active_role_is_joined() {
        for teams in [active(&[]), active(&[GRACE, TOM])] {
            let view = view(teams, Role::Inactive);
            assert_eq!(joins(&view), [TEAMS_ADMINISTRATOR]);
            assert!(matches!(judged(&view), Judgement::NotVisibleYet(_)), "asked to be is not yet a member");
        }
        assert_eq!(joins(&view(active(&[]), active(&[TOM]))), [TEAMS_ADMINISTRATOR, SKYPE_ADMINISTRATOR]);
        let mut by_group = view(active(&[TOM]), Role::Inactive);
        by_group.signer_roles = Some(vec![GLOBAL_ADMINISTRATOR, TEAMS_ADMINISTRATOR]);
        assert_eq!(joins(&by_group), [TEAMS_ADMINISTRATOR]);
    }

    /// P1 Membership that is read back, in each role that the tenant has, is the proof.
    #[test]
    fn membership_is_the_proof() {
        for (teams, skype) in [(active(&[OURS]), Role::Inactive), (active(&[TOM, OURS]), active(&[OURS]))] {
            let view = view(teams, skype);
            assert!(matches!(judged(&view), Judgement::Granted(_)), "{view:?}");
            assert_eq!(joins(&view), []);
        }
        let half = view(active(&[OURS]), active(&[]));
        assert!(matches!(judged(&half), Judgement::NotVisibleYet(_)));
        assert_eq!(joins(&half), [SKYPE_ADMINISTRATOR]);
    }

    /// T11 Nothing is changed in a wrong tenant, or for somebody whose consent does not count.
    #[test]
    fn nothing_is_joined_for_the_wrong_person() {
        let ready = view(active(&[]), Role::Inactive);
        let signer = signer();
        let asked = |question: Question<'_>, view: &TenantView| joining(question, view, Policy::default()).is_some();
        assert!(asked(question(&signer), &ready));
        assert!(!asked(Question { pin: Some(TenantId::from_u128(9)), ..question(&signer) }, &ready));
        assert!(!asked(Question { action: ActionType::Registration, ..question(&signer) }, &ready));
        assert!(!asked(question(&signer), &TenantView { signer_roles: Some(vec![]), ..ready.clone() }));
        assert_eq!(judged(&TenantView { management: None, ..ready }), Judgement::Unreadable);
    }
}
