//! `POST /v1/resellers`, `…/{id}/keys` and `…/{id}/webhook-secret`: the operator makes service providers, their API keys
//! and their webhook secrets (K9).

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::{ApiKey, KeyOwner};
use onboarding_core::fields::Fault;
use onboarding_core::id::ResellerId;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_core::reseller::NewReseller;
use onboarding_dynamo::credential::{NotAuthenticated, Wanted};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::BodyFault;
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::caller::Refused;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::CredentialsOp;
use onboarding_secrets::{Secrets, SecretsError};
use secrecy::ExposeSecret as _;
use serde_json::json;
use thiserror::Error;

/// How often a random number that is taken is replaced by another.
const NUMBER_RETRIES: usize = 3;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Webhook keys are made here.
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
    Key(#[from] NotAuthenticated),
    #[error("no such service provider")]
    NoSuchReseller,
    #[error(transparent)]
    Path(#[from] NoSuchThing),
    #[error("every random number was taken")]
    NoFreeNumber,
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::Key(NotAuthenticated::NotAccepted(refusal)) => refusal.into(),
            Error::NoSuchReseller | Error::Path(NoSuchThing) => Self::not_found(),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Store(error) | Error::Key(NotAuthenticated::Store(error)) if error.is_passing() => {
                Self::unavailable(error)
            }
            Error::Secrets(SecretsError::Unavailable | SecretsError::Contended(_)) => Self::unavailable(error),
            Error::NoFreeNumber | Error::Store(_) | Error::Key(NotAuthenticated::Store(_)) | Error::Secrets(_) => {
                Self::internal(error)
            }
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<CredentialsOp>| {
        let operator = operator(app, call).await?;
        match call.operation() {
            CredentialsOp::CreateReseller => create_reseller(app, call, &operator).await,
            CredentialsOp::CreateKey => create_key(app, call, &operator).await,
            CredentialsOp::RotateWebhookSecret => rotate_webhook_secret(app, call, &operator).await,
        }
    })
    .await
}

async fn operator(app: &App, call: &Call<CredentialsOp>) -> Result<Actor, Error> {
    let caller = app.store.authenticate(call.credential()?, Wanted::default(), call.now()).await?.caller;
    call.permit(&caller)?;
    Ok(Actor::from(&caller))
}

/// The webhook secret is made first: a provider without one could never be told anything.
async fn create_reseller(app: &App, call: &Call<CredentialsOp>, operator: &Actor) -> Result<Answer, Error> {
    let new = NewReseller::parse(call.json_object()?, app.redirect_policy).map_err(Error::Invalid)?;
    for _ in 0..NUMBER_RETRIES {
        let id = ResellerId::random(call.occasion().random);
        let secret = match app.secrets.create_webhook_keys(id, call.occasion().random).await {
            Err(SecretsError::AlreadyExists(_)) => continue,
            made => made?,
        };
        let audit = audit(call, operator, id, "reseller.created", format!("reseller:{id}"));
        if app.store.create_reseller(&new.clone().create(id, call.now()), &app.starter_catalogue, &audit).await? {
            let body = json!({ "id": id, "webhookSecret": secret.expose_secret() });
            return Ok(Answer::json(StatusCode::CREATED, &body));
        }
    }
    Err(Error::NoFreeNumber)
}

async fn create_key(app: &App, call: &Call<CredentialsOp>, operator: &Actor) -> Result<Answer, Error> {
    let reseller: ResellerId = call.param("resellerId")?;
    call.json_object()?.finish(Some(())).map_err(Error::Invalid)?;
    let key = ApiKey::new(app.edge.environment, KeyOwner::Reseller(reseller), call.occasion().random);
    let audit = audit(call, operator, reseller, "key.created", format!("key:{}", key.id()));
    if !app.store.add_key(&key.record(call.now()), Some(&audit)).await? {
        return Err(Error::NoSuchReseller);
    }
    let body = json!({ "keyId": key.id(), "key": key.expose() });
    Ok(Answer::json(StatusCode::CREATED, &body))
}

/// The change is noted before it is made, so that no sender goes on with the former key alone once the new one is told.
async fn rotate_webhook_secret(app: &App, call: &Call<CredentialsOp>, operator: &Actor) -> Result<Answer, Error> {
    let reseller: ResellerId = call.param("resellerId")?;
    call.json_object()?.finish(Some(())).map_err(Error::Invalid)?;
    let object = format!("reseller:{reseller}");
    let audit = audit(call, operator, reseller, "webhook_secret.rotation", object);
    if !app.store.change_webhook_keys(reseller, call.now(), &audit).await? {
        return Err(Error::NoSuchReseller);
    }
    let secret = app.secrets.rotate_webhook_keys(reseller, call.now(), call.occasion().random).await?;
    Ok(Answer::json(StatusCode::OK, &json!({ "webhookSecret": secret.expose_secret() })))
}

fn audit(call: &Call<CredentialsOp>, operator: &Actor, reseller: ResellerId, action: &str, object: String) -> AuditRow {
    let fact = Fact { actor: operator, action, object, before: None, after: None };
    AuditRow::new(reseller, None, fact, call.occasion())
}
