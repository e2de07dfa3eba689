//! Rows as CSV (RFC 4180), safe to open in a spreadsheet: no cell begins with what one takes for a formula (K18).

use lambda_http::http::HeaderMap;
use onboarding_core::audit::Noted;
use onboarding_core::id::ReferenceId;

use crate::accept;

const COLUMNS: [&str; 11] = [
    "id",
    "at",
    "who",
    "action",
    "object",
    "before",
    "after",
    "requestId",
    "microsoftCorrelationId",
    "enterpriseId",
    "segment",
];

/// Whether the caller asks for CSV and not, or less, for JSON (RFC 9110 §12.5.1).
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let weight = |wanted: &str| {
        let of_type = accept(headers).filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let weight = |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
            let matches = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(wanted));
            matches.then(|| parts.find_map(weight).unwrap_or(1.0))
        });
        of_type.fold(0.0, f32::max)
    };
    weight("text/csv") > weight("application/json")
}

/// The rows with a header line.
pub(crate) fn table(rows: &[Noted]) -> String {
    let mut text = line(COLUMNS.map(str::to_owned));
    for Noted { row, segment } in rows {
        let entry = row.entry();
        let optional = |value: Option<&str>| value.unwrap_or_default().to_owned();
        text.push_str(&line([
            entry.id.to_string(),
            entry.at.clone(),
            entry.who.to_owned(),
            entry.action.to_owned(),
            entry.object.to_owned(),
            optional(entry.before),
            optional(entry.after),
            optional(entry.request_id.map(ReferenceId::as_str)),
            optional(entry.microsoft_correlation_id),
            entry.enterprise_id.map(|id| id.to_string()).unwrap_or_default(),
            segment.map(|number| number.to_string()).unwrap_or_default(),
        ]));
    }
    text
}

fn line(cells: [String; 11]) -> String {
    format!("{}\r\n", cells.map(|cell| quoted(&cell)).join(","))
}

/// In quotes, and behind an apostrophe where a spreadsheet would begin to calculate. Blanks before it do not help it.
fn quoted(cell: &str) -> String {
    let calculates = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']) || cell.starts_with(['\t', '\r']);
    format!("\"{}{}\"", if calculates { "'" } else { "" }, cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::http::HeaderValue;

    fn wanted(accept: &[&'static str]) -> bool {
        let values = accept.iter().map(|value| ("accept".parse().unwrap(), HeaderValue::from_static(value)));
        is_wanted(&values.collect())
    }

    #[test]
    fn csv_is_for_who_prefers_it() {
        for accept in [&["text/csv"][..], &["Text/CSV; header=present"], &["application/json;q=0.5, text/csv;q=0.9"]] {
            assert!(wanted(accept), "{accept:?}");
        }
        let others = [&[][..], &["*/*"], &["application/json"], &["text/csv, application/json"], &["text/csv;q=0"]];
        for accept in others.into_iter().chain([&["text/csv;q=0.1", "application/json"][..]]) {
            assert!(!wanted(accept), "{accept:?}");
        }
    }

    /// K18 No cell begins with what a spreadsheet takes for a formula, and none leaves its quotes.
    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u{a0}=1"] {
            assert!(quoted(formula).starts_with("\"'"), "{formula:?}");
        }
        assert_eq!(quoted("a \"b\", c\r\nd"), "\"a \"\"b\"\", c\r\nd\"");
        assert_eq!(quoted(""), "\"\"");
    }
}
