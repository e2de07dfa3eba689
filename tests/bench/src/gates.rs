//! The limits that each HTTP function keeps.

use std::fmt;

use crate::measure::{Figure, Measured, Program};
use crate::subject::Role;

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gate {
    /// What is limited.
    pub(crate) figure: Figure,
    /// How.
    pub(crate) limit: Limit,
}

/// How a figure is limited. All programs of a comparison are measured in the same run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    /// At most this many.
    AtMost(f64),
    /// At most this many times the figure of another program.
    Times(Role, f64),
    /// At most the figure of another program divided by this.
    Part(Role, f64),
}

/// These make their first TLS exchange before the first event, to read secrets; all others make it in the first event.
const EXCHANGE_AT_START: [&str; 2] = ["registration-url", "consent-redirect"];
/// What stands for one first exchange: the first event of a function that does little else in it.
const EXCHANGE: &str = "create-enterprise";

const fn gate(figure: Figure, limit: Limit) -> Gate {
    Gate { figure, limit }
}

/// All of them.
pub(crate) const GATES: [Gate; 9] = [
    gate(Figure::Init, Limit::Times(Role::Floor, 2.5)),
    gate(Figure::Init, Limit::Part(Role::Node, 40.0)),
    gate(Figure::Cold, Limit::Part(Role::Node, 25.0)),
    gate(Figure::Cold, Limit::Part(Role::Python, 40.0)),
    gate(Figure::Cold, Limit::Part(Role::RustDefaults, 4.0)),
    gate(Figure::Warm, Limit::Part(Role::Node, 5.0)),
    gate(Figure::Calls, Limit::AtMost(150.0)),
    gate(Figure::Memory, Limit::AtMost(12e6)),
    gate(Figure::Zip, Limit::AtMost(3.5e6)),
];

/// How one function stands to one gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// The function.
    pub(crate) function: &'static str,
    /// The gate.
    pub(crate) gate: Gate,
    /// In the terms of the limit: the figure itself, or how often one goes into the other. None if not measured.
    pub(crate) value: Option<f64>,
}

impl Verdict {
    /// Whether the gate holds, or could not be measured.
    pub(crate) fn passes(&self) -> bool {
        let Some(value) = self.value else { return true };
        match self.gate.limit {
            Limit::AtMost(most) | Limit::Times(_, most) => value <= most,
            Limit::Part(_, least) => value >= least,
        }
    }

    /// One word.
    pub(crate) fn word(&self) -> &'static str {
        match (self.value, self.passes()) {
            (None, _) => "not measured",
            (Some(_), true) => "holds",
            (Some(_), false) => "MISSED",
        }
    }
}

/// Every function against every gate.
pub(crate) fn judge(measured: &Measured) -> Vec<Verdict> {
    let against = |program: &Program| GATES.map(|gate| verdict(measured, program, gate));
    measured.functions().flat_map(against).collect()
}

fn verdict(measured: &Measured, program: &Program, gate: Gate) -> Verdict {
    let own = figure(measured, program, gate.figure);
    let other = |role| measured.of(role).and_then(|other| other.figure(gate.figure));
    let value = match gate.limit {
        Limit::AtMost(_) => own,
        Limit::Times(role, _) => own.zip(other(role)).map(|(own, other)| own / other),
        Limit::Part(role, _) => own.zip(other(role)).map(|(own, other)| other / own),
    };
    Verdict { function: program.name, gate, value }
}

/// The figure that a gate compares: init without an exchange that others make later (docs/decisions/0008).
fn figure(measured: &Measured, program: &Program, figure: Figure) -> Option<f64> {
    let own = program.figure(figure);
    if figure != Figure::Init || !EXCHANGE_AT_START.contains(&program.name) {
        return own;
    }
    let exchange = measured.functions().find(|other| other.name == EXCHANGE)?.figure(Figure::First);
    own.zip(exchange).map(|(own, exchange)| own - exchange)
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = match self.figure {
            Figure::Init => "init CPU",
            Figure::First => "CPU of the first request",
            Figure::Cold => "cold CPU",
            Figure::Warm => "warm CPU",
            Figure::Calls => "system calls",
            Figure::Memory => "memory",
            Figure::Binary => "binary",
            Figure::Zip => "zip",
        };
        match self.limit {
            Limit::AtMost(most) if most < 1e5 => write!(f, "{figure} ≤ {most}"),
            Limit::AtMost(most) => write!(f, "{figure} ≤ {} MB", most / 1e6),
            Limit::Times(role, most) => write!(f, "{figure} ≤ {most} × {}", role.name()),
            Limit::Part(role, least) => write!(f, "{figure} ≤ 1/{least} of {}", role.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tests::program;

    fn measured(function: u64, floor: u64) -> Measured {
        let programs =
            vec![program("enterprises", Role::Function, &[function]), program("floor", Role::Floor, &[floor])];
        Measured { rounds: 1, warm: 10, programs }
    }

    fn of(measured: &Measured, gate: Gate) -> Verdict {
        judge(measured).into_iter().find(|verdict| verdict.gate == gate).unwrap()
    }

    #[test]
    fn a_gate_holds_up_to_its_limit_and_not_beyond() {
        assert!(of(&measured(250, 100), GATES[0]).passes());
        let missed = of(&measured(251, 100), GATES[0]);
        assert_eq!((missed.value, missed.word()), (Some(2.51), "MISSED"));
    }

    #[test]
    fn an_exchange_before_the_first_event_is_compared_where_the_others_make_it() {
        let mut measured = measured(100, 100);
        measured.programs.push(program("consent-redirect", Role::Function, &[1_250]));
        let of_it = |measured: &Measured| {
            let verdicts = judge(measured).into_iter();
            verdicts
                .into_iter()
                .find(|verdict| verdict.function == "consent-redirect" && verdict.gate == GATES[0])
                .unwrap()
        };
        assert_eq!(of_it(&measured).word(), "not measured", "nobody shows what an exchange costs");
        measured.programs.push(program(EXCHANGE, Role::Function, &[100]));
        assert_eq!(of_it(&measured).value, Some(2.5), "1,250 less the 1,000 of a first event");
    }

    #[test]
    fn a_part_of_another_is_the_other_way_round() {
        let mut measured = measured(100, 100);
        measured.programs.push(program("node", Role::Node, &[4_000]));
        assert!(of(&measured, GATES[1]).passes());
        measured.programs.pop();
        measured.programs.push(program("node", Role::Node, &[3_999]));
        assert_eq!(of(&measured, GATES[1]).word(), "MISSED");
    }

    #[test]
    fn what_was_not_measured_is_said_and_misses_nothing() {
        let verdict = of(&measured(100, 100), GATES[3]);
        assert_eq!((verdict.word(), verdict.passes()), ("not measured", true));
    }
}
