//! What is kept: the table as the code wants it, logs, and secrets.

use onboarding_dynamo::table::{INDEXES, KEY, TTL};
use serde_json::{Value, json};

use crate::template::{Template, listed, referred, text};

pub(crate) fn faults(template: &Template) -> Vec<String> {
    let mut faults = table(template);
    faults.extend(logs(template));
    faults.extend(kept(template));
    faults
}

fn schema((partition, sort): (&str, &str)) -> Value {
    json!([{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}])
}

fn table(template: &Template) -> Vec<String> {
    let tables: Vec<&Value> = template.of_type("AWS::DynamoDB::Table").map(|(_, table)| table).collect();
    let [table] = tables.as_slice() else { return vec!["table: there is to be one".to_owned()] };
    let mut faults = Vec::new();
    let mut needs = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("table: {what}"));
        }
    };
    needs(table["KeySchema"] == schema(KEY), "its key is not the code's");
    let indexes = listed(&table["GlobalSecondaryIndexes"]);
    needs(indexes.len() == INDEXES.len(), "it has more or fewer indexes than the code");
    for (name, key, whole) in INDEXES {
        let index = indexes.iter().find(|index| index["IndexName"] == name);
        needs(
            index.is_some_and(|index| index["KeySchema"] == schema(key)),
            &format!("the index {name} is not the code's"),
        );
        let projection = if whole { "ALL" } else { "KEYS_ONLY" };
        let projected = index.is_some_and(|index| index["Projection"]["ProjectionType"] == projection);
        needs(projected, &format!("the index {name} does not hold {projection}"));
    }
    needs(table["BillingMode"] == "PAY_PER_REQUEST", "it is not paid on demand");
    needs(table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES", "its stream lacks images");
    needs(table["TimeToLiveSpecification"] == json!({"AttributeName": TTL, "Enabled": true}), "nothing tidies up");
    let restored = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    needs(*restored == true, "it cannot be restored to a point in time");
    let protected = table["DeletionProtectionEnabled"]["Ref"] == "DeletionProtection";
    needs(
        protected && template.0["Parameters"]["DeletionProtection"]["Default"] == "true",
        "it can be deleted by mistake",
    );
    needs(table["SSESpecification"] == json!({"SSEEnabled": true, "SSEType": "KMS"}), "it is not encrypted by KMS");
    faults
}

/// Each function logs into a group of the template, and each group ends.
fn logs(template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, group) in template.of_type("AWS::Logs::LogGroup") {
        if group["RetentionInDays"].is_null() {
            faults.push(format!("{id}: logs are kept for ever"));
        }
    }
    for function in template.functions() {
        let log = referred(&function.properties["LoggingConfig"]["LogGroup"]);
        let expected = format!("/aws/lambda/${{AWS::StackName}}-{}", function.name);
        if text(&template.properties(&log)["LogGroupName"]) != expected {
            faults.push(format!("{}: it logs into a group that is not its own", function.name));
        }
    }
    faults
}

/// What cannot be made again outlives the stack, and no secret's value is in the template.
fn kept(template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    let lasting = ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"];
    for (id, resource) in template.resources() {
        let is_lasting = lasting.iter().any(|kind| resource["Type"] == *kind);
        if is_lasting && (resource["DeletionPolicy"] != "Retain" || resource["UpdateReplacePolicy"] != "Retain") {
            faults.push(format!("{id}: it goes with the stack"));
        }
    }
    for (id, secret) in template.of_type("AWS::SecretsManager::Secret") {
        if !text(&secret["Name"]).starts_with("${SecretsPrefix}/") {
            faults.push(format!("{id}: its name does not begin with the prefix"));
        }
        if !secret["SecretString"].is_null() {
            faults.push(format!("{id}: its value is in the template"));
        }
    }
    faults
}
