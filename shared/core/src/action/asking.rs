//! What a provider does to an optional action: ask for it, and stop asking (R001, R002).

use thiserror::Error;

use super::ActionState;
use crate::time::Timestamp;

/// The action is granted, in part too, or about to be proved: no longer asking would leave the grant where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("what was granted must be revoked, not withdrawn")]
pub struct RevokeRequired;

impl ActionState {
    /// The provider asks. What is asked for already, or granted, stays as it is: there is one item.
    #[must_use]
    pub fn ask(self, now: Timestamp) -> Self {
        match self {
            Self::NotRequested | Self::Withdrawn { .. } | Self::Revoked { .. } | Self::Expired { .. } => {
                Self::PendingConsent { since: now }
            }
            Self::PendingConsent { .. }
            | Self::Started { .. }
            | Self::PendingConfirmation { .. }
            | Self::Verifying { .. }
            | Self::Granted { .. }
            | Self::Declined { .. }
            | Self::Blocked { .. }
            | Self::Unverifiable { .. }
            | Self::Drifted { .. } => self,
        }
    }

    /// The provider no longer asks.
    pub fn withdraw(self, now: Timestamp) -> Result<Self, RevokeRequired> {
        match self {
            Self::NotRequested | Self::Withdrawn { .. } => Ok(self),
            Self::PendingConsent { .. }
            | Self::Started { .. }
            | Self::Declined { .. }
            | Self::Blocked { .. }
            | Self::Unverifiable { .. }
            | Self::Revoked { .. }
            | Self::Expired { .. } => Ok(Self::Withdrawn { since: now }),
            Self::PendingConfirmation { .. } | Self::Verifying { .. } | Self::Granted { .. } | Self::Drifted { .. } => {
                Err(RevokeRequired)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ConsentRequestId;
    use crate::random::tests::Counting;

    const THEN: Timestamp = Timestamp::from_seconds(1);
    const NOW: Timestamp = Timestamp::from_seconds(2);

    fn request() -> ConsentRequestId {
        ConsentRequestId::new(THEN, &Counting::default())
    }

    /// R002 Asking raises the item; asking again does not raise another.
    #[test]
    fn an_item_is_raised_once() {
        let asked = ActionState::NotRequested.ask(NOW);
        assert_eq!(asked, ActionState::PendingConsent { since: NOW });
        let earlier = ActionState::PendingConsent { since: THEN };
        assert_eq!(earlier.clone().ask(NOW), earlier);
        let granted = ActionState::Granted { since: THEN, request: request(), by: None, tenant: None };
        assert_eq!(granted.clone().ask(NOW), granted);
        let revoked = ActionState::Revoked { since: THEN, request: request(), by: None };
        for ended in [ActionState::Withdrawn { since: THEN }, revoked] {
            assert_eq!(ended.ask(NOW), ActionState::PendingConsent { since: NOW });
        }
    }

    /// R002 What is pending is withdrawn; what is granted, in part too, or being proved, must be revoked.
    #[test]
    fn only_what_is_not_granted_is_withdrawn() {
        let started = ActionState::Started { since: THEN, request: request(), asked_again: false };
        for pending in [ActionState::PendingConsent { since: THEN }, started] {
            assert_eq!(pending.withdraw(NOW), Ok(ActionState::Withdrawn { since: NOW }));
        }
        assert_eq!(ActionState::NotRequested.withdraw(NOW), Ok(ActionState::NotRequested));
        let granted = ActionState::Granted { since: THEN, request: request(), by: None, tenant: None };
        let drifted = ActionState::Drifted { since: THEN, request: request(), by: None, missing: vec![] };
        for proved in [granted, drifted, ActionState::Verifying { since: THEN, request: request() }] {
            assert_eq!(proved.withdraw(NOW), Err(RevokeRequired));
        }
    }
}
