//! The controls under `/simulated/…`, for tests in other processes and for people with curl.
//!
//! They do over HTTP what the methods of [`crate::SimulatedMicrosoft`] do in Rust. Nothing here shows
//! a secret, a code or a token.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::directory::{Membership, Person, Tenant, people, tenants};
use crate::fault::Fault;
use crate::grant::{Consent, Revocation};
use crate::id::guid_of;
use crate::lag::Lag;
use crate::partner_center::PartnerCenter;
use crate::second_factor::{End, Mfa};
use crate::state::{Agent, RoleHolder};
use crate::{Error, Shared};

type Simulation = State<Arc<Shared>>;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulated/faults", get(faults).put(replace_faults).post(add_fault).delete(clear_faults))
        .route("/simulated/lag", get(lag).put(set_lag).post(set_lag))
        .route("/simulated/wipes", get(wipes).put(set_wipes))
        .route("/simulated/reset", post(reset))
        .route("/simulated/calls", get(calls).delete(forget_calls))
        .route("/simulated/calls/count", get(call_counts))
        .route("/simulated/grants", get(grants).post(grant))
        .route("/simulated/grants/revoke", post(revoke))
        .route("/simulated/service-principals", post(provision))
        .route("/simulated/service-principals/remove", post(remove))
        .route("/simulated/service-principals/enable", post(enable))
        .route("/simulated/service-principals/disable", post(disable))
        .route("/simulated/roles", post(assign_role))
        .route("/simulated/roles/remove", post(remove_role))
        .route("/simulated/roles/forget", post(forget_role))
        .route("/simulated/agents", post(add_agent))
        .route("/simulated/agents/remove", post(remove_agent))
        .route("/simulated/mfa", put(set_mfa))
        .route("/simulated/sign-ins/end", post(end_sign_ins))
        .route("/simulated/partner-center", get(partner_center).put(set_partner_center))
        .route("/simulated/keys/rotate", post(rotate))
        .route("/simulated/directory", get(directory))
}

/// Names an application in a tenant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Place {
    tenant: String,
    app_id: String,
}

async fn faults(State(shared): Simulation) -> Json<Vec<Fault>> {
    Json(shared.faults())
}

async fn replace_faults(State(shared): Simulation, Json(faults): Json<Vec<Fault>>) -> Json<Vec<Fault>> {
    shared.set_faults(faults);
    Json(shared.faults())
}

async fn add_fault(State(shared): Simulation, Json(fault): Json<Fault>) -> Json<Vec<Fault>> {
    shared.add_fault(fault);
    Json(shared.faults())
}

async fn clear_faults(State(shared): Simulation) -> StatusCode {
    shared.set_faults(Vec::new());
    StatusCode::NO_CONTENT
}

async fn lag(State(shared): Simulation) -> Json<Lag> {
    Json(shared.store.read(|world| world.lag))
}

async fn set_lag(State(shared): Simulation, Json(lag): Json<Lag>) -> Json<Lag> {
    shared.set_lag(lag);
    Json(lag)
}

/// Whether a tenant-wide consent takes the client's earlier ones away.
#[derive(Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Wipes {
    wipes: bool,
}

async fn wipes(State(shared): Simulation) -> Json<Wipes> {
    Json(Wipes { wipes: shared.store.read(|world| world.wipes) })
}

async fn set_wipes(State(shared): Simulation, Json(wipes): Json<Wipes>) -> Json<Wipes> {
    shared.set_wipes(wipes.wipes);
    Json(wipes)
}

async fn reset(State(shared): Simulation) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

async fn calls(State(shared): Simulation) -> Json<Vec<Call>> {
    Json(shared.calls())
}

async fn call_counts(State(shared): Simulation) -> Json<Value> {
    Json(json!(shared.call_counts()))
}

async fn forget_calls(State(shared): Simulation) -> StatusCode {
    shared.forget_calls();
    StatusCode::NO_CONTENT
}

/// What is granted, whether Graph shows it yet or not.
async fn grants(State(shared): Simulation) -> Json<Value> {
    Json(shared.store.read(|world| {
        let app = |id: &str| world.app_id(id).unwrap_or_default().to_owned();
        let delegated: Vec<_> = world
            .grants
            .iter()
            .map(|grant| {
                let scopes: Vec<_> = grant.scopes.iter().map(|(scope, _)| scope).collect();
                json!({
                    "tenant": grant.tenant, "clientId": app(&grant.client), "resource": app(&grant.resource),
                    "person": grant.person, "delegated": scopes,
                })
            })
            .collect();
        let application: Vec<_> = world
            .assignments
            .iter()
            .map(|assignment| {
                json!({
                    "tenant": assignment.tenant, "clientId": app(&assignment.client),
                    "resource": app(&assignment.resource), "appRoleId": assignment.app_role_id,
                })
            })
            .collect();
        json!({ "delegated": delegated, "application": application })
    }))
}

