//! Answers of the table that get lost after the write was made.

use onboarding_sandbox::{Options, Overrides};
use simulated_microsoft::GRACE;

use crate::effects::Effects;
use crate::tap::{Tap, Trouble, serve_dynamodb};
use crate::world::{Decision, World};

/// G76 The answer to any write of a callback is lost: there is one effect, whole, and the person sees it.
#[tokio::test]
async fn a_lost_answer_of_the_table_changes_nothing() {
    // The lease; that the code is redeemed; that it is granted.
    for (operation, passing) in [("UpdateItem", 0), ("TransactWriteItems", 0), ("TransactWriteItems", 1)] {
        let tap = Tap::open().await;
        tap.leads_to(&serve_dynamodb().await);
        let overrides = Overrides { dynamodb: Some(tap.url().parse().unwrap()), ..Overrides::default() };
        let world =
            World::with(Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }).await;
        let enterprise = world.contoso().await;
        let link = world.registration_url(enterprise).await;
        let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        let before = world.snapshot().await;
        tap.break_where(operation, Trouble::LosesAfter(passing));
        let page = world.post(answer).await;
        tap.heal();
        assert!(page.text().contains("Granted Consent"), "{operation} {passing}: {}", page.text());
        assert_eq!(world.effects_since(&before).await, Effects::granted(), "{operation} {passing}");
        assert!(tap.seen().iter().any(|exchange| exchange.is_broken), "{operation} {passing}: nothing was lost");
    }
}
