//! Links that were used: they tell the truth, change nothing, and do not renew themselves (R190, R194, T10).

use onboarding_sandbox::Form;
use onboarding_sandbox::visitor::{Page, Visitor};
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{End, IGOR, OSCAR, Person, WANDA, WINGTIP};
use url::Url;

use super::go;
use crate::effects::Effects;
use crate::world::{Answer, World, send};

/// The sealed state of a link.
pub(super) fn state_of(link: &str) -> String {
    let link = Url::parse(link).unwrap();
    link.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

impl World {
    /// Microsoft says no to whoever came by this link of step two.
    pub(super) async fn says_no(&self, link: &str, number: u32) -> Answer {
        let form = [
            ("error", "access_denied".to_owned()),
            ("error_description", format!("AADSTS{number}: x")),
            ("state", state_of(link)),
        ];
        send(self.call(Method::POST, "/partner-center/user-consent").form(&form)).await
    }

    /// What came back from the consent page, without having been there: the sign-in behind it is what counts.
    pub(super) fn behind_the_consent_page(&self, link: &str) -> String {
        let state = state_of(link);
        format!(
            "{}/partner-center/admin-consent?admin_consent=True&tenant={}&state={state}",
            self.sandbox.api(),
            WINGTIP.id
        )
    }
}

/// The whole way of `person`, and what it takes to go the last step of it once more, as a browser that reloads does.
pub(super) struct Reloaded {
    pub(super) page: Page,
    visitor: Visitor,
    last: Form,
}

impl Reloaded {
    pub(super) async fn once_more(mut self) -> Page {
        self.visitor.submit(self.last.press("Continue").unwrap()).await.unwrap()
    }
}

async fn go_and_reload(address: &str, person: &Person) -> (Page, Page) {
    let gone = Reloaded::after(address, person).await;
    (gone.page.clone(), gone.once_more().await)
}

impl Reloaded {
    pub(super) async fn after(address: &str, person: &Person) -> Self {
        let mut visitor = Visitor::new().unwrap();
        let mut page = visitor.open(address).await.unwrap();
        let mut last = None;
        for _ in 0..10 {
            let pressed = page.form().and_then(|form| {
                ["Continue", person.name, "Accept"]
                    .into_iter()
                    .find_map(|button| Some((form.clone(), form.clone().press(button)?)))
            });
            let Some((form, pressed)) = pressed else { break };
            page = visitor.submit(pressed).await.unwrap();
            last = Some(form);
        }
        Self { page, visitor, last: last.unwrap() }
    }
}

/// R190, R194 A link that was used, of a connection that is broken meanwhile, does not say that all is well: it is used up, and
/// the page says how to get a fresh one.
#[tokio::test]
async fn a_used_link_of_a_broken_connection_says_so() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let used = world.step_link(&id, "user").await;
    assert_eq!(go(&used, &IGOR).await.status, 200);
    assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
    let again = go(&used, &IGOR).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert!(again.text().contains("Both consents are given"), "{}", again.text());
    assert!(world.microsoft().end_sign_ins(&IGOR, End::Revoked) > 0);
    assert_eq!(world.health(&id).await["status"], "broken");
    let page = go(&used, &IGOR).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.body.contains("data-code=\"step_link_used\""), "{}", page.text());
    assert!(page.text().contains("fresh link") && !page.body.contains("/oauth2/v2.0/authorize"), "{}", page.text());
    assert_eq!(world.read_connection(&id).await["status"], "broken");
    assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
    assert_eq!(world.read_connection(&id).await["status"], "ready");
}

/// T10, R194 Whoever holds a used link changes nothing by it: no problem, no row, and no fresh link.
#[tokio::test]
async fn a_used_link_writes_nothing() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let used = world.step_link(&id, "user").await;
    assert_eq!(go(&used, &IGOR).await.status, 200);
    assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
    let before = world.snapshot().await;
    for number in [50076, 65004, 50076] {
        let told = world.says_no(&used, number).await;
        assert!(!told.text.contains("/oauth2/v2.0/authorize"), "{}", told.text);
        assert!(!told.text.contains(WANDA.upn), "a stranger is told no account: {}", told.text);
    }
    let page = go(&used, &OSCAR).await;
    assert!(!page.body.contains("/oauth2/v2.0/authorize"), "{}", page.text());
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let read = world.read_connection(&id).await;
    assert_eq!(read["userConsent"]["problem"], Value::Null);
    let failed = read["checklist"].as_array().unwrap().iter().filter(|item| item["status"] == "fail");
    assert_eq!(failed.count(), 0, "{read}");
}

/// T10 Of one round each refusal is noted once for each code, however often and in whatever order it is posted.
#[tokio::test]
async fn a_refusal_is_noted_once_for_each_code() {
    let world = World::new().await;
    let id = world.after_step_one().await;
    let link = world.step_link(&id, "user").await;
    for round in 0..6 {
        let number = if round % 2 == 0 { 50076 } else { 65004 };
        assert_eq!(world.says_no(&link, number).await.status, 200);
    }
    let rows = world.provider(Method::GET, "/v1/audit?limit=100", None).await.json();
    let refused = rows["items"].as_array().unwrap().iter().filter(|row| row["action"] == "connection.step_refused");
    assert_eq!(refused.count(), 2, "{rows}");
    assert_eq!(go(&link, &IGOR).await.status, 200);
    assert!(world.microsoft().end_sign_ins(&IGOR, End::Revoked) > 0);
    let fresh = world.step_link(&id, "user").await;
    assert_eq!(world.says_no(&fresh, 65004).await.status, 200);
    let read = world.read_connection(&id).await;
    assert_eq!(read["userConsent"]["problem"]["code"], "declined", "another round is told anew");
}

/// R176, P3 Whoever reloads the page of a refused step one reads the same again.
#[tokio::test]
async fn a_refused_step_one_is_told_again() {
    let world = World::new().await;
    // What the tenant has granted for another connection lets a member sign in behind the consent page.
    world.consent_as_admin(&world.connection().await).await;
    let id = world.connection().await;
    let behind = world.behind_the_consent_page(&world.step_link(&id, "admin").await);
    let (page, again) = go_and_reload(&behind, &OSCAR).await;
    for page in [page, again] {
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.body.contains("data-code=\"admin_role_required\""), "{}", page.text());
    }
}

/// R171, T10 A used link of step one shows its accounts, and the link of step two, to the administrator who used it and to
/// nobody else.
#[tokio::test]
async fn a_used_link_of_step_one_tells_a_stranger_nothing() {
    let world = World::new().await;
    let id = world.connection().await;
    let link = world.step_link(&id, "admin").await;
    let (_, again) = go_and_reload(&link, &WANDA).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert!(again.text().contains(WANDA.upn) && again.body.contains("/oauth2/v2.0/authorize"), "{}", again.text());
    let page = go(&world.behind_the_consent_page(&link), &OSCAR).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for told in [WANDA.upn, IGOR.upn, "/oauth2/v2.0/authorize"] {
        assert!(!page.body.contains(told), "{told}: {}", page.text());
    }
    assert_eq!(world.read_connection(&id).await["adminConsent"]["problem"], json!(null));
}
