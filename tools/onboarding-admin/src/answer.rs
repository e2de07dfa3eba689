//! What a command answers: one JSON value, shown as it is or as lines for people.

use std::fmt::Write as _;

use serde_json::Value;

/// An answer. It may hold a secret that is shown this once, so it has no `Debug`.
pub(crate) struct Answer {
    value: Value,
    /// It is to be put somewhere as it is: people get it as JSON too.
    whole: bool,
    remark: Option<&'static str>,
}

impl Answer {
    pub(crate) const fn new(value: Value) -> Self {
        Self { value, whole: false, remark: None }
    }

    /// One JSON value for a program of somebody else's.
    pub(crate) const fn whole(value: Value) -> Self {
        Self { value, whole: true, remark: None }
    }

    /// The same answer with a remark for people.
    pub(crate) const fn with_remark(mut self, remark: &'static str) -> Self {
        self.remark = Some(remark);
        self
    }

    pub(crate) const fn remark(&self) -> Option<&'static str> {
        self.remark
    }

    pub(crate) fn json(&self) -> String {
        self.value.to_string()
    }

    /// An object as one line a field; a list as its elements with empty lines between.
    pub(crate) fn text(&self) -> String {
        if self.whole {
            return format!("{:#}\n", self.value);
        }
        let Value::Array(items) = &self.value else { return lines(&self.value) };
        items.iter().map(lines).collect::<Vec<_>>().join("\n")
    }
}

fn lines(value: &Value) -> String {
    let Value::Object(fields) = value else { return format!("{}\n", word(value)) };
    let width = fields.keys().map(String::len).max().unwrap_or_default();
    fields.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:width$}  {}", word(value));
        text
    })
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            items.iter().map(word).collect::<Vec<_>>().join(" ")
        }
        Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_shown_line_by_line() {
        let one = Answer::new(json!({"id": 7, "label": null, "scopes": ["a", "b"]}));
        assert_eq!(one.text(), "id      7\nlabel   -\nscopes  a b\n");
        let two = Answer::new(json!([{"id": 7}, {"id": 8}]));
        assert_eq!((two.text().as_str(), two.json().as_str()), ("id  7\n\nid  8\n", r#"[{"id":7},{"id":8}]"#));
    }
}
