//! Microsoft's clouds as data: which hosts a tenant of each is served by.
//!
//! Source: Microsoft's page on national clouds (authentication-national-cloud), Graph's deployments page and Partner
//! Center's REST URLs (partner-center-rest-urls): the government's Partner Center is reached by the commercial address.
//! Tokens of one cloud mean nothing in another, and each needs an app registration of its own.

use std::str::FromStr;

use thiserror::Error;
use url::Url;

use crate::id::TenantId;

/// A Microsoft cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// The commercial cloud, GCC included.
    Global,
    /// US Government L4 (GCC High).
    UsGov,
    /// US Government L5 (Department of Defense).
    Dod,
    /// China, operated by 21Vianet.
    China,
}

/// One row of the table.
#[derive(Debug)]
struct Hosts {
    cloud: Cloud,
    name: &'static str,
    authority: &'static str,
    graph: &'static str,
    partner_center: &'static str,
    /// The `tenant_region_sub_scope` of its tenants, where two clouds share their hosts.
    region: Option<&'static str>,
}

/// Partner Center of every cloud but China's.
const PARTNER_CENTER: &str = "https://api.partnercenter.microsoft.com";

const CLOUDS: &[Hosts] = &[
    Hosts {
        cloud: Cloud::Global,
        name: "global",
        authority: "https://login.microsoftonline.com",
        graph: "https://graph.microsoft.com",
        partner_center: PARTNER_CENTER,
        region: None,
    },
    Hosts {
        cloud: Cloud::UsGov,
        name: "usgov",
        authority: "https://login.microsoftonline.us",
        graph: "https://graph.microsoft.us",
        partner_center: PARTNER_CENTER,
        region: Some("DODCON"),
    },
    Hosts {
        cloud: Cloud::Dod,
        name: "dod",
        authority: "https://login.microsoftonline.us",
        graph: "https://dod-graph.microsoft.us",
        partner_center: PARTNER_CENTER,
        region: Some("DOD"),
    },
    Hosts {
        cloud: Cloud::China,
        name: "china",
        authority: "https://login.partner.microsoftonline.cn",
        graph: "https://microsoftgraph.chinacloudapi.cn",
        partner_center: "https://partner.partnercenterapi.microsoftonline.cn",
        region: None,
    },
];

/// The name is not one of our clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one of global, usgov, dod, china")]
pub struct UnknownCloud;

impl FromStr for Cloud {
    type Err = UnknownCloud;

    fn from_str(name: &str) -> Result<Self, UnknownCloud> {
        CLOUDS.iter().find(|row| row.name == name).map(|row| row.cloud).ok_or(UnknownCloud)
    }
}

/// Where Microsoft is reached: a cloud's hosts, or stand-ins for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    authority: String,
    graph: String,
    partner_center: String,
    cloud_host: &'static str,
    graph_resource: &'static str,
    partner_center_resource: &'static str,
    region: Option<&'static str>,
}

impl Endpoints {
    /// Whether tenants of the region `sub_scope`, as their metadata has it, are of another cloud behind the same hosts: GCC High and
    /// the Department of Defense. Words that are not known say nothing.
    #[must_use]
    pub fn is_of_another_cloud(&self, sub_scope: &str) -> bool {
        let is_known = CLOUDS.iter().any(|row| row.region == Some(sub_scope));
        is_known && self.region.is_some_and(|own| own != sub_scope)
    }

    /// The hosts of `cloud`, each replaced by its override where one is given.
    #[must_use]
    pub fn of(cloud: Cloud, authority: Option<&Url>, graph: Option<&Url>) -> Self {
        let row = CLOUDS.iter().find(|row| row.cloud == cloud).unwrap_or(&CLOUDS[0]);
        let base = |given: Option<&Url>, own: &str| {
            given.map_or_else(|| own.to_owned(), |url| url.as_str().trim_end_matches('/').to_owned())
        };
        let cloud_host = row.authority.trim_start_matches("https://");
        Self {
            authority: base(authority, row.authority),
            graph: base(graph, row.graph),
            partner_center: row.partner_center.to_owned(),
            cloud_host,
            graph_resource: row.graph,
            partner_center_resource: row.partner_center,
            region: row.region,
        }
    }

    /// The same, with Partner Center replaced where an override is given.
    #[must_use]
    pub fn with_partner_center(mut self, given: Option<&Url>) -> Self {
        if let Some(url) = given {
            url.as_str().trim_end_matches('/').clone_into(&mut self.partner_center);
        }
        self
    }

    /// `https://login…/{path}/oauth2/v2.0/authorize` (R106).
    #[must_use]
    pub fn authorize(&self, path: AuthorityPath) -> String {
        format!("{}/{path}/oauth2/v2.0/authorize", self.authority)
    }

    /// `https://login…/{path}/oauth2/v2.0/token`. The path must be the one used at authorize (AADSTS700005).
    #[must_use]
    pub fn token(&self, path: AuthorityPath) -> String {
        format!("{}/{path}/oauth2/v2.0/token", self.authority)
    }

    /// `https://login…/{tenant}/v2.0/adminconsent`, where an administrator consents to application permissions.
    #[must_use]
    pub fn admin_consent(&self, tenant: TenantId) -> String {
        format!("{}/{tenant}/v2.0/adminconsent", self.authority)
    }

    /// The scope that means all that our registration lists of Graph: the only one by which application permissions can
    /// be asked for. The resource is the cloud's own; a stand-in does not change it.
    #[must_use]
    pub fn graph_default_scope(&self) -> String {
        format!("{}/.default", self.graph_resource)
    }

