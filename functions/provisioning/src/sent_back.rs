//! A sign-in that a provider sends back: the `authenticationResult` of a webhook, what else the body says, and the enterprise
//! that it is about (R133).

use onboarding_core::action::ActionType;
use onboarding_core::audit::Actor;
use onboarding_core::authentication_result::AuthenticationResult;
use onboarding_core::consent::LONGEST_TOKEN;
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::fields::Fields;
use onboarding_core::id::{EnterpriseId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::outcome::TokenHandle;
use onboarding_core::plan::Wanted;
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::time::Timestamp;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::ProvisioningOp;
use onboarding_microsoft::Bearer;
use secrecy::{ExposeSecret as _, SecretString};

use crate::tenant::READ_BUDGET;
use crate::{App, Error, caller_and_enterprise};

/// What was sent back, by whom, and for which of its enterprises.
pub(crate) struct SentBack {
    pub(crate) caller: Caller,
    pub(crate) enterprise: Enterprise,
    pub(crate) result: AuthenticationResult,
    pub(crate) handle: Option<TokenHandle>,
}

impl SentBack {
    /// Reads the body; `others` takes what it says beside the result. The enterprise is that of the caller's token, or the
    /// body names it, or the handle does: that is good for one.
    pub(crate) async fn read<T>(
        app: &App,
        call: &Call<ProvisioningOp>,
        others: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<(Self, T), Error> {
        let body = call.json_object();
        let named = body.as_ref().ok().and_then(named);
        let (caller, enterprise) = caller_and_enterprise(app, call, named).await?;
        let mut body = body?;
        let id = body.whole("enterpriseId");
        let (result, others) = (AuthenticationResult::take(&mut body), others(&mut body));
        let (result, others) = body.finish(result.zip(others)).map_err(Error::Invalid)?;
        let handle = match TokenHandle::hash_of(result.access_token.expose_secret()) {
            Some(hash) => app.store.token_handle(&hash).await?,
            None => None,
        };
        let enterprise = match (enterprise, id, &handle) {
            (Some(enterprise), _, _) => Some(enterprise),
            (None, None, Some(handle)) => app.store.enterprise(handle.enterprise).await?,
            (None, _, _) => None,
        };
        let enterprise =
            enterprise.filter(|found| caller.reaches(found.reseller, found.id)).ok_or(Error::NoSuchEnterprise)?;
        call.about(enterprise.reseller, enterprise.id);
        Ok((Self { caller, enterprise, result, handle }, others))
    }

    /// The tenant, if the enterprise goes on and the result is of that tenant.
    pub(crate) fn tenant(&self) -> Result<TenantId, Error> {
        if self.enterprise.standing != Standing::Open {
            return Err(Error::EnterpriseStopped);
        }
        let tenant = self.enterprise.tenant.ok_or(Error::TenantNotKnown)?;
        if self.result.tenant.is_some_and(|said| said != tenant) {
            return Err(Error::WrongTenant);
        }
        Ok(tenant)
    }

    /// Microsoft's token: that behind the handle, or the one that was sent, from a provider that is given the tokens
    /// themselves. None if it is not good, or not for this enterprise; why is not told.
    pub(crate) async fn token(&self, app: &App, call: &Call<ProvisioningOp>) -> Result<Option<SecretString>, Error> {
        let reseller = caller::reseller(&self.caller)?;
        if self.result.has_ended(call.now()) {
            return Ok(None);
        }
        if TokenHandle::hash_of(self.result.access_token.expose_secret()).is_none() {
            let taken = AuthenticationResult::is_taken_raw(reseller);
            return Ok(taken.then(|| self.result.access_token.clone()));
        }
        let handle = self.handle.as_ref().filter(|handle| handle.enterprise == self.enterprise.id);
        let Some(handle) = handle else { return Ok(None) };
        let Some(sealed) = &handle.sealed_token else { return Ok(None) };
        let keys = app.secrets.sealing_keys_for(sealed, call.now()).await?;
        Ok(handle.access_token(reseller, &keys, call.now()))
    }

    /// Who signed in, as Graph says; none if it does not take the token, or if the handle was made for somebody else.
    pub(crate) async fn signer(&self, app: &App, token: &SecretString) -> Result<Option<Signer>, Error> {
        let is_same = |signer: &Signer| self.handle.as_ref().is_none_or(|handle| handle.signer.object == signer.object);
        match app.microsoft.bearer(token, READ_BUDGET).await {
            Bearer::Known(signer) => Ok(Some(signer).filter(is_same)),
            Bearer::Refused => Ok(None),
            Bearer::Unread => Err(Error::MicrosoftAway),
        }
    }

    /// When the token ends: with the handle, or as the result says. Whoever says too much has it refused by Graph later.
    pub(crate) fn end(&self, now: Timestamp) -> Timestamp {
        let latest = now.plus(LONGEST_TOKEN);
        self.handle.as_ref().map(|handle| handle.expires_at).or_else(|| self.result.end()).unwrap_or(latest).min(latest)
    }

    /// Where outcomes go: to the address of the sign-in, where that is known.
    pub(crate) async fn outcomes(&self, app: &App) -> Result<Option<RedirectUrl>, Error> {
        let of_sign_in = self.handle.as_ref().map(|handle| handle.request.clone());
        Ok(app.store.outcomes(&self.enterprise, of_sign_in).await?)
    }

    /// The refusal of a token that has ended, with a link by which the administrator signs in again.
    pub(crate) async fn sign_in_again(&self, app: &App, call: &Call<ProvisioningOp>) -> Result<Error, Error> {
        Ok(Error::TokenExpired(self.link(app, call, ActionType::LoginEnterpriseAdmin).await?))
    }

    /// A start link for `action`, to hand to the administrator.
    pub(crate) async fn link(
        &self,
        app: &App,
        call: &Call<ProvisioningOp>,
        action: ActionType,
    ) -> Result<Option<String>, Error> {
        let by = (&Actor::from(&self.caller), call.occasion());
        let wanted = Wanted::These([action].into());
        let handle = app.store.ready_link(&self.enterprise, wanted, by).await?;
        Ok(handle.map(|handle| app.edge.public_base.start_link(&handle)))
    }
}

fn named(body: &Fields) -> Option<EnterpriseId> {
    body.peek("enterpriseId")?.as_u64()?.try_into().ok()
}
