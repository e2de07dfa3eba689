//! Pages in every language: nothing is left in English, whoever reads what.

use onboarding_core::advice::Code;
use onboarding_core::id::ConsentRequestId;
use onboarding_core::permission;
use onboarding_core::time::Timestamp;

use super::*;
use crate::testing::reference;

const OTHERS: [Language; 3] = [Language::German, Language::Spanish, Language::French];

/// Every template, and the words beside them, as they stand in the source.
const SOURCES: [&str; 9] = [
    include_str!("../../templates/advice.html"),
    include_str!("../../templates/again.html"),
    include_str!("../../templates/base.html"),
    include_str!("../../templates/connection.html"),
    include_str!("../../templates/list.html"),
    include_str!("../../templates/outcome.html"),
    include_str!("../../templates/start.html"),
    include_str!("../../templates/steps.html"),
    include_str!("../../templates/diagnosis.html"),
];
const WORDS: &str = include_str!("../text.rs");

/// The texts that templates have said in the language of the page.
fn said_in_templates() -> Vec<String> {
    let texts = SOURCES.iter().flat_map(|source| source.split("say(\"").skip(1));
    texts.filter_map(|rest| rest.split_once("\")")).map(|(text, _)| text.to_owned()).collect()
}

/// The texts of `text.rs`: its string literals, without those of the page for service providers.
fn words() -> Vec<String> {
    let (before, rest) = WORDS.split_once("/// The words of the page that activates").unwrap();
    let (_, after) = rest.split_once("/// The words of the page that explains").unwrap();
    let code = [before, after].concat();
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let literals = code.split('"').skip(1).step_by(2);
    let plain = |literal: &str| {
        let joined = literal.split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat();
        joined.replace("\\u{2019}", "\u{2019}").replace("\\u{201c}", "\u{201c}").replace("\\u{201d}", "\u{201d}")
    };
    literals.map(plain).filter(|text| text.starts_with(char::is_uppercase) || text.contains(' ')).collect()
}

/// Every text of a page has its translation in every language.
#[test]
fn no_text_of_a_page_is_missing() {
    let all = [said_in_templates(), words()].concat();
    assert!(all.len() > 90, "{}", all.len());
    for text in &all {
        for language in OTHERS {
            assert_ne!(language.say(text), text, "{language:?} lacks: {text}");
        }
    }
}

fn request() -> ConsentRequestId {
    "cr_01h00000000000000000000000".parse().unwrap()
}

/// R023 What an administrator reads before Microsoft's screen is in one language, from the title to the last permission.
#[test]
fn a_start_page_is_in_one_language() {
    let (name, reference): (Name, _) = ("Acme".parse().unwrap(), reference());
    let action = ActionType::Registration;
    for language in OTHERS {
        let next = NextScreen {
            onward: Onward { action: "/start/x", authority: "https://login.example" },
            kind: permission::kind(action),
            actions: vec![action],
            permissions: permission::asked_by(action).collect(),
            along: permission::beside().collect(),
            problem: Some(Code::GrantNotVisible.explain_naming(&["User.Read.All"])),
        };
        let page = Page::start(&Start {
            language,
            provider: &name,
            enterprise: &name,
            tenant: Some("contoso.example".to_owned()),
            sent: Sent { host: Some("hooks.example".to_owned()), tokens: true },
            next: Some(next),
            screens_left: 2,
            done: vec![ActionType::Agent],
            later: vec![ActionType::UserSync],
            checking: vec![ActionType::Presence],
            waiting: true,
            address: None,
            asks_for_code: true,
            reference: &reference,
        });
        assert_eq!(page.language(), language);
        let html = page.html.replace("&#39;", "'");
        assert!(html.contains(&format!("<html lang=\"{}\">", language.word())), "{html}");
        let english = [said_in_templates(), words()].concat();
        let sentences = english.iter().filter(|text| text.split(' ').count() > 2 && !text.contains('{'));
        for text in sentences {
            assert!(!html.contains(text.as_str()), "{language:?}: {text}");
        }
        for asked in permission::asked_by(action) {
            assert!(
                html.contains(language.say(asked.purpose)) && !html.contains(asked.purpose),
                "{language:?}: {html}"
            );
        }
        for title in [action, ActionType::Agent, ActionType::UserSync, ActionType::Presence].map(ActionType::title) {
            assert!(html.contains(language.say(title)) && !html.contains(title), "{language:?}: {title}");
        }
    }
}

