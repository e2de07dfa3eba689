//! Losses whose mending did not go straight.

use super::*;

/// K17, R202 Who begins to mend a loss, and leaves until the link has ended, does not make it last: once the permission is back, it is
/// told.
#[tokio::test]
async fn a_loss_whose_mending_was_left_recovers() {
    let watched = Watched::new().await;
    watched.revoke("Group.Read.All");
    watched.pass().await;
    watched.leads_to(&watched.told()[0].2).await;
    watched.stand(&[(SYNC, "started")]).await;
    watched.world.pass(14 * HALF_A_DAY).await;
    watched.stand(&[(SYNC, "expired")]).await;
    watched.restore(&[], &["Group.Read.All"]);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted")]).await;
    assert_eq!(watched.events(), [format!("action.drifted {SYNC}"), format!("action.recovered {SYNC}")]);
}

/// R195, K17 A loss that is mended by an approval is back as any other: told as recovered, beside what came of the link.
#[tokio::test]
async fn a_loss_that_is_mended_late_recovers() {
    let watched = Watched::new().await;
    watched.revoke("User.Read.All");
    watched.pass().await;
    watched.world.come_back(&filed(&watched.link(SYNC).await)).await;
    watched.stand(&[(SYNC, "blocked")]).await;
    watched.restore(&[], &["User.Read.All"]);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted")]).await;
    let of_it = |event: &String| event.ends_with(SYNC);
    let told: Vec<String> = watched.events().into_iter().filter(of_it).collect();
    assert_eq!(told, [format!("action.drifted {SYNC}"), format!("action.recovered {SYNC}")]);
}

/// P3, K17 The link that mends a loss may end unverified: what becomes of that is told by it, and that the loss is over, too.
#[tokio::test]
async fn a_loss_whose_mending_was_not_read_recovers() {
    let watched = Watched::new().await;
    watched.revoke("User.Read.All");
    watched.pass().await;
    let link = watched.link(SYNC).await;
    watched.restore(&[], &["User.Read.All"]);
    watched.fault("graph", 503);
    watched.world.come_back(&said(&link, &CONTOSO)).await;
    for _ in 0..11 {
        watched.world.pass(60).await;
    }
    watched.stand(&[(SYNC, "unverifiable")]).await;
    watched.world.microsoft().set_faults(vec![]);
    watched.pass().await;
    watched.stand(&[(SYNC, "granted")]).await;
    assert_eq!(watched.events().iter().filter(|event| event.starts_with("action.recovered")).count(), 1);
    let caught = watched.world.sandbox.webhooks().messages();
    let bodies = caught.iter().map(|caught| serde_json::from_str::<Value>(&caught.body).unwrap());
    let outcomes: Vec<Value> =
        bodies.filter(|told| told["actionType"] == SYNC).map(|told| told["outcome"].clone()).collect();
    assert_eq!(outcomes, ["granted", "unverifiable", "granted"]);
}
