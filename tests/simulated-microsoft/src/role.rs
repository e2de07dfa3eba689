//! Directory roles in Graph.
//!
//! Stands for the directoryRole resource: a tenant has a role only once it was assigned or activated there, until then
//! it is answered with 404 (directoryrole-post-directoryroles); members are people and service principals.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::directory::{self, Account, GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR, Role};
use crate::graph::{Answer, DIRECTORY_READ, GraphCall, collection, single};
use crate::id::guid_of;
use crate::lag::Made;
use crate::state::{ActiveRole, RoleHolder, World};

/// Any of these allows reading roles and their members (directoryrole-list-members).
const ROLE_READ: [&str; 2] = ["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"];
/// Any of these allows adding a member (directoryrole-post-members) and activating a role (directoryrole-post-directoryroles).
const ROLE_WRITE: [&str; 2] = ["RoleManagement.ReadWrite.Directory", "Directory.AccessAsUser.All"];

impl World {
    /// Whether the tenant has the role, and shows it by now; once it had it, it has it until it is forgotten.
    pub(crate) fn is_active(&self, tenant: &str, role: &Role, now: DateTime<Utc>) -> bool {
        let held = |holder: &RoleHolder| holder.tenant == tenant && holder.role_template_id == role.template_id;
        let shown = |active: &ActiveRole| active.is(tenant, role.template_id) && active.made.visible(self.lag, now);
        self.roles.iter().any(held) || self.activated.iter().any(shown)
    }

    /// False if it was before.
    pub(crate) fn activate(&mut self, tenant: &str, role_template_id: &str, made: Made) -> bool {
        let is_new = !self.activated.iter().any(|active| active.is(tenant, role_template_id));
        if is_new {
            let (tenant, role_template_id) = (tenant.to_owned(), role_template_id.to_owned());
            self.activated.push(ActiveRole { tenant, role_template_id, made });
        }
        is_new
    }

    /// Makes the tenant one that never had the role.
    pub(crate) fn forget_role(&mut self, tenant: &str, role_template_id: &str) {
        self.roles.retain(|holder| !(holder.tenant == tenant && holder.role_template_id == role_template_id));
        self.activated.retain(|active| !active.is(tenant, role_template_id));
    }
}

impl ActiveRole {
    fn is(&self, tenant: &str, role_template_id: &str) -> bool {
        self.tenant == tenant && self.role_template_id == role_template_id
    }
}

/// `GET` below `directoryRoles`.
pub(crate) fn read(call: &GraphCall<'_>, world: &World, rest: &[&str]) -> Result<Value, Answer> {
    call.require(&[&ROLE_READ[..], &DIRECTORY_READ[..]].concat())?;
    let tenant = call.token.tenant.as_str();
    match rest {
        [] => {
            let active = directory::roles().iter().filter(|role| world.is_active(tenant, role, call.now));
            Ok(collection("directoryRoles", &active.map(|role| entity(tenant, role)).collect::<Vec<_>>()))
        }
        [key] => Ok(single("directoryRoles", entity(tenant, active(call, world, key)?))),
        [key, "members"] => {
            let role = active(call, world, key)?;
            let holders = world.roles.iter().filter(|holder| holder.tenant == tenant);
            let members: Vec<Value> = holders
                .filter(|holder| holder.role_template_id == role.template_id)
                .map(|holder| member(world, tenant, &holder.oid))
                .collect();
            Ok(collection("directoryObjects", &members))
        }
        _ => Err(call.unknown(&rest.join("/"))),
    }
}

/// The roles of a person or a service principal.
pub(crate) fn held_by(world: &World, tenant: &str, id: &str) -> Vec<Value> {
    let held = world.roles.iter().filter(|holder| holder.tenant == tenant && holder.oid == id);
    held.filter_map(|holder| Some(entity(tenant, directory::role(&holder.role_template_id)?))).collect()
}

