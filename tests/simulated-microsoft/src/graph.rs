//! Microsoft Graph, as far as proof of consent needs it.
//!
//! Stands for `https://graph.microsoft.com/v1.0`: bearer tokens of the Graph resource, the error
//! shape, `$select`, and the permissions its directory reads need. What a token may see is its own
//! tenant.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::directory::tenant;
use crate::grant::ServicePrincipal;
use crate::id::{guid, hash};
use crate::params::{Params, percent_decode};
use crate::permission::GRAPH;
use crate::state::{AccessToken, World};
use crate::{Shared, batch, entity, me, role};

/// Any of these allows reading the directory.
pub(crate) const DIRECTORY_READ: [&str; 3] =
    ["Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"];
const ORGANIZATION_READ: [&str; 5] = [
    "Organization.Read.All",
    "User.Read",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];
/// Any of these allows adding a service principal (serviceprincipal-post-serviceprincipals).
const APPLICATION_WRITE: [&str; 2] = ["Application.ReadWrite.All", "Directory.AccessAsUser.All"];

/// One answer, alone or in a batch.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

/// One request, alone or from a batch.
pub(crate) struct GraphCall<'a> {
    pub(crate) token: &'a AccessToken,
    pub(crate) method: &'a str,
    /// Below `/v1.0`, with the query.
    pub(crate) target: &'a str,
    pub(crate) body: Value,
    pub(crate) now: DateTime<Utc>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str, now: DateTime<Utc>) -> Self {
        let body = json!({ "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": now.format("%Y-%m-%dT%H:%M:%S").to_string(),
                "request-id": guid(),
                "client-request-id": guid(),
            },
        }});
        Self { status, headers: Vec::new(), body }
    }

    fn into_http(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let is_empty = self.body.is_null();
        let mut response = if is_empty { status.into_response() } else { (status, Json(self.body)).into_response() };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = shared.now();
    let token = match bearer(&shared, &headers, now) {
        Ok(token) => token,
        Err(refused) => return refused.into_http(),
    };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let target = target.strip_prefix("/v1.0").unwrap_or(target);
    let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(body) = body else {
        return Answer::error(400, "BadRequest", "Unable to read JSON request payload.", now).into_http();
    };
    if percent_decode(target) == "/$batch" && method == Method::POST {
        return batch::serve(&shared, &token, &body).await;
    }
    let call = GraphCall { token: &token, method: method.as_str(), target, body, now };
    shared.graph(&call).into_http()
}

fn bearer(shared: &Shared, headers: &HeaderMap, now: DateTime<Utc>) -> Result<AccessToken, Answer> {
    let refuse = |message: &str| {
        let mut answer = Answer::error(401, "InvalidAuthenticationToken", message, now);
        answer.headers.push((
            "www-authenticate",
            format!("Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\"", shared.base_url),
        ));
        answer
    };
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| refuse("Access token is empty."))?;
    let token = shared
        .store
        .read(|world| world.tokens.get(&hash(token)).cloned())
        .ok_or_else(|| refuse("CompactToken parsing failed with error code: 80049217"))?;
    if token.resource != GRAPH {
        return Err(refuse("Access token validation failure. Invalid audience."));
    }
    if now >= token.expires {
        return Err(refuse("Lifetime validation failed, the token is expired."));
    }
    Ok(token)
}

impl AccessToken {
    pub(crate) fn has_any(&self, permissions: &[&str]) -> bool {
        self.permissions.iter().any(|held| permissions.contains(&held.as_str()))
    }
}

