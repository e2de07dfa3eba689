//! `onboarding-admin`: what the platform team does to a deployment, or to a sandbox, without going through its API.
//!
//! It calls the same moves as the API (`onboarding_operator`), so that no rule stands twice, and needs the rights on the
//! table and on the secrets that those moves need. A command is one file in `command/`.

mod answer;
mod command;
mod error;
mod place;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::answer::Answer;
use crate::command::Command;
use crate::error::Error;
use crate::place::Place;

#[derive(Parser)]
#[command(version, about = "Administers a deployment of the onboarding service, or a sandbox.")]
struct Cli {
    #[command(flatten)]
    place: Place,
    /// Print JSON, errors too.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Cli { place, json, command } = Cli::parse();
    let told = match command.run(&place).await {
        Ok(answer) => tell(&answer, json).map(|()| ExitCode::SUCCESS),
        Err(error) => complain(&error, json).map(|()| ExitCode::FAILURE),
    };
    // Nobody is left to tell if the output is closed; a secret that was not printed must not look as if it were.
    told.unwrap_or(ExitCode::FAILURE)
}

/// The answer goes to standard output and nothing else does; a remark for people goes to standard error.
fn tell(answer: &Answer, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", answer.json())?;
    } else {
        write!(out, "{}", answer.text())?;
    }
    out.flush()?;
    match answer.remark() {
        Some(remark) if !json => writeln!(io::stderr(), "{remark}"),
        _ => Ok(()),
    }
}

fn complain(error: &Error, json: bool) -> io::Result<()> {
    let mut out = io::stderr().lock();
    if json { writeln!(out, "{}", error.json()) } else { write!(out, "{}", error.text()) }
}
