//! Rows are sealed once, in order of the chain, whatever happens to the sweep.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::{join, join_all};
use onboarding_core::audit::chain::{Digest, MOST_ROWS, Segment};
use onboarding_core::audit::verify::Intact;
use onboarding_sandbox::{Options, Overrides};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::tap::{Tap, Trouble, serve_dynamodb};
use crate::world::World;

impl World {
    /// How often each segment number stands on the rows of the demo provider's trail; 0 is for those without one.
    async fn segments(&self) -> BTreeMap<u64, usize> {
        let rows = self.sandbox.store().whole_trail(self.trail()).await.unwrap().rows;
        let mut counts = BTreeMap::new();
        for noted in rows {
            *counts.entry(noted.segment.unwrap_or_default()).or_default() += 1;
        }
        counts
    }
}

/// T68, K18 A tick seals what there is into one segment, which holds the hash of the one before.
#[tokio::test]
async fn a_tick_seals_what_there_is() {
    let world = World::new().await;
    world.sandbox.tick().await.unwrap();
    let enterprise = world.contoso().await;
    let unsealed = world.audit(&format!("?enterpriseId={enterprise}")).await;
    assert_eq!((&unsealed["items"][0]["segment"], &unsealed["segments"]), (&Value::Null, &json!([])));
    world.sandbox.tick().await.unwrap();
    let sealed = world.audit(&format!("?enterpriseId={enterprise}")).await;
    let number = sealed["items"][0]["segment"].as_u64().unwrap();
    assert_eq!(sealed["segments"][0]["number"], number);
    let before = world.sandbox.store().segments(world.trail(), &[number - 1]).await.unwrap();
    assert_eq!(sealed["segments"][0]["previous"], before[0].hash.to_string());
    let head = world.head().await;
    assert_eq!(head.to_string(), format!("{number}:{}", sealed["segments"][0]["hash"].as_str().unwrap()));
    let many_ticks = world.segments().await;
    world.settle().await;
    assert_eq!((world.head().await, world.segments().await), (head, many_ticks), "nothing to seal, no segment");
}

/// K18 What the API tells can be checked by who knows the documentation alone: here, written from it.
#[tokio::test]
async fn the_documented_rule_checks_an_exported_trail() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"enterpriseName": "Gr\u{fc}n \"& Co\" \u{1f600}"})).await;
    world.sandbox.tick().await.unwrap();
    world.registration_url(enterprise).await;
    world.sandbox.tick().await.unwrap();
    let exported = world.audit("?limit=100").await;
    let hex = |text: &str| onboarding_core::secret::hex(digest(&SHA256, text.as_bytes()).as_ref());
    let names = ["id", "at", "who", "action", "object", "before", "after", "requestId"];
    let names = names.into_iter().chain(["microsoftCorrelationId", "enterpriseId"]);
    let mut hashes = BTreeMap::new();
    for row in exported["items"].as_array().unwrap() {
        let fields: Vec<String> = names.clone().map(|name| format!("{}:{}", json!(name), row[name])).collect();
        hashes.insert(row["id"].as_str().unwrap(), hex(&format!("{{{}}}", fields.join(","))));
    }
    let mut previous = "0".repeat(64);
    for segment in exported["segments"].as_array().unwrap() {
        let text = |name: &str| segment[name].as_str().unwrap().to_owned();
        assert_eq!(text("previous"), previous);
        let mut lines =
            format!("onboarding-audit-1\n{}\n{}\n{}\n{previous}\n", text("trail"), segment["number"], text("sealedAt"));
        for row in segment["rows"].as_array().unwrap() {
            let id = row["id"].as_str().unwrap();
            assert_eq!(row["hash"], hashes[id]);
            lines = format!("{lines}{id} {}\n", hashes[id]);
        }
        previous = hex(&lines);
        assert_eq!(text("hash"), previous);
    }
    assert_eq!(world.head().await.hash, previous.parse::<Digest>().unwrap());
}

/// T68 More rows than a segment holds make several segments in one tick.
#[tokio::test]
async fn a_backlog_is_sealed_in_one_tick() {
    let world = World::new().await;
    world.sandbox.tick().await.unwrap();
    let before = world.segments().await;
    let now = world.now();
    join_all((0..2 * MOST_ROWS + 5).map(|row| world.note(now, if row == 0 { "first" } else { "other" }))).await;
    world.sandbox.tick().await.unwrap();
    let mut made = world.segments().await;
    made.retain(|number, _| !before.contains_key(number));
    assert_eq!(made.into_values().collect::<Vec<_>>(), [MOST_ROWS, MOST_ROWS, 5]);
    assert!(world.verify(Some(&world.head().await)).await.is_ok());
}

