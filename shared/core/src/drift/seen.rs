//! What a reading showed of a tenant, whoever's token it was made with.

use std::collections::BTreeSet;

use crate::action::{ActionType, ProvedBy};
use crate::application_client::ApplicationClients;
use crate::enterprise::Enterprise;
use crate::id::{ApplicationId, RoleTemplateId, TenantId};
use crate::permission::{self, GRAPH, Kind, Permission};
use crate::proof::application::{self, AppRole};
use crate::proof::{self, Also, DelegatedGrant, TEAMS_ADMINISTRATOR, TenantView};
use crate::provisioning::ROLES;

/// The permission by which our application reads a tenant on its own; part of user synchronisation.
const READS_DIRECTORY: &str = "Directory.Read.All";

/// What was seen. Made from a view of Graph alone.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    tenant: TenantId,
    grants: Option<&'a [DelegatedGrant]>,
    app_roles: Option<&'a [AppRole]>,
    joined: Option<&'a [RoleTemplateId]>,
    also: &'a Also,
    /// The registrations that are known not to be in the tenant.
    absent: Option<&'a BTreeSet<ApplicationId>>,
    /// Whether Microsoft says that no registration of ours may read.
    closed: bool,
}

/// Whether an action is shown as granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is.
    Granted,
    /// These permissions of it are not.
    Gone(Vec<&'static str>),
    /// Its registration is not in the tenant, or disabled there.
    Absent,
    /// It was not read.
    Unread,
    /// No registration of ours may read it.
    NobodyMayRead,
}

impl<'a> Seen<'a> {
    /// What a signer's token showed; none if it did not show which tenant.
    #[must_use]
    pub fn by_signer(view: &'a TenantView, also: &'a Also) -> Option<Self> {
        Some(Self {
            tenant: view.organization.as_ref()?.id,
            grants: view.grants.as_deref(),
            app_roles: view.app_roles.as_deref(),
            joined: view.joined.as_deref(),
            also,
            absent: None,
            closed: false,
        })
    }

    /// What a token of our own showed; none if it showed nothing.
    #[must_use]
    pub fn by_ourselves(view: &'a application::View, also: &'a Also) -> Option<Self> {
        let application::View::Open { organization, roles, grants, joined, absent } = view else { return None };
        let (grants, joined) = (grants.as_deref(), joined.as_deref());
        let (tenant, app_roles, absent) = (organization.id, Some(roles.as_slice()), Some(absent));
        Some(Self { tenant, grants, app_roles, joined, also, absent, closed: false })
    }

    /// The same of `tenant`, where a grant was there before: that our registrations may not read is news too.
    #[must_use]
    pub fn by_watching(tenant: TenantId, view: &'a application::View, also: &'a Also) -> Option<Self> {
        if let application::View::Closed { absent } = view {
            let (grants, app_roles, joined) = (None, None, None);
            return Some(Self { tenant, grants, app_roles, joined, also, absent: Some(absent), closed: true });
        }
        Self::by_ourselves(view, also)
    }

    /// The tenant that was read.
    pub(super) const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whether everything was read that was to be looked at.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        let joined = self.joined.is_some() || !self.also.joined;
        !self.closed && self.grants.is_some() && self.app_roles.is_some() && joined
    }

    /// Whether asking again soon would show no more: everything was read, or Microsoft says that nobody of ours may read.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.closed || self.is_whole()
    }

    /// The permissions of other APIs than Graph that were seen granted for the whole tenant, of all that we ask for.
    #[must_use]
    pub fn beyond_graph(&self) -> Vec<String> {
        let asked = ActionType::all().flat_map(permission::asked_by);
        let others = asked.filter(|asked| asked.kind == Kind::Delegated && asked.resource != GRAPH);
        let grants = self.grants.unwrap_or_default();
        others.filter(|asked| proof::is_granted(grants, asked)).map(Permission::scope).collect()
    }

    /// Whether the Teams admin API was seen granted for the whole tenant.
    pub(super) fn shows_teams(&self) -> bool {
        self.grants.is_some_and(proof::shows_teams)
    }

    /// The roles beside Teams Administrator, of those that a management consent joins, that our service principal was seen in.
    #[must_use]
    pub fn joined_roles(&self) -> Vec<RoleTemplateId> {
        let beside = |role: &RoleTemplateId| ROLES.contains(role) && *role != TEAMS_ADMINISTRATOR;
        self.joined.unwrap_or_default().iter().copied().filter(beside).collect()
    }

    /// Whether `action` of `enterprise` is shown as granted.
    ///
    /// Where nobody of ours may read because user synchronisation has lost its right to, that is the one loss of this look: of the
    /// rest nothing is known, and nothing is told. Whoever mends it before the next look hears of nothing else; after that
    /// nobody may read the rest. Where that right was never given nothing was lost: a registration whose administrator has stopped
    /// before the second screen stays as the sign-in proved it.
    pub(super) fn shows(&self, action: ActionType, enterprise: &Enterprise, clients: &ApplicationClients) -> Shown {
        let client = clients.of(action);
        let found = |missing: Vec<&'static str>| if missing.is_empty() { Shown::Granted } else { Shown::Gone(missing) };
        if self.absent.is_some_and(|absent| absent.contains(&client)) {
            return Shown::Absent;
        }
        let shown = match action.proved_by() {
            ProvedBy::Grants => self.grants.map(|grants| {
                let of_graph = proof::missing_in_tenant(grants, action);
                let had = enterprise.had_beyond_graph(action, of_graph.is_empty()).into_iter();
                let gone = had.filter(|asked| !proof::is_granted(grants, asked)).map(|asked| asked.name);
                found(of_graph.iter().copied().chain(gone).collect())
            }),
            ProvedBy::Membership => self.joined.map(|joined| {
                let mut all = [TEAMS_ADMINISTRATOR].into_iter().chain(enterprise.joined_roles.iter().copied());
                let is_member = all.all(|role| joined.contains(&role));
                let asked = permission::names(action, Kind::Delegated, GRAPH);
                found(if is_member { Vec::new() } else { asked.collect() })
            }),
            ProvedBy::AppRoles if self.closed && action == ActionType::UserSync => {
                // Of what was missing before nothing is known: it is missing still.
                let state = enterprise.action(action);
                let known = |name: &&str| state.lacks(name);
                let also = permission::asked_by(action).map(|asked| asked.name).filter(known);
                let all = also.filter(|name| *name != READS_DIRECTORY).chain([READS_DIRECTORY]);
                Some(Shown::Gone(all.collect()))
            }
            ProvedBy::AppRoles if self.also.clients.contains(&client) => {
                self.app_roles.map(|roles| found(application::missing(action, client, roles)))
            }
            ProvedBy::AppRoles | ProvedBy::SignIn => None,
        };
        // It was once there if it was lost, or if everything was read with it; a reset of user synchronisation forgets the loss.
        let was_lost = enterprise.lost.contains(&ActionType::UserSync);
        let is_explained = enterprise.action(ActionType::UserSync).is_granted();
        let may_read_no_more = self.closed && (was_lost || (enterprise.verified_at.is_some() && !is_explained));
        shown.unwrap_or(if may_read_no_more { Shown::NobodyMayRead } else { Shown::Unread })
    }
}
