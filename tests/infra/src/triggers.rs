//! What invokes the functions besides the gateway: the table's stream, by filters, schedules, and what SES tells, by a rule.

mod mail;

use aws_lambda_events::event::dynamodb::Event;
use onboarding_dynamo::invitation::INVITATION_SHARDS;
use onboarding_dynamo::stream::{Woken, wakes};
use serde_json::{Value, json};
use sweep::Tick;

use crate::pattern;
use crate::template::{Template, listed, referred, text};

pub(crate) fn faults(template: &Template) -> Vec<String> {
    let mut faults = mappings(template);
    faults.extend(records(template));
    faults.extend(schedules(template));
    faults.extend(mail::faults(template));
    faults.extend(queues(template));
    faults
}

/// The function that acts on a wake.
const fn function_of(woken: &Woken) -> &'static str {
    match woken {
        Woken::Delivery(..) => "webhook-delivery",
        Woken::Mail(_) => "mail-delivery",
        Woken::Connection(_) => "partner-center-upkeep",
        Woken::Request(_) | Woken::Enterprise(_) | Woken::AwaitedRoles(_) => "consent-verify",
    }
}

fn mappings(template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, mapping) in template.of_type("AWS::Lambda::EventSourceMapping") {
        let mut needs = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{id}: {what}"));
            }
        };
        needs(text(&mapping["EventSourceArn"]) == "${Table.StreamArn}", "it does not read the table's stream");
        let partial = listed(&mapping["FunctionResponseTypes"]).iter().any(|kind| *kind == "ReportBatchItemFailures");
        needs(partial, "one record that fails brings its whole batch again (ReportBatchItemFailures)");
        needs(!mapping["DestinationConfig"]["OnFailure"]["Destination"].is_null(), "what is given up is told nobody");
        // The default is to try for as long as the stream keeps a record, which holds up whatever stands behind it.
        let bounded = |field: &str, most: i64| mapping[field].as_i64().is_some_and(|value| (0..=most).contains(&value));
        needs(bounded("MaximumRetryAttempts", 10), "a record that fails is tried without an end");
        needs(bounded("MaximumRecordAgeInSeconds", 86_400), "a record that fails is tried without an end");
        needs(mapping["StartingPosition"] == "TRIM_HORIZON", "what is written while it is made is not seen");
        for filter in listed(&mapping["FilterCriteria"]["Filters"]) {
            let read = serde_json::from_str(&text(&filter["Pattern"]));
            let fault = read.map_or_else(|_| Some("it is no JSON".to_owned()), |filter| pattern::fault(&filter));
            if let Some(fault) = fault {
                faults.push(format!("{id}: a filter cannot be read: {fault}"));
            }
        }
    }
    faults
}

/// The filters of the function with this name.
fn filters(template: &Template, function: &str) -> Vec<Value> {
    let own = |(_, mapping): &(&str, &Value)| {
        template.function_name(&referred(&mapping["FunctionName"])).as_deref() == Some(function)
    };
    let patterns = template.of_type("AWS::Lambda::EventSourceMapping").filter(own);
    let patterns = patterns.flat_map(|(_, mapping)| listed(&mapping["FilterCriteria"]["Filters"]));
    patterns.filter_map(|filter| serde_json::from_str(&text(&filter["Pattern"])).ok()).collect()
}

/// Each record that somebody acts on reaches that function and no other; what nobody acts on reaches none.
fn records(template: &Template) -> Vec<String> {
    let functions = ["consent-verify", "mail-delivery", "partner-center-upkeep", "webhook-delivery"];
    let functions = functions.map(|function| (function, filters(template, function)));
    let mut faults = Vec::new();
    for record in samples() {
        let event: Result<Event, _> = serde_json::from_value(json!({ "Records": [record.clone()] }));
        let Ok(event) = event else {
            faults.push(format!("a sample is no record: {record}"));
            continue;
        };
        let acts = wakes(&event).first().map(|wake| function_of(&wake.woken));
        for (function, filters) in &functions {
            let (function, taken) = (*function, filters.iter().any(|filter| pattern::takes(filter, &record)));
            let what = || format!("{} of {}", record["eventName"], record["dynamodb"]["Keys"]["PK"]["S"]);
            if acts == Some(function) && !taken {
                faults.push(format!("filters: {} does not reach {function}, which acts on it", what()));
            }
            // Whether a wake is a new one only both images tell: a filter compares no two values.
            if acts != Some(function) && taken && !is_woken_before(&record) {
                faults.push(format!("filters: {} reaches {function}, which has nothing to do with it", what()));
            }
        }
    }
    faults
}