/// `POST` below `directoryRoles`.
pub(crate) fn write(call: &GraphCall<'_>, world: &mut World, rest: &[&str]) -> Result<Answer, Answer> {
    match rest {
        [] => activate(call, world),
        [key, "members", "$ref"] => add_member(call, world, key),
        _ => Err(call.unknown(&rest.join("/"))),
    }
}

fn activate(call: &GraphCall<'_>, world: &mut World) -> Result<Answer, Answer> {
    call.require(&ROLE_WRITE)?;
    may_manage(call, world)?;
    let role = directory::role(call.body["roleTemplateId"].as_str().unwrap_or_default());
    let role = role.ok_or_else(|| call.error(400, "Request_BadRequest", "Invalid role template id."))?;
    let tenant = call.token.tenant.clone();
    let is_there = world.is_active(&tenant, role, call.now);
    if is_there || !world.activate(&tenant, role.template_id, Made::at(call.now)) {
        let message =
            "A conflicting object with one or more of the specified property values is present in the directory.";
        return Err(call.error(400, "Request_BadRequest", message));
    }
    Ok(Answer { status: 201, headers: Vec::new(), body: single("directoryRoles", entity(&tenant, role)) })
}

fn add_member(call: &GraphCall<'_>, world: &mut World, key: &str) -> Result<Answer, Answer> {
    call.require(&ROLE_WRITE)?;
    may_manage(call, world)?;
    let role = active(call, world, key)?;
    let tenant = call.token.tenant.clone();
    let id = call.body["@odata.id"].as_str().and_then(|address| address.rsplit_once("/directoryObjects/"));
    let id = id.map(|(_, id)| id.to_owned()).unwrap_or_default();
    let is_principal = world.principals.iter().any(|principal| principal.tenant == tenant && principal.id == id);
    if !is_principal && Account::stored(&tenant, &id).is_none() {
        return Err(call.absent(&id));
    }
    let holder = RoleHolder { tenant, oid: id, role_template_id: role.template_id.to_owned() };
    if world.roles.contains(&holder) {
        let message =
            "One or more added object references already exist for the following modified properties: 'members'.";
        return Err(call.error(400, "Request_BadRequest", message));
    }
    world.roles.push(holder);
    Ok(Answer { status: 204, headers: Vec::new(), body: Value::Null })
}

/// A signed-in person needs the right by role as well.
fn may_manage(call: &GraphCall<'_>, world: &World) -> Result<(), Answer> {
    let Some(oid) = &call.token.oid else { return Ok(()) };
    let may = [&GLOBAL_ADMINISTRATOR, &PRIVILEGED_ROLE_ADMINISTRATOR];
    if world.roles_of(&call.token.tenant, oid).iter().any(|role| may.contains(role)) {
        return Ok(());
    }
    Err(call.error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
}

/// The role of `roleTemplateId={id}` or of its object id, if the tenant has it.
fn active(call: &GraphCall<'_>, world: &World, key: &str) -> Result<&'static Role, Answer> {
    let tenant = call.token.tenant.as_str();
    let named = match key.strip_prefix("roleTemplateId=") {
        Some(template) => directory::role(template),
        None => directory::roles().iter().copied().find(|role| guid_of(&[tenant, role.template_id]) == key),
    };
    named.filter(|role| world.is_active(tenant, role, call.now)).ok_or_else(|| call.absent(key))
}

fn entity(tenant: &str, role: &Role) -> Value {
    json!({
        "id": guid_of(&[tenant, role.template_id]),
        "displayName": role.name,
        "roleTemplateId": role.template_id,
    })
}

fn member(world: &World, tenant: &str, id: &str) -> Value {
    if let Some(account) = Account::stored(tenant, id) {
        return json!({
            "@odata.type": "#microsoft.graph.user", "id": id,
            "displayName": account.person.name, "userPrincipalName": account.person.upn,
        });
    }
    let name = world.principals.iter().find(|principal| principal.id == id).map(|found| found.display_name.as_str());
    json!({ "@odata.type": "#microsoft.graph.servicePrincipal", "id": id, "displayName": name })
}
