//! The figures of the sweep as tables and as JSON, and whether the gates hold.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::table::Asked;
use super::tally::Tally;
use crate::error::Error;

/// How much more an idle tick may cost at the most pending than at the fewest (DESIGN §8).
const IDLE_RATIO: f64 = 1.05;
/// How far the units of one row may be apart in the smallest and the largest backlog, for them to be linear.
const LINEAR: f64 = 1.05;
/// The most memory, in bytes.
const MEMORY: u64 = 64_000_000;
/// For how many it is told what they would take.
const MILLION: f64 = 1e6;

/// A tick with nothing due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    pub(crate) pending: usize,
    pub(crate) asked: Asked,
    pub(crate) memory: u64,
}

/// A backlog that one sweeper worked off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backlog {
    pub(crate) due: usize,
    pub(crate) ticks: u32,
    pub(crate) seconds: f64,
    pub(crate) asked: Asked,
    pub(crate) memory: u64,
    pub(crate) tally: Tally,
}

/// A backlog that two worked off, one of which was killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub(crate) due: usize,
    pub(crate) killed_at: u64,
    pub(crate) seconds: f64,
    pub(crate) asked: Asked,
    pub(crate) memory: u64,
    pub(crate) tally: Tally,
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) idle: Vec<Idle>,
    pub(crate) drained: Vec<Backlog>,
    pub(crate) raced: Vec<Race>,
}

/// One limit, and how the run stands to it.
#[derive(Debug, PartialEq)]
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) holds: bool,
}

/// A straight line through figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// More for each row.
    pub(crate) slope: f64,
    /// At none.
    pub(crate) base: f64,
}

impl Line {
    /// The one with the least squares; none of fewer than two points.
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = float(points.len());
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let over = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>();
        let under = points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>();
        (points.len() > 1 && under > 0.0).then(|| Self { slope: over / under, base: y - over / under * x })
    }

    fn at(self, x: f64) -> f64 {
        self.base + self.slope * x
    }
}

impl Figures {
    fn line(&self, of: impl Fn(&Asked) -> f64) -> Option<Line> {
        let points: Vec<(f64, f64)> = self.drained.iter().map(|one| (float(one.due), of(&one.asked))).collect();
        Line::through(&points)
    }

    fn tallies(&self) -> impl Iterator<Item = (usize, &Tally)> {
        let drained = self.drained.iter().map(|one| (one.due, &one.tally));
        drained.chain(self.raced.iter().map(|one| (one.due, &one.tally)))
    }

    fn memory(&self) -> u64 {
        let idle = self.idle.iter().map(|one| one.memory);
        let all = idle.chain(self.drained.iter().map(|one| one.memory)).chain(self.raced.iter().map(|one| one.memory));
        all.max().unwrap_or_default()
    }
}

fn all_units(asked: &Asked) -> f64 {
    asked.reads + asked.writes
}

