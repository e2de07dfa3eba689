//! The log: JSON lines, one for each request, of at most 600 bytes.
//!
//! A line tells which route, who and how it ended. It never holds a path, a query string, a body, a code, a token, a
//! mail address or an IP address (T50): the fields of [`RequestLine`] have no place for them. Errors on our side get
//! a second line with their causes, at the place where they are handled.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use http::{Method, StatusCode};
use onboarding_core::action::ActionType;
use onboarding_core::id::{EnterpriseId, ReferenceId, ResellerId};
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use crate::config::{ConfigError, Env};
use crate::{metric, panic};

/// The longest request line, in bytes: a gate of the design.
pub const MAX_REQUEST_LINE: usize = 600;

/// The longest text about an error, in characters.
const MAX_ERROR_TEXT: usize = 2_000;

/// Whose lines follow `LOG_LEVEL`. All others are held at WARN: at DEBUG the AWS SDK and HTTP crates write of what
/// they send. A crate that is missing here is too quiet, never too loud.
const OURS: &[&str] = &[
    "onboarding",
    "credentials",
    "create_enterprise",
    "audit",
    "enterprises",
    "invitations",
    "registration_url",
    "provisioning",
    "partner_center",
    "partner_center_redirect",
    "partner_center_upkeep",
    "consent_redirect",
    "consent_verify",
    "webhook_delivery",
    "webhooks",
    "mail_delivery",
    "sweep",
    "key_rotation",
];

/// How much is logged. There is no TRACE: at that level payloads, and with them codes and tokens, are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Errors on our side.
    Error,
    /// And what deserves a look.
    Warn,
    /// And one line a request.
    #[default]
    Info,
    /// And what a developer asks for.
    Debug,
}

/// The text is not one of our levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of ERROR, WARN, INFO, DEBUG; TRACE is refused because payloads carry codes")]
pub struct NotALevel;

impl Level {
    /// Reads `LOG_LEVEL`; INFO if it is absent.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(env.optional("LOG_LEVEL")?.unwrap_or_default())
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

impl FromStr for Level {
    type Err = NotALevel;

    fn from_str(text: &str) -> Result<Self, NotALevel> {
        match text.to_ascii_uppercase().as_str() {
            "ERROR" => Ok(Self::Error),
            "WARN" => Ok(Self::Warn),
            "INFO" => Ok(Self::Info),
            "DEBUG" => Ok(Self::Debug),
            _ => Err(NotALevel),
        }
    }
}

/// Why the log cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// A variable is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It has begun before.
    #[error(transparent)]
    Twice(#[from] SetGlobalDefaultError),
}

/// Begins to log to standard output, as Lambda wants it, with metrics, and counts this start.
///
/// Reads `LOG_LEVEL`, `METRICS_NAMESPACE` and Lambda's `AWS_LAMBDA_FUNCTION_NAME`.
pub fn init(env: &Env) -> Result<(), NotBegun> {
    let lines = layered(Level::from_env(env)?, std::io::stdout);
    let metrics = metric::lines(env.optional("METRICS_NAMESPACE")?, std::io::stdout);
    tracing::subscriber::set_global_default(lines.with(metrics))?;
    panic::log_as_lines();
    let function: Option<String> = env.optional("AWS_LAMBDA_FUNCTION_NAME")?;
    metric::cold_start(function.as_deref().unwrap_or("none"));
    Ok(())
}

/// Begins to log to `writer`, panics included; the sandbox keeps standard output for its ready line (K8).
pub fn init_to<W>(level: Level, writer: W) -> Result<(), SetGlobalDefaultError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing::subscriber::set_global_default(subscriber(level, writer))?;
    panic::log_as_lines();
    Ok(())
}

/// The same lines for a part of a process alone: for tests, which run many processes in one.
pub fn subscriber<W>(level: Level, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    layered(level, writer)
}

pub(crate) fn layered<W>(level: Level, writer: W) -> impl tracing::Subscriber + for<'s> LookupSpan<'s> + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let others = level.filter().min(LevelFilter::WARN);
    let targets = Targets::new().with_default(others).with_targets(OURS.iter().map(|name| (*name, level.filter())));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(lines.with_filter(targets))
}

/// What the log keeps of one request.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// The route's path template; none if no route was found.
    pub route: Option<&'static str>,
    /// The method.
    pub method: &'a Method,
    /// How it was answered.
    pub status: StatusCode,
    /// `ok`, or the code of the failure.
    pub code: &'static str,
    /// Why, where callers are told no more than the code (T03): a word of ours, never a text that came in.
    pub reason: Option<&'static str>,
    /// How long it took.
    pub duration: Duration,
    /// Its reference.
    pub reference: &'a ReferenceId,
    /// The caller's service provider, if one called.
    pub reseller: Option<ResellerId>,
    /// The enterprise that it was about, if it was about one.
    pub enterprise: Option<EnterpriseId>,
    /// The action that it was about, if it was about one.
    pub action: Option<ActionType>,
    /// The gateway's number of it, by which the gateway's own log tells of it.
    pub gateway: Option<&'a str>,
}

