//! What a provider sees and does of its deliveries: the list, once more, a test (K16).

use std::time::Duration;

use onboarding_core::time::Timestamp;
use onboarding_sandbox::receiver::Behaviour;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use crate::effects::Effects;
use crate::world::{Answer, Decision, World};

const DELIVERIES: &str = "/v1/webhooks/deliveries";
const DAY: i64 = 24 * 3_600;

impl World {
    async fn deliveries(&self, query: &str) -> Value {
        let page = self.provider(Method::GET, &format!("{DELIVERIES}{query}"), None).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.json()
    }

    async fn only_delivery(&self) -> Value {
        let page = self.deliveries("").await;
        let [one] = &page["items"].as_array().unwrap()[..] else { panic!("{page}") };
        one.clone()
    }

    async fn redeliver(&self, id: &Value) -> Answer {
        let path = format!("{DELIVERIES}/{}/redeliver", id.as_str().unwrap());
        self.provider(Method::POST, &path, None).await
    }

    async fn test_webhook(&self) -> Value {
        let body = json!({ "redirectUrl": self.hook() });
        let sent = self.provider(Method::POST, "/v1/webhooks/test", Some(&body)).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        sent.json()
    }

    async fn granted(&self) -> u64 {
        let enterprise = self.contoso().await;
        let link = self.registration_url(enterprise).await;
        self.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        self.settle().await;
        enterprise
    }

    fn arrived(&self) -> usize {
        self.sandbox.webhooks().messages().len()
    }
}

/// K16 A delivery is shown with its `webhook-id`, how far it is, and how the last attempt failed; what was posted is not.
#[tokio::test]
async fn a_delivery_tells_how_far_it_is() {
    let world = World::new().await;
    world.sandbox.webhooks().behave(Behaviour::status(500, 1));
    let enterprise = world.granted().await;
    let waits = world.only_delivery().await;
    assert_eq!(waits["id"], json!(world.sandbox.webhooks().messages()[0].headers["webhook-id"]));
    assert_eq!(
        (&waits["enterpriseId"], &waits["status"], &waits["attempts"], &waits["event"], &waits["redirectUrl"]),
        (&json!(enterprise), &json!("pending"), &json!(1), &json!("action.granted"), &json!(world.hook()))
    );
    assert_eq!(waits["lastFailure"]["status"], 500);
    let failed_at: Timestamp = waits["lastFailure"]["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(waits["nextAttemptAt"], json!(failed_at.plus(Duration::from_secs(5)).to_string()));
    assert!(!waits.to_string().contains("onbtok_"), "{waits}");
    world.pass(5).await;
    let done = world.only_delivery().await;
    assert_eq!(
        (&done["status"], &done["attempts"], &done["nextAttemptAt"]),
        (&json!("delivered"), &json!(2), &Value::Null)
    );
}

/// K16 A test is signed and repeated like everything else, is about no enterprise, and is told in the list and the audit
/// trail.
#[tokio::test]
async fn a_test_arrives_signed() {
    let world = World::new().await;
    let sent = world.test_webhook().await;
    assert_eq!(
        (&sent["status"], &sent["attempts"], &sent["enterpriseId"]),
        (&json!("pending"), &json!(0), &Value::Null)
    );
    world.settle().await;
    let caught = world.sandbox.webhooks().messages();
    assert_eq!((caught.len(), caught[0].verified), (1, true));
    assert_eq!(json!(caught[0].headers["webhook-id"]), sent["id"]);
    let body: Value = serde_json::from_str(&caught[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]), (&json!("webhook.test"), &json!({"resellerId": world.reseller_id()})));
    assert_eq!(world.only_delivery().await["status"], "delivered");
    let trail = world.provider(Method::GET, "/v1/audit", None).await.json();
    let rows = trail["items"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["action"] == "webhook.tested"), "{trail}");
}

