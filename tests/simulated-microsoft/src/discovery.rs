//! The discovery document and the signing keys.
//!
//! Stands for `/.well-known/openid-configuration` and `/discovery/v2.0/keys`: the issuer of `common`
//! and `organizations` is a template, a tenant's is exact, an unknown tenant is AADSTS90002. As at
//! Microsoft the document does not advertise PKCE.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::Shared;
use crate::directory::{Authority, CONTOSO, PERSONAL};

pub(crate) async fn configuration(State(shared): State<Arc<Shared>>, Path(tenant): Path<String>) -> Response {
    match Authority::parse(&tenant) {
        Ok(authority) => Json(document(&shared.base_url, authority)).into_response(),
        Err(refusal) => refusal.json(shared.now()),
    }
}

pub(crate) async fn keys(State(shared): State<Arc<Shared>>, Path(tenant): Path<String>) -> Response {
    match Authority::parse(&tenant) {
        Ok(_) => Json(shared.jwks()).into_response(),
        Err(refusal) => refusal.json(shared.now()),
    }
}

fn document(base: &str, authority: Authority) -> Value {
    let issuer = match authority {
        Authority::Common | Authority::Organizations => "{tenantid}",
        Authority::Consumers => PERSONAL.id,
        Authority::Tenant(tenant) => tenant.id,
    };
    let cloud = match authority {
        Authority::Common | Authority::Organizations | Authority::Consumers => CONTOSO.cloud,
        Authority::Tenant(tenant) => tenant.cloud,
    };
    let segment = authority.name();
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    json!({
        "issuer": format!("{base}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{base}/{segment}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/{segment}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/{segment}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "request_uri_parameter_supported": false,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "c_hash"],
        "tenant_region_scope": matches!(authority, Authority::Tenant(_)).then_some(cloud.region),
        "tenant_region_sub_scope": cloud.sub_region,
        "cloud_instance_name": cloud.instance,
        "msgraph_host": host,
    })
}
