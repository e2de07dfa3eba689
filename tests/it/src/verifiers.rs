//! Webhook verifiers that we did not write (`verifiers/README.md`): what they accept, any receiver can verify.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use onboarding_core::id::DeliveryId;
use serde_json::{Value, json};
use simulated_microsoft::GRACE;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::world::{Decision, World};

/// Python and JavaScript, as `make verifiers` installs them; none where it found no Python or npm.
fn installed() -> Option<[Command; 2]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let at: PathBuf = root.join("target/verifiers");
    if !at.join("ready").exists() {
        #[expect(clippy::disallowed_methods, reason = "a test, not a function")]
        let must = std::env::var("CI").is_ok();
        assert!(!must, "CI needs the foreign verifiers: make verifiers");
        eprintln!("not checked by foreign verifiers: run `make verifiers`, which needs python3 and npm");
        return None;
    }
    let mut python = Command::new(at.join("python/bin/python"));
    python.arg(root.join("tests/it/verifiers/verify.py"));
    let mut node = Command::new("node");
    node.arg(at.join("verify.mjs"));
    Some([python, node])
}

async fn verdicts(mut verifier: Command, webhooks: &[Value]) -> Vec<String> {
    let mut running = verifier.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    for webhook in webhooks {
        stdin.write_all(format!("{webhook}\n").as_bytes()).await.unwrap();
    }
    drop(stdin);
    let output = running.wait_with_output().await.unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// R116 Two independent verifiers accept what we send, and refuse it with any signed part changed.
#[tokio::test]
async fn foreign_verifiers_accept_ours_and_nothing_changed() {
    let Some(verifiers) = installed() else { return };
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let caught = world.sandbox.webhooks().messages().pop().unwrap();
    let headers =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| (name, caught.headers[name].clone()));
    let webhook = |change: &dyn Fn(&mut Value)| {
        let headers: serde_json::Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let mut webhook = json!({"secret": provider.webhook_secret, "headers": headers, "body": caught.body});
        change(&mut webhook);
        webhook
    };
    let id = DeliveryId::new(
        onboarding_core::time::Timestamp::from_seconds(1),
        &onboarding_core::random::SystemRandomness::new(),
    );
    let sent: Vec<Value> = vec![
        webhook(&|_| ()),
        webhook(&|webhook| webhook["body"] = json!(caught.body.replace("granted", "blocked"))),
        webhook(&|webhook| webhook["body"] = json!(format!("{} ", caught.body))),
        webhook(&|webhook| webhook["headers"]["webhook-id"] = json!(id.as_str())),
        webhook(&|webhook| {
            let later = caught.headers["webhook-timestamp"].parse::<u64>().unwrap() + 1;
            webhook["headers"]["webhook-timestamp"] = json!(later.to_string());
        }),
        webhook(&|webhook| webhook["secret"] = json!("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")),
    ];
    for verifier in verifiers {
        assert_eq!(
            verdicts(verifier, &sent).await,
            ["accepted", "refused", "refused", "refused", "refused", "refused"]
        );
    }
}
