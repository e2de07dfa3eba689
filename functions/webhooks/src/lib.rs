//! Deliveries as their provider sees them: list them, have one made once more, send a test (K16).

mod list;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::delivery::{Delivery, DeliveryStatus, DeliveryView};
use onboarding_core::event;
use onboarding_core::fields::{Fault, Fields};
use onboarding_core::id::DeliveryId;
use onboarding_core::listing::InvalidCursor;
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::idempotency::Made;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::WebhooksOp;
use thiserror::Error;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// What a `redirectUrl` may be.
    pub redirect_policy: RedirectPolicy,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such delivery, or enterprise, of this caller")]
    NotFound,
    #[error("the host of the delivery is no longer on the list")]
    Unlisted,
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoSuchThing> for Error {
    fn from(_: NoSuchThing) -> Self {
        Self::NotFound
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NotFound => Self::not_found(),
            Error::Unlisted => Self::new(StatusCode::CONFLICT, Code::RedirectHostNotListed),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Store(error) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<WebhooksOp>| match call.operation() {
        WebhooksOp::ListDeliveries => list::list(app, call).await,
        WebhooksOp::Redeliver => redeliver(app, call).await,
        WebhooksOp::Test => test(app, call).await,
    })
    .await
}

/// Has a delivery made once more, ended or not, by the whole schedule. Who asks for a delivery to a URL that answered 410
/// lets things be sent there again.
async fn redeliver(app: &App, call: &Call<WebhooksOp>) -> Result<Answer, Error> {
    let caller = app.store.authenticate(call.credential()?, Wanted::default(), call.now()).await??.caller;
    let provider = call.reseller(&caller)?;
    let id = call.param::<DeliveryId>("deliveryId")?;
    let delivery = app.store.delivery(provider.id, &id).await?.ok_or(Error::NotFound)?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    if !delivery.url.is_listed(&provider.redirect_hosts) {
        return Err(Error::Unlisted);
    }
    if delivery.status == DeliveryStatus::Disabled {
        app.store.enable_endpoint(&delivery).await?;
    }
    let before = delivery.status.word();
    let again = delivery.again();
    let audit = audit(call, &caller, &again, ("delivery.redelivered", Some(before)));
    if !app.store.redeliver(&again, call.now(), &audit).await? {
        return Err(Error::NotFound);
    }
    Ok(Answer::json(StatusCode::ACCEPTED, &DeliveryView::from(&again)))
}

/// Sends a test, signed and repeated like everything else.
async fn test(app: &App, call: &Call<WebhooksOp>) -> Result<Answer, Error> {
    let wanted = Wanted { attempt: call.attempt(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let provider = call.reseller(&found.caller)?;
    if let Some(repeat) = found.repeat {
        return Ok(Answer::repeated(repeat));
    }
    let url = address(call.json_object()?, (&provider.redirect_hosts, app.redirect_policy)).map_err(Error::Invalid)?;
    let delivery = event::test(provider.id, url, call.occasion());
    let answer = Answer::json(StatusCode::ACCEPTED, &DeliveryView::from(&delivery));
    let audit = audit(call, &found.caller, &delivery, ("webhook.tested", None));
    let once = call.attempt().map(|attempt| attempt.keeping(answer.told()));
    match app.store.create_delivery(&delivery, &audit, once.as_ref()).await? {
        Made::Repeated(repeat) => Ok(Answer::repeated(repeat)),
        Made::Done | Made::Refused => Ok(answer),
    }
}

/// The body of a test: `{redirectUrl}`.
fn address(mut body: Fields, (hosts, policy): (&[RedirectHost], RedirectPolicy)) -> Result<RedirectUrl, Vec<Fault>> {
    let url = body.parsed("redirectUrl", "invalid_redirect_url", |text| RedirectUrl::parse(text, hosts, policy));
    let url = body.required("redirectUrl", url);
    body.finish(url)
}

fn audit(
    call: &Call<WebhooksOp>,
    caller: &Caller,
    delivery: &Delivery,
    (action, before): (&str, Option<&str>),
) -> AuditRow {
    let fact = Fact {
        actor: &Actor::from(caller),
        action,
        object: format!("delivery:{}", delivery.id),
        before: before.map(str::to_owned),
        after: Some(delivery.status.word().to_owned()),
    };
    AuditRow::new(delivery.reseller, delivery.enterprise, fact, call.occasion())
}
