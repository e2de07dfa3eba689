//! Action items: how an action of an enterprise is shown (R004, K11).

use serde::Serialize;

use super::{ActionState, ActionType};
use crate::advice::Explanation;
use crate::enterprise::Profile;
use crate::id::{EnterpriseId, TenantId};

/// An action of an enterprise, as `GET …/actions` answers it (K11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActionItem {
    /// Whose.
    pub enterprise_id: EnterpriseId,
    /// Which action.
    pub action_type: ActionType,
    /// Its consent type, if it is a consent.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub consent_type: Option<&'static str>,
    /// Its state word.
    #[cfg_attr(feature = "openapi", schema(value_type = super::ActionStatus))]
    pub status: &'static str,
    /// Whether the enterprise cannot be ready without it.
    pub mandatory: bool,
    /// Whether it is recommended though optional.
    pub recommended: bool,
    /// Why, if it is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub recommended_because: Option<&'static str>,
    /// Its title for people.
    pub title: &'static str,
    /// What is wrong, if something is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub problem: Option<Explanation>,
    /// The tenant that waits for `confirm-tenant`, if one does; the newest, if several do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_to_confirm: Option<TenantToConfirm>,
    /// Other tenants that wait too: whoever holds an unpinned link may finish it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_tenants_to_confirm: Vec<TenantToConfirm>,
}

/// The tenant that a provider is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TenantToConfirm {
    /// Its id, to be sent back in `confirm-tenant`.
    pub tenant_id: TenantId,
    /// Its name in Microsoft Graph.
    pub organization: String,
}

impl ActionItem {
    /// The item of `action` in `state`, for `enterprise` of this profile.
    #[must_use]
    pub fn new(enterprise: EnterpriseId, action: ActionType, state: &ActionState, profile: &Profile) -> Self {
        let mut waiting = state.tenants_to_confirm().into_iter();
        Self {
            enterprise_id: enterprise,
            action_type: action,
            consent_type: action.consent_type(),
            status: state.word(),
            mandatory: action.is_mandatory(&profile.services),
            recommended: action.is_recommended(),
            recommended_because: action.recommendation(profile),
            title: action.title(),
            problem: state.problem(),
            tenant_to_confirm: waiting.next(),
            other_tenants_to_confirm: waiting.collect(),
        }
    }
}
