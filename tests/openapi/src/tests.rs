//! The document is the one that is kept, it is whole, and what it says of bodies is what the readers do.

use std::collections::BTreeSet;
use std::path::Path;

use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::NewKey;
use onboarding_core::enterprise::{EditRefused, Enterprise, Profile};
use onboarding_core::fields::{Fault, Fields};
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_core::reseller::{NewReseller, ResellerEdit};
use onboarding_core::scope::Scope;
use onboarding_core::time::Timestamp;
use onboarding_lambda::routes::{Level, ROUTES, Surface};
use serde_json::{Map, Value, json};

use crate::text;

fn document() -> Value {
    serde_json::from_str(&text()).unwrap()
}

/// What is served is what the code says; `make openapi` writes it anew.
#[test]
fn the_kept_document_is_the_generated_one() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    assert!(std::fs::read_to_string(kept).unwrap() == text(), "openapi.json is out of date: run `make openapi`");
}

/// Every route and alias is a path, and nothing else is.
#[test]
fn the_paths_are_those_of_the_route_table() {
    let document = document();
    let told: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone())))
        .collect();
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .flat_map(|route| {
            let paths = std::iter::once(route.path).chain(route.aliases.iter().map(|alias| alias.path));
            paths.map(move |path| (route.method.as_str().to_lowercase(), path.to_owned()))
        })
        .collect();
    assert_eq!(told, known);
}

fn each<'a>(value: &'a Value, seen: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            seen(object);
            object.values().for_each(|value| each(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| each(value, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    let document = document();
    let mut referred = BTreeSet::new();
    each(&document, &mut |object| {
        if let Some(Value::String(target)) = object.get("$ref") {
            assert!(document.pointer(&target[1..]).is_some(), "{target}");
            referred.insert(target.clone());
        }
    });
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            assert!(referred.contains(&format!("#/components/{kind}/{name}")), "{kind} {name}");
        }
    }
}

/// No operation is without a summary, a success, an example of its body; each id stands once.
#[test]
fn every_operation_is_told_whole() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{what}");
            if let Some(body) = operation.get("requestBody") {
                for content in body["content"].as_object().unwrap().values() {
                    assert!(content.get("example").is_some(), "{what}");
                }
            }
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let told = operation["parameters"].as_array().unwrap();
                assert!(told.iter().any(|told| told["name"] == name && told["in"] == "path"), "{what} {name}");
            }
        }
    }
}

/// G65 What the document calls public is what the route table calls public.
#[test]
fn security_is_that_of_the_route_table() {
    let document = document();
    for route in ROUTES {
        let security = &document["paths"][route.path][route.method.as_str().to_lowercase()]["security"];
        let scope: Vec<&str> = route.scope.map(Scope::as_str).into_iter().collect();
        let expected = match route.level {
            Level::Public if route.surface == Surface::OAuth => json!([{"clientBasic": []}, {}]),
            Level::Public => json!([{}]),
            Level::Operator => json!([{"operatorKey": []}]),
            Level::Reseller => json!([{"resellerKey": []}, {"clientCredentials": scope}]),
            Level::ResellerOrOperator => {
                json!([{"resellerKey": []}, {"clientCredentials": scope}, {"operatorKey": []}])
            }
            Level::Enterprise => {
                json!([{"resellerKey": []}, {"clientCredentials": scope}, {"enterpriseToken": []}])
            }
        };
        assert_eq!(*security, expected, "{}", route.path);
    }
}

/// The parameters of the query string are those of the route table.
#[test]
fn parameters_are_those_of_the_route_table() {
    let document = document();
    for route in ROUTES.iter().filter(|route| route.level != Level::Public) {
        let own = std::iter::once((route.path, &[][..]));
        for (path, more) in own.chain(route.aliases.iter().map(|alias| (alias.path, alias.query))) {
            let operation = &document["paths"][path][route.method.as_str().to_lowercase()];
            let told = operation["parameters"].as_array().unwrap().iter();
            let told: BTreeSet<&str> =
                told.filter(|told| told["in"] == "query").filter_map(|told| told["name"].as_str()).collect();
            let known: BTreeSet<&str> = route.query.iter().chain(more).copied().collect();
            assert_eq!(told, known, "{path}");
        }
    }
}

#[test]
fn the_document_speaks_to_its_readers_alone() {
    let document = document();
    each(&document, &mut |object| {
        if let Some(text) = object.get("description").and_then(Value::as_str) {
            assert!(!text.contains("[`") && !text.contains("::"), "a link of the code: {text}");
        }
    });
}

/// A body that fills every field of a schema, as plainly as it allows.
fn filled(document: &Value, schema: &Value) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        return filled(document, document.pointer(&target[1..]).unwrap());
    }
    if let Some(first) = schema["examples"].get(0).or_else(|| schema["enum"].get(0)) {
        return first.clone();
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return filled(document, first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap();
    match kind {
        "object" => {
            let fields = schema["properties"].as_object().unwrap();
            fields.iter().map(|(name, field)| (name.clone(), filled(document, field))).collect()
        }
        "array" => json!([filled(document, &schema["items"])]),
        "string" => json!("text"),
        "boolean" => json!(true),
        "integer" => schema["minimum"].clone(),
        other => panic!("{other}"),
    }
}

/// A schema of an object, and how its reader reads.
struct Probe<'a> {
    document: &'a Value,
    read: &'a dyn Fn(Value) -> Vec<Fault>,
    whole: Value,
}

