//! `POST …/disconnect`: the end of a connection, with what is left for the customer to do.

use lambda_http::http::StatusCode;
use onboarding_core::audit::Actor;
use onboarding_dynamo::connection::Lease;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::PartnerCenterOp;

use crate::{App, Error, find};

/// First the connection ends, so that nothing stores a token any more; then the token goes, and is seen to be gone. Asked for
/// again, it does what is left of that, and looks again whether the customer has taken our application away.
pub(crate) async fn disconnect(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let found = find(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let connections = &app.connections;
    let ended = if found.connection.has_ended() {
        found.connection
    } else {
        let leased = match connections.store.lease_connection(&found.connection.id, call.now()).await? {
            Lease::Won(leased) => *leased,
            Lease::Refused(..) => return Err(Error::Busy),
            Lease::Unknown => return Err(Error::NotFound),
        };
        let moved = leased.disconnect(&Actor::from(&found.caller), call.occasion());
        if !connections.store.move_connection(&moved).await? {
            return Err(Error::Busy);
        }
        moved.after
    };
    connections.secrets.discard_refresh_token(&ended.id).await?;
    let application_gone = connections.application_gone(&ended, (call.now(), call.occasion().random)).await?;
    Ok(Answer::json(StatusCode::OK, &ended.certificate(true, application_gone)))
}
