//! The whole way, and the ends: accepted, expired, revoked, superseded.

use futures_util::future::join_all;
use onboarding_sandbox::mailbox::{Behaviour, Fault};
use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use super::{ADMIN, code_in, link_in, told};
use crate::effects::Effects;
use crate::world::{World, send};

const DAY: i64 = 24 * 3_600;

/// R149, R159-R165, K14 Create with an administrator's address, mail, code, both of Microsoft's screens, ready: accepted with the last
/// consent, in the very moment, and not before.
#[tokio::test]
async fn an_invited_administrator_makes_the_enterprise_active() {
    let world = World::new().await;
    let made = world.contoso_with(json!({ "enterpriseAdminEmail": ADMIN })).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let enterprise = made.json().as_u64().unwrap();
    assert_eq!(world.status_of_enterprise(enterprise).await, "invited");
    world.settle().await;
    let mail = world.newest_mail();
    assert_eq!(mail.to, [ADMIN]);
    for said in
        ["Service Provider", "Contoso Ltd", "Register your organisation", "Consent on behalf of your organization"]
    {
        assert!(mail.text.contains(said) && mail.html.contains(said), "{said}: {}", mail.text);
    }
    let mut visitor = Visitor::new().unwrap();
    let page = world.accept_first(&mut visitor, &mail).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    let [first] = world.invitations(enterprise).await.try_into().unwrap();
    assert_eq!((&first["status"], &first["adminEmail"]), (&json!("pending"), &json!(ADMIN)));
    assert_eq!(first["delivery"], json!({"status": "sent", "reason": null}));
    assert_eq!(world.status_of_enterprise(enterprise).await, "awaiting_application_consent");
    let again = visitor.open(&link_in(&mail)).await.unwrap();
    assert!(!again.body.contains("name=\"code\""), "this browser has shown it: {}", again.body);
    let page = world.press(&mut visitor, again, &GRACE).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!(world.status_of_enterprise(enterprise).await, "active");
    assert_eq!(world.invitations(enterprise).await[0]["status"], "accepted");
    assert_eq!(world.facts_of(enterprise, "invitation.accepted").await, 1);
    world.pass(8 * DAY).await;
    assert_eq!(world.invitations(enterprise).await[0]["status"], "accepted");
    assert_eq!(world.facts_of(enterprise, "invitation.expired").await, 0);
    let over = world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await;
    assert_eq!((over.problem().0, over.problem().1.as_str()), (409, "enterprise_already_ready"));
}

/// R162, R165 Opening the link uses nothing up; who has stopped goes on by the same link, also in another browser, by the code.
#[tokio::test]
async fn the_same_link_goes_on_anywhere() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, mail) = world.invited(enterprise).await;
    let (link, before) = (link_in(&mail), world.snapshot().await);
    for number in 0..20 {
        let method = if number % 2 == 0 { Method::GET } else { Method::HEAD };
        let opened = send(world.http.request(method.clone(), &link)).await;
        assert_eq!((opened.status.as_u16(), opened.text.is_empty()), (200, method == Method::HEAD), "{method}");
        assert!(opened.header("content-type").starts_with("text/html"), "{method}");
        assert!(opened.headers.get("set-cookie").is_none());
    }
    let nothing = send(world.http.post(&link)).await;
    assert_eq!((nothing.status.as_u16(), nothing.headers.get("set-cookie")), (303, None), "no code was shown");
    assert_eq!(world.effects_since(&before).await, Effects::none());
    world.accept_first(&mut Visitor::new().unwrap(), &mail).await;
    let mut other = Visitor::new().unwrap();
    assert!(other.open(&link).await.unwrap().body.contains("name=\"code\""));
    world.accept_first(&mut other, &mail).await;
    assert_eq!(world.status_of_enterprise(enterprise).await, "active");
}

