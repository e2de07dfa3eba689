//! Activation of service providers by a mail to a contact of theirs (R147).

use onboarding_core::activation::Activation;
use onboarding_core::id::{MailId, ResellerId};
use onboarding_core::idempotency::Once;
use onboarding_core::mail::{Addressed, Letter, Mail, SecretLink};
use onboarding_core::text::{EmailAddress, Name};
use onboarding_dynamo::idempotency::Made;

use crate::{OperatorError, Order, Places};

/// Where our pages are: what their URLs begin with, without a slash at the end.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a>(pub &'a str);

/// A new link that is waited for, and the mail that carries it.
pub(crate) async fn invite(
    places: Places<'_>,
    (reseller, name): (ResellerId, &Name),
    (contact, pages): (&EmailAddress, Pages<'_>),
    order: Order<'_>,
) -> Result<(Activation, Mail), OperatorError> {
    let at = (order.occasion.now, order.occasion.random);
    let keys = places.secrets.sealing_keys(order.occasion.now).await?;
    let id = MailId::new(order.occasion.now, order.occasion.random);
    let (activation, handle) = Activation::new(id.clone(), at);
    let link = SecretLink::new(format!("{}/activate/{}", pages.0, handle.expose()));
    let letter = Letter::Activation { provider: name.clone(), link, expires_at: activation.expires_at };
    let mail = Addressed { to: contact.clone(), letter }.mail((id, reseller), &keys, at);
    Ok((activation, mail))
}

/// Mails a new activation link to `contact`; the former one is dead from now on.
pub async fn renew_activation(
    places: Places<'_>,
    reseller: (ResellerId, &Name),
    contact: (&EmailAddress, Pages<'_>),
    (order, once): (Order<'_>, impl FnOnce(&Activation) -> Option<Once>),
) -> Result<Activation, OperatorError> {
    let (activation, mail) = invite(places, reseller, contact, order).await?;
    let (id, _) = reseller;
    let audit = order.audit(id, ("activation.renewed", format!("reseller:{id}")), (None, None));
    let once = once(&activation);
    match places.store.renew_activation((id, &activation), &mail, &audit, once.as_ref()).await? {
        Made::Done => Ok(activation),
        Made::Refused => Err(OperatorError::AlreadyActive),
        Made::Repeated(repeat) => Err(OperatorError::Repeated(repeat)),
    }
}
