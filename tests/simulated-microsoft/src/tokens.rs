//! What the token endpoint hands out.
//!
//! Stands for its success answer. Access tokens are opaque to clients (access-tokens), so here they
//! are random words that only the simulated Graph can look up. Partner Center's are JWTs of version 1.0,
//! because partners are told to look for `mfa` in their `amr` (partner-security-requirements).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::aadsts::Refusal;
use crate::consent::disabled;
use crate::directory::Account;
use crate::id::{hash, secret};
use crate::identity::IdToken;
use crate::permission::{PARTNER_CENTER, Permission, resource_uri};
use crate::scope::Asked;
use crate::state::{AccessToken, RefreshToken, World};

const ACCESS_LIFE: TimeDelta = TimeDelta::seconds(3599);
/// Without use (refresh-tokens).
pub(crate) const REFRESH_LIFE: TimeDelta = TimeDelta::days(90);

/// Tokens for a person.
pub(crate) struct Issue<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) now: DateTime<Utc>,
    pub(crate) client_id: &'a str,
    pub(crate) account: Account,
    pub(crate) resource: &'static str,
    /// What the token request itself names.
    pub(crate) named: &'a Asked,
    /// What the authorize request asked for.
    pub(crate) asked: &'a Asked,
    pub(crate) nonce: Option<&'a str>,
    /// When the person signed in.
    pub(crate) signed_in: DateTime<Utc>,
    /// Whether with a second factor.
    pub(crate) second_factor: bool,
    /// Whether a new refresh token goes with it.
    pub(crate) refresh_token: bool,
}

/// Tokens with everything granted on the resource, or AADSTS65001 if something asked for is not.
pub(crate) fn delegated(world: &mut World, issue: &Issue<'_>) -> Result<Value, Refusal> {
    let tenant = issue.account.tenant().id;
    check_client(world, tenant, issue.client_id, Refusal::unknown_client(issue.client_id))?;
    let granted: Vec<_> = world
        .delegated(tenant, issue.client_id, issue.account.oid())
        .into_iter()
        .filter(|permission| permission.resource == issue.resource)
        .collect();
    let missing = issue.named.named.iter().any(|permission| !permission.is_oidc() && !granted.contains(permission));
    if missing || granted.is_empty() {
        return Err(not_consented(issue));
    }
    let scope = names(&granted);
    let access_token = if issue.resource == PARTNER_CENTER { version_1(world, issue)? } else { secret() };
    world.tokens.insert(
        hash(&access_token),
        AccessToken {
            client_id: issue.client_id.to_owned(),
            tenant: tenant.to_owned(),
            oid: Some(issue.account.oid().to_owned()),
            resource: issue.resource.to_owned(),
            permissions: granted.iter().map(|permission| permission.value.to_owned()).collect(),
            expires: issue.now + ACCESS_LIFE,
            second_factor: issue.second_factor,
        },
    );
    let mut tokens = json!({
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": ACCESS_LIFE.num_seconds(),
        "ext_expires_in": ACCESS_LIFE.num_seconds(),
        "access_token": access_token,
    });
    if issue.asked.has("openid") {
        tokens["id_token"] = json!(world.id_token(
            issue.base_url,
            issue.now,
            &IdToken {
                client_id: issue.client_id,
                account: issue.account,
                profile: issue.asked.has("profile"),
                email: issue.asked.has("email"),
                nonce: issue.nonce,
                code: None,
            }
        )?);
    }
    if issue.refresh_token {
        tokens["refresh_token"] = json!(refresh_token(world, issue));
    }
    Ok(tokens)
}

/// An access token that its bearer can read (access-token-claims-reference).
fn version_1(world: &World, issue: &Issue<'_>) -> Result<String, Refusal> {
    let account = issue.account;
    let tid = account.tenant().id;
    let factors: &[&str] = if issue.second_factor { &["pwd", "mfa"] } else { &["pwd"] };
    Ok(world.current_key()?.sign_token(&json!({
        "aud": resource_uri(issue.resource),
        "iss": format!("https://sts.windows.net/{tid}/"),
        "iat": issue.now.timestamp(),
        "nbf": issue.now.timestamp(),
        "exp": (issue.now + ACCESS_LIFE).timestamp(),
        "amr": factors,
        "appid": issue.client_id,
        "auth_time": issue.signed_in.timestamp(),
        "oid": account.oid(),
        "scp": "user_impersonation",
        "tid": tid,
        "upn": account.person.upn,
        "uti": &secret()[..22],
        "ver": "1.0",
    }))?)
}

fn refresh_token(world: &mut World, issue: &Issue<'_>) -> String {
    let token = secret();
    world.refresh_tokens.insert(
        hash(&token),
        RefreshToken {
            client_id: issue.client_id.to_owned(),
            tenant: issue.account.tenant().id.to_owned(),
            oid: issue.account.oid().to_owned(),
            scopes: issue.asked.names(),
            expires: issue.now + REFRESH_LIFE,
            signed_in: issue.signed_in,
            second_factor: issue.second_factor,
            ended: None,
        },
    );
    token
}

/// A token without a person. It may hold no role at all: having one proves nothing.
pub(crate) fn app_only(
    world: &mut World,
    client_id: &str,
    tenant: &str,
    resource: &'static str,
    now: DateTime<Utc>,
) -> Result<Value, Refusal> {
    let absent = Refusal::new(
        "invalid_client",
        7_000_229,
        format!("The client application {client_id} is missing service principal in the tenant {tenant}."),
    );
    check_client(world, tenant, client_id, absent)?;
    let permissions = world.application(tenant, client_id, resource);
    let access_token = secret();
    world.tokens.insert(
        hash(&access_token),
        AccessToken {
            client_id: client_id.to_owned(),
            tenant: tenant.to_owned(),
            oid: None,
            resource: resource.to_owned(),
            permissions: permissions.iter().map(|permission| permission.value.to_owned()).collect(),
            expires: now + ACCESS_LIFE,
            second_factor: false,
        },
    );
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFE.num_seconds(),
        "ext_expires_in": ACCESS_LIFE.num_seconds(),
        "access_token": access_token,
    }))
}

/// The client must be in the tenant, and enabled.
fn check_client(world: &World, tenant: &str, client_id: &str, absent: Refusal) -> Result<(), Refusal> {
    match world.principal(tenant, client_id) {
        Some(principal) if principal.enabled => Ok(()),
        Some(_) => Err(disabled(client_id)),
        None => Err(absent),
    }
}

fn not_consented(issue: &Issue<'_>) -> Refusal {
    Refusal::new(
        "invalid_grant",
        65001,
        format!(
            "The user or administrator has not consented to use the application with ID '{}'. Send an interactive authorization request for this user and resource.",
            issue.client_id
        ),
    )
}

/// `offline_access` is answered with a refresh token, not with its name.
fn names(granted: &[&'static Permission]) -> String {
    let names: Vec<_> = granted
        .iter()
        .filter(|permission| permission.value != "offline_access")
        .map(|permission| permission.scope_name())
        .collect();
    names.join(" ")
}
