//! The languages of pages and mails.

mod catalogue;

use serde::{Deserialize, Serialize};

use crate::word::words;

words!(
    /// A language that pages and mails are written in, by its tag (BCP 47).
    #[derive(Default, Serialize, Deserialize)]
    Language {
        /// English.
        #[default]
        #[serde(rename = "en")]
        English = "en",
        /// German.
        #[serde(rename = "de")]
        German = "de",
        /// Spanish.
        #[serde(rename = "es")]
        Spanish = "es",
        /// French.
        #[serde(rename = "fr")]
        French = "fr",
    }
);

/// The most ranges of an `Accept-Language` header that are looked at.
const MOST_RANGES: usize = 20;

impl Language {
    /// The one that a browser prefers of ours, by its `Accept-Language` header (RFC 9110 §12.5.4); none if it wants none of
    /// them. Of equal ones the first.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let ranges = header.split(',').take(MOST_RANGES).filter_map(|range| {
            let (tag, quality) = range.split_once(';').map_or((range, 1_000), |(tag, rest)| (tag, quality(rest)));
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            Some((primary.parse::<Self>().ok()?, quality)).filter(|(_, quality)| *quality > 0)
        });
        ranges
            .fold(None, |best: Option<(Self, u16)>, one| best.filter(|best| best.1 >= one.1).or(Some(one)))
            .map(|best| best.0)
    }
}

impl Language {
    /// `english` in this language; as it is, where the catalogue lacks it.
    #[must_use]
    pub fn say(self, english: &str) -> &str {
        catalogue::of(self).and_then(|texts| texts.get(english)).copied().unwrap_or(english)
    }

    /// The same with `values` in the places of their `{name}`s; what stands in a value is not filled.
    #[must_use]
    pub fn fill(self, english: &str, values: &[(&str, &str)]) -> String {
        let mut parts = self.say(english).split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let named = part.split_once('}').and_then(|(name, rest)| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, rest))
            });
            match named {
                Some((value, rest)) => filled.extend([value, rest]),
                None => filled.extend(["{", part]),
            }
        }
        filled
    }
}

/// `q=0.8` in thousandths; what is no weight counts as none.
fn quality(parameter: &str) -> u16 {
    let Some(weight) = parameter.trim().strip_prefix("q=") else { return 1_000 };
    let digits: String = weight.chars().filter(char::is_ascii_digit).chain("000".chars()).take(4).collect();
    digits.parse::<u16>().unwrap_or(0).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_answered_in_the_language_that_it_prefers() {
        let of = |header: &str| Language::accepted(header).map(Language::word);
        assert_eq!(of("de-CH, en;q=0.8, fr;q=0.9"), Some("de"));
        assert_eq!(of("it, pt;q=0.9, es-419;q=0.3, en;q=0.2"), Some("es"));
        assert_eq!(of("FR"), Some("fr"));
        assert_eq!(of("de;q=0, en;q=0.001"), Some("en"));
        assert_eq!(of("en;q=0.5, de;q=0.5"), Some("en"));
        for none in ["", "it", "*", "de;q=0", "den", "; ,"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
