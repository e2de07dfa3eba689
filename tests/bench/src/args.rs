//! What the bench is told on its command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures what the HTTP functions cost, beside their peers. Exits with 1 if a gate is missed or could not be measured.
#[derive(Debug, Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    /// What else than the HTTP functions is measured.
    #[command(subcommand)]
    pub(crate) other: Option<Other>,
    /// How often every program is started; figures are medians over the rounds.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) rounds: u16,
    /// How many requests a program gets after its first, in every round.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) warm: u16,
    /// Where the release builds of the functions are.
    #[arg(long, default_value = "target/release")]
    pub(crate) functions: PathBuf,
    /// Where the peers are installed.
    #[arg(long, default_value = "target/bench/peers")]
    pub(crate) peers: PathBuf,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench.json")]
    pub(crate) json: PathBuf,
    /// Measures these programs only, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Accepts gates that could not be measured, because a peer or strace is not there.
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// Shows what the programs write.
    #[arg(long)]
    pub(crate) show: bool,
}

/// What else can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Other {
    /// The sweep over invitations: an idle tick, backlogs, two sweepers at once, and a kill.
    Sweep(SweepArgs),
}

/// Measures what the sweep costs. Exits with 1 if a gate is missed.
#[derive(Debug, clap::Args)]
pub(crate) struct SweepArgs {
    /// The release build of the sweep.
    #[arg(long, default_value = "target/release/sweep")]
    pub(crate) program: PathBuf,
    /// How many invitations are pending at an idle tick, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000,1000000")]
    pub(crate) pending: Vec<usize>,
    /// How many are due at once, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    pub(crate) due: Vec<usize>,
    /// The longest that one backlog may take, in minutes.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub(crate) minutes: u16,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench-sweep.json")]
    pub(crate) json: PathBuf,
    /// Shows what the program writes.
    #[arg(long)]
    pub(crate) show: bool,
}
