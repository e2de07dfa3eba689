//! The program as it is built, in a process of its own.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A running one. It is killed with its last handle.
pub(crate) struct Program {
    ready: Value,
    /// What it says, on standard error and after the ready line on standard output.
    said: [Arc<Mutex<Vec<u8>>>; 2],
    child: Child,
}

impl Program {
    /// Serves with this environment besides; only ticks move what is due.
    pub(crate) async fn start(variables: &[(&str, String)]) -> Self {
        let mut child = Command::new(built().await)
            .args(["serve", "--port", "0", "--ephemeral", "--json", "--no-sweep", "--allow-insecure-redirects"])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = [Arc::default(), Arc::default()];
        listen(child.stderr.take().unwrap(), &said[0]);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        listen(stdout, &said[1]);
        Self { ready: serde_json::from_str(&line).unwrap(), said, child }
    }

    /// A field of the ready line.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.ready[field].as_str().unwrap()
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Ends it: what it said on standard error, and on standard output after the ready line.
    pub(crate) async fn end(&mut self) -> [Vec<u8>; 2] {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().await.unwrap().success());
        self.child.wait().await.unwrap();
        // The pipes end with the program; their readers need a moment.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        [&self.said[0], &self.said[1]].map(|said| said.lock().unwrap().clone())
    }
}

/// Where it is: built as the code is now, if it is not.
async fn built() -> String {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--quiet", "--package", "onboarding-sandbox", "--message-format=json"]);
    // What cargo tells this test about its own package would make build scripts run anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|own| text.starts_with(own)) {
            build.env_remove(&name);
        }
    }
    let made = build.output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).unwrap();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = messages.filter_map(|message| message["executable"].as_str().map(str::to_owned)).next_back();
    executable.unwrap()
}

fn listen(mut pipe: impl tokio::io::AsyncRead + Unpin + Send + 'static, said: &Arc<Mutex<Vec<u8>>>) {
    let said = Arc::clone(said);
    tokio::spawn(async move {
        let mut part = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut part).await {
            said.lock().unwrap().extend_from_slice(&part[..read]);
        }
    });
}
