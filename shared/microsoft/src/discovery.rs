//! From a domain to its tenant, by the metadata that Entra shows to everybody.

use onboarding_core::advice::Code;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::TenantId;
use onboarding_core::identity::PERSONAL_ACCOUNTS;
use onboarding_core::text::Domain;
use reqwest::{Client, Method, Request, StatusCode, Url};
use serde::Deserialize;
use thiserror::Error;

use crate::http::{self, LOGIN_LIMIT, READ_TIMEOUT};
use crate::refusal::Refusal;

/// Why a domain leads to no tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DiscoveryError {
    /// No organisation of this cloud has the domain.
    #[error("no Microsoft tenant of this cloud has the domain")]
    UnknownTenant,
    /// Microsoft could not be asked.
    #[error("Microsoft could not be asked for the domain's tenant")]
    Unavailable,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
}

/// The tenant that owns `domain`.
pub(crate) async fn tenant_of(
    http: &Client,
    endpoints: &Endpoints,
    domain: &Domain,
) -> Result<TenantId, DiscoveryError> {
    let address = Url::parse(&endpoints.discovery(domain.as_str())).map_err(|_| DiscoveryError::Unavailable)?;
    let request = Request::new(Method::GET, address);
    let answer = http::send(http, request, READ_TIMEOUT, LOGIN_LIMIT).await.map_err(|_| DiscoveryError::Unavailable)?;
    match answer.status {
        StatusCode::OK => tenant_in(&answer.body, endpoints),
        StatusCode::BAD_REQUEST if names_no_tenant(&answer.body) => Err(DiscoveryError::UnknownTenant),
        _ => Err(DiscoveryError::Unavailable),
    }
}

/// The tenant in the metadata's issuer, which must be exactly the one that we would expect of that tenant.
///
/// Another issuer is a tenant of another cloud, or no organisation at all.
fn tenant_in(metadata: &[u8], endpoints: &Endpoints) -> Result<TenantId, DiscoveryError> {
    let Ok(Metadata { issuer }) = serde_json::from_slice(metadata) else { return Err(DiscoveryError::Unavailable) };
    let tenant = issuer.split('/').rev().find_map(|part| part.parse::<TenantId>().ok());
    let ours = tenant.filter(|tenant| endpoints.issuer(*tenant) == issuer && *tenant != PERSONAL_ACCOUNTS);
    ours.ok_or(DiscoveryError::UnknownTenant)
}

/// AADSTS90002, 900023 and their kin, or the plain OAuth error without a number.
fn names_no_tenant(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.signal());
    refusal.is_ok_and(|signal| signal.error() == "invalid_tenant" || signal.diagnose() == Code::WrongCloud)
}
