//! Which calls each function makes at AWS, in the words of IAM: what its role must allow, and no more.
//!
//! With `ONBOARDING_CALLS` in the environment, each function's own clients write down, once each, what they ask for: a line
//! `function action resource`. `make check-infra` compares the lines of a whole run of the tests with the roles in the template.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use onboarding_lambda::aws::SdkConfig;
use onboarding_lambda::config::Env;
use serde_json::Value;

/// The folder for the lines.
const VARIABLE: &str = "ONBOARDING_CALLS";

/// The settings of `function`'s own clients: the same, with every call written down where that is asked for.
pub(crate) fn noted(sdk: &SdkConfig, function: &'static str) -> SdkConfig {
    match (Ledger::of_process(), sdk.http_client()) {
        (Some(ledger), Some(http)) => sdk.clone().into_builder().http_client(noting(http, ledger, function)).build(),
        _ => sdk.clone(),
    }
}

/// Whether calls are written down.
pub(crate) fn are_noted() -> bool {
    Ledger::of_process().is_some()
}

/// What was seen so far by this process.
struct Ledger {
    file: PathBuf,
    seen: Mutex<BTreeSet<String>>,
}

impl Ledger {
    fn of_process() -> Option<&'static Self> {
        static LEDGER: OnceLock<Option<Ledger>> = OnceLock::new();
        let open = || {
            let folder: PathBuf = Env::from_process().optional(VARIABLE).ok().flatten()?;
            std::fs::create_dir_all(&folder).ok()?;
            let file = folder.join(format!("{}.calls", std::process::id()));
            Some(Self { file, seen: Mutex::default() })
        };
        LEDGER.get_or_init(open).as_ref()
    }

    fn note(&self, function: &str, call: &str) {
        let line = format!("{function} {call}");
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.insert(line.clone()) {
            return;
        }
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file);
        if let Err(fault) = file.and_then(|mut file| writeln!(file, "{line}")) {
            tracing::error!(%fault, "a call could not be written down");
        }
    }
}

fn noting(http: SharedHttpClient, ledger: &'static Ledger, function: &'static str) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let inner = http.http_connector(settings, components);
        SharedHttpConnector::new(Noting { inner, ledger, function })
    })
}

struct Noting {
    inner: SharedHttpConnector,
    ledger: &'static Ledger,
    function: &'static str,
}

impl std::fmt::Debug for Noting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Noting({})", self.function)
    }
}

impl HttpConnector for Noting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        for call in asked(target, &body) {
            self.ledger.note(self.function, &call);
        }
        self.inner.call(request)
    }
}

/// What IAM has to allow for one request: `action resource` each.
fn asked(target: &str, body: &Value) -> Vec<String> {
    match target.split_once('.') {
        Some(("DynamoDB_20120810", "TransactWriteItems")) => {
            let items = body["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
            items
                .iter()
                .filter_map(Value::as_object)
                .flat_map(|item| item.keys())
                .map(|part| in_transaction(part))
                .collect()
        }
        Some(("DynamoDB_20120810", operation)) => {
            let index = body["IndexName"].as_str().map(|index| format!("table/index/{index}"));
            vec![format!("dynamodb:{operation} {}", index.as_deref().unwrap_or("table"))]
        }
        Some(("secretsmanager", operation)) => {
            let name = body["SecretId"].as_str().or_else(|| body["Name"].as_str()).unwrap_or_default();
            vec![format!("secretsmanager:{operation} {}", secret(name))]
        }
        // SES is spoken to by paths; `SendEmail` is the one that we use.
        _ => {
            let set = body["ConfigurationSetName"].is_string().then(|| "ses:SendEmail configuration-set".to_owned());
            set.into_iter().chain(["ses:SendEmail identity".to_owned()]).collect()
        }
    }
}

fn in_transaction(part: &str) -> String {
    let action = if part == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{part}Item") };
    format!("dynamodb:{action} table")
}

/// A secret by its name below the prefix; one of many by its kind.
fn secret(name: &str) -> String {
    let below = name.strip_prefix(crate::outside::SECRETS_PREFIX).unwrap_or(name).trim_start_matches('/');
    match below.split_once('/') {
        Some((kind, _)) => format!("secret/{kind}/*"),
        None => format!("secret/{below}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// T65 IAM knows no transaction: it asks about each of its parts.
    #[test]
    fn a_request_is_told_in_the_words_of_iam() {
        let transaction =
            json!({"TransactItems": [{"Put": {}}, {"ConditionCheck": {}}, {"Update": {}}, {"Delete": {}}]});
        let parts = ["PutItem", "ConditionCheckItem", "UpdateItem", "DeleteItem"];
        let parts = parts.map(|part| format!("dynamodb:{part} table"));
        assert_eq!(asked("DynamoDB_20120810.TransactWriteItems", &transaction), parts);
        let query = |body| asked("DynamoDB_20120810.Query", &body);
        assert_eq!(query(json!({"IndexName": "due"})), ["dynamodb:Query table/index/due"]);
        assert_eq!(query(json!({})), ["dynamodb:Query table"]);
        let read = |name: &str| asked("secretsmanager.GetSecretValue", &json!({"SecretId": name}));
        assert_eq!(read("onboarding/sandbox/sealing-keys"), ["secretsmanager:GetSecretValue secret/sealing-keys"]);
        assert_eq!(read("onboarding/sandbox/webhook-keys/54"), ["secretsmanager:GetSecretValue secret/webhook-keys/*"]);
        let made = asked("secretsmanager.CreateSecret", &json!({"Name": "onboarding/sandbox/refresh-token/con_1"}));
        assert_eq!(made, ["secretsmanager:CreateSecret secret/refresh-token/*"]);
        assert_eq!(asked("", &Value::Null), ["ses:SendEmail identity"]);
        let told = json!({"ConfigurationSetName": "events"});
        assert_eq!(asked("", &told), ["ses:SendEmail configuration-set", "ses:SendEmail identity"]);
    }
}
