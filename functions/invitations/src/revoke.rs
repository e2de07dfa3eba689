//! `POST /v1/invitations/{invitationId}/revoke`: its code opens nothing from that moment. Saying it twice is saying it.

use lambda_http::http::StatusCode;
use onboarding_core::audit::Actor;
use onboarding_core::invitation::{InvitationStatus, event, fact};
use onboarding_dynamo::StoreError;
use onboarding_dynamo::invitation::Ending;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::InvitationsOp;

use crate::{App, Error, Own, made, own};

const REVOKED: InvitationStatus = InvitationStatus::Revoked;

pub(crate) async fn revoke(app: &App, call: &Call<InvitationsOp>) -> Result<Answer, Error> {
    let Own { caller, mut invitation, .. } = own(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let (provider, actor) = (caller::reseller(&caller)?, Actor::from(&caller));
    let mut patience = app.store.patience();
    loop {
        match invitation.status_at(call.now()) {
            InvitationStatus::Pending => {}
            InvitationStatus::Revoked => return Ok(made(StatusCode::OK, &invitation)),
            InvitationStatus::Accepted | InvitationStatus::Expired | InvitationStatus::Superseded => {
                return Err(Error::Ended);
            }
        }
        let enterprise = app.store.enterprise(invitation.enterprise).await?.ok_or(Error::NotFound)?;
        let whose = (&invitation.id, enterprise.id, provider.id);
        let told = (provider.id, provider.events_url.as_ref());
        let delivery = event(("revoked", REVOKED), (&invitation.id, enterprise.id), told, call.occasion());
        let moves = (Some(invitation.status), REVOKED);
        let audit = fact("revoked", whose, moves, &actor, call.occasion());
        let ending = Ending { invitation: &invitation, status: REVOKED, delivery: delivery.as_ref(), audit: &audit };
        let after = enterprise.invitations.without(&invitation);
        if !app.store.revoke_invitation(ending, (&enterprise.invitations, &after), call.now()).await?
            && !patience.wait().await
        {
            return Err(StoreError::Contended.into());
        }
        invitation = app.store.invitation(&invitation.id).await?.ok_or(Error::NotFound)?;
    }
}