/// R113, K16 A test goes to a listed host alone, and what is refused changes nothing.
#[tokio::test]
async fn a_test_goes_to_listed_hosts_alone() {
    let world = World::new().await;
    let before = world.snapshot().await;
    for (body, fault) in [
        (json!({"redirectUrl": "https://elsewhere.example/"}), ("/redirectUrl", "invalid_redirect_url")),
        (json!({}), ("/redirectUrl", "required")),
    ] {
        let refused = world.provider(Method::POST, "/v1/webhooks/test", Some(&body)).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.problem().2, [(fault.0.to_owned(), fault.1.to_owned())]);
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// K16 A delivery that was given up is made once more, with the same id and bytes, by the whole schedule.
#[tokio::test]
async fn what_was_given_up_is_made_once_more() {
    let world = World::new().await;
    world.sandbox.webhooks().behave(Behaviour { times: None, ..Behaviour::status(500, 0) });
    world.granted().await;
    for _ in 0..10 {
        world.pass(DAY).await;
    }
    let parked = world.only_delivery().await;
    assert_eq!((&parked["status"], &parked["attempts"]), (&json!("parked"), &json!(10)));
    let before = world.arrived();
    let again = world.redeliver(&parked["id"]).await;
    assert_eq!((again.status.as_u16(), &again.json()["status"]), (202, &json!("pending")));
    world.settle().await;
    assert_eq!(world.arrived(), before + 1, "at once");
    world.sandbox.webhooks().behave_well();
    world.pass(5).await;
    assert_eq!(world.arrived(), before + 2, "and by the schedule from its beginning");
    let caught = world.sandbox.webhooks().messages();
    let (first, last) = (&caught[0], &caught[before + 1]);
    assert_eq!((&first.headers["webhook-id"], &first.body), (&last.headers["webhook-id"], &last.body));
    assert_eq!(world.only_delivery().await["status"], "delivered");
    world.pass(DAY).await;
    assert_eq!(world.arrived(), before + 2, "a 2xx ends it");
}

/// K16 What was delivered can be had once more, and what waits is not waited for.
#[tokio::test]
async fn any_delivery_can_be_had_once_more() {
    let world = World::new().await;
    world.granted().await;
    let delivered = world.only_delivery().await;
    assert_eq!(world.redeliver(&delivered["id"]).await.status, 202);
    world.settle().await;
    assert_eq!(world.arrived(), 2);
    world.sandbox.webhooks().behave(Behaviour::status(500, 2));
    assert_eq!(world.redeliver(&delivered["id"]).await.status, 202);
    world.settle().await;
    world.pass(5).await;
    assert_eq!(world.arrived(), 4, "it waits five minutes now");
    assert_eq!(world.redeliver(&delivered["id"]).await.status, 202);
    world.settle().await;
    assert_eq!((world.arrived(), world.only_delivery().await["status"].clone()), (5, json!("delivered")));
}

/// G63 Who asks for a delivery to a URL that answered 410 has things sent there again.
#[tokio::test]
async fn a_url_that_was_gone_is_back_when_its_provider_says_so() {
    let world = World::new().await;
    world.sandbox.webhooks().behave(Behaviour::status(410, 1));
    world.test_webhook().await;
    world.settle().await;
    let gone = world.only_delivery().await;
    assert_eq!(gone["status"], "disabled");
    assert_eq!(world.redeliver(&gone["id"]).await.status, 202);
    world.test_webhook().await;
    world.settle().await;
    let page = world.deliveries("").await;
    let ended: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(ended, ["delivered", "delivered"]);
}

/// K16 A host that was taken off the list gets nothing, and its provider is told so.
#[tokio::test]
async fn a_host_that_is_not_listed_gets_nothing() {
    let world = World::new().await;
    world.granted().await;
    let delivery = world.only_delivery().await;
    let path = format!("/v1/resellers/{}", world.reseller_id());
    let other = json!({"redirectHosts": ["hooks.example.com"]});
    assert_eq!(world.operator(Method::PATCH, &path, Some(&other)).await.status, 200);
    let before = world.snapshot().await;
    let refused = world.redeliver(&delivery["id"]).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "redirect_host_not_listed"));
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R066, K16 The list goes by pages, the newest first, filtered by status and enterprise; a cursor is good for its filter alone.
#[tokio::test]
async fn the_list_goes_by_pages() {
    let world = World::new().await;
    let enterprise = world.granted().await;
    world.sandbox.webhooks().behave(Behaviour { times: None, ..Behaviour::status(500, 0) });
    let mut sent = Vec::new();
    for _ in 0..4 {
        world.sandbox.clock().advance(1);
        sent.insert(0, world.test_webhook().await["id"].clone());
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.deliveries(&format!("?limit=2{cursor}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["id"].clone()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((seen.len(), pages, &seen[..4]), (5, 3, &sent[..]));
    let of = async |query: String| world.deliveries(&query).await["items"].as_array().unwrap().len();
    assert_eq!(of("?status=pending".to_owned()).await, 4);
    assert_eq!(of("?status=delivered".to_owned()).await, 1);
    assert_eq!(of(format!("?enterpriseId={enterprise}")).await, 1);
    assert_eq!(of(format!("?enterpriseId={enterprise}&status=pending")).await, 0);
    let misplaced = world.provider(Method::GET, &format!("{DELIVERIES}?status=pending&limit=2{cursor}"), None).await;
    assert_eq!((misplaced.problem().0, misplaced.problem().1.as_str()), (422, "invalid_cursor"));
    let wrong = world.provider(Method::GET, &format!("{DELIVERIES}?status=sent&limit=0"), None).await;
    let faults: Vec<String> = wrong.problem().2.into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(faults, ["/limit", "/status"]);
}

/// G66 Another provider sees none of it, and does nothing with it.
#[tokio::test]
async fn deliveries_are_their_providers_own() {
    let world = World::new().await;
    let other = world.other_provider().await;
    let enterprise = world.granted().await;
    let delivery = world.only_delivery().await;
    let theirs = world.as_holder_of(&other.key, Method::GET, DELIVERIES, None).await;
    assert_eq!(theirs.json()["items"], json!([]));
    let path = format!("{DELIVERIES}/{}/redeliver", delivery["id"].as_str().unwrap());
    assert_eq!(world.as_holder_of(&other.key, Method::POST, &path, None).await.status, 404);
    let about = format!("{DELIVERIES}?enterpriseId={enterprise}");
    assert_eq!(world.as_holder_of(&other.key, Method::GET, &about, None).await.status, 404);
    world.settle().await;
    assert_eq!(world.arrived(), 1);
}
