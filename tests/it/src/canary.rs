//! Secrets stay in their place (G79, P10, T50): every secret, code, token and mail address is a canary, and no canary
//! comes out where the contract does not put it.
//!
//! The real program runs in a process of its own at `LOG_LEVEL=DEBUG`. All that it speaks to stands behind taps, which
//! write down what passes and break it on demand; broken services quote what they were sent. Every scenario of the
//! flow is played, then everything that came out is searched for every canary in every spelling.
//!
//! | to find | look in |
//! |---|---|
//! | the spellings that are searched, and the test that each is found | [`spelling`] |
//! | the kinds of canaries, the places, and the search | [`scan`] |
//! | where the contract itself puts a secret | [`allowed`] |
//! | the program and the taps around it | [`stage`], [`crate::tap`] |
//! | what is played | [`scenario`], [`scenario::application`], [`scenario::start`], [`scenario::activation`], [`scenario::invitation`], [`scenario::program`], [`scenario::provider`], [`scenario::provisioning`], [`scenario::connection`] |
//! | our certificate, and what of it is secret | [`certificate`] |
//! | how what was seen becomes canaries and outputs | [`gather`], [`seen`] |
//! | that a canary out of its place is found and named | [`planted`] |
//! | what a panic tells | [`panicking`] |
//! | `Debug` and error texts | [`texts`] |

pub(crate) mod allowed;
pub(crate) mod certificate;
mod gather;
mod panicking;
mod planted;
pub(crate) mod scan;
mod scenario;
mod seen;
mod spelling;
pub(crate) mod stage;
mod texts;

use std::time::Instant;

use scan::{Kind, Place};
use serde_json::Value;
use stage::Stage;

/// The longest line of one request, in bytes.
const LONGEST_LINE: usize = onboarding_lambda::log::MAX_REQUEST_LINE;

/// G79, P10, T50 The whole flow and everything that can go wrong with it: no canary out of its place.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaves_its_place() {
    let began = Instant::now();
    let mut stage = Stage::open().await;
    scenario::journey(&stage).await;
    scenario::confirmation(&stage).await;
    scenario::refusals(&stage).await;
    scenario::wrong_people(&stage).await;
    scenario::lag(&stage).await;
    scenario::bad_callbacks(&stage).await;
    scenario::wrong_keys(&stage).await;
    scenario::wrong_fields(&stage).await;
    scenario::strange_requests(&stage).await;
    scenario::microsoft_troubles(&stage).await;
    scenario::table_troubles(&stage).await;
    scenario::secrets_troubles(&stage).await;
    scenario::application::admin_consent(&stage).await;
    scenario::application::refused_admin_consent(&stage).await;
    scenario::application::bad_redirects(&stage).await;
    scenario::application::microsoft_troubles(&stage).await;
    scenario::application::certificate(&stage).await;
    scenario::start::journeys(&stage).await;
    scenario::start::troubles(&stage).await;
    scenario::activation::journey(&stage).await;
    scenario::activation::troubles(&stage).await;
    scenario::invitation::journey(&stage).await;
    scenario::invitation::troubles(&stage).await;
    scenario::program::tokens(&stage).await;
    scenario::program::under_keys(&stage).await;
    scenario::program::raw_tokens(&stage).await;
    scenario::program::further_client(&stage).await;
    scenario::program::audit(&stage).await;
    scenario::provisioning::calls(&stage).await;
    scenario::provider::lists(&stage).await;
    scenario::provider::edits(&stage).await;
    scenario::provider::management(&stage).await;
    scenario::provider::webhooks(&stage).await;
    scenario::connection::journey(&stage).await;
    scenario::connection::refusals(&stage).await;
    scenario::connection::troubles(&stage).await;
    scenario::receiver_troubles(&stage).await;
    let played = began.elapsed();
    let unplayed = gather::gather(&mut stage).await;
    assert!(unplayed.is_empty(), "no scenario calls these routes so that they do what they are for: {unplayed:?}");
    let mut scan = std::mem::take(&mut *stage.scan.lock().unwrap());
    texts::gather(&stage, &mut scan);
    let began = Instant::now();
    let (figures, leaks) = scan.search();
    let (canaries, outputs): (usize, usize) = (figures.canaries.values().sum(), figures.outputs.values().sum());
    eprintln!(
        "{canaries} canaries as {} needles in {outputs} outputs of {} bytes: {} leaks; played in {played:?}, searched in \
         {:?}; {:?}, {:?}",
        figures.needles,
        figures.bytes,
        leaks.len(),
        began.elapsed(),
        figures.canaries,
        figures.outputs
    );
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.into_iter().collect::<Vec<_>>().join("\n"));
    for kind in Kind::ALL {
        assert!(figures.canaries.get(&kind).is_some_and(|count| *count > 0), "no canary of {kind:?}");
    }
    for (place, least) in Place::LEAST {
        let count = figures.outputs.get(&place).copied().unwrap_or_default();
        assert!(count >= least, "only {count} outputs of {place:?}");
    }
    assert!(figures.needles >= 40_000 && figures.bytes >= 5_000_000, "{figures:?}");
    assert_every_line_is_ours(&scan);
}

/// Each line of the log is JSON, a request's is short, and a refused callback says why in a word (T03).
fn assert_every_line_is_ours(scan: &scan::Scan) {
    let (mut requests, mut reasons) = (0, std::collections::BTreeSet::new());
    for line in scan.outputs(Place::Log) {
        let text = String::from_utf8_lossy(&line.bytes);
        let json: Value = serde_json::from_slice(&line.bytes).unwrap_or_else(|_| panic!("no JSON: {text}"));
        if json["message"] == "request answered" {
            requests += 1;
            assert!(line.bytes.len() <= LONGEST_LINE, "{}: {text}", line.bytes.len());
        }
        assert_ne!(json["message"], "panicked", "{text}");
        if json["outcome.code"] == "invalid_callback" {
            reasons.insert(json["outcome.reason"].as_str().unwrap_or_else(|| panic!("no reason: {text}")).to_owned());
        }
    }
    eprintln!("{requests} request lines; callbacks refused for {reasons:?}");
    assert!(requests >= 500 && reasons.len() >= 12, "{requests} {reasons:?}");
}
