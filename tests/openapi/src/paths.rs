//! From the route table to paths, with what follows from a route: security, path parameters, common refusals.

use onboarding_core::action::ActionType;
use onboarding_core::advice::Code;
use onboarding_core::credential::KeyId;
use onboarding_core::id::{ConnectionId, DeliveryId, EnterpriseId, InvitationId, ResellerId};
use onboarding_core::scope::Scope;
use onboarding_lambda::routes::{Alias, Level, ROUTES, Route, Surface};
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{PathItem, Paths, Ref, RefOr, Required, Response, ResponseBuilder, Schema, SecurityRequirement};

use crate::bodies::TokenRefusal;
use crate::described::{Body, Described, Told, reference};
use crate::operations::describe;
use crate::problems::Problems;
use crate::{CLIENT_BASIC, CLIENT_CREDENTIALS, ENTERPRISE_TOKEN, OPERATOR_KEY, RESELLER_KEY};

/// Every path, and every alias as a path of its own.
pub(crate) fn all(problems: &mut Problems) -> Paths {
    ROUTES
        .iter()
        .fold(PathsBuilder::new(), |paths, route| {
            let own = operation(route, None, problems);
            let paths = paths.path(route.path, PathItem::new(method(route), own));
            route.aliases.iter().fold(paths, |paths, alias| {
                let aliased = operation(route, Some(alias), problems);
                paths.path(alias.path, PathItem::new(method(route), aliased))
            })
        })
        .build()
}

fn method(route: &Route) -> HttpMethod {
    match route.method.as_str() {
        "GET" => HttpMethod::Get,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Post,
    }
}

fn operation(route: &Route, alias: Option<&Alias>, problems: &mut Problems) -> OperationBuilder {
    let described = describe(route.operation);
    let path = alias.map_or(route.path, |alias| alias.path);
    let in_path = names(path).map(|name| parameter(name, ParameterIn::Path));
    let in_query = route.query.iter().chain(alias.into_iter().flat_map(|alias| alias.query));
    let in_query = in_query.filter(|name| described.parameters.iter().all(|described| described.name != **name));
    let in_query = in_query.map(|name| parameter(name, ParameterIn::Query));
    let idempotent = route.creates.then(idempotency_key);
    let parameters = in_path.chain(in_query).chain(described.parameters.iter().cloned()).chain(idempotent);
    let parameters: Vec<Parameter> = parameters.collect();
    let by_id =
        parameters.iter().any(|parameter| matches!(parameter.name.as_str(), "enterpriseId" | "resellerId" | "keyId"));
    let refusals = refusals(route, &described, by_id || names(path).next().is_some());
    let builder = OperationBuilder::new()
        .tag(described.tag.name())
        .operation_id(Some(alias.map_or(described.id, |alias| last_literal(alias.path))))
        .summary(Some(described.summary))
        .description(Some(match alias {
            Some(_) => format!(
                "An alias of `{} {}`, for existing ConnectToTeams clients. {}",
                route.method, route.path, described.description
            ),
            None => described.description.to_owned(),
        }))
        .parameters(Some(parameters))
        .securities(Some(security(route)))
        .request_body(described.body.as_ref().map(|body| request_body(body).build()));
    let builder = described
        .answers
        .iter()
        .fold(builder, |builder, told| builder.response(told.status.to_string(), answer(told, route.creates)));
    refusals.into_iter().fold(builder, |builder, (status, codes)| {
        let response = match route.surface {
            Surface::Api => problems.refer(status, &codes),
            Surface::OAuth => RefOr::T(refusing_client(status, &codes)),
            Surface::Page => RefOr::T(refusing_page(&codes)),
        };
        builder.response(status.to_string(), response)
    })
}

/// The parameters of a path template.
fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn last_literal(path: &'static str) -> &'static str {
    path.split('/').rfind(|part| !part.starts_with('{')).unwrap_or(path)
}

fn parameter(name: &'static str, place: ParameterIn) -> Parameter {
    let (schema, description): (RefOr<Schema>, &str) = match name {
        "enterpriseId" => (reference::<EnterpriseId>(), "The enterprise."),
        "keyId" => (reference::<KeyId>(), "The public part of the key."),
        "resellerId" => (reference::<ResellerId>(), "The service provider."),
        "actionType" => (reference::<ActionType>(), "The action."),
        "deliveryId" => (reference::<DeliveryId>(), "The delivery."),
        "connectionId" => (reference::<ConnectionId>(), "The connection."),
        "invitationId" => (reference::<InvitationId>(), "The invitation."),
        "userId" => {
            let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
            let text = text.pattern(Some("^[^\\u0000-\\u001f\\u007f-\\u009f]*$"));
            (text.into(), "Your own id of the user, such as an object id of Microsoft Entra.")
        }
        "limit" => {
            let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(100));
            (number.default(Some(json!(50))).into(), "The most items of a page.")
        }
        "cursor" => {
            let text = ObjectBuilder::new().schema_type(Type::String);
            (text.into(), "`next` of the page before, as it came: good for the same key, list and filter.")
        }
        _ => {
            (ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).into(), "A handle, as it was answered.")
        }
    };
    let required = if matches!(place, ParameterIn::Path) { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// What a call that makes something new takes, so that it can be sent again.
fn idempotency_key() -> Parameter {
    let key = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-+.-~-]+$")).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "The same key and body within 24 hours make one thing and get one answer; a UUID is a good one.",
        ))
        .schema(Some(key))
        .build()
}

