//! Crashes and faults: every scenario of the consent flow, hit at every one of its effects.
//!
//! A proxy stands before each of DynamoDB, Secrets Manager, Microsoft and the receiver and numbers what the functions
//! do to them. For each number and each [`Kind`] of fault the scenario is run once more, on a fresh process whose
//! caches are empty. Then the fault is over, a dead process is started anew, the clock goes on, the sweep runs, and the
//! promises P1 to P5 and P9 are checked on the rows, on what Microsoft was asked, and on what the receiver got.

mod checks;
mod outside;
mod plan;
mod proxy;
mod scenario;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::fault::outside::Outside;
use crate::fault::plan::{Injection, Kind};
use crate::fault::scenario::{SCENARIOS, Scenario};

/// Scenarios at once: most of them wait for a time-out or a lost answer.
const AT_ONCE: usize = 4;
const RUNS_IN_ONE_WORLD: usize = 8;

/// Runs `scenario` without a fault, then with each of `kinds` at every `stride`-th of its effects. `row` makes
/// neighbouring runs begin with different effects, so that a thinned run meets all of them somewhere.
///
/// Answers how many faults were injected.
async fn hit(scenario: &'static Scenario, kinds: &'static [Kind], (row, stride): (usize, usize)) -> usize {
    let mut outside = Outside::start().await;
    let effects = scenario::run(&mut outside, scenario, None).await.len();
    assert!(effects >= 2, "{}: {effects} effects", scenario.name);
    let mut injected = 0;
    for (column, kind) in kinds.iter().enumerate() {
        for at in ((row + column) % stride..effects).step_by(stride) {
            // A run leaves records in the stream, which each new process reads from the beginning.
            if injected % RUNS_IN_ONE_WORLD == 0 {
                outside = Outside::start().await;
            }
            scenario::run(&mut outside, scenario, Some(Injection { at, kind: *kind })).await;
            injected += 1;
        }
    }
    eprintln!("{}: {injected} faults", scenario.name);
    injected
}

async fn inject(kinds: &'static [Kind], stride: usize) -> usize {
    let runs = SCENARIOS.iter().enumerate().map(|(row, scenario)| async move {
        let hit = tokio::spawn(hit(scenario, kinds, (row, stride))).await;
        hit.unwrap_or_else(|fault| panic!("{}: {fault}", scenario.name))
    });
    stream::iter(runs).buffer_unordered(AT_ONCE).fold(0, async |sum, injected| sum + injected).await
}

/// P1-P5, P9, G75, G76 A fault at any effect loses no outcome, grants nothing by mistake, and is over within five minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_an_effect_keeps_every_promise() {
    let injected = inject(&Kind::QUICK, 12).await;
    eprintln!("{injected} faults in {} scenarios: no outcome lost, no false consent", SCENARIOS.len());
    assert!(injected >= 100, "{injected}");
}

/// The same at every effect and with faults that last until a time-out: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_every_effect_keeps_every_promise() {
    let injected = inject(&Kind::ALL, 1).await;
    eprintln!("{injected} faults in {} scenarios: no outcome lost, no false consent", SCENARIOS.len());
    assert!(injected >= 1_000, "{injected}");
}