/// Writes the line of one request.
pub fn request_line(line: &RequestLine<'_>) {
    tracing::info!(
        http.method = known(line.method),
        http.route = line.route.unwrap_or("none"),
        http.status = line.status.as_u16(),
        outcome.code = line.code,
        outcome.reason = line.reason,
        duration.ms = u64::try_from(line.duration.as_millis()).unwrap_or(u64::MAX),
        request.id = line.reference.as_str(),
        reseller.id = line.reseller.map(ResellerId::get),
        enterprise.id = line.enterprise.map(EnterpriseId::get),
        action = line.action.map(ActionType::name),
        gateway.id = line.gateway,
        "request answered"
    );
}

/// A method of HTTP's own; any other is a text of the caller's choice.
fn known(method: &Method) -> &str {
    const STANDARD: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if STANDARD.contains(method) { method.as_str() } else { "other" }
}

/// Writes what went wrong on our side, with its causes. The errors of our crates hold no payload in their texts.
pub fn failure(error: &(dyn Error + 'static), reference: &ReferenceId) {
    tracing::error!(request.id = reference.as_str(), error = chain(error), "request failed on our side");
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    text.chars().take(MAX_ERROR_TEXT).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use onboarding_core::id::MAX_SAFE_INTEGER;
    use std::io::Write;
    use std::sync::{Arc, Mutex, Once};

    /// Gives every thread somebody who listens. Without it, a thread that reaches a log statement first, and has
    /// nobody, may switch that statement off for a thread that is catching at this moment.
    pub(crate) fn listen() {
        static LISTENER: Once = Once::new();
        LISTENER.call_once(|| tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap());
    }

    /// Catches what is logged while `act` runs on this thread.
    pub(crate) fn caught(level: Level, act: impl FnOnce()) -> String {
        listen();
        let memory = Memory::default();
        let writer = memory.clone();
        tracing::subscriber::with_default(subscriber(level, move || writer.clone()), act);
        memory.text()
    }

    #[derive(Clone, Default)]
    pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn trace_is_refused() {
        assert_eq!(Level::from_env(&Env::from_pairs([("LOG_LEVEL", "debug")])), Ok(Level::Debug));
        assert_eq!(Level::from_env(&Env::from_pairs::<&str, &str>([])), Ok(Level::Info));
        let refused = Level::from_env(&Env::from_pairs([("LOG_LEVEL", "TRACE")])).unwrap_err();
        assert!(refused.to_string().starts_with("LOG_LEVEL must be one of"), "{refused}");
    }

    #[test]
    fn the_longest_line_keeps_the_limit() {
        let reference: ReferenceId = "req_01h00000000000000000000000".parse().unwrap();
        let route = crate::routes::ROUTES.iter().map(|route| route.path).max_by_key(|path| path.len());
        let line = RequestLine {
            route,
            method: &Method::from_bytes(&[b'X'; 500]).unwrap(),
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "our_secret_bad_or_expired",
            reason: Some("response_iss_of_another_issuer"),
            duration: Duration::MAX,
            reference: &reference,
            reseller: MAX_SAFE_INTEGER.try_into().ok(),
            enterprise: MAX_SAFE_INTEGER.try_into().ok(),
            action: ActionType::all().max_by_key(|action| action.name().len()),
            gateway: Some("00000000-0000-4000-8000-000000000000"),
        };
        let text = caught(Level::Info, || request_line(&line));
        assert_eq!(text.lines().count(), 1);
        assert!(text.len() <= MAX_REQUEST_LINE, "{}: {text}", text.len());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["http.method"], "other");
        assert_eq!(json["reseller.id"], MAX_SAFE_INTEGER);
        assert_eq!(json["request.id"], reference.as_str());
    }

    /// T38 A line break in an error does not make a line.
    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let reference: ReferenceId = "req_01h00000000000000000000000".parse().unwrap();
        let cause = std::io::Error::other("first\r\n{\"level\":\"forged\"}");
        let error = std::io::Error::other(cause);
        let text = caught(Level::Info, || failure(&error, &reference));
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("first"));
    }

    #[test]
    fn what_other_crates_say_below_a_warning_is_not_kept() {
        let text = caught(Level::Debug, || {
            tracing::debug!(target: "aws_smithy_runtime", "request body");
            tracing::debug!(target: "onboarding_dynamo", "ours");
            tracing::warn!(target: "hyper", "theirs");
        });
        assert!(text.contains("ours") && text.contains("theirs") && !text.contains("request body"), "{text}");
    }
}
