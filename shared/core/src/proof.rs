//! Proof: what Microsoft Graph shows of a tenant, and whether it shows the consent.
//!
//! A redirect proves nothing. [`judge`] is the only maker of [`Granted`], so granting without having read Graph
//! back does not compile. `application` does the same for permissions that our application holds by itself.

pub mod application;
pub mod membership;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::{ActionType, ProvedBy};
use crate::advice::Code;
use crate::id::{ApplicationId, ObjectId, RoleTemplateId, TenantId};
use crate::identity::Signer;
use crate::permission::{self, GRAPH, Kind, Permission, TEAMS_ADMIN_API};
use crate::time::Timestamp;

/// Global Administrator: the role that policy wants of whoever consents.
pub const GLOBAL_ADMINISTRATOR: RoleTemplateId = RoleTemplateId::from_u128(0x62e9_0394_69f5_4237_9190_0121_7714_5e10);
/// Teams Administrator.
pub const TEAMS_ADMINISTRATOR: RoleTemplateId = RoleTemplateId::from_u128(0x6909_1246_20e8_4a56_aa4d_0660_75b2_a7a8);

/// How long after `prompt=consent` an older grant for the signer alone says nothing about the new consent.
///
/// Without an earlier user-only consent such a grant can only come from this very sign-in, and decides at once.
const OLD_GRANT_GRACE: Duration = Duration::from_mins(1);

/// What Graph showed. A part that could not be read is `None`, which is not the same as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantView {
    /// `/organization`.
    pub organization: Option<Organization>,
    /// The templates of the directory roles that the signer holds now, directly or through groups.
    pub signer_roles: Option<Vec<RoleTemplateId>>,
    /// The delegated grants of our client, none if our client is not in the tenant.
    pub grants: Option<Vec<DelegatedGrant>>,
    /// The directory roles by which Teams is managed; `None` also where nobody asked for them.
    pub management: Option<membership::View>,
    /// The app roles of our registrations; `None` also where nobody asked for them.
    pub app_roles: Option<Vec<application::AppRole>>,
    /// The directory roles of our own service principal; `None` also where nobody asked for them.
    pub joined: Option<Vec<RoleTemplateId>>,
}

/// What else is read beside a consent, for actions that the tenant granted before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Also {
    /// The registrations whose app roles count.
    pub clients: BTreeSet<ApplicationId>,
    /// Whether the directory roles of our service principal count.
    pub joined: bool,
}

/// The tenant's own organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The tenant.
    pub id: TenantId,
    /// Its display name.
    pub display_name: String,
}

/// One `oauth2PermissionGrant` of our client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedGrant {
    /// The API that it is for.
    pub resource: ApplicationId,
    /// For whom it holds: everybody (`AllPrincipals`) or one person (`Principal`).
    pub holds_for: Holder,
    /// Its scopes.
    pub scopes: Vec<String>,
}

/// For whom a delegated grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The whole tenant.
    Tenant,
    /// One person.
    Person(ObjectId),
}

/// What a deployment wants of whoever consents. One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Only a Global Administrator's consent counts.
    pub global_administrator: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { global_administrator: true }
    }
}

/// What the outcome tells of tenant and signer, all of it read from Graph (R124-R127).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The organisation's name.
    pub organization: String,
    /// What the signer is; none where nobody signed in.
    pub office_user_type: Option<OfficeUserType>,
    /// Whether the signer is a Global Administrator.
    pub company_admin: bool,
    /// Whether the Teams admin API is granted tenant-wide.
    pub contains_teams_tenant_admin_api: bool,
    /// The permissions of Graph that were asked for and are not granted tenant-wide, by name.
    #[serde(skip)]
    pub missing: Vec<&'static str>,
    /// Who signed in and, where that is what is wrong, who holds a role instead; by user principal name.
    #[serde(skip)]
    pub administrators: Vec<String>,
}

impl Facts {
    /// The names that an explanation of `code` gives.
    #[must_use]
    pub fn named(&self, code: Code) -> Vec<String> {
        if code == Code::GrantNotVisible {
            self.missing.iter().copied().map(str::to_owned).collect()
        } else if code == Code::TeamsAdminRoleNotReady {
            self.administrators.clone()
        } else {
            Vec::new()
        }
    }
}

/// A consent that Graph shows. Made by [`judge`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    facts: Facts,
}

impl Granted {
    /// What was seen with it.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// What a view of the tenant means for a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The consent is there.
    Granted(Granted),
    /// It is not, and waiting does not help.
    Refused(Code, Facts),
    /// Graph answered but does not show it yet: grants lag by seconds to minutes.
    NotVisibleYet(Facts),
    /// Graph could not be read.
    Unreadable,
}

