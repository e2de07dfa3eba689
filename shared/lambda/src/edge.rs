//! The one entry of every HTTP function: from a gateway event to a whole response.
//!
//! [`serve`] makes the reference, finds the route, refuses what needs no handler (404, 405, 401 without a credential), runs
//! the handler, turns its error, or its panic, into a problem document or a page, adds the headers, and writes the one log line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _, Response};
use onboarding_core::action::ActionType;
use onboarding_core::advice::Code;
use onboarding_core::credential::Environment;
use onboarding_core::id::{EnterpriseId, ReferenceId, ResellerId};
use onboarding_core::language::Language;
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::text::Name;
use onboarding_core::time::{Clock, SystemClock, Timestamp};

use crate::answer::Answer;
use crate::body::{self, BodyFault, MAX_BODY};
use crate::call::Call;
use crate::caller;
use crate::config::deployment::PublicBase;
use crate::failure::Failure;
use crate::log::{self, RequestLine};
use crate::panic;
use crate::routes::{self, Found, Level, Operation, Params, Route, Surface};

/// What every HTTP function has: time, randomness, and who we are.
#[derive(Clone)]
pub struct Edge {
    /// Asked once a request.
    pub clock: Arc<dyn Clock>,
    /// For ids, nonces and secrets.
    pub random: Arc<dyn Random>,
    /// Which keys are good here.
    pub environment: Environment,
    /// Our own address.
    pub public_base: PublicBase,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edge({:?}, {})", self.environment, self.public_base.as_str())
    }
}

impl Edge {
    /// The edge of a deployed function: the machine's clock and randomness, live keys.
    #[must_use]
    pub fn deployed(public_base: PublicBase) -> Self {
        let random = Arc::new(SystemRandomness::new());
        Self { clock: Arc::new(SystemClock), random, environment: Environment::Live, public_base }
    }
}

/// Serves one request. `O` is the enum of the function's own operations: a route of another function is a 404.
///
/// `handle` may match [`Call::operation`] exhaustively, and its error says by `Into<Failure>` how it is told.
pub async fn serve<O, E, H>(edge: &Edge, request: Request, handle: H) -> Response<Body>
where
    O: TryFrom<Operation> + Copy,
    E: Into<Failure>,
    H: AsyncFnOnce(&Call<O>) -> Result<Answer, E>,
{
    let visit = Visit::begin(edge, &request);
    match visit.open::<O>(edge, request) {
        Ok(call) => {
            let told = async { handle(&call).await.map_err(Into::into) };
            let outcome = panic::caught(told).await.unwrap_or_else(|panicked| Err(Failure::internal(panicked)));
            let about = About {
                reseller: call.noted_reseller(),
                enterprise: call.noted_enterprise(),
                provider: call.noted_provider(),
                action: call.noted_action(),
                language: call.noted_language(),
            };
            visit.close(Some(call.route()), call.route().surface, about, outcome)
        }
        Err(TurnedAway { route, surface, failure }) => visit.close(route, surface, About::default(), Err(failure)),
    }
}

/// One request, from its coming to its answer.
struct Visit {
    began: Instant,
    method: Method,
    reference: ReferenceId,
    /// The gateway's own number of the request, which its log has too.
    gateway: Option<String>,
    now: Timestamp,
    language: Language,
}

/// Whom a request was about: ids for the log, and for a page the name of the provider and the language of the person.
#[derive(Default)]
struct About<'c> {
    reseller: Option<ResellerId>,
    enterprise: Option<EnterpriseId>,
    provider: Option<&'c Name>,
    action: Option<ActionType>,
    language: Option<Language>,
}

/// A request that reaches no handler.
struct TurnedAway {
    route: Option<&'static Route>,
    surface: Surface,
    failure: Failure,
}

impl Visit {
    fn begin(edge: &Edge, request: &Request) -> Self {
        let now = edge.clock.now();
        let reference = ReferenceId::new(now, edge.random.as_ref());
        let language = caller::language(request);
        let gateway = if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() {
            context.request_id.clone()
        } else {
            None
        };
        Self { began: Instant::now(), method: request.method().clone(), reference, gateway, now, language }
    }

