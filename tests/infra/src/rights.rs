//! The role of each function: what it was seen to call, what its triggers need, and its own log. Nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::template::{Function, Template, listed, referred, text};

/// `action resource`.
type Rights = BTreeSet<String>;

pub(crate) fn faults(template: &Template, calls: &Calls) -> Vec<String> {
    let mut faults = wildcards(template);
    let mut roles = BTreeMap::new();
    for function in template.functions() {
        let role = referred(&function.properties["Role"]);
        if let Some(other) = roles.insert(role.clone(), function.name.clone()) {
            faults.push(format!("{other} and {} share the role {role}", function.name));
        }
        let properties = template.properties(&role);
        if !listed(&properties["ManagedPolicyArns"]).is_empty() {
            faults.push(format!("{role} has rights that are not written out"));
        }
        let held = held(properties);
        let needed = for_triggers(template, &function);
        faults.extend(needed.difference(&held).map(|right| format!("{}: may not {right}", function.name)));
        let own: Rights = held.difference(&needed).cloned().collect();
        faults.extend(compared(&function.name, &own, calls.get(&function.name)));
        let wide = own.iter().filter(|right| !is_plain(right));
        faults.extend(wide.map(|right| format!("{}: {right} is wider than a call of ours", function.name)));
    }
    faults
}

fn compared(function: &str, held: &Rights, called: Option<&Rights>) -> Vec<String> {
    let none = Rights::new();
    let called = called.unwrap_or(&none);
    let missing = called.difference(held).map(|right| format!("{function}: calls {right} and may not"));
    let surplus = held.difference(called).map(|right| format!("{function}: may {right} and never does"));
    missing.chain(surplus).collect()
}

/// What each function calls, a line for each call: `function action resource`.
pub(crate) type Calls = BTreeMap<String, Rights>;

/// The calls in these lines. What a `#` begins with is for people.
pub(crate) fn calls(lines: &str) -> Calls {
    let mut calls = Calls::new();
    for line in lines.lines().filter(|line| !line.starts_with('#')) {
        if let Some((function, right)) = line.split_once(' ') {
            calls.entry(function.to_owned()).or_default().insert(right.to_owned());
        }
    }
    calls
}

/// The calls that tests have just noted, in all files of `folder`.
pub(crate) fn noted(folder: &Path) -> std::io::Result<Calls> {
    let lines: Result<Vec<String>, _> =
        std::fs::read_dir(folder)?.map(|entry| std::fs::read_to_string(entry?.path())).collect();
    Ok(calls(&lines?.concat()))
}

/// What was noted just now and is not among the calls that are known.
pub(crate) fn unknown(noted: &Calls, known: &Calls) -> Vec<String> {
    let none = Rights::new();
    let all = noted.iter().flat_map(|(function, rights)| {
        rights.difference(known.get(function).unwrap_or(&none)).map(move |right| format!("{function} {right}"))
    });
    all.map(|call| format!("{call}: not in infra/calls; `make calls` writes it anew")).collect()
}

/// No action by a wildcard, no resource that is everything, in any policy of the template.
fn wildcards(template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, policy) in policies(template) {
        for statement in listed(&policy["Statement"]) {
            for action in listed(&statement["Action"]) {
                if text(action).contains('*') {
                    faults.push(format!("{id}: the action {} is a wildcard", text(action)));
                }
            }
            // Nothing that we call needs it, so the list of exceptions is empty.
            if listed(&statement["Resource"]).iter().any(|resource| text(resource) == "*") {
                faults.push(format!("{id}: the resource is everything"));
            }
            if !statement["NotAction"].is_null() || !statement["NotResource"].is_null() {
                faults.push(format!("{id}: a right is told by what it is not"));
            }
        }
    }
    faults
}

fn policies(template: &Template) -> Vec<(&str, &Value)> {
    let inline = template.of_type("AWS::IAM::Role").flat_map(|(id, role)| {
        listed(&role["Policies"]).into_iter().map(move |policy| (id, &policy["PolicyDocument"]))
    });
    let managed = template.of_type("AWS::IAM::ManagedPolicy").map(|(id, policy)| (id, &policy["PolicyDocument"]));
    inline.chain(managed).collect()
}

