//! The page at `/`: what this is, who is in it, what has been granted, what is broken on purpose.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;

use crate::Shared;
use crate::directory::{people, tenants};
use crate::page::{escape, layout};
use crate::permission::{Kind, PERMISSIONS};
use crate::state::World;

pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Html<String> {
    let faults = serde_json::to_string_pretty(&shared.faults()).unwrap_or_default();
    let counts = serde_json::to_string_pretty(&shared.call_counts()).unwrap_or_default();
    let main = format!(
        "<h1>Simulated Microsoft</h1>\n\
         <p>A stand-in for Entra ID v2.0, Microsoft Graph and Partner Center, for trying an onboarding without a tenant. It refuses \
         what Microsoft refuses. Nobody has a password: on the sign-in page you choose who you are.</p>\n\
         <h2>Tenants</h2>{}<h2>People</h2>{}<h2>Grants</h2>{}<h2>Faults on demand</h2><pre>{}</pre>\
         <p><small>PUT a list to <code>/simulated/faults</code>, for example \
         <code>[{{\"on\":\"token\",\"what\":{{\"status\":503}},\"times\":1}}]</code></small></p>\
         <h2>Calls so far</h2><pre>{}</pre>",
        tenant_table(),
        people_table(),
        shared.store.read(grant_table),
        escape(&faults),
        escape(&counts),
    );
    layout("Overview", "wide", &main)
}

fn tenant_table() -> String {
    let mut table = "<table><tr><th>Name</th><th>Domain</th><th>Tenant id</th></tr>".to_owned();
    for tenant in tenants() {
        let _ = write!(
            table,
            "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            tenant.display_name, tenant.domain, tenant.id
        );
    }
    table + "</table>"
}

fn people_table() -> String {
    let mut table = "<table><tr><th>Name</th><th>Signs in as</th><th>Where</th></tr>".to_owned();
    for person in people() {
        let mut places = Vec::new();
        for membership in person.memberships {
            let roles: Vec<_> = membership.roles.iter().map(|role| role.name).collect();
            places.push(format!(
                "{} {}<small> {} · <code>{}</code></small>",
                if membership.guest { "guest at" } else { "member of" },
                membership.tenant.display_name,
                if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") },
                membership.oid
            ));
        }
        let _ =
            write!(table, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", person.name, person.upn, places.join("<br>"));
    }
    table + "</table>"
}

fn grant_table(world: &World) -> String {
    let mut rows = String::new();
    for grant in &world.grants {
        let scopes: Vec<_> = grant.scopes.iter().map(|(scope, _)| scope.as_str()).collect();
        let who = grant.person.as_deref().map_or("everybody (AllPrincipals)", |oid| oid);
        row(&mut rows, world, (&grant.tenant, &grant.client, &grant.resource), who, &scopes.join(" "));
    }
    for assignment in &world.assignments {
        let value = PERMISSIONS
            .iter()
            .find(|permission| permission.kind == Kind::Application && permission.id == assignment.app_role_id)
            .map_or("?", |permission| permission.value);
        let place = (assignment.tenant.as_str(), assignment.client.as_str(), assignment.resource.as_str());
        row(&mut rows, world, place, "application", value);
    }
    if rows.is_empty() {
        return "<p>None yet.</p>".to_owned();
    }
    format!(
        "<table><tr><th>Tenant</th><th>Client</th><th>Resource</th><th>For</th><th>Permissions</th></tr>{rows}</table>"
    )
}

fn row(rows: &mut String, world: &World, (tenant, client, resource): (&str, &str, &str), who: &str, what: &str) {
    let tenant = tenants().iter().find(|known| known.id == tenant).map_or(tenant, |known| known.display_name);
    let name = |id: &str| {
        let principal = world.principals.iter().find(|principal| principal.id == id);
        escape(principal.map_or("?", |principal| &principal.display_name))
    };
    let _ = write!(
        rows,
        "<tr><td>{tenant}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        name(client),
        name(resource),
        escape(who),
        escape(what)
    );
}
