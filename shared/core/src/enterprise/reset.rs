//! A consent that the provider has asked for anew (R146).

use std::collections::BTreeMap;

use thiserror::Error;

use super::Enterprise;
use crate::action::{ActionState, ActionType};
use crate::consent::ConsentRequest;
use crate::time::Timestamp;

/// What a reset makes of one action. Its one maker is [`Enterprise::reset`].
#[derive(Clone, Debug)]
pub struct Reset {
    action: ActionType,
    was: ActionState,
    state: ActionState,
    resets: BTreeMap<ActionType, u64>,
    instants: BTreeMap<ActionType, Timestamp>,
}

/// Why an action is not reset; nothing is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ResetRefused {
    /// The tenant is bound by it, or nothing is granted by it.
    #[error("the action cannot be reset")]
    NotResettable,
    /// Somebody is back from Microsoft, and it is being decided.
    #[error("the consent is being decided")]
    UnderWay,
}

impl Enterprise {
    /// What a reset makes of `action`; none if nobody has begun or granted it.
    pub fn reset(&self, action: ActionType, now: Timestamp) -> Result<Option<Reset>, ResetRefused> {
        if !action.is_resettable() {
            return Err(ResetRefused::NotResettable);
        }
        let was = self.action(action);
        let state = match &was {
            ActionState::NotRequested | ActionState::PendingConsent { .. } | ActionState::Withdrawn { .. } => {
                return Ok(None);
            }
            ActionState::PendingConfirmation { .. } | ActionState::Verifying { .. } => {
                return Err(ResetRefused::UnderWay);
            }
            ActionState::Started { .. }
            | ActionState::Granted { .. }
            | ActionState::Declined { .. }
            | ActionState::Blocked { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Drifted { .. }
            | ActionState::Revoked { .. }
            | ActionState::Expired { .. } => ActionState::PendingConsent { since: now },
        };
        let mut resets = self.resets.clone();
        resets.insert(action, self.resets_of(action) + 1);
        let mut reset_at = self.reset_at.clone();
        reset_at.insert(action, now);
        Ok(Some(Reset { action, was, state, resets, instants: reset_at }))
    }

    /// How often `action` was asked for anew, or no longer.
    #[must_use]
    pub fn resets_of(&self, action: ActionType) -> u64 {
        self.resets.get(&action).copied().unwrap_or_default()
    }

    /// When `action` was refused, taken back or reset, if that is how it stands: a sign-in by a link from before is no consent to
    /// it any more, whatever it may do.
    #[must_use]
    pub fn refused_at(&self, action: ActionType) -> Option<Timestamp> {
        let was_reset = self.resets_of(action) > 0;
        match self.action(action) {
            ActionState::Declined { since, .. }
            | ActionState::Withdrawn { since }
            | ActionState::Revoked { since, .. } => Some(since),
            ActionState::PendingConsent { since }
            | ActionState::Started { since, .. }
            | ActionState::Expired { since, .. } => Some(since).filter(|_| was_reset),
            ActionState::NotRequested
            | ActionState::PendingConfirmation { .. }
            | ActionState::Verifying { .. }
            | ActionState::Granted { .. }
            | ActionState::Blocked { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Drifted { .. } => None,
        }
    }

    /// Whether `action`, which has the screen of `request`, is granted along with it: it is asked for, for a service that the
    /// enterprise has, and was not reset since the screen was asked for.
    #[must_use]
    pub fn is_granted_along(&self, action: ActionType, request: &ConsentRequest) -> bool {
        let was_reset = match self.reset_at.get(&action) {
            Some(at) => request.created_at <= *at,
            // It was, before the instant was kept: no other screen grants it.
            None => self.resets_of(action) > 0,
        };
        self.is_asked_for(action) && self.concerns(action) && !was_reset
    }

    /// Whether the action of `request` was reset, or no longer asked for, since the link was made: then the link is dead.
    #[must_use]
    pub fn has_reset(&self, request: &ConsentRequest) -> bool {
        request.resets != self.resets_of(request.action)
    }
}

impl Reset {
    /// The action.
    #[must_use]
    pub const fn action(&self) -> ActionType {
        self.action
    }

    /// Its state before.
    #[must_use]
    pub const fn was(&self) -> &ActionState {
        &self.was
    }

    /// Its state after.
    #[must_use]
    pub const fn state(&self) -> &ActionState {
        &self.state
    }

    /// How often which action was reset, this time included.
    #[must_use]
    pub const fn resets(&self) -> &BTreeMap<ActionType, u64> {
        &self.resets
    }

    /// When which action was last reset, this time included.
    #[must_use]
    pub const fn instants(&self) -> &BTreeMap<ActionType, Timestamp> {
        &self.instants
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enterprise::tests::sample;
    use crate::id::ConsentRequestId;
    use crate::random::tests::Counting;
    use serde_json::json;

    const THEN: Timestamp = Timestamp::from_seconds(1);
    const NOW: Timestamp = Timestamp::from_seconds(2);

    /// R146 What the source lets a provider reset can be, and the management consent too (R002); a registration cannot.
    #[test]
    fn some_consents_can_be_reset() {
        let resettable: Vec<ActionType> = ActionType::all().filter(|action| action.is_resettable()).collect();
        let expected = [
            ActionType::UserSync,
            ActionType::Presence,
            ActionType::ServiceProviderManagement,
            ActionType::Contacts,
            ActionType::Cdr,
        ];
        assert_eq!(resettable, expected);
        let refused = sample(7, &json!({})).reset(ActionType::Registration, NOW);
        assert_eq!(refused.err(), Some(ResetRefused::NotResettable));
    }

    /// R146 What was begun or granted is asked for anew; what is being decided is left alone; the rest is as it was.
    #[test]
    fn a_reset_leads_back_to_pending() {
        let mut enterprise = sample(7, &json!({}));
        let request = || ConsentRequestId::new(THEN, &Counting::default());
        let action = ActionType::UserSync;
        assert!(enterprise.reset(action, NOW).unwrap().is_none(), "it is pending");
        for was in [
            ActionState::Granted { since: THEN, request: request(), by: None, tenant: None },
            ActionState::Started { since: THEN, request: request(), asked_again: false },
            ActionState::Drifted { since: THEN, request: request(), by: None, missing: vec![] },
        ] {
            enterprise.actions.insert(action, was.clone());
            let reset = enterprise.reset(action, NOW).unwrap().unwrap();
            assert_eq!((reset.was(), reset.state()), (&was, &ActionState::PendingConsent { since: NOW }));
            assert_eq!((reset.resets().get(&action), reset.instants().get(&action)), (Some(&1), Some(&NOW)));
        }
        enterprise.actions.insert(action, ActionState::Verifying { since: THEN, request: request() });
        assert_eq!(enterprise.reset(action, NOW).err(), Some(ResetRefused::UnderWay));
    }

    /// R142, R146 A refusal, a withdrawal and a reset are remembered with their time, a link that was made first is none.
    #[test]
    fn a_refusal_has_its_time() {
        let mut enterprise = sample(7, &json!({}));
        let action = ActionType::ServiceProviderManagement;
        let request = || ConsentRequestId::new(THEN, &Counting::default());
        let (code, asked_again) = (crate::advice::Code::Declined, false);
        let pending = || ActionState::PendingConsent { since: NOW };
        let started = || ActionState::Started { since: NOW, request: request(), asked_again };
        let mut refused_at = |state: ActionState, resets| {
            enterprise.resets.insert(action, resets);
            enterprise.actions.insert(action, state);
            enterprise.refused_at(action)
        };
        for state in [
            ActionState::Declined { since: NOW, request: request(), code, asked_again },
            ActionState::Withdrawn { since: NOW },
            ActionState::Revoked { since: NOW, request: request(), by: None },
        ] {
            assert_eq!(refused_at(state, 0), Some(NOW));
        }
        let blocked = ActionState::Blocked { since: NOW, request: request(), code, asked_again, missing: vec![] };
        for state in [pending(), started(), ActionState::Expired { since: NOW, request: Some(request()), asked_again }]
        {
            assert_eq!((refused_at(state.clone(), 0), refused_at(state, 1)), (None, Some(NOW)));
        }
        for state in [blocked, ActionState::Verifying { since: NOW, request: request() }] {
            assert_eq!(refused_at(state, 1), None);
        }
    }

    /// R146 A screen that was asked for before the reset grants the action no more; one that was asked for after it does.
    #[test]
    fn a_reset_is_not_undone_by_another_screen() {
        let mut enterprise = sample(7, &json!({}));
        let (action, screen) = (ActionType::UserSync, crate::consent::tests::request(None, &Counting::default()));
        let at = screen.created_at;
        let pending = ActionState::PendingConsent { since: at };
        let started = ActionState::Started { since: at, request: screen.id.clone(), asked_again: false };
        for state in [pending, started] {
            enterprise.actions.insert(action, state);
            enterprise.reset_at.clear();
            assert!(enterprise.is_granted_along(action, &screen), "it was never granted");
            enterprise.reset_at.insert(action, at);
            assert!(!enterprise.is_granted_along(action, &screen));
            enterprise.reset_at.insert(action, Timestamp::from_seconds(at.seconds() - 1));
            assert!(enterprise.is_granted_along(action, &screen));
            enterprise.reset_at.clear();
            enterprise.resets.insert(action, 1);
            assert!(!enterprise.is_granted_along(action, &screen), "nobody knows when it was reset");
            enterprise.resets.clear();
        }
        enterprise.actions.insert(action, ActionState::Withdrawn { since: THEN });
        assert!(!enterprise.is_granted_along(action, &screen), "nobody asks for it");
    }

    /// R146 A link is dead once its action was reset after it was made, be it in the same millisecond; that of another action
    /// is not.
    #[test]
    fn a_reset_kills_the_links_before_it() {
        let mut enterprise = sample(7, &json!({}));
        let action = ActionType::UserSync;
        let link = |enterprise: &Enterprise| {
            let request = crate::consent::tests::request(None, &Counting::default());
            ConsentRequest { action, resets: enterprise.resets_of(action), ..request }
        };
        let before = link(&enterprise);
        assert!(!enterprise.has_reset(&before));
        let started = ActionState::Started { since: THEN, request: before.id.clone(), asked_again: false };
        enterprise.actions.insert(action, started);
        let reset = enterprise.reset(action, before.created_at).unwrap().unwrap();
        enterprise.resets.clone_from(reset.resets());
        assert!(enterprise.has_reset(&before) && !enterprise.has_reset(&link(&enterprise)));
        assert!(!enterprise.has_reset(&ConsentRequest { action: ActionType::Presence, ..before }));
    }
}
