//! Links to Microsoft: `POST /v1/enterprises/action-url` makes a direct one (R104-R114), `POST …/links` one to our start
//! page, which `GET` and `POST /start/{handle}` serve.
//!
//! A direct link cannot be bound to a browser, because ours is never visited before Microsoft. It is therefore
//! pinned to a tenant where one is known; where none is, the provider confirms the tenant afterwards.

mod address;
mod ask;
mod invitation;
mod links;
mod start;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::consent::{ConsentRequest, LINK_LIFETIME, NewRequest};
use onboarding_core::credential::{Caller, KeyOwner, Refused};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::{Fault, Fields};
use onboarding_core::id::{ConsentRequestId, ResellerId};
use onboarding_core::idempotency::Told;
use onboarding_core::rate_limit::Exhausted;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_dynamo::credential::{Authenticated, Wanted};
use onboarding_dynamo::idempotency::Made;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::Call;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::RegistrationUrlOp;
use onboarding_microsoft::Microsoft;
use onboarding_microsoft::discovery::DiscoveryError;
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

use crate::ask::{Ask, Which};

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Sealing keys.
    pub secrets: Arc<Secrets>,
    /// Where Microsoft is, and the tenants of domains.
    pub microsoft: Arc<Microsoft>,
    /// What this deployment allows as a redirect URL.
    pub redirect_policy: RedirectPolicy,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such enterprise of this caller")]
    NoSuchEnterprise,
    #[error("the enterprise is stopped or gone")]
    EnterpriseStopped,
    #[error("the action belongs to a service that the enterprise does not have")]
    NotApplicable,
    #[error("the action needs a tenant, and none is known")]
    TenantNotKnown,
    #[error("the expected tenant does not exist in this cloud")]
    NoSuchTenant,
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error("no such start link")]
    NoSuchStart,
    #[error("the start link has ended")]
    StartEnded,
    #[error("the code opens nothing")]
    CodeRefused,
    #[error("too many wrong codes: {0}")]
    TooManyCodes(Exhausted),
    #[error("refused on the start page: {0}")]
    Stopped(Code),
    #[error("Microsoft could not be asked for the expected tenant")]
    MicrosoftAway,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NoSuchEnterprise => Self::not_found(),
            Error::EnterpriseStopped => Self::new(StatusCode::CONFLICT, Code::EnterpriseDisabled),
            Error::NotApplicable => Self::new(StatusCode::CONFLICT, Code::NotApplicable),
            Error::TenantNotKnown => Self::new(StatusCode::CONFLICT, Code::TenantNotKnown),
            Error::NoSuchTenant => Self::new(StatusCode::CONFLICT, Code::WrongCloud)
                .with_detail("Microsoft does not find the enterprise's expectedTenant in this cloud."),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::NoSuchStart => Self::new(StatusCode::NOT_FOUND, Code::PageNotFound),
            Error::StartEnded => Self::new(StatusCode::GONE, Code::StartLinkEnded),
            Error::CodeRefused => Self::new(StatusCode::BAD_REQUEST, Code::InvitationCodeRefused),
            Error::TooManyCodes(Exhausted { retry_after }) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TooManyWrongCodes).with_retry_after(retry_after)
            }
            Error::Stopped(code) => Self::new(StatusCode::FORBIDDEN, code),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::MicrosoftAway | Error::Secrets(SecretsError::Unavailable) => Self::unavailable(error),
            Error::Store(_) | Error::Secrets(_) => Self::internal(error),
        }
    }
}

