//! The token endpoint.
//!
//! Stands for `/{tenant}/oauth2/v2.0/token`: a code lives ten minutes, once, on the path it was asked
//! on (AADSTS700005), for one resource (AADSTS700022); the answer names every permission granted on
//! that resource. Refresh tokens and client credentials work too, as far as the product needs them.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::Shared;
use crate::aadsts::Refusal;
use crate::app::AppRegistration;
use crate::assertion::{self, Occasion};
use crate::consent::CODE_LIFE;
use crate::directory::{Account, Authority};
use crate::id::hash;
use crate::params::{Params, percent_decode};
use crate::permission::GRAPH;
use crate::scope::Asked;
use crate::second_factor::Mfa;
use crate::server::AnswersFor;
use crate::state::{Code, World};
use crate::tokens::{Issue, REFRESH_LIFE, app_only, delegated};

/// A token request with its client proven.
struct Exchange<'a> {
    base_url: &'a str,
    now: DateTime<Utc>,
    authority: Authority,
    app: AppRegistration,
    params: Params,
    /// For whom a refresh is answered, if not for whoever signed in.
    instead: Option<Account>,
}

pub(crate) async fn redeem(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    instead: Option<Extension<AnswersFor>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let instead = instead.and_then(|Extension(AnswersFor { tenant, oid })| Account::stored(&tenant, &oid));
    match exchange(&shared, &tenant, instead, &headers, &body) {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store, no-cache")], Json(tokens)).into_response(),
        Err(refusal) => refusal.json(shared.now()),
    }
}

fn exchange(
    shared: &Shared,
    tenant: &str,
    instead: Option<Account>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refusal> {
    let authority = Authority::parse(tenant)?;
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    if !form {
        return Err(Refusal::new("invalid_request", 9_002_313, "Invalid request. Request is malformed or invalid."));
    }
    let params = Params::parse(body)?;
    let grant_type = params.require("grant_type")?.to_owned();
    let endpoint = format!("{}/{}/oauth2/v2.0/token", shared.base_url, authority.name());
    let app = authenticate(shared, headers, &params, &endpoint)?;
    let exchange = Exchange { base_url: &shared.base_url, now: shared.now(), authority, app, params, instead };
    shared.store.change(|world| {
        world.forget_expired(exchange.now);
        match grant_type.as_str() {
            "authorization_code" => exchange.code(world),
            "refresh_token" => exchange.refresh(world),
            "client_credentials" => exchange.application(world),
            other => Err(Refusal::new(
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{other}'."),
            )),
        }
    })
}

/// Secret in the body or HTTP Basic, or an assertion; no two of them.
fn authenticate(
    shared: &Shared,
    headers: &HeaderMap,
    params: &Params,
    endpoint: &str,
) -> Result<AppRegistration, Refusal> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic);
    if params.get("client_assertion").is_some() {
        if basic.is_some() || params.get("client_secret").is_some() {
            return Err(Refusal::new("invalid_request", 90023, "Only one client credential may be presented."));
        }
        return assert(shared, params, endpoint);
    }
    let (client_id, client_secret) = match basic {
        Some(_) if params.get("client_secret").is_some() => {
            return Err(Refusal::new("invalid_request", 90023, "Only one client credential may be presented."));
        }
        Some((id, _)) if params.get("client_id").is_some_and(|other| other != id) => {
            return Err(Refusal::new("invalid_request", 90023, "The client_id of body and header differ."));
        }
        Some((id, secret)) => (id, Some(secret)),
        None => (params.require("client_id")?.to_owned(), params.owned("client_secret")),
    };
    let app = shared.app(&client_id).ok_or_else(|| Refusal::unknown_client(&client_id))?;
    match client_secret {
        Some(secret) if !secret.is_empty() && secret == app.client_secret => Ok(app),
        Some(_) => Err(Refusal::new(
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."
            ),
        )),
        None => Err(Refusal::new(
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
    }
}

fn assert(shared: &Shared, params: &Params, endpoint: &str) -> Result<AppRegistration, Refusal> {
    let client_id = params.require("client_id")?;
    let app = shared.app(client_id).ok_or_else(|| Refusal::unknown_client(client_id))?;
    let occasion = Occasion { app: &app, endpoint, now: shared.now() };
    shared.store.change(|world| assertion::check(params, &occasion, world))?;
    Ok(app)
}

fn basic(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    // RFC 6749 2.3.1: both are form-encoded first.
    let plain = |part: &str| percent_decode(&part.replace('+', " "));
    Some((plain(id), plain(secret)))
}

