//! Texts that people give us and other people will read: names, mail addresses, domains.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

/// The longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 255;

/// A name for people to read: trimmed, NFC, with nothing invisible in it (K20, T44).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// Nothing, or only white space.
    #[error("must not be blank")]
    Blank,
    /// Above [`MAX_NAME_LENGTH`].
    #[error("must have at most 255 characters")]
    TooLong,
    /// A character that shows nothing, or changes how its neighbours show.
    #[error("must not contain control, bidirectional or zero-width characters")]
    Invisible,
}

impl Name {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Stands where a name will be put.
    pub(crate) const fn placeholder() -> Self {
        Self(String::new())
    }

    /// The form in which two names are the same name: upper and lower case do not count (R080).
    #[must_use]
    pub fn folded(&self) -> String {
        // Through upper case first, so that `ß` and `SS`, `ς` and `σ` meet.
        self.0.to_uppercase().to_lowercase().nfc().collect()
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name: String = text.trim().nfc().collect();
        if name.chars().all(is_blank) {
            return Err(InvalidName::Blank);
        }
        if name.chars().count() > MAX_NAME_LENGTH {
            return Err(InvalidName::TooLong);
        }
        if name.chars().any(is_invisible) {
            return Err(InvalidName::Invisible);
        }
        Ok(Self(name))
    }
}

/// Characters that show nothing, or change how their neighbours show, from one to another: those of the general categories
/// Cc, Zl and Zp, the derived property `Default_Ignorable_Code_Point`, interlinear and Egyptian format controls, the mark of
/// a missing object, and what is no character (Unicode 16; UCD `DerivedCoreProperties.txt` and `PropList.txt`).
pub(crate) const INVISIBLE: &[(char, char)] = &[
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffc}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character is one of [`INVISIBLE`].
pub(crate) fn is_invisible(character: char) -> bool {
    INVISIBLE.iter().any(|(from, to)| (*from..=*to).contains(&character))
}

/// Whether a character leaves its place empty: white space, and the Braille pattern without dots.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{2800}'
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A DNS domain of at least two labels, in lower case, internationalised ones in their ASCII form (RFC 5890).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// The text is not a domain such as `contoso.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a domain such as contoso.com")]
pub struct InvalidDomain;

impl Domain {
    /// The domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        let Ok(url::Host::Domain(domain)) = url::Host::parse(text.trim()) else { return Err(InvalidDomain) };
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let sound = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label);
        let numeric_end = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if sound && !numeric_end { Ok(Self(domain)) } else { Err(InvalidDomain) }
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidDomain;

    fn try_from(text: String) -> Result<Self, InvalidDomain> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> String {
        domain.0
    }
}

/// A mail address: one mailbox at one domain, nothing that could be read as two (RFC 5321 §4.1.2, without quotes).
///
/// `Debug` hides it: addresses do not belong in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text is not one plain mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one mail address such as admin@contoso.com")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// The address. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl EmailAddress {
    /// The part before the `@`.
    #[must_use]
    pub fn mailbox(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(mailbox, _)| mailbox)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim();
        let (mailbox, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let domain: Domain = domain.parse().map_err(|_| InvalidEmailAddress)?;
        let atom = |atom: &str| {
            !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        let sound = mailbox.len() <= 64 && mailbox.split('.').all(atom);
        if sound { Ok(Self(format!("{mailbox}@{}", domain.as_str()))) } else { Err(InvalidEmailAddress) }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;

    fn try_from(text: String) -> Result<Self, InvalidEmailAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R080 Two spellings of one name are one name.
    #[test]
    fn names_that_differ_in_case_space_or_composition_are_the_same() {
        let same =
            |left: &str, right: &str| left.parse::<Name>().unwrap().folded() == right.parse::<Name>().unwrap().folded();
        assert!(same(" Contoso Ltd ", "CONTOSO LTD"));
        assert!(same("Stra\u{df}e", "STRASSE"));
        assert!(same("Caf\u{e9}", "cafe\u{301}"));
        assert!(!same("Contoso", "Contoso 2"));
    }

    /// R080 A name is not blank, not endless, and hides nothing.
    #[test]
    fn a_name_that_hides_something_is_refused() {
        assert_eq!(" \t ".parse::<Name>(), Err(InvalidName::Blank));
        assert_eq!("x".repeat(256).parse::<Name>(), Err(InvalidName::TooLong));
        assert!("\u{1f600}".repeat(255).parse::<Name>().is_ok());
        assert_eq!("\u{2800}\u{3000}".parse::<Name>(), Err(InvalidName::Blank));
        for (from, to) in INVISIBLE {
            for hidden in [format!("a{from}b"), format!("a{to}b")] {
                assert_eq!(hidden.parse::<Name>(), Err(InvalidName::Invisible), "{hidden:?}");
            }
        }
        // Bidirectional, zero-width, fillers, variation selectors, tags.
        for hidden in [
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{200d}',
            '\u{34f}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{e0041}',
        ] {
            assert_eq!(format!("a{hidden}b").parse::<Name>(), Err(InvalidName::Invisible), "{hidden:?}");
        }
    }

    /// R094 A federation domain is a domain.
    #[test]
    fn a_domain_is_one() {
        assert_eq!("Contoso.COM".parse::<Domain>().map(String::from), Ok("contoso.com".to_owned()));
        assert_eq!("b\u{fc}cher.example".parse::<Domain>().map(String::from), Ok("xn--bcher-kva.example".to_owned()));
        for text in
            ["", "com", "a@b.com", "http://b.com", "1.2.3.4", "[::1]", "a..b", "-a.com", "a.com.", "a b.com", "string"]
        {
            assert_eq!(text.parse::<Domain>(), Err(InvalidDomain), "{text}");
        }
    }

    #[test]
    fn a_mail_address_is_one_address_and_hides_itself() {
        let address: EmailAddress = "Global.Admin+x@Contoso.com".parse().unwrap();
        assert_eq!(address.expose(), "Global.Admin+x@contoso.com");
        assert_eq!(format!("{address:?}"), "EmailAddress([redacted])");
        for text in
            ["", "a", "a@", "@b.com", "a@b", "a b@c.com", "a@b.com,c@d.com", "a@b.com\r\nBcc: x@y.com", "<a@b.com>"]
        {
            assert_eq!(text.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{text:?}");
        }
    }
}