/// T68, P6 Sweeps that overlap, with facts between: every row is in one segment, and the chain holds.
#[tokio::test(flavor = "multi_thread")]
async fn overlapping_sweeps_seal_each_row_once() {
    let world = World::new().await;
    for round in 0..5 {
        let facts = join_all((0..30).map(|_| world.note(world.now(), "fact")));
        let ticks = join_all((0..4).map(|_| world.sandbox.tick()));
        let (facts, ticks) = join(facts, ticks).await;
        assert!(ticks.into_iter().all(|tick| tick.is_ok()), "round {round}");
        assert_eq!(facts.len(), 30);
    }
    world.sandbox.tick().await.unwrap();
    let counts = world.segments().await;
    let Intact { sealed, unsealed, .. } = world.verify(Some(&world.head().await)).await.unwrap();
    assert_eq!((unsealed, counts.get(&0)), (0, None));
    assert!(sealed >= 150, "{counts:?}");
}

/// T68 A row that commits late, with an id from before what is sealed, is sealed by the next tick.
#[tokio::test]
async fn a_late_row_is_sealed_too() {
    let world = World::new().await;
    world.note(world.now(), "in time").await;
    world.sandbox.tick().await.unwrap();
    let sealed = world.head().await.segment.unwrap();
    let late = world.note(world.now().minus(Duration::from_secs(30)), "late").await;
    world.sandbox.tick().await.unwrap();
    let segment: Vec<Segment> = world.sandbox.store().segments(world.trail(), &[sealed + 1]).await.unwrap();
    assert_eq!(segment[0].rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), [late.id]);
    assert!(world.verify(Some(&world.head().await)).await.is_ok());
}

/// T68, G76 A sweep whose answers get lost, or that dies before or after its write: the next one goes on from what is there.
#[tokio::test]
async fn a_broken_sweep_is_gone_on_with() {
    for trouble in [Trouble::LosesAll, Trouble::Status(500), Trouble::Conflicts(2)] {
        let tap = Tap::open().await;
        tap.leads_to(&serve_dynamodb().await);
        let overrides = Overrides { dynamodb: Some(tap.url().parse().unwrap()), ..Overrides::default() };
        let options = Options { sweep: false, insecure_redirects: true, overrides, ..Options::default() };
        let world = World::with(options).await;
        world.sandbox.tick().await.unwrap();
        world.note(world.now(), "fact").await;
        tap.break_where("TransactWriteItems", trouble.clone());
        world.sandbox.tick().await.unwrap();
        tap.heal();
        world.note(world.now(), "another").await;
        world.sandbox.tick().await.unwrap();
        let intact = world.verify(Some(&world.head().await)).await.unwrap();
        assert_eq!(intact.unsealed, 0, "{trouble:?}");
        assert!(tap.seen().iter().any(|exchange| exchange.is_broken), "{trouble:?}");
    }
}

/// K18 The program in the documentation says of an exported trail that it is intact, and names what was changed in it.
#[tokio::test]
async fn the_documented_program_checks_an_exported_trail() {
    let documentation = include_str!("../../../../docs/audit.md");
    let program = documentation.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"enterpriseName": "Gr\u{fc}n \"& Co\" \u{1f600}"})).await;
    world.sandbox.tick().await.unwrap();
    for _ in 0..3 {
        world.registration_url(enterprise).await;
        world.sandbox.tick().await.unwrap();
    }
    let first = world.audit("?limit=3").await;
    let rest = world.audit(&format!("?cursor={}", first["next"].as_str().unwrap())).await;
    let head = world.head().await;
    let rows: usize = [&first, &rest].map(|page| page["items"].as_array().unwrap().len()).iter().sum();
    let said = async |pages: &[&Value]| {
        let pages = pages.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let mut python = tokio::process::Command::new("python3");
        python.args(["-c", program, &head.hash.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = python.stderr(Stdio::piped()).spawn().ok()?;
        running.stdin.take()?.write_all(pages.as_bytes()).await.ok()?;
        let output = running.wait_with_output().await.ok()?;
        Some(String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let Some(intact) = said(&[&first, &rest]).await else {
        eprintln!("not checked by the documented program: there is no python3");
        return;
    };
    assert_eq!(intact.trim(), format!("intact: {} segments, {rows} rows", head.segment.unwrap()));
    let mut changed = rest.clone();
    changed["items"][0]["who"] = json!("somebody");
    let row = changed["items"][0]["id"].as_str().unwrap();
    assert!(said(&[&first, &changed]).await.unwrap().contains(&format!("row {row} of segment")), "an edit");
    let mut cut = rest.clone();
    cut["segments"].as_array_mut().unwrap().pop();
    cut["items"].as_array_mut().unwrap().pop();
    assert!(said(&[&first, &cut]).await.unwrap().contains("no segment has the hash"), "a truncation");
}
