//! Microsoft, as the product needs it: Entra's sign-in and token endpoints, its signing keys, Graph, and Partner Center.
//!
//! The only crate that knows `reqwest` and `oauth2`. [`Microsoft`] is a concrete client, tested on the wire; there is
//! no port, because a mock never finds a wrong header. No error, `Debug` or log line of this crate holds a code, a
//! token, a secret or a body.
//!
//! | to find | look in |
//! |---|---|
//! | the address that a person is sent to | [`authorize`] |
//! | whether Microsoft signed a token, and with which keys | `id_token`, `keys`, `jwk` |
//! | the one use of a code | [`redeem`] |
//! | the use of a refresh token | [`refresh`] |
//! | whether a connection to Partner Center works | `partner_center`, `graph/partner` |
//! | the address of the admin-consent page | [`admin_consent`] |
//! | a token for our application alone | `app_token` |
//! | how a certificate proves who we are | `assertion` |
//! | the proof of a consent | `graph`, `graph/application`, `graph/membership`, `graph/consented`, `graph/wire` |
//! | what a tenant needs beside its consents | `graph/provisioning` |
//! | the tenant of a domain | [`discovery`] |
//! | time limits and sizes | [`http`] |

pub mod admin_consent;
mod app_token;
mod assertion;
pub mod authorize;
pub mod discovery;
mod graph;
pub mod http;
pub mod id_token;
mod jwk;
mod keys;
mod partner_center;
pub mod redeem;
pub mod refresh;
mod refusal;
pub mod sign_in;

use std::time::Duration;

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::Endpoints;
use onboarding_core::connection::admit::GrantView;
use onboarding_core::connection::begin::NamedTenant;
use onboarding_core::connection::health::{Held, Probe};
use onboarding_core::id::{ApplicationId, ObjectId, TenantId};
use onboarding_core::identity::SignedClaims;
use onboarding_core::proof::{TenantView, application};
use onboarding_core::provisioning::{Provisioned, Seen};
use onboarding_core::random::Random;
use onboarding_core::text::Domain;
use onboarding_core::time::Timestamp;
use reqwest::Client;
use secrecy::SecretString;

use crate::admin_consent::AdminConsent;
use crate::authorize::SignIn;
use crate::discovery::DiscoveryError;
pub use crate::graph::ReadBack;
pub use crate::graph::application::ReadAssigned;
pub use crate::graph::bearer::Bearer;
pub use crate::graph::provisioning::ReadTenant;
use crate::http::ClientError;
use crate::id_token::{IdTokenError, IdTokens};
use crate::keys::Keys;
use crate::redeem::{RedeemError, Redeemed, Redemption, Registration};
use crate::refresh::{Refresh, RefreshError, Refreshed};

/// Where Microsoft is, and who we are there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where Microsoft is.
    pub endpoints: Endpoints,
    /// Our registrations.
    pub clients: ApplicationClients,
}

/// The connection to Microsoft. One per process: it holds the HTTP client and the signing keys.
pub struct Microsoft {
    settings: Settings,
    http: Client,
    id_tokens: IdTokens,
}