fn is_woken_before(record: &Value) -> bool {
    let (before, after) = (&record["dynamodb"]["OldImage"]["wake"], &record["dynamodb"]["NewImage"]["wake"]);
    !after.is_null() && before == after
}

/// A record of every kind of row and change.
fn samples() -> Vec<Value> {
    let keys = [
        ("deliveries#54", "msg_01hzy0000000000000000000zz"),
        ("mail#mail_01hzy0000000000000000000zz", "mail"),
        ("connection#con_01hzy0000000000000000000zz", "connection"),
        ("request#cr_01hzy0000000000000000000zz", "request"),
        ("enterprise#7", "enterprise"),
        ("enterprise#7", "roles"),
        ("enterprise#7", "users"),
        ("invitation#inv_01hzy0000000000000000000zz", "invitation"),
        ("reseller#54", "reseller"),
        ("audit#54", "aud_01hzy0000000000000000000zz"),
    ];
    let changes =
        [("INSERT", None, None), ("MODIFY", None, Some(1)), ("MODIFY", Some(1), Some(2)), ("MODIFY", None, None)];
    let more = [("REMOVE", Some(1), None), ("MODIFY", Some(2), Some(2))];
    let changes = changes.into_iter().chain(more);
    let all = changes.flat_map(|change| keys.map(|key| (key, change)));
    all.map(|((pk, sk), (name, before, after))| record(name, (pk, sk), before, after)).collect()
}

fn record(name: &str, (pk, sk): (&str, &str), before: Option<u32>, after: Option<u32>) -> Value {
    let image = |wake: Option<u32>| wake.map_or_else(|| json!({}), |n| json!({"wake": {"N": n.to_string()}}));
    json!({
        "awsRegion": "eu-west-1", "eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "eventVersion": "1.1",
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/s",
        "dynamodb": {
            "Keys": {"PK": {"S": pk}, "SK": {"S": sk}}, "NewImage": image(after), "OldImage": image(before),
            "SequenceNumber": "7", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
            "ApproximateCreationDateTime": 1_800_000_000
        }
    })
}

fn schedules(template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut everything, mut shards, mut rotates) = (false, Vec::new(), false);
    for (id, schedule) in template.of_type("AWS::Scheduler::Schedule") {
        let own = &schedule["ScheduleExpression"];
        let parameter = own["Ref"].as_str().map(|name| &template.0["Parameters"][name]["Default"]);
        let expression = parameter.unwrap_or(own);
        if !is_expression(&text(expression)) {
            faults.push(format!("{id}: {expression} is no rate and no cron expression"));
        }
        if schedule["Target"]["DeadLetterConfig"]["Arn"].is_null() {
            faults.push(format!("{id}: what it could not do is told nobody"));
        }
        let enabled = schedule["State"] == "ENABLED";
        match template.function_name(&referred(&schedule["Target"]["Arn"])).as_deref() {
            Some("sweep") => match input(schedule) {
                Err(fault) => faults.push(format!("{id}: {fault}")),
                Ok(Tick::All) => everything |= enabled && *expression == "rate(1 minute)",
                Ok(Tick::Invitations(shard)) => shards.push(shard),
            },
            Some("key-rotation") => rotates |= enabled,
            other => faults.push(format!("{id}: it invokes {other:?}, which no schedule is for")),
        }
    }
    if !everything {
        faults.push("schedules: nothing sweeps everything once a minute".to_owned());
    }
    shards.sort_unstable();
    if shards != (0..INVITATION_SHARDS).collect::<Vec<_>>() {
        faults.push(format!("schedules: the shards {shards:?} of invitations have one, of {INVITATION_SHARDS}"));
    }
    if !rotates {
        faults.push("schedules: nothing replaces the sealing key".to_owned());
    }
    faults
}

