//! `docs/errors.md` is made from the catalogue: `make docs` writes it, and this test compares it.

use std::fmt::Write as _;

use super::{Advice, LinkAfter, table};
use crate::fields::FAULT_CODES;

const HEAD: &str = "# Errors

Made from the catalogue in `shared/core/src/advice` by `make docs`; do not edit it here.

`code` is stable. What it says, who must act, and what they do next is the same in problem documents, on pages, in action
items and in webhooks. Codes with a status are those of [problem documents](README.md#errors); the others are told of a
consent. *Try again after* is in seconds; 429 and 503 always have it, in `Retry-After` too.
";

fn document() -> String {
    let mut rows: Vec<&Advice> = table::rows().collect();
    rows.sort_unstable_by_key(|row| row.code.as_str());
    let (answered, told): (Vec<&Advice>, Vec<&Advice>) = rows.iter().partition(|row| !row.code.statuses().is_empty());
    let mut text = HEAD.to_owned();
    text.push_str("\n## Codes of problem documents\n");
    for row in answered {
        entry(&mut text, row);
    }
    text.push_str("\n## Codes of a consent\n");
    for row in told {
        entry(&mut text, row);
    }
    text.push_str("\n## Codes of faults\n\n`errors[].code` of `invalid_body` and `invalid_query`.\n\n| code | says |\n|---|---|\n");
    for (code, says) in FAULT_CODES {
        writeln!(text, "| `{code}` | {says} |").unwrap();
    }
    text
}

fn entry(text: &mut String, row: &Advice) {
    let statuses: Vec<String> = row.code.statuses().iter().map(u16::to_string).collect();
    writeln!(text, "\n### `{}`\n\n{}. {}\n", row.code, row.title, row.cause).unwrap();
    if !statuses.is_empty() {
        writeln!(text, "- Status: {}", statuses.join(", ")).unwrap();
    }
    writeln!(text, "- Who: {}", serde_json::to_value(row.who).unwrap().as_str().unwrap()).unwrap();
    for step in row.next_steps {
        writeln!(text, "- Next: {step}").unwrap();
    }
    if let Some(action) = row.next_action {
        writeln!(text, "- For a program: `{action}`").unwrap();
    }
    if let Some(seconds) = row.retry_after {
        writeln!(text, "- Try again after: {seconds}").unwrap();
    }
    if row.link == LinkAfter::Spent {
        writeln!(text, "- The link is spent; the next step is a fresh one.").unwrap();
    }
}

/// The catalogue and its documentation say the same.
#[test]
fn the_documentation_is_that_of_the_catalogue() {
    let kept = crate::document::holds("errors.md", &document());
    assert!(kept, "docs/errors.md is not what the catalogue says: run `make docs`");
}

#[test]
fn codes_of_faults_stand_once_and_in_order() {
    assert!(FAULT_CODES.is_sorted_by(|(one, _), (other, _)| one < other));
}
