//! One request that has reached its handler.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _};
use onboarding_core::action::ActionType;
use onboarding_core::audit::Occasion;
use onboarding_core::credential::{Caller, Presented, Refused};
use onboarding_core::fields::Fields;
use onboarding_core::id::{EnterpriseId, ReferenceId, ResellerId};
use onboarding_core::idempotency::Attempt;
use onboarding_core::language::Language;
use onboarding_core::random::Random;
use onboarding_core::reseller::Reseller;
use onboarding_core::secret::SecretHash;
use onboarding_core::start::Binding;
use onboarding_core::text::Name;
use onboarding_core::time::Timestamp;
use thiserror::Error;

use crate::body::{self, BodyFault, Form, UnparseableQuery};
use crate::caller;
use crate::failure::Failure;
use crate::idempotency;
use crate::precondition::{IfMatch, PreconditionFault};
use crate::routes::{Params, Route};

/// One request that has reached its handler: a route of this function, with a credential where one is needed.
pub struct Call<O> {
    request: Request,
    route: &'static Route,
    operation: O,
    params: Params,
    credential: Option<Presented>,
    attempt: Option<Attempt>,
    now: Timestamp,
    reference: ReferenceId,
    random: Arc<dyn Random>,
    reseller: OnceLock<ResellerId>,
    enterprise: OnceLock<EnterpriseId>,
    provider: OnceLock<Name>,
    action: OnceLock<ActionType>,
    accepted: Language,
    language: OnceLock<Language>,
}

/// Says which request, and nothing of what it holds.
impl<O> std::fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {}, {})", self.route.method, self.route.path, self.reference)
    }
}

/// An id in the path or query string that is no id: there is no such thing, so 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no such thing")]
pub struct NoSuchThing;

impl From<NoSuchThing> for Failure {
    fn from(_: NoSuchThing) -> Self {
        Self::not_found()
    }
}

impl<O: Copy> Call<O> {
    pub(crate) fn new(
        random: Arc<dyn Random>,
        request: Request,
        (route, operation): (&'static Route, O),
        params: Params,
        credential: Option<Presented>,
        (now, reference, accepted): (Timestamp, ReferenceId, Language),
    ) -> Result<Self, Failure> {
        let attempt = match &credential {
            Some(shown) if route.creates => idempotency::attempt(&request, (route, &params), shown.owner(), now)?,
            Some(_) | None => None,
        };
        let (reseller, enterprise, provider) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self {
            request,
            route,
            operation,
            params,
            credential,
            attempt,
            now,
            reference,
            random,
            reseller,
            enterprise,
            provider,
            action: OnceLock::new(),
            accepted,
            language: OnceLock::new(),
        })
    }

    /// What is asked for.
    #[must_use]
    pub const fn operation(&self) -> O {
        self.operation
    }

