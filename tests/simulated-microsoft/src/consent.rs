//! Consent: whether a screen is needed, who may accept, what acceptance records.
//!
//! Stands for the consent prompt (grant-admin-consent): an admin who does not tick "on behalf of
//! your organization" consents for themselves alone; without a consent-capable role an admin-only
//! permission ends at "Need admin approval". Consent makes the application's service principal.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::TimeDelta;

use crate::aadsts::Refusal;
use crate::directory::{
    APPLICATION_ADMINISTRATOR, Account, CLOUD_APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
};
use crate::id::{guid, hash, secret};
use crate::identity::IdToken;
use crate::params::Params;
use crate::permission::{GRAPH, Kind, Permission, resource_name};
use crate::sign_in::{Purpose, SignIn};
use crate::state::{Code, World};
use crate::{Error, Shared, page};

/// How long a code is good (v2-oauth2-auth-code-flow: "about 10 minutes").
pub(crate) const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);

/// What stands between a signed-in person and the application.
enum Next {
    Issue,
    /// With the offer to consent for the organization, or only for oneself.
    Ask {
        on_behalf: bool,
    },
    NeedAdmin,
    Refuse(Refusal),
}

/// The step after sign-in.
pub(crate) fn proceed(shared: &Shared, transaction: &str, sign_in: &SignIn, account: Account) -> Response {
    match shared.store.read(|world| next(world, sign_in, account)) {
        Next::Issue => {
            let answer = issue(shared, sign_in, account).unwrap_or_else(Error::into_response);
            shared.finish(transaction);
            answer
        }
        Next::Ask { on_behalf } => page::consent(transaction, sign_in, account, on_behalf),
        Next::NeedAdmin => page::need_admin(transaction, sign_in, account),
        Next::Refuse(refusal) => {
            shared.finish(transaction);
            sign_in.return_to.refuse(&refusal, shared.now())
        }
    }
}

/// A button of the consent or the need-approval page.
pub(crate) async fn decide(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let params = match Params::parse(&body) {
        Ok(params) => params,
        Err(refusal) => return page::refusal(&refusal, shared.now()),
    };
    let transaction = params.get("transaction").unwrap_or_default();
    let Some(sign_in) = shared.sign_in(transaction) else {
        return page::stale(shared.now());
    };
    let Some(account) = sign_in.account else {
        return page::sign_in(transaction, &sign_in);
    };
    match params.get("decision") {
        Some("accept") => {
            // Finished last: a kill on the way leaves a page whose button still works.
            let ticked = params.get("on_behalf").is_some();
            let answer = accept(&shared, &sign_in, account, ticked).unwrap_or_else(Error::into_response);
            shared.finish(transaction);
            answer
        }
        Some("cancel") => {
            shared.finish(transaction);
            let declined = Refusal::new("access_denied", 65004, "User declined to consent to access the app.");
            sign_in.return_to.refuse(&declined, shared.now())
        }
        Some("return") => {
            shared.finish(transaction);
            sign_in.return_to.refuse(&admin_needed(&sign_in), shared.now())
        }
        Some(_) | None => proceed(&shared, transaction, &sign_in, account),
    }
}

fn accept(shared: &Shared, sign_in: &SignIn, account: Account, ticked: bool) -> Result<Response, Error> {
    let now = shared.now();
    let refused = shared.store.change(|world| {
        // The page may be old or forged: what it offered is looked at again.
        let for_all = match next(world, sign_in, account) {
            Next::Issue => return None,
            Next::Ask { on_behalf } => on_behalf && (ticked || matches!(sign_in.purpose, Purpose::AdminConsent)),
            Next::NeedAdmin => return Some(admin_needed(sign_in)),
            Next::Refuse(refusal) => return Some(refusal),
        };
        let tenant = account.tenant().id;
        let person = (!for_all).then_some(account.oid());
        world.ensure_principal(tenant, &sign_in.app.client_id, Some(&sign_in.app.display_name));
        world.grant(tenant, &sign_in.app.client_id, person, &sign_in.wanted(), now);
        None
    });
    match (refused, &sign_in.purpose) {
        (Some(refusal), _) => Ok(sign_in.return_to.refuse(&refusal, now)),
        (None, Purpose::Code { .. }) => issue(shared, sign_in, account),
        (None, Purpose::AdminConsent) => Ok(admin_consented(sign_in, account)),
    }
}

fn admin_consented(sign_in: &SignIn, account: Account) -> Response {
    let mut scopes: Vec<_> = sign_in
        .wanted()
        .iter()
        .filter(|permission| permission.kind == Kind::Delegated || sign_in.asked.default_of.is_some())
        .map(|permission| permission.scope_name())
        .collect();
    scopes.dedup();
    sign_in.return_to.answer(vec![("tenant", account.tenant().id.to_owned()), ("scope", scopes.join(" "))])
}

