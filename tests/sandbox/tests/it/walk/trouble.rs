//! What may go wrong: each choice comes to what the page says of it.

use serde_json::Value;
use simulated_microsoft::{CONTOSO, FRANK, GRACE};

use super::{Walker, after, part};

/// A choice, what comes of it at once and after the clock was moved by so many seconds, and the code in the end.
const CASES: [(&str, &str, &[&str], &str, &str); 10] = [
    ("none", "granted", &[], "granted", ""),
    ("cancel", "declined", &[], "declined", "declined"),
    ("for-self", "blocked", &[], "blocked", "org_consent_not_ticked"),
    ("late", "verifying", &["60"], "granted", ""),
    ("never", "verifying", &["600"], "blocked", "grant_not_visible"),
    ("graph-down", "verifying", &["600"], "unverifiable", ""),
    ("token-down", "blocked", &[], "blocked", "microsoft_busy"),
    ("reset", "blocked", &[], "blocked", "sign_in_interrupted"),
    ("slow", "granted", &[], "granted", ""),
    ("policy", "blocked", &[], "blocked", "conditional_access_block"),
];

impl Walker {
    async fn registration(&self) -> Value {
        let path = format!("/v1/enterprises/{}/actions", self.enterprise().await);
        let listed: Value = self.world.as_reseller(&path, None).await.json().await.unwrap();
        listed["items"][0].clone()
    }

    /// What the page says will come of a choice.
    async fn told(&self, key: &str) -> String {
        let page = self.page().await;
        let label = after(&page, &format!("<option value=\"{key}\"")).split('>').nth(1).unwrap();
        let label = label.split('<').next().unwrap();
        after(&page, &format!("<dt>{label}</dt><dd>")).split("</dd>").next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn each_choice_comes_to_what_is_told_of_it() {
    let walker = Walker::new().await;
    for (key, at_once, seconds, in_the_end, code) in CASES {
        walker.press("start-over", &[]).await;
        walker.link(key, CONTOSO.id).await;
        let told = walker.told(key).await;
        for word in [at_once, in_the_end, code] {
            assert!(told.contains(word), "{key}: “{told}” does not tell {word}");
        }
        walker.play(GRACE.oid, key).await;
        assert_eq!(walker.registration().await["status"], at_once, "{key}");
        for seconds in seconds {
            walker.press("clock", &[("seconds", seconds)]).await;
        }
        let registration = walker.registration().await;
        assert_eq!(registration["status"], in_the_end, "{key}: {registration}");
        if !code.is_empty() {
            assert_eq!(registration["problem"]["code"], code, "{key}");
        }
    }
}

/// Where the page says that the link still works, it does.
#[tokio::test]
async fn a_link_that_still_works_is_granted_in_the_end() {
    let walker = Walker::new().await;
    for (key, ..) in CASES {
        walker.press("start-over", &[]).await;
        walker.link(key, CONTOSO.id).await;
        if walker.told(key).await.contains("the link still works") {
            walker.play(GRACE.oid, key).await;
            walker.play(GRACE.oid, "none").await;
            assert_eq!(walker.registration().await["status"], "granted", "{key}");
        }
    }
}

#[tokio::test]
async fn mend_ends_what_microsoft_plays() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(GRACE.oid, "graph-down").await;
    assert_eq!(walker.registration().await["status"], "verifying");
    walker.press("mend", &[]).await;
    walker.press("clock", &[("seconds", "60")]).await;
    assert_eq!(walker.registration().await["status"], "granted");
    assert!(walker.world.sandbox.microsoft().unwrap().faults().is_empty());
}

/// Who belongs to another organization than the link is pinned to is kept by Microsoft, and the page says so and what is left to do.
#[tokio::test]
async fn the_page_says_that_microsoft_has_kept_somebody() {
    let walker = Walker::new().await;
    walker.link("Contoso", CONTOSO.id).await;
    walker.play(FRANK.oid, "none").await;
    let page = walker.page().await;
    let visit = part(&page, "visit", "</section>");
    assert!(visit.contains("Microsoft kept Frank") && visit.contains("the link still works"), "{visit}");
    assert!(!visit.contains("granted"), "what is told of Grace is not told of Frank: {visit}");
    walker.play(GRACE.oid, "none").await;
    assert!(!walker.page().await.contains("Microsoft kept"));
    assert_eq!(walker.registration().await["status"], "granted");
}
