//! K8: the program, as scripts use it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

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
