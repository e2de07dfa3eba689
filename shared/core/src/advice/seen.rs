//! What was seen, as a sentence with names in it, so that it can be told in every language.

use crate::language::Language;

/// A sentence, and what its `{name}`s stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    text: &'static str,
    names: Vec<(&'static str, String)>,
}

impl Sentence {
    /// The sentence `text` with `names`.
    #[must_use]
    pub fn new(text: &'static str, names: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { text, names: names.into_iter().collect() }
    }
}

/// The sentences, one after the other.
pub(super) fn told(sentences: &[Sentence], language: Language) -> String {
    let one = |sentence: &Sentence| {
        let names: Vec<(&str, &str)> = sentence.names.iter().map(|(name, value)| (*name, value.as_str())).collect();
        language.fill(sentence.text, &names)
    };
    sentences.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Code;

    /// G43 What was seen is told in the language of the page, and to a program in English, in the same words as ever.
    #[test]
    fn what_was_seen_is_told_in_every_language() {
        let explanation = Code::GrantNotVisible.explain_naming(&["User.Read.All", "Group.Read.All"]);
        assert!(explanation.detail.ends_with(" Not granted for the organisation: User.Read.All, Group.Read.All."));
        assert_eq!(explanation.detail_in(Language::English), explanation.detail);
        let german = explanation.detail_in(Language::German);
        assert!(german.starts_with("Zehn Minuten nach der Zustimmung"), "{german}");
        assert!(
            german.ends_with(" F\u{fc}r die Organisation nicht erteilt: User.Read.All, Group.Read.All."),
            "{german}"
        );
        let custom = Code::Declined.explain().with_detail("Somebody's own words.".to_owned());
        assert_eq!(custom.detail_in(Language::German), "Somebody's own words.");
    }
}
