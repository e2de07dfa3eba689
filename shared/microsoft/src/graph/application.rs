//! What our application is granted by itself, read with a token of its own: the proof of application permissions.
//!
//! Before an administrator consents, Microsoft knows no service principal of ours in the tenant, or lets it read
//! nothing. That is an answer, not a fault, and is told apart from Microsoft being away.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, ObjectId, TenantId};
use onboarding_core::permission::{GRAPH, TEAMS_ADMIN_API};
use onboarding_core::proof::Also;
use onboarding_core::proof::application::{AppRole, View};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::{Instant, timeout};

use super::wire::{Batch, Unread, Wire};
use super::{
    GRANTS, JOINED, ORGANIZATION, TEAMS_PRINCIPAL, grants_of, joined_by, named, organization, seen, teams_principal,
};
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

/// What is read with a token of our own.
#[derive(Clone, Copy)]
pub struct ReadAssigned<'a> {
    /// Where.
    pub tenant: TenantId,
    /// The registrations whose tokens are tried, in this order, until one may read; with their credentials.
    pub readers: &'a [(ApplicationId, Arc<ClientCredential>)],
    /// What is looked at: app roles, and our directory roles.
    pub also: &'a Also,
}

/// What Graph shows of our permissions, all of it within `budget`. `own` is the registration that people sign in to.
pub(crate) async fn read_assigned(
    http: &Client,
    (endpoints, own): (&Endpoints, ApplicationId),
    wanted: ReadAssigned<'_>,
    at: (Timestamp, &dyn Random),
    budget: Duration,
) -> View {
    let deadline = Instant::now() + budget;
    let (mut absent, mut answered) = (BTreeSet::new(), !wanted.readers.is_empty());
    for (client_id, credential) in wanted.readers {
        let registration = Registration { endpoints, client_id: *client_id, credential };
        match read_as(http, (registration, own), wanted, at, deadline).await {
            open @ View::Open { .. } => return open,
            View::Closed { absent: also } => absent.extend(also),
            View::Unread => answered = false,
        }
    }
    if answered { View::Closed { absent } } else { View::Unread }
}

/// The same with the token of one registration.
async fn read_as(
    http: &Client,
    (registration, own): (Registration<'_>, ApplicationId),
    wanted: ReadAssigned<'_>,
    at: (Timestamp, &dyn Random),
    deadline: Instant,
) -> View {
    let left = || deadline.saturating_duration_since(Instant::now());
    let token = match timeout(left(), app_token(http, registration, wanted.tenant, at)).await {
        Ok(Ok(token)) => token,
        Ok(Err(NoToken::NotInTenant)) => return View::Closed { absent: [registration.client_id].into() },
        Ok(Err(NoToken::NotGiven)) | Err(_) => return View::Unread,
    };
    let read = async {
        let wire = Wire::new(http, registration.endpoints, &token, left())?;
        let batch = wire.batch(&asked(own, wanted.also)).await?;
        view(&wire, &batch, (own, wanted.also)).await
    };
    read.await.unwrap_or_else(|why| {
        tracing::warn!(%why, "our permissions could not be read from Microsoft Graph");
        if says_no(&why) { View::Closed { absent: BTreeSet::new() } } else { View::Unread }
    })
}

/// We may not read, or what we ask for is not there: so answers a tenant that has not consented.
fn says_no(why: &Unread) -> bool {
    matches!(why, Unread::Status(StatusCode::FORBIDDEN | StatusCode::NOT_FOUND))
}

fn asked(own: ApplicationId, also: &Also) -> Vec<(String, String)> {
    let mut parts = vec![named(ORGANIZATION, "/organization?$select=id,displayName".to_owned())];
    parts.extend(requests(&also.clients));
    parts.push(grants_of(own));
    parts.push(teams_principal());
    if also.joined {
        parts.push(joined_by(own));
    }
    parts
}

/// What [`roles`] reads.
pub(super) fn requests(clients: &BTreeSet<ApplicationId>) -> Vec<(String, String)> {
    let of = |client| (assignments(client), format!("/servicePrincipals(appId='{client}')/appRoleAssignments"));
    let api = named(GRAPH_ROLES, format!("/servicePrincipals(appId='{GRAPH}')?$select=id,appId,appRoles"));
    clients.iter().map(of).chain([api]).collect()
}

fn assignments(client: &ApplicationId) -> String {
    format!("{ASSIGNMENTS} {client}")
}

async fn view(wire: &Wire<'_>, batch: &Batch, (own, also): (ApplicationId, &Also)) -> Result<View, Unread> {
    let organization = organization(batch)?;
    let (graph, roles) = roles(wire, batch, &also.clients).await?;
    let grants = async {
        let teams = super::principal(batch, TEAMS_PRINCIPAL, TEAMS_ADMIN_API)?;
        let apis: Vec<_> = [(graph, GRAPH)].into_iter().chain(teams).collect();
        super::grants_on(wire, batch, &apis).await
    };
    let grants = seen(GRANTS, grants.await);
    let joined = if also.joined { seen(JOINED, super::joined(wire, batch).await) } else { None };
    Ok(View::Open { organization, roles, grants, joined, absent: absent(batch, own, also) })
}

/// The registrations whose service principal Graph does not find.
fn absent(batch: &Batch, own: ApplicationId, also: &Also) -> BTreeSet<ApplicationId> {
    let is_absent = |part: &str| matches!(batch.part::<IgnoredAny>(part), Err(Unread::Status(StatusCode::NOT_FOUND)));
    let others = also.clients.iter().copied().filter(|client| is_absent(&assignments(client)));
    others.chain([own].into_iter().filter(|_| is_absent(GRANTS))).collect()
}

/// Graph's service principal, and the app roles of it that these registrations hold. One that is not in the tenant
/// holds none.
pub(super) async fn roles(
    wire: &Wire<'_>,
    batch: &Batch,
    clients: &BTreeSet<ApplicationId>,
) -> Result<(ObjectId, Vec<AppRole>), Unread> {
    let api: Api = batch.part(GRAPH_ROLES)?;
    if api.app_id != GRAPH {
        return Err(Unread::Garbage);
    }
    let names: HashMap<String, String> =
        api.app_roles.into_iter().filter_map(|role| Some((role.id, role.value?))).collect();
    let mut held = Vec::new();
    for client in clients {
        let assigned: Vec<Assignment> = match batch.part(&assignments(client)) {
            Err(Unread::Status(StatusCode::NOT_FOUND)) => Vec::new(),
            Err(why) => return Err(why),
            Ok(first) => wire.all_pages(first).await?,
        };
        held.extend(assigned.into_iter().filter_map(|assignment| {
            let name = names.get(&assignment.app_role_id).filter(|_| assignment.resource_id == api.id)?;
            Some(AppRole { client: *client, resource: GRAPH, name: name.clone() })
        }));
    }
    Ok((api.id, held))
}
