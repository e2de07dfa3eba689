//! Judges the deployment template, translated, against the code: routes, rights, triggers, state, environment, alarms.
//!
//! `make check-infra` runs it after the translator and the linter of AWS. It then puts faults into the template, one at a time,
//! and fails if one of them is not told.

mod alarms;
mod environment;
mod pattern;
mod rights;
mod routes;
mod seed;
mod state;
mod template;
mod triggers;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::environment::Crate;
use crate::rights::Calls;
use crate::seed::SEEDS;
use crate::template::Template;

#[derive(Parser)]
#[command(about = "Judges the translated deployment template against the code.")]
struct Args {
    /// The translated template, in JSON.
    template: PathBuf,
    /// A folder in which tests have just noted what the functions call (`ONBOARDING_CALLS`): each must be known.
    #[arg(long)]
    noted: Option<PathBuf>,
    /// The root of the project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

/// What the template is compared with.
struct Code {
    crates: Vec<Crate>,
    runbook: String,
    calls: Calls,
}

impl Code {
    fn read(args: &Args) -> std::io::Result<Self> {
        Ok(Self {
            crates: environment::crates(&args.root.join("functions"))?,
            runbook: std::fs::read_to_string(args.root.join("docs/runbook.md"))?,
            calls: rights::calls(&std::fs::read_to_string(args.root.join("infra/calls"))?),
        })
    }

    fn faults(&self, template: &Template) -> Vec<String> {
        let mut faults = routes::faults(template);
        faults.extend(rights::faults(template, &self.calls));
        faults.extend(triggers::faults(template));
        faults.extend(state::faults(template));
        faults.extend(environment::faults(template, &self.crates));
        faults.extend(alarms::faults(template, &self.runbook));
        faults
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let code = Code::read(&args)?;
    let template = read(&args.template)?;
    let mut faults = code.faults(&template);
    if let Some(folder) = &args.noted {
        faults.extend(rights::unknown(&rights::noted(folder)?, &code.calls));
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let began = Instant::now();
    let mut missed = 0;
    for seed in SEEDS {
        let told = code.faults(&seed.in_template(&template));
        if !told.iter().any(|fault| fault.contains(seed.told)) {
            eprintln!("not told: {} (told instead: {told:?})", seed.what);
            missed += 1;
        }
    }
    println!("the template is as the code is");
    println!("{} seeded faults told of {}, in {} ms", SEEDS.len() - missed, SEEDS.len(), began.elapsed().as_millis());
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<Template, Box<dyn Error>> {
    Ok(Template(serde_json::from_str(&std::fs::read_to_string(path)?)?))
}
