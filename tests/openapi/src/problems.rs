//! Refusals: problem documents, as components that operations refer to.
//!
//! One component for each set of codes that one status of some operation can have, with an example for each code as
//! `onboarding-lambda` writes it.

use std::collections::BTreeMap;

use http::StatusCode;
use onboarding_core::advice::Code;
use onboarding_core::fields::Fault;
use onboarding_core::id::ReferenceId;
use onboarding_lambda::failure::Failure;
use onboarding_lambda::problem::{self, Problem};
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::{ComponentsBuilder, Header, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::described::reference;

const EXAMPLE_REFERENCE: &str = "req_01k0000000000000000000000z";

/// The refusals that operations have referred to so far.
#[derive(Default)]
pub(crate) struct Problems {
    responses: BTreeMap<String, Response>,
    examples: BTreeMap<&'static str, Value>,
}

impl Problems {
    /// The answer `status` of a program's route that can have these `codes`.
    pub(crate) fn refer(&mut self, status: u16, codes: &[Code]) -> RefOr<Response> {
        let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let name = format!("{status}.{}", words.join("."));
        for code in codes {
            self.examples.entry(code.as_str()).or_insert_with(|| example(status, *code));
        }
        self.responses.entry(name.clone()).or_insert_with(|| response(status, codes));
        RefOr::Ref(Ref::from_response_name(name))
    }

    pub(crate) fn into_components(self, components: ComponentsBuilder) -> ComponentsBuilder {
        let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
        Problem::schemas(&mut schemas);
        let components = components.schemas_from_iter(schemas).responses_from_iter(self.responses);
        self.examples.into_iter().fold(components, |components, (code, value)| {
            components.example(code, ExampleBuilder::new().value(Some(value)).build())
        })
    }
}

/// The header that every answer has.
pub(crate) fn request_id() -> Header {
    HeaderBuilder::new()
        .schema(Some(reference::<ReferenceId>()))
        .description(Some("The reference of this request; name it when you ask for help."))
        .build()
}

fn response(status: u16, codes: &[Code]) -> Response {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let narrowed = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("status", Object::from(fixed(json!(status))))
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.clone())));
    let content = ContentBuilder::new()
        .schema(Some(AllOfBuilder::new().item(reference::<Problem<'_>>()).item(narrowed)))
        .examples_from_iter(
            words.iter().map(|word| (*word, RefOr::Ref(Ref::new(format!("#/components/examples/{word}"))))),
        )
        .build();
    let titles: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}.", code.advice().title)).collect();
    let mut response = ResponseBuilder::new()
        .description(titles.join(" "))
        .content(problem::CONTENT_TYPE, content)
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"));
    let mut text = |name: &str, description: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
        response = std::mem::take(&mut response).header(name, header);
    };
    if status == StatusCode::UNAUTHORIZED.as_u16() {
        text("WWW-Authenticate", "The scheme that is wanted: `Bearer`.");
    }
    if codes.contains(&Code::InsufficientScope) {
        text(
            "WWW-Authenticate",
            "`Bearer` with `error=\"insufficient_scope\"` and the missing `scope` (RFC 6750 §3.1).",
        );
    }
    if matches!(status, 429 | 503) {
        text("Retry-After", "Seconds until trying again may help.");
    }
    response.build()
}

fn fixed(value: Value) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([value]))
}

/// The document that a refusal with `code` is answered with.
fn example(status: u16, code: Code) -> Value {
    let failure = Failure::new(StatusCode::from_u16(status).unwrap_or_default(), code);
    let fault = |code, detail| vec![Fault::new("enterpriseName", code, detail)];
    let failure = if code == Code::InvalidBody {
        failure.with_faults(fault("required", "enterpriseName is required"))
    } else if code == Code::EnterpriseNameTaken {
        failure.with_faults(fault("enterprise_name_taken", "choose another name"))
    } else {
        failure
    };
    let reference: Option<ReferenceId> = EXAMPLE_REFERENCE.parse().ok();
    reference.map_or(Value::Null, |reference| json!(Problem::of(&failure, &reference)))
}