fn held(role: &Value) -> Rights {
    let statements =
        listed(&role["Policies"]).into_iter().flat_map(|policy| listed(&policy["PolicyDocument"]["Statement"]));
    let rights = statements.flat_map(|statement| {
        let resources: Vec<String> = listed(&statement["Resource"]).into_iter().map(place).collect();
        listed(&statement["Action"]).into_iter().flat_map(move |action| {
            let action = text(action);
            resources.clone().into_iter().map(move |resource| format!("{action} {resource}"))
        })
    });
    rights.collect()
}

/// A resource under the name that the notes of the tests have for it.
fn place(resource: &Value) -> String {
    let text = text(resource);
    match text.as_str() {
        "${Table.Arn}" => "table".to_owned(),
        "${SealingKeys}" => "secret/sealing-keys".to_owned(),
        "${ClientSecret}" => "secret/client-secret".to_owned(),
        _ => {
            let index = text.strip_prefix("${Table.Arn}/index/").map(|index| format!("table/index/{index}"));
            let secret = text.split(":secret:${SecretsPrefix}/").nth(1).map(|kind| format!("secret/{kind}"));
            let identity = text.ends_with(":identity/${MailIdentity}").then(|| "identity".to_owned());
            let set = text.ends_with(":configuration-set/${MailEvents}").then(|| "configuration-set".to_owned());
            index.or(secret).or(identity).or(set).unwrap_or(text)
        }
    }
}

fn is_plain(right: &str) -> bool {
    let (action, resource) = right.split_once(' ').unwrap_or_default();
    match action.split_once(':') {
        Some(("dynamodb", _)) => {
            resource == "table" || (resource.starts_with("table/index/") && !resource.contains('*'))
        }
        Some(("secretsmanager", _)) => resource.starts_with("secret/") && resource != "secret/*",
        Some(("ses", "SendEmail")) => ["identity", "configuration-set"].contains(&resource),
        _ => false,
    }
}

/// What Lambda itself does in the function's name: it writes the log, reads the stream, and tells what was given up.
fn for_triggers(template: &Template, function: &Function<'_>) -> Rights {
    let log = referred(&function.properties["LoggingConfig"]["LogGroup"]);
    let mut rights: Rights =
        ["CreateLogStream", "PutLogEvents"].iter().map(|action| format!("logs:{action} ${{{log}.Arn}}")).collect();
    let of_function = |(_, properties): &(&str, &Value)| referred(&properties["FunctionName"]) == function.id;
    for (_, mapping) in template.of_type("AWS::Lambda::EventSourceMapping").filter(of_function) {
        let stream = text(&mapping["EventSourceArn"]);
        let read = ["DescribeStream", "GetRecords", "GetShardIterator"];
        rights.extend(read.iter().map(|action| format!("dynamodb:{action} {stream}")));
        rights.insert("dynamodb:ListStreams ${Table.Arn}/stream/*".to_owned());
        rights.insert(format!("sqs:SendMessage {}", text(&mapping["DestinationConfig"]["OnFailure"]["Destination"])));
    }
    for (_, invoked) in template.of_type("AWS::Lambda::EventInvokeConfig").filter(of_function) {
        rights.insert(format!("sqs:SendMessage {}", text(&invoked["DestinationConfig"]["OnFailure"]["Destination"])));
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// T65 A right that is not used is a fault, and so is a call without a right.
    #[test]
    fn a_role_is_what_the_function_was_seen_to_call() {
        let right = |text: &str| Rights::from([text.to_owned()]);
        let (read, write) = (right("dynamodb:GetItem table"), right("dynamodb:PutItem table"));
        assert_eq!(compared("audit", &read, Some(&read)), Vec::<String>::new());
        let faults = compared("audit", &read, Some(&write));
        assert_eq!(
            faults,
            ["audit: calls dynamodb:PutItem table and may not", "audit: may dynamodb:GetItem table and never does"]
        );
    }

    #[test]
    fn a_resource_has_the_name_of_the_notes() {
        let secret = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretsPrefix}/webhook-keys/*";
        for (resource, name) in [
            (json!({"Fn::GetAtt": ["Table", "Arn"]}), "table"),
            (json!({"Fn::Sub": "${Table.Arn}/index/due"}), "table/index/due"),
            (json!({"Fn::Sub": secret}), "secret/webhook-keys/*"),
            (json!({"Ref": "SealingKeys"}), "secret/sealing-keys"),
        ] {
            assert_eq!(place(&resource), name);
        }
        assert!(is_plain("dynamodb:Query table/index/due") && !is_plain("dynamodb:Query table/index/*"));
        assert!(!is_plain("secretsmanager:GetSecretValue secret/*") && !is_plain("s3:GetObject table"));
    }
}
