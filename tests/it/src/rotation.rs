//! Every key of ours is replaced, as `docs/operations.md` says, with a hundred flows in the air: none is lost. A flow is a link,
//! a person at Microsoft's screen, an answer of Microsoft's on its way to us, or an outcome that its receiver has not taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};
use onboarding_core::seal::rotation::ADOPTION;
use onboarding_sandbox::Form;
use onboarding_sandbox::receiver::{Behaviour, Caught};
use onboarding_sandbox::visitor::{Page, Visitor};
use serde_json::{Value, json};
use simulated_microsoft::{GRACE, SelfSigned};

use crate::client_credential::now;
use crate::webhook_secret::signatures_made_by;
use crate::world::{Decision, Provider, World, go_through};

const FLOWS: usize = 100;
/// So many stand at each of the four places.
const SOME: usize = FLOWS / 4;
const AT_ONCE: usize = 5;
const MINUTE: i64 = 60;

/// A hundred flows of one provider, where they stand.
struct Air<'world> {
    world: &'world World,
    provider: Provider,
    links: Vec<String>,
    at_microsoft: Vec<(Visitor, Page)>,
    answers: Vec<Form>,
}

impl<'world> Air<'world> {
    /// `links` links, of which [`SOME`] have ended with an outcome that is not delivered, and [`SOME`] are open in a browser.
    async fn of(links: usize, world: &'world World) -> Self {
        let provider = world.other_provider().await;
        let mut air = Self { world, provider, links: Vec::new(), at_microsoft: Vec::new(), answers: Vec::new() };
        air.links = more_links(world, &air.provider, links).await;
        air.world.sandbox.webhooks().behave(Behaviour { times: None, ..Behaviour::status(500, 0) });
        air.sign_in(SOME).await;
        air.during(async {}).await;
        air.world.settle().await;
        let refused = air.caught();
        assert!(refused.len() >= SOME && refused.iter().all(|caught| caught.answered == 500), "their outcomes wait");
        world.sandbox.webhooks().behave_well();
        let opened = air.links.drain(..SOME).map(async |link| {
            let mut visitor = Visitor::new().unwrap();
            let page = visitor.open(&link).await.unwrap();
            (visitor, page)
        });
        air.at_microsoft = at_once(opened).await;
        air
    }

    /// Takes people with `count` of the links as far as Microsoft's answer.
    async fn sign_in(&mut self, count: usize) {
        let world = self.world;
        let people = self
            .links
            .drain(..count)
            .map(async |link| world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap());
        self.answers.extend(at_once(people).await);
    }

    /// Posts every answer of Microsoft's that there is, all at once and at the same time as `change`.
    async fn during<T>(&mut self, change: impl Future<Output = T>) -> T {
        let world = self.world;
        let posts = self.answers.drain(..).map(|answer| world.post(answer));
        let (changed, pages) = join(change, at_once(posts)).await;
        for page in pages {
            assert_eq!(page.status, 200, "{}", page.text());
        }
        changed
    }

    fn caught(&self) -> Vec<Caught> {
        self.world.sandbox.webhooks().messages()
    }

    /// Brings down whatever is left. Every flow is granted, and told once; the receiver verified it with its secret, which is
    /// `secret` from the message with the number `from` on.
    async fn land(mut self, secret: &str, from: usize) {
        let people = self.at_microsoft.drain(..).map(async |(mut visitor, page)| {
            go_through(&mut visitor, page, &GRACE, Decision::ForTheOrganization).await.unwrap()
        });
        self.answers.extend(at_once(people).await);
        self.sign_in(self.links.len()).await;
        self.during(async {}).await;
        for _ in 0..3 {
            self.world.pass(6 * MINUTE).await;
        }
        let caught = self.caught();
        let mut told: BTreeMap<&str, u64> = BTreeMap::new();
        for (at, message) in caught.iter().enumerate() {
            let known = if at < from { &self.provider.webhook_secret } else { secret };
            let good = signatures_made_by(&message.headers, &message.body, known);
            assert!(good.contains(&true), "message {at} of {}: {message:?}", caught.len());
            let body: Value = serde_json::from_str(&message.body).unwrap();
            assert_eq!(body["outcome"], "granted", "{body}");
            if message.answered == 200 {
                let again = told.insert(&message.headers["webhook-id"], body["enterpriseId"].as_u64().unwrap());
                assert_eq!(again, None, "told twice");
            }
        }
        assert_eq!(told.len(), FLOWS);
        assert_eq!(told.values().collect::<BTreeSet<_>>().len(), FLOWS, "each enterprise once");
        assert_eq!(self.world.token_calls(), FLOWS as u64, "each code was sent once");
    }
}

