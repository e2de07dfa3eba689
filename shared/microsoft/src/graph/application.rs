//! What our application is granted by itself, read with a token of its own: the proof of application permissions.
//!
//! Before an administrator consents, Microsoft knows no service principal of ours in the tenant, or lets it read
//! nothing. That is an answer, not a fault, and is told apart from Microsoft being away.

use std::collections::HashMap;
use std::time::Duration;

use onboarding_core::id::{ApplicationId, ObjectId, TenantId};
use onboarding_core::permission::GRAPH;
use onboarding_core::proof::application::{AppRole, View};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::wire::{Batch, Unread, Wire};
use super::{ORGANIZATION, organization};
use crate::app_token::{NoToken, app_token};
use crate::redeem::Registration;

const ASSIGNMENTS: &str = "assignments";
const GRAPH_ROLES: &str = "graph-roles";

/// An `appRoleAssignment`. Its `resourceId` is the object id of the API's service principal in this tenant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    app_role_id: String,
    resource_id: ObjectId,
}

/// An API's service principal with the roles that it offers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Api {
    id: ObjectId,
    app_id: ApplicationId,
    app_roles: Vec<Role>,
}

#[derive(Deserialize)]
struct Role {
    id: String,
    value: Option<String>,
}

/// What Graph shows of our permissions in `tenant`, all of it within `budget`.
pub(crate) async fn read_assigned(
    http: &Client,
    registration: Registration<'_>,
    (tenant, at): (TenantId, (Timestamp, &dyn Random)),
    budget: Duration,
) -> View {
    let deadline = Instant::now() + budget;
    let token = match timeout(budget, app_token(http, registration, tenant, at)).await {
        Ok(Ok(token)) => token,
        Ok(Err(NoToken::NotInTenant)) => return View::Closed,
        Ok(Err(NoToken::NotGiven)) | Err(_) => return View::Unread,
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let read = async {
        let wire = Wire::new(http, registration.endpoints, &token, left)?;
        let batch = wire.batch(&requests(registration.client_id)).await?;
        view(&wire, &batch).await
    };
    read.await.unwrap_or_else(|why| {
        tracing::warn!(%why, "our permissions could not be read from Microsoft Graph");
        if says_no(&why) { View::Closed } else { View::Unread }
    })
}

/// We may not read, or what we ask for is not there: so answers a tenant that has not consented.
fn says_no(why: &Unread) -> bool {
    matches!(why, Unread::Status(StatusCode::FORBIDDEN | StatusCode::NOT_FOUND))
}

fn requests(client: ApplicationId) -> [(&'static str, String); 3] {
    [
        (ORGANIZATION, "/organization?$select=id,displayName".to_owned()),
        (ASSIGNMENTS, format!("/servicePrincipals(appId='{client}')/appRoleAssignments")),
        (GRAPH_ROLES, format!("/servicePrincipals(appId='{GRAPH}')?$select=id,appId,appRoles")),
    ]
}

async fn view(wire: &Wire<'_>, batch: &Batch) -> Result<View, Unread> {
    let organization = organization(batch)?;
    let api: Api = batch.part(GRAPH_ROLES)?;
    if api.app_id != GRAPH {
        return Err(Unread::Garbage);
    }
    let assignments: Vec<Assignment> = wire.all_pages(batch.part(ASSIGNMENTS)?).await?;
    let names: HashMap<String, String> =
        api.app_roles.into_iter().filter_map(|role| Some((role.id, role.value?))).collect();
    let role = |assignment: Assignment| {
        let name = names.get(&assignment.app_role_id).filter(|_| assignment.resource_id == api.id)?;
        Some(AppRole { resource: GRAPH, name: name.clone() })
    };
    Ok(View::Open { organization, roles: assignments.into_iter().filter_map(role).collect() })
}
