//! The gateway against the route table.

use std::collections::{BTreeMap, BTreeSet};

use onboarding_lambda::routes::{Level, ROUTES, Route};
use serde_json::Value;

use crate::template::{Template, text};

/// What anybody may call, without a credential; every other route of the table asks for one.
const PUBLIC: [&str; 12] = [
    "/activate/{handle}",
    "/diagnose",
    "/healthz",
    "/oauth/token",
    "/openapi.json",
    "/outcome/{handle}",
    "/partner-center/admin-consent",
    "/partner-center/user-consent",
    "/permissions",
    "/restricted/adminConsent",
    "/restricted/handleResponse",
    "/start/{handle}",
];

/// Who answers what no route takes.
const DEFAULT: (&str, &str) = ("$default", "create-enterprise");

/// `METHOD path` to the function.
type Table = BTreeMap<String, String>;

pub(crate) fn faults(template: &Template) -> Vec<String> {
    let (wanted, found) = (wanted(), found(template));
    let mut faults = Vec::new();
    for (route, function) in &wanted {
        match found.get(route) {
            None => faults.push(format!("routes: {route} is not in the template")),
            Some(other) if other != function => {
                faults.push(format!("routes: {route} goes to {other} in the template, and is {function}'s"));
            }
            Some(_) => {}
        }
    }
    faults.extend(
        found
            .keys()
            .filter(|route| !wanted.contains_key(*route))
            .map(|route| format!("routes: nothing serves {route}")),
    );
    faults.extend(permissions(template, &found));
    faults.extend(public(template));
    faults
}

fn paths(route: &Route) -> impl Iterator<Item = &'static str> {
    std::iter::once(route.path).chain(route.aliases.iter().map(|alias| alias.path))
}

/// A path whose methods are all of one function is that function's for every method: it tells the wrong ones itself.
fn wanted() -> Table {
    let mut served: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for route in ROUTES {
        for path in paths(route) {
            served.entry(path).or_default().push((route.method.as_str(), route.operation.function()));
        }
    }
    let mut table = Table::from([(DEFAULT.0.to_owned(), DEFAULT.1.to_owned())]);
    for (path, methods) in served {
        let functions: BTreeSet<&str> = methods.iter().map(|(_, function)| *function).collect();
        for (method, function) in methods {
            let method = if functions.len() == 1 { "ANY" } else { method };
            table.insert(format!("{method} {path}"), function.to_owned());
        }
    }
    table
}

fn found(template: &Template) -> Table {
    let mut table = Table::new();
    for (_, api) in template.of_type("AWS::ApiGatewayV2::Api") {
        for (path, methods) in api["Body"]["paths"].as_object().into_iter().flatten() {
            for (method, route) in methods.as_object().into_iter().flatten() {
                let name = match method.as_str() {
                    _ if path.ends_with("$default") => DEFAULT.0.to_owned(),
                    "x-amazon-apigateway-any-method" => format!("ANY {path}"),
                    method => format!("{} {path}", method.to_uppercase()),
                };
                let id = function_id(&route["x-amazon-apigateway-integration"]["uri"]);
                table.insert(name, template.function_name(&id).unwrap_or(id));
            }
        }
    }
    table
}

/// The logical id in `arn:…:function/${Audit.Arn}/invocations`.
fn function_id(uri: &Value) -> String {
    let text = text(uri);
    let id = text.split("functions/${").nth(1).and_then(|rest| rest.split(".Arn}").next());
    id.unwrap_or(&text).to_owned()
}

/// Each function with a route lets the gateway invoke it.
fn permissions(template: &Template, found: &Table) -> Vec<String> {
    let invoked: BTreeSet<String> = template
        .of_type("AWS::Lambda::Permission")
        .filter(|(_, permission)| permission["Principal"] == "apigateway.amazonaws.com")
        .filter_map(|(_, permission)| template.function_name(&crate::template::referred(&permission["FunctionName"])))
        .collect();
    let served: BTreeSet<&String> = found.values().collect();
    served
        .into_iter()
        .filter(|function| !invoked.contains(*function))
        .map(|function| format!("routes: the gateway may not invoke {function}"))
        .collect()
}

/// The routes without a credential are those of the short list, and each has the lower limit of the gateway.
fn public(template: &Template) -> Vec<String> {
    let open: BTreeSet<&str> = ROUTES.iter().filter(|route| route.level == Level::Public).flat_map(paths).collect();
    let listed = BTreeSet::from(PUBLIC);
    let mut faults: Vec<String> =
        open.symmetric_difference(&listed).map(|path| format!("public routes: {path} is in one list alone")).collect();
    let stages: Vec<&Value> = template.of_type("AWS::ApiGatewayV2::Stage").map(|(_, stage)| stage).collect();
    let limit = |key: &str| {
        let of_stage = |stage: &&Value| stage["RouteSettings"][key]["ThrottlingRateLimit"]["Ref"].clone();
        stages.iter().all(|stage| of_stage(stage) == "PageRequestsPerSecond")
    };
    let keys = PUBLIC.iter().map(|path| format!("ANY {path}")).chain([DEFAULT.0.to_owned()]);
    faults.extend(keys.filter(|key| !limit(key)).map(|key| format!("public routes: {key} has no limit of its own")));
    let all = |field: &str| stages.iter().all(|stage| !stage["DefaultRouteSettings"][field].is_null());
    if !all("ThrottlingRateLimit") || !all("ThrottlingBurstLimit") {
        faults.push("routes: the gateway lets any number of requests through".to_owned());
    }
    // Paths hold handles, query strings hold codes, and addresses are people's.
    let told = stages.iter().map(|stage| text(&stage["AccessLogSettings"]["Format"])).collect::<String>();
    let kept = ["$context.path", "$context.identity", "$context.http", "authorizer", "$context.domain"];
    faults.extend(kept.iter().filter(|what| told.contains(**what)).map(|what| format!("the access log tells {what}")));
    faults
}
