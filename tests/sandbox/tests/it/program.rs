//! K8: the program, as scripts use it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use onboarding_sandbox::visitor::{Page, Visitor};
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE};

struct Program {
    child: Child,
    ready: Value,
    rest: BufReader<std::process::ChildStdout>,
}

impl Program {
    fn serve(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_onboarding-sandbox"))
            .args(["serve", "--port", "0", "--json", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        rest.read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap(), rest }
    }

    async fn call(&self, path: &str, body: &Value) -> Value {
        let request = onboarding_microsoft::http::client().unwrap().post(format!("{}{path}", self.text("api")));
        request.bearer_auth(self.text("resellerKey")).json(body).send().await.unwrap().json().await.unwrap()
    }

    fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.rest.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

#[test]
fn a_kill_leaves_keys_and_addresses_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let first = Program::serve(folder.path());
    let fields: Vec<&str> = first.ready.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        ["api", "operatorKey", "resellerKey", "microsoft", "mail", "webhooks", "dynamodb", "secrets"].to_vec();
    expected.sort_unstable();
    assert_eq!(fields, expected);
    let ready = first.ready.clone();
    assert_eq!(first.end("KILL").0, None);
    let second = Program::serve(folder.path());
    assert_eq!(second.ready, ready);
    assert_eq!(second.end("TERM"), (Some(0), String::new()), "a clean end, and nothing on stdout but the line");
}

/// K8 A person who is on a page of Microsoft's goes on there after a kill.
// While one thread waits for the program, another one sees its connections end.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_breaks_off_no_consent() {
    let folder = tempfile::tempdir().unwrap();
    let killed = |program: Program| {
        assert_eq!(program.end("KILL").0, None);
        Program::serve(folder.path())
    };
    let first = Program::serve(folder.path());
    let enterprise = json!({
        "enterpriseName": "Contoso", "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX"],
        "expectedTenant": CONTOSO.id
    });
    first.call("/v1/enterprises", &enterprise).await;
    let link = json!({
        "actionType": "REGISTRATION", "enterpriseName": "Contoso", "redirectUrl": "https://hooks.example.com/onboarding"
    });
    let link = first.call("/v1/enterprises/action-url", &link).await;

    let mut grace = Visitor::new().unwrap();
    let form = |page: Page| page.form().unwrap();
    let page = grace.open(link.as_str().unwrap()).await.unwrap();
    let second = killed(first);
    let page = grace.submit(form(page).press(GRACE.name).unwrap()).await.unwrap();
    let third = killed(second);
    let accepted = form(page).tick("Consent on behalf").unwrap().press("Accept").unwrap();
    let page = grace.submit(accepted).await.unwrap();
    let outcome = grace.submit(form(page).press("Continue").unwrap()).await.unwrap();
    assert!(outcome.text().contains("Granted Consent"), "{}", outcome.text());
    assert_eq!(third.end("TERM").0, Some(0));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = Command::new(env!("CARGO_BIN_EXE_onboarding-sandbox"))
        .args(["serve", "--ephemeral", "--port", &port])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&format!("port {port} is not free")), "{told}");
}
