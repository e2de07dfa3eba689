//! A connection as its service provider sees it (K15, R170).

use std::collections::BTreeSet;

use serde::Serialize;

#[cfg(feature = "openapi")]
use super::ConnectionStatus;
use super::checklist::Item;
use super::{Connection, Consented, PartnerRole, Step, health};
use crate::advice::Explanation;
use crate::id::{ConnectionId, TenantId};
use crate::text::EmailAddress;

/// A connection.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Connection))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView<'a> {
    /// Its id.
    pub id: &'a ConnectionId,
    /// How far it is.
    #[cfg_attr(feature = "openapi", schema(value_type = ConnectionStatus))]
    pub status: &'static str,
    /// The tenant that hosts Partner Center.
    pub partner_tenant_id: TenantId,
    /// The account that is to consent in the second step.
    pub integration_user: &'a EmailAddress,
    /// Whether that account needs a licence: it never does.
    pub licence_required: bool,
    /// The roles that it needs in Partner Center.
    pub required_roles: &'a BTreeSet<PartnerRole>,
    /// Whether one person may do both steps.
    pub allow_same_identity: bool,
    /// Whether an integration user who is a Global Administrator is refused.
    pub refuse_global_administrator: bool,
    /// The consent of the organisation.
    pub admin_consent: ConsentView<'a>,
    /// The consent of the integration user.
    pub user_consent: ConsentView<'a>,
    /// What it needs, and how much of that has been seen.
    pub checklist: Vec<Item>,
    /// What must be mended before it works again.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub problem: Option<Explanation>,
    /// When it was made.
    pub created_at: String,
}

/// One of the two consents.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsentView<'a> {
    /// `pending`, `granted`, or `refused` if the last try came to nothing.
    pub status: &'static str,
    /// The tenant of who consented.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub tenant_id: Option<TenantId>,
    /// Who consented.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user: Option<&'a str>,
    /// When.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub at: Option<String>,
    /// Why the last try came to nothing.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub problem: Option<Explanation>,
}

impl<'a> From<&'a Connection> for ConnectionView<'a> {
    fn from(connection: &'a Connection) -> Self {
        let both = connection.state.both();
        Self {
            id: &connection.id,
            status: connection.status().word(),
            partner_tenant_id: connection.partner_tenant,
            integration_user: &connection.integration_user,
            licence_required: false,
            required_roles: &connection.required_roles,
            allow_same_identity: connection.same_identity_allowed,
            refuse_global_administrator: connection.refuses_administrators,
            admin_consent: consent(connection, Step::Admin, connection.state.admin()),
            user_consent: consent(connection, Step::User, both.map(|both| &both.user)),
            checklist: connection.checklist(),
            problem: connection.problem().map(health::explain),
            created_at: connection.created_at.to_string(),
        }
    }
}

fn consent<'a>(connection: &Connection, step: Step, given: Option<&'a Consented>) -> ConsentView<'a> {
    let refused = connection.refused.as_ref().filter(|refused| refused.step == step);
    let status = match (given, refused) {
        (Some(_), _) => "granted",
        (None, Some(_)) => "refused",
        (None, None) => "pending",
    };
    ConsentView {
        status,
        tenant_id: given.map(|given| given.signer.tenant),
        user: given.and_then(|given| given.signer.user_principal_name.as_deref()),
        at: given.map(|given| given.at.to_string()),
        problem: refused.map(|refused| connection.explain_step(step, refused.code)),
    }
}
