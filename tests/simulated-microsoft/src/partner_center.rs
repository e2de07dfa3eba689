//! Partner Center, as far as a connection to it is tried and watched.
//!
//! Stands for `https://api.partnercenter.microsoft.com/v1` (secure-app-model, partner-security-requirements): calls in a
//! person's name only, the second factor looked for in the token, a role asked for, and a refusal in as many shapes
//! as the documentation shows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Shared;
use crate::directory::tenant;
use crate::id::{guid, guid_of, hash};
use crate::permission::PARTNER_CENTER;
use crate::state::{AccessToken, World};

/// Set by the caller, and sent back.
const TRACES: [&str; 2] = ["ms-requestid", "ms-correlationid"];

/// How Partner Center, and the sign-ins that it needs, behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PartnerCenter {
    /// Whether the use of a refresh token brings a new one.
    pub rotates: bool,
    /// Whether a call without a second factor is refused; in force since April 2026.
    pub mfa_enforced: bool,
    /// Where the answer to `ValidateMfa: true` stands.
    pub mfa_reported: Reported,
}

/// Where Partner Center says whether a call had a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reported {
    /// In the header `isMfaCompliant`.
    #[default]
    Header,
    /// In a field of the same name.
    Body,
    /// Nowhere.
    Absent,
}

impl Default for PartnerCenter {
    fn default() -> Self {
        Self { rotates: true, mfa_enforced: true, mfa_reported: Reported::Header }
    }
}

/// Why there is nothing to tell.
enum Refused {
    /// No token at all.
    TokenMissing,
    /// A token that is not good here.
    Token,
    /// The token has no second factor: no body, and no word of it but in the status line.
    SecondFactor,
    /// The person has no role of Partner Center's.
    Role,
    /// The tenant is no partner's.
    NoPartner,
    /// There is no such call.
    Path,
}

impl Refused {
    fn answer(&self) -> Response {
        let (status, code, description) = match self {
            Self::SecondFactor => {
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
            }
            Self::TokenMissing => (StatusCode::UNAUTHORIZED, "800001", "The partner token is missing."),
            Self::Token => (StatusCode::UNAUTHORIZED, "400", "Access denied."),
            Self::Role => (StatusCode::FORBIDDEN, "2032", "Access denied."),
            Self::NoPartner => (StatusCode::NOT_FOUND, "60003", "The tenant was not found."),
            Self::Path => (StatusCode::NOT_FOUND, "404", "The resource was not found."),
        };
        let body = json!({ "code": code, "description": description, "data": [], "source": "PartnerFD" });
        (status, Json(body)).into_response()
    }
}

pub(crate) async fn serve(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let validates = headers.get("validatemfa").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let settings = shared.store.read(|world| world.partner_center);
    let mut answer = match read(&shared, &method, uri.path(), &headers) {
        Ok((mut body, second_factor)) => {
            if validates && settings.mfa_reported == Reported::Body {
                body["isMfaCompliant"] = json!(second_factor);
            }
            let mut answer = Json(body).into_response();
            if validates && settings.mfa_reported == Reported::Header {
                let value = if second_factor { "true" } else { "false" };
                answer.headers_mut().insert("ismfacompliant", HeaderValue::from_static(value));
            }
            answer
        }
        Err(refused) => refused.answer(),
    };
    for name in TRACES {
        let value = headers.get(name).cloned().or_else(|| HeaderValue::try_from(guid()).ok());
        value.and_then(|value| answer.headers_mut().insert(name, value));
    }
    answer
}

/// What there is to read, and whether the call had a second factor.
fn read(shared: &Shared, method: &Method, path: &str, headers: &HeaderMap) -> Result<(Value, bool), Refused> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Refused::TokenMissing)?;
    shared.store.read(|world| {
        let token = world.tokens.get(&hash(bearer)).ok_or(Refused::Token)?;
        let oid = token.oid.as_deref().filter(|_| token.resource == PARTNER_CENTER).ok_or(Refused::Token)?;
        if shared.now() >= token.expires {
            return Err(Refused::Token);
        }
        if world.partner_center.mfa_enforced && !token.second_factor {
            return Err(Refused::SecondFactor);
        }
        let partner = tenant(&token.tenant).filter(|tenant| tenant.is_partner()).ok_or(Refused::NoPartner)?;
        if world.groups_of(&token.tenant, oid).next().is_none() {
            return Err(Refused::Role);
        }
        let profile = match (method, path) {
            (&Method::GET, "/v1/profiles/mpn") => network_profile(token, partner.display_name),
            (&Method::GET, "/v1/profiles/organization") => organization_profile(partner),
            _ => return Err(Refused::Path),
        };
        Ok((profile, token.second_factor))
    })
}

/// get-partner-network-profile
fn network_profile(token: &AccessToken, name: &str) -> Value {
    let digits: String = guid_of(&[&token.tenant, "mpn"]).chars().filter(char::is_ascii_digit).take(7).collect();
    json!({ "mpnId": digits, "partnerName": name, "attributes": { "objectType": "MpnProfile" } })
}

/// get-an-organization-profile
fn organization_profile(partner: &crate::Tenant) -> Value {
    json!({
        "id": partner.id, "companyName": partner.display_name, "domain": partner.domain,
        "attributes": { "objectType": "OrganizationProfile" },
    })
}

impl World {
    /// The groups of Partner Center's that a person of a tenant is in.
    pub(crate) fn groups_of<'w>(&'w self, tenant: &'w str, oid: &'w str) -> impl Iterator<Item = &'w str> {
        let theirs = self.agents.iter().filter(move |agent| agent.tenant == tenant && agent.oid == oid);
        theirs.map(|agent| agent.group.as_str())
    }
}
