//! One call of the walk: as curl would make it, as it was made, and what came back.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use onboarding_microsoft::http::{self, ClientError};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::Ready;

/// How long an answer may take: longer than any function may run.
const PATIENCE: Duration = Duration::from_secs(35);

/// The headers of an answer that tell something; the others are on every answer.
const TELLING: [&str; 6] = ["content-type", "location", "retry-after", "allow", "www-authenticate", "x-request-id"];

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// The API, and the sandbox's own controls.
    Api,
    /// The simulated Microsoft's controls.
    Microsoft,
}

/// Whose key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    None,
    Reseller,
    Operator,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    server: Server,
    path: String,
    credential: Credential,
    body: Option<Value>,
}

impl Ask {
    pub(crate) fn new(method: Method, server: Server, path: impl Into<String>) -> Self {
        Self { method, server, path: path.into(), credential: Credential::None, body: None }
    }

    /// A call of the API with the provider's key: a POST if there is a body.
    pub(crate) fn as_reseller(path: impl Into<String>, body: Option<Value>) -> Self {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        Self { credential: Credential::Reseller, body, ..Self::new(method, Server::Api, path) }
    }

    /// A POST with the operator's key.
    pub(crate) fn as_operator(path: impl Into<String>, body: Value) -> Self {
        let ask = Self::new(Method::POST, Server::Api, path);
        Self { credential: Credential::Operator, ..ask.with(body) }
    }

    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Method and path.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What to type for the same, with addresses and keys as variables.
    pub(crate) fn curl(&self) -> String {
        let implied = if self.body.is_some() { Method::POST } else { Method::GET };
        let method = if self.method == implied { String::new() } else { format!(" -X {}", self.method) };
        let mut command = format!("curl -sS{method} \"{}{}\"", self.server.variable(), self.path);
        if let Some(variable) = self.credential.variable() {
            let _ = write!(command, " \\\n  -H \"Authorization: Bearer {variable}\"");
        }
        if let Some(body) = &self.body {
            let _ = write!(command, " \\\n  -H 'Content-Type: application/json' \\\n  -d {}", quoted(&spaced(body)));
        }
        command
    }

    /// The request as it was sent, but for the key.
    pub(crate) fn text(&self) -> String {
        let mut text = self.line();
        if let Some(variable) = self.credential.variable() {
            let _ = write!(text, "\nauthorization: Bearer {variable}");
        }
        if let Some(body) = &self.body {
            let _ = write!(text, "\ncontent-type: application/json\n\n{body:#}");
        }
        text
    }
}

impl Server {
    const fn variable(self) -> &'static str {
        match self {
            Self::Api => "$API",
            Self::Microsoft => "$MICROSOFT",
        }
    }
}

impl Credential {
    const fn variable(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Reseller => Some("$KEY"),
            Self::Operator => Some("$OPERATOR_KEY"),
        }
    }
}

/// JSON in one line, with room to break it.
fn spaced(value: &Value) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(elements) => format!("[{}]", join(elements.iter().map(spaced).collect())),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", Value::from(name.as_str()), spaced(value));
            format!("{{{}}}", join(fields.iter().map(field).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Between single quotes for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A call that was made.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) ask: Ask,
    /// What came back, or why nothing did.
    pub(crate) answer: Result<Answer, String>,
    pub(crate) took: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Exchange {
    /// The body of a good answer.
    pub(crate) fn good(&self) -> Option<&str> {
        let answer = self.answer.as_ref().ok()?;
        answer.status.is_success().then_some(answer.body.as_str())
    }

    /// The JSON of a good answer; null if there is none.
    pub(crate) fn json(&self) -> Value {
        self.good().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
    }
}

impl Answer {
    /// Those headers that tell something, as they came.
    pub(crate) fn telling(headers: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
        let value = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        TELLING.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect()
    }

    /// The whole answer, JSON indented.
    pub(crate) fn text(&self) -> String {
        let mut text = self.status.to_string();
        for (name, value) in &self.headers {
            let _ = write!(text, "\n{name}: {value}");
        }
        if !self.body.is_empty() {
            let _ = write!(text, "\n\n{}", indented(&self.body));
        }
        text
    }
}

/// JSON over several lines; what is no object and no list stays as it is.
pub(crate) fn indented(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_object() || value.is_array() => format!("{value:#}"),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// Makes the calls: over HTTP, as everybody else.
pub(crate) struct Caller {
    http: Client,
    ready: Ready,
    /// Where the simulated Microsoft is.
    microsoft: Option<String>,
}

impl Caller {
    pub(crate) fn new(ready: Ready, microsoft: Option<String>) -> Result<Self, ClientError> {
        Ok(Self { http: http::client()?, ready, microsoft })
    }

    pub(crate) async fn make(&self, ask: Ask) -> Exchange {
        let began = Instant::now();
        let answer = self.answer(&ask).await.map_err(|fault| fault.without_url().to_string());
        Exchange { ask, answer, took: began.elapsed() }
    }

    async fn answer(&self, ask: &Ask) -> Result<Answer, reqwest::Error> {
        let base = match ask.server {
            Server::Api => &self.ready.api,
            Server::Microsoft => self.microsoft.as_ref().unwrap_or(&self.ready.microsoft),
        };
        let request = self.http.request(ask.method.clone(), format!("{base}{}", ask.path)).timeout(PATIENCE);
        let request = match ask.credential {
            Credential::None => request,
            Credential::Reseller => request.bearer_auth(&self.ready.reseller_key),
            Credential::Operator => request.bearer_auth(&self.ready.operator_key),
        };
        let request = if let Some(body) = &ask.body { request.json(body) } else { request };
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), Answer::telling(answer.headers()));
        Ok(Answer { status, headers, body: answer.text().await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_command_survives_the_shell() {
        let ask =
            Ask::as_reseller("/v1/enterprises", Some(json!({"enterpriseName": "O'Neil $HOME `x`", "pbxId": [1, 2]})));
        let command = ask.curl();
        assert!(command.starts_with("curl -sS \"$API/v1/enterprises\" \\\n  -H \"Authorization: Bearer $KEY\""));
        let script = format!("curl() {{ for last; do :; done; printf %s \"$last\"; }}\n{command}");
        let said = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said, r#"{"enterpriseName": "O'Neil $HOME `x`", "pbxId": [1, 2]}"#);
    }

    #[test]
    fn a_method_is_named_where_curl_would_take_another() {
        let ask = |method| Ask::new(method, Server::Microsoft, "/simulated/faults");
        assert_eq!(ask(Method::DELETE).curl(), "curl -sS -X DELETE \"$MICROSOFT/simulated/faults\"");
        assert_eq!(ask(Method::GET).curl(), "curl -sS \"$MICROSOFT/simulated/faults\"");
        assert!(ask(Method::PUT).with(json!({})).curl().starts_with("curl -sS -X PUT "));
        assert!(ask(Method::POST).curl().starts_with("curl -sS -X POST "));
    }

    #[test]
    fn no_key_stands_in_what_is_shown() {
        let shown = Ask::as_operator("/sandbox/tick", json!({})).text();
        assert_eq!(
            shown,
            "POST /sandbox/tick\nauthorization: Bearer $OPERATOR_KEY\ncontent-type: application/json\n\n{}"
        );
    }
}