/// R009, R113 How a consent ended, what went wrong and what to do next are in the language of the page.
#[test]
fn an_outcome_and_an_advice_are_in_one_language() {
    let (name, reference): (Name, _) = ("Acme".parse().unwrap(), reference());
    let code = Code::TeamsAdminRoleNotReady;
    let missing = vec!["grace@contoso.example".to_owned()];
    let state = ActionState::Blocked {
        since: Timestamp::from_seconds(1),
        request: request(),
        code,
        asked_again: false,
        missing,
    };
    for language in OTHERS {
        let action = ActionType::UserSync;
        let outcome = Page::outcome(&Outcome {
            language,
            provider: &name,
            enterprise: &name,
            action,
            state: &state,
            also: &[],
            permissions: &permission::each_once([action]),
            along: &[],
            left: &[],
            onward: None,
            reference: &reference,
        });
        let (status, explanation) = (StatusCode::OK, &code.explain());
        let (provider, correlation_id, onward) = (None, Some("5d3e2c1b"), None);
        let advice = Page::advice(&Advice {
            language,
            status,
            explanation,
            provider,
            reference: &reference,
            correlation_id,
            onward,
        });
        assert!(outcome.html.contains("grace@contoso.example"), "{}", outcome.html);
        for html in [outcome.html, advice.html] {
            let row = code.advice();
            for text in
                [row.title, row.cause, "Who must act", "Reference id"].into_iter().chain(row.next_steps.iter().copied())
            {
                let (first, _) = language.say(text).split_once(" (https").unwrap_or((language.say(text), ""));
                assert!(html.contains(first) && !html.contains(text), "{language:?}: {text}: {html}");
            }
        }
    }
}

/// A page behind a step of a connection, with all that it can hold.
fn connection(language: Language, told: Told<'_>, (account, purpose): (&'static str, &'static str)) -> Page {
    let (name, reference): (Name, _) = ("Acme".parse().unwrap(), reference());
    Page::connection(&Connected {
        language,
        status: StatusCode::OK,
        provider: Some(&name),
        told,
        accounts: vec![(account, "grace@contoso.example".to_owned())],
        granted: vec![(purpose, "user_impersonation".to_owned())],
        admin_link: Some("https://login.example/one"),
        private_link: Some("https://login.example/two"),
        reference: &reference,
        correlation_id: Some("5d3e2c1b"),
    })
}

/// R023, R199 What came of a step of a connection is in one language: done, or why not, with accounts, links and grants.
#[test]
fn a_connection_is_in_one_language() {
    let (title, next) = ("The organisation has consented", "Nothing is left to do here. The connection works.");
    let (account, purpose) =
        ("Who signed in now", "Read the directory: to see the grants and the roles of who signs in.");
    let (problem, row) = (Code::WrongIdentity.explain(), Code::WrongIdentity.advice());
    let (done, refused) = (vec![title, next], [&[row.title, row.cause], row.next_steps].concat());
    let english = [said_in_templates(), words()].concat();
    for language in OTHERS {
        for (told, texts) in [(Told::Done { title, next }, &done), (Told::Refused(&problem), &refused)] {
            let page = connection(language, told, (account, purpose));
            assert_eq!(page.language(), language);
            let html = page.html.replace("&#39;", "'");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.word())), "{html}");
            for text in texts.iter().copied().chain([account, purpose, "Reference id"]) {
                assert!(html.contains(language.say(text)) && !html.contains(text), "{language:?}: {text}: {html}");
            }
            for text in english.iter().filter(|text| text.split(' ').count() > 2 && !text.contains('{')) {
                assert!(!html.contains(text.as_str()), "{language:?}: {text}: {html}");
            }
        }
    }
}
