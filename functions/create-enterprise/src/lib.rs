//! `POST /v1/enterprises` and the two catalogue routes it needs: SBC gateways and PBX types (R075-R103).

mod about;
mod dry_run;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::http::header::{ETAG, LOCATION};
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::{Code, Signal};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::catalogue::Catalogue;
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::enterprise::{Enterprise, NOT_YOUR_RESELLER, Profile};
use onboarding_core::fields::Fault;
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::idempotency::Repeat;
use onboarding_core::invitation::{NewInvitation, OpenInvitations, Sender, Sent};
use onboarding_dynamo::credential::{Authenticated, Wanted};
use onboarding_dynamo::enterprise::Created;
use onboarding_dynamo::invitation::Sending;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::page::Page;
use onboarding_lambda::routes::{CreateEnterpriseOp, Surface};
use onboarding_secrets::{Secrets, SecretsError};
use serde_json::json;
use thiserror::Error;

/// How often a random number that is taken is replaced by another.
const NUMBER_RETRIES: usize = 3;

/// The document of every route, as `make openapi` writes it.
const OPENAPI: &str = include_str!("../../../openapi.json");

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Sealing keys, for invitations.
    pub secrets: Arc<Secrets>,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("the list belongs to another service provider")]
    AnothersList,
    #[error(transparent)]
    Path(#[from] NoSuchThing),
    #[error("the service provider waits for its activation")]
    NotActive,
    #[error("the name is taken")]
    NameTaken,
    #[error("every random number was taken")]
    NoFreeNumber,
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("what was pasted cannot be read: {0}")]
    Pasted(BodyFault),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::AnothersList | Error::Path(NoSuchThing) => Self::not_found(),
            Error::NotActive => Self::new(StatusCode::FORBIDDEN, Code::ResellerNotActive),
            Error::NameTaken => Self::name_taken(),
            Error::Body(fault) => fault.into(),
            Error::Pasted(fault) => fault.failure(Surface::Page),
            Error::Invalid(faults) if faults.iter().any(|fault| fault.code == NOT_YOUR_RESELLER) => {
                Self::new(StatusCode::FORBIDDEN, Code::NotYourReseller).with_faults(faults)
            }
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Secrets(SecretsError::Unavailable) => Self::unavailable(error),
            Error::NoFreeNumber | Error::Store(_) | Error::Secrets(_) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<CreateEnterpriseOp>| match call.operation() {
        CreateEnterpriseOp::ListGateways => {
            Ok(Answer::json(StatusCode::OK, &own_catalogue(app, call).await?.sbc_gateways))
        }
        CreateEnterpriseOp::ListPbxTypes => {
            Ok(Answer::json(StatusCode::OK, &own_catalogue(app, call).await?.pbx_types))
        }
        CreateEnterpriseOp::Create => create(app, call).await,
        CreateEnterpriseOp::Capabilities => about::capabilities(app, call).await,
        CreateEnterpriseOp::ListPermissions => about::permissions(app, call).await,
        CreateEnterpriseOp::ShowPermissions => Ok(Answer::page(Page::permissions(call.language(), call.reference()))),
        CreateEnterpriseOp::Health => Ok(Answer::json(StatusCode::OK, &json!({ "status": "ok" }))),
        CreateEnterpriseOp::Diagnosis => Ok(Answer::page(Page::diagnosis(None, call.language(), call.reference()))),
        CreateEnterpriseOp::Diagnose => diagnose(call),
        CreateEnterpriseOp::Document => Ok(Answer::json_text(OPENAPI)),
    })
    .await
}

/// Explains the text of one of Microsoft's error screens. Nobody is known, nothing is read or kept, and no text of it shown.
fn diagnose(call: &Call<CreateEnterpriseOp>) -> Result<Answer, Error> {
    let text = call.form().map_err(Error::Pasted)?.take("text").unwrap_or_default();
    let pasted = Some(Signal::pasted(&text)).filter(|_| !text.trim().is_empty());
    Ok(Answer::page(Page::diagnosis(pasted.as_ref(), call.language(), call.reference())))
}

