//! Service providers: made, changed, given a new webhook secret.

use onboarding_core::catalogue::Catalogue;
use onboarding_core::fields::Fault;
use onboarding_core::id::ResellerId;
use onboarding_core::reseller::{NewReseller, Reseller, ResellerEdit, ResellerView};
use onboarding_dynamo::Store;
use onboarding_dynamo::idempotency::Made;
use onboarding_secrets::SecretsError;
use secrecy::SecretString;

use crate::activation::{Pages, invite};
use crate::{OperatorError, Order, Places, RETRIES};

/// Makes a provider, with `starter` where nothing was said of its catalogue; tells its number, and its webhook secret for
/// the one time that it is shown.
///
/// The webhook secret is made before the provider, which without one could never be told anything. A contact is mailed the
/// link that activates the provider, to one of our `pages`.
pub async fn create_reseller(
    places: Places<'_>,
    (new, starter): (&NewReseller, &Catalogue),
    pages: Option<Pages<'_>>,
    order: Order<'_>,
) -> Result<(ResellerId, SecretString), OperatorError> {
    let contact = match (new.contact(), pages) {
        (None, _) => None,
        (Some(contact), Some(pages)) => Some((contact, pages)),
        (Some(_), None) => return Err(OperatorError::PagesNotKnown),
    };
    for _ in 0..RETRIES {
        let id = ResellerId::random(order.occasion.random);
        let (activation, mail) = match contact {
            Some(contact) => Some(invite(places, (id, new.name()), contact, order).await?).unzip(),
            None => (None, None),
        };
        let secret = match places.secrets.create_webhook_keys(id, order.occasion.random).await {
            Err(SecretsError::AlreadyExists(_)) => continue,
            made => made?,
        };
        let reseller = Reseller { activation, ..new.clone().create(id, order.occasion.now) };
        let catalogue = new.catalogue(starter);
        let told = ResellerView::of(&reseller, &catalogue).told();
        let audit = order.audit(id, ("reseller.created", object(id)), (None, Some(told)));
        let once = order.once(id);
        let made = (&reseller, mail.as_ref());
        match places.store.create_reseller(made, &catalogue, &audit, once.as_ref()).await? {
            Made::Done => return Ok((id, secret)),
            Made::Refused => places.secrets.discard_webhook_keys(id).await?,
            Made::Repeated(repeat) => {
                places.secrets.discard_webhook_keys(id).await?;
                return Err(OperatorError::Repeated(repeat));
            }
        }
    }
    Err(OperatorError::NoFreeNumber)
}

/// A provider with its catalogue, after a change.
pub type Edited = (Reseller, Catalogue);

/// Changes a provider as `read` says, which is asked once more should somebody else have changed it meanwhile. `seen` is
/// the provider as it was just read. A change of nothing writes nothing.
pub async fn edit_reseller(
    store: &Store,
    mut seen: Edited,
    read: impl Fn(&Reseller) -> Result<ResellerEdit, Vec<Fault>>,
    order: Order<'_>,
) -> Result<Edited, OperatorError> {
    let mut patience = store.patience();
    loop {
        let (before, former) = &seen;
        let edit = read(before).map_err(OperatorError::Invalid)?;
        let (after, catalogue) = edit.apply(before, former);
        let change = ResellerView::of(before, former).difference(&ResellerView::of(&after, &catalogue));
        let Some((was, is)) = change else { return Ok(seen) };
        let audit = order.audit(before.id, ("reseller.changed", object(before.id)), (Some(was), Some(is)));
        let replaced = Some(&catalogue).filter(|catalogue| *catalogue != former);
        if store.change_reseller((before, &after), replaced, &audit).await? {
            return Ok((after, catalogue));
        }
        if !patience.wait().await {
            return Err(OperatorError::Contended);
        }
        seen = store.reseller_with_catalogue(seen.0.id).await?.ok_or(OperatorError::NoSuchReseller)?;
    }
}

/// Makes a new webhook secret and tells it, for the one time that it is shown. The former one signs for a day more.
///
/// That it is asked for is noted before it is made, so that no sender goes on with the former key alone once the new one is
/// told. The secret is not in the table, so what came of it is a second row.
pub async fn rotate_webhook_secret(
    places: Places<'_>,
    id: ResellerId,
    order: Order<'_>,
) -> Result<SecretString, OperatorError> {
    let row = |action| order.audit(id, (action, object(id)), (None, None));
    let audit = row("webhook_secret.rotation_requested");
    let once = order.once(id);
    match places.store.change_webhook_keys(id, order.occasion.now, &audit, once.as_ref()).await? {
        Made::Done => {}
        Made::Refused => return Err(OperatorError::NoSuchReseller),
        Made::Repeated(repeat) => return Err(OperatorError::Repeated(repeat)),
    }
    let rotated = places.secrets.rotate_webhook_keys(id, order.occasion.now, order.occasion.random).await;
    let outcome = if rotated.is_ok() { "webhook_secret.rotated" } else { "webhook_secret.rotation_failed" };
    let noted = places.store.note(&row(outcome)).await;
    let freed = match (&rotated, &once) {
        // Nothing was told, so the same request may be sent again.
        (Err(_), Some(once)) => places.store.give_up(once).await,
        (Ok(_), _) | (Err(_), None) => Ok(()),
    };
    // A secret that was made is told whatever became of these: told later it cannot be, and another rotation in the place of
    // this one would retire the key that the receiver has.
    for fault in [noted.err(), freed.err()].into_iter().flatten() {
        tracing::error!(reseller.id = id.get(), outcome, error = %fault, "what came of a rotation was not noted");
    }
    Ok(rotated?)
}

fn object(id: ResellerId) -> String {
    format!("reseller:{id}")
}