async fn grant(State(shared): Simulation, Json(consent): Json<Consent>) -> Result<StatusCode, Error> {
    shared.grant(&consent)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(State(shared): Simulation, Json(revocation): Json<Revocation>) -> Json<Value> {
    Json(json!({ "revoked": shared.revoke(&revocation) }))
}

async fn provision(State(shared): Simulation, Json(place): Json<Place>) -> Json<Value> {
    Json(json!({ "id": shared.provision(&place.tenant, &place.app_id) }))
}

async fn remove(State(shared): Simulation, Json(place): Json<Place>) -> Json<Value> {
    Json(json!({ "removed": shared.remove_principal(&place.tenant, &place.app_id) }))
}

async fn enable(State(shared): Simulation, Json(place): Json<Place>) -> Json<Value> {
    Json(json!({ "changed": shared.set_enabled(&place.tenant, &place.app_id, true) }))
}

async fn disable(State(shared): Simulation, Json(place): Json<Place>) -> Json<Value> {
    Json(json!({ "changed": shared.set_enabled(&place.tenant, &place.app_id, false) }))
}

async fn assign_role(State(shared): Simulation, Json(holder): Json<RoleHolder>) -> StatusCode {
    shared.assign_role(holder);
    StatusCode::NO_CONTENT
}

async fn remove_role(State(shared): Simulation, Json(holder): Json<RoleHolder>) -> StatusCode {
    shared.remove_role(&holder);
    StatusCode::NO_CONTENT
}

/// Names a role of a tenant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoleOfTenant {
    tenant: String,
    role_template_id: String,
}

async fn forget_role(State(shared): Simulation, Json(role): Json<RoleOfTenant>) -> StatusCode {
    shared.forget_role(&role.tenant, &role.role_template_id);
    StatusCode::NO_CONTENT
}

async fn add_agent(State(shared): Simulation, Json(agent): Json<Agent>) -> StatusCode {
    shared.add_agent(agent);
    StatusCode::NO_CONTENT
}

async fn remove_agent(State(shared): Simulation, Json(agent): Json<Agent>) -> StatusCode {
    shared.remove_agent(&agent);
    StatusCode::NO_CONTENT
}

/// When a person (by the object id at home) is asked for a second factor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MfaOf {
    person: String,
    mfa: Mfa,
}

async fn set_mfa(State(shared): Simulation, Json(of): Json<MfaOf>) -> StatusCode {
    shared.set_mfa(&of.person, of.mfa);
    StatusCode::NO_CONTENT
}

/// Whose sign-ins end (by the object id at home), and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndOf {
    person: String,
    why: End,
}

async fn end_sign_ins(State(shared): Simulation, Json(of): Json<EndOf>) -> Json<Value> {
    Json(json!({ "ended": shared.end_sign_ins(&of.person, of.why) }))
}

async fn partner_center(State(shared): Simulation) -> Json<PartnerCenter> {
    Json(shared.store.read(|world| world.partner_center))
}

/// What is left out is as Microsoft has it.
async fn set_partner_center(State(shared): Simulation, Json(settings): Json<PartnerCenter>) -> Json<PartnerCenter> {
    shared.set_partner_center(settings);
    Json(settings)
}

async fn rotate(State(shared): Simulation) -> Result<Json<Value>, Error> {
    Ok(Json(json!({ "kid": shared.rotate_key()? })))
}

async fn directory(State(shared): Simulation) -> Json<Value> {
    let tenants: Vec<_> = tenants().iter().map(|tenant| describe_tenant(tenant)).collect();
    let people: Vec<_> = people().iter().map(|person| describe_person(&shared, person)).collect();
    Json(json!({ "tenants": tenants, "people": people }))
}

fn describe_tenant(tenant: &Tenant) -> Value {
    json!({ "id": tenant.id, "domain": tenant.domain, "displayName": tenant.display_name })
}

fn describe_person(shared: &Shared, person: &Person) -> Value {
    let describe = |membership: &Membership| {
        let roles = shared.store.read(|world| world.roles_of(membership.tenant.id, membership.oid));
        let roles: Vec<_> = roles
            .iter()
            .map(|role| {
                json!({
                    "roleTemplateId": role.template_id, "name": role.name,
                    "id": guid_of(&[membership.tenant.id, role.template_id]),
                })
            })
            .collect();
        let agents: Vec<_> = shared
            .store
            .read(|world| world.groups_of(membership.tenant.id, membership.oid).map(str::to_owned).collect());
        json!({
            "tenant": membership.tenant.id, "oid": membership.oid, "guest": membership.guest, "roles": roles,
            "agents": agents,
        })
    };
    let memberships: Vec<_> = person.memberships.iter().map(describe).collect();
    json!({ "person": person.oid, "name": person.name, "upn": person.upn, "memberships": memberships })
}
