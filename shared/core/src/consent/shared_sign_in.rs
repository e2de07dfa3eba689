//! A sign-in that decides more than the link that it was spent on: its screen asked for other actions too, or the provider
//! sent its token back.

use secrecy::SecretString;

use super::{ConsentRequest, Context, LINK_LIFETIME, Landing, NewRequest, Record, SealedToken, Verifying};
use crate::action::{ActionType, ProvedBy};
use crate::audit::{Actor, Occasion};
use crate::enterprise::Enterprise;
use crate::id::{ConsentRequestId, TenantId};
use crate::identity::Signer;
use crate::redirect_url::RedirectUrl;
use crate::time::Timestamp;

/// A sign-in that is good for more than the link that it was spent on.
#[derive(Clone, Debug)]
pub struct SharedSignIn {
    signer: Signer,
    expires_at: Timestamp,
}

impl ConsentRequest {
    /// A link of `enterprise` that is made for a sign-in to go on by: nobody is given it. Its outcome goes to `redirect_url`, if
    /// there is one.
    #[must_use]
    pub fn made_for(
        enterprise: &Enterprise,
        (action, tenant): (ActionType, TenantId),
        redirect_url: Option<RedirectUrl>,
        occasion: Occasion<'_>,
    ) -> Self {
        let now = occasion.now;
        let new = NewRequest {
            enterprise: enterprise.id,
            reseller: enterprise.reseller,
            action,
            together: Vec::new(),
            part: Vec::new(),
            without: Vec::new(),
            redirect_url,
            pin: Some(tenant),
            asked_again: false,
            resets: enterprise.resets_of(action),
            language: None,
        };
        Self::new(ConsentRequestId::new(now, occasion.random), new, now, now.plus(LINK_LIFETIME))
    }
}

impl SharedSignIn {
    /// The sign-in of `signer`, of whom Microsoft said that the token is theirs, until that ends.
    #[must_use]
    pub const fn new(signer: Signer, expires_at: Timestamp) -> Self {
        Self { signer, expires_at }
    }

    /// Goes on with another link of the same screen, as if its own code had been redeemed. `None` unless that link is
    /// unused, asks for delegated permissions, and is for this tenant.
    #[must_use]
    pub fn go_on(
        &self,
        own: ConsentRequest,
        token: &SecretString,
        context: Context<'_>,
    ) -> Option<(Record, Verifying)> {
        self.carry_on(own, token, &context.actor(&self.signer), context)
    }

    /// The same for a sign-in that `actor` sent back, by a link that nobody has opened, or by one that is made for it, as
    /// `is_new` says. Of many at once one goes on: only while the action is neither granted nor being proved (P6).
    #[must_use]
    pub fn go_on_for(
        &self,
        (own, is_new): (ConsentRequest, bool),
        token: &SecretString,
        actor: &Actor,
        context: Context<'_>,
    ) -> Option<(Record, Verifying)> {
        let (record, verifying) = self.carry_on(own, token, actor, context)?;
        Some((Record { is_new, landing: Landing::Along(self.signer.tenant), ..record }, verifying))
    }

    fn carry_on(
        &self,
        own: ConsentRequest,
        token: &SecretString,
        actor: &Actor,
        context: Context<'_>,
    ) -> Option<(Record, Verifying)> {
        let Context { keys, occasion, .. } = context;
        let now = occasion.now;
        if !own.is_unused(now) || own.pin != Some(self.signer.tenant) || own.action.proved_by() == ProvedBy::AppRoles {
            return None;
        }
        let token = SealedToken::sealing(token, (&own.id, self.expires_at), (keys, occasion));
        Some(Verifying::begin(own, (self.signer.clone(), token), actor, occasion))
    }
}