/// What is judged: whose consent to what, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The action.
    pub action: ActionType,
    /// Who consented.
    pub signer: &'a Signer,
    /// When the signer came back.
    pub since: Timestamp,
    /// Whether the link asked with `prompt=consent`, after an earlier user-only consent.
    pub asked_again: bool,
    /// The only tenant that it may be, if one is known.
    pub pin: Option<TenantId>,
}

/// Whether `view` shows the consent.
#[must_use]
pub fn judge(question: Question<'_>, view: &TenantView, policy: Policy, now: Timestamp) -> Judgement {
    let (Some(organization), Some(roles)) = (&view.organization, &view.signer_roles) else {
        return Judgement::Unreadable;
    };
    let facts = facts(organization, roles, view.grants.as_deref().unwrap_or_default(), question.action);
    if let Err(code) = admit(question, organization, roles, policy) {
        return Judgement::Refused(code, facts);
    }
    let Some(grants) = &view.grants else { return Judgement::Unreadable };
    match question.action.proved_by() {
        ProvedBy::Grants => granted_for_all(question, grants, facts, now),
        ProvedBy::SignIn => Judgement::Granted(Granted { facts }),
        ProvedBy::Membership => membership::judge(question.signer, view, facts),
        // Proved with a token of our own, never with a person's.
        ProvedBy::AppRoles => Judgement::NotVisibleYet(facts),
    }
}

/// Whether this person's consent counts in this tenant.
fn admit(
    question: Question<'_>,
    organization: &Organization,
    roles: &[RoleTemplateId],
    policy: Policy,
) -> Result<(), Code> {
    let elsewhere = question.pin.is_some_and(|pin| pin != question.signer.tenant);
    if elsewhere || organization.id != question.signer.tenant {
        return Err(Code::WrongTenant);
    }
    if policy.global_administrator && !roles.contains(&GLOBAL_ADMINISTRATOR) {
        return Err(Code::AdminRoleRequired);
    }
    Ok(())
}

/// Whether the grants hold for the whole tenant, not for the signer alone.
fn granted_for_all(question: Question<'_>, grants: &[DelegatedGrant], facts: Facts, now: Timestamp) -> Judgement {
    if covers_tenant(grants, question.action) {
        return Judgement::Granted(Granted { facts });
    }
    let own = Holder::Person(question.signer.object);
    let for_signer_alone = covers(grants, question.action, |holder| holder == Holder::Tenant || holder == own);
    let decided = !question.asked_again || now.since(question.since) >= OLD_GRANT_GRACE;
    if for_signer_alone && decided {
        return Judgement::Refused(Code::OrgConsentNotTicked, facts);
    }
    Judgement::NotVisibleYet(facts)
}

/// Whether grants show for the whole tenant what `action` asks Graph for.
fn covers_tenant(grants: &[DelegatedGrant], action: ActionType) -> bool {
    covers(grants, action, |holder| holder == Holder::Tenant)
}

/// What `action` asks Graph for and is not granted for the whole tenant.
pub(crate) fn missing_in_tenant(grants: &[DelegatedGrant], action: ActionType) -> Vec<&'static str> {
    missing(grants, action, |holder| holder == Holder::Tenant)
}

/// Whether grants show `asked` for the whole tenant, of whichever API it is.
pub(crate) fn is_granted(grants: &[DelegatedGrant], asked: &Permission) -> bool {
    let of_tenant = grants.iter().filter(|grant| grant.resource == asked.resource && grant.holds_for == Holder::Tenant);
    of_tenant.flat_map(|grant| &grant.scopes).any(|scope| scope.eq_ignore_ascii_case(asked.name))
}

/// Whether the grants that count hold every Graph permission that the action asks for. Several grants may share one
/// resource, and case does not count.
///
/// Another API's permission is told apart (`contains_teams_tenant_admin_api`): a tenant may lack that API. An action
/// that asks Graph for nothing is proved by other means than grants, never by their absence.
fn covers(grants: &[DelegatedGrant], action: ActionType, counts: impl Fn(Holder) -> bool) -> bool {
    asked_of_graph(action).next().is_some() && missing(grants, action, counts).is_empty()
}

fn asked_of_graph(action: ActionType) -> impl Iterator<Item = &'static str> {
    permission::names(action, Kind::Delegated, GRAPH)
}

/// What the action asks of Graph and the grants that count do not hold.
fn missing(grants: &[DelegatedGrant], action: ActionType, counts: impl Fn(Holder) -> bool) -> Vec<&'static str> {
    let held: BTreeSet<String> = grants
        .iter()
        .filter(|grant| grant.resource == GRAPH && counts(grant.holds_for))
        .flat_map(|grant| grant.scopes.iter().map(|scope| scope.to_ascii_lowercase()))
        .collect();
    asked_of_graph(action).filter(|name| !held.contains(&name.to_ascii_lowercase())).collect()
}

