//! What a request can end in instead of its answer.
//!
//! Each function has one error enum in the words of its flow, and one exhaustive `From<Error> for Failure` that gives
//! every variant its status and its [`Code`]. Title, cause, person and next steps follow from the code; how they are
//! shown (problem document or page) follows from the route. No status is chosen anywhere else.

use std::error::Error;
use std::fmt;

use http::{Method, StatusCode};
use onboarding_core::advice::{Code, Explanation, Sentence};
use onboarding_core::fields::Fault;
use onboarding_core::listing::InvalidCursor;
use onboarding_core::scope::Scope;
use onboarding_core::user::UserCount;

/// `Retry-After` of a 429 or 503 whose advice names no time, in seconds.
const DEFAULT_RETRY_AFTER: u32 = 5;

/// The most faults that one answer tells: Lambda answers no more than 6 MB.
const MOST_FAULTS: usize = 100;

/// A request that failed: its status, its code, and what else the caller should know.
///
/// Boxed, so that every `Result` on the way of a success stays small.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Code,
    detail: Option<String>,
    seen: Option<Sentence>,
    told: Option<Explanation>,
    faults: Vec<Fault>,
    id: Option<String>,
    users: Option<UserCount>,
    allow: Vec<Method>,
    retry_after: Option<u32>,
    correlation_id: Option<String>,
    onward: Option<(String, String)>,
    action_url: Option<String>,
    reason: Option<&'static str>,
    lacking: Option<Scope>,
    cause: Option<Cause>,
}

/// What went wrong on our side: told to the log, never to the caller.
struct Cause(Box<dyn Error + Send + Sync>);

/// Errors of clients may hold requests; only their `Display` is ever written.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({})", self.0)
    }
}

impl Failure {
    /// A failure; a status that tells of none becomes 500.
    #[must_use]
    pub fn new(status: StatusCode, code: Code) -> Self {
        let tells = status.is_client_error() || status.is_server_error();
        debug_assert!(
            !tells || code.statuses().is_empty() || code.statuses().contains(&status.as_u16()),
            "{code} is not answered with {status}: add it to the catalogue"
        );
        Self(Box::new(Parts {
            status: if tells { status } else { StatusCode::INTERNAL_SERVER_ERROR },
            code,
            detail: None,
            seen: None,
            told: None,
            faults: Vec::new(),
            id: None,
            users: None,
            allow: Vec::new(),
            retry_after: None,
            correlation_id: None,
            onward: None,
            action_url: None,
            reason: None,
            lacking: None,
            cause: None,
        }))
    }

    /// A failure of which more is known than the row of its code says: who acts, what comes next, and when.
    #[must_use]
    pub fn explained(status: StatusCode, told: Explanation) -> Self {
        let mut failure = Self::new(status, told.code);
        failure.0.told = Some(told);
        failure
    }

