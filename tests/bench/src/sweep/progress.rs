//! How far something is, on standard error: a line that is written over, or one for each tenth where nobody looks on.

use std::io::{IsTerminal as _, Write as _, stderr};

/// How wide the bar is.
const WIDTH: usize = 40;
/// How many lines a log gets.
const LINES: usize = 10;

/// Something that gets on.
pub(crate) struct Progress {
    what: String,
    total: usize,
    shown: Option<usize>,
    steps: usize,
}

impl Progress {
    /// Something of which there is `total`.
    pub(crate) fn new(what: impl Into<String>, total: usize) -> Self {
        let steps = if stderr().is_terminal() { WIDTH } else { LINES };
        Self { what: what.into(), total, shown: None, steps }
    }

    /// It is at `done`.
    pub(crate) fn at(&mut self, done: usize) {
        let step = done.min(self.total) * self.steps / self.total.max(1);
        if self.shown == Some(step) {
            return;
        }
        self.shown = Some(step);
        let mut out = stderr();
        let _ = if self.steps == WIDTH {
            let bar = format!("{}{}", "#".repeat(step), ".".repeat(WIDTH - step));
            let end = if step == WIDTH { "\n" } else { "" };
            write!(out, "\r{:<46} [{bar}] {done} of {}{end}", self.what, self.total)
        } else {
            writeln!(out, "{}: {done} of {}", self.what, self.total)
        };
    }
}
