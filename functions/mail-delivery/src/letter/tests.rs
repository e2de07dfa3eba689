use onboarding_core::invitation::InvitationCode;
use onboarding_core::language::Language;
use onboarding_core::mail::{SecretCode, SecretLink};
use onboarding_core::time::Timestamp;

use super::*;

const LINK: &str = "https://onboarding.example.com/activate/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE";

fn activation(provider: &str) -> Finished {
    let id = "mail_01kb2v8x3e0000000000000000".parse().unwrap();
    let expires_at = Timestamp::from_seconds(1_796_842_800);
    let (provider, link) = (provider.parse().unwrap(), SecretLink::new(LINK.to_owned()));
    let letter = Letter::Activation { provider, link, expires_at };
    finished(&id, Addressed { to: "sales@acme.example".parse().unwrap(), letter }).unwrap()
}

/// R147, R160 Both parts name the provider, lead to the page, and say until when.
#[test]
fn an_activation_is_written() {
    let mail = activation("Acme Voice & Söhne <GmbH>");
    assert_eq!(mail.subject.as_str(), "Activate Acme Voice & Söhne <GmbH>");
    insta::assert_snapshot!("activation.txt", mail.text);
    insta::assert_snapshot!("activation.html", mail.html);
    assert_eq!(mail.html.matches(&format!("href=\"{LINK}\"")).count(), 2);
}

/// R160 Nothing in a name becomes markup, and the longest name still makes a subject.
#[test]
fn a_name_is_text_and_nothing_else() {
    let mail = activation("<a href=//evil.example>Click</a> {until}");
    assert!(!mail.html.contains("<a href=//evil") && mail.html.contains("&#60;a href=//evil.example&#62;"));
    assert!(mail.text.contains("{until}"), "what a name holds is not filled in");
    activation(&"x".repeat(onboarding_core::text::MAX_NAME_LENGTH));
}

/// R160 Every line that a name could break stays one line.
#[test]
fn no_name_makes_a_second_header() {
    for name in ["Acme\r\nBcc: x@evil.example", "Acme\nX: y", "Acme\u{2028}X"] {
        assert!(name.parse::<onboarding_core::text::Name>().is_err(), "{name:?}");
        assert!(filled(text::ACTIVATION.subject, "provider", name).parse::<Subject>().is_err(), "{name:?}");
    }
}

const START: &str = "https://onboarding.example.com/start/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE";

fn invites(language: Language, provider: &str, enterprise: &str) -> Invites {
    Invites {
        language,
        provider: provider.parse().unwrap(),
        enterprise: enterprise.parse().unwrap(),
        link: SecretLink::new(START.to_owned()),
        code: SecretCode::new(&InvitationCode::typed("7q2m0k3x8wnr5tvb1cdf6ghj4spz")),
        asks: [vec![ActionType::Registration], vec![ActionType::UserSync, ActionType::Presence]],
        expires_at: Timestamp::from_seconds(1_796_842_800),
    }
}

fn written(letter: Letter) -> Finished {
    let id = "mail_01kb2v8x3e0000000000000000".parse().unwrap();
    finished(&id, Addressed { to: "admin@contoso.example".parse().unwrap(), letter }).unwrap()
}

fn invitation(language: Language, provider: &str, enterprise: &str) -> Finished {
    written(Letter::Invitation(invites(language, provider, enterprise)))
}

/// R160 Both parts have the code, the button's link, who asks for what, and until when: in every language.
#[test]
fn an_invitation_is_written_in_every_language() {
    for language in [Language::English, Language::German, Language::Spanish, Language::French] {
        let mail = invitation(language, "Acme Voice", "Contoso & S\u{f6}hne");
        insta::assert_snapshot!(format!("invitation-{}.txt", language.word()), mail.text);
        insta::assert_snapshot!(format!("invitation-{}.html", language.word()), mail.html);
        assert!(mail.subject.as_str().contains("Acme Voice") && mail.subject.as_str().contains("Contoso & S\u{f6}hne"));
        assert!(mail.text.contains(": 7Q2M-0K3X-8WNR-5TVB-1CDF-6GHJ-4SPZ\n"), "{}", mail.text);
        assert_eq!(mail.html.matches(&format!("href=\"{START}\"")).count(), 2);
        assert!(mail.text.contains("Service Provider"), "{}", mail.text);
        assert!(mail.html.contains(&format!("<html lang=\"{}\"", language.word())), "{}", mail.html);
    }
}

/// R160, R169 A reminder says that it is one, and else what the invitation said, with its code and link: in every language.
#[test]
fn a_reminder_is_written_in_every_language() {
    for language in [Language::English, Language::German, Language::Spanish, Language::French] {
        let of = "inv_01kb2v8x3e0000000000000000".parse().unwrap();
        let mail = written(Letter::Reminder { of, invites: invites(language, "Acme Voice", "Contoso") });
        let first = invitation(language, "Acme Voice", "Contoso");
        insta::assert_snapshot!(format!("reminder-{}.txt", language.word()), mail.text);
        assert!(mail.subject.as_str().ends_with(&first.subject.as_str()[1..]), "{:?}", mail.subject);
        let lines = |text: &str| text.lines().skip(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&mail.text), lines(&first.text), "all but the opening is the same");
        assert_ne!(mail.text.lines().next(), first.text.lines().next());
        assert_ne!(mail.text.lines().nth(2), first.text.lines().nth(2));
    }
}

/// R160 What a name holds is not filled in, becomes no markup, and two long names still make a subject.
#[test]
fn names_in_an_invitation_are_text() {
    let mail = invitation(Language::English, "{enterprise} <b>", "{provider} {until}");
    let subject = mail.subject.as_str();
    assert!(subject.starts_with("{enterprise} <b> asks") && subject.ends_with("{provider} {until}"), "{subject}");
    assert!(!mail.html.contains("<b>") && mail.text.contains("{provider} {until}"));
    let long = "x".repeat(onboarding_core::text::MAX_NAME_LENGTH);
    assert!(invitation(Language::German, &long, &long).subject.as_str().ends_with('\u{2026}'));
}
