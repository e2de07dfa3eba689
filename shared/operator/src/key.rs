//! API keys of service providers: made, revoked.

use onboarding_core::credential::{ApiKey, Environment, KeyId, KeyOwner, KeyView, NewKey};
use onboarding_core::id::ResellerId;
use onboarding_dynamo::Store;
use onboarding_dynamo::api_key::{KeyAdded, KeyRevoked};

use crate::{OperatorError, Order};

/// Makes a key of a provider and tells it, for the one time that it is shown.
pub async fn create_key(
    store: &Store,
    reseller: ResellerId,
    (new, environment): (NewKey, Environment),
    order: Order<'_>,
) -> Result<ApiKey, OperatorError> {
    let now = order.occasion.now;
    let mut patience = store.patience();
    loop {
        let key = ApiKey::new(environment, KeyOwner::Reseller(reseller), order.occasion.random);
        let record = new.clone().record(&key, now);
        let told = KeyView::of(&record).told();
        let audit = order.audit(reseller, ("key.created", format!("key:{}", key.id())), (None, Some(told)));
        let once = order.once(key.id());
        match store.add_key(reseller, &record, (&audit, once.as_ref()), now).await? {
            KeyAdded::Done => return Ok(key),
            KeyAdded::NoSuchReseller => return Err(OperatorError::NoSuchReseller),
            KeyAdded::TooMany => return Err(OperatorError::TooManyKeys),
            KeyAdded::Repeated(repeat) => return Err(OperatorError::Repeated(repeat)),
            KeyAdded::Taken | KeyAdded::Superseded if patience.wait().await => {}
            KeyAdded::Taken | KeyAdded::Superseded => return Err(OperatorError::Contended),
        }
    }
}

/// Revokes a key of a provider: it and its tokens open nothing from now on. Links that were made with it stay.
pub async fn revoke_key(
    store: &Store,
    reseller: ResellerId,
    key: &KeyId,
    order: Order<'_>,
) -> Result<(), OperatorError> {
    if key.owner() != KeyOwner::Reseller(reseller) {
        return Err(OperatorError::NoSuchKey);
    }
    let mut patience = store.patience();
    loop {
        let audit = order.audit(reseller, ("key.revoked", format!("key:{key}")), (None, None));
        match store.revoke_key(reseller, key, &audit, order.occasion.now).await? {
            KeyRevoked::Done => return Ok(()),
            KeyRevoked::NoSuchKey => return Err(OperatorError::NoSuchKey),
            KeyRevoked::Superseded if patience.wait().await => {}
            KeyRevoked::Superseded => return Err(OperatorError::Contended),
        }
    }
}