/// What a tick with the schedule's input does. An input that says nothing to the sweep would be a sweep of everything.
fn input(schedule: &Value) -> Result<Tick, String> {
    let Value::String(input) = &schedule["Target"]["Input"] else { return Ok(Tick::All) };
    let read: Value = serde_json::from_str(input).map_err(|_| format!("its input is no JSON: {input}"))?;
    match Tick::of(&read) {
        Tick::All => Err(format!("the sweep does not know what this asks for: {input}")),
        tick @ Tick::Invitations(_) => Ok(tick),
    }
}

/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>
fn is_expression(text: &str) -> bool {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let words: Vec<&str> = rate.split(' ').collect();
        let [value, unit] = words.as_slice() else { return false };
        let unit = if *value == "1" { *unit } else { unit.strip_suffix('s').unwrap_or_default() };
        return value.parse::<u32>().is_ok_and(|value| value > 0) && ["minute", "hour", "day"].contains(&unit);
    }
    inside("cron").is_some_and(|cron| cron.split(' ').filter(|field| !field.is_empty()).count() == 6)
}

/// Whoever is invoked without an answer tells what it gave up; a queue either hears that, or has one that does.
fn queues(template: &Template) -> Vec<String> {
    let mut hearing: Vec<String> = Vec::new();
    for (_, mapping) in template.of_type("AWS::Lambda::EventSourceMapping") {
        hearing.push(referred(&mapping["DestinationConfig"]["OnFailure"]["Destination"]));
    }
    for (_, schedule) in template.of_type("AWS::Scheduler::Schedule") {
        hearing.push(referred(&schedule["Target"]["DeadLetterConfig"]["Arn"]));
    }
    for (_, rule) in template.of_type("AWS::Events::Rule") {
        hearing.extend(listed(&rule["Targets"]).into_iter().map(|target| referred(&target["DeadLetterConfig"]["Arn"])));
    }
    let mut faults = Vec::new();
    for (id, queue) in template.of_type("AWS::SQS::Queue") {
        if !hearing.iter().any(|queue| queue == id) && queue["RedrivePolicy"]["deadLetterTargetArn"].is_null() {
            faults.push(format!("{id}: what nobody takes from this queue is lost"));
        }
        if queue["MessageRetentionPeriod"].as_u64().unwrap_or_default() < 1_209_600 {
            faults.push(format!("{id}: it forgets before 14 days"));
        }
        let watched = template.of_type("AWS::CloudWatch::Alarm").any(|(_, alarm)| {
            alarm["Namespace"] == "AWS/SQS" && listed(&alarm["Dimensions"]).iter().any(|d| referred(&d["Value"]) == id)
        });
        if !watched {
            faults.push(format!("{id}: no alarm tells that something is in this queue"));
        }
    }
    let scheduled = template.of_type("AWS::Scheduler::Schedule").map(|(_, schedule)| &schedule["Target"]);
    let ruled = template.of_type("AWS::Events::Rule").flat_map(|(_, rule)| listed(&rule["Targets"]));
    for target in scheduled.chain(ruled) {
        let target = referred(&target["Arn"]);
        let told = template.of_type("AWS::Lambda::EventInvokeConfig").any(|(_, config)| {
            referred(&config["FunctionName"]) == target
                && !config["DestinationConfig"]["OnFailure"]["Destination"].is_null()
        });
        if !told {
            faults.push(format!("{target}: an invocation that fails and that nobody waits for is told nobody"));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_a_rate_or_six_fields() {
        for right in ["rate(1 minute)", "rate(180 days)", "cron(0 3 1 1 ? *)"] {
            assert!(is_expression(right), "{right}");
        }
        for wrong in
            ["rate(1 minutes)", "rate(5 minute)", "rate(0 days)", "rate(1 week)", "cron(0 3 * * *)", "1 minute", ""]
        {
            assert!(!is_expression(wrong), "{wrong}");
        }
    }

    /// Every kind of wake is among the samples, so that each filter is tried.
    #[test]
    fn the_samples_wake_everybody() {
        let mut woken: Vec<&str> = Vec::new();
        for record in samples() {
            let event: Event = serde_json::from_value(json!({ "Records": [record] })).unwrap();
            woken.extend(wakes(&event).iter().map(|wake| function_of(&wake.woken)));
        }
        woken.sort_unstable();
        woken.dedup();
        assert_eq!(woken, ["consent-verify", "mail-delivery", "partner-center-upkeep", "webhook-delivery"]);
    }
}
