//! What this deployment can do, so that callers need not guess by version (R024).

use serde::Serialize;

use crate::action::ActionType;
use crate::permission;

/// The answer of `GET /v1/capabilities`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// A provider can ask for *Allow Management by Service Provider*.
    pub service_provider_management: bool,
    /// Enterprises can be edited, by merge patch.
    pub enterprise_edit: bool,
    /// `POST /v1/enterprises?dryRun=true` says what would become of a body.
    pub enterprise_dry_run: bool,
    /// The actions whose permissions are known, and so can be asked for.
    pub actions: Vec<ActionType>,
}

impl Capabilities {
    /// Those of this version.
    #[must_use]
    pub fn present() -> Self {
        let actions = ActionType::all().filter(|action| permission::asked_by(*action).next().is_some()).collect();
        Self { service_provider_management: true, enterprise_edit: true, enterprise_dry_run: true, actions }
    }
}
