//! Parameters of a query or form.
//!
//! Entra refuses a parameter that is given twice (AADSTS9000411), so they are read here by hand.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::aadsts::Refusal;

/// Parameters by name, each given once.
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            let name = name.into_owned();
            if params.contains_key(&name) {
                return Err(Refusal::repeated(&name));
            }
            params.insert(name, value.into_owned());
        }
        Ok(Self(params))
    }

    /// The value, unless absent or empty, which Entra treats alike.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

/// `%28` and the like in a path; a `+` stays one.
pub(crate) fn percent_decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            Some(_) | None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert!(Params::parse(b"a=1&b=2").is_ok());
        assert_eq!(Params::parse(b"a=1&a=1").err().map(|refusal| refusal.code), Some(9_000_411));
    }

    #[test]
    fn a_path_is_decoded_and_keeps_its_plus() {
        assert_eq!(percent_decode("servicePrincipals%28appId='a+b'%29%"), "servicePrincipals(appId='a+b')%");
    }
}