/// R098, G69, R151 Nothing is mailed to an administrator whose access is restricted, and what is wrong with a wish changes nothing.
#[tokio::test]
async fn a_wrong_wish_invites_nobody() {
    let world = World::new().await;
    let restricted = json!({"enterpriseAdminEmail": ADMIN, "restrictAdminAccess": true});
    let enterprise = world.contoso_with(restricted).await.json().as_u64().unwrap();
    assert_eq!(world.status_of_enterprise(enterprise).await, "draft");
    let refused = world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await.problem();
    assert_eq!((refused.0, refused.1.as_str()), (409, "admin_access_restricted"));
    let enterprise = world.texting("Fabrikam").await;
    let before = world.snapshot().await;
    let days = [json!(0), json!(31), json!(1.5), json!("7"), Value::Null];
    for wrong in days.map(|days| json!({"adminEmail": ADMIN, "expiresInDays": days})) {
        let refused = world.invite(enterprise, &wrong).await.problem();
        assert_eq!((refused.0, refused.2[0].0.as_str()), (422, "/expiresInDays"), "{wrong}");
    }
    for wrong in [json!({}), json!({"adminEmail": "a@b.com\r\nBcc: c@d.com"}), json!({"adminEmail": ADMIN, "cc": "x"})]
    {
        assert_eq!(world.invite(enterprise, &wrong).await.problem().0, 422, "{wrong}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages(), []);
    for days in [1, 30] {
        let made = world.invite(enterprise, &json!({"adminEmail": ADMIN, "expiresInDays": days})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let left = 1_000 * 3_600 * 24 * days;
        let ends: onboarding_core::time::Timestamp = made.json()["expiresAt"].as_str().unwrap().parse().unwrap();
        let now = onboarding_core::time::Clock::now(world.sandbox.clock());
        assert!((left - 60_000..=left).contains(&(ends.millis() - now.millis())), "{}", made.text);
    }
}

/// R159 A mail that cannot be sent says so and why, and keeps enterprise and invitation.
#[tokio::test]
async fn a_mail_that_nobody_takes_is_told() {
    let world = World::new().await;
    world.sandbox.mailbox().behave(Behaviour { fault: Fault::Rejected, times: Some(1) });
    let made = world.contoso_with(json!({ "enterpriseAdminEmail": ADMIN })).await;
    let enterprise = made.json().as_u64().unwrap();
    world.settle().await;
    let [failed] = world.invitations(enterprise).await.try_into().unwrap();
    assert_eq!(
        (&failed["status"], &failed["delivery"]),
        (&json!("pending"), &json!({"status": "failed", "reason": "rejected"}))
    );
    assert_eq!(world.facts_of(enterprise, "invitation.undeliverable").await, 1);
    let again = world.ask_invitation(failed["id"].as_str().unwrap(), "resend").await;
    assert_eq!(again.status, 200, "{}", again.text);
    world.settle().await;
    assert_eq!(world.invitations(enterprise).await[0]["delivery"]["status"], "sent");
    assert_eq!(world.newest_mail().to, [ADMIN]);
}

/// R159 A mail that was taken, and that its server sends back, says so and why, and its provider is told; another one may be sent.
#[tokio::test]
async fn a_mail_that_comes_back_is_told() {
    let world = World::new().await;
    world.listens().await;
    let enterprise = world.texting("Contoso Ltd").await;
    world.sandbox.mailbox().behave(Behaviour { fault: Fault::Bounced, times: Some(1) });
    let made = world.invite(enterprise, &json!({"adminEmail": ADMIN, "remindDaysBefore": 0})).await;
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages(), []);
    let told = world.invitations(enterprise).await[0].clone();
    assert_eq!(told["delivery"], json!({"status": "failed", "reason": "bounced"}));
    assert_eq!(told["status"], "pending");
    assert_eq!(world.facts_of(enterprise, "invitation.undeliverable").await, 1);
    let events = world.invitation_events();
    let data =
        json!({"invitationId": told["id"], "enterpriseId": enterprise, "status": "pending", "reason": "bounced"});
    assert!(events.contains(&("invitation.undeliverable".to_owned(), data)), "{events:?}");
    assert_eq!(world.ask_invitation(made.json()["id"].as_str().unwrap(), "resend").await.status, 200);
    world.settle().await;
    assert_eq!(world.invitations(enterprise).await[0]["delivery"], json!({"status": "sent", "reason": null}));
}

/// R169 Sent again, there is another code, and the one before is dead in that moment, whoever has typed it already.
#[tokio::test]
async fn sent_again_the_code_before_is_dead() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, first) = world.invited(enterprise).await;
    let mut visitor = Visitor::new().unwrap();
    world.accept_first(&mut visitor, &first).await;
    let again = world.ask_invitation(&id, "resend").await;
    assert_eq!((again.status.as_u16(), &again.json()["id"], &again.json()["sends"]), (200, &json!(id), &json!(2)));
    world.settle().await;
    let second = world.newest_mail();
    assert_eq!(second.to, [ADMIN]);
    assert_ne!(code_in(&first), code_in(&second));
    assert_ne!(link_in(&first), link_in(&second));
    assert!(visitor.open(&link_in(&first)).await.unwrap().body.contains("name=\"code\""), "it is to show the new code");
    for link in [link_in(&first), link_in(&second)] {
        assert_eq!(world.type_code(&link, &code_in(&first)).await.status, 400);
        assert_eq!(world.type_code(&link, &code_in(&second)).await.status, 303);
    }
    world.accept_first(&mut visitor, &second).await;
    assert_eq!(world.status_of(enterprise, &id).await, "accepted");
    let over = world.ask_invitation(&id, "resend").await.problem();
    assert_eq!((over.0, over.1.as_str()), (409, "invitation_ended"));
    assert_eq!(world.ask_invitation(&id, "revoke").await.problem().1, "invitation_ended");
}

