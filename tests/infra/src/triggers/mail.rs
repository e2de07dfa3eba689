//! What SES tells of a mail that it took: from the configuration set over the bus to the function that records it.

use serde_json::{Value, json};

use crate::pattern;
use crate::template::{Template, listed, referred, resolved, text};

const HEARS: &str = "mail-delivery";

pub(super) fn faults(template: &Template) -> Vec<String> {
    let sender = template.functions().into_iter().find(|function| function.name == HEARS);
    let variables = sender.map(|function| &function.properties["Environment"]["Variables"]);
    let set = variables.map(|variables| text(&variables["MAIL_CONFIGURATION_SET"])).unwrap_or_default();
    let mut faults = destination(template, &set);
    let rules: Vec<_> = template.of_type("AWS::Events::Rule").collect();
    faults.extend(rules.iter().flat_map(|(id, rule)| told(template, id, rule)));
    for (what, event, wanted) in samples(&set) {
        let taken = rules.iter().any(|(_, rule)| pattern::takes(&resolved(&rule["EventPattern"]), &event));
        if taken != wanted {
            let reaches = if wanted { "does not reach" } else { "reaches" };
            faults.push(format!("rules: {what} {reaches} {HEARS}"));
        }
    }
    faults
}

/// The set with which mail is sent tells both kinds of ends, on the one bus that SES takes.
fn destination(template: &Template, set: &str) -> Vec<String> {
    let tells = template.of_type("AWS::SES::ConfigurationSetEventDestination").any(|(_, destination)| {
        let (kinds, to) =
            (listed(&destination["EventDestination"]["MatchingEventTypes"]), &destination["EventDestination"]);
        text(&destination["ConfigurationSetName"]) == set
            && ["bounce", "reject"].iter().all(|kind| kinds.iter().any(|known| known == kind))
            && to["Enabled"] == true
            && text(&to["EventBridgeDestination"]["EventBusArn"]).ends_with(":event-bus/default")
    });
    if tells { Vec::new() } else { vec![format!("{set}: SES does not tell what becomes of a mail")] }
}

fn told(template: &Template, id: &str, rule: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut needs = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{id}: {what}"));
        }
    };
    let fault = pattern::fault(&resolved(&rule["EventPattern"]));
    needs(fault.is_none(), &format!("its pattern cannot be read: {}", fault.unwrap_or_default()));
    needs(rule["State"].is_null() || rule["State"] == "ENABLED", "it is not enabled");
    for target in listed(&rule["Targets"]) {
        let function = template.function_name(&referred(&target["Arn"]));
        needs(function.as_deref() == Some(HEARS), &format!("it invokes {function:?}, which no rule is for"));
        needs(!target["DeadLetterConfig"]["Arn"].is_null(), "what it could not bring is told nobody");
        let queue = referred(&target["DeadLetterConfig"]["Arn"]);
        let may_write = template.of_type("AWS::SQS::QueuePolicy").any(|(_, policy)| {
            let own = listed(&policy["Queues"]).into_iter().any(|known| referred(known) == queue);
            own && listed(&policy["PolicyDocument"]["Statement"]).into_iter().any(|statement| {
                statement["Principal"]["Service"] == "events.amazonaws.com"
                    && text(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == format!("${{{id}.Arn}}")
            })
        });
        needs(may_write, "it may not write into its queue");
    }
    let may_invoke = template.of_type("AWS::Lambda::Permission").any(|(_, permission)| {
        permission["Principal"] == "events.amazonaws.com" && text(&permission["SourceArn"]) == format!("${{{id}.Arn}}")
    });
    needs(may_invoke, "it may not invoke its function");
    faults
}

/// An event of every kind, and whether the function is to hear it.
fn samples(set: &str) -> Vec<(&'static str, Value, bool)> {
    let event = |kind: &str, set: &str| {
        let tags = json!({"mail-id": ["mail_01hzy0000000000000000000zz"], "ses:configuration-set": [set]});
        json!({"source": "aws.ses", "detail-type": kind, "detail": {"mail": {"messageId": "1", "tags": tags}}})
    };
    vec![
        ("a bounce", event("Email Bounced", set), true),
        ("a rejected mail", event("Email Rejected", set), true),
        ("a delivery", event("Email Delivered", set), false),
        ("another system's bounce", event("Email Bounced", "another"), false),
    ]
}
