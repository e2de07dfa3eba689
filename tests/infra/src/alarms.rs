//! Alarms: each tells somebody, is explained in the runbook, and looks at a metric that there is.

use std::collections::BTreeSet;

use onboarding_core::metric::Metric;
use serde_json::Value;

use crate::template::{Template, listed, referred, text};

const RUNBOOK: &str = "docs/runbook.md#";
const NAMESPACE: &str = "Onboarding/${AWS::StackName}";

pub(crate) fn faults(template: &Template, runbook: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let parts = parts(runbook);
    let mut explained = BTreeSet::new();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let description = text(&alarm["AlarmDescription"]);
        match description.split_once(RUNBOOK) {
            Some((_, part)) if parts.contains(part) => drop(explained.insert(part.to_owned())),
            Some((_, part)) => faults.push(format!("{id}: the runbook has no part {part}")),
            None => faults.push(format!("{id}: it does not say where it is explained")),
        }
        if listed(&alarm["AlarmActions"]).is_empty() {
            faults.push(format!("{id}: it tells nobody"));
        }
        if alarm["TreatMissingData"].is_null() {
            faults.push(format!("{id}: it does not say what silence means"));
        }
        if text(&alarm["Namespace"]) == NAMESPACE && Metric::named(&text(&alarm["MetricName"])).is_none() {
            faults.push(format!("{id}: nothing in the code counts {}", alarm["MetricName"]));
        }
    }
    faults.extend(parts.difference(&explained).map(|part| format!("the runbook's part {part} is of no alarm")));
    faults.extend(watched(template));
    faults.extend(dashboard(template));
    faults
}

/// The parts of the runbook, by their anchors.
fn parts(runbook: &str) -> BTreeSet<String> {
    let titles = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    titles.map(|title| title.to_lowercase().replace(' ', "-")).collect()
}

/// Each function that fails, and each that the stream waits for, is noticed.
fn watched(template: &Template) -> Vec<String> {
    let alarmed = |metric: &str, function: &str| {
        template.of_type("AWS::CloudWatch::Alarm").any(|(_, alarm)| {
            alarm["Namespace"] == "AWS/Lambda"
                && alarm["MetricName"] == metric
                && listed(&alarm["Dimensions"]).iter().any(|dimension| referred(&dimension["Value"]) == function)
        })
    };
    let mut faults = Vec::new();
    for function in template.functions() {
        if !alarmed("Errors", function.id) {
            faults.push(format!("{}: nobody notices that it fails", function.name));
        }
        if !function.properties["ReservedConcurrentExecutions"].is_null()
            && function.name != "key-rotation"
            && !alarmed("Throttles", function.id)
        {
            faults.push(format!("{}: nobody notices that it is throttled", function.name));
        }
    }
    for (_, mapping) in template.of_type("AWS::Lambda::EventSourceMapping") {
        let function = referred(&mapping["FunctionName"]);
        if !alarmed("IteratorAge", &function) {
            faults.push(format!("{function}: nobody notices that the stream waits for it"));
        }
    }
    faults
}

/// The dashboard shows every metric of the code and no other of ours.
fn dashboard(template: &Template) -> Vec<String> {
    let bodies: Vec<String> =
        template.of_type("AWS::CloudWatch::Dashboard").map(|(_, board)| text(&board["DashboardBody"])).collect();
    let [body] = bodies.as_slice() else { return vec!["dashboard: there is to be one".to_owned()] };
    let Ok(read) = serde_json::from_str::<Value>(body) else { return vec!["dashboard: it is no JSON".to_owned()] };
    let mut faults = Vec::new();
    let mut shown = BTreeSet::new();
    for widget in listed(&read["widgets"]) {
        for line in listed(&widget["properties"]["metrics"]) {
            let searched = line[0]["expression"].as_str().and_then(|text| text.split("MetricName=\"").nth(1));
            let name =
                searched.and_then(|rest| rest.split('"').next()).or_else(|| line[1].as_str()).unwrap_or_default();
            if line[0] == NAMESPACE || searched.is_some() {
                shown.insert(name.to_owned());
            }
        }
    }
    let counted: BTreeSet<String> = Metric::ALL.iter().map(|metric| metric.name().to_owned()).collect();
    faults.extend(
        counted.symmetric_difference(&shown).map(|name| format!("dashboard: {name} is counted or shown alone")),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_runbook_is_a_heading() {
        let parts = parts("# Runbook\n\n## A function fails\n\ntext\n\n### not one\n");
        assert_eq!(parts, BTreeSet::from(["a-function-fails".to_owned()]));
    }
}
