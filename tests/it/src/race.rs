//! Races, with real concurrency: whoever comes first, there is one effect, and nobody sees a server error. A [`Gate`] before
//! the table counts in how many rounds the writes that decide were under way at once: most of them must have raced.

mod expiry;
mod gate;
mod processes;
mod upkeep;

use std::time::Duration;

use futures_util::future::{join, join_all};
use gate::Gate;
use onboarding_lambda::config::deployment::{Endpoint, PublicBase};
use onboarding_sandbox::{Form, Options, Overrides};
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, FABRIKAM, FRANK, GRACE};

use crate::tap::serve_dynamodb;
use crate::world::{Decision, World, send};

/// Rounds of a default run, and of a long one.
const ROUNDS: usize = 10;
const MANY_ROUNDS: usize = 1_000;
/// A world's stream is read from end to end each time, so a long one makes the next round longer.
const ROUNDS_IN_ONE_WORLD: usize = 25;

/// A world, and the gate before its table.
struct Arena {
    world: World,
    gate: Gate,
}

fn endpoint(address: &str) -> Endpoint {
    address.parse().unwrap()
}

fn with(overrides: Overrides) -> Options {
    Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() }
}

impl Arena {
    async fn new() -> Self {
        let gate = Gate::before(serve_dynamodb().await).await;
        let world = World::with(with(Overrides { dynamodb: Some(endpoint(gate.url())), ..Overrides::default() })).await;
        Self { world, gate }
    }

    /// Another instance of the whole bundle on the same table, secrets and Microsoft. It is a process of its own but for the
    /// memory: it has its own router, clients, caches and reader of the stream.
    async fn another_instance(&self) -> World {
        let ready = self.world.sandbox.ready();
        World::with(with(Overrides {
            dynamodb: Some(endpoint(self.gate.url())),
            secrets_manager: Some(endpoint(&ready.secrets)),
            authority: Some(endpoint(&ready.microsoft)),
            graph: Some(endpoint(&ready.microsoft)),
            public_base: PublicBase::in_sandbox(&ready.api).ok(),
            ..Overrides::default()
        }))
        .await
    }
}

/// Plays `round` so often, each time with another number, in an arena that `begin` makes; `round` says whether it was a
/// race. Most must have been.
async fn rounds<A>(count: usize, begin: impl AsyncFn() -> A, mut round: impl AsyncFnMut(&A, usize) -> bool) {
    let (mut arena, mut raced) = (begin().await, 0);
    for at in 0..count {
        if at > 0 && at % ROUNDS_IN_ONE_WORLD == 0 {
            arena = begin().await;
        }
        raced += usize::from(round(&arena, at).await);
    }
    eprintln!("in {raced} of {count} rounds the writes that decide were under way at once");
    assert!(2 * raced > count, "{raced} of {count}");
}

/// One request, fifty callbacks at once: alternately with one of two sign-ins of the same person.
async fn fifty_callbacks(Arena { world, gate }: &Arena, round: usize) -> bool {
    let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
    let enterprise = world.enterprise(name).await;
    let link = world.registration_url(enterprise).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap());
    }
    let before = world.token_calls();
    let callbacks = join_all((0..50).map(|at| world.post(answers[at % 2].clone())));
    let (pages, raced) = gate.overlap("UpdateItem", callbacks).await;
    for page in &pages {
        assert!(page.status == 200 || page.status == 400, "round {round}: {}", page.status);
    }
    assert_eq!(world.token_calls() - before, 1, "round {round}: one code was sent, once");
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None), "round {round}");
    world.settle().await;
    assert_eq!(told(world, enterprise), ["granted"], "round {round}");
    raced
}

async fn callbacks(count: usize) {
    rounds(count, Arena::new, fifty_callbacks).await;
    eprintln!("{count} rounds of 50 callbacks: {count} grants, token calls and outcomes, no server error");
}

/// G11, R111 Of many callbacks of one request one has an effect.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_callbacks_one_has_an_effect() {
    callbacks(ROUNDS).await;
}

/// G11 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_rounds_of_fifty_callbacks() {
    callbacks(MANY_ROUNDS).await;
}

