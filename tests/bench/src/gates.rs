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

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// The limit is kept.
    Holds,
    /// It is not.
    Missed,
    /// A peer, or a tool, is not there.
    NotMeasured,
}

impl Verdict {
    /// What the gate says.
    pub(crate) fn word(&self) -> Word {
        let Some(value) = self.value else { return Word::NotMeasured };
        let kept = match self.gate.limit {
            Limit::AtMost(most) | Limit::Times(_, most) => value <= most,
            Limit::Part(_, least) => value >= least,
        };
        if kept { Word::Holds } else { Word::Missed }
    }

    /// Whether the run is good with it. What was not measured proves nothing, and passes only where that is accepted.
    pub(crate) fn passes(&self, allow_missing: bool) -> bool {
        match self.word() {
            Word::Holds => true,
            Word::Missed => false,
            Word::NotMeasured => allow_missing,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Missed => "MISSED",
            Self::NotMeasured => "not measured",
        })
    }
}

/// Every function against every gate.
pub(crate) fn judge(measured: &Measured) -> Vec<Verdict> {
    let against = |program: &Program| GATES.map(|gate| verdict(measured, program, gate));
    measured.functions().flat_map(against).collect()
}

fn verdict(measured: &Measured, program: &Program, gate: Gate) -> Verdict {
    let own = program.figure(gate.figure);
    let other = |role| measured.of(peer(role, program, gate.figure)).and_then(|other| other.figure(gate.figure));
    let value = match gate.limit {
        Limit::AtMost(_) => own,
        Limit::Times(role, _) => own.zip(other(role)).map(|(own, other)| own / other),
        Limit::Part(role, _) => own.zip(other(role)).map(|(own, other)| other / own),
    };
    Verdict { function: program.name, gate, value }
}

/// Init is compared with what does the same before its first event.
fn peer(role: Role, program: &Program, figure: Figure) -> Role {
    match figure {
        Figure::Init => role.at_the_start_of(program.name),
        Figure::First | Figure::Cold | Figure::Warm | Figure::Calls | Figure::Memory | Figure::Binary | Figure::Zip => {
            role
        }
    }
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
        assert_eq!(of(&measured(250, 100), GATES[0]).word(), Word::Holds);
        let missed = of(&measured(251, 100), GATES[0]);
        assert_eq!((missed.value, missed.word()), (Some(2.51), Word::Missed));
        assert!(!missed.passes(true));
    }

    #[test]
    fn init_is_compared_with_what_does_the_same_before_its_first_event() {
        let mut measured = measured(100, 100);
        measured.programs.push(program("consent-redirect", Role::Function, &[500]));
        let of_it = |measured: &Measured, gate: Gate| {
            let mut verdicts = judge(measured).into_iter();
            verdicts.find(|verdict| verdict.function == "consent-redirect" && verdict.gate == gate).unwrap()
        };
        assert_eq!(of_it(&measured, GATES[0]).word(), Word::NotMeasured, "the bare floor reads no secrets");
        measured.programs.push(program("floor-secrets", Role::FloorWithSecrets, &[200]));
        measured.programs.push(program("node", Role::Node, &[40_000]));
        measured.programs.push(program("node-secrets", Role::NodeWithSecrets, &[60_000]));
        assert_eq!(of_it(&measured, GATES[0]).value, Some(2.5));
        assert_eq!(of_it(&measured, GATES[1]).value, Some(120.0));
        assert_eq!(of_it(&measured, GATES[2]).value, Some(41_000.0 / 1_500.0), "cold is cold, with secrets or without");
        assert_eq!(of(&measured, GATES[0]).value, Some(1.0), "the others are compared with the bare floor");
    }

    #[test]
    fn a_part_of_another_is_the_other_way_round() {
        let mut measured = measured(100, 100);
        measured.programs.push(program("node", Role::Node, &[4_000]));
        assert_eq!(of(&measured, GATES[1]).word(), Word::Holds);
        measured.programs.pop();
        measured.programs.push(program("node", Role::Node, &[3_999]));
        assert_eq!(of(&measured, GATES[1]).word(), Word::Missed);
    }

    #[test]
    fn what_was_not_measured_passes_only_where_that_is_accepted() {
        let verdict = of(&measured(100, 100), GATES[3]);
        assert_eq!((verdict.word(), verdict.passes(false), verdict.passes(true)), (Word::NotMeasured, false, true));
    }
}
