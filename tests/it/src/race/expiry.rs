//! The last consent against the sweep, in the very second in which an invitation ends.

use std::time::Duration;

use futures_util::future::join;
use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_sandbox::visitor::Visitor;
use serde_json::json;
use simulated_microsoft::GRACE;

use super::{Arena, MANY_ROUNDS, ROUNDS, rounds};
use crate::invitation::{ADMIN, link_in};

/// How long before the end the last button is pressed, in milliseconds: Microsoft and we take some of it.
const BEFORE: [u64; 5] = [0, 40, 80, 120, 200];

async fn accepts_and_sweeps(count: usize) {
    let mut accepted = 0;
    rounds(count, Arena::new, async |Arena { world, gate }, round| {
        let enterprise = world.texting(&format!("Round {round}")).await;
        let made = world.invite(enterprise, &json!({"adminEmail": ADMIN, "expiresInDays": 1})).await.json();
        let id = made["id"].as_str().unwrap().to_owned();
        let end: Timestamp = made["expiresAt"].as_str().unwrap().parse().unwrap();
        world.settle().await;
        let mail = world.newest_mail();
        let clock = world.sandbox.clock();
        // The drift watch is to have no reason to look meanwhile.
        clock.advance(i64::try_from(end.since(clock.now()).as_secs()).unwrap() - 300);
        let mut visitor = Visitor::new().unwrap();
        world.accept_first(&mut visitor, &mail).await;
        let page = visitor.open(&link_in(&mail)).await.unwrap();
        let mut page = visitor.submit(page.form().unwrap().press("Continue to").unwrap()).await.unwrap();
        while page.form().unwrap().action().path() == "/simulated/sign-in" {
            page = visitor.submit(page.form().unwrap().press(GRACE.name).unwrap()).await.unwrap();
        }
        let last = page.form().unwrap().press("Accept").unwrap();
        clock.advance(i64::try_from(end.since(clock.now()).as_secs()).unwrap() - 1);
        let early = Duration::from_millis(BEFORE[round % BEFORE.len()]);
        tokio::time::sleep(end.since(clock.now()).saturating_sub(early)).await;
        let sweep = async {
            tokio::time::sleep(end.since(clock.now())).await;
            world.sandbox.tick().await
        };
        let ((page, swept), raced) = gate.overlap("TransactWriteItems", join(visitor.submit(last), sweep)).await;
        assert!(page.unwrap().status == 200 && swept.is_ok(), "round {round}");
        world.pass(61).await;
        let facts = async |word: &str| world.facts_of(enterprise, &format!("invitation.{word}")).await;
        let (was_accepted, has_expired) = (facts("accepted").await, facts("expired").await);
        assert_eq!(was_accepted + has_expired, 1, "round {round}: {was_accepted} {has_expired}");
        let status = if was_accepted == 1 { "accepted" } else { "expired" };
        assert_eq!(world.status_of(enterprise, &id).await, status, "round {round}");
        assert_eq!(world.status_of_enterprise(enterprise).await, "active", "round {round}: the consent stands");
        accepted += was_accepted;
        raced
    })
    .await;
    assert!(count < MANY_ROUNDS || (0 < accepted && accepted < count), "{accepted} of {count}");
    eprintln!("{count} times the last consent against the sweep: {accepted} accepted, the others expired, none both");
}

/// R038, R165, P6 In its last second an invitation is accepted or expires, never both; the consent stands either way.
#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_against_the_sweep() {
    accepts_and_sweeps(ROUNDS).await;
}

/// R038, R165, P6 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_acceptances_against_the_sweep() {
    accepts_and_sweeps(MANY_ROUNDS).await;
}
