//! What a tenant needs before Teams can be managed in it: read, made in a signer's name, and read again.
//!
//! Microsoft: "Create servicePrincipal", "Activate directoryRole". That something is there already is refused by Graph
//! and does no harm: what counts is read afterwards.

use std::sync::Arc;
use std::time::Duration;

use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, ObjectId, RoleTemplateId, TenantId};
use onboarding_core::permission::TEAMS_ADMIN_API;
use onboarding_core::provisioning::{Lack, Provisioned, Seen, View};
use onboarding_core::random::Random;
use onboarding_core::time::Timestamp;
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::wire::{Batch, Page, Unread, Wire};
use super::{ORGANIZATION, ROLES, Role, TEAMS_PRINCIPAL, named, organization, principal, seen, teams_principal};
use crate::app_token::{NoToken, app_token};
use crate::redeem::Registration;

const ACTIVE: &str = "active";

/// Whose roles are looked at beside the tenant.
#[derive(Clone, Copy, Debug)]
enum Person {
    /// The person whose token it is.
    Me,
    /// This one; nobody, if none.
    Other(Option<ObjectId>),
}

/// What is read with a token of our own.
#[derive(Clone, Copy)]
pub struct ReadTenant<'a> {
    /// Where.
    pub tenant: TenantId,
    /// The registrations whose tokens are tried, in this order, until one may read; with their credentials.
    pub readers: &'a [(ApplicationId, Arc<ClientCredential>)],
    /// Whose roles are looked at too.
    pub person: Option<ObjectId>,
}

/// Makes what `tenant` lacks, as the holder of `access_token`, and reads it back; all of it within `budget`. In another
/// tenant nothing is made.
pub(crate) async fn provision(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    tenant: TenantId,
    budget: Duration,
) -> Provisioned {
    let (mut made, mut refused) = (Vec::new(), false);
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        let found = look(&wire, Person::Me).await?;
        let lacks = found.lacks();
        if lacks.is_empty() || found.organization.id != tenant {
            return Ok(found);
        }
        for lack in lacks {
            match make(&wire, endpoints, lack).await {
                Making::Made => made.push(lack),
                Making::Refused => refused = true,
                Making::Left => {}
            }
        }
        look(&wire, Person::Me).await
    };
    let seen = told(read.await);
    Provisioned { seen, made, refused }
}

/// What our registrations see by themselves, within `budget`.
pub(crate) async fn read_by_ourselves(
    http: &Client,
    endpoints: &Endpoints,
    wanted: ReadTenant<'_>,
    at: (Timestamp, &dyn Random),
    budget: Duration,
) -> Seen {
    let deadline = Instant::now() + budget;
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut shown = Seen::Closed;
    for (client_id, credential) in wanted.readers {
        let registration = Registration { endpoints, client_id: *client_id, credential };
        shown = match timeout(left(), app_token(http, registration, wanted.tenant, at)).await {
            Ok(Ok(token)) => {
                let read = async {
                    let wire = Wire::new(http, endpoints, &token, left())?;
                    look(&wire, Person::Other(wanted.person)).await
                };
                told(read.await)
            }
            Ok(Err(NoToken::NotInTenant)) => Seen::Closed,
            Ok(Err(NoToken::NotGiven)) | Err(_) => Seen::Unread,
        };
        if matches!(shown, Seen::Shown(_)) {
            break;
        }
    }
    shown
}

/// The same as the holder of `access_token` sees it, within `budget`.
pub(crate) async fn read_by_signer(
    http: &Client,
    endpoints: &Endpoints,
    (access_token, person): (&SecretString, Option<ObjectId>),
    budget: Duration,
) -> Seen {
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        look(&wire, Person::Other(person)).await
    };
    told(read.await)
}

/// A token that Graph does not accept, or that may not read, is no reason to believe that something is missing.
fn told(read: Result<View, Unread>) -> Seen {
    match read {
        Ok(view) => Seen::Shown(view),
        Err(why) => {
            tracing::warn!(%why, "the provisioning of a tenant could not be read from Microsoft Graph");
            let closed = matches!(why, Unread::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
            if closed { Seen::Closed } else { Seen::Unread }
        }
    }
}

async fn look(wire: &Wire<'_>, person: Person) -> Result<View, Unread> {
    let mut parts = vec![
        named(ORGANIZATION, "/organization?$select=id,displayName".to_owned()),
        teams_principal(),
        named(ACTIVE, "/directoryRoles?$select=roleTemplateId".to_owned()),
    ];
    let held = |who: &str| format!("/{who}/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId");
    match person {
        Person::Me => parts.push(named(ROLES, held("me"))),
        Person::Other(Some(id)) => parts.push(named(ROLES, held(&format!("users/{id}")))),
        Person::Other(None) => {}
    }
    let batch = wire.batch(&parts).await?;
    let looked_at = !matches!(person, Person::Other(None));
    let (active, signer) = tokio::join!(templates(wire, &batch, ACTIVE), async {
        if looked_at { seen(ROLES, templates(wire, &batch, ROLES).await) } else { None }
    });
    Ok(View {
        organization: organization(&batch)?,
        teams_api: principal(&batch, TEAMS_PRINCIPAL, TEAMS_ADMIN_API)?.is_some(),
        active_roles: active?,
        signer_roles: signer,
    })
}

async fn templates(wire: &Wire<'_>, batch: &Batch, part: &str) -> Result<Vec<RoleTemplateId>, Unread> {
    let first: Page<Role> = batch.part(part)?;
    let roles: Vec<Role> = wire.all_pages(first).await?;
    Ok(roles.into_iter().map(|role| role.role_template_id).collect())
}

/// How the making of one thing ended.
enum Making {
    Made,
    /// The person may not.
    Refused,
    /// It is there already, or Microsoft did not say.
    Left,
}

async fn make(wire: &Wire<'_>, endpoints: &Endpoints, lack: Lack) -> Making {
    let (path, body) = match lack {
        Lack::ServicePrincipal => ("/servicePrincipals", json!({ "appId": TEAMS_ADMIN_API })),
        Lack::Role(template) => ("/directoryRoles", json!({ "roleTemplateId": template })),
    };
    match wire.post(&endpoints.graph(path), &body).await {
        Ok(()) => Making::Made,
        // Somebody else was faster, or Microsoft was slow to show it.
        Err(Unread::Status(StatusCode::BAD_REQUEST | StatusCode::CONFLICT)) => {
            tracing::info!(id = lack.id(), "it is there already");
            Making::Left
        }
        Err(why) => {
            tracing::warn!(%why, id = lack.id(), "it was not provisioned");
            if matches!(why, Unread::Status(StatusCode::FORBIDDEN)) { Making::Refused } else { Making::Left }
        }
    }
}
