//! In which language an administrator reads: that of the invitation, or what the browser prefers.

use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use reqwest::header::ACCEPT_LANGUAGE;
use serde_json::json;
use simulated_microsoft::GRACE;

use super::{ADMIN, code_in, link_in};
use crate::world::{World, send};

/// R166, R023 An invitation in German is German from the mail to the outcome page, whatever the browser prefers.
#[tokio::test]
async fn an_invitation_in_german_is_german_to_its_end() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let made = world.invite(enterprise, &json!({"adminEmail": ADMIN, "language": "de"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    world.settle().await;
    let mail = world.newest_mail();
    let code = mail.text.lines().find_map(|line| line.strip_prefix("Einladungscode: ")).unwrap().to_owned();
    let shown = send(world.http.get(link_in(&mail)).header(ACCEPT_LANGUAGE, "fr, en;q=0.5")).await;
    assert_eq!((shown.header("content-language"), shown.header("vary")), ("de", "accept-language"));
    assert!(
        shown.text.contains("<html lang=\"de\">") && shown.text.contains("Ihre Organisation registrieren"),
        "{}",
        shown.text
    );
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(&link_in(&mail)).await.unwrap();
    let wrong =
        visitor.submit(page.form().unwrap().fill("code", "7777").press("Abschlie\u{df}en").unwrap()).await.unwrap();
    assert!(wrong.text().contains("Dieser Einladungscode kann nicht verwendet werden"), "{}", wrong.text());
    let page =
        visitor.submit(page.form().unwrap().fill("code", &code).press("Abschlie\u{df}en").unwrap()).await.unwrap();
    let page = world.accept_at_microsoft(&mut visitor, page, &GRACE).await;
    assert!(page.body.contains("<html lang=\"de\">") && page.text().contains("Zustimmung erteilt"), "{}", page.text());
    let onward = page.form().unwrap().press("Weiter zur n\u{e4}chsten Seite von Microsoft").unwrap();
    let page = visitor.submit(onward).await.unwrap();
    let page = world.accept_at_microsoft(&mut visitor, page, &GRACE).await;
    assert!(
        page.text().contains("Zustimmung erteilt") && page.text().contains("Es ist nichts mehr zu tun."),
        "{}",
        page.text()
    );
    assert_eq!(world.status_of_enterprise(enterprise).await, "active");
}

/// R023 Without a language of its own a page is in the one that the browser prefers of ours; what programs read is English.
#[tokio::test]
async fn a_browser_is_answered_in_its_language() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, mail) = world.invited(enterprise).await;
    assert!(!code_in(&mail).is_empty(), "the mail is in English");
    let nowhere = format!("{}/start/{}", world.sandbox.api(), "x".repeat(43));
    let permissions = format!("{}/permissions", world.sandbox.api());
    for (preferred, language, words) in [
        (
            "de-CH, en;q=0.8",
            "de",
            ["Einladungscode", "Diese Seite gibt es nicht", "Alle Berechtigungen in einfachen Worten"],
        ),
        (
            "es-419",
            "es",
            [
                "C\u{f3}digo de invitaci\u{f3}n",
                "Esta p\u{e1}gina no existe",
                "Todos los permisos, en palabras sencillas",
            ],
        ),
        (
            "it, fr;q=0.5",
            "fr",
            ["Code d\u{2019}invitation", "Cette page n\u{2019}existe pas", "Toutes les autorisations, en mots simples"],
        ),
        ("it", "en", ["Invitation code", "This page does not exist", "All permissions, in plain words"]),
    ] {
        for (address, words) in [link_in(&mail), nowhere.clone(), permissions.clone()].iter().zip(words) {
            let shown = send(world.http.get(address).header(ACCEPT_LANGUAGE, preferred)).await;
            assert_eq!((shown.header("content-language"), shown.header("vary")), (language, "accept-language"));
            assert!(
                shown.text.contains(&format!("<html lang=\"{language}\">")) && shown.text.contains(words),
                "{words}: {}",
                shown.text
            );
        }
    }
    let call = world.call(Method::GET, "/v1/enterprises/1").bearer_auth(world.sandbox.reseller_key());
    let program = send(call.header(ACCEPT_LANGUAGE, "de")).await;
    assert_eq!(program.json()["title"], "Not found");
    assert!(program.headers.get("content-language").is_none());
}
