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
    tenant_region_sub_scope: Option<String>,
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
    let Ok(Metadata { issuer, cloud_instance_name, tenant_region_sub_scope }) = serde_json::from_slice(metadata) else {
        return Err(DiscoveryError::Unavailable);
    };
    let own = endpoints.authority_host().trim_start_matches("login.");
    let is_other = |instance: &str| INSTANCES.contains(&instance) && instance != own;
    let is_elsewhere = |region: &str| endpoints.is_of_another_cloud(region);
    if cloud_instance_name.as_deref().is_some_and(is_other)
        || tenant_region_sub_scope.as_deref().is_some_and(is_elsewhere)
    {
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

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::cloud::Cloud;
    use serde_json::json;

    /// R181 GCC High and the Department of Defense share their hosts, and are two clouds.
    #[test]
    fn two_clouds_behind_one_host_are_told_apart() {
        let tenant = TenantId::from_u128(7);
        let found = |cloud, region: Option<&str>| {
            let endpoints = Endpoints::of(cloud, None, None);
            let metadata = json!({
                "issuer": endpoints.issuer(tenant), "cloud_instance_name": "microsoftonline.us",
                "tenant_region_scope": "USGov", "tenant_region_sub_scope": region,
            });
            tenant_in(metadata.to_string().as_bytes(), &endpoints)
        };
        for (cloud, region, is_ours) in [
            (Cloud::UsGov, Some("DODCON"), true),
            (Cloud::UsGov, Some("DOD"), false),
            (Cloud::Dod, Some("DOD"), true),
            (Cloud::Dod, Some("DODCON"), false),
            (Cloud::UsGov, None, true),
            (Cloud::Dod, Some("GCC"), true),
        ] {
            let expected = if is_ours { Ok(tenant) } else { Err(DiscoveryError::UnknownTenant) };
            assert_eq!(found(cloud, region), expected, "{cloud:?} {region:?}");
        }
    }
}
