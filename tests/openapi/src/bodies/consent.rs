//! Links, actions and permissions.

use onboarding_core::action::ActionItem;
use onboarding_core::action::ActionType;
use onboarding_core::id::ApplicationId;
use onboarding_core::id::TenantId;
use onboarding_core::redirect_url::RedirectUrl;
use utoipa::ToSchema;

/// A permission, for whoever grants it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "for its schema")]
pub(crate) struct Permission {
    /// The action that asks for it.
    action: ActionType,
    /// Its name at its API.
    permission: String,
    /// The API that it belongs to.
    resource_app_id: ApplicationId,
    /// `delegated`, together with a person who is signed in, or `application`.
    kind: String,
    /// What it is for.
    purpose: String,
    /// What it does not allow.
    limit: String,
}

/// The permissions that actions ask for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Permissions {
    /// The permissions.
    items: Vec<Permission>,
    /// Always null.
    #[schema(required)]
    next: Option<String>,
}

/// A start link that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WantedStart {
    /// What is to be reached; every action that is missing or asked for if it is left out.
    #[schema(min_items = 1)]
    actions: Option<Vec<ActionType>>,
    /// Where the outcomes are posted. A dry run needs none.
    redirect_url: Option<RedirectUrl>,
}

/// A start link, or with `dryRun` the plan behind it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct StartLink {
    /// The start page, for the customer's Global Administrator.
    #[schema(format = "uri", nullable = false)]
    start_url: Option<String>,
    /// When it ends.
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// How many of Microsoft's screens there are to go through.
    microsoft_screens: u64,
    /// The screens, in order.
    #[schema(nullable = false)]
    screens: Option<Vec<PlannedScreen>>,
    /// The optional actions that are recommended and not granted, whether or not a screen has them.
    #[schema(nullable = false)]
    recommended: Option<Vec<RecommendedAction>>,
    /// The mandatory actions that are not granted.
    #[schema(nullable = false)]
    missing: Option<Vec<ActionType>>,
}

/// An optional action that is recommended.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct RecommendedAction {
    /// The action.
    action_type: ActionType,
    /// Always true.
    recommended: bool,
    /// Why.
    reason: String,
    /// Whether a screen of the plan has it: it is asked for.
    planned: bool,
}

/// One of Microsoft's screens.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct PlannedScreen {
    /// `delegated` or `application`.
    kind: String,
    /// The app registration that asks.
    client_id: String,
    /// What it decides.
    actions: Vec<ActionType>,
    /// Granted actions whose permissions it asks for again.
    granted_before: Vec<ActionType>,
    /// The delegated permissions that it leaves out: Microsoft refused them by name, or the tenant took them from a consent that the
    /// screen only asks for again.
    left_out: Vec<String>,
    /// All that it asks for.
    permissions: Vec<PlannedPermission>,
}

/// A permission of a screen.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct PlannedPermission {
    /// Its name.
    permission: String,
    /// `delegated` or `application`.
    kind: String,
    /// The API it belongs to.
    resource_app_id: String,
    /// Whether none of the screen's actions wants it: Microsoft asks for all that the app registration lists.
    asked_along: bool,
    /// What it is for.
    purpose: String,
    /// What it does not allow.
    limit: String,
}

/// A list of actions.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ActionItems {
    /// What is on this page.
    items: Vec<ActionItem>,
    /// The cursor of the next page; null at the end, and always for the actions of one enterprise.
    #[schema(required)]
    next: Option<String>,
}

/// A tenant to be confirmed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConfirmTenant {
    /// The tenant that the action item shows, in any case.
    #[schema(value_type = String, pattern = "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$")]
    tenant_id: TenantId,
}
