//! Drift: a consent that was granted and that Microsoft no longer shows, or shows again.
//!
//! A new tenant-wide grant may take an earlier one away (Microsoft: "Grant tenant-wide admin consent to an application"),
//! and an administrator may take away any. So whoever reads a tenant looks at everything that it granted before, and every
//! enterprise with granted actions is looked at by itself, at least twice a day (K17). What was not read is not missing.

mod noted;
mod seen;

use std::time::Duration;

use crate::action::{ActionState, ActionType, ProvedBy};
use crate::application_client::ApplicationClients;
use crate::enterprise::Enterprise;
use crate::id::{ConsentRequestId, EnterpriseId, TenantId};
use crate::permission::{self, Kind, Permission};
use crate::proof::Also;
use crate::time::Timestamp;

pub use noted::{Drift, Noting, recovered};
pub(crate) use noted::{event_with_link, seen_by};
pub use seen::Seen;
use seen::Shown;

/// How long an enterprise is left alone at least.
const LEFT_ALONE: Duration = Duration::from_hours(9);

/// By how much longer, at most: enterprises that were granted together are not looked at together for ever. Both together
/// are K17's 12 hours, less what a tick and a reading may take.
const SPREAD: Duration = Duration::from_mins(2 * 60 + 45);

/// When Microsoft is asked again that did not answer, or not for everything.
const AGAIN_AFTER: Duration = Duration::from_mins(15);

/// When an enterprise that is all right at `now` is to be looked at. Its number is random, and so is its place in the day.
#[must_use]
pub fn next_look(enterprise: EnterpriseId, now: Timestamp) -> Timestamp {
    now.plus(LEFT_ALONE + Duration::from_secs(enterprise.get() % SPREAD.as_secs()))
}

/// When an enterprise is to be looked at of which `now` not everything could be read.
#[must_use]
pub fn look_again(now: Timestamp) -> Timestamp {
    now.plus(AGAIN_AFTER)
}

impl Enterprise {
    /// What is to be looked at for the actions that are granted, or were.
    #[must_use]
    pub fn granted_before(&self, clients: &ApplicationClients) -> Also {
        let mut also = Also::default();
        for action in self.watched() {
            match action.proved_by() {
                ProvedBy::AppRoles => drop(also.clients.insert(clients.of(action))),
                ProvedBy::Membership => also.joined = true,
                // Read in any case, or proved by what passes.
                ProvedBy::Grants | ProvedBy::SignIn => {}
            }
        }
        also
    }

    /// The actions whose grant may go, or come back.
    pub fn watched(&self) -> impl Iterator<Item = ActionType> {
        let lasts = |action: &ActionType| action.proved_by() != ProvedBy::SignIn;
        ActionType::all().filter(lasts).filter(|action| {
            let state = self.action(*action);
            state.is_granted() || self.may_return(*action, &state)
        })
    }

    /// Whether `action` is granted, or was and nobody may read whether it still is: what was not read is not missing.
    #[must_use]
    pub fn holds(&self, action: ActionType) -> bool {
        let state = self.action(action);
        state.is_granted() || (state.is_unverifiable() && self.lost.contains(&action))
    }

    /// Whether `action` is lost and none of its own links decides what became of it.
    fn is_left_to_the_watch(&self, action: ActionType) -> bool {
        let state = self.action(action);
        let has_link = state.link().is_some() && !state.is_unverifiable();
        !has_link && self.has_something(action)
    }

    /// The tenant whose consents are looked at: the one that the enterprise is bound or pinned to, or else, where that is known by a
    /// domain alone, the one in which something is looked for, or was proved.
    #[must_use]
    pub fn watched_tenant(&self) -> Option<TenantId> {
        let proved_in = |action| self.action(action).proved_in();
        self.pin().or(self.sought_in).or_else(|| ActionType::all().find_map(proved_in))
    }

    /// What of other APIs `action` had, and must still have: not what Microsoft has refused since. Where Graph's grants were lost
    /// alone, and are `whole` again, they decide alone whether it is back: a registration is granted when Graph shows its grants.
    fn had_beyond_graph(&self, action: ActionType, whole: bool) -> Vec<&'static Permission> {
        let state = self.action(action);
        let counts = |asked: &&'static Permission| match &state {
            ActionState::Drifted { missing, .. } => !whole || missing.iter().any(|name| name == asked.name),
            ActionState::Revoked { .. } => false,
            ActionState::NotRequested
            | ActionState::PendingConsent { .. }
            | ActionState::Started { .. }
            | ActionState::PendingConfirmation { .. }
            | ActionState::Verifying { .. }
            | ActionState::Granted { .. }
            | ActionState::Declined { .. }
            | ActionState::Blocked { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Withdrawn { .. }
            | ActionState::Expired { .. } => true,
        };
        let asked = permission::asked_by(action).filter(|asked| asked.kind == Kind::Delegated);
        asked
            .filter(|asked| self.beyond_graph.contains(&asked.scope()) && !self.isolated.contains(&asked.scope()))
            .filter(counts)
            .collect()
    }

    /// Whether somebody was sent for an action whose registration is looked at anyway: its screen may be granted by now.
    #[must_use]
    pub fn waits_beside(&self, clients: &ApplicationClients) -> bool {
        let is_sent_for = |action: &ActionType| {
            matches!(self.action(*action), ActionState::Started { .. } | ActionState::Expired { .. })
        };
        let waits = ActionType::all().filter(is_sent_for);
        let looked_at = self.granted_before(clients).clients;
        waits
            .filter(|action| action.proved_by() == ProvedBy::AppRoles)
            .any(|action| looked_at.contains(&clients.of(action)))
    }

    /// The links by which application permissions are granted whose registration is asked for more.
    #[must_use]
    pub fn granting_screens(&self, clients: &ApplicationClients) -> Vec<ConsentRequestId> {
        let is_left = |action: ActionType| clients.beside(action).any(|other| self.is_asked_for(other));
        let granting = ActionType::all().filter(|action| is_left(*action));
        let link = |action| {
            if let ActionState::Granted { request, .. } = self.action(action) { Some(request) } else { None }
        };
        granting.filter_map(link).collect()
    }

    /// Whether Graph alone decides that `action` is granted: it was before, or may be though its link was refused.
    fn may_return(&self, action: ActionType, state: &ActionState) -> bool {
        self.lost.contains(&action) || state.may_be_seen_late(action)
    }
}

