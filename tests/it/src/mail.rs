//! Mail: born with its fact, sent by one sender, tried until it is taken or given up.

use onboarding_core::id::MailId;
use onboarding_core::mail::{MailState, Undeliverable};
use onboarding_core::random::SystemRandomness;
use onboarding_dynamo::mail::Undelivered;
use onboarding_lambda::config::Env;
use onboarding_sandbox::mailbox::{Behaviour, Fault};
use onboarding_sandbox::{Options, Overrides, StreamReads};
use reqwest::Method;
use serde_json::{Value, json};

use crate::activation::{CONTACT, activation, path_in, send_again, waiting};
use crate::world::{Provider, World, send};

/// When each further attempt is made, in seconds after the one before.
const WAITS: [i64; 6] = [60, 300, 1_800, 7_200, 18_000, 36_000];

const ID_HEADER: &str = "X-Onboarding-Mail-Id";

async fn behaving(fault: Fault, times: Option<u32>) -> (World, Provider) {
    let world = World::new().await;
    world.sandbox.mailbox().behave(Behaviour { fault, times });
    let provider = waiting(&world).await;
    (world, provider)
}

async fn status(world: &World, provider: &Provider) -> (String, Option<String>) {
    let mail = activation(world, provider).await["mail"].take();
    (mail["status"].as_str().unwrap().to_owned(), mail["reason"].as_str().map(str::to_owned))
}

fn calls(world: &World) -> usize {
    world.sandbox.mailbox().calls()
}

/// Every item of the table, as text.
async fn table(world: &World) -> String {
    let scan = world.http.post(&world.sandbox.ready().dynamodb).header("x-amz-target", "DynamoDB_20120810.Scan");
    let scan = scan.header("content-type", "application/x-amz-json-1.0");
    let read = send(scan.body(json!({"TableName": "onboarding-sandbox"}).to_string())).await;
    assert_eq!(read.status, 200, "{}", read.text);
    read.text
}

/// R147 A mail service that is throttled, away or paused, at any number of attempts, gets the same mail again: at its time and
/// not before, with one id.
#[tokio::test]
async fn a_mail_service_that_comes_back_gets_the_mail() {
    for (down, fault) in
        (1..=WAITS.len()).zip([Fault::Throttled, Fault::Unavailable, Fault::Paused].into_iter().cycle())
    {
        let (world, provider) = behaving(fault, Some(u32::try_from(down).unwrap())).await;
        for (done, wait) in WAITS.iter().take(down).enumerate() {
            assert_eq!((calls(&world), status(&world, &provider).await), (done + 1, ("pending".to_owned(), None)));
            world.pass(wait / 2).await;
            assert_eq!(calls(&world), done + 1, "not before its time");
            world.pass(wait - wait / 2).await;
        }
        assert_eq!((calls(&world), status(&world, &provider).await), (down + 1, ("sent".to_owned(), None)));
        world.pass(24 * 3_600).await;
        assert_eq!(calls(&world), down + 1, "once it is taken it has ended");
        assert_eq!(world.sandbox.mailbox().messages().len(), 1);
    }
}

/// R147 A mail that nobody takes is given up, and the operator reads that; another one can be sent.
#[tokio::test]
async fn a_mail_that_nobody_takes_is_given_up() {
    let (world, provider) = behaving(Fault::Unavailable, None).await;
    for wait in WAITS {
        world.pass(wait).await;
    }
    assert_eq!(calls(&world), WAITS.len() + 1);
    assert_eq!(status(&world, &provider).await, ("undeliverable".to_owned(), Some("given_up".to_owned())));
    world.pass(48 * 3_600).await;
    assert_eq!(calls(&world), WAITS.len() + 1);
    world.sandbox.mailbox().behave_well();
    assert_eq!(send_again(&world, &provider, &json!({"contactEmail": CONTACT})).await.status, 202);
    world.settle().await;
    assert_eq!(status(&world, &provider).await, ("sent".to_owned(), None));
}

/// R147 An address that the mail service will not take is told at once; it is not tried again.
#[tokio::test]
async fn a_rejected_address_is_undeliverable_at_once() {
    let (world, provider) = behaving(Fault::Rejected, None).await;
    assert_eq!(status(&world, &provider).await, ("undeliverable".to_owned(), Some("rejected".to_owned())));
    world.pass(48 * 3_600).await;
    assert_eq!(calls(&world), 1);
}

/// P4 The mail service took it and its answer got lost: the mail is sent once more, with the same id.
#[tokio::test]
async fn a_lost_answer_makes_a_copy_with_the_same_id() {
    let (world, _) = behaving(Fault::TakenUnanswered, Some(1)).await;
    world.pass(WAITS[0]).await;
    let mails = world.sandbox.mailbox().messages();
    assert_eq!(mails.len(), 2);
    assert!(mails[0].headers[ID_HEADER].starts_with("mail_"), "{mails:?}");
    assert_eq!(mails[0].headers[ID_HEADER], mails[1].headers[ID_HEADER]);
    assert_eq!((&mails[0].text, &mails[0].html), (&mails[1].text, &mails[1].html));
    assert_eq!(mails[0].headers["Auto-Submitted"], "auto-generated");
}

