//! `make bench`: what each HTTP function costs, beside Node, Python, plain Rust and a bare floor, in one run.
//!
//! Plays the Lambda Runtime API and AWS on loopback, starts every program in turn, and measures its CPU time, system
//! calls, memory and size. `make bench-sweep` measures the sweep over invitations so. `docs/performance.md` tells how to read
//! the figures.

mod args;
mod artifact;
mod aws;
mod child;
mod error;
mod event;
mod gates;
mod measure;
mod report;
mod runtime_api;
mod subject;
mod sweep;
mod syscalls;
mod tls;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Other};
use crate::error::Error;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let ran = match &args.other {
        Some(Other::Sweep(sweep)) => sweep::run(sweep).await,
        None => run(&args).await,
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::from(2)
        }
    }
}

/// Measures and reports; whether no gate was missed.
async fn run(args: &Args) -> Result<bool, Error> {
    let bench = measure::Bench::start(args).await?;
    let measured = bench.measure().await?;
    let verdicts = gates::judge(&measured);
    print!("{}", report::text(&measured, &verdicts));
    report::write_json(&args.json, &measured, &verdicts)?;
    Ok(verdicts.iter().all(|verdict| verdict.passes(args.allow_missing)))
}
