//! From a domain to its tenant, by the metadata that Entra shows to everybody.

use onboarding_core::advice::Code;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::TenantId;
use onboarding_core::identity::PERSONAL_ACCOUNTS;
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

/// What the metadata calls the instances of the clouds.
const INSTANCES: &[&str] = &["microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn"];

/// A tenant's metadata. The cloud instance is its own, whichever authority is asked.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    cloud_instance_name: Option<String>,
}

/// The tenant that `name` is the id or a domain of.
pub(crate) async fn tenant_of(http: &Client, endpoints: &Endpoints, name: &str) -> Result<TenantId, DiscoveryError> {
    let address = Url::parse(&endpoints.discovery(name)).map_err(|_| DiscoveryError::Unavailable)?;
    let request = Request::new(Method::GET, address);
    let answer = http::send(http, request, READ_TIMEOUT, LOGIN_LIMIT).await.map_err(|_| DiscoveryError::Unavailable)?;
    match answer.status {
        StatusCode::OK => tenant_in(&answer.body, endpoints),
        StatusCode::BAD_REQUEST if names_no_tenant(&answer.body) => Err(DiscoveryError::UnknownTenant),
        _ => Err(DiscoveryError::Unavailable),
    }
}

/// The tenant in the metadata's issuer, which must be exactly the one that we would expect of that tenant, in our cloud.
///
/// Another issuer, or another cloud's instance, is a tenant of another cloud, or no organisation at all.
fn tenant_in(metadata: &[u8], endpoints: &Endpoints) -> Result<TenantId, DiscoveryError> {
    let Ok(Metadata { issuer, cloud_instance_name }) = serde_json::from_slice(metadata) else {
        return Err(DiscoveryError::Unavailable);
    };
    let own = endpoints.authority_host().trim_start_matches("login.");
    let is_other = |instance: &str| INSTANCES.contains(&instance) && instance != own;
    if cloud_instance_name.as_deref().is_some_and(is_other) {
        return Err(DiscoveryError::UnknownTenant);
    }
    let tenant = issuer.split('/').rev().find_map(|part| part.parse::<TenantId>().ok());
    let ours = tenant.filter(|tenant| endpoints.issuer(*tenant) == issuer && *tenant != PERSONAL_ACCOUNTS);
    ours.ok_or(DiscoveryError::UnknownTenant)
}

/// AADSTS90002, 900023 and their kin, or the plain OAuth error without a number.
fn names_no_tenant(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.signal());
    refusal.is_ok_and(|signal| signal.error() == "invalid_tenant" || signal.diagnose() == Code::WrongCloud)
}