#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
const fn float(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The most of these figures by the least.
fn ratio(figures: impl Iterator<Item = f64> + Clone) -> f64 {
    let (most, least) = (figures.clone().fold(0.0, f64::max), figures.fold(f64::INFINITY, f64::min));
    if least > 0.0 { most / least } else { f64::INFINITY }
}

/// How the run stands to each limit.
pub(crate) fn gates(figures: &Figures) -> Vec<Gate> {
    let mut gates = Vec::new();
    let mut gate = |name, value, holds| gates.push(Gate { name, value, holds });
    if figures.idle.len() > 1 {
        #[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
        let calls = ratio(figures.idle.iter().map(|one| one.asked.calls as f64));
        let units = ratio(figures.idle.iter().map(|one| all_units(&one.asked)));
        let worst = calls.max(units);
        gate("idle: calls and units, most by least \u{2264} 1.05", format!("{worst:.3}"), worst <= IDLE_RATIO);
    }
    if figures.drained.len() > 1 {
        let each = ratio(figures.drained.iter().map(|one| all_units(&one.asked) / float(one.due)));
        gate("units a row, most by least \u{2264} 1.05", format!("{each:.3}"), each <= LINEAR);
    }
    let (due, once) = figures.tallies().fold((0, 0), |(due, once), (more, tally)| (due + more, once + tally.once));
    let exact = figures.tallies().all(|(due, tally)| *tally == Tally { once: due, wrong: 0, too_early: 0 });
    gate("each expired once, one event, one fact", format!("{once} of {due}"), exact);
    let memory = figures.memory();
    gate("memory \u{2264} 64 MB", format!("{:.2} MB", megabytes(memory)), memory <= MEMORY);
    gates
}

/// The tables, for people.
pub(crate) fn text(figures: &Figures) -> String {
    let mut out = String::from(
        "| pending, none due | calls | read units | write units | memory MB |\n|---:|---:|---:|---:|---:|\n",
    );
    for Idle { pending, asked: Asked { calls, reads, writes, .. }, memory } in &figures.idle {
        let memory = megabytes(*memory);
        let _ = writeln!(out, "| {pending} | {calls} | {reads:.1} | {writes:.1} | {memory:.2} |");
    }
    out.push_str("\n| due | ticks | s | calls | read units | write units | units a row | memory MB | expired once |\n");
    out.push_str("|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for Backlog { due, ticks, seconds, asked, memory, tally } in &figures.drained {
        let (each, memory) = (all_units(asked) / float(*due), megabytes(*memory));
        let Asked { calls, reads, writes, .. } = asked;
        let _ = writeln!(
            out,
            "| {due} | {ticks} | {seconds:.0} | {calls} | {reads:.0} | {writes:.0} | {each:.3} | {memory:.2} | {} |",
            tally.once
        );
    }
    for (what, line) in [("units", figures.line(all_units)), ("write units", figures.line(|asked| asked.writes))] {
        if let Some(line) = line {
            let _ = writeln!(out, "\n{what}: {:.3} a row; {:.0} for 1,000,000", line.slope, line.at(MILLION));
        }
    }
    out.push_str("\n| due, two at once | killed at | s | came second | memory MB | expired once |\n|---:|---:|---:|---:|---:|---:|\n");
    for Race { due, killed_at, seconds, asked, memory, tally } in &figures.raced {
        let (memory, refused) = (megabytes(*memory), asked.refused);
        let _ = writeln!(out, "| {due} | {killed_at} | {seconds:.0} | {refused} | {memory:.2} | {} |", tally.once);
    }
    out.push_str("\n| gate | value | |\n|---|---:|---|\n");
    for Gate { name, value, holds } in gates(figures) {
        let _ = writeln!(out, "| {name} | {value} | {} |", if holds { "holds" } else { "missed" });
    }
    out
}

/// Everything, for programs. Memory in bytes.
pub(crate) fn write_json(path: &Path, figures: &Figures) -> Result<(), Error> {
    let line = |line: Option<Line>| line.map(|line| json!({"slope": line.slope, "million": line.at(MILLION)}));
    let document = json!({
        "idle": figures.idle.iter().map(|one| with(&one.asked, one.memory, json!({"pending": one.pending}))).collect::<Value>(),
        "drained": figures.drained.iter().map(|one| {
            let more = json!({"due": one.due, "ticks": one.ticks, "seconds": one.seconds, "once": one.tally.once});
            with(&one.asked, one.memory, more)
        }).collect::<Value>(),
        "raced": figures.raced.iter().map(|one| {
            let more = json!({"due": one.due, "killedAt": one.killed_at, "seconds": one.seconds, "once": one.tally.once});
            with(&one.asked, one.memory, more)
        }).collect::<Value>(),
        "units": line(figures.line(all_units)),
        "writeUnits": line(figures.line(|asked| asked.writes)),
        "gates": gates(figures).iter().map(|gate| json!({"gate": gate.name, "value": gate.value, "holds": gate.holds})).collect::<Value>(),
    });
    std::fs::write(path, format!("{document:#}\n")).map_err(Error::file(path))
}

fn with(asked: &Asked, memory: u64, mut more: Value) -> Value {
    more["calls"] = json!(asked.calls);
    more["readUnits"] = json!(asked.reads);
    more["writeUnits"] = json!(asked.writes);
    more["cameSecond"] = json!(asked.refused);
    more["memory"] = json!(memory);
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(pending: usize, reads: f64) -> Idle {
        Idle { pending, asked: Asked { calls: 20, reads, ..Asked::default() }, memory: 10_000_000 }
    }

    fn drained(due: usize, each: f64) -> Backlog {
        let asked = Asked { calls: 1, writes: each * float(due), ..Asked::default() };
        let tally = Tally { once: due, wrong: 0, too_early: 0 };
        Backlog { due, ticks: 8, seconds: 1.0, asked, memory: 10_000_000, tally }
    }

    fn missed(figures: &Figures) -> Vec<&'static str> {
        gates(figures).into_iter().filter(|gate| !gate.holds).map(|gate| gate.name).collect()
    }

    /// R202 Each gate is missed by what misses it, and by nothing else.
    #[test]
    fn a_gate_is_missed_by_what_misses_it() {
        let good = || Figures {
            idle: vec![idle(1_000, 10.0), idle(1_000_000, 10.4)],
            drained: vec![drained(1_000, 11.4), drained(10_000, 11.2)],
            raced: Vec::new(),
        };
        assert!(missed(&good()).is_empty());
        let mut figures = good();
        figures.idle[1].asked.reads = 10.6;
        assert_eq!(missed(&figures).len(), 1);
        let mut figures = good();
        figures.drained[1].asked.writes *= 1.1;
        assert_eq!(missed(&figures).len(), 1);
        let mut figures = good();
        figures.drained[1].tally.too_early = 1;
        assert_eq!(missed(&figures).len(), 1);
        let mut figures = good();
        figures.drained[1].memory = 64_000_001;
        assert_eq!(missed(&figures).len(), 1);
    }

    #[test]
    fn a_line_goes_through_its_points() {
        let line = Line::through(&[(1_000.0, 12_000.0), (2_000.0, 23_000.0), (3_000.0, 34_000.0)]).unwrap();
        assert!((line.slope - 11.0).abs() < 1e-9 && (line.base - 1_000.0).abs() < 1e-6, "{line:?}");
        assert_eq!(Line::through(&[(1.0, 1.0)]), None);
    }
}
