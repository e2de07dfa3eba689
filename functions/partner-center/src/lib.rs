//! `/v1/partner-center/connections`: connections to Partner Center, and the links of their two steps (R170-R201).
//!
//! A connection is what the server knows of it: there is nothing to save, and each answer says what comes next.

mod create;
mod disconnect;
mod health;
mod link;
mod list;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_connections::{Connections, LinkError, NotLooked};
use onboarding_core::advice::{Code, Explanation};
use onboarding_core::connection::view::ConnectionView;
use onboarding_core::connection::{Connection, Step};
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::fields::Fault;
use onboarding_core::id::ConnectionId;
use onboarding_core::listing::InvalidCursor;
use onboarding_dynamo::StoreError;
use onboarding_dynamo::credential::Wanted;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::PartnerCenterOp;
use onboarding_secrets::SecretsError;
use thiserror::Error;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// Table, secrets and Microsoft.
    pub connections: Connections,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such connection of this caller")]
    NotFound,
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
    #[error("not a direct-bill partner")]
    DirectBillOnly,
    #[error("Microsoft does not find the tenant in this cloud")]
    NoSuchTenant,
    #[error("Microsoft could not be asked for the tenant")]
    MicrosoftAway,
    /// With the link of the step that comes first.
    #[error("the administrator's consent comes first")]
    AdminConsentFirst(String),
    #[error("consents are missing")]
    ConsentsMissing(Box<Explanation>),
    #[error("the test found: {}", .0.code)]
    NotHealthy(Box<Explanation>),
    #[error("the service provider of the connection does not exist")]
    NoReseller,
    #[error("the connection belongs to another cloud")]
    OtherCloud,
    #[error("the connection has ended")]
    Ended,
    #[error("somebody is at work on the connection")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<NoSuchThing> for Error {
    fn from(_: NoSuchThing) -> Self {
        Self::NotFound
    }
}

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::OtherCloud => Self::OtherCloud,
            LinkError::TooEarly => Self::AdminConsentFirst(String::new()),
            LinkError::Ended => Self::Ended,
            LinkError::Secrets(error) => Self::Secrets(error),
        }
    }
}

impl From<NotLooked> for Error {
    fn from(error: NotLooked) -> Self {
        match error {
            NotLooked::Store(error) => Self::Store(error),
            NotLooked::Secrets(error) => Self::Secrets(error),
            NotLooked::NoReseller => Self::NoReseller,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NotFound => Self::not_found(),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::DirectBillOnly => Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::DirectBillOnly),
            Error::NoSuchTenant => Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::WrongCloud)
                .with_detail("Microsoft does not find the tenant in this cloud.")
                .with_faults(vec![Fault::new("partnerTenantId", "unknown_tenant", "name a tenant of this cloud")]),
            Error::AdminConsentFirst(link) => {
                Self::new(StatusCode::CONFLICT, Code::AdminConsentFirst).with_action_url(Some(link))
            }
            Error::ConsentsMissing(told) | Error::NotHealthy(told) => Self::explained(StatusCode::CONFLICT, *told),
            Error::OtherCloud => Self::new(StatusCode::CONFLICT, Code::WrongCloud),
            Error::Ended => Self::new(StatusCode::CONFLICT, Code::ConnectionEnded),
            Error::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::ConnectionBusy),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::MicrosoftAway | Error::Secrets(SecretsError::Unavailable) => Self::unavailable(error),
            Error::Store(_) | Error::Secrets(_) | Error::NoReseller => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<PartnerCenterOp>| match call.operation() {
        PartnerCenterOp::Create => create::create(app, call).await,
        PartnerCenterOp::List => list::list(app, call).await,
        PartnerCenterOp::Read => read(app, call).await,
        PartnerCenterOp::AdminConsentLink => link::make(app, call, Step::Admin).await,
        PartnerCenterOp::UserConsentLink => link::make(app, call, Step::User).await,
        PartnerCenterOp::Finalize => Box::pin(health::finalize(app, call)).await,
        PartnerCenterOp::Health => Box::pin(health::show(app, call)).await,
        PartnerCenterOp::Disconnect => disconnect::disconnect(app, call).await,
    })
    .await
}

/// A proved caller, and his connection.
struct Found {
    caller: Caller,
    connection: Connection,
}

/// One round trip: who calls, and the connection in the path, if it is his.
async fn find(app: &App, call: &Call<PartnerCenterOp>) -> Result<Found, Error> {
    let id = call.param::<ConnectionId>("connectionId").ok();
    let wanted = Wanted { connection: id.as_ref(), ..Wanted::default() };
    let found = app.connections.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let reseller = call.reseller(&found.caller)?.id;
    let connection = found.connection.filter(|connection| connection.reseller == reseller).ok_or(Error::NotFound)?;
    Ok(Found { caller: found.caller, connection })
}

async fn read(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let found = find(app, call).await?;
    Ok(Answer::json(StatusCode::OK, &ConnectionView::from(&found.connection)))
}
