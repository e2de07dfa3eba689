//! Strict JSON: what two readers could understand differently is refused.
//!
//! `serde_json` keeps the last of two equal keys; another reader keeps the first. A body or token with a repeated
//! key therefore says two things at once, and we take neither (T30, T41).

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// The text is not JSON, or says something twice: what is wrong with it, and where. Nothing of the text is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{defect} at line {line}, column {column}")]
pub struct NotStrictJson {
    defect: Defect,
    line: usize,
    column: usize,
}

/// What is wrong with a text that is not strict JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum Defect {
    #[error("the JSON is malformed")]
    Malformed,
    #[error("the JSON breaks off")]
    CutShort,
    #[error("a key of the JSON stands twice in one object")]
    RepeatedKey,
}

impl From<serde_json::Error> for NotStrictJson {
    /// Lines are counted from 1, columns in bytes.
    fn from(fault: serde_json::Error) -> Self {
        let defect = match fault.classify() {
            Category::Io | Category::Syntax => Defect::Malformed,
            Category::Eof => Defect::CutShort,
            // Of well-formed JSON we refuse nothing else.
            Category::Data => Defect::RepeatedKey,
        };
        Self { defect, line: fault.line(), column: fault.column() }
    }
}

/// Reads one JSON value, refusing repeated keys at every depth, bad UTF-8, and anything after the value.
///
/// Nesting is bounded at 128 levels by `serde_json`.
pub fn parse(bytes: &[u8]) -> Result<Value, NotStrictJson> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(NotStrictJson::from)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Self)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_reads_as_ever() {
        let text = br#"{"a":[1,-2,3.5,"x",null,true],"b":{"c":{}}}"#;
        assert_eq!(parse(text), serde_json::from_slice(text).map_err(NotStrictJson::from));
    }

    #[test]
    fn a_repeated_key_is_refused_at_every_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":{"a":1,"\u0061":2}}"#, r#"[{"a":1,"a":2}]"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    /// What is wrong is told with its place, and without a character of the text.
    #[test]
    fn a_fault_has_a_place() {
        let cases = [
            ("{\n  \"a\": 1,\n  \"b\": secret\n}", "the JSON is malformed at line 3, column 8"),
            ("{\"a\": 1", "the JSON breaks off at line 1, column 7"),
            ("{\"a\": 1,\n\"a\": 2}", "a key of the JSON stands twice in one object at line 2, column 7"),
            ("{}x", "the JSON is malformed at line 1, column 3"),
            ("", "the JSON breaks off at line 1, column 0"),
        ];
        for (text, told) in cases {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), told, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", "1 2", "{}x", "\u{feff}{}", "{'a':1}", "NaN", "1e999", deep.as_str()] {
            assert!(parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(20)]);
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
