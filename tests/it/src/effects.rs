//! What an act left behind: rows, calls to Microsoft, webhooks. A refusal is judged by these, not by its status alone.

use std::collections::BTreeMap;

use reqwest::Client;
use serde_json::{Value, json};
use simulated_microsoft::SimulatedMicrosoft;
use simulated_secrets_manager::{Call, Operation, SimulatedSecretsManager};

use crate::world::World;

/// The world as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Every row with all its attributes, by its key.
    rows: BTreeMap<(String, String), String>,
    token_calls: u64,
    graph_calls: u64,
    webhooks: usize,
    secrets_written: usize,
}

/// The difference between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// How many rows were made, by their kind.
    pub(crate) made: BTreeMap<String, usize>,
    /// How many rows were changed, by their kind.
    pub(crate) changed: BTreeMap<String, usize>,
    /// How often a code was sent to Microsoft.
    pub(crate) token_calls: u64,
    /// How often Graph was read.
    pub(crate) graph_calls: u64,
    /// How many webhooks the receiver got.
    pub(crate) webhooks: usize,
    /// How often Secrets Manager was told to make, change or delete something. How often it was read says nothing of an
    /// act: that follows from what an instance has cached, and `tests/it/src/sealing_key.rs` counts it.
    pub(crate) secrets_written: usize,
}

fn counts<const N: usize>(kinds: [(&str, usize); N]) -> BTreeMap<String, usize> {
    kinds.map(|(kind, count)| (kind.to_owned(), count)).into()
}

impl Effects {
    /// Nothing was written, nobody was asked, nothing was told.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// One consent of a pinned tenant: redeemed, read back, recorded and told, once.
    pub(crate) fn granted() -> Self {
        Self {
            // Two facts: the code is redeemed, and it is granted.
            made: counts([("audit", 2), ("deliveries", 1), ("handle", 2), ("tenant", 1)]),
            changed: counts([("enterprise", 1), ("request", 1)]),
            token_calls: 1,
            graph_calls: 1,
            webhooks: 1,
            secrets_written: 0,
        }
    }

    /// A refusal before anything was redeemed: recorded and told, once.
    pub(crate) fn refused() -> Self {
        Self {
            made: counts([("audit", 1), ("deliveries", 1)]),
            changed: counts([("enterprise", 1), ("request", 1)]),
            webhooks: 1,
            ..Self::default()
        }
    }

    /// The same refusal once more: it is recorded and not told.
    pub(crate) fn not_told_again(mut self) -> Self {
        self.made.remove("deliveries");
        Self { webhooks: 0, ..self }
    }

    /// A refusal after the code was sent; Graph was read `graph_calls` times.
    pub(crate) fn refused_after_redemption(graph_calls: u64) -> Self {
        let facts = if graph_calls == 0 { 1 } else { 2 };
        let made = counts([("audit", facts), ("deliveries", 1)]);
        Self { made, token_calls: 1, graph_calls, ..Self::refused() }
    }
}

impl World {
    /// The world as it is once everything has happened that is due.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.settle().await;
        self.glance().await
    }

    /// The world as it is at this moment.
    pub(crate) async fn glance(&self) -> Snapshot {
        let table = (&self.http, self.sandbox.ready().dynamodb.as_str());
        let webhooks = self.sandbox.webhooks().messages().len();
        Snapshot::of(table, self.microsoft(), self.sandbox.secrets_manager(), webhooks).await
    }

    /// What has been left behind since `before`, once everything has happened that is due.
    pub(crate) async fn effects_since(&self, before: &Snapshot) -> Effects {
        self.snapshot().await.since(before)
    }
}

impl Snapshot {
    /// What is in the table at this address, what was asked of everybody else, and how many webhooks the receiver has.
    pub(crate) async fn of(
        (http, dynamodb): (&Client, &str),
        microsoft: &SimulatedMicrosoft,
        secrets_manager: Option<&SimulatedSecretsManager>,
        webhooks: usize,
    ) -> Self {
        let rows = rows_at(http, dynamodb).await;
        let calls = microsoft.call_counts();
        let count = |kind: &str| calls.get(kind).copied().unwrap_or_default();
        let secrets_written = secrets_manager.map_or(0, |secrets_manager| {
            let is_write = |call: &Call| match call.operation {
                Operation::GetSecretValue | Operation::DescribeSecret | Operation::ListSecrets => false,
                Operation::CreateSecret
                | Operation::PutSecretValue
                | Operation::UpdateSecretVersionStage
                | Operation::DeleteSecret => true,
            };
            secrets_manager.calls().iter().filter(|call| is_write(call)).count()
        });
        let (token_calls, graph_calls) = (count("token"), count("graph"));
        Self { rows, token_calls, graph_calls, webhooks, secrets_written }
    }

    pub(crate) fn since(&self, before: &Self) -> Effects {
        let mut effects = Effects {
            token_calls: self.token_calls - before.token_calls,
            graph_calls: self.graph_calls - before.graph_calls,
            webhooks: self.webhooks - before.webhooks,
            secrets_written: self.secrets_written - before.secrets_written,
            ..Effects::default()
        };
        // Two kinds of rows say nothing of an act. Which audit rows are sealed together follows from when somebody ticked:
        // the rows themselves are counted, and `audit/sealing.rs` looks after their segments. Every twentieth call of a key
        // leases permits, whatever it asks for, and a read before a refusal is such a call; `rate_limit.rs` counts them, and
        // that nobody unproved leases any. A browser has no key, so no callback can.
        let told =
            self.rows.iter().filter(|(key, _)| !["segments#", "rate#"].iter().any(|kind| key.0.starts_with(kind)));
        for (key, row) in told {
            let kind = key.0.split('#').next().unwrap_or_default().to_owned();
            match before.rows.get(key) {
                None => *effects.made.entry(kind).or_default() += 1,
                Some(former) if former != row => *effects.changed.entry(kind).or_default() += 1,
                Some(_) => {}
            }
        }
        assert!(before.rows.keys().all(|key| self.rows.contains_key(key)), "no row is ever removed");
        effects
    }

    /// The rows of one kind, as DynamoDB writes them.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<&str> {
        let of_kind = self.rows.iter().filter(|((key, _), _)| key.split('#').next() == Some(kind));
        of_kind.map(|(_, row)| row.as_str()).collect()
    }
}

/// Reads the whole table, apart from the functions' own client.
async fn rows_at(http: &Client, dynamodb: &str) -> BTreeMap<(String, String), String> {
    let mut rows = BTreeMap::new();
    let mut scan = json!({"TableName": "onboarding-sandbox", "ConsistentRead": true});
    loop {
        let page = call_dynamodb(http, dynamodb, "DynamoDB_20120810.Scan", &scan).await;
        for row in page["Items"].as_array().unwrap_or_else(|| panic!("{page}")) {
            let text = |name: &str| row[name]["S"].as_str().unwrap().to_owned();
            // An object's names are sorted, so equal rows are equal texts.
            rows.insert((text("PK"), text("SK")), row.to_string());
        }
        if page["LastEvaluatedKey"].is_null() {
            return rows;
        }
        scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

/// One call to the table or its stream, by hand.
pub(crate) async fn call_dynamodb(http: &Client, address: &str, operation: &str, body: &Value) -> Value {
    let scope = "AWS4-HMAC-SHA256 Credential=tests/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, \
                 Signature=0";
    let call = http.post(address).header("x-amz-target", operation).header("authorization", scope);
    let call = call.header("x-amz-date", "20260101T000000Z").header("content-type", "application/x-amz-json-1.0");
    call.body(body.to_string()).send().await.unwrap().json().await.unwrap()
}
