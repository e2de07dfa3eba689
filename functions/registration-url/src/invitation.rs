//! The code of an invitation: judged, counted where it is wrong, and the same answer for every code that opens nothing.

use onboarding_core::invitation::{Invitation, InvitationCode, Tries, Wrong};
use onboarding_core::start::Binding;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::RegistrationUrlOp;

use crate::{App, Error};

/// Opens `invitation` for a browser that shows `code`. From a network with too many wrong codes none is looked at (G74).
pub(crate) async fn open(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (invitation, tries): (&Invitation, Option<Tries>),
    (code, browser): (&InvitationCode, &Binding),
) -> Result<(), Error> {
    let (now, code) = (call.now(), code.hash());
    if let Some(exhausted) = tries.and_then(|tries| tries.exhausted(now)) {
        return Err(Error::TooManyCodes(exhausted));
    }
    let shown = (&code, &browser.hash());
    // The write decides: a newer mail, a revocation or the end of its time may have come since it was read.
    if invitation.opens_with(&code, now) && app.store.open_invitation(&invitation.id, shown, now).await? {
        return Ok(());
    }
    Err(wrong(app, call, Some(Wrong::Invitation(invitation.id.clone()))).await?)
}

/// A code that was sent to a link that there is not.
pub(crate) async fn unknown(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Error, Error> {
    wrong(app, call, None).await
}

/// Counts a code that opens nothing, and says so: whether it never was one, was used, replaced or taken back, or has expired.
async fn wrong(app: &App, call: &Call<RegistrationUrlOp>, of: Option<Wrong>) -> Result<Error, Error> {
    let network = call.network_address().map(Wrong::network);
    for wrong in network.into_iter().chain(of) {
        let tries = app.store.count_wrong_code(&wrong, call.now()).await?;
        if let Some(exhausted) = tries.exhausted(call.now()) {
            return Ok(Error::TooManyCodes(exhausted));
        }
    }
    Ok(Error::CodeRefused)
}
