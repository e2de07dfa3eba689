//! `/partner-center/admin-consent` and `/partner-center/user-consent`: where Microsoft sends the two people of a connection
//! back to (R182-R201).
//!
//! Cheap checks come first: the state is opened without a read, the token verified without a write, the person judged
//! before a code is redeemed. What does not hold is named, and nothing of it is kept.

mod admin;
mod identify;
mod outcome;
mod user;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_connections::{Connections, LinkError};
use onboarding_core::advice::Code;
use onboarding_core::connection::link::Passage;
use onboarding_core::connection::{Connection, Step};
use onboarding_core::proof::Policy;
use onboarding_core::reseller::{Reseller, ResellerStatus};
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::StateFault;
use onboarding_dynamo::StoreError;
use onboarding_lambda::body::BodyFault;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::MalformedRedirect;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::{PartnerCenterRedirectOp, Surface};
use onboarding_microsoft::sign_in::NotIdentified;
use onboarding_secrets::SecretsError;
use thiserror::Error;

/// When Microsoft's keys are asked for again at the earliest, in seconds.
const KEYS_AGAIN_AFTER: u32 = 30;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// Table, secrets and Microsoft.
    pub connections: Connections,
    /// Whose consent counts in step one.
    pub policy: Policy,
}

/// The ways in which what came back can be wrong. People see one wording for all that is not policy.
#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error(transparent)]
    Malformed(#[from] MalformedRedirect),
    #[error("the state is not ours: {0}")]
    State(#[from] StateFault),
    #[error("the state is not of this place")]
    OtherPlace,
    #[error(transparent)]
    NotIdentified(#[from] NotIdentified),
    #[error("the sign-in was begun in another browser")]
    OtherBrowser,
    #[error("the connection of the state does not exist")]
    NoSuchConnection,
    #[error("the connection, or its service provider, has ended")]
    Ended(Code),
    #[error("somebody is at work on the connection")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Error {
    /// Why, as a word for the log: people are told one wording (T03).
    const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Body(fault) => Some(fault.word()),
            Self::Malformed(_) => Some("form_incomplete"),
            Self::State(fault) => Some(fault.word()),
            Self::OtherPlace => Some("state_other_place"),
            Self::NotIdentified(fault) => Some(fault.word()),
            Self::OtherBrowser => Some("browser_other"),
            Self::NoSuchConnection => Some("connection_unknown"),
            Self::Ended(_) | Self::Busy | Self::Store(_) | Self::Secrets(_) | Self::Link(_) => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let reason = error.reason();
        let failure = told(error);
        if let Some(reason) = reason { failure.with_reason(reason) } else { failure }
    }
}

/// What the browser is told.
fn told(error: Error) -> Failure {
    match error {
        Error::Body(fault) => fault.failure(Surface::Page),
        Error::NotIdentified(fault) if fault.is_passing() => {
            Failure::unavailable(fault).with_retry_after(KEYS_AGAIN_AFTER)
        }
        Error::Malformed(_)
        | Error::State(_)
        | Error::OtherPlace
        | Error::NotIdentified(_)
        | Error::OtherBrowser
        | Error::NoSuchConnection => Failure::new(StatusCode::BAD_REQUEST, Code::InvalidCallback),
        Error::Ended(code) => Failure::new(StatusCode::FORBIDDEN, code),
        Error::Busy => Failure::new(StatusCode::SERVICE_UNAVAILABLE, Code::ConnectionBusy),
        Error::Store(error) if error.is_passing() => Failure::unavailable(error),
        Error::Secrets(SecretsError::Unavailable) | Error::Link(LinkError::Secrets(SecretsError::Unavailable)) => {
            Failure::unavailable(error)
        }
        Error::Store(_) | Error::Secrets(_) | Error::Link(_) => Failure::internal(error),
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<PartnerCenterRedirectOp>| match call.operation() {
        PartnerCenterRedirectOp::AdminConsent => admin::come_back(app, call).await,
        PartnerCenterRedirectOp::AdminSignIn => Box::pin(admin::sign_in(app, call)).await,
        PartnerCenterRedirectOp::UserConsent => Box::pin(user::sign_in(app, call)).await,
    })
    .await
}

/// What a step comes back with: the way that it took, the connection and whose it is, if both still work.
struct Journey {
    passage: Passage,
    connection: Connection,
    reseller: Reseller,
}

impl Journey {
    /// Whether `step` was completed since the link was made.
    const fn is_spent(&self, step: Step) -> bool {
        self.passage.round != self.connection.round(step)
    }
}

/// Opens the state that came to `step`, without a read of the table. What was begun in a browser that we know comes back
/// with it, or not at all (T12).
async fn open(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (step, sealed): (Step, &str),
) -> Result<(Passage, Arc<SealingKeys>), Error> {
    let connections = &app.connections;
    let keys = connections.secrets.sealing_keys_for(sealed, call.now()).await?;
    let client_id = connections.client_id();
    let passage = Passage::open(sealed, &keys, connections.binding(step, &client_id), call.now())?;
    if passage.step != step {
        return Err(Error::OtherPlace);
    }
    if !call.is_of_browser(passage.browser.as_ref()) {
        return Err(Error::OtherBrowser);
    }
    Ok((passage, keys))
}

/// The connection that `passage` leads through, and whose it is.
async fn journey(app: &App, passage: Passage) -> Result<Journey, Error> {
    let store = &app.connections.store;
    let (connection, reseller) = tokio::join!(store.connection(&passage.connection), store.reseller(passage.reseller));
    let own = connection?.filter(|connection| connection.reseller == passage.reseller);
    let (Some(connection), Some(reseller)) = (own, reseller?) else { return Err(Error::NoSuchConnection) };
    if reseller.status != ResellerStatus::Active {
        return Err(Error::Ended(Code::EnterpriseDisabled));
    }
    if connection.has_ended() {
        return Err(Error::Ended(Code::ConnectionEnded));
    }
    Ok(Journey { passage, connection, reseller })
}
