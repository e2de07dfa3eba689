//! What a service provider is told of a connection: `connection.{ready,degraded,recovered,broken}`.

use serde::Serialize;

use super::Connection;
use crate::advice::Explanation;
use crate::audit::Occasion;
use crate::delivery::Delivery;
use crate::event;
use crate::id::{ConnectionId, TenantId};
use crate::reseller::Reseller;
use crate::seal::SealingKeys;

/// What is needed to tell it. `Debug` hides the link, which is a live one.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    /// Whom.
    pub reseller: &'a Reseller,
    /// For the body at rest: it may hold a link.
    pub keys: &'a SealingKeys,
    /// The link of the step that must be done again, if one must.
    pub link: Option<&'a str>,
    /// Time, reference and randomness.
    pub occasion: Occasion<'a>,
}

impl std::fmt::Debug for Telling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Telling({}, [redacted])", self.reseller.id)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    connection_id: &'a ConnectionId,
    partner_tenant_id: TenantId,
    status: &'static str,
    problem: Option<Explanation>,
    link: Option<&'a str>,
}

impl Telling<'_> {
    /// The event `kind` about `connection`; none if its service provider has named no address for events.
    pub(super) fn delivery(
        &self,
        kind: &str,
        connection: &Connection,
        problem: Option<Explanation>,
    ) -> Option<Delivery> {
        let data = Data {
            connection_id: &connection.id,
            partner_tenant_id: connection.partner_tenant,
            status: connection.status().word(),
            link: self.link.filter(|_| problem.is_some()),
            problem,
        };
        event::of_connection(kind, self.reseller, data, (self.keys, self.occasion))
    }
}