/// R169 After five mails there is one an hour, and who asks sooner is told when.
#[tokio::test]
async fn mails_are_limited() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, _) = world.invited(enterprise).await;
    for _ in 0..4 {
        assert_eq!(world.ask_invitation(&id, "resend").await.status, 200);
    }
    let before = world.snapshot().await;
    let refused = world.ask_invitation(&id, "resend").await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (429, "invitation_sent_too_often"));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let anew = world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await;
    assert_eq!(anew.problem().1, "invitation_sent_too_often", "an invitation anew is one mail more");
    assert_eq!(world.ask_invitation(&id, "revoke").await.status, 200);
    let anew = world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await;
    assert_eq!(anew.problem().1, "invitation_sent_too_often", "and so it is after the first was taken back");
    world.pass(wait).await;
    assert_eq!(world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await.status, 201);
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages().len(), 6);
}

/// R169 Of many who send again at once, or invite the same address at once, each is answered, and one code is good.
#[tokio::test]
async fn one_code_is_good_however_many_ask_at_once() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let body = json!({ "adminEmail": ADMIN });
    let made = join_all((0..4).map(|_| world.invite(enterprise, &body))).await;
    assert!(made.iter().all(|made| made.status == 201), "{made:?}");
    world.settle().await;
    let listed = world.invitations(enterprise).await;
    let is = |status: &str| listed.iter().filter(|one| one["status"] == status).count();
    assert_eq!((is("pending"), is("superseded")), (1, 3));
    let mut good = 0;
    for mail in world.sandbox.mailbox().messages() {
        let status = world.type_code(&link_in(&mail), &code_in(&mail)).await.status;
        good += usize::from(status == 303);
        world.sandbox.clock().advance(61);
    }
    assert_eq!((world.sandbox.mailbox().messages().len(), good), (4, 1));
}

/// R168, K9 While the enterprise is stopped no code opens anything and nothing is sent; then the same goes on.
#[tokio::test]
async fn a_stopped_enterprise_is_not_opened() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), Some(&json!({}))).await;
    assert_eq!(world.type_code(&link_in(&mail), &code_in(&mail)).await.status, 403);
    assert_eq!(world.ask_invitation(&id, "resend").await.problem().1, "enterprise_disabled");
    assert_eq!(world.invite(enterprise, &json!({ "adminEmail": ADMIN })).await.problem().1, "enterprise_disabled");
    world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/enable"), Some(&json!({}))).await;
    assert_eq!(world.type_code(&link_in(&mail), &code_in(&mail)).await.status, 303);
}

/// G71, K14 A code that expired, was taken back, replaced, or never was: one answer, byte for byte, and nothing happens.
#[tokio::test]
async fn every_dead_code_looks_the_same() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (revoked_id, revoked) = world.invited(enterprise).await;
    assert_eq!(world.ask_invitation(&revoked_id, "revoke").await.json()["status"], "revoked");
    assert_eq!(world.ask_invitation(&revoked_id, "revoke").await.status, 200, "saying it twice is saying it");
    assert_eq!(world.ask_invitation(&revoked_id, "resend").await.problem().1, "invitation_ended");
    let (superseded_id, superseded) = world.invited(enterprise).await;
    let (id, live) = world.invited(enterprise).await;
    assert_eq!(world.status_of(enterprise, &superseded_id).await, "superseded");
    let wrong = told(&world.type_code(&link_in(&live), "7777-7777").await);
    assert_eq!(wrong.0, 400);
    assert!(wrong.1.contains("ask the service provider for a new invitation"), "{}", wrong.1);
    let before = world.snapshot().await;
    for mail in [&revoked, &superseded] {
        assert_eq!(told(&world.type_code(&link_in(mail), &code_in(mail)).await), wrong);
    }
    let nowhere = format!("{}/start/{}", world.sandbox.api(), "x".repeat(43));
    assert_eq!(told(&world.type_code(&nowhere, &code_in(&live)).await), wrong);
    let made = world.effects_since(&before).await.made;
    assert!(made.keys().all(|kind| kind == "wrong"), "{made:?}");
    world.sandbox.clock().advance(7 * DAY);
    assert_eq!(told(&world.type_code(&link_in(&live), &code_in(&live)).await), wrong, "expired, and not swept");
    assert_eq!(world.status_of(enterprise, &id).await, "expired");
    assert_eq!(world.facts_of(enterprise, "invitation.expired").await, 0);
}
