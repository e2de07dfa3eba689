//! A race of two processes of the program as it is built: on one table, one set of secrets and one Microsoft.

use futures_util::future::join_all;
use onboarding_sandbox::Form;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use super::gate::Gate;
use super::rounds;
use crate::canary::stage::Stage;
use crate::effects::{Effects, Snapshot};
use crate::program::Program;
use crate::world::{Decision, send};

const CALLBACKS: usize = 50;
/// Rounds of a default run, and of a long one.
const ROUNDS: usize = 5;
const MANY_ROUNDS: usize = 100;

/// The stage's process, another one, and the gate before the table of both.
struct Pair {
    stage: Stage,
    other: Program,
    gate: Gate,
}

impl Pair {
    async fn new() -> Self {
        let stage = Stage::open().await;
        let gate = Gate::before(stage.rows.clone()).await;
        stage.dynamodb.leads_to(gate.url());
        let other = stage.another_process().await;
        assert_ne!(stage.process(), other.id(), "two processes of the operating system");
        assert_eq!(stage.text("operatorKey"), other.text("operatorKey"), "one set of secrets");
        Self { stage, other, gate }
    }

    /// Where each of them listens.
    fn addresses(&self) -> [&str; 2] {
        [self.stage.text("api"), self.other.text("api")]
    }

    /// Lets both do everything that is due.
    async fn settle(&self) {
        for address in self.addresses() {
            self.stage.tick(address).await;
        }
    }

    async fn snapshot(&self) -> Snapshot {
        self.settle().await;
        let Stage { http, rows, microsoft, secrets_manager, receiver, .. } = &self.stage;
        Snapshot::of((http, rows), microsoft, Some(secrets_manager), receiver.seen().len()).await
    }

    /// What was told of an enterprise, in order.
    fn told(&self, enterprise: u64) -> Vec<String> {
        let told = self.stage.receiver.seen().into_iter().map(|told| serde_json::from_slice::<Value>(&told.request));
        let told = told.map(Result::unwrap).filter(|told| told["enterpriseId"] == enterprise);
        told.map(|told| told["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// How the process at `address` reads the registration of an enterprise.
    async fn registration(&self, address: &str, enterprise: u64) -> String {
        let read = self.stage.http.get(format!("{address}/v1/enterprises/{enterprise}/actions"));
        let read = send(read.bearer_auth(self.stage.text("resellerKey"))).await.json();
        let items = read["items"].as_array().unwrap_or_else(|| panic!("{read}"));
        let registration = items.iter().find(|item| item["actionType"] == "REGISTRATION").unwrap();
        registration["status"].as_str().unwrap().to_owned()
    }
}

/// One request, fifty callbacks at once, alternately at each process, with one of two sign-ins of the same person.
async fn fifty_callbacks(pair: &Pair, round: usize) -> bool {
    let Pair { stage, gate, .. } = pair;
    let enterprise = stage.enterprise(json!({})).await;
    let link = stage.link(enterprise).await;
    let mut forms = Vec::new();
    for _ in 0..2 {
        let form: Form = stage.answer(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        forms.push(["state", "code", "id_token"].map(|name| (name, form.value(name).unwrap().to_owned())));
    }
    let before = pair.snapshot().await;
    let post = |at: usize| {
        let callback = format!("{}/restricted/handleResponse", pair.addresses()[at % 2]);
        send(stage.http.request(Method::POST, callback).form(&forms[at / 2 % 2]))
    };
    let (answers, raced) = gate.overlap("UpdateItem", join_all((0..CALLBACKS).map(post))).await;
    for answer in &answers {
        assert!(matches!(answer.status.as_u16(), 303 | 400), "round {round}: {}", answer.text);
    }
    let mut once = Effects::granted();
    // Whoever came with the other code when the link was spent is told so, and it is noted once (T05).
    *once.made.entry("audit".to_owned()).or_default() += usize::from(answers.iter().any(|answer| answer.status == 400));
    if !round.is_multiple_of(super::ROUNDS_IN_ONE_WORLD) {
        // The tenant is the provider's since the first round.
        once.made.remove("tenant");
    }
    assert_eq!(pair.snapshot().await.since(&before), once, "round {round}");
    assert_eq!(pair.told(enterprise), ["granted"], "round {round}");
    for address in pair.addresses() {
        assert_eq!(pair.registration(address, enterprise).await, "granted", "round {round}");
    }
    raced
}

async fn callbacks_at_two_processes(count: usize) {
    rounds(count, Pair::new, fifty_callbacks).await;
    eprintln!("{count} rounds of {CALLBACKS} callbacks at two processes: {count} grants, token calls and outcomes");
}

/// G11, P6 Of many callbacks that come to two processes of the program one has an effect; it is told once.
#[tokio::test(flavor = "multi_thread")]
async fn of_callbacks_at_two_processes_one_has_an_effect() {
    callbacks_at_two_processes(ROUNDS).await;
}

/// G11, P6 The same a hundred times over: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_rounds_at_two_processes() {
    callbacks_at_two_processes(MANY_ROUNDS).await;
}
