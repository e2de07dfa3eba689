//! Service providers and their keys, which the operator makes, tokens, which keys make, and the page on which a provider is
//! activated (K9, R128, R147).

mod activation;
mod operator;
mod token;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::Refused;
use onboarding_core::fields::Fault;
use onboarding_core::idempotency::{Repeat, Told};
use onboarding_core::listing::InvalidCursor;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::oauth::TokenFault;
use onboarding_lambda::routes::CredentialsOp;
use onboarding_operator::OperatorError;
use onboarding_secrets::Secrets;
use thiserror::Error;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Webhook keys are made here, and activation mails sealed.
    pub secrets: Arc<Secrets>,
    /// The gateways and PBX types that a new provider begins with.
    pub starter_catalogue: Catalogue,
    /// What this deployment allows as a redirect host.
    pub redirect_policy: RedirectPolicy,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error(transparent)]
    Path(#[from] NoSuchThing),
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
    TokenRequest(#[from] TokenFault),
    #[error("the client is unknown, or its key is not accepted")]
    UnknownClient,
    #[error("the client is the operator, for whom there are no tokens")]
    NoClientOfTokens,
    #[error("the scope is more than the key's")]
    WrongScope,
    #[error("the enterprise is disabled")]
    EnterpriseDisabled,
    #[error("no such activation link, or it has ended")]
    NoSuchActivation,
    #[error("the idempotency key is in use")]
    Repeated(Repeat),
    #[error(transparent)]
    Operator(OperatorError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OperatorError> for Error {
    fn from(error: OperatorError) -> Self {
        if let OperatorError::Repeated(repeat) = error { Self::Repeated(repeat) } else { Self::Operator(error) }
    }
}

impl Error {
    /// A key that was shown as a client's secret, and is refused.
    fn client(refusal: Refused) -> Self {
        match refusal {
            Refused::Unauthenticated => Self::UnknownClient,
            Refused::InsufficientScope(_) | Refused::Exhausted(_) => Self::Caller(refusal),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::Path(NoSuchThing) | Error::Operator(OperatorError::NoSuchReseller | OperatorError::NoSuchKey) => {
                Self::not_found()
            }
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) | Error::Operator(OperatorError::Invalid(faults)) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::TokenRequest(fault) => fault.into(),
            Error::UnknownClient => Self::new(StatusCode::UNAUTHORIZED, Code::InvalidClient),
            Error::NoClientOfTokens => Self::new(StatusCode::BAD_REQUEST, Code::UnauthorizedClient),
            Error::WrongScope => Self::new(StatusCode::BAD_REQUEST, Code::InvalidScope),
            Error::EnterpriseDisabled => Self::new(StatusCode::CONFLICT, Code::EnterpriseDisabled),
            Error::Repeated(Repeat::Same(Told::Secret { id })) => Self::already_created(id),
            Error::Repeated(Repeat::Other) => Self::idempotency_key_reused(),
            Error::NoSuchActivation => Self::new(StatusCode::NOT_FOUND, Code::ActivationLinkEnded),
            Error::Operator(OperatorError::AlreadyActive) => {
                Self::new(StatusCode::CONFLICT, Code::ResellerAlreadyActive)
            }
            Error::Operator(OperatorError::TooManyKeys) => Self::new(StatusCode::CONFLICT, Code::TooManyKeys),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Operator(error) if error.is_contended() => Self::contended(),
            Error::Operator(error) if error.is_passing() => Self::unavailable(error),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            // What is repeated here holds a secret, so no other kind is kept; the one other answer is told again at its place.
            Error::Repeated(Repeat::Same(Told::Answer(_))) | Error::Operator(_) | Error::Store(_) => {
                Self::internal(error)
            }
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<CredentialsOp>| match call.operation() {
        CredentialsOp::CreateReseller => operator::create_reseller(app, call).await,
        CredentialsOp::ListResellers => operator::list_resellers(app, call).await,
        CredentialsOp::ReadReseller => operator::read_reseller(app, call).await,
        CredentialsOp::EditReseller => operator::edit_reseller(app, call).await,
        CredentialsOp::SendActivationMail => activation::send(app, call).await,
        CredentialsOp::ShowActivation => activation::show(app, call).await,
        CredentialsOp::Activate => activation::activate(app, call).await,
        CredentialsOp::CreateKey => operator::create_key(app, call).await,
        CredentialsOp::ListKeys => operator::list_keys(app, call).await,
        CredentialsOp::RevokeKey => operator::revoke_key(app, call).await,
        CredentialsOp::RotateWebhookSecret => operator::rotate_webhook_secret(app, call).await,
        CredentialsOp::CreateToken => token::by_client(app, call).await,
        CredentialsOp::CreateEnterpriseToken => token::of_enterprise(app, call).await,
    })
    .await
}
