//! The management consent of an enterprise: asked for, withdrawn, and shown (R001, R002, R007).

use serde::Serialize;

use super::Enterprise;
use crate::action::{ActionState, ActionType, RevokeRequired};
use crate::time::Timestamp;

/// `managementConsent` of an enterprise (R007, K10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ManagementConsent {
    /// The state word.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::action::ActionStatus))]
    pub status: &'static str,
    /// When it was asked for.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub requested_at: Option<String>,
    /// When it was proved.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub granted_at: Option<String>,
    /// The user principal name of who granted it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub granted_by: Option<String>,
    /// When Microsoft Graph last showed it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_verified_at: Option<String>,
}

impl Enterprise {
    pub(super) fn ask_for_management(&mut self, now: Timestamp) {
        let (action, before) = (ActionType::ServiceProviderManagement, self.management());
        let after = before.clone().ask(now);
        if after != before {
            self.management_requested_at = Some(now);
            self.actions.insert(action, after);
        }
    }

    pub(super) fn management(&self) -> ActionState {
        self.action(ActionType::ServiceProviderManagement)
    }

    /// No longer asks for it. That counts as a reset does: whoever holds a link from before is not to finish what nobody asks for.
    pub(super) fn withdraw_management(&mut self, now: Timestamp) -> Result<(), RevokeRequired> {
        let (action, before) = (ActionType::ServiceProviderManagement, self.management());
        if self.has_something(action) {
            return Err(RevokeRequired);
        }
        let after = before.clone().withdraw(now)?;
        if after != before {
            self.actions.insert(action, after);
            self.resets.insert(action, self.resets_of(action) + 1);
            self.lost.remove(&action);
        }
        Ok(())
    }

    /// The provider's view of the management consent (R007).
    #[must_use]
    pub fn management_consent(&self) -> ManagementConsent {
        let state = self.management();
        let granted = state.since().filter(|_| state.is_granted()).map(|since| since.to_string());
        let by = state.granted_by().and_then(|by| by.user_principal_name.clone());
        ManagementConsent {
            status: state.word(),
            requested_at: self.management_requested_at.map(|at| at.to_string()),
            last_verified_at: granted.as_ref().and(state.since().max(self.verified_at)).map(|at| at.to_string()),
            granted_at: granted,
            granted_by: by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enterprise::tests::sample;
    use crate::id::TenantId;
    use serde_json::json;

    fn enterprise(extra: &serde_json::Value) -> Enterprise {
        sample(7, extra)
    }

    /// R088 Ticking the field raises the item once; not ticking it raises none.
    #[test]
    fn the_management_consent_is_asked_for_when_ticked() {
        let ticked = enterprise(&json!({"canResellerManageEnterpriseProvisioning": true}));
        let items = ticked.action_items();
        let item = items.iter().find(|item| item.action_type == ActionType::ServiceProviderManagement).unwrap();
        assert_eq!((item.status, item.title), ("pending_consent", "Allow Management by Service Provider"));
        assert_eq!(ticked.management_consent().requested_at.as_deref(), Some("1970-01-01T00:00:01.000Z"));
        let unticked = enterprise(&json!({"canResellerManageEnterpriseProvisioning": false}));
        assert_eq!(unticked.management_consent().status, "not_requested");
        assert!(unticked.action_items().iter().all(|item| item.action_type != ActionType::ServiceProviderManagement));
    }

    /// R002 What the tenant holds of the consent, or may hold, is not withdrawn; what was never granted is, and links from before are
    /// dead with it.
    #[test]
    fn only_what_the_tenant_does_not_hold_is_withdrawn() {
        let now = Timestamp::from_seconds(60);
        let request = || crate::id::ConsentRequestId::new(now, &crate::random::tests::Counting::default());
        let withdrawn = |state: ActionState, is_lost: bool| {
            let mut enterprise = enterprise(&json!({"canResellerManageEnterpriseProvisioning": true}));
            let action = ActionType::ServiceProviderManagement;
            enterprise.lost = is_lost.then_some(action).into_iter().collect();
            enterprise.actions.insert(action, state);
            let withdrawn = enterprise.withdraw_management(now);
            assert_eq!(enterprise.resets_of(action), u64::from(withdrawn.is_ok()));
            withdrawn.is_ok()
        };
        let unverifiable = || ActionState::Unverifiable { since: now, request: request(), by: None };
        let (code, asked_again) = (crate::advice::Code::Declined, false);
        let declined = || ActionState::Declined { since: now, request: request(), code, asked_again };
        assert!(!withdrawn(unverifiable(), true) && withdrawn(unverifiable(), false));
        assert!(!withdrawn(declined(), true), "somebody went to mend a loss, and declined");
        assert!(withdrawn(declined(), false) && withdrawn(ActionState::PendingConsent { since: now }, false));
        assert!(withdrawn(ActionState::Revoked { since: now, request: request(), by: None }, true));
        let drifted = ActionState::Drifted { since: now, request: request(), by: None, missing: vec![] };
        assert!(!withdrawn(drifted, true));
    }

    /// R007 When the management consent was asked for stays known once it is granted, beside who granted it.
    #[test]
    fn a_granted_management_consent_tells_all_of_itself() {
        let mut enterprise = enterprise(&json!({"canResellerManageEnterpriseProvisioning": true}));
        let since = Timestamp::from_seconds(60);
        let request = crate::id::ConsentRequestId::new(since, &crate::random::tests::Counting::default());
        let by = Some(crate::identity::Signer {
            tenant: TenantId::from_u128(1),
            object: crate::id::ObjectId::from_u128(2),
            user_principal_name: Some("grace@contoso.com".to_owned()),
        });
        let granted = ActionState::Granted { since, request, by, tenant: None };
        enterprise.actions.insert(ActionType::ServiceProviderManagement, granted);
        let at = |text: &str| Some(text.to_owned());
        let expected = ManagementConsent {
            status: "granted",
            requested_at: at("1970-01-01T00:00:01.000Z"),
            granted_at: at("1970-01-01T00:01:00.000Z"),
            granted_by: at("grace@contoso.com"),
            last_verified_at: at("1970-01-01T00:01:00.000Z"),
        };
        assert_eq!(enterprise.management_consent(), expected);
        enterprise.verified_at = Some(Timestamp::from_seconds(30));
        assert_eq!(enterprise.management_consent(), expected, "that was before it was granted");
        enterprise.verified_at = Some(Timestamp::from_seconds(90));
        let again = ManagementConsent { last_verified_at: at("1970-01-01T00:01:30.000Z"), ..expected };
        assert_eq!(enterprise.management_consent(), again);
    }
}
