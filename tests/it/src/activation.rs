//! Activation of a service provider by a mail to its contact (R147).

use futures_util::future::join_all;
use onboarding_sandbox::mailbox::Mail;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Provider, World, send};

/// Whom activation mails go to.
pub(crate) const CONTACT: &str = "Sales@acme.example";

/// A provider that waits, with a key.
pub(crate) async fn waiting(world: &World) -> Provider {
    let body = json!({"name": "Waiting Voice", "redirectHosts": ["127.0.0.1"], "contactEmail": CONTACT});
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_u64().unwrap().try_into().unwrap();
    let webhook_secret = made.json()["webhookSecret"].as_str().unwrap().to_owned();
    let mut provider = Provider { id, key: String::new(), webhook_secret };
    (_, provider.key) = world.key_of(&provider, &json!({})).await;
    world.settle().await;
    provider
}

/// What stands in `activation` of a provider, as the operator reads it.
pub(crate) async fn activation(world: &World, provider: &Provider) -> Value {
    let read = world.operator(Method::GET, &format!("/v1/resellers/{}", provider.id), None).await;
    assert_eq!(read.status, 200, "{}", read.text);
    read.json()["activation"].take()
}

pub(crate) async fn send_again(world: &World, provider: &Provider, body: &Value) -> Answer {
    world.operator(Method::POST, &format!("/v1/resellers/{}/activation-mail", provider.id), Some(body)).await
}

/// The path of the page that a mail leads to; both parts lead to the same.
pub(crate) fn path_in(world: &World, mail: &Mail) -> String {
    let base = format!("{}/activate/", world.sandbox.api());
    let line = mail.text.lines().find(|line| line.starts_with(&base)).unwrap_or_else(|| panic!("{}", mail.text));
    assert!(mail.html.contains(&format!("href=\"{line}\"")), "{}", mail.html);
    line[world.sandbox.api().len()..].to_owned()
}

fn newest(world: &World) -> Mail {
    world.sandbox.mailbox().messages().pop().unwrap()
}

async fn create_enterprise(world: &World, provider: &Provider, name: &str) -> Answer {
    let body = json!({"enterpriseName": name, "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
    world.as_holder_of(&provider.key, Method::POST, "/v1/enterprises", Some(&body)).await
}

async fn open(world: &World, path: &str) -> Answer {
    send(world.call(Method::GET, path)).await
}

async fn press(world: &World, path: &str) -> Answer {
    send(world.call(Method::POST, path)).await
}

async fn facts(world: &World, provider: &Provider, action: &str) -> usize {
    let read = world.as_holder_of(&provider.key, Method::GET, "/v1/audit", None).await.json();
    read["items"].as_array().unwrap().iter().filter(|row| row["action"] == action).count()
}

/// R147 The whole way: until somebody has pressed the button the provider makes no enterprise, and is told why and what to
/// do; opening the page changes nothing; pressing it again neither.
#[tokio::test]
async fn a_provider_is_activated_by_the_mail_that_its_contact_gets() {
    let world = World::new().await;
    let provider = waiting(&world).await;
    let mail = newest(&world);
    assert_eq!((mail.to.as_slice(), mail.subject.as_str()), (&[CONTACT.to_owned()][..], "Activate Waiting Voice"));
    let refused = create_enterprise(&world, &provider, "Early").await;
    let problem = refused.json();
    assert_eq!((refused.status.as_u16(), &problem["code"]), (403, &json!("reseller_not_active")));
    assert_eq!(problem["who"], "provider admin");
    assert!(problem["nextSteps"][0].as_str().unwrap().contains("activation mail"), "{problem}");
    let path = path_in(&world, &mail);
    for _ in 0..2 {
        let page = open(&world, &path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Waiting Voice") && page.text.contains("<form method=\"post\""), "{}", page.text);
    }
    assert_eq!(create_enterprise(&world, &provider, "Early").await.status, 403, "opening a page is no consent");
    assert_eq!(activation(&world, &provider).await["mail"], json!({"status": "sent", "reason": null}));
    let pressed = press(&world, &path).await;
    assert_eq!((pressed.status.as_u16(), pressed.header("location")), (303, path.as_str()));
    let page = open(&world, &path).await;
    assert!(page.text.contains("The account is active") && !page.text.contains("<form"), "{}", page.text);
    assert_eq!(activation(&world, &provider).await, Value::Null);
    assert_eq!(create_enterprise(&world, &provider, "Early").await.status, 200, "nothing was made before");
    assert_eq!(press(&world, &path).await.status, 303);
    assert_eq!(facts(&world, &provider, "reseller.activated").await, 1);
    assert_eq!(world.sandbox.mailbox().messages().len(), 1);
}

/// R147, K9 Without a contact a provider is active at once, and nobody gets a mail.
#[tokio::test]
async fn a_provider_without_a_contact_is_active_at_once() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    assert_eq!(activation(&world, &provider).await, Value::Null);
    assert_eq!(create_enterprise(&world, &provider, "At once").await.status, 200);
    let refused = send_again(&world, &provider, &json!({"contactEmail": CONTACT})).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "reseller_already_active"));
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages(), []);
}