    /// The row of the route table.
    #[must_use]
    pub const fn route(&self) -> &'static Route {
        self.route
    }

    /// The instant of this request: the clock was asked once.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The reference of this request.
    #[must_use]
    pub const fn reference(&self) -> &ReferenceId {
        &self.reference
    }

    /// The request in which facts happen.
    #[must_use]
    pub fn occasion(&self) -> Occasion<'_> {
        Occasion { now: self.now, reference: Some(&self.reference), random: self.random.as_ref() }
    }

    /// The request as it came.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The key or token in the request. On every route but the public ones it is there, else no handler would run.
    pub fn credential(&self) -> Result<&Presented, Refused> {
        self.credential.as_ref().ok_or(Refused::Unauthenticated)
    }

    /// The attempt under an `Idempotency-Key`, on a route that creates, if the caller sent one. Whose it is is proved
    /// with the credential alone.
    pub const fn attempt(&self) -> Option<&Attempt> {
        self.attempt.as_ref()
    }

    /// Checks that `caller` may use this route, and notes for the log who it is.
    pub fn permit(&self, caller: &Caller) -> Result<(), Refused> {
        caller::permit(caller, self.route)?;
        if let Ok(reseller) = caller::reseller(caller) {
            self.reseller.get_or_init(|| reseller.id);
        }
        Ok(())
    }

    /// The same as [`Call::permit`], for a service provider or the holder of a token of its; hands out the provider.
    pub fn reseller<'c>(&self, caller: &'c Caller) -> Result<&'c Reseller, Refused> {
        self.permit(caller)?;
        caller::reseller(caller)
    }

    /// Notes for the log which enterprise this request is about, where the path does not say it.
    pub fn about(&self, reseller: ResellerId, enterprise: EnterpriseId) {
        self.reseller.get_or_init(|| reseller);
        self.enterprise.get_or_init(|| enterprise);
    }

    /// Notes whose link this is, so that a page which refuses it can say whom to ask.
    pub fn comes_from(&self, provider: &Name) {
        self.provider.get_or_init(|| provider.clone());
    }

    /// Notes the language of whom this link is for, if it is known: it goes before the browser's.
    pub fn speaks(&self, language: Option<Language>) {
        if let Some(language) = language {
            self.language.get_or_init(|| language);
        }
    }

    /// The language of a page: that of whom the link is for, or what the browser prefers of ours.
    #[must_use]
    pub fn language(&self) -> Language {
        self.noted_language().unwrap_or(self.accepted)
    }

    /// What stands for `{name}` in the path, parsed.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, NoSuchThing> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or(NoSuchThing)
    }

    /// What an alias says for `name`, in its path or query string; none on a path that does not have it.
    pub fn alias_param<T: FromStr>(&self, name: &str) -> Result<Option<T>, NoSuchThing> {
        let text = match self.params.get(name) {
            Some(text) => Some(text.to_owned()),
            None if self.params.is_in_query(name) => body::query(&self.request).map_err(|_| NoSuchThing)?.take(name),
            None => None,
        };
        text.map(|text| text.parse().map_err(|_| NoSuchThing)).transpose()
    }

    /// The body as one JSON object.
    pub fn json_object(&self) -> Result<Fields, BodyFault> {
        body::json_object(&self.request)
    }

    /// The body as one JSON object, if there is a body.
    pub fn json_object_if_any(&self) -> Result<Fields, BodyFault> {
        body::json_object_if_any(&self.request)
    }

    /// The body as a merge patch (RFC 7396).
    pub fn merge_patch(&self) -> Result<Fields, BodyFault> {
        body::merge_patch(&self.request)
    }

    /// Which version the change is made for (RFC 9110 §13.1.1).
    pub fn if_match(&self) -> Result<IfMatch, PreconditionFault> {
        IfMatch::of(&self.request)
    }

    /// The body as Microsoft's callback: a form of which no field stands in the query string too.
    pub fn callback_form(&self) -> Result<Form, BodyFault> {
        body::form_apart_from_query(&self.request)
    }

    /// The body as a form of a page of ours.
    pub fn form(&self) -> Result<Form, BodyFault> {
        body::form(&self.request)
    }

    /// The query string, read like a body: a parameter that nobody takes is a fault.
    pub fn query_fields(&self) -> Result<Fields, UnparseableQuery> {
        body::query_fields(&self.request)
    }

    /// Whether it comes from the browser that a sign-in was begun in, where it was begun in one of which we know (T12).
    #[must_use]
    pub fn is_of_browser(&self, begun_in: Option<&SecretHash>) -> bool {
        begun_in.is_none_or(|browser| self.binding().is_some_and(|binding| binding.hash() == *browser))
    }

    /// What ties this browser to the sign-in that it began at our start page, if it did.
    #[must_use]
    pub fn binding(&self) -> Option<Binding> {
        // HTTP/2 may split the header (RFC 9113 §8.2.3).
        let headers = self.request.headers().get_all(http::header::COOKIE);
        let cookies: Vec<&str> = headers.iter().filter_map(|value| value.to_str().ok()).collect();
        Binding::of(&cookies.join("; "))
    }

    /// The address that the request came from, as the gateway saw it: no header of the caller's says it.
    #[must_use]
    pub fn network_address(&self) -> Option<IpAddr> {
        let RequestContext::ApiGatewayV2(context) = self.request.request_context_ref()? else { return None };
        context.http.source_ip.as_deref()?.parse().ok()
    }

    /// The query string as it came, each parameter once.
    pub fn query(&self) -> Result<Form, BodyFault> {
        body::query(&self.request)
    }

    pub(crate) fn noted_reseller(&self) -> Option<ResellerId> {
        self.reseller.get().copied()
    }

    /// Notes for the log which action this request is about, where the path does not say it.
    pub fn about_action(&self, action: ActionType) {
        self.action.get_or_init(|| action);
    }

    pub(crate) fn noted_action(&self) -> Option<ActionType> {
        self.action.get().copied().or_else(|| self.param("actionType").ok())
    }

    pub(crate) fn noted_provider(&self) -> Option<&Name> {
        self.provider.get()
    }

    pub(crate) fn noted_language(&self) -> Option<Language> {
        self.language.get().copied()
    }

    pub(crate) fn noted_enterprise(&self) -> Option<EnterpriseId> {
        self.enterprise.get().copied().or_else(|| self.param("enterpriseId").ok())
    }
}
