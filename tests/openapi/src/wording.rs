//! Descriptions for those who read the document: what the code says to its own readers is left out.

use serde_json::Value;

/// Takes the numbers of requirements out of every description below `value`.
pub(crate) fn for_readers(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = without_requirements(text);
            }
            object.values_mut().for_each(for_readers);
        }
        Value::Array(items) => items.iter_mut().for_each(for_readers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `text` without ` (R080)`, ` (R007, K10)` and the like.
fn without_requirements(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, (inside, after))) =
        rest.split_once(" (").and_then(|(before, inside)| Some((before, inside.split_once(')')?)))
    {
        kept.push_str(before);
        if !inside.split([',', '-']).all(|word| is_requirement(word.trim())) {
            kept.push_str(" (");
            kept.push_str(inside);
            kept.push(')');
        }
        rest = after;
    }
    kept + rest
}

fn is_requirement(word: &str) -> bool {
    let number = word.strip_prefix(['R', 'K', 'G', 'T']);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_requirements_are_left_out() {
        assert_eq!(without_requirements("A name (R080)."), "A name.");
        assert_eq!(without_requirements("A view (R007, K10), whole (R079-R103)."), "A view, whole.");
        let kept = "A pointer (RFC 6901), such as (a) or R2 (RTP).";
        assert_eq!(without_requirements(kept), kept);
    }
}
