//! The directory roles by which Teams is managed: read, joined in the signer's name, and read again.
//!
//! Microsoft: "List members of a directory role", "Add directory role member". A role that the tenant has never used is
//! answered with 404.

use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, ObjectId, RoleTemplateId};
use onboarding_core::proof::membership::{self, Joining, Member, Role, SKYPE_ADMINISTRATOR};
use onboarding_core::proof::{Also, TEAMS_ADMINISTRATOR, TenantView};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::wire::{Batch, Unread, Wire};
use super::{ReadBack, named, principal, requests, seen, view};

const OURS: &str = "ours";
const TEAMS_ROLE: &str = "teams-role";
const SKYPE_ROLE: &str = "skype-role";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MemberBody {
    id: ObjectId,
    user_principal_name: Option<String>,
}

/// Reads; joins the roles that the rules say are to be joined; and reads again, because only that is proof.
pub(super) async fn read_joining(
    wire: &Wire<'_>,
    endpoints: &Endpoints,
    (client, wanted): (ApplicationId, ReadBack<'_>),
) -> Result<TenantView, Unread> {
    let found = read(wire, client, wanted.also).await?;
    let Some(joining) = membership::joining(wanted.question, &found, wanted.policy) else { return Ok(found) };
    join(wire, endpoints, &joining).await;
    read(wire, client, wanted.also).await
}

async fn read(wire: &Wire<'_>, client: ApplicationId, also: &Also) -> Result<TenantView, Unread> {
    let members =
        |role: RoleTemplateId| format!("/directoryRoles/roleTemplateId={role}/members?$select=id,userPrincipalName");
    let ours = [
        named(OURS, format!("/servicePrincipals(appId='{client}')?$select=id,appId")),
        named(TEAMS_ROLE, members(TEAMS_ADMINISTRATOR)),
        named(SKYPE_ROLE, members(SKYPE_ADMINISTRATOR)),
    ];
    let batch = wire.batch(&requests(client, also).into_iter().chain(ours).collect::<Vec<_>>()).await?;
    let (seen_before, management) = tokio::join!(view(wire, &batch, also), management(wire, &batch, client));
    Ok(TenantView { management: seen("management", management), ..seen_before })
}

async fn management(wire: &Wire<'_>, batch: &Batch, client: ApplicationId) -> Result<membership::View, Unread> {
    let (ours, _) = principal(batch, OURS, client)?.ok_or(Unread::Status(StatusCode::NOT_FOUND))?;
    let (teams, skype) = tokio::join!(role(wire, batch, TEAMS_ROLE), role(wire, batch, SKYPE_ROLE));
    Ok(membership::View { principal: ours, teams: teams?, skype: skype? })
}

async fn role(wire: &Wire<'_>, batch: &Batch, part: &str) -> Result<Role, Unread> {
    match batch.part(part) {
        Err(Unread::Status(StatusCode::NOT_FOUND)) => Ok(Role::Inactive),
        Err(why) => Err(why),
        Ok(first) => {
            let members: Vec<MemberBody> = wire.all_pages(first).await?;
            let member = |MemberBody { id, user_principal_name }| Member { id, user_principal_name };
            Ok(Role::Active(members.into_iter().map(member).collect()))
        }
    }
}

/// Asks for each role. That a member is one already is refused by Graph and does no harm: what counts is read afterwards.
async fn join(wire: &Wire<'_>, endpoints: &Endpoints, joining: &Joining) {
    let body = json!({ "@odata.id": endpoints.graph(&format!("/directoryObjects/{}", joining.principal())) });
    for role in joining.roles() {
        let path = endpoints.graph(&format!("/directoryRoles/roleTemplateId={role}/members/$ref"));
        if let Err(why) = wire.post(&path, &body).await {
            tracing::warn!(%why, role = %role, "our service principal was not made a member");
        }
    }
}
