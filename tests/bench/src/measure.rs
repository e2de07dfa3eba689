//! The run: every program once a round, in an order that changes, so that no program always follows the same other one.

use std::path::PathBuf;
use std::sync::Arc;

use crate::args::Args;
use crate::artifact::{self, Sizes};
use crate::aws;
use crate::child::Surroundings;
use crate::error::Error;
use crate::runtime_api::{Marks, RuntimeApi};
use crate::subject::{Role, Subject};
use crate::syscalls;
use crate::tls::TlsListener;
use crate::world::World;

/// Everything that is needed to measure.
pub(crate) struct Bench {
    rounds: u16,
    warm: u16,
    subjects: Vec<Subject>,
    runtime_api: RuntimeApi,
    surroundings: Surroundings,
    trace: PathBuf,
}

/// What was measured, and how.
pub(crate) struct Measured {
    /// How often every program was started.
    pub(crate) rounds: u16,
    /// How many requests a program got after its first.
    pub(crate) warm: u16,
    /// The programs.
    pub(crate) programs: Vec<Program>,
}

/// What one program costs.
pub(crate) struct Program {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its role.
    pub(crate) role: Role,
    /// Every round.
    pub(crate) rounds: Vec<Marks>,
    /// Requests after the first, in every round.
    pub(crate) warm: u16,
    /// System calls before the first event, where strace counts them.
    pub(crate) calls: Option<u64>,
    /// The size of what is deployed, where that is one file.
    pub(crate) sizes: Option<Sizes>,
}

/// A figure of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// CPU from the start to the first request for an event, in nanoseconds.
    Init,
    /// CPU of the first request, in nanoseconds.
    First,
    /// Both.
    Cold,
    /// CPU of a later request, in nanoseconds.
    Warm,
    /// System calls before the first event.
    Calls,
    /// The most memory at once, in bytes.
    Memory,
    /// The file, in bytes.
    Binary,
    /// The file in a zip, in bytes.
    Zip,
}

impl Bench {
    /// Starts what plays Lambda and AWS.
    pub(crate) async fn start(args: &Args) -> Result<Self, Error> {
        let folder = args.json.parent().map(PathBuf::from).unwrap_or_default();
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let folder = folder.canonicalize().map_err(Error::file(&folder))?;
        let world = Arc::new(World::new()?);
        let subjects = installed(Subject::all(args, &world))?;
        let (listener, authority) = TlsListener::bind(&folder).await?;
        let aws_url = listener.url()?;
        aws::serve(listener, world);
        let runtime_api = RuntimeApi::serve().await?;
        let surroundings = Surroundings::new(runtime_api.address(), &aws_url, &authority, args.show);
        let trace = folder.join("bench.trace");
        Ok(Self { rounds: args.rounds, warm: args.warm, subjects, runtime_api, surroundings, trace })
    }

    /// Measures everything.
    pub(crate) async fn measure(&self) -> Result<Measured, Error> {
        let mut programs = Vec::new();
        let strace = syscalls::is_available();
        if !strace {
            eprintln!("strace is missing or may not be used: system calls are not counted");
        }
        for subject in &self.subjects {
            eprintln!("{}: size, system calls", subject.name);
            programs.push(Program {
                name: subject.name,
                role: subject.role,
                rounds: Vec::new(),
                warm: self.warm,
                calls: if strace { Some(self.count_calls(subject).await?) } else { None },
                sizes: subject.artifact.as_deref().map(artifact::sizes).transpose()?,
            });
        }
        for round in 0..usize::from(self.rounds) {
            eprintln!("round {} of {}", round + 1, self.rounds);
            for at in order(round, self.subjects.len()) {
                let (subject, program) = (&self.subjects[at], &mut programs[at]);
                let start = || self.surroundings.start(&subject.command, &[]);
                program.rounds.push(self.runtime_api.visit(subject, u32::from(self.warm) + 1, start).await?);
            }
        }
        Ok(Measured { rounds: self.rounds, warm: self.warm, programs })
    }

    async fn count_calls(&self, subject: &Subject) -> Result<u64, Error> {
        let trace = self.trace.display().to_string();
        let start = || self.surroundings.start(&subject.command, &syscalls::wrapper(&trace));
        self.runtime_api.visit(subject, 0, start).await?;
        let calls = syscalls::before_first_event(&self.trace)?;
        std::fs::remove_file(&self.trace).map_err(Error::file(&self.trace))?;
        Ok(calls)
    }
}

