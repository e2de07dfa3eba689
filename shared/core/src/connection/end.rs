//! The end of a connection: what was removed, and what is left for the customer to do.

use serde::Serialize;

use super::lease::{ARRIVED_AFTER, Leased};
use super::moved::Moved;
use super::{Connection, State};
use crate::audit::{Actor, Occasion};
use crate::id::{ConnectionId, TenantId};
use crate::time::Timestamp;

/// What only the customer can take back: our access to do so is what was removed. The first is done once our application is
/// gone, and with it whatever was granted.
const LEFT: &[&str] = &[
    "In Microsoft Entra admin center, Enterprise applications, delete our application: that takes the organisation's consent back.",
    "In Microsoft Entra admin center, Users, revoke the sessions of the integration user.",
    "In Partner Center, User management, take the role from the integration user if it has no other use.",
];

/// What became of a connection that was ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Certificate<'a> {
    /// Which.
    pub id: &'a ConnectionId,
    /// Always `disconnected`.
    pub status: &'static str,
    /// The tenant that hosts Partner Center.
    pub partner_tenant_id: TenantId,
    /// When it was ended.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub disconnected_at: Option<String>,
    /// Whether the secret store was seen to hold no token of it any more.
    pub token_gone: bool,
    /// Whether our application was seen to be gone from the tenant, and with it all that was granted; none if it could not be seen.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub application_gone: Option<bool>,
    /// What is left for the customer to do.
    pub left_to_do: &'static [&'static str],
}

impl Connection {
    /// What became of it.
    #[must_use]
    pub fn certificate(&self, token_gone: bool, application_gone: Option<bool>) -> Certificate<'_> {
        let since = if let State::Disconnected { since } = self.state { Some(since.to_string()) } else { None };
        Certificate {
            id: &self.id,
            status: self.status().word(),
            partner_tenant_id: self.partner_tenant,
            disconnected_at: since,
            token_gone,
            application_gone,
            left_to_do: if application_gone == Some(true) { &LEFT[1..] } else { LEFT },
        }
    }
}

impl Leased {
    /// Ends the connection for good. Its links do nothing from now on.
    #[must_use]
    pub fn disconnect(self, actor: &Actor, occasion: Occasion<'_>) -> Moved {
        let since = occasion.now;
        // Then it is seen to once more that no token came back.
        let next_look = Some(since.plus(ARRIVED_AFTER));
        self.to(State::Disconnected { since }, next_look, ("connection.disconnected", actor), occasion)
    }

    /// Gives the lease back of what nobody looks at by themselves. What was tested meanwhile keeps its next look.
    #[must_use]
    pub fn give_back(self, actor: &Actor, occasion: Occasion<'_>) -> Moved {
        let Connection { state, next_look, .. } = Leased::clone(&self).ended();
        let next_look = match state {
            State::Ready { .. } | State::Degraded { .. } | State::Broken { .. } => next_look,
            State::Draft
            | State::AdminConsented { .. }
            | State::UserConsented { .. }
            | State::Testing { .. }
            | State::Disconnected { .. } => None,
        };
        self.to(state, next_look, ("connection.tidied", actor), occasion)
    }

    fn to(
        self,
        state: State,
        next_look: Option<Timestamp>,
        (action, actor): (&str, &Actor),
        occasion: Occasion<'_>,
    ) -> Moved {
        let (from, before) = (self.connection().version, self.connection().status().word().to_owned());
        let after = Connection { state, next_look, ..self.ended() };
        let status = after.status().word().to_owned();
        let audit = after.fact(actor, action, (Some(before), status), occasion);
        Moved { from, after, audit, delivery: None }
    }
}