/// The same by two instances: half of the callbacks come to each.
async fn callbacks_at_two_instances(count: usize) {
    let callback = "/restricted/handleResponse";
    let mut instance: Option<(String, World)> = None;
    rounds(count, Arena::new, async |arena, round| {
        let Arena { world, gate } = arena;
        let (_, other) = match &mut instance {
            Some(of) if of.0 == world.sandbox.api() => of,
            none => none.insert((world.sandbox.api().to_owned(), arena.another_instance().await)),
        };
        let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise(name).await;
        let link = world.registration_url(enterprise).await;
        let mut forms = Vec::new();
        for _ in 0..2 {
            let form = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
            forms.push(["state", "code", "id_token"].map(|name| (name, form.value(name).unwrap().to_owned())));
        }
        let before = world.token_calls();
        let post = |at: usize| {
            let instance = if at.is_multiple_of(2) { world } else { &*other };
            send(instance.call(Method::POST, callback).form(&forms[at / 2 % 2]))
        };
        let (answers, raced) = gate.overlap("UpdateItem", join_all((0..20).map(post))).await;
        for answer in &answers {
            assert!(matches!(answer.status.as_u16(), 303 | 400), "round {round}: {}", answer.text);
        }
        assert_eq!(world.token_calls() - before, 1, "round {round}: one code was sent, once");
        for instance in [world, &*other] {
            assert_eq!(instance.registration(enterprise).await, ("granted".to_owned(), None), "round {round}");
            instance.settle().await;
        }
        assert_eq!(told(world, enterprise), ["granted"], "round {round}");
        raced
    })
    .await;
    eprintln!("{count} rounds of 20 callbacks at two instances: {count} grants, token calls and outcomes");
}

/// G11, P6 Of many callbacks that come to two instances, with caches of their own, one has an effect; it is told once.
#[tokio::test(flavor = "multi_thread")]
async fn of_callbacks_at_two_instances_one_has_an_effect() {
    callbacks_at_two_instances(ROUNDS).await;
}

/// G11, P6 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_rounds_at_two_instances() {
    callbacks_at_two_instances(MANY_ROUNDS).await;
}

async fn proved(world: &World, enterprise: u64, person: &simulated_microsoft::Person) -> Form {
    let link = world.registration_url(enterprise).await;
    world.answer_of_microsoft(&link, person, Decision::ForTheOrganization).await.unwrap()
}

async fn callbacks_and_confirmations(count: usize) {
    rounds(count, Arena::new, async |Arena { world, gate }, round| {
        let enterprise = world.enterprise(json!({"enterpriseName": format!("Round {round}")})).await;
        let (first, second) = (proved(world, enterprise, &GRACE).await, proved(world, enterprise, &GRACE).await);
        world.post(first).await;
        let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
        let body = json!({"tenantId": CONTOSO.id});
        let confirm = world.provider(Method::POST, &path, Some(&body));
        let ((page, confirmed), raced) = gate.overlap("TransactWriteItems", join(world.post(second), confirm)).await;
        assert!(page.status == 200, "round {round}: {}", page.status);
        assert!(confirmed.status == 200 || confirmed.status == 409, "round {round}: {}", confirmed.text);
        world.provider(Method::POST, &path, Some(&body)).await;
        world.pass(10).await;
        assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None), "round {round}");
        let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
        assert_eq!(read["tenantId"], CONTOSO.id, "round {round}: {read}");
        let told = told(world, enterprise);
        assert!((1..=2).contains(&told.len()) && told.iter().all(|word| word == "granted"), "{round}: {told:?}");
        raced
    })
    .await;
    eprintln!("{count} callbacks against confirmations: {count} tenants bound once, no server error");
}

/// G11 A callback of a second link against the confirmation of the first: the tenant is bound once, by the confirmation.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_against_a_confirmation() {
    callbacks_and_confirmations(ROUNDS).await;
}

/// G11 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callbacks_against_confirmations() {
    callbacks_and_confirmations(MANY_ROUNDS).await;
}

/// What was told of an enterprise, in order.
fn told(world: &World, enterprise: u64) -> Vec<String> {
    let told = world.outcomes().into_iter().filter(|told| told["enterpriseId"] == enterprise);
    told.map(|told| told["outcome"].as_str().unwrap().to_owned()).collect()
}

