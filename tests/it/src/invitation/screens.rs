//! Microsoft's two screens on the way of an invitation: which comes first, who may go on, and who is the last.

use futures_util::future::join;
use onboarding_sandbox::Submission;
use onboarding_sandbox::mailbox::Mail;
use onboarding_sandbox::visitor::{Page, Visitor};
use simulated_microsoft::{FRANK, GRACE, Person};

use super::{code_in, link_in, told};
use crate::world::World;

const USER_SYNC: &str = "GET_USER_SYNC_CONSENT";

impl World {
    /// Types the code of `mail`, or presses the button where it was typed before, and signs in as `person`: Microsoft's consent
    /// screen, or what stands in its place.
    async fn at_consent(&self, visitor: &mut Visitor, mail: &Mail, person: &Person) -> Page {
        let page = visitor.open(&link_in(mail)).await.unwrap();
        let form = page.form().unwrap();
        let pressed = if page.body.contains("name=\"code\"") {
            form.fill("code", &code_in(mail)).press("Complete")
        } else {
            form.press("Continue to")
        };
        let mut page = visitor.submit(pressed.unwrap()).await.unwrap();
        while page.form().is_some_and(|form| form.action().path() == "/simulated/sign-in") {
            page = visitor.submit(page.form().unwrap().press(person.name).unwrap()).await.unwrap();
        }
        page
    }

    /// What Microsoft answers is handed on to us by a form, in a browser without script.
    async fn handed_on(&self, visitor: &mut Visitor, mut page: Page) -> Page {
        while page.form().is_some_and(|form| form.action().path() == "/restricted/handleResponse") {
            page = visitor.submit(page.form().unwrap().press("Continue").unwrap()).await.unwrap();
        }
        page
    }
}

fn accept(page: &Page) -> Submission {
    page.form().unwrap().press("Accept").unwrap()
}

/// R163 Accepted without the tick for the organisation, the first screen is not done: the page says so, the invitation stays, and
/// its link leads to the same screen again.
#[tokio::test]
async fn a_consent_for_oneself_is_not_the_first_screen() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    let mut visitor = Visitor::new().unwrap();
    let screen = world.at_consent(&mut visitor, &mail, &GRACE).await;
    let page = visitor.submit(accept(&screen)).await.unwrap();
    let page = world.handed_on(&mut visitor, page).await;
    assert!(page.text().contains("The consent was for one person only"), "{}", page.text());
    let refused = ("blocked".to_owned(), Some("org_consent_not_ticked".to_owned()));
    assert_eq!(world.registration(enterprise).await, refused);
    assert_eq!(world.status_of(enterprise, &id).await, "pending");
    let again = visitor.open(&link_in(&mail)).await.unwrap();
    assert!(
        again.text().contains("It did not work the last time") && again.text().contains("Register your organisation"),
        "{}",
        again.text()
    );
    world.press(&mut visitor, again, &GRACE).await;
    assert_eq!(world.registration(enterprise).await.0, "granted");
    assert_eq!(world.status_of_enterprise(enterprise).await, "awaiting_application_consent");
}

/// R164 The second screen comes only after the first, by a sign-in of its own, and in the first one's tenant alone.
#[tokio::test]
async fn the_second_screen_needs_the_first_and_its_tenant() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    let mut visitor = Visitor::new().unwrap();
    let first = visitor.open(&link_in(&mail)).await.unwrap();
    let (now, later) = first.body.split_once("Comes after this").unwrap();
    assert!(
        now.contains("Register your organisation") && later.contains("Allow user synchronisation"),
        "{}",
        first.text()
    );
    let page = world.accept_first(&mut visitor, &mail).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!(world.standing(enterprise, USER_SYNC).await.0, "pending_consent", "nothing of it is asked for yet");
    let stranger = world.at_consent(&mut Visitor::new().unwrap(), &mail, &FRANK).await;
    assert!(
        !stranger.body.contains(">Accept<"),
        "Microsoft shows another tenant's people no consent: {}",
        stranger.text()
    );
    assert_eq!(world.standing(enterprise, USER_SYNC).await.0, "started");
    assert_eq!(world.status_of(enterprise, &id).await, "pending");
    let screen = world.at_consent(&mut visitor, &mail, &GRACE).await;
    let page = visitor.submit(accept(&screen)).await.unwrap();
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    assert_eq!(
        world.standing(enterprise, USER_SYNC).await.0,
        "granted",
        "by the app role assignments that Graph shows"
    );
    assert_eq!(world.status_of(enterprise, &id).await, "accepted");
}

/// G70 A code that was used to the end is answered as one that never was, however often, and changes nothing.
#[tokio::test]
async fn a_code_is_used_once() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    let wrong = told(&world.type_code(&link_in(&mail), "7777-7777").await);
    let mut visitor = Visitor::new().unwrap();
    world.accept_first(&mut visitor, &mail).await;
    let again = visitor.open(&link_in(&mail)).await.unwrap();
    world.press(&mut visitor, again, &GRACE).await;
    assert_eq!(world.status_of(enterprise, &id).await, "accepted");
    for _ in 0..2 {
        let second = told(&world.type_code(&link_in(&mail), &code_in(&mail)).await);
        assert_eq!((second.0, &second), (400, &wrong));
    }
    assert_eq!(world.status_of(enterprise, &id).await, "accepted");
    assert_eq!(world.facts_of(enterprise, "invitation.accepted").await, 1);
}

/// G72 Of two browsers that press the last button at once one accepts the invitation: one fact, one event, both are told the same.
#[tokio::test]
async fn of_two_who_accept_at_once_one_wins() {
    let world = World::new().await;
    world.listens().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (id, mail) = world.invited(enterprise).await;
    let (mut one, mut other) = (Visitor::new().unwrap(), Visitor::new().unwrap());
    world.accept_first(&mut one, &mail).await;
    let first = world.at_consent(&mut one, &mail, &GRACE).await;
    // The link goes on in the browser that showed the code last.
    let second = world.at_consent(&mut other, &mail, &GRACE).await;
    let pressed = join(one.submit(accept(&first)), other.submit(accept(&second))).await;
    for (visitor, page) in [(&mut one, pressed.0), (&mut other, pressed.1)] {
        let page = world.handed_on(visitor, page.unwrap()).await;
        assert_eq!(page.status, 200, "{}", page.text());
    }
    world.settle().await;
    assert_eq!(world.status_of(enterprise, &id).await, "accepted");
    assert_eq!(world.status_of_enterprise(enterprise).await, "active");
    assert_eq!(world.facts_of(enterprise, "invitation.accepted").await, 1);
    let told = world.invitation_events();
    assert_eq!(told.iter().filter(|(kind, _)| kind == "invitation.accepted").count(), 1, "{told:?}");
}