impl Probe<'_> {
    fn with(&self, at: &str, value: Value) -> Value {
        let (place, name) = at.rsplit_once('/').unwrap();
        let mut body = self.whole.clone();
        body.pointer_mut(place).unwrap()[name] = value;
        body
    }

    fn told(&self, body: &Value) -> Vec<(String, &'static str)> {
        (self.read)(body.clone()).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    /// Holds the object at `place` of the body, whose schema is `schema`, against the reader.
    fn object(&self, place: &str, schema: &Value) {
        assert_eq!(schema["additionalProperties"], false, "{place}");
        let mut unknown = self.whole.clone();
        unknown.pointer_mut(place).unwrap()["notAField"] = json!(1);
        assert_eq!(self.told(&unknown), [(format!("{place}/notAField"), "unknown_field")]);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in schema["properties"].as_object().unwrap() {
            let at = format!("{place}/{name}");
            let mut without = self.whole.clone();
            without.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
            let faults = self.told(&without);
            let missed = faults.contains(&(at.clone(), "required"));
            // `federationDomain` is required by the `federated` beside it.
            assert_eq!(missed, required.contains(&name.as_str()) || name == "federationDomain", "{at}: {faults:?}");
            let nothing = self.told(&self.with(&at, Value::Null));
            if may_be_null(field) || missed {
                assert_eq!(nothing, faults, "null is absent: {at}");
            } else {
                assert!(nothing.contains(&(at.clone(), "required")), "null is none: {at}: {nothing:?}");
            }
            let faults = self.told(&self.with(&at, json!({"notAField": 1.5})));
            assert!(faults.iter().any(|(pointer, _)| pointer.starts_with(&at)), "{at}: {faults:?}");
            self.limits(&at, field);
        }
    }

    /// The bounds that the schema tells are the reader's: what is on them is read, what is beyond is not.
    fn limits(&self, at: &str, schema: &Value) {
        let schema = self.resolved(schema);
        let with = |value: Value| {
            self.told(&self.with(at, value)).into_iter().filter(|(pointer, _)| pointer.starts_with(at)).count()
        };
        if let (Some(longest), None) = (schema["maxLength"].as_u64(), schema["format"].as_str()) {
            let text = |length: u64| json!("a".repeat(usize::try_from(length).unwrap()));
            if schema["pattern"].is_null() || schema["pattern"].as_str().unwrap().contains("\\S") {
                assert_eq!((with(text(longest)), with(text(longest + 1)).min(1)), (0, 1), "{at}");
            }
        }
        if let (Some(highest), Some("integer")) = (schema["maximum"].as_u64(), kind(schema)) {
            assert_eq!((with(json!(highest)).min(1), with(json!(highest + 1)).min(1)), (foreign(at), 1), "{at}");
        }
        if kind(schema) == Some("array") {
            self.list(at, schema);
        }
        if kind(schema) == Some("object") {
            self.object(at, schema);
        }
    }

    fn list(&self, at: &str, schema: &Value) {
        let item = self.whole.pointer(&format!("{at}/0")).unwrap();
        let with = |count: u64| {
            let mut body = self.whole.clone();
            *body.pointer_mut(at).unwrap() = (0..count).map(|_| item.clone()).collect();
            self.told(&body).into_iter().filter(|(pointer, _)| pointer.starts_with(at)).count().min(1)
        };
        if let Some(most) = schema["maxItems"].as_u64() {
            assert_eq!((with(most), with(most + 1)), (0, 1), "{at}");
        }
        assert_eq!(with(2), usize::from(schema["uniqueItems"] == true), "{at}");
        if schema["minItems"] == 1 {
            assert_eq!(with(0), 1, "{at}");
        }
        let items = self.resolved(&schema["items"]);
        if kind(items) == Some("object") {
            self.object(&format!("{at}/0"), items);
        }
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let schema = schema["oneOf"].get(0).unwrap_or(schema);
        schema["$ref"].as_str().map_or(schema, |target| self.document.pointer(&target[1..]).unwrap())
    }
}

fn may_be_null(schema: &Value) -> bool {
    let among = |listed: &Value| listed.as_array().is_some_and(|listed| listed.contains(&json!("null")));
    among(&schema["type"]) || schema["oneOf"].as_array().is_some_and(|any| any.contains(&json!({"type": "null"})))
}

fn kind(schema: &Value) -> Option<&str> {
    schema["type"].as_str().or_else(|| schema["type"][0].as_str())
}

/// A number that is in range and not the caller's own is refused all the same.
fn foreign(at: &str) -> usize {
    usize::from(at == "/resellerId")
}

fn faults<T>(read: Result<T, Vec<Fault>>) -> Vec<Fault> {
    read.err().unwrap_or_default()
}