    /// 422: the body could be read and is wrong, with every fault at once.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::InvalidBody).with_faults(faults)
    }

    /// 422: the query string could be read and is wrong, with every fault at once; `/limit` points at `limit`.
    #[must_use]
    pub fn invalid_query(faults: Vec<Fault>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::InvalidQuery).with_faults(faults)
    }

    /// 409: another enterprise of the provider has the name (R080).
    #[must_use]
    pub fn name_taken() -> Self {
        Self::new(StatusCode::CONFLICT, Code::EnterpriseNameTaken).with_faults(vec![Fault::name_taken()])
    }

    /// 404: absent, or another's; the two must not be told apart.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound)
    }

    /// 401: no credential, or none that is accepted here; the cases must not be told apart (G65).
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated)
    }

    /// 403: the credential is accepted, and made for less than `scope` (RFC 6750 §3.1).
    #[must_use]
    pub fn insufficient_scope(scope: Scope) -> Self {
        let mut failure = Self::new(StatusCode::FORBIDDEN, Code::InsufficientScope);
        failure.0.lacking = Some(scope);
        failure.with_detail(format!("This call needs the scope {scope}, which the key or token does not have."))
    }

    /// 429: the key has made as many requests as it may, for `retry_after` seconds more.
    #[must_use]
    pub fn rate_limited(retry_after: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited).with_retry_after(retry_after)
    }

    /// 409: what an `Idempotency-Key` stands for was made, and told with a secret that is not told again.
    #[must_use]
    pub fn already_created(id: String) -> Self {
        let mut failure = Self::new(StatusCode::CONFLICT, Code::AlreadyCreated);
        failure.0.id = Some(id);
        failure
    }

    /// 409: there are more `users` than may be, or would be (R152).
    #[must_use]
    pub fn user_limit_reached(users: UserCount) -> Self {
        let mut failure = Self::new(StatusCode::CONFLICT, Code::UserLimitReached);
        let UserCount { current, limit } = users;
        failure.0.users = Some(users);
        let limit = limit.unwrap_or(current);
        failure.with_detail(format!("The limit is {limit} users, and {current} are counted."))
    }

    /// 422: an `Idempotency-Key` stands for another request.
    #[must_use]
    pub fn idempotency_key_reused() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::IdempotencyKeyReused)
    }

    /// 405, with the methods that the path has.
    #[must_use]
    pub fn method_not_allowed(code: Code, allow: Vec<Method>) -> Self {
        let mut failure = Self::new(StatusCode::METHOD_NOT_ALLOWED, code);
        if code == Code::MethodNotAllowed {
            let methods: Vec<&str> = allow.iter().map(Method::as_str).collect();
            failure = failure.with_detail(format!("This path takes {}. Nothing was done.", methods.join(", ")));
        }
        failure.0.allow = allow;
        failure
    }

    /// 500: a fault of ours. `cause` goes to the log with its sources.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::InternalError).because(cause)
    }

    /// 503: something that we need does not answer; trying again may help. `cause` goes to the log.
    #[must_use]
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable).because(cause)
    }

    /// 503: others were changing the same thing for as long as we waited for them; nothing was changed.
    #[must_use]
    pub fn contended() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Contended)
    }

    /// The same failure, with a cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Cause(cause.into()));
        self
    }

    /// The same failure with a cause that names what was seen. Shown to the caller: never a text of another's choice.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same failure with a cause that names what was seen, which pages tell in their language.
    #[must_use]
    pub fn with_seen(mut self, seen: Sentence) -> Self {
        self.0.seen = Some(seen);
        self
    }

    /// The same failure with a reason for the log's line: a fixed word, where the caller is told the code alone (T03).
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// The same failure with faults that point into the body.
    #[must_use]
    pub fn with_faults(mut self, mut faults: Vec<Fault>) -> Self {
        let all = faults.len();
        faults.truncate(MOST_FAULTS);
        self.0.faults = faults;
        if all > MOST_FAULTS {
            self.with_detail(format!("The first {MOST_FAULTS} of {all} faults are told."))
        } else {
            self
        }
    }

    /// The same failure with another time until trying again may help, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same failure with Microsoft's correlation id, which a page shows.
    #[must_use]
    pub fn with_correlation_id(mut self, id: Option<String>) -> Self {
        self.0.correlation_id = id;
        self
    }

    /// The same failure with the way to try again, which a page shows: a path of ours, and Microsoft's origin, to which it
    /// leads.
    #[must_use]
    pub fn with_onward(mut self, action: String, authority: String) -> Self {
        self.0.onward = Some((action, authority));
        self
    }

    /// The same failure with the link by which an administrator mends it, if there is one.
    #[must_use]
    pub fn with_action_url(mut self, url: Option<String>) -> Self {
        self.0.action_url = url;
        self
    }

    /// The link by which an administrator mends it.
    #[must_use]
    pub fn action_url(&self) -> Option<&str> {
        self.0.action_url.as_deref()
    }

    /// The way to try again.
    #[must_use]
    pub fn onward(&self) -> Option<(&str, &str)> {
        self.0.onward.as_ref().map(|(action, authority)| (action.as_str(), authority.as_str()))
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The reason for the log's line.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.0.reason
    }

    /// The scope that the credential lacks.
    #[must_use]
    pub fn lacking(&self) -> Option<Scope> {
        self.0.lacking
    }

    /// What is wrong with the body.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// The id of what was made.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// How many users there are, and may be, where that is what is wrong.
    #[must_use]
    pub fn users(&self) -> Option<UserCount> {
        self.0.users
    }

    /// The methods that the path has, if the method was wrong.
    #[must_use]
    pub fn allow(&self) -> &[Method] {
        &self.0.allow
    }

    /// Microsoft's correlation id.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// The cause, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        let cause = self.0.cause.as_ref()?;
        Some(cause.0.as_ref())
    }

    /// Seconds until trying again may help; always there for 429 and 503.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        let known = self.0.told.as_ref().map_or(self.0.code.advice().retry_after, |told| told.retry_after);
        let told = self.0.retry_after.or(known);
        let must = matches!(self.0.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        told.or(must.then_some(DEFAULT_RETRY_AFTER))
    }

    /// The advice for this failure.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let known = self.0.told.clone().unwrap_or_else(|| self.0.code.explain());
        let explanation = Explanation { retry_after: self.retry_after(), ..known };
        match (&self.0.detail, &self.0.seen) {
            (Some(detail), _) => explanation.with_detail(detail.clone()),
            (None, Some(seen)) => explanation.saying(vec![seen.clone()]),
            (None, None) => explanation,
        }
    }
}

impl From<InvalidCursor> for Failure {
    fn from(wrong: InvalidCursor) -> Self {
        let fault = Fault::new("cursor", "invalid_cursor", format!("cursor {wrong}"));
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::InvalidCursor).with_faults(vec![fault])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_never_a_success() {
        assert_eq!(Failure::new(StatusCode::OK, Code::NotFound).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn overload_always_says_when_to_come_back() {
        assert_eq!(Failure::new(StatusCode::TOO_MANY_REQUESTS, Code::TooManyAttempts).retry_after(), Some(5));
        assert_eq!(Failure::unavailable("dynamodb").with_retry_after(9).retry_after(), Some(9));
        assert_eq!(Failure::not_found().retry_after(), None);
    }

    #[test]
    fn a_detail_replaces_the_general_cause() {
        let plain = Failure::not_found();
        assert_eq!(plain.explain().detail, Code::NotFound.advice().cause);
        assert_eq!(plain.with_detail("No such thing.").explain().detail, "No such thing.");
    }
}