fn next(world: &World, sign_in: &SignIn, account: Account) -> Next {
    let tenant = account.tenant();
    let wanted = sign_in.wanted();
    let absent = wanted.iter().find(|permission| world.principal(tenant.id, permission.resource).is_none());
    if let Some(permission) = absent {
        return Next::Refuse(service_absent(permission, account));
    }
    if world.principal(tenant.id, &sign_in.app.client_id).is_some_and(|principal| !principal.enabled) {
        return Next::Refuse(disabled(&sign_in.app.client_id));
    }
    let needed = needed(world, sign_in, account, &wanted);
    if needed.is_empty() {
        return Next::Issue;
    }
    if tenant.is_personal() {
        // Nobody stands above a personal account; it consents for itself.
        return Next::Ask { on_behalf: false };
    }
    let may = may_consent(world, account, &wanted);
    let admin_only =
        matches!(sign_in.purpose, Purpose::AdminConsent) || needed.iter().any(|permission| permission.admin_only);
    if admin_only && !may { Next::NeedAdmin } else { Next::Ask { on_behalf: may } }
}

/// The permissions a screen must be shown for.
fn needed(
    world: &World,
    sign_in: &SignIn,
    account: Account,
    wanted: &[&'static Permission],
) -> Vec<&'static Permission> {
    if sign_in.force_consent {
        return wanted.to_vec();
    }
    let granted = world.delegated(account.tenant().id, &sign_in.app.client_id, account.oid());
    // `.default` asks only where nothing at all has been granted on the resource (scopes-oidc).
    let settled = sign_in
        .asked
        .default_of
        .is_some_and(|resource| granted.iter().any(|permission| permission.resource == resource));
    let asked = if settled { &sign_in.asked.named } else { wanted };
    asked.iter().copied().filter(|permission| !granted.contains(permission)).collect()
}

/// Whether the person's roles allow consent for the organization.
fn may_consent(world: &World, account: Account, permissions: &[&'static Permission]) -> bool {
    let roles = world.roles_of(account.tenant().id, account.oid());
    let all = [&GLOBAL_ADMINISTRATOR, &PRIVILEGED_ROLE_ADMINISTRATOR];
    let most = [&APPLICATION_ADMINISTRATOR, &CLOUD_APPLICATION_ADMINISTRATOR];
    let graph_application =
        permissions.iter().any(|permission| permission.kind == Kind::Application && permission.resource == GRAPH);
    roles.iter().any(|role| all.contains(role) || (!graph_application && most.contains(role)))
}

fn admin_needed(sign_in: &SignIn) -> Refusal {
    Refusal::new(
        "access_denied",
        90094,
        format!(
            "The grant requires admin permission. {} needs permission to access resources in your organization that only an admin can grant.",
            sign_in.app.display_name
        ),
    )
}

fn service_absent(permission: &Permission, account: Account) -> Refusal {
    Refusal::new(
        "invalid_client",
        650_052,
        format!(
            "The app is trying to access a service '{}'({}) that your organization '{}' lacks a service principal for. Contact your IT Admin to review the configuration of your service subscriptions or consent to the application in order to create the required service principal.",
            permission.resource,
            resource_name(permission.resource).unwrap_or_default(),
            account.tenant().id
        ),
    )
}

pub(crate) fn disabled(client_id: &str) -> Refusal {
    Refusal::new("unauthorized_client", 7_000_112, format!("Application '{client_id}' is disabled."))
}

/// Makes the code, and the ID token of a hybrid request.
fn issue(shared: &Shared, sign_in: &SignIn, account: Account) -> Result<Response, Error> {
    let Purpose::Code { id_token, nonce, challenge } = &sign_in.purpose else {
        return Ok(admin_consented(sign_in, account));
    };
    let now = shared.now();
    let code = secret();
    let token = shared.store.change(|world| {
        world.forget_expired(now);
        let record = Code {
            client_id: sign_in.app.client_id.clone(),
            redirect_uri: sign_in.return_to.redirect_uri.clone(),
            authority: sign_in.authority.name().to_owned(),
            tenant: account.tenant().id.to_owned(),
            oid: account.oid().to_owned(),
            scopes: sign_in.asked.names(),
            default_of: sign_in.asked.default_of.map(str::to_owned),
            nonce: nonce.clone(),
            challenge: challenge.clone(),
            issued: now,
            redeemed: false,
        };
        world.codes.insert(hash(&code), record);
        id_token
            .then(|| {
                world.id_token(
                    &shared.base_url,
                    now,
                    &IdToken {
                        client_id: &sign_in.app.client_id,
                        account,
                        profile: sign_in.asked.has("profile"),
                        email: sign_in.asked.has("email"),
                        nonce: nonce.as_deref(),
                        code: Some(&code),
                    },
                )
            })
            .transpose()
    })?;
    let mut fields = vec![("code", code)];
    fields.extend(token.map(|token| ("id_token", token)));
    fields.push(("session_state", guid()));
    Ok(sign_in.return_to.answer(fields))
}