/// Every one of `count` once, in steps that differ from round to round.
fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    let reaches_all = |step: &usize| (1..=count).filter(|turn| (turn * step).is_multiple_of(count)).count() == 1;
    let steps: Vec<usize> = (1..=count).filter(reaches_all).collect();
    let step = steps.get(round % steps.len().max(1)).copied().unwrap_or(1);
    (0..count).map(move |turn| (turn * step + round) % count)
}

/// Those that are there. A peer that the machine lacks is left out; a function must be there.
fn installed(subjects: Vec<Subject>) -> Result<Vec<Subject>, Error> {
    let mut there = Vec::new();
    for subject in subjects {
        let missing = subject
            .command
            .iter()
            .chain(&subject.artifact)
            .find(|path| path.components().count() > 1 && !path.exists());
        match (missing, subject.role) {
            (None, _) => there.push(subject),
            (Some(path), Role::Function) => return Err(Error::NoProgram { path: path.clone() }),
            (Some(path), _) => eprintln!("{} is left out: {} is missing", subject.name, path.display()),
        }
    }
    Ok(there)
}

impl Measured {
    /// The program in a role that only one has.
    pub(crate) fn of(&self, role: Role) -> Option<&Program> {
        self.programs.iter().find(|program| program.role == role)
    }

    /// The functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Program> {
        self.programs.iter().filter(|program| program.role == Role::Function)
    }
}

impl Program {
    /// A figure; what varies from round to round is the median of the rounds.
    pub(crate) fn figure(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::Init => self.median(|marks| marks.init),
            Figure::First => self.median(|marks| marks.first.saturating_sub(marks.init)),
            Figure::Cold => self.median(|marks| marks.first),
            Figure::Warm => self.median(|marks| marks.end.saturating_sub(marks.first) / u64::from(self.warm)),
            Figure::Memory => self.median(|marks| marks.memory),
            Figure::Calls => self.calls.map(float),
            Figure::Binary => self.sizes.map(|sizes| float(sizes.binary)),
            Figure::Zip => self.sizes.map(|sizes| float(sizes.zip)),
        }
    }

    fn median(&self, of: impl Fn(&Marks) -> u64) -> Option<f64> {
        let mut values: Vec<u64> = self.rounds.iter().map(of).collect();
        values.sort_unstable();
        let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
        Some(f64::midpoint(float(*low), float(*high)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53")]
fn float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn program(name: &'static str, role: Role, init: &[u64]) -> Program {
        let marks =
            |init: &u64| Marks { init: *init, first: init + 1_000, end: init + 1_000 + 20_000, memory: 9_000_000 };
        let sizes = Some(Sizes { binary: 6_000_000, zip: 3_000_000 });
        Program { name, role, rounds: init.iter().map(marks).collect(), warm: 10, calls: Some(100), sizes }
    }

    #[test]
    fn every_program_runs_once_a_round_and_after_different_ones() {
        for count in 1..=9 {
            for round in 0..20 {
                let mut all: Vec<usize> = order(round, count).collect();
                all.sort_unstable();
                assert_eq!(all, (0..count).collect::<Vec<_>>(), "round {round} of {count}");
            }
        }
        let before =
            |round| order(round, 9).zip(order(round, 9).skip(1)).find(|(_, next)| *next == 4).map(|(one, _)| one);
        let all: std::collections::BTreeSet<_> = (0..12).filter_map(before).collect();
        assert!(all.len() >= 5, "{all:?}");
    }

    #[test]
    fn a_figure_is_the_median_of_its_rounds() {
        let figures = |init: &[u64]| {
            let program = program("a", Role::Function, init);
            [Figure::Init, Figure::First, Figure::Cold, Figure::Warm].map(|figure| program.figure(figure))
        };
        assert_eq!(figures(&[900, 100, 300]), [Some(300.0), Some(1_000.0), Some(1_300.0), Some(2_000.0)]);
        assert_eq!(figures(&[100, 300])[0], Some(200.0));
        assert_eq!(figures(&[])[0], None);
    }
}