impl GraphCall<'_> {
    pub(crate) fn require(&self, permissions: &[&str]) -> Result<(), Answer> {
        if self.token.has_any(permissions) {
            return Ok(());
        }
        Err(self.error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
    }

    pub(crate) fn error(&self, status: u16, code: &str, message: &str) -> Answer {
        Answer::error(status, code, message, self.now)
    }

    pub(crate) fn absent(&self, what: &str) -> Answer {
        let message = format!(
            "Resource '{what}' does not exist or one of its queried reference-property objects are not present."
        );
        self.error(404, "Request_ResourceNotFound", &message)
    }

    /// A request that may change the world.
    pub(crate) fn write(&self, world: &mut World) -> Result<Answer, Answer> {
        let path = percent_decode(self.target);
        let segments: Vec<_> = path.trim_matches('/').split('/').collect();
        if self.method == "POST" {
            match segments.as_slice() {
                ["servicePrincipals"] => return self.add_principal(world),
                ["directoryRoles", rest @ ..] => return role::write(self, world, rest),
                _ => {}
            }
        }
        Err(self.error(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."))
    }

    /// A `GET`.
    pub(crate) fn read(&self, world: &World) -> Result<Answer, Answer> {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let path = percent_decode(path);
        let params = Params::parse(query.as_bytes())
            .map_err(|_| self.error(400, "BadRequest", "Query option was specified more than once."))?;
        let segments: Vec<_> = path.trim_matches('/').split('/').collect();
        let found = match segments.as_slice() {
            ["organization"] => self.organization()?,
            ["me", rest @ ..] => me::read(self, world, rest)?,
            ["users", rest @ ..] => me::read_user(self, world, rest)?,
            ["directoryRoles", rest @ ..] => role::read(self, world, rest)?,
            ["servicePrincipals"] => self.principals(world, &params)?,
            ["servicePrincipals", id, rest @ ..] => {
                self.require(&DIRECTORY_READ)?;
                let principal = self.own(world).find(|principal| principal.id == *id);
                self.principal(world, principal.ok_or_else(|| self.absent(id))?, rest)?
            }
            ["oauth2PermissionGrants"] => self.grants(world, &params)?,
            [first, rest @ ..] if first.starts_with("servicePrincipals(") => {
                self.require(&DIRECTORY_READ)?;
                let app_id = first
                    .strip_prefix("servicePrincipals(appId='")
                    .and_then(|rest| rest.strip_suffix("')"))
                    .ok_or_else(|| self.error(400, "BadRequest", "Invalid key."))?;
                let principal = self.own(world).find(|principal| principal.app_id == app_id);
                self.principal(world, principal.ok_or_else(|| self.absent(app_id))?, rest)?
            }
            _ => return Err(self.unknown(&path)),
        };
        Ok(Answer::ok(select(found, params.get("$select"))))
    }

    pub(crate) fn unknown(&self, path: &str) -> Answer {
        self.error(400, "BadRequest", &format!("Resource not found for the segment '{path}'."))
    }

    fn organization(&self) -> Result<Value, Answer> {
        self.require(&ORGANIZATION_READ)?;
        let tenant = tenant(&self.token.tenant).ok_or_else(|| self.absent(&self.token.tenant))?;
        Ok(collection("organization", &[entity::organization(tenant)]))
    }

    /// The service principals of the token's tenant.
    fn own<'w>(&self, world: &'w World) -> impl Iterator<Item = &'w ServicePrincipal> {
        let tenant = self.token.tenant.clone();
        world.principals.iter().filter(move |principal| principal.tenant == tenant)
    }

    fn principals(&self, world: &World, params: &Params) -> Result<Value, Answer> {
        self.require(&DIRECTORY_READ)?;
        let app_id = self.filter(params, "appId")?;
        let found = self
            .own(world)
            .filter(|principal| app_id.as_deref().is_none_or(|wanted| principal.app_id == wanted))
            .map(entity::principal)
            .collect::<Vec<_>>();
        Ok(collection("servicePrincipals", &found))
    }

    fn principal(&self, world: &World, principal: &ServicePrincipal, rest: &[&str]) -> Result<Value, Answer> {
        match rest {
            [] => Ok(single("servicePrincipals", entity::principal(principal))),
            ["oauth2PermissionGrants"] => Ok(collection(
                "oauth2PermissionGrants",
                &entity::grants(world, &self.token.tenant, Some(&principal.id), self.now),
            )),
            ["appRoleAssignments"] => {
                Ok(collection("appRoleAssignments", &entity::assignments(world, &principal.id, self.now)))
            }
            ["memberOf" | "transitiveMemberOf", "microsoft.graph.directoryRole"] => {
                Ok(collection("directoryRoles", &role::held_by(world, &self.token.tenant, &principal.id)))
            }
            _ => Err(self.unknown(&rest.join("/"))),
        }
    }

    fn grants(&self, world: &World, params: &Params) -> Result<Value, Answer> {
        self.require(&DIRECTORY_READ)?;
        let client = self.filter(params, "clientId")?;
        let found = entity::grants(world, &self.token.tenant, client.as_deref(), self.now);
        Ok(collection("oauth2PermissionGrants", &found))
    }

    fn add_principal(&self, world: &mut World) -> Result<Answer, Answer> {
        self.require(&APPLICATION_WRITE)?;
        let app_id = self.body["appId"].as_str().unwrap_or_default();
        if crate::permission::known_resource(app_id).is_none() {
            let message =
                format!("The appId '{app_id}' of the service principal does not reference a valid application object.");
            return Err(self.error(400, "Request_BadRequest", &message));
        }
        if world.principal(&self.token.tenant, app_id).is_some() {
            let message = format!(
                "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
            );
            return Err(self.error(409, "Request_MultipleObjectsWithSameKeyValue", &message));
        }
        world.ensure_principal(&self.token.tenant, app_id, None);
        let body = world.principal(&self.token.tenant, app_id).map_or(Value::Null, entity::principal);
        Ok(Answer { status: 201, headers: Vec::new(), body: single("servicePrincipals", body) })
    }

    /// `$filter={field} eq '{value}'`, the one form understood.
    fn filter(&self, params: &Params, field: &str) -> Result<Option<String>, Answer> {
        let Some(filter) = params.get("$filter") else {
            return Ok(None);
        };
        let words: Vec<_> = filter.split_whitespace().collect();
        match words.as_slice() {
            [name, "eq", value]
                if *name == field && value.len() > 1 && value.starts_with('\'') && value.ends_with('\'') =>
            {
                Ok(Some(value.trim_matches('\'').to_owned()))
            }
            _ => Err(self.error(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")),
        }
    }
}

pub(crate) fn collection(what: &str, items: &[Value]) -> Value {
    json!({ "@odata.context": context(what), "value": items })
}

pub(crate) fn single(what: &str, mut item: Value) -> Value {
    item["@odata.context"] = json!(format!("{}/$entity", context(what)));
    item
}

fn context(what: &str) -> String {
    format!("https://graph.microsoft.com/v1.0/$metadata#{what}")
}

/// Keeps the chosen properties of the item or of each item.
fn select(mut found: Value, chosen: Option<&str>) -> Value {
    let Some(chosen) = chosen else { return found };
    let names: Vec<_> = chosen.split(',').map(str::trim).collect();
    let keep = |item: &mut Value| {
        if let Value::Object(properties) = item {
            properties.retain(|name, _| name.starts_with('@') || names.contains(&name.as_str()));
        }
    };
    match found.get_mut("value") {
        Some(Value::Array(items)) => items.iter_mut().for_each(keep),
        Some(_) | None => keep(&mut found),
    }
    found
}
