//! Forms and query strings: `application/x-www-form-urlencoded`, by the rules of the URL standard, but strict.

use std::collections::BTreeMap;
use std::fmt;

use super::{BodyFault, Unreadable};

/// The fields of a form. `Debug` hides them: they hold codes and tokens.
///
/// A field that nobody takes is ignored: Microsoft may add fields to its callback (RFC 6749 §4.1.2).
pub struct Form(BTreeMap<String, String>);

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({} fields)", self.0.len())
    }
}

impl Form {
    /// Takes the value of `name`.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Every field with its value.
    pub(super) fn into_texts(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }

    /// One name or value, without the encoding of forms.
    pub fn decoded(text: &str) -> Result<String, BodyFault> {
        decode(text.as_bytes())
    }

    /// Whether the two forms have a field in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.keys().any(|name| other.0.contains_key(name))
    }

    /// Reads a form, refusing repeated names, broken escapes, NUL, and what is not UTF-8 after decoding.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyFault> {
        let mut fields = BTreeMap::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = equals.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            if fields.insert(decode(name)?, decode(value)?).is_some() {
                return Err(BodyFault::Unparseable(Unreadable::Form));
            }
        }
        Ok(Self(fields))
    }
}

fn decode(raw: &[u8]) -> Result<String, BodyFault> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => nibble(bytes.next())? * 16 + nibble(bytes.next())?,
            plain => *plain,
        });
    }
    // `from_utf8` refuses overlong forms such as C0 80 and surrogates.
    String::from_utf8(decoded).ok().filter(|text| !text.contains('\0')).ok_or(BodyFault::Unparseable(Unreadable::Form))
}

fn nibble(digit: Option<&u8>) -> Result<u8, BodyFault> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(BodyFault::Unparseable(Unreadable::Form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(body: &[u8], name: &str) -> Option<String> {
        Form::parse(body).unwrap().take(name)
    }

    #[test]
    fn values_are_decoded_by_form_rules() {
        assert_eq!(value(b"a=1+2%2B3%20%c3%A9&b", "a").as_deref(), Some("1 2+3 \u{e9}"));
        assert_eq!(value(b"a=1&b", "b").as_deref(), Some(""));
        assert_eq!(value(b"&a=x=y&&", "a").as_deref(), Some("x=y"));
        assert_eq!(value(b"", "a"), None);
        assert_eq!(value("a=\u{e9}".as_bytes(), "a").as_deref(), Some("\u{e9}"));
    }

    /// G52, T41 A repeated field is refused, however it is written.
    #[test]
    fn a_field_stands_once() {
        for body in ["state=a&state=a", "state=a&st%61te=b", "a&a", "x=1&y=2&x=3", "=1&=2"] {
            assert_eq!(Form::parse(body.as_bytes()).unwrap_err(), BodyFault::Unparseable(Unreadable::Form), "{body}");
        }
    }

    /// T43 Broken escapes, NUL, bad and overlong UTF-8.
    #[test]
    fn what_does_not_decode_is_refused() {
        let bodies: [&[u8]; 10] =
            [b"a=%", b"a=%1", b"a=%zz", b"a=%+1", b"a=%00", b"a=\0", b"a=%ff", b"a=%c0%80", b"a=\xff", b"a=%ed%a0%80"];
        for body in bodies {
            assert_eq!(Form::parse(body).unwrap_err(), BodyFault::Unparseable(Unreadable::Form), "{body:?}");
        }
    }

    /// T50 A form does not show its fields.
    #[test]
    fn a_form_hides_its_values() {
        assert_eq!(format!("{:?}", Form::parse(b"code=s3cr3t").unwrap()), "Form(1 fields)");
    }
}
