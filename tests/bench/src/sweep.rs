//! `make bench-sweep`: what the sweep over invitations costs, and that it records each of them once (R202, DESIGN §8).
//!
//! The built program runs as its own process, as Lambda starts it, against the embedded DynamoDB behind TLS. What it asks the table
//! is counted on the way, with the units that the table charges. Backlogs are put into the table directly.

mod backlog;
mod lambda;
mod progress;
mod report;
mod rows;
mod table;
mod tally;

use crate::args::SweepArgs;
use crate::error::Error;
use crate::sweep::report::Figures;

/// Measures and reports; whether every gate holds.
pub(crate) async fn run(args: &SweepArgs) -> Result<bool, Error> {
    let mut figures = Figures::default();
    for pending in &args.pending {
        figures.idle.push(backlog::idle(args, *pending).await?);
    }
    for due in &args.due {
        figures.drained.push(backlog::drained(args, *due).await?);
    }
    for due in &args.due {
        figures.raced.push(backlog::raced(args, *due).await?);
    }
    print!("{}", report::text(&figures));
    report::write_json(&args.json, &figures)?;
    Ok(report::gates(&figures).iter().all(|gate| gate.holds))
}
