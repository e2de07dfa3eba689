//! The documents for users of the API: their commands and ready requests are run, and do what is written beside them.

mod http_file;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use onboarding_lambda::routes::{Found, ROUTES, Surface, find};
use serde_json::Value;
use tokio::process::Command;

use crate::world::World;

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// A command of a document, and what is written to come of it.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Option<Value>,
}

/// The blocks of `sh`, each with the `json` that follows it at once.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines().peekable();
    let mut follows = false;
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else {
            follows = false;
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let inside = lines.by_ref().take_while(|line| line.trim_start() != "```");
        let block: Vec<&str> = inside.map(|line| line.get(indent..).unwrap_or_default()).collect();
        match language {
            "sh" => steps.push(Step { command: block.join("\n"), shown: None }),
            "json" if follows => {
                let shown = serde_json::from_str(&block.join("\n")).unwrap_or_else(|_| panic!("no JSON: {block:?}"));
                steps.last_mut().unwrap().shown = Some(shown);
            }
            _ => {}
        }
        follows = language == "sh";
    }
    steps
}

/// Whether `shown` is a part of `told`: fields may be left out, elements may not, and a text may end early with `…`.
fn is_part(shown: &Value, told: &Value) -> bool {
    match (shown, told) {
        (Value::Object(shown), Value::Object(told)) => {
            shown.iter().all(|(field, value)| told.get(field).is_some_and(|told| is_part(value, told)))
        }
        (Value::Array(shown), Value::Array(told)) => {
            shown.len() == told.len() && shown.iter().zip(told).all(|(shown, told)| is_part(shown, told))
        }
        (Value::String(shown), Value::String(told)) => match shown.strip_suffix('…') {
            Some(beginning) if !beginning.is_empty() => told.starts_with(beginning),
            Some(_) | None => shown == told,
        },
        _ => shown == told,
    }
}

/// What stands between the outputs of two commands.
const MARK: char = '\u{1e}';

/// A newcomer goes from key to enterprise, edit and list with the commands of `docs/api.md`, and each wrong turn answers as it is
/// written there.
#[tokio::test]
async fn the_commands_of_the_guide_do_what_it_says() {
    let world = World::new().await;
    let steps = steps(&std::fs::read_to_string(document("api.md")).unwrap());
    assert!(steps.iter().filter(|step| step.shown.is_some()).count() >= 14);
    let settings = format!("API={}\nKEY={}", world.sandbox.api(), world.sandbox.reseller_key());
    let script = steps.iter().map(|step| {
        let command = if step.command.starts_with("API=") { &settings } else { &step.command };
        let command = command.replace("http://localhost:8788", &world.sandbox.ready().microsoft);
        format!("{command}\nprintf '{MARK}'\n")
    });
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script.collect::<String>()]).stdin(Stdio::null());
    let run = shell.output().await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let output = String::from_utf8(run.stdout).unwrap();
    let told: Vec<&str> = output.split(MARK).collect();
    assert_eq!(told.len(), steps.len() + 1);
    for (step, told) in steps.iter().zip(told) {
        if let Some(shown) = &step.shown {
            let answer: Value = serde_json::from_str(told).unwrap_or_else(|_| panic!("{}: {told}", step.command));
            assert!(is_part(shown, &answer), "{}\nis answered with {told}\nand not with {shown}", step.command);
        }
    }
}

/// Every ready request is answered with the status in its title, and every operation of the API has one.
#[tokio::test]
async fn the_ready_requests_are_answered_as_their_titles_say() {
    let world = World::new().await;
    let settings = [
        ("api", world.sandbox.api().to_owned()),
        ("key", world.sandbox.reseller_key().to_owned()),
        ("operatorKey", world.sandbox.operator_key().to_owned()),
    ];
    let mut asked = BTreeSet::new();
    for name in ["http/provider.http", "http/operator.http"] {
        let file = http_file::parse(&std::fs::read_to_string(document(name)).unwrap());
        for (method, path) in http_file::run(&world, &settings, &file).await {
            let path = path.split('?').next().unwrap();
            let Found::Route(route, _) = find(&method, path) else { panic!("{method} {path} is no route") };
            asked.insert(format!("{} {}", route.method, route.path));
        }
    }
    let all = ROUTES.iter().filter(|route| route.surface != Surface::Page);
    let all: BTreeSet<String> = all.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(asked, all);
}