impl Exchange<'_> {
    fn code(&self, world: &mut World) -> Result<Value, Refusal> {
        let name = hash(self.params.require("code")?);
        let redirect_uri = self.params.require("redirect_uri")?;
        let code = world.codes.get(&name).cloned().ok_or_else(|| malformed("code"))?;
        self.check_code(&code, redirect_uri)?;
        let account = Account::stored(&code.tenant, &code.oid).ok_or_else(|| malformed("code"))?;
        let asked = Asked::stored(&code.scopes, code.default_of.as_deref());
        let second_factor = world.mfa_of(account) != Mfa::Never;
        let tokens = delegated(
            world,
            &Issue {
                base_url: self.base_url,
                now: self.now,
                client_id: &self.app.client_id,
                account,
                resource: self.resource(&asked)?,
                named: &self.named()?,
                asked: &asked,
                nonce: code.nonce.as_deref(),
                signed_in: code.issued,
                second_factor,
                refresh_token: asked.has("offline_access"),
            },
        )?;
        if let Some(code) = world.codes.get_mut(&name) {
            code.redeemed = true;
        }
        Ok(tokens)
    }

    fn check_code(&self, code: &Code, redirect_uri: &str) -> Result<(), Refusal> {
        if code.client_id != self.app.client_id {
            return Err(malformed("code"));
        }
        if code.authority != self.authority.name() {
            return Err(Refusal::new(
                "invalid_grant",
                700_005,
                "Provided Authorization Code is intended to use against other tenant, thus rejected.",
            ));
        }
        if code.redeemed {
            return Err(Refusal::new(
                "invalid_grant",
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
            ));
        }
        if self.now >= code.issued + CODE_LIFE {
            return Err(Refusal::new(
                "invalid_grant",
                70008,
                "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.",
            ));
        }
        if code.redirect_uri != redirect_uri {
            return Err(Refusal::new(
                "invalid_client",
                500_112,
                format!(
                    "The reply address '{redirect_uri}' does not match the reply address '{}' provided when requesting Authorization code.",
                    code.redirect_uri
                ),
            ));
        }
        self.check_verifier(code)
    }

    fn check_verifier(&self, code: &Code) -> Result<(), Refusal> {
        let Some(challenge) = &code.challenge else {
            return Ok(());
        };
        let Some(verifier) = self.params.get("code_verifier") else {
            return Err(Refusal::new(
                "invalid_grant",
                50148,
                "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.",
            ));
        };
        let proof = if challenge.s256 { URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) } else { verifier.to_owned() };
        if proof == challenge.value {
            Ok(())
        } else {
            Err(Refusal::new(
                "invalid_grant",
                501_481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            ))
        }
    }

    /// A new token, if there is one, replaces the old one, which goes on working (refresh-tokens).
    fn refresh(&self, world: &mut World) -> Result<Value, Refusal> {
        let name = hash(self.params.require("refresh_token")?);
        let token = world.refresh_tokens.get(&name).cloned().ok_or_else(|| malformed("refresh token"))?;
        if token.client_id != self.app.client_id {
            return Err(malformed("refresh token"));
        }
        let account = Account::stored(&token.tenant, &token.oid).ok_or_else(|| malformed("refresh token"))?;
        world.check_refresh(&token, account, self.now)?;
        let account = match self.authority {
            // Bound to person and client, not to a tenant: the path says for which one.
            Authority::Tenant(_) => self.authority.admit(account.person)?,
            Authority::Common | Authority::Organizations | Authority::Consumers => account,
        };
        let asked = Asked::stored(&token.scopes, None);
        let rotates = world.partner_center.rotates;
        if !rotates && let Some(used) = world.refresh_tokens.get_mut(&name) {
            used.expires = self.now + REFRESH_LIFE;
        }
        delegated(
            world,
            &Issue {
                base_url: self.base_url,
                now: self.now,
                client_id: &self.app.client_id,
                account: self.instead.unwrap_or(account),
                resource: self.resource(&asked)?,
                named: &self.named()?,
                asked: &asked,
                nonce: None,
                signed_in: token.signed_in,
                second_factor: token.second_factor,
                refresh_token: rotates && asked.has("offline_access"),
            },
        )
    }

    fn application(&self, world: &mut World) -> Result<Value, Refusal> {
        let Authority::Tenant(tenant) = self.authority else {
            return Err(Refusal::new(
                "invalid_request",
                50059,
                "No tenant-identifying information found in either the request or implied by any provided credentials.",
            ));
        };
        let asked = Asked::parse(self.params.require("scope")?)?;
        let Some(resource) = asked.default_of.filter(|_| asked.named.is_empty()) else {
            return Err(Refusal::new(
                "invalid_scope",
                1_002_012,
                "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
            ));
        };
        app_only(world, &self.app.client_id, tenant.id, resource, self.now)
    }

    /// Permissions named at the token endpoint itself.
    fn named(&self) -> Result<Asked, Refusal> {
        self.params.get("scope").map_or_else(|| Ok(Asked::default()), Asked::parse)
    }

    /// The one resource the token is for: named here, else the first of the authorize request.
    fn resource(&self, asked: &Asked) -> Result<&'static str, Refusal> {
        let named = self.named()?.resources();
        if named.len() > 1 {
            return Err(Refusal::new(
                "invalid_scope",
                700_022,
                "The provided value for the input parameter 'scope' is not valid because it contains more than one resource.",
            ));
        }
        Ok(named.first().copied().or_else(|| asked.resources().first().copied()).unwrap_or(GRAPH))
    }
}

fn malformed(what: &str) -> Refusal {
    Refusal::new("invalid_grant", 70000, format!("Provided grant is invalid or malformed: {what}."))
}