impl From<DiscoveryError> for Error {
    fn from(error: DiscoveryError) -> Self {
        match error {
            DiscoveryError::UnknownTenant => Self::NoSuchTenant,
            DiscoveryError::Unavailable => Self::MicrosoftAway,
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<RegistrationUrlOp>| match call.operation() {
        RegistrationUrlOp::ActionUrl => action_url(app, call).await,
        RegistrationUrlOp::Links => links::make(app, call).await,
        RegistrationUrlOp::Start => start::show(app, call).await,
        RegistrationUrlOp::Begin => start::begin(app, call).await,
    })
    .await
}

/// Two round trips by number, three by name: who calls and the enterprise, then the link.
async fn action_url(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Answer, Error> {
    let body = call.json_object();
    let (Authenticated { caller, repeat, .. }, enterprise) = who_and_which(app, call, body.as_ref().ok()).await?;
    let provider = call.reseller(&caller)?;
    if let Some(repeat) = repeat {
        return Ok(Answer::repeated(repeat));
    }
    let ask = Ask::parse(body?, &provider.redirect_hosts, app.redirect_policy).map_err(Error::Invalid)?;
    let enterprise = enterprise.filter(|found| found.reseller == provider.id).ok_or(Error::NoSuchEnterprise)?;
    call.about(provider.id, enterprise.id);
    call.about_action(ask.action);
    if !ask.action.is_applicable(&enterprise.profile.services) {
        return Err(Error::NotApplicable);
    }
    let before = enterprise.action(ask.action).word();
    let warnings = ask.warnings;
    let request = new_request(app, call, &enterprise, ask).await?;
    let url = address::address(app, call, (&request, enterprise.tenant), None).await?;
    // The link holds a sealed state, which is kept nowhere.
    let told = Told::Secret { id: request.id.to_string() };
    let once = call.attempt().map(|attempt| attempt.keeping(told));
    match app.store.mint(&request, &minted(call, &caller, before, &request), once.as_ref()).await? {
        Made::Done => Ok(Answer::json(StatusCode::OK, &url).warning(warnings)),
        Made::Refused => Err(Error::EnterpriseStopped),
        Made::Repeated(repeat) => Ok(Answer::repeated(repeat)),
    }
}

/// The caller, and the enterprise that the body names, before anything else of the body is judged.
async fn who_and_which(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    body: Option<&Fields>,
) -> Result<(Authenticated, Option<Enterprise>), Error> {
    let (credential, which) = (call.credential()?, body.and_then(Which::peek));
    let by_number = if let Some(Which::Number(id)) = &which { Some(*id) } else { None };
    let wanted = Wanted { enterprise: by_number, attempt: call.attempt(), ..Wanted::default() };
    let proof = app.store.authenticate(credential, wanted, call.now());
    let (Some(Which::Name(name)), Some(reseller)) = (&which, reseller_of(call)) else {
        let mut proof = proof.await??;
        let enterprise = proof.enterprise.take();
        return Ok((proof, enterprise));
    };
    let (proof, named) = tokio::join!(proof, app.store.enterprise_by_name(reseller, name));
    let proof = proof??;
    let enterprise = match named? {
        Some(id) => app.store.enterprise(id).await?,
        None => None,
    };
    Ok((proof, enterprise))
}

/// The provider that the credential says it belongs to; proved or not by the time anything is answered.
fn reseller_of(call: &Call<RegistrationUrlOp>) -> Option<ResellerId> {
    match call.credential().ok()?.owner() {
        KeyOwner::Reseller(reseller) => Some(reseller),
        KeyOwner::Operator => None,
    }
}

async fn new_request(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    enterprise: &Enterprise,
    ask: Ask,
) -> Result<ConsentRequest, Error> {
    let Enterprise { id, reseller, .. } = *enterprise;
    let together = enterprise.asked_again_with(ask.action);
    let new = NewRequest {
        enterprise: id,
        reseller,
        action: ask.action,
        without: enterprise.left_out(&[ask.action], &together),
        together,
        part: Vec::new(),
        redirect_url: Some(ask.redirect_url),
        pin: address::pin(app, enterprise).await?,
        asked_again: enterprise.action(ask.action).must_ask_again(),
        resets: enterprise.resets_of(ask.action),
        language: None,
    };
    let id = ConsentRequestId::new(call.now(), call.occasion().random);
    Ok(ConsentRequest::new(id, new, call.now(), call.now().plus(LINK_LIFETIME)))
}

fn minted(call: &Call<RegistrationUrlOp>, caller: &Caller, before: &str, request: &ConsentRequest) -> AuditRow {
    let fact = Fact {
        actor: &Actor::from(caller),
        action: "consent.started",
        object: format!("action:{}", request.action),
        before: Some(before.to_owned()),
        after: Some(format!("started({})", request.id)),
    };
    AuditRow::new(request.reseller, Some(request.enterprise), fact, call.occasion())
}
