//! Reminders: the same link and code once more before the end, while something is still asked.

use onboarding_sandbox::mailbox::Mail;
use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use super::{ADMIN, code_in, link_in};
use crate::effects::call_dynamodb;
use crate::world::{World, send};

const DAY: i64 = 24 * 3_600;
const HOUR: i64 = 3_600;

impl World {
    /// An invitation of four days that reminds a day before its end, and its mail.
    async fn invited_with_reminder(&self, enterprise: u64) -> (String, Mail) {
        let body = json!({"adminEmail": ADMIN, "expiresInDays": 4, "remindDaysBefore": 1});
        let made = self.invite(enterprise, &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.settle().await;
        (made.json()["id"].as_str().unwrap().to_owned(), self.newest_mail())
    }

    fn mails(&self) -> usize {
        self.sandbox.mailbox().messages().len()
    }

    /// The rows of mails that were not sent since there was no need.
    async fn mails_not_needed(&self) -> Vec<Value> {
        let scan = json!({"TableName": "onboarding-sandbox", "FilterExpression": "#status = :ended",
                          "ExpressionAttributeNames": {"#status": "status"},
                          "ExpressionAttributeValues": {":ended": {"S": "not_needed"}}});
        let read = call_dynamodb(&self.http, &self.sandbox.ready().dynamodb, "DynamoDB_20120810.Scan", &scan).await;
        read["Items"].as_array().unwrap().clone()
    }
}

/// R160, R165, R169 The reminder goes out once, at its time and not before; its link and code are those of the invitation, and it asks
/// for what is still missing.
#[tokio::test]
async fn a_reminder_leads_on_where_the_first_mail_led() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, first) = world.invited_with_reminder(enterprise).await;
    let listed = world.invitations(enterprise).await[0].clone();
    let instant = |name: &str| -> onboarding_core::time::Timestamp { listed[name].as_str().unwrap().parse().unwrap() };
    assert_eq!(instant("expiresAt").millis() - instant("remindsAt").millis(), DAY * 1_000);
    let page = world.accept_first(&mut Visitor::new().unwrap(), &first).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    world.pass(3 * DAY - HOUR).await;
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await;
    assert_eq!(world.status_of_enterprise(enterprise).await, "awaiting_application_consent", "{}", read.text);
    assert_eq!(world.mails(), 1, "nobody is reminded before the time");
    world.pass(HOUR + 60).await;
    assert_eq!(world.mails(), 2);
    let reminder = world.newest_mail();
    assert_eq!((&reminder.to, link_in(&reminder), code_in(&reminder)), (&first.to, link_in(&first), code_in(&first)));
    assert!(reminder.subject.starts_with("Reminder: "), "{}", reminder.subject);
    assert!(first.text.contains("Register your organisation"), "{}", first.text);
    assert!(!reminder.text.contains("Register your organisation"), "that is granted: {}", reminder.text);
    let left = world.invitations(enterprise).await[0].clone();
    assert_eq!((&left["sends"], &left["delivery"]["status"]), (&json!(1), &json!("sent")));
    let mut visitor = Visitor::new().unwrap();
    world.accept_first(&mut visitor, &reminder).await;
    assert_eq!(world.status_of_enterprise(enterprise).await, "active");
    world.pass(2 * DAY).await;
    assert_eq!(world.mails(), 2, "once");
}

/// R098, R169, K14 Nobody is reminded of what has ended, was replaced, or may not be asked; a resent one has its own reminder.
#[tokio::test]
async fn nobody_is_reminded_of_what_is_over() {
    let world = World::new().await;
    let path = |enterprise: u64| format!("/v1/enterprises/{enterprise}");
    let quiet = ["revoked", "superseded", "restricted", "disabled", "granted"];
    for name in quiet {
        let enterprise = world.texting(name).await;
        let (id, mail) = world.invited_with_reminder(enterprise).await;
        let done = match name {
            "revoked" => world.ask_invitation(&id, "revoke").await,
            "superseded" => world.invite(enterprise, &json!({"adminEmail": ADMIN, "remindDaysBefore": 0})).await,
            "restricted" => {
                let change = json!({"restrictAdminAccess": true});
                let call = world.call(Method::PATCH, &path(enterprise)).bearer_auth(world.sandbox.reseller_key());
                send(call.header("if-match", "*").json(&change)).await
            }
            "disabled" => world.provider(Method::POST, &format!("{}/disable", path(enterprise)), None).await,
            _ => {
                let mut visitor = Visitor::new().unwrap();
                world.accept_first(&mut visitor, &mail).await;
                let again = visitor.open(&link_in(&mail)).await.unwrap();
                world.press(&mut visitor, again, &GRACE).await;
                world.provider(Method::GET, &path(enterprise), None).await
            }
        };
        assert!(done.status.is_success(), "{name}: {}", done.text);
    }
    let again = world.texting("resent").await;
    let (id, first) = world.invited_with_reminder(again).await;
    world.pass(DAY).await;
    assert_eq!(world.ask_invitation(&id, "resend").await.status, 200);
    world.settle().await;
    let second = world.newest_mail();
    assert_ne!(code_in(&first), code_in(&second));
    let before = world.mails();
    world.pass(2 * DAY + HOUR).await;
    assert_eq!(world.mails(), before, "{:?}", world.newest_mail().subject);
    world.pass(DAY).await;
    assert_eq!(world.mails(), before + 1, "of the one that was sent again");
    assert_eq!(code_in(&world.newest_mail()), code_in(&second));
    let ended = world.mails_not_needed().await;
    assert_eq!(ended.len(), quiet.len() + 1, "and the one of which the code was replaced");
    assert!(ended.iter().all(|row| row.get("sealed").is_none()), "what was not sent is not kept: {ended:?}");
}

/// R169, G69 A reminder before the invitation, or none of a number, is refused and changes nothing.
#[tokio::test]
async fn a_reminder_lies_within_the_invitation() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    for (days, wrong) in [(7, json!(7)), (1, json!(1)), (7, json!(-1)), (7, json!("1")), (7, Value::Null)] {
        let body = json!({"adminEmail": ADMIN, "expiresInDays": days, "remindDaysBefore": wrong});
        let refused = world.invite(enterprise, &body).await.problem();
        assert_eq!((refused.0, refused.2[0].0.as_str()), (422, "/remindDaysBefore"), "{body}");
    }
    assert_eq!(world.invitations(enterprise).await, Vec::<Value>::new());
    for (said, reminds) in
        [(json!({"remindDaysBefore": 0}), false), (json!({"expiresInDays": 2}), false), (json!({}), true)]
    {
        let mut body = json!({"adminEmail": ADMIN});
        body.as_object_mut().unwrap().extend(said.as_object().cloned().unwrap());
        assert_eq!(world.invite(enterprise, &body).await.status, 201);
        let open = world.invitations(enterprise).await;
        let open = open.iter().find(|one| one["status"] == "pending").unwrap();
        assert_eq!(open["remindsAt"].is_string(), reminds, "{said}");
    }
}