fn facts(
    organization: &Organization,
    roles: &[RoleTemplateId],
    grants: &[DelegatedGrant],
    action: ActionType,
) -> Facts {
    Facts {
        organization: organization.display_name.clone(),
        office_user_type: Some(OfficeUserType::of(roles)),
        company_admin: roles.contains(&GLOBAL_ADMINISTRATOR),
        contains_teams_tenant_admin_api: shows_teams(grants),
        missing: missing_in_tenant(grants, action),
        administrators: Vec::new(),
    }
}

/// Whether the Teams admin API is granted tenant-wide.
pub(crate) fn shows_teams(grants: &[DelegatedGrant]) -> bool {
    grants.iter().any(|grant| grant.resource == TEAMS_ADMIN_API && grant.holds_for == Holder::Tenant)
}

/// What somebody is by their directory roles, in the source's words (R125).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OfficeUserType {
    /// A Global Administrator.
    GlobalAdmin,
    /// A Teams Administrator.
    TeamsAdmin,
    /// Anybody else.
    User,
}

impl OfficeUserType {
    /// What somebody with these directory roles is.
    #[must_use]
    pub fn of(roles: &[RoleTemplateId]) -> Self {
        if roles.contains(&GLOBAL_ADMINISTRATOR) {
            Self::GlobalAdmin
        } else if roles.contains(&TEAMS_ADMINISTRATOR) {
            Self::TeamsAdmin
        } else {
            Self::User
        }
    }

    /// The source's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GlobalAdmin => "GLOBAL_ADMIN",
            Self::TeamsAdmin => "TEAMS_ADMIN",
            Self::User => "USER",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::from_u128(1);
    const SIGNER: ObjectId = ObjectId::from_u128(2);
    const SINCE: Timestamp = Timestamp::from_seconds(1_000);

    fn grant(resource: ApplicationId, holds_for: Holder, scopes: &str) -> DelegatedGrant {
        DelegatedGrant { resource, holds_for, scopes: scopes.split(' ').map(str::to_owned).collect() }
    }

    fn all(holder: Holder) -> Vec<DelegatedGrant> {
        let graph = "openid profile directory.readwrite.all Directory.AccessAsUser.All \
                     TeamsAppInstallation.ReadWriteForUser Organization.Read.All User.ReadWrite.All";
        vec![grant(GRAPH, holder, graph), grant(TEAMS_ADMIN_API, holder, "user_impersonation")]
    }

    fn view(grants: Vec<DelegatedGrant>) -> TenantView {
        TenantView {
            organization: Some(Organization { id: TENANT, display_name: "MSFT".into() }),
            signer_roles: Some(vec![GLOBAL_ADMINISTRATOR]),
            grants: Some(grants),
            management: None,
            app_roles: None,
            joined: None,
        }
    }

    fn judged_at(view: &TenantView, asked_again: bool, now: Timestamp) -> Judgement {
        let signer = Signer { tenant: TENANT, object: SIGNER, user_principal_name: None };
        judge(Question { asked_again, ..question(&signer) }, view, Policy::default(), now)
    }