impl Microsoft {
    /// Connects to nothing yet.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        let id_tokens = IdTokens::new(Keys::new(settings.endpoints.keys()));
        Ok(Self { http: http::client()?, id_tokens, settings })
    }

    /// Where Microsoft is, and who we are there.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The address that takes a person to Microsoft (R106-R114).
    #[must_use]
    pub fn authorize_url(&self, sign_in: &SignIn<'_>) -> String {
        let Settings { endpoints, clients } = &self.settings;
        authorize::authorize_url(endpoints, clients.own(), sign_in)
    }

    /// The address that takes an administrator to Microsoft's page for the application permissions of `client`.
    #[must_use]
    pub fn admin_consent_url(&self, client: ApplicationId, consent: &AdminConsent<'_>) -> String {
        admin_consent::admin_consent_url(&self.settings.endpoints, client, consent)
    }

    /// The claims of an `id_token`, if Microsoft signed it. What they say is for `identity::verify` to judge.
    pub async fn signed_claims(&self, id_token: &str, now: Timestamp) -> Result<SignedClaims, IdTokenError> {
        self.id_tokens.signature_checked(&self.http, id_token, now).await
    }

    /// Sends a code to Microsoft, once. Never call it again with the same code, except after [`RedeemError::NotSent`].
    pub async fn redeem(
        &self,
        credential: &ClientCredential,
        redemption: Redemption<'_>,
        at: (Timestamp, &dyn Random),
    ) -> Result<Redeemed, RedeemError> {
        let Settings { endpoints, clients } = &self.settings;
        let registration = Registration { endpoints, client_id: clients.own(), credential };
        redeem::redeem(&self.http, registration, redemption, at).await
    }

    /// Uses a refresh token; what comes is for the same person, or is thrown away.
    pub async fn refresh(
        &self,
        credential: &ClientCredential,
        refresh: Refresh<'_>,
        at: (Timestamp, &dyn Random),
    ) -> Result<Refreshed, RefreshError> {
        let Settings { endpoints, clients } = &self.settings;
        let registration = Registration { endpoints, client_id: clients.own(), credential };
        refresh::refresh(&self.http, &self.id_tokens, registration, refresh, at).await
    }

    /// Calls Partner Center once, in the name of the holder of `access_token`, with `ValidateMfa: true`.
    pub async fn probe(&self, access_token: &SecretString, random: &dyn Random, budget: Duration) -> Probe {
        partner_center::probe(&self.http, &self.settings.endpoints, access_token, random, budget).await
    }

    /// The Partner Center roles of the holder of a Graph `access_token`; none if they could not be read.
    pub async fn partner_roles(&self, access_token: &SecretString, budget: Duration) -> Option<Held> {
        graph::partner::roles(&self.http, &self.settings.endpoints, access_token, budget).await
    }

    /// What Graph shows of the tenant and our grants in it, to the holder of `access_token`, within `budget`. An action
    /// that is proved by membership changes the tenant: our service principal joins the roles that the policy allows.
    pub async fn read_back(&self, access_token: &SecretString, wanted: ReadBack<'_>, budget: Duration) -> TenantView {
        let Settings { endpoints, clients } = &self.settings;
        graph::read_back(&self.http, endpoints, access_token, (clients.own(), wanted), budget).await
    }

    /// What Graph shows our registrations, by themselves, of their own permissions, within `budget`.
    pub async fn read_assigned(
        &self,
        wanted: ReadAssigned<'_>,
        at: (Timestamp, &dyn Random),
        budget: Duration,
    ) -> application::View {
        let Settings { endpoints, clients } = &self.settings;
        graph::application::read_assigned(&self.http, (endpoints, clients.own()), wanted, at, budget).await
    }

    /// How far a tenant is provisioned, as our registrations see it by themselves within `budget`.
    pub async fn read_tenant(&self, wanted: ReadTenant<'_>, at: (Timestamp, &dyn Random), budget: Duration) -> Seen {
        graph::provisioning::read_by_ourselves(&self.http, &self.settings.endpoints, wanted, at, budget).await
    }

    /// The same as the holder of `access_token` sees it; `person` is whose roles are looked at too.
    pub async fn read_tenant_as(
        &self,
        (access_token, person): (&SecretString, Option<ObjectId>),
        budget: Duration,
    ) -> Seen {
        let (http, endpoints) = (&self.http, &self.settings.endpoints);
        graph::provisioning::read_by_signer(http, endpoints, (access_token, person), budget).await
    }

    /// Whose `access_token` is, as Graph says within `budget`.
    pub async fn bearer(&self, access_token: &SecretString, budget: Duration) -> Bearer {
        graph::bearer::bearer(&self.http, &self.settings.endpoints, access_token, budget).await
    }

    /// Makes what `tenant` lacks, in the name of the holder of `access_token`, and reads it back within `budget`.
    pub async fn provision(&self, access_token: &SecretString, tenant: TenantId, budget: Duration) -> Provisioned {
        graph::provisioning::provision(&self.http, &self.settings.endpoints, access_token, tenant, budget).await
    }

    /// Whether our application is in `tenant`, and with it whatever was granted there; none if Microsoft does not say.
    pub async fn is_in_tenant(
        &self,
        credential: &ClientCredential,
        tenant: TenantId,
        at: (Timestamp, &dyn Random),
        budget: Duration,
    ) -> Option<bool> {
        let Settings { endpoints, clients } = &self.settings;
        let registration = Registration { endpoints, client_id: clients.own(), credential };
        match tokio::time::timeout(budget, app_token::app_token(&self.http, registration, tenant, at)).await {
            Ok(Ok(_)) => Some(true),
            Ok(Err(app_token::NoToken::NotInTenant)) => Some(false),
            Ok(Err(app_token::NoToken::NotGiven)) | Err(_) => None,
        }
    }

    /// The tenant that owns `domain`.
    pub async fn tenant_of(&self, domain: &Domain) -> Result<TenantId, DiscoveryError> {
        discovery::tenant_of(&self.http, &self.settings.endpoints, domain.as_str()).await
    }

    /// The tenant that somebody names by its id or by one of its domains, if it is of this cloud.
    pub async fn tenant_named(&self, name: &NamedTenant) -> Result<TenantId, DiscoveryError> {
        discovery::tenant_of(&self.http, &self.settings.endpoints, &name.to_string()).await
    }

    /// What Graph shows an administrator of his roles and of the grants of step one, within `budget`.
    pub async fn read_grants(&self, access_token: &SecretString, budget: Duration) -> GrantView {
        let Settings { endpoints, clients } = &self.settings;
        graph::consented::read_grants(&self.http, endpoints, access_token, clients.own(), budget).await
    }
}