/// R147, P7 A link that ended, that a newer one has replaced, or that never was: one page for all, and no effect.
#[tokio::test]
async fn a_dead_link_activates_nobody() {
    let world = World::new().await;
    let provider = waiting(&world).await;
    let first = path_in(&world, &newest(&world));
    let sent = send_again(&world, &provider, &json!({"contactEmail": "other@acme.example"})).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    world.settle().await;
    assert_eq!(newest(&world).to, ["other@acme.example"]);
    let second = path_in(&world, &newest(&world));
    let unknown = format!("/activate/{}", "x".repeat(43));
    let told = |answer: Answer| {
        let reference = answer.header("x-request-id").to_owned();
        (answer.status.as_u16(), answer.text.replace(&reference, "REFERENCE"))
    };
    let absent = told(open(&world, &unknown).await);
    assert_eq!(absent.0, 404);
    assert!(absent.1.contains("ask the operator of this service for a new activation mail"), "{}", absent.1);
    for path in [&first, &unknown] {
        assert_eq!(told(open(&world, path).await), absent);
        assert_eq!(told(press(&world, path).await), absent);
    }
    assert_eq!(open(&world, &second).await.status, 200, "the newer one works");
    world.sandbox.clock().advance(14 * 24 * 3_600);
    assert_eq!(told(open(&world, &second).await), absent);
    assert_eq!(told(press(&world, &second).await), absent);
    assert_eq!(create_enterprise(&world, &provider, "Early").await.status, 403);
    assert_eq!(send_again(&world, &provider, &json!({"contactEmail": CONTACT})).await.status, 202);
    world.settle().await;
    assert_eq!(press(&world, &path_in(&world, &newest(&world))).await.status, 303);
    assert_eq!(create_enterprise(&world, &provider, "Late").await.status, 200);
}

/// P6 Of many who press at once one activates.
#[tokio::test]
async fn many_who_press_at_once_activate_once() {
    let world = World::new().await;
    let provider = waiting(&world).await;
    let path = path_in(&world, &newest(&world));
    let pressed = join_all((0..20).map(|_| press(&world, &path))).await;
    assert!(pressed.iter().all(|answer| answer.status == 303), "{pressed:?}");
    assert_eq!(facts(&world, &provider, "reseller.activated").await, 1);
}

/// K9, T12 A suspended provider's link does nothing, and neither does another site's button.
#[tokio::test]
async fn a_button_works_only_where_it_may() {
    let world = World::new().await;
    let provider = waiting(&world).await;
    let path = path_in(&world, &newest(&world));
    let elsewhere = world.call(Method::POST, &path).header("sec-fetch-site", "cross-site");
    assert_eq!(send(elsewhere).await.status, 303);
    assert_ne!(activation(&world, &provider).await, Value::Null);
    let reseller = format!("/v1/resellers/{}", provider.id);
    world.operator(Method::PATCH, &reseller, Some(&json!({"disabled": true}))).await;
    assert_eq!(press(&world, &path).await.status, 404);
    world.operator(Method::PATCH, &reseller, Some(&json!({"disabled": false}))).await;
    assert_ne!(activation(&world, &provider).await, Value::Null, "it waits as before");
    assert_eq!(press(&world, &path).await.status, 303);
    assert_eq!(activation(&world, &provider).await, Value::Null);
}

/// R203 A repeat of the same request sends nothing again; what is wrong with a request is told, and changes nothing.
#[tokio::test]
async fn another_mail_is_sent_once_for_each_request() {
    let world = World::new().await;
    let provider = waiting(&world).await;
    let again = async |body: Value| {
        let call = world.call(Method::POST, &format!("/v1/resellers/{}/activation-mail", provider.id));
        let call = call.bearer_auth(world.sandbox.operator_key()).header("idempotency-key", "mail-1");
        send(call.json(&body)).await
    };
    let body = json!({"contactEmail": CONTACT});
    let (first, second) = (again(body.clone()).await, again(body).await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (202, 202));
    assert_eq!(first.text, second.text);
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages().len(), 2, "the first one, and one more");
    for wrong in [json!({}), json!({"contactEmail": "nobody"}), json!({"contactEmail": CONTACT, "cc": "x"})] {
        assert_eq!(send_again(&world, &provider, &wrong).await.problem().0, 422, "{wrong}");
    }
    world.settle().await;
    assert_eq!(world.sandbox.mailbox().messages().len(), 2);
    assert_eq!(press(&world, &path_in(&world, &newest(&world))).await.status, 303, "the last link is still good");
}
