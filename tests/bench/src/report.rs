//! The figures as tables, and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::Error;
use crate::gates::{GATES, Limit, Verdict};
use crate::measure::{Figure, Measured, Program};

/// Figures with their heads, and what one unit of the column is.
const COLUMNS: [(&str, Figure, f64); 8] = [
    ("init ms", Figure::Init, 1e6),
    ("first ms", Figure::First, 1e6),
    ("cold ms", Figure::Cold, 1e6),
    ("warm µs", Figure::Warm, 1e3),
    ("system calls", Figure::Calls, 1.0),
    ("memory MB", Figure::Memory, 1e6),
    ("binary MB", Figure::Binary, 1e6),
    ("zip MB", Figure::Zip, 1e6),
];

/// Both tables, for people.
pub(crate) fn text(measured: &Measured, verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    let heads = COLUMNS.iter().map(|(head, ..)| (*head).to_owned());
    let rows = measured.programs.iter().map(|program| (program.name.to_owned(), figures(program)));
    table(&mut out, "program", heads.collect(), rows);
    let _ = writeln!(
        out,
        "\n{} rounds of {} requests; medians; CPU time, not elapsed time\n",
        measured.rounds,
        measured.warm + 1
    );
    let heads = measured.functions().map(|function| function.name.to_owned());
    let rows = GATES.iter().map(|gate| {
        let judged = verdicts.iter().filter(|verdict| verdict.gate == *gate);
        (gate.to_string(), judged.map(words).collect())
    });
    table(&mut out, "gate", heads.collect(), rows);
    out
}

fn table(out: &mut String, corner: &str, heads: Vec<String>, rows: impl Iterator<Item = (String, Vec<String>)>) {
    let _ = writeln!(out, "| {corner} | {} |", heads.join(" | "));
    let _ = writeln!(out, "|---|{}", "---:|".repeat(heads.len()));
    for (name, cells) in rows {
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
}

fn figures(program: &Program) -> Vec<String> {
    let cell = |(_, figure, unit): &(&str, Figure, f64)| match (program.figure(*figure), figure) {
        (None, _) => "-".to_owned(),
        (Some(value), Figure::Calls | Figure::Warm) => format!("{:.0}", value / unit),
        (Some(value), Figure::Init | Figure::First | Figure::Cold | Figure::Memory | Figure::Binary | Figure::Zip) => {
            format!("{:.2}", value / unit)
        }
    };
    COLUMNS.iter().map(cell).collect()
}

fn words(verdict: &Verdict) -> String {
    let Some(value) = verdict.value else { return verdict.word().to_string() };
    let value = match verdict.gate.limit {
        Limit::AtMost(most) if most < 1e5 => format!("{value:.0}"),
        Limit::AtMost(_) => format!("{:.2}", value / 1e6),
        Limit::Times(..) => format!("{value:.2}"),
        Limit::Part(..) => format!("1/{value:.1}"),
    };
    format!("{value} {}", verdict.word())
}

/// Every round of every program, and every gate, for programs. Times in nanoseconds, sizes in bytes.
pub(crate) fn write_json(path: &Path, measured: &Measured, verdicts: &[Verdict]) -> Result<(), Error> {
    let document = json!({
        "rounds": measured.rounds,
        "warmRequests": measured.warm,
        "programs": measured.programs.iter().map(program).collect::<Vec<_>>(),
        "gates": verdicts.iter().map(gate).collect::<Vec<_>>(),
    });
    std::fs::write(path, format!("{document:#}\n")).map_err(Error::file(path))
}

fn program(program: &Program) -> Value {
    let figure = |figure| program.figure(figure);
    let rounds = program
        .rounds
        .iter()
        .map(|marks| json!({ "init": marks.init, "first": marks.first, "end": marks.end, "memory": marks.memory }));
    json!({
        "name": program.name,
        "init": figure(Figure::Init),
        "first": figure(Figure::First),
        "cold": figure(Figure::Cold),
        "warm": figure(Figure::Warm),
        "systemCalls": program.calls,
        "memory": figure(Figure::Memory),
        "binary": figure(Figure::Binary),
        "zip": figure(Figure::Zip),
        "cpuUntil": rounds.collect::<Vec<_>>(),
    })
}

fn gate(verdict: &Verdict) -> Value {
    json!({
        "function": verdict.function,
        "gate": verdict.gate.to_string(),
        "value": verdict.value,
        "verdict": verdict.word().to_string(),
    })
}
