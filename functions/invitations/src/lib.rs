//! Invitations as their service provider sees them: invite, list, send again, take back (R149, R159, R169).
//!
//! What an invited administrator does is served where every start link is, by `registration-url`.

mod list;
mod resend;
mod revoke;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::audit::Actor;
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::Fault;
use onboarding_core::id::{EnterpriseId, InvitationId};
use onboarding_core::idempotency::Repeat;
use onboarding_core::invitation::{Invitation, NewInvitation, NotInvited, NotSent, Sender, Sent, may_invite};
use onboarding_core::listing::InvalidCursor;
use onboarding_core::reseller::Reseller;
use onboarding_core::seal::SealingKeys;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::idempotency::Made;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::InvitationsOp;
use onboarding_secrets::{Secrets, SecretsError};
use serde_json::json;
use thiserror::Error;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Sealing keys.
    pub secrets: Arc<Secrets>,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such enterprise, or invitation, of this caller")]
    NotFound,
    #[error(transparent)]
    NotInvited(#[from] NotInvited),
    #[error(transparent)]
    NotSent(#[from] NotSent),
    #[error("the invitation has ended")]
    Ended,
    #[error("the address of the invitation does not open")]
    AddressUnreadable,
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
    #[error(transparent)]
    Secrets(#[from] SecretsError),
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
            Error::NotInvited(NotInvited::Stopped) => Self::new(StatusCode::CONFLICT, Code::EnterpriseDisabled),
            Error::NotInvited(NotInvited::Ready) => Self::new(StatusCode::CONFLICT, Code::EnterpriseAlreadyReady),
            Error::NotInvited(NotInvited::Restricted) => Self::new(StatusCode::CONFLICT, Code::AdminAccessRestricted),
            Error::NotSent(NotSent::TooMany) => Self::new(StatusCode::CONFLICT, Code::TooManyInvitations),
            Error::Ended => Self::new(StatusCode::CONFLICT, Code::InvitationEnded),
            Error::NotSent(NotSent::TooOften(retry_after)) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, Code::InvitationSentTooOften).with_retry_after(retry_after)
            }
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Secrets(SecretsError::Unavailable) => Self::unavailable(error),
            Error::Store(_) | Error::Secrets(_) | Error::AddressUnreadable => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<InvitationsOp>| match call.operation() {
        InvitationsOp::Invite => invite(app, call).await,
        InvitationsOp::List => list::list(app, call).await,
        InvitationsOp::Resend => resend::resend(app, call).await,
        InvitationsOp::Revoke => revoke::revoke(app, call).await,
    })
    .await
}

/// Invites an administrator. Whoever was invited under the same address before is so no more.
async fn invite(app: &App, call: &Call<InvitationsOp>) -> Result<Answer, Error> {
    let id = call.param::<EnterpriseId>("enterpriseId").ok();
    let wanted = Wanted { enterprise: id, attempt: call.attempt(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let provider = call.reseller(&found.caller)?;
    let own = found.enterprise.filter(|enterprise| enterprise.reseller == provider.id);
    let mut enterprise = own.ok_or(Error::NotFound)?;
    if let Some(repeat) = found.repeat {
        return Ok(Answer::repeated(repeat));
    }
    let new = NewInvitation::parse(call.json_object()?).map_err(Error::Invalid)?;
    let keys = app.secrets.sealing_keys(call.now()).await?;
    let mut patience = app.store.patience();
    loop {
        may_invite(&enterprise)?;
        let sent = Sent::first(&new, sender(app, call, (&enterprise, provider), (&Actor::from(&found.caller), &keys)));
        let (after, former) = enterprise.invitations.with(&sent.invitation, call.now())?;
        let answer = made(StatusCode::CREATED, &sent.invitation);
        let once = call.attempt().map(|attempt| attempt.keeping(answer.told()));
        let noted = (&enterprise.invitations, &after);
        match app.store.invite((&sent).into(), noted, former.as_ref(), once.as_ref()).await? {
            Made::Done => return Ok(answer),
            Made::Repeated(repeat) => return Ok(Answer::repeated(repeat)),
            Made::Refused if patience.wait().await => {
                enterprise = app.store.enterprise(enterprise.id).await?.ok_or(Error::NotFound)?;
            }
            Made::Refused => return Err(StoreError::Contended.into()),
        }
    }
}

/// What a provider is told of an invitation that was just sent: whom it is for it has said itself.
fn made(status: StatusCode, invitation: &Invitation) -> Answer {
    let told = json!({
        "id": invitation.id,
        "status": invitation.status,
        "expiresAt": invitation.expires_at.to_string(),
        "sends": invitation.sends,
    });
    Answer::json(status, &told)
}

fn sender<'a>(
    app: &'a App,
    call: &'a Call<InvitationsOp>,
    parties: (&'a Enterprise, &'a Reseller),
    (actor, keys): (&'a Actor, &'a SealingKeys),
) -> Sender<'a> {
    Sender { parties, actor, public_base: app.edge.public_base.as_str(), keys, occasion: call.occasion() }
}

/// The caller, its invitation of the path, and what this repeats.
struct Own {
    caller: Caller,
    invitation: Invitation,
    repeat: Option<Repeat>,
}

/// Another's invitation does not exist.
async fn own(app: &App, call: &Call<InvitationsOp>) -> Result<Own, Error> {
    let id = call.param::<InvitationId>("invitationId").ok();
    let wanted = Wanted { invitation: id.as_ref(), attempt: call.attempt(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let provider = call.reseller(&found.caller)?.id;
    let invitation = found.invitation.filter(|invitation| invitation.reseller == provider).ok_or(Error::NotFound)?;
    call.about(provider, invitation.enterprise);
    Ok(Own { caller: found.caller, invitation, repeat: found.repeat })
}
