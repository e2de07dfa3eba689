//! The words of an action's states, and what follows from them alone.

use super::ActionState;
use crate::time::Timestamp;
use crate::word::words;

words!(
    /// An action's state without what belongs to it: its word.
    ActionStatus {
        /// See [`ActionState::NotRequested`].
        NotRequested = "not_requested",
        /// See [`ActionState::PendingConsent`].
        PendingConsent = "pending_consent",
        /// See [`ActionState::Started`].
        Started = "started",
        /// See [`ActionState::PendingConfirmation`].
        PendingConfirmation = "pending_confirmation",
        /// See [`ActionState::Verifying`].
        Verifying = "verifying",
        /// See [`ActionState::Granted`].
        Granted = "granted",
        /// See [`ActionState::Declined`].
        Declined = "declined",
        /// See [`ActionState::Blocked`].
        Blocked = "blocked",
        /// See [`ActionState::Unverifiable`].
        Unverifiable = "unverifiable",
        /// See [`ActionState::Drifted`].
        Drifted = "drifted",
        /// See [`ActionState::Withdrawn`].
        Withdrawn = "withdrawn",
        /// See [`ActionState::Revoked`].
        Revoked = "revoked",
        /// See [`ActionState::Expired`].
        Expired = "expired",
    }
);

impl ActionStatus {
    /// Whether somebody is still to act, or something to be proved.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::NotRequested | Self::Granted | Self::Withdrawn)
    }
}

impl ActionState {
    /// The state without what belongs to it.
    #[must_use]
    pub const fn status(&self) -> ActionStatus {
        match self {
            Self::NotRequested => ActionStatus::NotRequested,
            Self::PendingConsent { .. } => ActionStatus::PendingConsent,
            Self::Started { .. } => ActionStatus::Started,
            Self::PendingConfirmation { .. } => ActionStatus::PendingConfirmation,
            Self::Verifying { .. } => ActionStatus::Verifying,
            Self::Granted { .. } => ActionStatus::Granted,
            Self::Declined { .. } => ActionStatus::Declined,
            Self::Blocked { .. } => ActionStatus::Blocked,
            Self::Unverifiable { .. } => ActionStatus::Unverifiable,
            Self::Drifted { .. } => ActionStatus::Drifted,
            Self::Withdrawn { .. } => ActionStatus::Withdrawn,
            Self::Revoked { .. } => ActionStatus::Revoked,
            Self::Expired { .. } => ActionStatus::Expired,
        }
    }

    /// The state word of the contract.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        self.status().word()
    }

    /// Since when it is in this state; nobody counts how long nobody asked.
    #[must_use]
    pub const fn since(&self) -> Option<Timestamp> {
        match self {
            Self::NotRequested => None,
            Self::PendingConsent { since }
            | Self::Started { since, .. }
            | Self::PendingConfirmation { since, .. }
            | Self::Verifying { since, .. }
            | Self::Granted { since, .. }
            | Self::Declined { since, .. }
            | Self::Blocked { since, .. }
            | Self::Unverifiable { since, .. }
            | Self::Drifted { since, .. }
            | Self::Withdrawn { since }
            | Self::Revoked { since, .. }
            | Self::Expired { since, .. } => Some(*since),
        }
    }
}
