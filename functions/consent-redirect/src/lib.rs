//! `POST /restricted/handleResponse`, `GET /restricted/adminConsent` and `GET /outcome/{handle}`: Microsoft's answers, and
//! what became of them (R113-R127).
//!
//! Cheap checks come first, and nothing is spent on an answer that is not Microsoft's: the state is opened without a
//! read, the token is verified without a write. Then one callback leases the request, redeems the code once, records
//! that it did, and asks Graph. What Graph does not show yet, `consent-verify` looks at again.

mod accept;
mod admin_consent;
mod outcome;
mod refuse;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::{Code, Sentence};
use onboarding_core::consent::{Context, LeaseRefusal};
use onboarding_core::id::TenantId;
use onboarding_core::proof::Policy;
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::{Binding, State, StateFault};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::BodyFault;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::{MalformedRedirect, Redirect};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::{ConsentRedirectOp, Surface};
use onboarding_microsoft::Microsoft;
use onboarding_microsoft::sign_in::NotIdentified;
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

/// When Microsoft's keys are asked for again at the earliest, in seconds.
const KEYS_AGAIN_AFTER: u32 = 30;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Client credential and sealing keys.
    pub secrets: Arc<Secrets>,
    /// Entra and Graph.
    pub microsoft: Arc<Microsoft>,
    /// Whose consent counts.
    pub policy: Policy,
}

/// The ways in which Microsoft's answer can be wrong. People see one wording for all that is not policy.
#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error(transparent)]
    Malformed(#[from] MalformedRedirect),
    #[error("the state is not ours: {0}")]
    State(#[from] StateFault),
    #[error(transparent)]
    NotIdentified(#[from] NotIdentified),
    #[error("the sign-in was begun in another browser")]
    OtherBrowser,
    #[error("the request of the state does not exist")]
    NoSuchRequest,
    #[error("{0}")]
    LinkEnded(LeaseRefusal),
    #[error("the link was tried too often")]
    TooManyAttempts,
    #[error("refused by policy: {0}")]
    Policy(Code),
    #[error("the sign-in is of the tenant {signed_in}, and the link for {meant}")]
    OtherTenant { signed_in: TenantId, meant: TenantId },
    #[error("no such outcome")]
    NoSuchOutcome,
    /// Of a sign-in that began at our start page, which is where it can be tried again (K13).
    #[error("{0}")]
    Begun(Box<Self>, String, String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl Error {
    /// The same, with the way back to the start page, if the sign-in began there.
    fn leading_back(self, app: &App, state: &State) -> Self {
        match outcome::start_page(state) {
            Some(action) => Self::Begun(Box::new(self), action, app.microsoft.settings().endpoints.authority_origin()),
            None => self,
        }
    }

    /// Why, as a word for the log: people are told one wording (T03).
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Body(fault) => Some(fault.word()),
            Self::Malformed(_) => Some("form_incomplete"),
            Self::State(fault) => Some(fault.word()),
            Self::NotIdentified(fault) => Some(fault.word()),
            Self::OtherBrowser => Some("browser_other"),
            Self::NoSuchRequest => Some("request_unknown"),
            Self::LinkEnded(refusal) => Some(refusal.word()),
            Self::Begun(error, ..) => error.reason(),
            Self::TooManyAttempts
            | Self::Policy(_)
            | Self::OtherTenant { .. }
            | Self::NoSuchOutcome
            | Self::Store(_)
            | Self::Secrets(_) => None,
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
        | Error::NotIdentified(_)
        | Error::OtherBrowser
        | Error::NoSuchRequest
        | Error::LinkEnded(_) => Failure::new(StatusCode::BAD_REQUEST, Code::InvalidCallback),
        Error::TooManyAttempts => Failure::new(StatusCode::BAD_REQUEST, Code::TooManyAttempts),
        Error::Policy(code) => Failure::new(StatusCode::FORBIDDEN, code),
        Error::OtherTenant { signed_in, meant } => {
            Failure::new(StatusCode::FORBIDDEN, Code::WrongTenant).with_seen(Sentence::new(
                "The account that signed in belongs to the tenant {signedIn}, and this link is for the tenant {meant}.",
                [("signedIn", signed_in.to_string()), ("meant", meant.to_string())],
            ))
        }
        Error::NoSuchOutcome => Failure::new(StatusCode::NOT_FOUND, Code::PageNotFound),
        Error::Begun(error, action, authority) => told(*error).with_onward(action, authority),
        Error::Store(error) if error.is_passing() => Failure::unavailable(error),
        Error::Secrets(SecretsError::Unavailable) => Failure::unavailable(error),
        Error::Store(_) | Error::Secrets(_) => Failure::internal(error),
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<ConsentRedirectOp>| match call.operation() {
        ConsentRedirectOp::HandleResponse => handle_response(app, call).await,
        ConsentRedirectOp::AdminConsent => admin_consent::come_back(app, call).await,
        ConsentRedirectOp::Outcome => outcome::show(app, call).await,
    })
    .await
}

async fn handle_response(app: &App, call: &Call<ConsentRedirectOp>) -> Result<Answer, Error> {
    let callback = app.edge.public_base.callback();
    match Redirect::parse(call.callback_form()?)? {
        Redirect::Refused { state, signal } => {
            let (state, keys) = open_state(app, call, &state, &callback).await?;
            refuse::by_microsoft(app, call, &state, signal, &keys).await
        }
        Redirect::SignedIn(signed_in) => {
            let (state, keys) = open_state(app, call, &signed_in.state, &callback).await?;
            let accepted = Box::pin(accept::accept(app, call, &state, &signed_in, &keys)).await;
            accepted.map_err(|error| error.leading_back(app, &state))
        }
    }
}

/// Opens the state that came to `redirect_uri`, without a read of the table.
async fn open_state(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    sealed: &str,
    redirect_uri: &str,
) -> Result<(State, Arc<SealingKeys>), Error> {
    let now = call.now();
    let client_id = app.microsoft.settings().clients.own().to_string();
    let binding = Binding { client_id: &client_id, redirect_uri };
    let keys = app.secrets.sealing_keys_for(sealed, now).await?;
    let state = State::open(sealed, &keys, binding, now)?;
    // What began at our start page comes back with the browser that began it, or not at all (T12).
    if !call.is_of_browser(state.browser.as_ref()) {
        return Err(Error::OtherBrowser);
    }
    Ok((state, keys))
}

fn context<'a>(app: &'a App, call: &'a Call<ConsentRedirectOp>, keys: &'a SealingKeys) -> Context<'a> {
    let authority_host = app.microsoft.settings().endpoints.authority_host();
    Context { keys, occasion: call.occasion(), authority_host, system: None }
}