async fn tenants_against_each_other(count: usize) {
    rounds(count, Arena::new, async |Arena { world, gate }, round| {
        let enterprise = world.enterprise(json!({"enterpriseName": format!("Round {round}")})).await;
        let (grace, frank) = (proved(world, enterprise, &GRACE).await, proved(world, enterprise, &FRANK).await);
        // The provider is shown the tenant of one of them: of the two confirmations one is refused before it writes.
        let callbacks = join(world.post(grace), world.post(frank));
        let ((one, other), raced) = gate.overlap("TransactWriteItems", callbacks).await;
        assert!(one.status == 200 && other.status == 200, "round {round}: {} {}", one.status, other.status);
        let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
        let bodies = [CONTOSO.id, FABRIKAM.id].map(|tenant| json!({ "tenantId": tenant }));
        let confirms = bodies.iter().map(|body| world.provider(Method::POST, &path, Some(body)));
        let answers = join_all(confirms).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "round {round}: {statuses:?}");
        assert!(statuses.contains(&409), "round {round}: {statuses:?}");
        let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
        let bound = if statuses[0] == 200 { CONTOSO.id } else { FABRIKAM.id };
        assert_eq!(read["tenantId"], bound, "round {round}");
        world.settle().await;
        assert_eq!(told(world, enterprise), ["granted"], "round {round}");
        raced
    })
    .await;
    eprintln!("{count} times two tenants: {count} bound and told once, no server error");
}

/// T16 Two tenants for one enterprise at once: both wait, and of two confirmations one binds.
#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_for_one_enterprise() {
    tenants_against_each_other(ROUNDS).await;
}

/// T16 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_times_two_tenants_for_one_enterprise() {
    tenants_against_each_other(MANY_ROUNDS).await;
}

/// How long a stop waits, in milliseconds: most come within the callback, some after it.
const STOPPED_AFTER: [u64; 10] = [0, 25, 50, 75, 100, 125, 150, 175, 600, 900];

async fn callbacks_and_stops(count: usize) {
    let mut granted = 0;
    rounds(count, Arena::new, async |Arena { world, gate }, round| {
        let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise(name).await;
        let answer = proved(world, enterprise, &GRACE).await;
        let path = format!("/v1/enterprises/{enterprise}/disable");
        let (empty, delay) = (json!({}), Duration::from_millis(STOPPED_AFTER[round % STOPPED_AFTER.len()]));
        let stop = async {
            tokio::time::sleep(delay).await;
            let stopped = world.provider(Method::POST, &path, Some(&empty)).await;
            (stopped.status.as_u16(), world.registration(enterprise).await.0)
        };
        let race = join(world.post(answer), stop);
        let ((page, (stopped, when_stopped)), raced) = gate.overlap("TransactWriteItems", race).await;
        assert_eq!(stopped, 200, "round {round}");
        assert!(page.status == 200 || page.status == 403, "round {round}: {}", page.status);
        world.pass(61).await;
        let after = world.registration(enterprise).await;
        let told = told(world, enterprise);
        match after.0.as_str() {
            "granted" => assert_eq!((when_stopped.as_str(), told), ("granted", vec!["granted".to_owned()]), "{round}"),
            "blocked" => assert_eq!((after.1.as_deref(), told.len()), (Some("enterprise_disabled"), 1), "{round}"),
            other => assert_eq!((other, told.len()), ("started", 0), "round {round}"),
        }
        granted += usize::from(after.0 == "granted");
        raced
    })
    .await;
    // Few rounds may all end in one way; of many, some end in each.
    assert!(count < MANY_ROUNDS || (0 < granted && granted < count), "{granted} of {count}");
    eprintln!("{count} callbacks against stops: {granted} came before it, none after it was granted, no server error");
}

/// K9 A callback against the stop of its enterprise: granted and told before it, or refused; never granted after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_against_a_stop() {
    callbacks_and_stops(ROUNDS).await;
}

/// K9 The same a thousand times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callbacks_against_stops() {
    callbacks_and_stops(MANY_ROUNDS).await;
}
