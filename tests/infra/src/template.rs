//! The template as CloudFormation gets it: translated, in JSON.

use serde_json::{Map, Value};

/// A translated template.
#[derive(Clone)]
pub(crate) struct Template(pub(crate) Value);

/// One of its functions.
pub(crate) struct Function<'t> {
    /// Its logical id.
    pub(crate) id: &'t str,
    /// Its crate.
    pub(crate) name: String,
    pub(crate) properties: &'t Value,
}

impl Template {
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0["Resources"].as_object().into_iter().flatten().map(|(id, resource)| (id.as_str(), resource))
    }

    /// The properties of each resource of this type.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.resources().filter(move |(_, resource)| resource["Type"] == kind).map(|(id, r)| (id, &r["Properties"]))
    }

    pub(crate) fn properties(&self, id: &str) -> &Value {
        &self.0["Resources"][id]["Properties"]
    }

    /// Each function, under the name of its crate, which its own name in the deployment ends with.
    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        let named = |(id, properties): (&'_ str, &Value)| -> String {
            let name = text(&properties["FunctionName"]);
            name.strip_prefix("${AWS::StackName}-").unwrap_or(id).to_owned()
        };
        self.of_type("AWS::Lambda::Function")
            .map(|(id, properties)| Function { id, name: named((id, properties)), properties })
            .collect()
    }

    /// The crate of the function with this logical id.
    pub(crate) fn function_name(&self, id: &str) -> Option<String> {
        self.functions().into_iter().find(|function| function.id == id).map(|function| function.name)
    }
}

/// A value as one text: a reference as `${Name}` or `${Name.Attribute}`, of a choice its first branch.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => intrinsic(fields).unwrap_or_else(|| value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

fn intrinsic(fields: &Map<String, Value>) -> Option<String> {
    let (name, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
    match name.as_str() {
        "Ref" => Some(format!("${{{}}}", argument.as_str()?)),
        "Fn::GetAtt" => Some(format!("${{{}.{}}}", argument[0].as_str()?, argument[1].as_str()?)),
        "Fn::Sub" => Some(argument.as_str()?.to_owned()),
        "Fn::If" => Some(text(&argument[1])),
        _ => None,
    }
}

/// The logical id in a reference such as `${Audit.Arn}`.
pub(crate) fn referred(value: &Value) -> String {
    let text = text(value);
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or(&text);
    inner.split('.').next().unwrap_or_default().to_owned()
}

/// A value in which each reference is one text.
pub(crate) fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(fields) if intrinsic(fields).is_some() => Value::String(text(value)),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), resolved(value))).collect(),
        Value::Array(several) => several.iter().map(resolved).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain.clone(),
    }
}

/// One value or several, as IAM writes both.
pub(crate) fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(several) => several.iter().collect(),
        Value::Null => Vec::new(),
        one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reference_is_one_text() {
        assert_eq!(text(&json!({"Fn::GetAtt": ["Table", "Arn"]})), "${Table.Arn}");
        assert_eq!(text(&json!({"Fn::Sub": "${Table.Arn}/index/due"})), "${Table.Arn}/index/due");
        assert_eq!(text(&json!({"Fn::If": ["A", {"Ref": "B"}, "c"]})), "${B}");
        assert_eq!(referred(&json!({"Ref": "Audit"})), "Audit");
        assert_eq!(resolved(&json!({"a": [{"Ref": "B"}, 7]})), json!({"a": ["${B}", 7]}));
        assert_eq!(referred(&json!({"Fn::GetAtt": ["Audit", "Arn"]})), "Audit");
    }
}