fn fields(body: Value) -> Fields {
    Fields::of(body.as_object().cloned().unwrap())
}

/// R079-R102 The schema of a new enterprise and its reader are one: fields, which are required, nesting and bounds.
#[test]
fn a_new_enterprise_is_read_as_its_schema_says() {
    let document = document();
    let catalogue = catalogue();
    let caller = ResellerId::try_from(54).unwrap();
    let read = |body: Value| faults(Profile::parse(fields(body), caller, &catalogue));
    let schema = &document["components"]["schemas"]["NewEnterprise"];
    let probe = Probe { document: &document, read: &read, whole: filled(&document, schema) };
    assert_eq!(probe.told(&probe.whole), []);
    probe.object("", schema);
}

/// K9 The same of a new service provider.
#[test]
fn a_new_reseller_is_read_as_its_schema_says() {
    let document = document();
    let read = |body: Value| faults(NewReseller::parse(fields(body), RedirectPolicy::default()));
    let schema = &document["components"]["schemas"]["NewReseller"];
    let probe = Probe { document: &document, read: &read, whole: whole_reseller(&document, schema) };
    assert_eq!(probe.told(&probe.whole), []);
    probe.object("", schema);
}

fn whole_reseller(document: &Value, schema: &Value) -> Value {
    let mut whole = filled(document, schema);
    whole["eventsUrl"] = json!("https://hooks.example.com/events");
    whole["pbxTypes"][0]["isDisabled"] = json!(false);
    whole
}

/// K9 And of a change of one.
#[test]
fn a_change_of_a_reseller_is_read_as_its_schema_says() {
    let document = document();
    let made = json!({"name": "Acme", "redirectHosts": []});
    let made = NewReseller::parse(fields(made), RedirectPolicy::default()).unwrap();
    let reseller = made.create(ResellerId::try_from(54).unwrap(), Timestamp::from_seconds(1));
    let read = |body: Value| faults(ResellerEdit::parse(fields(body), &reseller, RedirectPolicy::default()));
    let schema = &document["components"]["schemas"]["ResellerEdit"];
    let probe = Probe { document: &document, read: &read, whole: whole_reseller(&document, schema) };
    assert_eq!(probe.told(&probe.whole), []);
    probe.object("", schema);
}

/// K9 And of a new key, which ends at one time or after some days, and not both.
#[test]
fn a_new_key_is_read_as_its_schema_says() {
    let document = document();
    let read = |body: Value| faults(NewKey::parse(fields(body), Timestamp::from_seconds(1)));
    let schema = &document["components"]["schemas"]["NewKey"];
    let mut whole = filled(&document, schema);
    whole.as_object_mut().unwrap().remove("expiresAt");
    let probe = Probe { document: &document, read: &read, whole };
    assert_eq!(probe.told(&probe.whole), []);
    probe.object("", schema);
}

/// R167 And of an edit of an enterprise.
#[test]
fn an_edit_is_read_as_its_schema_says() {
    let document = document();
    let catalogue = catalogue();
    let caller = ResellerId::try_from(54).unwrap();
    let made = json!({"enterpriseName": "Contoso", "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX"]});
    let profile = Profile::parse(fields(made), caller, &catalogue).unwrap();
    let now = Timestamp::from_seconds(1);
    let enterprise = Enterprise::create(EnterpriseId::try_from(7).unwrap(), caller, profile, now);
    let read = |body: Value| match enterprise.clone().edit(fields(body), &catalogue, now) {
        Err(EditRefused::Invalid(faults)) => faults,
        edited => edited.map(|_| Vec::new()).unwrap(),
    };
    let schema = &document["components"]["schemas"]["EnterpriseEdit"];
    let probe = Probe { document: &document, read: &read, whole: filled(&document, schema) };
    assert_eq!(probe.told(&probe.whole), []);
    probe.object("", schema);
}

fn catalogue() -> Catalogue {
    serde_json::from_value(json!({
        "sbcGateways": [{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}],
        "pbxTypes": [{"id": 1234, "pbxName": "P", "pbxLabel": "P", "isDefault": true, "isDisabled": false,
                      "hostingType": "Cloud"}]
    }))
    .unwrap()
}

/// The examples of bodies that are read here are read.
#[test]
fn examples_are_read() {
    let document = document();
    let example =
        |path: &str| document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"].clone();
    assert_eq!(faults(NewReseller::parse(fields(example("/v1/resellers")), RedirectPolicy::default())), []);
    let catalogue: Catalogue = serde_json::from_value(json!({
        "sbcGateways": document["paths"]["/v1/sbc-gateways"]["get"]["responses"]["200"]["content"]["application/json"]["example"],
        "pbxTypes": document["paths"]["/v1/pbx-types"]["get"]["responses"]["200"]["content"]["application/json"]["example"],
    }))
    .unwrap();
    let caller = ResellerId::try_from(54).unwrap();
    assert_eq!(faults(Profile::parse(fields(example("/v1/enterprises")), caller, &catalogue)), []);
}
