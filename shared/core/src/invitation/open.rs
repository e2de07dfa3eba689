//! The invitations of an enterprise, on its own row: one for each address, with how many mails went there.
//!
//! The store compares them whole where it writes them, so of two invitations of one address at once one is made, and no mail
//! escapes the count: neither by an invitation anew nor by taking one back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Invitation;
use crate::id::InvitationId;
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// The most invitations of one enterprise that are open at once.
const MOST: usize = 20;

/// The most addresses of which anything is noted.
const MOST_NOTED: usize = 100;

/// How many mails go to an address without a pause between them (R169).
const FREE_MAILS: u32 = 5;

/// How long the pause is from then on.
const PAUSE: Duration = Duration::from_hours(1);

/// How long the mails to an address are remembered after the newest of them, if nothing of it is open.
const REMEMBERED: Duration = Duration::from_hours(24);

/// One that was sent, by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// Which.
    pub id: InvitationId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many mails went to its address, if that was counted: an entry is written back as it was read, or the store would find
    /// another one there.
    #[serde(flatten)]
    mailed: Option<Mailed>,
    /// Whether it was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_over: bool,
}

/// The mails to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mailed {
    /// How many there were.
    mails: u32,
    /// When the newest went out.
    mailed_at: Timestamp,
}

impl Invited {
    fn is_open(&self, now: Timestamp) -> bool {
        !self.is_over && now < self.expires_at
    }

    fn is_remembered(&self, now: Timestamp) -> bool {
        self.is_open(now) || self.mailed.is_some_and(|mailed| now < mailed.mailed_at.plus(REMEMBERED))
    }

    /// For how many seconds no mail may go to its address.
    fn pause(&self, now: Timestamp) -> Option<u32> {
        let Mailed { mails, mailed_at } = self.mailed?;
        let next = mailed_at.plus(PAUSE);
        let left = next.since(now).as_millis().div_ceil(1_000);
        (mails >= FREE_MAILS && now < next).then(|| u32::try_from(left).unwrap_or(u32::MAX))
    }
}

/// Those that were sent and not accepted; some may have expired, or were taken back lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenInvitations(BTreeMap<SecretHash, Invited>);

/// Why an invitation is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotSent {
    /// Too many are open, or were lately.
    #[error("20 invitations of the enterprise are open, or 100 addresses were invited within a day")]
    TooMany,
    /// So many mails went to its address that there is a pause, of so many seconds.
    #[error("too many mails went to the address of the invitation")]
    TooOften(u32),
}

impl OpenInvitations {
    /// Those of a new enterprise, of which somebody is invited at once.
    #[must_use]
    pub fn first(invitation: &Invitation) -> Self {
        Self([(invitation.address.clone(), noted(invitation, 0))].into())
    }

    /// Whether nothing is noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are open now.
    pub fn at(&self, now: Timestamp) -> impl Iterator<Item = &Invited> {
        self.0.values().filter(move |invited| invited.is_open(now))
    }

    /// With `invitation`, of which a mail goes out now, in the place of the one of its address; and that one, if it was open.
    pub fn with(&self, invitation: &Invitation, now: Timestamp) -> Result<(Self, Option<InvitationId>), NotSent> {
        let mut after = self.clone();
        after.0.retain(|_, invited| invited.is_remembered(now));
        let before = after.0.get(&invitation.address);
        if let Some(seconds) = before.and_then(|before| before.pause(now)) {
            return Err(NotSent::TooOften(seconds));
        }
        let new = noted(invitation, before.and_then(|before| before.mailed).map_or(0, |mailed| mailed.mails));
        let former = after.0.insert(invitation.address.clone(), new).filter(|former| former.is_open(now));
        if after.at(now).count() > MOST || after.0.len() > MOST_NOTED {
            return Err(NotSent::TooMany);
        }
        Ok((after, former.map(|former| former.id).filter(|former| *former != invitation.id)))
    }

    /// With `invitation` taken back. The mails to its address stay counted.
    #[must_use]
    pub fn without(&self, invitation: &Invitation) -> Self {
        let mut after = self.clone();
        for invited in after.0.values_mut().filter(|invited| invited.id == invitation.id) {
            invited.is_over = true;
        }
        after
    }
}

/// What is noted of an invitation whose newest mail goes out after `mails` others.
fn noted(invitation: &Invitation, mails: u32) -> Invited {
    let Invitation { id, expires_at, sent_at, .. } = invitation;
    let mailed = Mailed { mails: mails + 1, mailed_at: *sent_at };
    Invited { id: id.clone(), expires_at: *expires_at, mailed: Some(mailed), is_over: false }
}
