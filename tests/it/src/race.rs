//! Races, with real concurrency: whoever comes first, there is one effect, and nobody sees a server error.

use futures_util::future::{join, join_all};
use onboarding_sandbox::Form;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, FABRIKAM, FRANK, GRACE};

use crate::world::{Decision, World};

/// Rounds of a default run, and of a long one.
const ROUNDS: usize = 10;
const MANY_ROUNDS: usize = 1_000;
/// A world's stream is read from end to end each time, so a long one makes the next round longer.
const ROUNDS_IN_ONE_WORLD: usize = 25;

/// Plays `round` so often, each time with another number.
async fn rounds(count: usize, mut round: impl AsyncFnMut(&World, usize)) {
    let mut world = World::new().await;
    for at in 0..count {
        if at > 0 && at % ROUNDS_IN_ONE_WORLD == 0 {
            world = World::new().await;
        }
        round(&world, at).await;
    }
}

/// One request, fifty callbacks at once: alternately with one of two sign-ins of the same person.
async fn fifty_callbacks(world: &World, round: usize) {
    let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
    let enterprise = world.enterprise(name).await;
    let link = world.registration_url(enterprise).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap());
    }
    let before = world.token_calls();
    let pages = join_all((0..50).map(|at| world.post(answers[at % 2].clone()))).await;
    for page in &pages {
        assert!(page.status == 200 || page.status == 400, "round {round}: {}", page.status);
    }
    assert_eq!(world.token_calls() - before, 1, "round {round}: one code was sent, once");
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None), "round {round}");
    world.settle().await;
    assert_eq!(told(world, enterprise), ["granted"], "round {round}");
}

async fn callbacks(count: usize) {
    rounds(count, fifty_callbacks).await;
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

async fn proved(world: &World, enterprise: u64, person: &simulated_microsoft::Person) -> Form {
    let link = world.registration_url(enterprise).await;
    world.answer_of_microsoft(&link, person, Decision::ForTheOrganization).await.unwrap()
}

async fn callbacks_and_confirmations(count: usize) {
    rounds(count, async |world, round| {
        let enterprise = world.enterprise(json!({"enterpriseName": format!("Round {round}")})).await;
        let (first, second) = (proved(world, enterprise, &GRACE).await, proved(world, enterprise, &GRACE).await);
        world.post(first).await;
        let path = format!("/v1/enterprises/{enterprise}/confirm-tenant");
        let body = json!({"tenantId": CONTOSO.id});
        let confirm = world.provider(Method::POST, &path, Some(&body));
        let (page, confirmed) = join(world.post(second), confirm).await;
        assert!(page.status == 200, "round {round}: {}", page.status);
        assert!(confirmed.status == 200 || confirmed.status == 409, "round {round}: {}", confirmed.text);
        world.provider(Method::POST, &path, Some(&body)).await;
        world.pass(10).await;
        assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None), "round {round}");
        let told = told(world, enterprise);
        assert!((1..=2).contains(&told.len()) && told.iter().all(|word| word == "granted"), "{round}: {told:?}");
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
    rounds(count, async |world, round| {
        let enterprise = world.enterprise(json!({"enterpriseName": format!("Round {round}")})).await;
        let (grace, frank) = (proved(world, enterprise, &GRACE).await, proved(world, enterprise, &FRANK).await);
        let (one, other) = join(world.post(grace), world.post(frank)).await;
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

async fn callbacks_and_stops(count: usize) {
    let mut granted = 0;
    rounds(count, async |world, round| {
        let name = json!({"enterpriseName": format!("Round {round}"), "expectedTenant": CONTOSO.id});
        let enterprise = world.enterprise(name).await;
        let answer = proved(world, enterprise, &GRACE).await;
        let path = format!("/v1/enterprises/{enterprise}/disable");
        let (empty, delay) = (json!({}), std::time::Duration::from_millis(7 * u64::try_from(round % 10).unwrap()));
        let stop = async {
            tokio::time::sleep(delay).await;
            let stopped = world.provider(Method::POST, &path, Some(&empty)).await;
            (stopped.status.as_u16(), world.registration(enterprise).await.0)
        };
        let (page, (stopped, when_stopped)) = join(world.post(answer), stop).await;
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
    })
    .await;
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
