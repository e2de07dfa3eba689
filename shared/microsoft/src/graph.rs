//! Microsoft Graph, read back: the proof of a consent (P1).
//!
//! One `$batch` asks for all that `onboarding_core::proof` judges. Each part stands alone: what could not be read is
//! `None`, never empty, because "not there" and "not seen" lead to different outcomes.

pub(crate) mod application;
mod membership;
mod wire;

use std::time::Duration;

use onboarding_core::action::ProvedBy;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, ObjectId, RoleTemplateId, TenantId};
use onboarding_core::permission::{GRAPH, TEAMS_ADMIN_API};
use onboarding_core::proof::{DelegatedGrant, Holder, Organization, Policy, Question, TenantView};
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;

use wire::{Batch, Page, Unread, Wire};

const ORGANIZATION: &str = "organization";
const ROLES: &str = "roles";
const GRANTS: &str = "grants";
const GRAPH_PRINCIPAL: &str = "graph";
const TEAMS_PRINCIPAL: &str = "teams";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrganizationBody {
    id: TenantId,
    display_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Role {
    role_template_id: RoleTemplateId,
}

/// An `oauth2PermissionGrant`. Its `resourceId` is the object id of the API's service principal in this tenant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grant {
    consent_type: String,
    principal_id: Option<ObjectId>,
    resource_id: ObjectId,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePrincipal {
    id: ObjectId,
    app_id: ApplicationId,
}

/// The APIs whose grants count, by the object ids of their service principals here.
type Apis = Vec<(ObjectId, ApplicationId)>;

/// What Graph shows within `budget` to the holder of `access_token` about the consents given to `client`. For an action
/// that is proved by membership, our service principal joins its roles in between.
pub(crate) async fn read_back(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    (client, question, policy): (ApplicationId, Question<'_>, Policy),
    budget: Duration,
) -> TenantView {
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        if question.action.proved_by() == ProvedBy::Membership {
            membership::read_joining(&wire, endpoints, client, (question, policy)).await
        } else {
            Ok(view(&wire, &wire.batch(&requests(client)).await?).await)
        }
    };
    read.await.unwrap_or_else(|why: Unread| {
        tracing::warn!(%why, "Microsoft Graph could not be read");
        TenantView::default()
    })
}

fn requests(client: ApplicationId) -> [(&'static str, String); 5] {
    let principal = |app: ApplicationId| format!("/servicePrincipals(appId='{app}')?$select=id,appId");
    [
        (ORGANIZATION, "/organization?$select=id,displayName".to_owned()),
        (ROLES, "/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId".to_owned()),
        (GRANTS, format!("/servicePrincipals(appId='{client}')/oauth2PermissionGrants")),
        (GRAPH_PRINCIPAL, principal(GRAPH)),
        (TEAMS_PRINCIPAL, principal(TEAMS_ADMIN_API)),
    ]
}

async fn view(wire: &Wire<'_>, batch: &Batch) -> TenantView {
    let (signer_roles, grants) = tokio::join!(roles(wire, batch), grants(wire, batch));
    TenantView {
        organization: seen(ORGANIZATION, organization(batch)),
        signer_roles: seen(ROLES, signer_roles),
        grants: seen(GRANTS, grants),
        management: None,
    }
}

/// The part, or none and a line in the log that says why.
fn seen<T>(part: &'static str, read: Result<T, Unread>) -> Option<T> {
    read.inspect_err(|why| tracing::warn!(part, %why, "a part of Microsoft Graph could not be read")).ok()
}

/// A tenant has exactly one organisation.
fn organization(batch: &Batch) -> Result<Organization, Unread> {
    let page: Page<OrganizationBody> = batch.part(ORGANIZATION)?;
    match <[OrganizationBody; 1]>::try_from(page.value) {
        Ok([OrganizationBody { id, display_name }]) => Ok(Organization { id, display_name }),
        Err(_) => Err(Unread::Garbage),
    }
}

async fn roles(wire: &Wire<'_>, batch: &Batch) -> Result<Vec<RoleTemplateId>, Unread> {
    let roles: Vec<Role> = wire.all_pages(batch.part(ROLES)?).await?;
    Ok(roles.into_iter().map(|role| role.role_template_id).collect())
}

/// Our client not being in the tenant is the same as no grant.
async fn grants(wire: &Wire<'_>, batch: &Batch) -> Result<Vec<DelegatedGrant>, Unread> {
    let apis: Apis = [(GRAPH_PRINCIPAL, GRAPH), (TEAMS_PRINCIPAL, TEAMS_ADMIN_API)]
        .into_iter()
        .filter_map(|(part, app)| principal(batch, part, app).transpose())
        .collect::<Result<_, _>>()?;
    match batch.part(GRANTS) {
        Err(Unread::Status(StatusCode::NOT_FOUND)) => Ok(Vec::new()),
        Err(why) => Err(why),
        Ok(first) => {
            let grants: Vec<Grant> = wire.all_pages(first).await?;
            Ok(grants.into_iter().filter_map(|grant| grant.delegated(&apis)).collect())
        }
    }
}

fn principal(batch: &Batch, part: &str, app: ApplicationId) -> Result<Option<(ObjectId, ApplicationId)>, Unread> {
    match batch.part::<ServicePrincipal>(part) {
        Ok(found) if found.app_id == app => Ok(Some((found.id, app))),
        Ok(_) => Err(Unread::Garbage),
        Err(Unread::Status(StatusCode::NOT_FOUND)) => Ok(None),
        Err(why) => Err(why),
    }
}

impl Grant {
    /// None for an API that we do not ask for, and for a kind of grant that nobody told us of.
    fn delegated(self, apis: &Apis) -> Option<DelegatedGrant> {
        let (_, resource) = apis.iter().find(|(id, _)| *id == self.resource_id)?;
        let holds_for = match (self.consent_type.as_str(), self.principal_id) {
            ("AllPrincipals", _) => Holder::Tenant,
            ("Principal", Some(person)) => Holder::Person(person),
            _ => return None,
        };
        let scopes = self.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Some(DelegatedGrant { resource: *resource, holds_for, scopes })
    }
}
