//! The functions themselves: each crate once, as it is built, with the variables that its `main.rs` reads.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::template::{Template, text};

/// What a piece of the settings reads (`onboarding_lambda::config::deployment`). Endpoints are for stand-ins alone.
const PIECES: [(&str, &[&str]); 6] = [
    ("Table::from_env", &["TABLE_NAME"]),
    ("PublicBase::from_env", &["PUBLIC_BASE_URL"]),
    ("SecretsAt::from_env", &["SECRETS_PREFIX"]),
    ("MailAt::from_env", &["MAIL_FROM", "MAIL_CONFIGURATION_SET"]),
    ("MicrosoftAt::from_env", &["CLIENT_ID", "APPLICATION_CLIENTS", "CLOUD"]),
    ("log::init", &["LOG_LEVEL", "METRICS_NAMESPACE"]),
];

/// A function's crate, and the variables that it reads.
pub(crate) type Crate = (String, BTreeSet<String>);

/// The crates in `functions`.
pub(crate) fn crates(functions: &Path) -> io::Result<Vec<Crate>> {
    let mut crates = Vec::new();
    for entry in std::fs::read_dir(functions)? {
        let entry = entry?;
        let main = std::fs::read_to_string(entry.path().join("src/main.rs"))?;
        let read = PIECES.iter().filter(|(piece, _)| main.contains(&format!("{piece}(&env)")));
        let variables = read.flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect();
        crates.push((entry.file_name().to_string_lossy().into_owned(), variables));
    }
    Ok(crates)
}

pub(crate) fn faults(template: &Template, crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    let functions = template.functions();
    for (name, _) in crates.iter().filter(|(name, _)| !functions.iter().any(|function| function.name == *name)) {
        faults.push(format!("functions: {name} is not in the template"));
    }
    for function in functions {
        let mut needs = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{}: {what}", function.name));
            }
        };
        let own = crates.iter().find(|(name, _)| *name == function.name);
        needs(own.is_some(), "there is no such crate");
        let given: BTreeSet<String> = variables(function.properties).map(|(name, _)| name.clone()).collect();
        if let Some((_, read)) = own {
            for name in read.symmetric_difference(&given) {
                needs(false, &format!("the variable {name} is read or given alone"));
            }
        }
        for (name, value) in variables(function.properties) {
            needs(!is_secret(template, value), &format!("the variable {name} holds a secret"));
        }
        let code = text(&function.properties["Code"]["S3Key"]);
        needs(code == format!("{}.zip", function.name), "its code is another function's");
        needs(function.properties["Runtime"] == "provided.al2023", "its runtime is another");
        needs(function.properties["MemorySize"] == 256, "its memory is not what was measured");
        let timeout = function.properties["Timeout"].as_u64().unwrap_or_default();
        needs((1..=120).contains(&timeout), "its time is not limited");
        needs(!function.properties["Architectures"].is_null(), "its processor is not said");
    }
    faults
}

fn variables(function: &Value) -> impl Iterator<Item = (&String, &Value)> {
    function["Environment"]["Variables"].as_object().into_iter().flatten()
}

/// T64 Whoever may look at a function sees its variables: a value that is hidden elsewhere has no place in them.
fn is_secret(template: &Template, value: &Value) -> bool {
    let resolved = text(value).contains("{{resolve:");
    let hidden = value["Ref"].as_str().is_some_and(|name| template.0["Parameters"][name]["NoEcho"] == true);
    let read = value["Fn::GetAtt"].as_array().is_some() && text(value).contains("Secret");
    resolved || hidden || read
}
