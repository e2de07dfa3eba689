//! The signed-in person in Graph.
//!
//! Stands for `/me` and `/me/transitiveMemberOf` (user resource, directoryRole): a role is known by
//! its template id; the id of the role object differs from tenant to tenant.

use serde_json::{Value, json};

use crate::directory::Account;
use crate::graph::{Answer, DIRECTORY_READ, GraphCall, collection, single};
use crate::id::guid_of;
use crate::state::World;

const SELF_READ: [&str; 6] = [
    "User.Read",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

pub(crate) fn read(call: &GraphCall<'_>, world: &World, rest: &[&str]) -> Result<Value, Answer> {
    let tenant = call.token.tenant.as_str();
    let account = call.token.oid.as_deref().and_then(|oid| Account::stored(tenant, oid)).ok_or_else(|| {
        call.error(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    })?;
    match rest {
        [] => {
            call.require(&SELF_READ)?;
            Ok(single("users", user(account)))
        }
        ["transitiveMemberOf" | "memberOf"] => {
            call.require(&DIRECTORY_READ)?;
            let mut found = roles(world, account);
            found.push(json!({
                "@odata.type": "#microsoft.graph.group",
                "id": guid_of(&[tenant, "All Users"]),
                "displayName": "All Users",
            }));
            found.extend(world.groups_of(tenant, account.oid()).map(|group| {
                json!({
                    "@odata.type": "#microsoft.graph.group",
                    "id": guid_of(&[tenant, group]),
                    "displayName": group,
                })
            }));
            Ok(collection("directoryObjects", &found))
        }
        ["transitiveMemberOf" | "memberOf", "microsoft.graph.directoryRole"] => {
            call.require(&DIRECTORY_READ)?;
            Ok(collection("directoryRoles", &roles(world, account)))
        }
        _ => Err(call.error(400, "BadRequest", &format!("Resource not found for the segment '{}'.", rest.join("/")))),
    }
}

/// `GET` below `users`: the roles of somebody, for whoever may read the directory (user-list-transitivememberof).
pub(crate) fn read_user(call: &GraphCall<'_>, world: &World, rest: &[&str]) -> Result<Value, Answer> {
    call.require(&DIRECTORY_READ)?;
    let [id, rest @ ..] = rest else { return Err(call.unknown("users")) };
    let account = Account::stored(&call.token.tenant, id).ok_or_else(|| call.absent(id))?;
    match rest {
        [] => Ok(single("users", user(account))),
        ["transitiveMemberOf" | "memberOf", "microsoft.graph.directoryRole"] => {
            Ok(collection("directoryRoles", &roles(world, account)))
        }
        _ => Err(call.unknown(&rest.join("/"))),
    }
}

fn user(account: Account) -> Value {
    json!({
        "id": account.oid(),
        "displayName": account.person.name,
        "userPrincipalName": account.person.upn,
        "mail": account.person.upn,
        "userType": if account.membership.guest { "Guest" } else { "Member" },
    })
}

fn roles(world: &World, account: Account) -> Vec<Value> {
    let tenant = account.tenant().id;
    world
        .roles_of(tenant, account.oid())
        .into_iter()
        .map(|role| {
            json!({
                "@odata.type": "#microsoft.graph.directoryRole",
                "id": guid_of(&[tenant, role.template_id]),
                "displayName": role.name,
                "roleTemplateId": role.template_id,
            })
        })
        .collect()
}
