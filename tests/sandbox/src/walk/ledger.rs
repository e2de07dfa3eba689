//! Which step did what: the rows that it wrote, and the calls of Microsoft that it led to. Whatever is first seen after
//! a step was begun and before the next one is counts as that step's, also what happened later by itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rows::Row;
use super::step::Step;

/// A call as the simulated Microsoft tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct MicrosoftCall {
    pub(crate) at: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) kind: String,
}

/// A row, and since when it is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traced {
    pub(crate) row: Row,
    pub(crate) written_in: Step,
    /// The later steps that changed it, in order.
    pub(crate) changed_in: Vec<Step>,
}

/// What has been seen so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    step: Step,
    rows: BTreeMap<(String, String), Traced>,
    /// By the position in Microsoft's log.
    calls: Vec<Step>,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self { step: Step::Register, rows: BTreeMap::new(), calls: Vec::new() }
    }

    /// From now on everything belongs to `step`.
    pub(crate) const fn begin(&mut self, step: Step) {
        self.step = step;
    }

    /// Notes the rows that there are now, and tells each with its steps, in the order in which they came.
    pub(crate) fn note_rows(&mut self, rows: Vec<Row>) -> Vec<Traced> {
        let before = std::mem::take(&mut self.rows);
        let trace = |row: Row| match before.get(&(row.pk.clone(), row.sk.clone())) {
            Some(known) if known.row == row => known.clone(),
            Some(known) => known.changed(row, self.step),
            None => Traced { row, written_in: self.step, changed_in: Vec::new() },
        };
        let traced: Vec<Traced> = rows.into_iter().map(trace).collect();
        self.rows = traced.iter().map(|one| ((one.row.pk.clone(), one.row.sk.clone()), one.clone())).collect();
        traced
    }

    /// Notes Microsoft's log as it is now, and tells the step of each call.
    pub(crate) fn note_calls(&mut self, count: usize) -> &[Step] {
        // A shorter log is a new one: somebody had Microsoft forget.
        if count < self.calls.len() {
            self.calls.clear();
        }
        self.calls.resize(count, self.step);
        &self.calls
    }
}

impl Traced {
    /// The row as it is since `step`.
    fn changed(&self, row: Row, step: Step) -> Self {
        let mut changed_in = self.changed_in.clone();
        if self.written_in != step && changed_in.last() != Some(&step) {
            changed_in.push(step);
        }
        Self { row, written_in: self.written_in, changed_in }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::rows::RowKind;

    fn row(pk: &str, text: &str) -> Row {
        Row { kind: RowKind::Other, pk: pk.to_owned(), sk: String::new(), text: text.to_owned() }
    }

    fn steps(traced: &[Traced]) -> Vec<(Step, &[Step])> {
        traced.iter().map(|one| (one.written_in, one.changed_in.as_slice())).collect()
    }

    #[test]
    fn a_row_is_told_with_the_steps_that_wrote_and_changed_it() {
        let (first, second, third) = (Step::Register, Step::Link, Step::Visit);
        let mut ledger = Ledger::new();
        ledger.note_rows(vec![row("a", "1"), row("b", "1")]);
        ledger.note_rows(vec![row("a", "2"), row("b", "1")]);
        ledger.begin(second);
        ledger.note_rows(vec![row("a", "3"), row("b", "1"), row("c", "1")]);
        ledger.note_rows(vec![row("a", "4"), row("b", "1"), row("c", "1")]);
        ledger.begin(third);
        let seen = ledger.note_rows(vec![row("a", "5"), row("b", "1"), row("c", "1")]);
        let (both, none): (&[Step], &[Step]) = (&[second, third], &[]);
        assert_eq!(steps(&seen), [(first, both), (first, none), (second, none)]);
    }

    #[test]
    fn a_call_is_the_step_s_in_which_it_was_first_seen() {
        let mut ledger = Ledger::new();
        ledger.note_calls(1);
        ledger.begin(Step::Visit);
        assert_eq!(ledger.note_calls(3), [Step::Register, Step::Visit, Step::Visit]);
        assert_eq!(ledger.note_calls(1), [Step::Visit], "the log began anew");
    }
}