    fn question(signer: &Signer) -> Question<'_> {
        Question { action: ActionType::Registration, signer, since: SINCE, asked_again: false, pin: None }
    }

    fn judged(view: &TenantView) -> Judgement {
        judged_at(view, false, SINCE)
    }

    fn refusal(judgement: Judgement) -> Option<Code> {
        if let Judgement::Refused(code, _) = judgement { Some(code) } else { None }
    }

    /// R124-R127 A tenant-wide grant of everything by a Global Administrator is the consent, and tells its facts.
    #[test]
    fn a_tenant_wide_grant_of_everything_is_granted() {
        let Judgement::Granted(granted) = judged(&view(all(Holder::Tenant))) else { panic!("not granted") };
        let expected = Facts {
            organization: "MSFT".into(),
            office_user_type: Some(OfficeUserType::GlobalAdmin),
            company_admin: true,
            contains_teams_tenant_admin_api: true,
            missing: vec![],
            administrators: vec![],
        };
        assert_eq!(granted.facts(), &expected);
    }

    /// R127 The Teams admin API is told apart: a tenant without it has consented all the same.
    #[test]
    fn a_tenant_without_the_teams_api_has_consented_too() {
        let mut grants = all(Holder::Tenant);
        grants.retain(|grant| grant.resource == GRAPH);
        let Judgement::Granted(granted) = judged(&view(grants)) else { panic!("not granted") };
        assert!(!granted.facts().contains_teams_tenant_admin_api);
    }

    /// R130 A sign-in is proved by its signer's role in the bound tenant, and tells the flag; grants are not its matter.
    #[test]
    fn a_sign_in_is_proved_by_the_administrator() {
        let signer = Signer { tenant: TENANT, object: SIGNER, user_principal_name: None };
        let login = Question { action: ActionType::LoginEnterpriseAdmin, pin: Some(TENANT), ..question(&signer) };
        let judged = |view: &TenantView| judge(login, view, Policy::default(), SINCE);
        let Judgement::Granted(granted) = judged(&view(vec![])) else { panic!("not granted") };
        assert!(!granted.facts().contains_teams_tenant_admin_api);
        let unread = TenantView { grants: None, ..view(vec![]) };
        assert_eq!(judged(&unread), Judgement::Unreadable, "the flag is read, never guessed");
        let nobody = TenantView { signer_roles: Some(vec![]), ..view(vec![]) };
        assert_eq!(refusal(judged(&nobody)), Some(Code::AdminRoleRequired));
        let elsewhere = Question { pin: Some(TenantId::from_u128(5)), ..login };
        assert_eq!(refusal(judge(elsewhere, &view(vec![]), Policy::default(), SINCE)), Some(Code::WrongTenant));
    }

    /// P1 What a signer granted proves no app role.
    #[test]
    fn an_application_consent_is_not_proved_by_a_sign_in() {
        let signer = Signer { tenant: TENANT, object: SIGNER, user_principal_name: None };
        let sync = Question { action: ActionType::UserSync, ..question(&signer) };
        let judgement = judge(sync, &view(all(Holder::Tenant)), Policy::default(), SINCE);
        assert!(matches!(judgement, Judgement::NotVisibleYet(_)));
    }

    /// G43 Granted but for one permission is not granted, and the one is named.
    #[test]
    fn grants_split_over_records_count_together() {
        let mut grants = all(Holder::Tenant);
        let last = grants[0].scopes.pop().unwrap();
        let Judgement::NotVisibleYet(facts) = judged(&view(grants.clone())) else { panic!("granted in part") };
        assert_eq!(facts.missing, [last.as_str()]);
        grants.push(grant(GRAPH, Holder::Tenant, &last));
        assert!(matches!(judged(&view(grants)), Judgement::Granted(_)));
    }

    #[test]
    fn a_grant_for_the_signer_alone_is_not_the_organisations() {
        let alone = view(all(Holder::Person(SIGNER)));
        assert_eq!(refusal(judged(&alone)), Some(Code::OrgConsentNotTicked));
        let somebody_else = view(all(Holder::Person(ObjectId::from_u128(9))));
        assert!(matches!(judged(&somebody_else), Judgement::NotVisibleYet(_)));
    }

    #[test]
    fn an_older_grant_for_the_signer_alone_does_not_decide_at_once() {
        let alone = view(all(Holder::Person(SIGNER)));
        let soon = judged_at(&alone, true, SINCE.plus(Duration::from_secs(59)));
        assert!(matches!(soon, Judgement::NotVisibleYet(_)));
        let later = judged_at(&alone, true, SINCE.plus(OLD_GRANT_GRACE));
        assert_eq!(refusal(later), Some(Code::OrgConsentNotTicked));
    }

    /// R125, R126 Without the role nothing is granted, however complete the grants are.
    #[test]
    fn a_consent_without_the_role_does_not_count() {
        let mut view = view(all(Holder::Tenant));
        view.signer_roles = Some(vec![TEAMS_ADMINISTRATOR]);
        let Judgement::Refused(Code::AdminRoleRequired, facts) = judged(&view) else { panic!("not refused") };
        assert_eq!((facts.office_user_type, facts.company_admin), (Some(OfficeUserType::TeamsAdmin), false));
        view.grants = None;
        assert_eq!(refusal(judged(&view)), Some(Code::AdminRoleRequired));
    }

    #[test]
    fn another_organisation_than_the_tokens_is_refused() {
        let mut view = view(all(Holder::Tenant));
        let signer = Signer { tenant: TENANT, object: SIGNER, user_principal_name: None };
        let pinned = |pin| judge(Question { pin: Some(pin), ..question(&signer) }, &view, Policy::default(), SINCE);
        assert!(matches!(pinned(TENANT), Judgement::Granted(_)));
        assert_eq!(refusal(pinned(TenantId::from_u128(5))), Some(Code::WrongTenant));
        view.organization = Some(Organization { id: TenantId::from_u128(5), display_name: String::new() });
        assert_eq!(refusal(judged(&view)), Some(Code::WrongTenant));
    }

    #[test]
    fn what_could_not_be_read_is_not_missing() {
        let whole = view(all(Holder::Tenant));
        for part in [
            TenantView { organization: None, ..whole.clone() },
            TenantView { signer_roles: None, ..whole.clone() },
            TenantView { grants: None, ..whole },
        ] {
            assert_eq!(judged(&part), Judgement::Unreadable);
        }
    }
}
