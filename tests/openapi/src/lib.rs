//! The OpenAPI document (3.1), made of the route table and the types.
//!
//! - a path for each route and each alias, with its security, parameters and the refusals that follow from the route:
//!   [`paths`];
//! - what an operation takes and answers, said once for each: [`operations`], an exhaustive match, so that an operation
//!   that nobody described does not compile;
//! - schemas: derived from the types of `onboarding-core`, and beside them the bodies that functions read and write by
//!   hand: [`bodies`];
//! - refusals: problem documents as `onboarding-lambda` writes them: [`problems`].
//!
//! The functions link none of this. What they serve is the file `openapi.json`, which a test compares.

mod bodies;
mod described;
mod operations;
mod paths;
mod problems;
mod wording;

use onboarding_core::scope::Scope;
use utoipa::openapi::security::{ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, InfoBuilder, License, OpenApiBuilder, Server, Tag};

use crate::described::Tagged;

/// The security scheme of the platform team's routes.
pub(crate) const OPERATOR_KEY: &str = "operatorKey";
/// The security scheme of a service provider's routes.
pub(crate) const RESELLER_KEY: &str = "resellerKey";
/// The security scheme of a token of one enterprise.
pub(crate) const ENTERPRISE_TOKEN: &str = "enterpriseToken";

/// The security scheme of an access token that a client has asked for at `/oauth/token`.
pub(crate) const CLIENT_CREDENTIALS: &str = "clientCredentials";
/// The security scheme of a client at `/oauth/token`.
pub(crate) const CLIENT_BASIC: &str = "clientBasic";

/// How a key is written.
const KEY: &str = "onb_live_<id>_<secret><checksum>";

const ABOUT: &str = "Takes a customer's Microsoft tenant from sold to every consent proven: makes the links, receives \
    Microsoft's answer, reads the consent back from Microsoft Graph, and posts the signed outcome.\n\n\
    Send `Authorization: Bearer <API key>`. Errors are problem documents (RFC 9457) that say what to do next. \
    `docs/api.md` leads from a key to an enterprise, its edits, its list and its audit trail.";

/// The document, as it is kept in `openapi.json` and served at `GET /openapi.json`.
///
/// # Panics
///
/// Never: a document of texts, numbers and maps with texts as keys is always JSON.
#[must_use]
#[expect(clippy::expect_used, reason = "as the documentation says")]
pub fn text() -> String {
    let mut document = serde_json::to_value(document()).expect("texts, numbers and maps");
    wording::for_readers(&mut document);
    format!("{document:#}\n")
}

fn document() -> utoipa::openapi::OpenApi {
    let mut problems = problems::Problems::default();
    let paths = paths::all(&mut problems);
    let info = InfoBuilder::new()
        .title("Onboarding")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license()))
        .build();
    let mut server = Server::new("/");
    server.description = Some("Where the document was read from.".to_owned());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([server]))
        .paths(paths)
        .components(Some(components(problems)))
        .tags(Some(Tagged::ALL.iter().map(|tag| {
            let mut told = Tag::new(tag.name());
            told.description = Some(tag.description().to_owned());
            told
        })))
        .build()
}

fn client_credentials() -> SecurityScheme {
    let scopes: Scopes = Scope::all().map(|scope| (scope.as_str(), scope.as_str())).collect();
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes));
    SecurityScheme::OAuth2(OAuth2::with_description(
        [flow],
        "For OAuth clients: `keyId` is the client's id, `key` its secret.",
    ))
}

fn client_basic() -> SecurityScheme {
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some("`keyId` and `key`, unless they are in the body.".to_owned());
    SecurityScheme::Http(basic)
}

fn license() -> License {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    license
}

fn components(problems: problems::Problems) -> Components {
    let bearer = |form: &'static str, whose: &'static str| {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some(form.to_owned());
        bearer.description = Some(whose.to_owned());
        SecurityScheme::Http(bearer)
    };
    let components = ComponentsBuilder::new()
        .security_scheme(OPERATOR_KEY, bearer(KEY, "A key of the platform team."))
        .security_scheme(
            RESELLER_KEY,
            bearer(KEY, "A key of a service provider; it reaches the provider's own objects alone."),
        )
        .security_scheme(CLIENT_CREDENTIALS, client_credentials())
        .security_scheme(CLIENT_BASIC, client_basic())
        .security_scheme(ENTERPRISE_TOKEN, bearer("opaque", "A token of one enterprise, good for an hour."))
        .header("RequestId", problems::request_id());
    problems.into_components(bodies::into_components(components)).build()
}

#[cfg(test)]
mod tests;
