use onboarding_core::mail::SecretLink;
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