/// A key or a token is shown alike; OAuth clients learn which scope their token needs.
fn security(route: &Route) -> Vec<SecurityRequirement> {
    let by = |scheme: &str| SecurityRequirement::new(scheme, [""; 0]);
    let by_client = || SecurityRequirement::new(CLIENT_CREDENTIALS, route.scope.map(Scope::as_str));
    match route.level {
        Level::Public if route.surface == Surface::OAuth => vec![by(CLIENT_BASIC), SecurityRequirement::default()],
        Level::Public => vec![SecurityRequirement::default()],
        Level::Operator => vec![by(OPERATOR_KEY)],
        Level::Reseller => vec![by(RESELLER_KEY), by_client()],
        Level::ResellerOrOperator => vec![by(RESELLER_KEY), by_client(), by(OPERATOR_KEY)],
        Level::Enterprise => vec![by(RESELLER_KEY), by_client(), by(ENTERPRISE_TOKEN)],
    }
}

/// What every route of this kind can refuse, and what the operation refuses beside it; codes by status.
fn refusals(route: &Route, described: &Described, names_a_thing: bool) -> Vec<(u16, Vec<Code>)> {
    let mut all: Vec<(u16, Code)> = Vec::new();
    if route.surface == Surface::OAuth {
        all.extend([(429, Code::RateLimited), (500, Code::InternalError), (503, Code::Unavailable)]);
    }
    if route.surface == Surface::Api {
        if route.level != Level::Public {
            all.extend([(400, Code::UnparseableQuery), (401, Code::Unauthenticated), (422, Code::InvalidQuery)]);
            all.extend([(429, Code::RateLimited), (500, Code::InternalError), (503, Code::Unavailable)]);
        }
        if route.scope.is_some() {
            all.push((403, Code::InsufficientScope));
        }
        if route.method.as_str() != "GET" {
            all.push((503, Code::Contended));
        }
        if route.creates {
            all.extend([(400, Code::InvalidIdempotencyKey), (422, Code::IdempotencyKeyReused)]);
        }
        if route.query.contains(&"cursor") {
            all.push((422, Code::InvalidCursor));
        }
        if names_a_thing {
            all.push((404, Code::NotFound));
        }
        if described.body.is_some() {
            all.extend([
                (400, Code::UnparseableBody),
                (413, Code::PayloadTooLarge),
                (415, Code::UnsupportedMediaType),
                (415, Code::UnsupportedContentEncoding),
                (422, Code::InvalidBody),
            ]);
        }
    }
    all.extend(described.refusals.iter().copied());
    all.sort_by_key(|(status, _)| *status);
    let mut grouped: Vec<(u16, Vec<Code>)> = Vec::new();
    for (status, code) in all {
        match grouped.last_mut() {
            Some((same, codes)) if *same == status => {
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
            _ => grouped.push((status, vec![code])),
        }
    }
    grouped
}

fn request_body(body: &Body) -> RequestBodyBuilder {
    let content = ContentBuilder::new().schema(Some(body.schema.clone())).example(Some(body.example.clone()));
    let required = if body.required { Required::True } else { Required::False };
    let (content, builder) = (content.build(), RequestBodyBuilder::new().required(Some(required)));
    body.media_types.iter().fold(builder, |builder, media_type| builder.content(*media_type, content.clone()))
}

fn answer(told: &Told, may_be_repeated: bool) -> Response {
    let replayed =
        ("Idempotency-Replayed", "`true` where the answer is the one that was given before, under the same key.");
    let builder = ResponseBuilder::new()
        .description(told.description)
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"));
    let builder = told.headers.iter().chain(may_be_repeated.then_some(&replayed)).fold(
        builder,
        |builder, (name, description)| {
            let schema = ObjectBuilder::new().schema_type(Type::String);
            builder.header(*name, HeaderBuilder::new().schema(Some(schema)).description(Some(*description)).build())
        },
    );
    let builder = told.links.iter().fold(builder, |builder, (to, parameter, value)| {
        let link = LinkBuilder::new().operation_id(*to).parameter(*parameter, *value);
        builder.link(*to, link.build())
    });
    let builder = told.content.iter().fold(builder, |builder, (media_type, schema, example)| {
        let content = ContentBuilder::new().schema(Some(schema.clone()));
        let example = Some(example).filter(|example| !example.is_null()).cloned();
        builder.content(*media_type, content.example(example).build())
    });
    builder.build()
}

/// The token endpoint's own form of a refusal (RFC 6749 §5.2).
fn refusing_client(status: u16, codes: &[Code]) -> Response {
    let titles: Vec<&str> = codes.iter().map(|code| code.advice().title).collect();
    let response = ResponseBuilder::new()
        .description(format!("{}.", titles.join("; ")))
        .content("application/json", ContentBuilder::new().schema(Some(reference::<TokenRefusal>())).build())
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"));
    let text = |description| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
    };
    match status {
        401 => response.header("WWW-Authenticate", text("`Basic`, for a client that came by it (RFC 6749 §5.2).")),
        429 | 503 => response.header("Retry-After", text("Seconds until trying again may help.")),
        _ => response,
    }
    .build()
}

/// A page that tells what happened, for one of `codes`.
fn refusing_page(codes: &[Code]) -> Response {
    let titles: Vec<&str> = codes.iter().map(|code| code.advice().title).collect();
    let content = ContentBuilder::new().schema(Some(crate::bodies::html()));
    ResponseBuilder::new()
        .description(format!("A page: {}.", titles.join("; ")))
        .content("text/html", content.build())
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"))
        .build()
}