    /// One delegated permission of Graph, by its full name: for a request that names another resource too.
    #[must_use]
    pub fn graph_scope(&self, name: &str) -> String {
        format!("{}/{name}", self.graph_resource)
    }

    /// The one delegated permission of Partner Center (R183); a stand-in does not change it.
    #[must_use]
    pub fn partner_center_scope(&self) -> String {
        format!("{}/user_impersonation", self.partner_center_resource)
    }

    /// The signing keys of all tenants of the cloud.
    #[must_use]
    pub fn keys(&self) -> String {
        format!("{}/common/discovery/v2.0/keys", self.authority)
    }

    /// The metadata of the tenant that owns `domain`.
    #[must_use]
    pub fn discovery(&self, domain: &str) -> String {
        format!("{}/{domain}/v2.0/.well-known/openid-configuration", self.authority)
    }

    /// The issuer of `tenant`'s tokens, to be compared exactly.
    #[must_use]
    pub fn issuer(&self, tenant: TenantId) -> String {
        format!("{}/{tenant}/v2.0", self.authority)
    }

    /// The issuer template in metadata and keys that serve every tenant.
    #[must_use]
    pub fn issuer_template(&self) -> String {
        format!("{}/{{tenantid}}/v2.0", self.authority)
    }

    /// The origin of the authority, to which browsers are sent.
    #[must_use]
    pub fn authority_origin(&self) -> String {
        Url::parse(&self.authority).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// The host of the cloud's authority, as the webhook's `accessTokenType` (R118); a stand-in does not change it.
    #[must_use]
    pub const fn authority_host(&self) -> &'static str {
        self.cloud_host
    }

    /// A Graph v1.0 address; `path` begins with a slash.
    #[must_use]
    pub fn graph(&self, path: &str) -> String {
        format!("{}/v1.0{path}", self.graph)
    }

    /// A Partner Center v1 address; `path` begins with a slash.
    #[must_use]
    pub fn partner_center(&self, path: &str) -> String {
        format!("{}/v1{path}", self.partner_center)
    }
}

/// The tenant segment of an authority URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityPath {
    /// Any account: the documented path of an unpinned direct link (R106).
    Common,
    /// Any work or school account.
    Organizations,
    /// One tenant: Microsoft itself then refuses accounts of others.
    Tenant(TenantId),
}

impl AuthorityPath {
    /// The one tenant that it lets in, if it is one.
    #[must_use]
    pub const fn pin(self) -> Option<TenantId> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::Common | Self::Organizations => None,
        }
    }
}

impl std::fmt::Display for AuthorityPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Common => f.write_str("common"),
            Self::Organizations => f.write_str("organizations"),
            Self::Tenant(tenant) => tenant.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::from_u128(0x48ac_35b8_9aa8_4d74_927d_1f4a_14a0_b239);

    /// R106, R118 The documented authority, and the tenant's own once it is known.
    #[test]
    fn the_global_cloud_is_the_documented_one() {
        let endpoints = Endpoints::of(Cloud::Global, None, None);
        let common = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize";
        assert_eq!(endpoints.authorize(AuthorityPath::Common), common);
        let own = "https://login.microsoftonline.com/48ac35b8-9aa8-4d74-927d-1f4a14a0b239/oauth2/v2.0/token";
        assert_eq!(endpoints.token(AuthorityPath::Tenant(TENANT)), own);
        assert_eq!(endpoints.authority_host(), "login.microsoftonline.com");
    }

    #[test]
    fn an_override_replaces_its_part_only() {
        let local = Url::parse("http://localhost:9999/").unwrap();
        let endpoints = Endpoints::of(Cloud::UsGov, Some(&local), None);
        assert_eq!(endpoints.issuer(TENANT), format!("http://localhost:9999/{TENANT}/v2.0"));
        assert_eq!(endpoints.graph("/organization"), "https://graph.microsoft.us/v1.0/organization");
        assert_eq!(endpoints.authority_host(), "login.microsoftonline.us");
        let away = Endpoints::of(Cloud::China, Some(&local), Some(&local));
        assert_eq!(away.graph_default_scope(), "https://microsoftgraph.chinacloudapi.cn/.default");
        assert_eq!(away.admin_consent(TENANT), format!("http://localhost:9999/{TENANT}/v2.0/adminconsent"));
    }

    /// R181 Each cloud has its Partner Center; the government's is the commercial one.
    #[test]
    fn partner_center_is_the_clouds_own() {
        let local = Url::parse("http://localhost:9999/").unwrap();
        for (cloud, host) in [
            (Cloud::Global, PARTNER_CENTER),
            (Cloud::UsGov, PARTNER_CENTER),
            (Cloud::Dod, PARTNER_CENTER),
            (Cloud::China, "https://partner.partnercenterapi.microsoftonline.cn"),
        ] {
            let endpoints = Endpoints::of(cloud, None, None);
            assert_eq!(endpoints.partner_center("/profiles/mpn"), format!("{host}/v1/profiles/mpn"));
            let stood_in = endpoints.with_partner_center(Some(&local));
            assert_eq!(stood_in.partner_center("/profiles/mpn"), "http://localhost:9999/v1/profiles/mpn");
            assert_eq!(stood_in.partner_center_scope(), format!("{host}/user_impersonation"));
        }
    }

    #[test]
    fn a_cloud_is_known_by_its_name() {
        assert_eq!("china".parse(), Ok(Cloud::China));
        assert_eq!("gcc".parse::<Cloud>(), Err(UnknownCloud));
    }
}
