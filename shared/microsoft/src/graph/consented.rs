//! The tenant that hosts Partner Center, as the administrator of step one sees it: his roles, and what he granted (R176, R201).

use std::time::Duration;

use onboarding_core::cloud::Endpoints;
use onboarding_core::connection::admit::{GrantView, PARTNER_CENTER};
use onboarding_core::id::ApplicationId;
use onboarding_core::permission::GRAPH;
use onboarding_core::proof::DelegatedGrant;
use reqwest::Client;
use secrecy::SecretString;

use super::wire::{Batch, Unread, Wire};
use super::{GRAPH_PRINCIPAL, ROLES, grants_of, grants_on, named, principal, roles, seen};

const PARTNER_PRINCIPAL: &str = "partner";

/// What Graph shows within `budget` to the holder of `access_token` of the grants of `client`.
pub(crate) async fn read_grants(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    client: ApplicationId,
    budget: Duration,
) -> GrantView {
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        let of = |app: ApplicationId| format!("/servicePrincipals(appId='{app}')?$select=id,appId");
        let parts = [
            named(ROLES, "/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId".to_owned()),
            grants_of(client),
            named(GRAPH_PRINCIPAL, of(GRAPH)),
            named(PARTNER_PRINCIPAL, of(PARTNER_CENTER)),
        ];
        let batch = wire.batch(&parts).await?;
        let (roles, grants) = tokio::join!(roles(&wire, &batch), grants(&wire, &batch));
        Ok(GrantView { roles: seen("roles", roles), grants: seen("grants", grants) })
    };
    read.await.unwrap_or_else(|why: Unread| {
        tracing::warn!(%why, "Microsoft Graph could not be read");
        GrantView::default()
    })
}

/// Our client, or Partner Center, not being in the tenant is the same as no grant.
async fn grants(wire: &Wire<'_>, batch: &Batch) -> Result<Vec<DelegatedGrant>, Unread> {
    let apis: Vec<_> = [(GRAPH_PRINCIPAL, GRAPH), (PARTNER_PRINCIPAL, PARTNER_CENTER)]
        .into_iter()
        .filter_map(|(part, app)| principal(batch, part, app).transpose())
        .collect::<Result<_, _>>()?;
    grants_on(wire, batch, &apis).await
}
