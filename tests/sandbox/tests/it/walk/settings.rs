//! The page of a sandbox that was started otherwise.

use onboarding_lambda::config::Env;
use onboarding_sandbox::{Options, Overrides};
use simulated_microsoft::{CONTOSO, GRACE};

use super::{Walker, part};
use crate::world::{World, consent, options};

/// K2 Where Microsoft is elsewhere, nobody here can choose who signs in; the link is the same.
#[tokio::test]
async fn with_microsoft_elsewhere_there_is_a_link_and_no_choice() {
    let first = World::new().await;
    let microsoft = first.sandbox.ready().microsoft.clone();
    let pairs = [("AUTHORITY_HOST", microsoft.as_str()), ("GRAPH_ENDPOINT", microsoft.as_str())];
    let overrides = Overrides::from_env(&Env::from_pairs(pairs)).unwrap();
    let walker = Walker::with(Options { overrides, ..options() }).await;
    walker.link("Contoso", CONTOSO.id).await;
    let page = walker.page().await;
    assert!(page.contains("there are no people and no faults to choose from"));
    assert!(!page.contains("name=\"person\"") && !page.contains("Mend Microsoft"));
    walker.play(GRACE.oid, "none").await;
    walker.press("mend", &[]).await;
    assert_eq!(walker.world.status(walker.enterprise().await).await, "started", "nothing is played");

    let opened = walker.press("open", &[]).await;
    let link = opened.headers()["location"].to_str().unwrap();
    assert!(link.starts_with(&microsoft) && !link.contains("login_hint"), "{link}");
    let policy = walker.world.http.get(walker.world.sandbox.api()).send().await.unwrap();
    let policy = policy.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains(&format!("form-action 'self' {microsoft};")), "{policy}");
}

/// K1 Without the flag the outcome goes elsewhere, and the page says so.
#[tokio::test]
async fn without_insecure_redirects_the_page_says_where_webhooks_go() {
    let walker = Walker::with(Options { insecure_redirects: false, ..options() }).await;
    walker.link("Contoso", CONTOSO.id).await;
    let page = walker.page().await;
    assert!(
        part(&page, "step-5", "</li>").contains("Webhooks of this sandbox go to https://hooks.example.com/onboarding")
    );
    assert!(part(&page, "badge-2", "</span>").contains("done"), "the link is made all the same");
}

/// K5 Which of the two it is, is told.
#[tokio::test]
async fn the_page_says_whether_due_rows_move_by_themselves() {
    let told = async |sweep| Walker::with(Options { sweep, ..options() }).await.page().await.contains("--no-sweep");
    assert!(told(false).await);
    assert!(!told(true).await);
}

/// The page goes on after another sandbox has had Microsoft forget its log.
#[tokio::test]
async fn a_reset_by_somebody_else_does_not_stop_the_walk() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(GRACE.oid, "cancel").await;
    walker.world.sandbox.microsoft().unwrap().reset();
    assert!(part(&walker.page().await, "calls", "</div>").contains("Nothing yet"));
    let opened = walker.press("open", &[("person", GRACE.oid), ("trouble", "none")]).await;
    let outcome = consent(opened.headers()["location"].to_str().unwrap()).await;
    assert!(outcome.text().contains("Granted Consent"));
}
