//! Events: what the `eventsUrl` of a service provider is told, as `{type, timestamp, data}`.
//!
//! The outcome of an action goes to its own `redirectUrl` (`outcome`); everything else is an event.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::Occasion;
use crate::delivery::{self, Delivery};
use crate::id::{DeliveryId, EnterpriseId, ResellerId};
use crate::redirect_url::RedirectUrl;
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
    about: (&Reseller, EnterpriseId),
    data: impl Serialize,
    (keys, occasion): (&SealingKeys, Occasion<'_>),
) -> Option<Delivery> {
    made(kind, about, data, occasion, |id, body| {
        let at = (occasion.now, occasion.random);
        delivery::Body::Sealed(keys.seal(Purpose::DeliveryBody, id.as_str(), body.as_bytes(), at))
    })
}

/// The same of an event that tells nothing but what the table holds in the clear anyway: whoever writes it needs no key.
#[must_use]
pub fn plain_delivery(
    kind: &str,
    about: (&Reseller, EnterpriseId),
    data: impl Serialize,
    occasion: Occasion<'_>,
) -> Option<Delivery> {
    made(kind, about, data, occasion, |_, body| delivery::Body::Plain(body))
}

/// The delivery of an event about a connection, which belongs to no enterprise.
#[must_use]
pub fn of_connection(
    kind: &str,
    reseller: &Reseller,
    data: impl Serialize,
    (keys, occasion): (&SealingKeys, Occasion<'_>),
) -> Option<Delivery> {
    let url = reseller.events_url.clone()?;
    Some(to((reseller.id, None), url, (kind, data), occasion, |id, body| {
        let at = (occasion.now, occasion.random);
        delivery::Body::Sealed(keys.seal(Purpose::DeliveryBody, id.as_str(), body.as_bytes(), at))
    }))
}

/// The same to `url`, for whoever has not read the service provider.
#[must_use]
pub(crate) fn plain_delivery_to(
    kind: &str,
    (reseller, enterprise): (ResellerId, EnterpriseId),
    url: RedirectUrl,
    data: impl Serialize,
    occasion: Occasion<'_>,
) -> Delivery {
    to((reseller, Some(enterprise)), url, (kind, data), occasion, |_, body| delivery::Body::Plain(body))
}

/// The delivery of a test to `url`: what it tells is only whose it is (K16).
#[must_use]
pub fn test(reseller: ResellerId, url: RedirectUrl, occasion: Occasion<'_>) -> Delivery {
    let data = BTreeMap::from([("resellerId", reseller)]);
    to((reseller, None), url, ("webhook.test", data), occasion, |_, body| delivery::Body::Plain(body))
}

fn made(
    kind: &str,
    (reseller, enterprise): (&Reseller, EnterpriseId),
    data: impl Serialize,
    occasion: Occasion<'_>,
    rest: impl FnOnce(&DeliveryId, String) -> delivery::Body,
) -> Option<Delivery> {
    let url = reseller.events_url.clone()?;
    Some(to((reseller.id, Some(enterprise)), url, (kind, data), occasion, rest))
}

fn to(
    whose: (ResellerId, Option<EnterpriseId>),
    url: RedirectUrl,
    (kind, data): (&str, impl Serialize),
    occasion: Occasion<'_>,
    rest: impl FnOnce(&DeliveryId, String) -> delivery::Body,
) -> Delivery {
    let body = Body { r#type: kind, timestamp: occasion.now.to_string(), data };
    let id = DeliveryId::new(occasion.now, occasion.random);
    let body = rest(&id, serde_json::to_string(&body).unwrap_or_default());
    Delivery::new(id, whose, kind.to_owned(), url, body, occasion.now)
}
