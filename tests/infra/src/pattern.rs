//! Filters of an event source mapping and of a rule, as AWS reads them: what has one of the values at every key is taken.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>: of the operators, those that the template uses.

use serde_json::Value;

/// Whether the filter takes the record.
pub(crate) fn takes(filter: &Value, record: &Value) -> bool {
    match filter {
        Value::Object(keys) => keys.iter().all(|(key, filter)| takes(filter, &record[key])),
        Value::Array(several) => several.iter().any(|one| is_met(one, record)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What keeps Lambda from taking this as a filter.
pub(crate) fn fault(filter: &Value) -> Option<String> {
    match filter {
        Value::Object(keys) if keys.is_empty() => Some("an object without a key".to_owned()),
        Value::Object(keys) => keys.values().find_map(fault),
        Value::Array(several) if several.is_empty() => Some("a list without a value".to_owned()),
        Value::Array(several) => several.iter().find_map(|one| match one {
            Value::Object(operator) => {
                let name = operator.keys().next().map(String::as_str).unwrap_or_default();
                let known = matches!((name, &one[name]), ("prefix", Value::String(_)) | ("exists", Value::Bool(_)));
                (!known).then(|| format!("an operator that is not known here: {one}"))
            }
            Value::Array(_) => Some("a list in a list".to_owned()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }),
        bare @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Some(format!("{bare} outside of a list"))
        }
    }
}

fn is_met(condition: &Value, value: &Value) -> bool {
    if let Value::Array(several) = value {
        return several.iter().any(|one| is_met(condition, one));
    }
    if let Some(prefix) = condition["prefix"].as_str() {
        return value.as_str().is_some_and(|text| text.starts_with(prefix));
    }
    match condition["exists"].as_bool() {
        Some(exists) => exists != value.is_null(),
        None => condition == value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_needs_one_of_the_values_at_every_key() {
        let filter = json!({"eventName": ["INSERT", "MODIFY"], "keys": {"pk": [{"prefix": "a#"}]}});
        assert!(takes(&filter, &json!({"eventName": "MODIFY", "keys": {"pk": "a#7"}})));
        assert!(!takes(&filter, &json!({"eventName": "REMOVE", "keys": {"pk": "a#7"}})));
        assert!(!takes(&filter, &json!({"eventName": "INSERT", "keys": {"pk": "b#7"}})));
        assert!(!takes(&filter, &json!({"eventName": "INSERT"})));
        let there = json!({"wake": {"N": [{"exists": true}]}});
        assert!(takes(&there, &json!({"wake": {"N": "1"}})) && !takes(&there, &json!({})));
        let tagged = json!({"tags": {"set": ["a"]}});
        assert!(
            takes(&tagged, &json!({"tags": {"set": ["b", "a"]}})) && !takes(&tagged, &json!({"tags": {"set": ["b"]}}))
        );
    }

    #[test]
    fn what_lambda_would_not_take_is_told() {
        assert_eq!(fault(&json!({"eventName": ["INSERT"], "pk": [{"prefix": "a"}, {"exists": true}]})), None);
        for wrong in [json!({}), json!({"eventName": "INSERT"}), json!({"a": []}), json!({"a": [{"starts": "x"}]})] {
            assert!(fault(&wrong).is_some(), "{wrong}");
        }
    }
}
