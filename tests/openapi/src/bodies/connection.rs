//! Connections to Partner Center.

use onboarding_core::advice::{Code, Explanation};
use onboarding_core::connection::ConnectionStatus;
use onboarding_core::connection::health::{CheckName, PartnerRole};
use onboarding_core::connection::view::ConnectionView;
use onboarding_core::enterprise::ExpectedTenant;
use onboarding_core::id::ConnectionId;
use onboarding_core::text::EmailAddress;
use utoipa::ToSchema;

/// A connection that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewConnection {
    /// The tenant that hosts Partner Center, by its id or one of its domains.
    partner_tenant_id: ExpectedTenant,
    /// The dedicated account that is to consent in the second step; it needs no licence.
    integration_user: EmailAddress,
    /// How the partner sells; only `direct` has an access of its own.
    #[schema(value_type = String, pattern = "^(direct|indirect)$")]
    billing_type: String,
    /// The roles that it needs in Partner Center; `admin_agent` if they are left out.
    #[schema(min_items = 1)]
    required_roles: Option<Vec<PartnerRole>>,
    /// Whether one person may do both steps: an exception, which the audit trail keeps.
    allow_same_identity: Option<bool>,
    /// Whether an integration user who is a Global Administrator is refused; if left out there is a warning.
    refuse_global_administrator: Option<bool>,
}

/// A page of connections.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConnectionPage {
    /// What is on it.
    items: Vec<ConnectionView<'static>>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// One check of a connection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConnectionCheck {
    /// Which.
    name: CheckName,
    /// How it went: `pass`, `fail`, or `unknown`.
    #[schema(pattern = "^(pass|fail|unknown)$")]
    status: String,
    /// What was seen, in words.
    detail: String,
}

/// Whether a connection works.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConnectionHealth {
    /// Which.
    id: ConnectionId,
    /// How far it is.
    status: ConnectionStatus,
    /// The four checks.
    checks: Vec<ConnectionCheck>,
    /// The one cause, if anything is wrong.
    #[schema(required)]
    code: Option<Code>,
    /// The same, with who must act and what to do.
    #[schema(required)]
    problem: Option<Explanation>,
    /// What is no cause of trouble, and should not be so.
    warnings: Vec<Explanation>,
    /// When it will break, if it works and nobody does anything.
    #[schema(required)]
    will_break_at: Option<String>,
    /// By what.
    #[schema(required)]
    will_break_by: Option<Code>,
}

/// The link of a step.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConnectionLink {
    /// Where the step begins, at Microsoft.
    url: String,
    /// When the link ends.
    expires_at: String,
    /// In what kind of window it is to be opened.
    open_in: String,
    /// Why in such a window.
    why: String,
}
