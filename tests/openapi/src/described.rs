//! What the document says of one operation.

use onboarding_core::advice::Code;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required, Schema};

/// `*`, or a list of entity tags (RFC 9110 §13.1.1).
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#;

/// What the document says of one operation, beside what follows from its route.
pub(crate) struct Described {
    pub(crate) tag: Tagged,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Vec<Told>,
    pub(crate) refusals: Vec<(u16, Code)>,
}

/// A chapter of the document.
#[derive(Clone, Copy)]
pub(crate) enum Tagged {
    Enterprises,
    Consents,
    Provisioning,
    Connections,
    Webhooks,
    Catalogue,
    Audit,
    Operator,
    Pages,
    Service,
}

/// A body that an operation reads.
pub(crate) struct Body {
    pub(crate) media_types: &'static [&'static str],
    pub(crate) schema: RefOr<Schema>,
    pub(crate) required: bool,
    pub(crate) example: Value,
}

/// An answer that is no refusal.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    /// In each form that it has.
    pub(crate) content: Vec<(&'static str, RefOr<Schema>, Value)>,
    /// Names and descriptions.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Operations that go on from here: their id, a parameter of theirs, and where its value stands.
    pub(crate) links: Vec<(&'static str, &'static str, &'static str)>,
}

impl Described {
    pub(crate) fn new(tag: Tagged, id: &'static str, summary: &'static str, description: &'static str) -> Self {
        let (parameters, answers, refusals) = (Vec::new(), Vec::new(), Vec::new());
        Self { tag, id, summary, description, parameters, body: None, answers, refusals }
    }

    pub(crate) fn takes<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>(&["application/json"], example)
    }

    /// A merge patch (RFC 7396).
    pub(crate) fn takes_patch<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>(&["application/merge-patch+json", "application/json"], example)
    }

    fn takes_as<T: ToSchema>(self, media_types: &'static [&'static str], example: Value) -> Self {
        Self { body: Some(Body { media_types, schema: reference::<T>(), required: true, example }), ..self }
    }

    pub(crate) fn takes_form<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>(&["application/x-www-form-urlencoded"], example)
    }

    /// The body may be left out.
    pub(crate) fn optionally(mut self) -> Self {
        self.body = self.body.map(|body| Body { required: false, ..body });
        self
    }

    pub(crate) fn parameter(mut self, parameter: impl Into<Parameter>) -> Self {
        self.parameters.push(parameter.into());
        self
    }

    pub(crate) fn answers<T: ToSchema>(self, status: u16, description: &'static str, example: Value) -> Self {
        self.answers_with(status, description, reference::<T>(), example)
    }

    pub(crate) fn answers_with(
        mut self,
        status: u16,
        description: &'static str,
        schema: RefOr<Schema>,
        example: Value,
    ) -> Self {
        let content = vec![("application/json", schema, example)];
        self.answers.push(Told { status, description, content, headers: Vec::new(), links: Vec::new() });
        self
    }

    pub(crate) fn answers_page(mut self, status: u16, description: &'static str) -> Self {
        let content = vec![("text/html", crate::bodies::html(), Value::Null)];
        self.answers.push(Told { status, description, content, headers: Vec::new(), links: Vec::new() });
        self
    }

    pub(crate) fn answers_nothing(mut self, status: u16, description: &'static str) -> Self {
        self.answers.push(Told { status, description, content: Vec::new(), headers: Vec::new(), links: Vec::new() });
        self
    }

    /// The last answer in another form, for whoever accepts it.
    pub(crate) fn or_as(mut self, media_type: &'static str, schema: RefOr<Schema>, example: Value) -> Self {
        if let Some(last) = self.answers.last_mut() {
            last.content.push((media_type, schema, example));
        }
        self
    }

    /// A header of the last answer.
    pub(crate) fn with_header(mut self, name: &'static str, description: &'static str) -> Self {
        if let Some(last) = self.answers.last_mut() {
            last.headers.push((name, description));
        }
        self
    }

    /// A parameter of the query string whose schema is `T`'s.
    pub(crate) fn filters_by<T: ToSchema>(self, name: &'static str, description: &'static str) -> Self {
        self.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(reference::<T>())),
        )
    }

    /// A parameter of the query string that is true or false.
    pub(crate) fn switched_by(self, name: &'static str, description: &'static str) -> Self {
        let switch = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(Value::Bool(false)));
        self.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .description(Some(description))
                .schema(Some(switch)),
        )
    }

    /// Changes the version that `If-Match` names, and no other.
    pub(crate) fn for_a_version(self) -> Self {
        let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ENTITY_TAGS)).examples(["\"1\""]);
        self.parameter(
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some("The `ETag` of the version that you read, or `*` for any."))
                .schema(Some(tag)),
        )
        .refuses(400, &[Code::InvalidIfMatch])
        .refuses(412, &[Code::PreconditionFailed])
        .refuses(428, &[Code::PreconditionRequired])
    }

    /// The last answer holds, at `value`, the `parameter` of the operation `to`.
    pub(crate) fn leads_to(mut self, to: &'static str, parameter: &'static str, value: &'static str) -> Self {
        if let Some(last) = self.answers.last_mut() {
            last.links.push((to, parameter, value));
        }
        self
    }

    pub(crate) fn refuses(mut self, status: u16, codes: &[Code]) -> Self {
        self.refusals.extend(codes.iter().map(|code| (status, *code)));
        self
    }
}

/// The component of `T`.
pub(crate) fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

impl Tagged {
    pub(crate) const ALL: &[Self] = &[
        Self::Enterprises,
        Self::Consents,
        Self::Provisioning,
        Self::Connections,
        Self::Webhooks,
        Self::Catalogue,
        Self::Audit,
        Self::Operator,
        Self::Pages,
        Self::Service,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enterprises => "Enterprises",
            Self::Consents => "Consents",
            Self::Provisioning => "Provisioning",
            Self::Connections => "Connections",
            Self::Webhooks => "Webhooks",
            Self::Catalogue => "Catalogue",
            Self::Audit => "Audit",
            Self::Operator => "Operator",
            Self::Pages => "Pages",
            Self::Service => "Service",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Enterprises => "The customer organisations of a service provider.",
            Self::Consents => "Links to Microsoft, and what became of them.",
            Self::Provisioning => "What a tenant needs beside its consents.",
            Self::Connections => "Connections to Partner Center: two consents in one tenant, by two people.",
            Self::Webhooks => "What is posted to a service provider.",
            Self::Catalogue => "What a service provider can give its enterprises.",
            Self::Audit => "Who did what to what.",
            Self::Operator => "For the platform team: service providers and their keys.",
            Self::Pages => "For a person's browser, on its way from and to Microsoft.",
            Self::Service => "The service itself.",
        }
    }
}
