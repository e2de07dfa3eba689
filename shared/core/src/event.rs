//! Events: what the `eventsUrl` of a service provider is told, as `{type, timestamp, data}`.
//!
//! The outcome of an action goes to its own `redirectUrl` (`outcome`); everything else is an event.

use serde::Serialize;

use crate::audit::Occasion;
use crate::delivery::Delivery;
use crate::id::{DeliveryId, EnterpriseId};
use crate::reseller::Reseller;
use crate::seal::{Purpose, SealingKeys};

#[derive(Serialize)]
struct Body<'a, D> {
    r#type: &'a str,
    timestamp: String,
    data: D,
}

/// The delivery of an event about `enterprise`; none if its service provider has named no address for events.
#[must_use]
pub fn delivery(
    kind: &str,
    (reseller, enterprise): (&Reseller, EnterpriseId),
    data: impl Serialize,
    (keys, occasion): (&SealingKeys, Occasion<'_>),
) -> Option<Delivery> {
    let url = reseller.events_url.clone()?;
    let body = Body { r#type: kind, timestamp: occasion.now.to_string(), data };
    let id = DeliveryId::new(occasion.now, occasion.random);
    let plain = serde_json::to_vec(&body).unwrap_or_default();
    let sealed = keys.seal(Purpose::DeliveryBody, id.as_str(), &plain, (occasion.now, occasion.random));
    Some(Delivery::new(id, (reseller.id, enterprise), kind.to_owned(), url, sealed, occasion.now))
}
