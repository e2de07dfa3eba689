//! `POST /v1/invitations/{invitationId}/resend`: another mail to the same address, with another code (R169).

use lambda_http::http::StatusCode;
use onboarding_core::audit::Actor;
use onboarding_core::invitation::{Sent, may_invite};
use onboarding_dynamo::StoreError;
use onboarding_dynamo::idempotency::Made;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::InvitationsOp;

use crate::{App, Error, Own, made, own, sender};

pub(crate) async fn resend(app: &App, call: &Call<InvitationsOp>) -> Result<Answer, Error> {
    let Own { caller, mut invitation, repeat } = own(app, call).await?;
    if let Some(repeat) = repeat {
        return Ok(Answer::repeated(repeat));
    }
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let provider = caller::reseller(&caller)?;
    let mut enterprise = app.store.enterprise(invitation.enterprise).await?.ok_or(Error::NotFound)?;
    let keys = app.secrets.sealing_keys_for(&invitation.sealed_address, call.now()).await?;
    let actor = Actor::from(&caller);
    let mut patience = app.store.patience();
    loop {
        if !invitation.is_open(call.now()) {
            return Err(Error::Ended);
        }
        may_invite(&enterprise)?;
        let admin = invitation.admin(&keys, call.now()).ok_or(Error::AddressUnreadable)?;
        let sent = Sent::again(&invitation, &admin, sender(app, call, (&enterprise, provider), (&actor, &keys)));
        let sent = sent.ok_or(Error::Ended)?;
        let (after, _) = enterprise.invitations.with(&sent.invitation, call.now())?;
        let answer = made(StatusCode::OK, &sent.invitation);
        let once = call.attempt().map(|attempt| attempt.keeping(answer.told()));
        let noted = (&enterprise.invitations, &after);
        match app.store.resend(&invitation, (&sent).into(), noted, once.as_ref()).await? {
            Made::Done => return Ok(answer),
            Made::Repeated(repeat) => return Ok(Answer::repeated(repeat)),
            Made::Refused if patience.wait().await => {
                invitation = app.store.invitation(&invitation.id).await?.ok_or(Error::NotFound)?;
                enterprise = app.store.enterprise(enterprise.id).await?.ok_or(Error::NotFound)?;
            }
            Made::Refused => return Err(StoreError::Contended.into()),
        }
    }
}
