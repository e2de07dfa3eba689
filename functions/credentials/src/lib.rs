//! `/v1/resellers` and what is below it: the operator's service providers, their API keys and webhook secrets (K9).

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::audit::Actor;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::{KeyId, KeyOwner, KeyView, NewKey};
use onboarding_core::fields::Fault;
use onboarding_core::id::ResellerId;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_core::reseller::{NewReseller, ResellerEdit, ResellerView};
use onboarding_dynamo::credential::{Authenticated, NotAuthenticated, Wanted};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::BodyFault;
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::caller::Refused;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::CredentialsOp;
use onboarding_operator::{Edited, OperatorError, Order, Places};
use onboarding_secrets::Secrets;
use secrecy::ExposeSecret as _;
use serde_json::json;
use thiserror::Error;

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
    #[error(transparent)]
    Path(#[from] NoSuchThing),
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::Key(NotAuthenticated::NotAccepted(refusal)) => refusal.into(),
            Error::Path(NoSuchThing) | Error::Operator(OperatorError::NoSuchReseller | OperatorError::NoSuchKey) => {
                Self::not_found()
            }
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) | Error::Operator(OperatorError::Invalid(faults)) => Self::invalid(faults),
            Error::Operator(OperatorError::TooManyKeys) => Self::new(StatusCode::CONFLICT, Code::TooManyKeys),
            Error::Operator(error) if error.is_passing() => Self::unavailable(error),
            Error::Store(error) | Error::Key(NotAuthenticated::Store(error)) if error.is_passing() => {
                Self::unavailable(error)
            }
            Error::Operator(_) | Error::Store(_) | Error::Key(NotAuthenticated::Store(_)) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<CredentialsOp>| {
        let (operator, reseller) = operator(app, call).await?;
        let order = Order { actor: &operator, occasion: call.occasion() };
        match call.operation() {
            CredentialsOp::CreateReseller => create_reseller(app, call, order).await,
            CredentialsOp::ReadReseller => Ok(shown(&wanted(reseller)?)),
            CredentialsOp::EditReseller => edit_reseller(app, call, wanted(reseller)?, order).await,
            CredentialsOp::CreateKey => create_key(app, call, order).await,
            CredentialsOp::ListKeys => list_keys(app, wanted(reseller)?.0.id).await,
            CredentialsOp::RevokeKey => revoke_key(app, call, order).await,
            CredentialsOp::RotateWebhookSecret => rotate_webhook_secret(app, call, order).await,
        }
    })
    .await
}

impl App {
    fn places(&self) -> Places<'_> {
        Places { store: &self.store, secrets: &self.secrets }
    }
}

/// The operator, and the provider of the path where it is looked at before anything is done.
async fn operator(app: &App, call: &Call<CredentialsOp>) -> Result<(Actor, Option<Edited>), Error> {
    let named = match call.operation() {
        CredentialsOp::ReadReseller | CredentialsOp::EditReseller | CredentialsOp::ListKeys => {
            call.param::<ResellerId>("resellerId").ok()
        }
        CredentialsOp::CreateReseller
        | CredentialsOp::CreateKey
        | CredentialsOp::RevokeKey
        | CredentialsOp::RotateWebhookSecret => None,
    };
    let wanted = Wanted { reseller: named, ..Wanted::default() };
    let Authenticated { caller, reseller, catalogue, .. } =
        app.store.authenticate(call.credential()?, wanted, call.now()).await?;
    call.permit(&caller)?;
    Ok((Actor::from(&caller), reseller.map(|reseller| (reseller, catalogue))))
}

fn wanted(reseller: Option<Edited>) -> Result<Edited, Error> {
    reseller.ok_or(Error::Path(NoSuchThing))
}

fn shown((reseller, catalogue): &Edited) -> Answer {
    Answer::json(StatusCode::OK, &ResellerView::of(reseller, catalogue))
}

async fn create_reseller(app: &App, call: &Call<CredentialsOp>, order: Order<'_>) -> Result<Answer, Error> {
    let new = NewReseller::parse(call.json_object()?, app.redirect_policy).map_err(Error::Invalid)?;
    let made = onboarding_operator::create_reseller(app.places(), &new, &app.starter_catalogue, order).await?;
    let body = json!({ "id": made.0, "webhookSecret": made.1.expose_secret() });
    Ok(Answer::json(StatusCode::CREATED, &body))
}

async fn edit_reseller(app: &App, call: &Call<CredentialsOp>, seen: Edited, order: Order<'_>) -> Result<Answer, Error> {
    let body = call.json_object()?;
    let read = |now: &_| ResellerEdit::parse(body.clone(), now, app.redirect_policy);
    Ok(shown(&onboarding_operator::edit_reseller(app.places(), seen, read, order).await?))
}

async fn create_key(app: &App, call: &Call<CredentialsOp>, order: Order<'_>) -> Result<Answer, Error> {
    let reseller: ResellerId = call.param("resellerId")?;
    let new = NewKey::parse(call.json_object()?, call.now()).map_err(Error::Invalid)?;
    let new = (new, app.edge.environment);
    let key = onboarding_operator::create_key(app.places(), reseller, new, order).await?;
    let body = json!({ "keyId": key.id(), "key": key.expose() });
    Ok(Answer::json(StatusCode::CREATED, &body))
}

async fn list_keys(app: &App, reseller: ResellerId) -> Result<Answer, Error> {
    let keys = app.store.keys(KeyOwner::Reseller(reseller)).await?;
    let items: Vec<KeyView<'_>> = keys.iter().map(KeyView::of).collect();
    Ok(Answer::json(StatusCode::OK, &json!({ "items": items, "next": null })))
}

async fn revoke_key(app: &App, call: &Call<CredentialsOp>, order: Order<'_>) -> Result<Answer, Error> {
    let (reseller, key): (ResellerId, KeyId) = (call.param("resellerId")?, call.param("keyId")?);
    onboarding_operator::revoke_key(app.places(), reseller, &key, order).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

async fn rotate_webhook_secret(app: &App, call: &Call<CredentialsOp>, order: Order<'_>) -> Result<Answer, Error> {
    let reseller: ResellerId = call.param("resellerId")?;
    call.json_object()?.finish(Some(())).map_err(Error::Invalid)?;
    let secret = onboarding_operator::rotate_webhook_secret(app.places(), reseller, order).await?;
    Ok(Answer::json(StatusCode::OK, &json!({ "webhookSecret": secret.expose_secret() })))
}