/// All of them, [`AT_ONCE`] at a time: that many connections a machine with other work serves in time.
async fn at_once<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    stream::iter(all).buffered(AT_ONCE).collect().await
}

/// Links for so many new enterprises of `provider`, made at once.
async fn more_links(world: &World, provider: &Provider, count: usize) -> Vec<String> {
    static NAMES: AtomicUsize = AtomicUsize::new(0);
    let made = (0..count).map(async |_| {
        let name = format!("Flow {}", NAMES.fetch_add(1, Ordering::Relaxed));
        world.link_of(provider, &name).await
    });
    at_once(made).await
}

/// R116, G06, G07 The sealing key: answers come while it is replaced, and while the new one takes over.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealing_key_is_replaced_and_no_flow_is_lost() {
    let world = World::new().await;
    let mut air = Air::of(FLOWS, &world).await;
    let before = world.present_key().await;
    air.sign_in(SOME / 2).await;
    air.during(world.rotate_sealing_key()).await;
    world.sandbox.clock().advance(i64::try_from(ADOPTION.as_secs()).unwrap() - MINUTE);
    air.sign_in(SOME - SOME / 2).await;
    air.during(async { world.sandbox.clock().advance(MINUTE) }).await;
    assert_ne!(world.present_key().await, before, "the new key seals");
    let secret = air.provider.webhook_secret.clone();
    air.land(&secret, 0).await;
}

/// R115, R116 The client secret gives way to a certificate, and that to another secret: answers come while each is stored,
/// and while the former one is removed at Microsoft.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_credential_is_replaced_and_no_flow_is_lost() {
    let world = World::new().await;
    let mut air = Air::of(FLOWS, &world).await;
    let certificate = SelfSigned::generate(now(&world), 30).unwrap();
    world.register(|app| app.certificates = vec![certificate.certificate().unwrap()]);
    air.sign_in(SOME / 4).await;
    air.during(world.put_credential(&certificate.pem().unwrap())).await;
    world.sandbox.clock().advance(5 * MINUTE);
    air.sign_in(SOME / 4).await;
    air.during(async { world.register(|app| app.client_secret.clear()) }).await;
    world.register(|app| "another".clone_into(&mut app.client_secret));
    air.sign_in(SOME / 4).await;
    air.during(world.put_credential("another")).await;
    world.sandbox.clock().advance(5 * MINUTE);
    air.sign_in(SOME / 4).await;
    air.during(async { world.register(|app| app.certificates.clear()) }).await;
    let secret = air.provider.webhook_secret.clone();
    air.land(&secret, 0).await;
}

/// R116, K9, T67 A webhook secret: answers come and outcomes are sent while it is replaced. The receiver knows the former one
/// alone until it is told the new one, and the new one alone from then on.
#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_secret_is_replaced_and_no_flow_is_lost() {
    let world = World::new().await;
    let mut air = Air::of(FLOWS, &world).await;
    let waiting = air.caught().len();
    world.sandbox.clock().advance(6 * MINUTE);
    air.sign_in(SOME).await;
    let holder = air.provider.clone();
    let (fresh, ()) = air.during(join(world.rotate(&holder), world.settle())).await;
    let told = air.caught().len();
    assert!(told >= waiting + SOME, "what waited was sent in the meantime");
    air.land(&fresh, told).await;
}

/// K9 A provider's key: links are made with the former one while its successor is, and with that while the former is revoked.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_replaced_and_no_flow_is_lost() {
    let world = World::new().await;
    let mut air = Air::of(FLOWS - SOME, &world).await;
    let mut holder = air.provider.clone();
    let made = more_links(&world, &air.provider, SOME / 2);
    let ((_, fresh), made) = join(world.key_of(&holder, &json!({})), made).await;
    air.links.extend(made);
    air.sign_in(SOME).await;
    let former = std::mem::replace(&mut holder.key, fresh.clone());
    let made = more_links(&world, &holder, SOME - SOME / 2);
    let (revoked, made) = air.during(join(world.revoke(&holder, former.split('_').nth(2).unwrap()), made)).await;
    assert_eq!(revoked.status, 204);
    assert_eq!((world.opens(&former).await, world.opens(&fresh).await), (401, 200));
    air.links.extend(made);
    let secret = air.provider.webhook_secret.clone();
    air.land(&secret, 0).await;
}
