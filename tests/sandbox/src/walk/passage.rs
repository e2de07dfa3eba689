//! What came back from Microsoft for the walk's link, as it went through the stand-in for API Gateway: in whichever
//! browser the link was opened. The form's code and token are not kept.

use axum::http::{HeaderMap, Method};
use url::form_urlencoded;

use super::ask::Answer;
use crate::form::text_of;

/// Where Microsoft's answers come in.
pub(crate) const CALLBACK: &str = "/restricted/handleResponse";

/// More than anybody looks at.
pub(crate) const MOST: usize = 20;

/// One answer of Microsoft's, and ours to it.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    /// The names of the form's fields.
    pub(crate) fields: Vec<String>,
    pub(crate) answer: Answer,
}

/// The fields' names of a callback that carries `state`; none if this is something else.
pub(crate) fn fields_of(method: &Method, path: &str, body: &[u8], state: &str) -> Option<Vec<String>> {
    if method != Method::POST || path != CALLBACK {
        return None;
    }
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let is_ours = fields.iter().any(|(name, value)| name == "state" && value == state);
    is_ours.then(|| fields.drain(..).map(|(name, _)| name).collect())
}

impl Passage {
    pub(crate) fn new(fields: Vec<String>, status: axum::http::StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body).into_owned();
        Self { fields, answer: Answer { status, headers: Answer::telling(headers), body } }
    }

    /// The path of the outcome page to which it leads.
    pub(crate) fn outcome(&self) -> Option<String> {
        let (_, location) = self.answer.headers.iter().find(|(name, _)| name == "location")?;
        let path = url::Url::parse(location).map_or_else(|_| location.clone(), |url| url.path().to_owned());
        path.starts_with("/outcome/").then_some(path)
    }
}

/// A line of a page as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) is_heading: bool,
    pub(crate) text: String,
}

/// The text between `<main>` and `</main>`, line by line.
pub(crate) fn lines_of(html: &str) -> Vec<Line> {
    let main = html.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).map_or("", |(main, _)| main);
    let ends = ["</p>", "</h1>", "</h2>", "</li>"];
    let mut lines = Vec::new();
    let mut rest = main.split_once('>').map_or("", |(_, inside)| inside);
    while let Some((at, end)) = ends.iter().filter_map(|end| Some((rest.find(end)?, *end))).min() {
        let text = text_of(&rest[..at]);
        if !text.is_empty() {
            lines.push(Line { is_heading: end.starts_with("</h"), text });
        }
        rest = &rest[at + end.len()..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_link_counts() {
        let fields = |path, body: &[u8]| fields_of(&Method::POST, path, body, "s+1");
        assert_eq!(fields(CALLBACK, b"code=c&state=s%2B1").unwrap(), ["code", "state"]);
        assert_eq!(fields(CALLBACK, b"code=c&state=other"), None);
        assert_eq!(fields("/v1/enterprises", b"state=s%2B1"), None);
        assert_eq!(fields_of(&Method::GET, CALLBACK, b"state=s%2B1", "s+1"), None);
    }

    #[test]
    fn a_page_is_read_line_by_line() {
        let html =
            "<p>x</p><main class=a><p class=q>Provider <b>A</b></p><h1>Done</h1><ol><li>One &amp; two</li></ol></main>";
        let lines: Vec<_> = lines_of(html).into_iter().map(|line| (line.is_heading, line.text)).collect();
        let wanted = [(false, "Provider A"), (true, "Done"), (false, "One & two")];
        assert_eq!(lines, wanted.map(|(heading, text)| (heading, text.to_owned())));
    }
}