async fn authenticate(
    app: &App,
    call: &Call<CreateEnterpriseOp>,
) -> Result<(Caller, Catalogue, Option<Repeat>), Error> {
    let wanted = Wanted { catalogue: true, attempt: call.attempt(), ..Wanted::default() };
    let proof = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let Authenticated { caller, catalogue, repeat, .. } = proof;
    call.permit(&caller)?;
    Ok((caller, catalogue, repeat))
}

/// The caller's lists. The aliases name a provider: it must be the caller, and another one's list does not exist.
async fn own_catalogue(app: &App, call: &Call<CreateEnterpriseOp>) -> Result<Catalogue, Error> {
    let (caller, catalogue, _) = authenticate(app, call).await?;
    let mut query = call.query_fields()?;
    query.take("resellerId");
    query.finish(Some(())).map_err(Error::InvalidQuery)?;
    let named: Option<ResellerId> = call.alias_param("resellerId")?;
    if named.is_some_and(|named| call.reseller(&caller).is_ok_and(|own| own.id != named)) {
        return Err(Error::AnothersList);
    }
    Ok(catalogue)
}

/// The answer is the bare number of the new enterprise, as the source has it (R103).
async fn create(app: &App, call: &Call<CreateEnterpriseOp>) -> Result<Answer, Error> {
    let (caller, catalogue, repeat) = authenticate(app, call).await?;
    if let Some(repeat) = repeat {
        return Ok(Answer::repeated(repeat));
    }
    let (reseller, actor) = (call.reseller(&caller)?, Actor::from(&caller));
    // Read and not written again: an activation is never taken back, so at worst it is refused what was allowed just now.
    if reseller.activation.is_some() {
        return Err(Error::NotActive);
    }
    let (provider, reseller) = (reseller, reseller.id);
    if dry_run::is_asked_for(call)? {
        return dry_run::preview(app, call, reseller, &catalogue).await;
    }
    let profile = Profile::parse(call.json_object()?, reseller, &catalogue).map_err(Error::Invalid)?;
    let invited = NewInvitation::of(&profile);
    let keys = match &invited {
        Some(_) => Some(app.secrets.sealing_keys(call.now()).await?),
        None => None,
    };
    for _ in 0..NUMBER_RETRIES {
        let id = EnterpriseId::random(call.occasion().random);
        let mut enterprise = Enterprise::create(id, reseller, profile.clone(), call.now());
        let (object, after) = (format!("enterprise:{id}"), Some(enterprise.profile.told()));
        let fact = Fact { actor: &actor, action: "enterprise.created", object, before: None, after };
        let audit = AuditRow::new(reseller, Some(id), fact, call.occasion());
        let sent = invited.as_ref().zip(keys.as_deref()).map(|(new, keys)| {
            let (parties, occasion) = ((&enterprise, provider), call.occasion());
            let public_base = app.edge.public_base.as_str();
            Sent::first(new, Sender { parties, actor: &actor, public_base, keys, occasion })
        });
        if let Some(sent) = &sent {
            enterprise.invitations = OpenInvitations::first(&sent.invitation);
        }
        let answer = Answer::json(StatusCode::OK, &id).with_header(ETAG, &enterprise.etag());
        let codes: Vec<&str> = profile.warnings().iter().map(|warning| warning.code).collect();
        let answer = answer.with_header(LOCATION, &format!("/v1/enterprises/{id}")).warning(&codes);
        let once = call.attempt().map(|attempt| attempt.keeping(answer.told()));
        match app.store.create_enterprise(&enterprise, sent.as_ref().map(Sending::from), &audit, once.as_ref()).await? {
            Created::Done => {
                call.about(reseller, id);
                return Ok(answer);
            }
            Created::Repeated(repeat) => return Ok(Answer::repeated(repeat)),
            Created::NameTaken => return Err(Error::NameTaken),
            Created::NumberTaken => {}
        }
    }
    Err(Error::NoFreeNumber)
}
