//! Where a link leads: which of Microsoft's pages, in which tenant, with which state.

use onboarding_core::action::ProvedBy;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::consent::ConsentRequest;
use onboarding_core::enterprise::{Enterprise, ExpectedTenant};
use onboarding_core::id::TenantId;
use onboarding_core::permission;
use onboarding_core::secret::SecretHash;
use onboarding_core::state::{Binding, State};
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::RegistrationUrlOp;
use onboarding_microsoft::admin_consent::AdminConsent;
use onboarding_microsoft::authorize::{Prompt, SignIn};

use crate::{App, Error};

/// Where a sign-in begins that does not begin at Microsoft: at our start page.
pub(crate) struct Begun<'a> {
    /// The browser, which it must come back with.
    pub(crate) browser: SecretHash,
    /// The handle of the page.
    pub(crate) start: &'a str,
}

/// The tenant that the link must end in. A domain is turned into the tenant that owns it now.
pub(crate) async fn pin(app: &App, enterprise: &Enterprise) -> Result<Option<TenantId>, Error> {
    match (enterprise.pin(), &enterprise.profile.expected_tenant) {
        (Some(pin), _) => Ok(Some(pin)),
        (None, Some(ExpectedTenant::Domain(domain))) => Ok(Some(app.microsoft.tenant_of(domain).await?)),
        (None, Some(ExpectedTenant::Id(_)) | None) => Ok(None),
    }
}

/// Where the link leads: delegated permissions are asked for at a sign-in, application ones on the admin-consent page,
/// which names nobody. That page, and whatever changes a tenant in an administrator's name, must be of a tenant that is
/// known beforehand; a mere sign-in must be of the tenant that the enterprise is bound to.
pub(crate) async fn address(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (request, bound): (&ConsentRequest, Option<TenantId>),
    begun: Option<&Begun<'_>>,
) -> Result<String, Error> {
    match (request.action.proved_by(), request.pin) {
        (ProvedBy::AppRoles, Some(tenant)) => admin_consent_url(app, call, (request, tenant), begun).await,
        (ProvedBy::Grants, _) | (ProvedBy::Membership, Some(_)) => authorize_url(app, call, request, begun).await,
        (ProvedBy::SignIn, _) if bound.is_some() => authorize_url(app, call, request, begun).await,
        (ProvedBy::AppRoles | ProvedBy::Membership, None) | (ProvedBy::SignIn, _) => Err(Error::TenantNotKnown),
    }
}

async fn admin_consent_url(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (request, tenant): (&ConsentRequest, TenantId),
    begun: Option<&Begun<'_>>,
) -> Result<String, Error> {
    let redirect_uri = app.edge.public_base.admin_consent_callback();
    let authority = AuthorityPath::Tenant(tenant);
    let (_, sealed_state) = sealed(app, call, (request, begun), (authority, &redirect_uri)).await?;
    let consent = AdminConsent { tenant, sealed_state: &sealed_state, redirect_uri: &redirect_uri, scope: None };
    Ok(app.microsoft.admin_consent_url(app.microsoft.settings().clients.of(request.action), &consent))
}

/// A new state, and the same sealed for the one address that Microsoft answers to.
async fn sealed(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (request, begun): (&ConsentRequest, Option<&Begun<'_>>),
    (authority, redirect_uri): (AuthorityPath, &str),
) -> Result<(State, String), Error> {
    let random = call.occasion().random;
    let (browser, start) = (begun.map(|begun| begun.browser.clone()), begun.map(|begun| begun.start.to_owned()));
    let state = State { browser, start, ..State::new(request, authority, random) };
    let keys = app.secrets.sealing_keys(call.now()).await?;
    let client_id = app.microsoft.settings().clients.own().to_string();
    let sealed = state.seal(&keys, Binding { client_id: &client_id, redirect_uri }, (call.now(), random));
    Ok((state, sealed))
}

async fn authorize_url(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    request: &ConsentRequest,
    begun: Option<&Begun<'_>>,
) -> Result<String, Error> {
    // R106 names `common` for a direct link; a personal account can never finish it, so our own page leaves it out.
    let unpinned = if begun.is_some() { AuthorityPath::Organizations } else { AuthorityPath::Common };
    let authority = request.pin.map_or(unpinned, AuthorityPath::Tenant);
    let redirect_uri = app.edge.public_base.callback();
    let (state, sealed_state) = sealed(app, call, (request, begun), (authority, &redirect_uri)).await?;
    Ok(app.microsoft.authorize_url(&SignIn {
        sealed_state: &sealed_state,
        bound: (&state).into(),
        redirect_uri: &redirect_uri,
        scope: &permission::authorize_scope(&request.asks_for()),
        prompt: request.asked_again.then_some(Prompt::Consent),
        login_hint: None,
    }))
}