    fn open<O: TryFrom<Operation> + Copy>(&self, edge: &Edge, request: Request) -> Result<Call<O>, TurnedAway> {
        let (route, params) = found(&request)?;
        let turned_away = |failure| TurnedAway { route: Some(route), surface: route.surface, failure };
        let operation = O::try_from(route.operation).map_err(|_| turned_away(Failure::not_found()))?;
        let credential = match route.level {
            Level::Public => None,
            Level::Operator | Level::Reseller | Level::ResellerOrOperator | Level::Enterprise => {
                let presented = caller::presented(&request, edge.environment);
                Some(presented.map_err(|refusal| turned_away(refusal.into()))?)
            }
        };
        if credential.is_some() && params.have_no_query() {
            refuse_any_parameter(&request).map_err(turned_away)?;
        }
        // Nobody's bytes are looked at, nor is anything read, for a body that no route takes (T39, T69).
        if request.body().as_ref().len() > MAX_BODY {
            return Err(turned_away(
                BodyFault::TooLarge.failure(route.surface).with_reason(BodyFault::TooLarge.word()),
            ));
        }
        let at = (self.now, self.reference.clone(), self.language);
        Call::new(Arc::clone(&edge.random), request, (route, operation), params, credential, at).map_err(turned_away)
    }

    fn close(
        self,
        route: Option<&'static Route>,
        surface: Surface,
        about: About<'_>,
        outcome: Result<Answer, Failure>,
    ) -> Response<Body> {
        let (answer, code, reason) = match outcome.and_then(Answer::settle) {
            Ok(answer) => (answer, "ok", None),
            Err(failure) => {
                if let Some(cause) = failure.cause() {
                    log::failure(cause, &self.reference);
                }
                let language = about.language.unwrap_or(self.language);
                let answer = Answer::of_failure(&failure, surface, (about.provider, language, &self.reference));
                (answer, failure.code().as_str(), failure.reason())
            }
        };
        let mut response = answer.into_response(&self.reference);
        if self.method == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        self.write_line(route, &about, response.status(), (code, reason));
        response
    }

    fn write_line(
        &self,
        route: Option<&'static Route>,
        about: &About<'_>,
        status: StatusCode,
        (code, reason): (&'static str, Option<&'static str>),
    ) {
        let duration: Duration = self.began.elapsed();
        log::request_line(&RequestLine {
            route: route.map(|route| route.path),
            method: &self.method,
            status,
            code,
            reason,
            duration,
            reference: &self.reference,
            reseller: about.reseller,
            enterprise: about.enterprise,
            action: about.action,
            gateway: self.gateway.as_deref(),
        });
    }
}

fn found(request: &Request) -> Result<(&'static Route, Params), TurnedAway> {
    let path = path(request);
    let surface = routes::surface_of(path);
    let away = |failure| Err(TurnedAway { route: None, surface, failure });
    match routes::find(request.method(), path) {
        Found::Route(route, params) => Ok((route, params)),
        Found::MethodNotAllowed(allow) => away(Failure::method_not_allowed(wrong_method(surface), allow)),
        Found::Nothing => away(Failure::not_found()),
    }
}

/// A route that needs a credential and takes no parameter refuses every one, as bodies refuse unknown fields (R102):
/// `?dryRun=true` on a route that does not know it must not change anything. Pages take no notice: Microsoft may add
/// parameters.
fn refuse_any_parameter(request: &Request) -> Result<(), Failure> {
    body::query_fields(request)?.finish(Some(())).map_err(Failure::invalid_query)
}

const fn wrong_method(surface: Surface) -> Code {
    match surface {
        Surface::Api | Surface::OAuth => Code::MethodNotAllowed,
        Surface::Page => Code::WrongMethodPage,
    }
}

/// The path as the gateway got it: the URI of the event has been through a URL parser, which mends `..` and the like.
///
/// The deployment serves the API at the root of its host: stage `$default`, no base path.
fn path(request: &Request) -> &str {
    let raw = request.raw_http_path();
    if raw.is_empty() { request.uri().path() } else { raw }
}

#[cfg(test)]
mod tests;
