//! The catalogues: for each English text what it is in another language, in gettext's form (`languages/*.po`).
//!
//! The English text is the key, so the tables of this crate and the words of pages stay as they are, and a text that a catalogue
//! lacks is shown in English. Tests see to it that none lacks any. Of the format we use `msgid` and `msgstr` of one line each.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::Language;

const GERMAN: &str = include_str!("../../languages/de.po");
const SPANISH: &str = include_str!("../../languages/es.po");
const FRENCH: &str = include_str!("../../languages/fr.po");

type Texts = HashMap<&'static str, &'static str>;

/// The catalogue of `language`, read when it is first needed; none for English.
pub(super) fn of(language: Language) -> Option<&'static Texts> {
    static READ: [OnceLock<Texts>; 3] = [const { OnceLock::new() }; 3];
    let (read, text) = match language {
        Language::English => return None,
        Language::German => (&READ[0], GERMAN),
        Language::Spanish => (&READ[1], SPANISH),
        Language::French => (&READ[2], FRENCH),
    };
    Some(read.get_or_init(|| texts(text).collect()))
}

/// Each text of a catalogue with its translation.
fn texts(catalogue: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let quoted = |line: &'static str, name: &str| line.strip_prefix(name)?.trim().strip_prefix('"')?.strip_suffix('"');
    let mut english = None;
    let pair = move |line: &'static str| {
        english = quoted(line, "msgid").or(english);
        let translated = quoted(line, "msgstr")?;
        english.take().filter(|english| !english.is_empty()).map(|english| (english, translated))
    };
    catalogue.lines().filter_map(pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ActionType;
    use crate::advice::{Advice, for_people};
    use crate::connection::mend;
    use crate::permission;
    use std::collections::BTreeSet;

    const ALL: [(&str, &str); 3] = [("de", GERMAN), ("es", SPANISH), ("fr", FRENCH)];

    /// What stands for something else, `{name}`, and addresses.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
        let addresses =
            text.split([' ', '(', ')']).filter(|word| word.starts_with("https://") || word.starts_with('/'));
        names.chain(addresses).collect()
    }

    fn of_an_advice(row: &'static Advice) -> Vec<&'static str> {
        [&[row.title, row.cause], row.next_steps].concat()
    }

    /// Every text of this crate that a person reads on a page has its translation.
    #[test]
    fn no_text_is_missing() {
        let advice = for_people().flat_map(of_an_advice).chain(mend::next_steps());
        let asked =
            permission::all().chain(permission::beside()).flat_map(|permission| [permission.purpose, permission.limit]);
        let all: Vec<&str> = advice.chain(asked).chain(ActionType::all().map(ActionType::title)).collect();
        assert!(all.len() > 250, "{}", all.len());
        for (language, catalogue) in ALL {
            let known: Texts = texts(catalogue).collect();
            for text in &all {
                assert!(known.contains_key(text), "{language} lacks: {text}");
            }
        }
    }

    /// All catalogues hold the same texts, each once, with the placeholders and addresses of the English one.
    #[test]
    fn catalogues_differ_in_language_alone() {
        let keys = |catalogue| texts(catalogue).map(|(english, _)| english).collect::<Vec<_>>();
        let german = keys(GERMAN);
        assert_eq!(german.iter().collect::<BTreeSet<_>>().len(), german.len(), "a text stands twice");
        for (language, catalogue) in ALL {
            assert_eq!(keys(catalogue), german, "{language}");
            assert!(!catalogue.replace("\\n\"", "").contains('\\'), "{language}: escapes are not read");
            for (english, translated) in texts(catalogue) {
                assert_eq!(placeholders(english), placeholders(translated), "{language}: {english}");
                assert!(!translated.trim().is_empty() && translated.trim() == translated, "{language}: {english}");
                let ends = |text: &str| text.ends_with(['.', '?']);
                assert_eq!(ends(english), ends(translated), "{language}: {translated}");
            }
        }
    }

    /// Nobody is addressed by their first name.
    #[test]
    fn people_are_addressed_formally() {
        for (catalogue, informal) in [
            (GERMAN, &["du", "dein", "deine", "dir"][..]),
            (SPANISH, &["tú", "tu", "tus"]),
            (FRENCH, &["tu", "ton", "tes"]),
        ] {
            for (_, translated) in texts(catalogue) {
                let lower = translated.to_lowercase();
                let mut words = lower.split(|character: char| !character.is_alphabetic());
                assert!(words.all(|word| !informal.contains(&word)), "{translated}");
            }
        }
    }

    /// A text that a catalogue lacks stays English.
    #[test]
    fn what_is_not_known_stays_english() {
        assert_eq!(Language::German.say("Wait a minute."), "Warten Sie eine Minute.");
        assert_eq!(Language::English.say("Wait a minute."), "Wait a minute.");
        assert_eq!(Language::French.say("Nobody wrote this."), "Nobody wrote this.");
        assert_eq!(
            Language::German.fill("Microsoft refused {permissions}.", &[("permissions", "{a}.All")]),
            "Microsoft hat {a}.All abgelehnt."
        );
        assert_eq!(Language::English.fill("{a} and {b} {c", &[("a", "{b}"), ("b", "2")]), "{b} and 2 {c");
    }
}
