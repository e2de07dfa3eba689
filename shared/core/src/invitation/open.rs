//! The open invitations of an enterprise, on its own row: one for each address.
//!
//! The store compares them whole where it writes them, so of two invitations of one address at once one is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Invitation;
use crate::id::InvitationId;
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// The most invitations of one enterprise that are open at once.
const MOST: usize = 20;

/// One that was sent, by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invited {
    /// Which.
    pub id: InvitationId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Those that were sent and neither accepted nor taken back; some may have expired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenInvitations(BTreeMap<SecretHash, Invited>);

/// Too many are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("20 invitations of the enterprise are open")]
pub struct TooManyInvitations;

impl OpenInvitations {
    /// Those of a new enterprise, of which somebody is invited at once.
    #[must_use]
    pub fn first(invitation: &Invitation) -> Self {
        let invited = Invited { id: invitation.id.clone(), expires_at: invitation.expires_at };
        Self([(invitation.address.clone(), invited)].into())
    }

    /// Whether none is noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are open now.
    pub fn at(&self, now: Timestamp) -> impl Iterator<Item = &Invited> {
        self.0.values().filter(move |invited| now < invited.expires_at)
    }

    /// With `invitation` in the place of the one of its address; and that one, if it was open. What has expired is left out.
    pub fn with(
        &self,
        invitation: &Invitation,
        now: Timestamp,
    ) -> Result<(Self, Option<InvitationId>), TooManyInvitations> {
        let mut after = self.clone();
        after.0.retain(|_, invited| now < invited.expires_at);
        let new = Invited { id: invitation.id.clone(), expires_at: invitation.expires_at };
        let former = after.0.insert(invitation.address.clone(), new).map(|former| former.id);
        if after.0.len() > MOST {
            return Err(TooManyInvitations);
        }
        Ok((after, former.filter(|former| *former != invitation.id)))
    }

    /// Without `invitation`.
    #[must_use]
    pub fn without(&self, invitation: &Invitation) -> Self {
        let mut after = self.clone();
        after.0.retain(|_, invited| invited.id != invitation.id);
        after
    }
}
