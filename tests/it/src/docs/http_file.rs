//! Reads and runs `.http` files, as far as ours go: `@name = value`, `### Title (status)`, `# @name name`, and
//! `{{variable}}`, also of an earlier answer's body or headers.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::world::{Answer, World, send};

/// A request of a file.
#[derive(Debug)]
pub(super) struct Ready {
    title: String,
    status: u16,
    name: Option<String>,
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

pub(super) fn parse(text: &str) -> Vec<Ready> {
    text.split("\n### ").skip(1).map(request).collect()
}

fn request(text: &str) -> Ready {
    let (title, rest) = text.split_once('\n').unwrap();
    let (title, status) = title.strip_suffix(')').and_then(|title| title.rsplit_once(" (")).unwrap();
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let (comments, head): (Vec<&str>, Vec<&str>) = head.lines().partition(|line| line.starts_with('#'));
    let name = comments.iter().find_map(|line| line.strip_prefix("# @name ")).map(str::to_owned);
    let headers = head[1..].iter().filter_map(|line| line.split_once(": "));
    Ready {
        title: title.to_owned(),
        status: status.parse().unwrap(),
        name,
        line: head[0].to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.trim().to_owned(),
    }
}

/// Sends each request and compares its status; their methods and paths.
pub(super) async fn run(world: &World, settings: &[(&str, String)], file: &[Ready]) -> Vec<(Method, String)> {
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    let mut requests = Vec::new();
    for ready in file {
        let with = |text: &str| filled(text, settings, &answers);
        let line = with(&ready.line);
        let (method, url) = line.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let mut call = world.http.request(method.clone(), url).body(with(&ready.body));
        for (name, value) in &ready.headers {
            call = call.header(name, with(value));
        }
        let answer = send(call).await;
        assert_eq!(answer.status.as_u16(), ready.status, "{}: {}", ready.title, answer.text);
        requests.push((method, url.strip_prefix(world.sandbox.api()).unwrap().to_owned()));
        if let Some(name) = &ready.name {
            answers.insert(name.clone(), answer);
        }
    }
    requests
}

fn filled(text: &str, settings: &[(&str, String)], answers: &BTreeMap<String, Answer>) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once("}}").unwrap();
        filled.push_str(&value(variable, settings, answers));
        filled.push_str(rest);
    }
    filled
}

fn value(variable: &str, settings: &[(&str, String)], answers: &BTreeMap<String, Answer>) -> String {
    if let Some((_, value)) = settings.iter().find(|(name, _)| *name == variable) {
        return value.clone();
    }
    let (name, of) = variable.split_once(".response.").unwrap_or_else(|| panic!("{variable} is not known"));
    let answer = &answers[name];
    match of.split_once('.') {
        Some(("headers", header)) => answer.header(&header.to_lowercase()).to_owned(),
        Some(("body", "*")) => answer.text.clone(),
        Some(("body", field)) => {
            let value = &answer.json()[field];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }
        _ => panic!("{variable} is not known"),
    }
}