/// A granted action that is gone, or one that is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    action: ActionType,
    was: ActionState,
    is: ActionState,
    /// Whether the action is known to be lost.
    was_lost: bool,
    /// Whether the Teams admin API was shown to be granted tenant-wide.
    shows_teams: bool,
}

/// What a reading was made for, and decides by itself.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// Its action.
    pub action: ActionType,
    /// Every action that its screen asked for.
    pub screen: &'a [ActionType],
}

impl Decided<'_> {
    /// Whether the reading decides nothing of `action`, which the watch may decide then. What its screen asks for again, so that
    /// nothing is lost, has no link of its own there.
    fn leaves(self, action: ActionType, enterprise: &Enterprise) -> bool {
        action != self.action && (enterprise.is_left_to_the_watch(action) || !self.screen.contains(&action))
    }
}

/// What `seen` changes of the actions that were granted, but for what is `decided` otherwise.
#[must_use]
pub fn changes(
    enterprise: &Enterprise,
    seen: Seen<'_>,
    (clients, decided): (&ApplicationClients, Option<Decided<'_>>),
    now: Timestamp,
) -> Vec<Change> {
    if enterprise.watched_tenant() != Some(seen.tenant()) {
        return Vec::new();
    }
    let shows_teams = seen.shows_teams();
    let is_here = |action: &ActionType| enterprise.action(*action).proved_in().is_none_or(|own| own == seen.tenant());
    let change = |action: ActionType| {
        let was = enterprise.action(action);
        let is_left = decided.is_none_or(|decided| decided.leaves(action, enterprise));
        let was_lost = enterprise.lost.contains(&action);
        let is = becomes((&was, was_lost), seen.shows(action, enterprise, clients), (seen.tenant(), now));
        is.filter(|_| is_left).map(|is| Change { action, was, is, was_lost, shows_teams })
    };
    enterprise.watched().filter(is_here).filter_map(change).collect()
}

/// What becomes of an action that is granted, was, or whose grant was never seen.
fn becomes(
    (was, was_lost): (&ActionState, bool),
    shown: Shown,
    (tenant, since): (TenantId, Timestamp),
) -> Option<ActionState> {
    let (request, by) = was.grant()?;
    let (request, by) = (request.clone(), by.cloned());
    // What was granted, and nobody could read since, may turn out to be gone.
    let may_be_gone = was.is_granted() || (was.is_unverifiable() && was_lost);
    if let ActionState::Drifted { since: lost, missing: known, .. } = was {
        // More of it may go, or a part of it be back.
        return match shown {
            Shown::Granted => Some(ActionState::Granted { since, request, by, tenant: Some(tenant) }),
            Shown::Absent => Some(ActionState::Revoked { since, request, by }),
            Shown::Gone(missing) if !(is_among(&missing, known) && is_among(known, &missing)) => {
                let missing = missing.into_iter().map(str::to_owned).collect();
                Some(ActionState::Drifted { since: *lost, request, by, missing })
            }
            Shown::Gone(_) | Shown::Unread | Shown::NobodyMayRead => None,
        };
    }
    match shown {
        Shown::Granted if !was.is_granted() => Some(ActionState::Granted { since, request, by, tenant: Some(tenant) }),
        Shown::Gone(missing) if may_be_gone => {
            let missing = missing.into_iter().map(str::to_owned).collect();
            Some(ActionState::Drifted { since, request, by, missing })
        }
        Shown::Absent if may_be_gone => Some(ActionState::Revoked { since, request, by }),
        Shown::NobodyMayRead if was.is_granted() => Some(ActionState::Unverifiable { since, request, by }),
        Shown::Granted | Shown::Gone(_) | Shown::Absent | Shown::Unread | Shown::NobodyMayRead => None,
    }
}

/// Whether all of `some` are among `all`.
fn is_among(some: &[impl AsRef<str>], all: &[impl AsRef<str>]) -> bool {
    some.iter().all(|one| all.iter().any(|other| other.as_ref() == one.as_ref()))
}

impl Change {
    /// Whether nothing more is gone than was before, so that there is no loss to tell (K17: each once).
    fn is_no_more_than_before(&self) -> bool {
        let (ActionState::Drifted { missing: before, .. }, ActionState::Drifted { missing, .. }) =
            (&self.was, &self.is)
        else {
            return false;
        };
        is_among(missing, before)
    }

    /// Whether the action is granted again, not gone.
    #[must_use]
    pub const fn is_return(&self) -> bool {
        self.is.is_granted()
    }

    /// Whether the grant may never have been seen before: its link was told that it cannot be seen, or waits for an approval, and is
    /// owed what came of it.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.is_return() && self.was.may_be_seen_late(self.action)
    }

    /// The link by which the action was granted.
    #[must_use]
    pub fn granted_by(&self) -> Option<&ConsentRequestId> {
        self.is.grant().map(|(request, _)| request)
    }
}

#[cfg(test)]
mod tests;