/// P4 A sender that dies with the mail in its hands holds it for half a minute; then the sweep finds it.
#[tokio::test]
async fn a_sender_that_dies_loses_no_mail() {
    let options =
        Options { sweep: false, stream: StreamReads::OnTicks, insecure_redirects: true, ..Options::default() };
    let world = World::with(options).await;
    let body = json!({"name": "Waiting Voice", "redirectHosts": ["127.0.0.1"], "contactEmail": CONTACT});
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
    let id = made["id"].as_u64().unwrap().try_into().unwrap();
    let mail = world.sandbox.store().reseller(id).await.unwrap().unwrap().activation.unwrap().mail;
    let now = onboarding_core::time::Clock::now(world.sandbox.clock());
    assert!(world.sandbox.store().claim_mail(&mail, now).await.unwrap().is_some());
    assert!(world.sandbox.store().claim_mail(&mail, now).await.unwrap().is_none(), "one sender at a time");
    world.settle().await;
    assert_eq!(calls(&world), 0, "the claim is another sender's");
    world.pass(60).await;
    assert_eq!(world.sandbox.mailbox().messages().len(), 1);
    let ended = world.sandbox.store().mail(&mail).await.unwrap().unwrap();
    assert_eq!((ended.state.word(), ended.attempts), ("sent", 2));
}

/// R159 That a mail came back is recorded once, and not before it is recorded that the mail went out; of an unknown one nothing is.
#[tokio::test]
async fn what_comes_back_is_recorded_once() {
    let options =
        Options { sweep: false, stream: StreamReads::OnTicks, insecure_redirects: true, ..Options::default() };
    let world = World::with(options).await;
    let body = json!({"name": "Waiting Voice", "redirectHosts": ["127.0.0.1"], "contactEmail": CONTACT});
    let made = world.operator(Method::POST, "/v1/resellers", Some(&body)).await.json();
    let (id, store) = (made["id"].as_u64().unwrap().try_into().unwrap(), world.sandbox.store());
    let state = async |mail: &MailId| store.mail(mail).await.unwrap().map(|mail| mail.state);
    let mail = store.reseller(id).await.unwrap().unwrap().activation.unwrap().mail;
    let now = onboarding_core::time::Clock::now(world.sandbox.clock());
    let told = async |mail: &MailId| store.undelivered_mail(mail, Undeliverable::Bounced, None, now).await.unwrap();
    assert_eq!(told(&mail).await, Undelivered::BeingSent, "it is told again later");
    world.settle().await;
    assert_eq!(state(&mail).await, Some(MailState::Sent));
    assert_eq!([told(&mail).await, told(&mail).await], [Undelivered::Recorded, Undelivered::Ended]);
    assert_eq!(state(&mail).await, Some(MailState::Undeliverable { reason: Undeliverable::Bounced }));
    let unknown = MailId::new(now, &SystemRandomness::new());
    assert_eq!((told(&unknown).await, state(&unknown).await), (Undelivered::Ended, None));
}

/// P6 Each record of the stream comes to two senders at once: one of them sends.
#[tokio::test]
async fn a_record_that_comes_twice_sends_one_mail() {
    let world = World::new().await;
    let ready = world.sandbox.ready();
    let ses = format!("{}/sandbox/ses", ready.api);
    let pairs = [
        ("AWS_ENDPOINT_URL_DYNAMODB", ready.dynamodb.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ready.secrets.as_str()),
        ("AWS_ENDPOINT_URL_SESV2", ses.as_str()),
    ];
    let overrides = Overrides::from_env(&Env::from_pairs(pairs)).unwrap();
    let second = World::with(Options { sweep: false, overrides, ..Options::default() }).await;
    for _ in 0..10 {
        waiting(&world).await;
        second.settle().await;
    }
    assert_eq!((calls(&world), world.sandbox.mailbox().messages().len()), (10, 10));
    assert_eq!(calls(&second), 0);
}

/// P10 Neither the address nor the link is in the table in the clear, and an ended mail keeps nothing of them at all.
#[tokio::test]
async fn the_table_shows_neither_address_nor_link() {
    let (world, provider) = behaving(Fault::Throttled, Some(1)).await;
    let pending = table(&world).await;
    assert!(pending.contains("\"sealed\""), "the letter waits in its row");
    world.pass(60).await;
    let (handle, ended) = (path_in(&world, &world.sandbox.mailbox().messages()[0]), table(&world).await);
    let handle = handle.rsplit('/').next().unwrap();
    assert!(!ended.contains("\"sealed\""), "{ended}");
    for text in [&pending, &ended] {
        assert!(!text.to_lowercase().contains("acme.example") && !text.contains(handle));
    }
    assert!(pending.contains("Waiting Voice"), "the scan reads the table");
    let shown = world.operator(Method::GET, &format!("/v1/resellers/{}", provider.id), None).await.text;
    assert!(!shown.contains("acme.example") && !shown.contains(handle), "{shown}");
}

/// K6 Programs read the mailbox, oldest first; people have a page; the mail service's door is shut to what is not signed.
#[tokio::test]
async fn the_mailbox_is_read_by_programs_and_people() {
    let world = World::new().await;
    waiting(&world).await;
    let address = &world.sandbox.ready().mail;
    let read = send(world.http.get(format!("{address}/messages"))).await.json();
    let mail = &read[0];
    assert_eq!(
        (&mail["id"], &mail["to"], &mail["subject"]),
        (&json!("1"), &json!([CONTACT]), &json!("Activate Waiting Voice"))
    );
    for part in ["text", "html"] {
        assert!(mail[part].as_str().unwrap().contains("/activate/"), "{mail}");
    }
    assert!(mail["headers"]["From"].is_string());
    let page = send(world.http.get(address)).await;
    assert!(page.text.contains("Activate Waiting Voice") && page.text.contains(CONTACT), "{}", page.text);
    let unsigned = world.call(Method::POST, "/sandbox/ses/v2/email/outbound-emails").json(&json!({}));
    let refused = send(unsigned).await;
    assert_eq!((refused.status.as_u16(), refused.header("x-amzn-errortype")), (400, "BadRequestException"));
    assert_eq!(read.as_array().map(Vec::len), Some(1));
    assert_ne!(mail["html"], Value::Null);
}
