//! Invitations whose time is over and of whom nobody has recorded it: oldest first, a page of one shard at a time.

use std::collections::{BTreeMap, BTreeSet};

use onboarding_core::id::ResellerId;
use onboarding_core::invitation::{Invitation, InvitationStatus};
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::key::Key;
use crate::row::entity;
use crate::{Store, StoreError};

/// An invitation whose time is over, and where its service provider is told of it.
#[derive(Clone, Debug)]
pub struct Overdue {
    /// It, as it stands.
    pub invitation: Invitation,
    /// Where events go.
    pub events_url: Option<RedirectUrl>,
}

/// A page of them.
#[derive(Clone, Debug)]
pub struct OverduePage {
    /// How many the index showed.
    pub due: usize,
    /// Those that still are so.
    pub overdue: Vec<Overdue>,
}

impl Store {
    /// What is overdue in one shard, at most `limit`, which is 50 at most: one query of the due index, and one read of the rows
    /// and their service providers. An idle shard costs the query alone.
    pub async fn overdue_invitations(&self, shard: u16, now: Timestamp, limit: i32) -> Result<OverduePage, StoreError> {
        let due = self.due(DueKind::Invitation, shard, now, limit).await?;
        if due.is_empty() {
            return Ok(OverduePage { due: 0, overdue: Vec::new() });
        }
        let mut invitations: Vec<Invitation> = Vec::new();
        for item in self.batch_get(due.iter().map(|due| due.key.clone()).collect()).await? {
            match entity::<Invitation>(item) {
                Ok(invitation) => invitations.push(invitation),
                // Somebody else wrote it. The others are not left open to the same.
                Err(fault) => tracing::error!(error = %fault, "an invitation cannot be recorded as expired"),
            }
        }
        invitations.retain(|one| one.status == InvitationStatus::Pending && one.expires_at <= now);
        invitations.sort_by_key(|one| one.expires_at);
        let providers: BTreeSet<ResellerId> = invitations.iter().map(|one| one.reseller).collect();
        let mut events: BTreeMap<ResellerId, Option<RedirectUrl>> = BTreeMap::new();
        if !providers.is_empty() {
            for item in self.batch_get(providers.into_iter().map(Key::reseller).collect()).await? {
                let reseller: Reseller = entity(item)?;
                events.insert(reseller.id, reseller.events_url);
            }
        }
        let with_url = |invitation: Invitation| {
            let events_url = events.get(&invitation.reseller).cloned().flatten();
            Overdue { invitation, events_url }
        };
        Ok(OverduePage { due: due.len(), overdue: invitations.into_iter().map(with_url).collect() })
    }
}
