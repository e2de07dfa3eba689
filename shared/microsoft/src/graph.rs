//! Microsoft Graph, read back: the proof of a consent (P1).
//!
//! One `$batch` asks for all that `onboarding_core::proof` judges. Each part stands alone: what could not be read is
//! `None`, never empty, because "not there" and "not seen" lead to different outcomes.

pub(crate) mod application;
pub(crate) mod bearer;
pub(crate) mod consented;
mod membership;
pub(crate) mod partner;
pub(crate) mod provisioning;
mod wire;

use std::time::Duration;

use onboarding_core::action::ProvedBy;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, ObjectId, RoleTemplateId, TenantId};
use onboarding_core::permission::{GRAPH, TEAMS_ADMIN_API};
use onboarding_core::proof::{Also, DelegatedGrant, Holder, Organization, Policy, Question, TenantView};
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;

use wire::{Batch, Page, Unread, Wire};

const ORGANIZATION: &str = "organization";
const ROLES: &str = "roles";
const GRANTS: &str = "grants";
const GRAPH_PRINCIPAL: &str = "graph";
const TEAMS_PRINCIPAL: &str = "teams";
const JOINED: &str = "joined";

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

/// What is read with a signer's token.
#[derive(Clone, Copy, Debug)]
pub struct ReadBack<'a> {
    /// What it must answer.
    pub question: Question<'a>,
    /// Whose consent counts.
    pub policy: Policy,
    /// What else is looked at.
    pub also: &'a Also,
}

/// What Graph shows within `budget` to the holder of `access_token` about the consents given to `client`. For an action
/// that is proved by membership, our service principal joins its roles in between.
pub(crate) async fn read_back(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    (client, wanted): (ApplicationId, ReadBack<'_>),
    budget: Duration,
) -> TenantView {
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        if wanted.question.action.proved_by() == ProvedBy::Membership {
            membership::read_joining(&wire, endpoints, (client, wanted)).await
        } else {
            let batch = wire.batch(&requests(client, wanted.also)).await?;
            Ok(view(&wire, &batch, wanted.also).await)
        }
    };
    read.await.unwrap_or_else(|why: Unread| {
        tracing::warn!(%why, "Microsoft Graph could not be read");
        TenantView::default()
    })
}

fn named(name: &str, path: String) -> (String, String) {
    (name.to_owned(), path)
}

fn requests(client: ApplicationId, also: &Also) -> Vec<(String, String)> {
    let mut parts = vec![
        named(ORGANIZATION, "/organization?$select=id,displayName".to_owned()),
        named(ROLES, "/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId".to_owned()),
        grants_of(client),
        named(GRAPH_PRINCIPAL, principal_of(GRAPH)),
        teams_principal(),
    ];
    if also.joined {
        parts.push(joined_by(client));
    }
    if !also.clients.is_empty() {
        parts.extend(application::requests(&also.clients));
    }
    parts
}

fn principal_of(app: ApplicationId) -> String {
    format!("/servicePrincipals(appId='{app}')?$select=id,appId")
}

fn teams_principal() -> (String, String) {
    named(TEAMS_PRINCIPAL, principal_of(TEAMS_ADMIN_API))
}

fn grants_of(client: ApplicationId) -> (String, String) {
    named(GRANTS, format!("/servicePrincipals(appId='{client}')/oauth2PermissionGrants"))
}

fn joined_by(client: ApplicationId) -> (String, String) {
    let path = "memberOf/microsoft.graph.directoryRole?$select=roleTemplateId";
    named(JOINED, format!("/servicePrincipals(appId='{client}')/{path}"))
}

async fn view(wire: &Wire<'_>, batch: &Batch, also: &Also) -> TenantView {
    let app_roles = async {
        if also.clients.is_empty() {
            return None;
        }
        seen("app roles", application::roles(wire, batch, &also.clients).await).map(|(_, roles)| roles)
    };
    let joined = async { if also.joined { seen(JOINED, joined(wire, batch).await) } else { None } };
    let (signer_roles, grants, app_roles, joined) =
        tokio::join!(roles(wire, batch), grants(wire, batch), app_roles, joined);
    TenantView {
        organization: seen(ORGANIZATION, organization(batch)),
        signer_roles: seen(ROLES, signer_roles),
        grants: seen(GRANTS, grants),
        management: None,
        app_roles,
        joined,
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

/// The directory roles that our service principal holds; none if it is not in the tenant.
async fn joined(wire: &Wire<'_>, batch: &Batch) -> Result<Vec<RoleTemplateId>, Unread> {
    match batch.part(JOINED) {
        Err(Unread::Status(StatusCode::NOT_FOUND)) => Ok(Vec::new()),
        Err(why) => Err(why),
        Ok(first) => {
            let roles: Vec<Role> = wire.all_pages(first).await?;
            Ok(roles.into_iter().map(|role| role.role_template_id).collect())
        }
    }
}

/// Our client not being in the tenant is the same as no grant.
async fn grants(wire: &Wire<'_>, batch: &Batch) -> Result<Vec<DelegatedGrant>, Unread> {
    let apis: Apis = [(GRAPH_PRINCIPAL, GRAPH), (TEAMS_PRINCIPAL, TEAMS_ADMIN_API)]
        .into_iter()
        .filter_map(|(part, app)| principal(batch, part, app).transpose())
        .collect::<Result<_, _>>()?;
    grants_on(wire, batch, &apis).await
}

/// The grants on these APIs.
async fn grants_on(
    wire: &Wire<'_>,
    batch: &Batch,
    apis: &[(ObjectId, ApplicationId)],
) -> Result<Vec<DelegatedGrant>, Unread> {
    match batch.part(GRANTS) {
        Err(Unread::Status(StatusCode::NOT_FOUND)) => Ok(Vec::new()),
        Err(why) => Err(why),
        Ok(first) => {
            let grants: Vec<Grant> = wire.all_pages(first).await?;
            Ok(grants.into_iter().filter_map(|grant| grant.delegated(apis)).collect())
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
    fn delegated(self, apis: &[(ObjectId, ApplicationId)]) -> Option<DelegatedGrant> {
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
