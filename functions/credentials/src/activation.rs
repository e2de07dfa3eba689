//! Activation of a service provider (R147): the operator has a new mail sent, and whoever gets it presses the button.
//!
//! Opening the page changes nothing, so mail scanners may open it as often as they like.

use lambda_http::http::StatusCode;
use onboarding_core::activation::{Activation, ActivationLink, ActivationView};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::fields::{Fault, Fields};
use onboarding_core::id::ResellerId;
use onboarding_core::reseller::{Reseller, ResellerStatus};
use onboarding_core::secret::SecretHash;
use onboarding_core::text::EmailAddress;
use onboarding_dynamo::credential::Wanted;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::page::{self, Page};
use onboarding_lambda::routes::CredentialsOp;
use onboarding_operator::OperatorError;

use crate::operator::{order, pages, places};
use crate::{App, Error};

/// Sends another mail, to whatever address the operator says now: no address is kept.
pub(crate) async fn send(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let named = call.param::<ResellerId>("resellerId");
    let wanted = Wanted { reseller: named.ok(), attempt: call.attempt(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&found.caller)?;
    if let Some(repeat) = found.repeat {
        return Ok(Answer::repeated(repeat));
    }
    let (operator, reseller) = (Actor::from(&found.caller), found.reseller.ok_or(NoSuchThing)?);
    let contact = contact(call.json_object()?).map_err(Error::Invalid)?;
    let once = |activation: &Activation| call.attempt().map(|attempt| attempt.keeping(answer(activation).told()));
    let (whom, to) = ((reseller.id, &reseller.name), (&contact, pages(app)));
    match onboarding_operator::renew_activation(places(app), whom, to, (order(call, &operator), once)).await {
        Ok(activation) => Ok(answer(&activation)),
        Err(OperatorError::Repeated(repeat)) => Ok(Answer::repeated(repeat)),
        Err(error) => Err(error.into()),
    }
}

/// Reads `{contactEmail}`.
fn contact(mut body: Fields) -> Result<EmailAddress, Vec<Fault>> {
    let contact = body.parsed("contactEmail", "invalid_email", str::parse::<EmailAddress>);
    let contact = body.required("contactEmail", contact);
    body.finish(contact)
}

/// It is queued: the mail service has not seen it yet.
fn answer(activation: &Activation) -> Answer {
    Answer::json(StatusCode::ACCEPTED, &ActivationView::of(activation))
}

/// The provider of a link that activates it, or that is active.
async fn waiting(app: &App, call: &Call<CredentialsOp>) -> Result<(ActivationLink, Reseller), Error> {
    let handle: String = call.param("handle").map_err(|_| Error::NoSuchActivation)?;
    let link = app.store.activation_link(&SecretHash::of(&handle)).await?.ok_or(Error::NoSuchActivation)?;
    let reseller = app.store.reseller(link.reseller).await?.ok_or(Error::NoSuchActivation)?;
    let works = reseller.activation.as_ref().is_none_or(|activation| activation.is_by(&link.hash, call.now()));
    if works && reseller.status == ResellerStatus::Active { Ok((link, reseller)) } else { Err(Error::NoSuchActivation) }
}

/// Shows the page.
pub(crate) async fn show(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let (_, reseller) = waiting(app, call).await?;
    let action = path(call)?;
    Ok(Answer::page(Page::activation(&page::Activation {
        provider: &reseller.name,
        action: reseller.activation.as_ref().map(|_| action.as_str()),
        reference: call.reference(),
    })))
}

/// Activates the provider, and goes back to the page, which says so. Who was slower than somebody else sees the same.
pub(crate) async fn activate(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let (link, reseller) = waiting(app, call).await?;
    // Another site's page pressed the button: somebody must see first what it is for.
    let unseen = call.request().headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if reseller.activation.is_some() && !unseen {
        app.store.activate(&link, &activated(call, link.reseller), call.now()).await?;
    }
    Ok(Answer::see_other(&path(call)?))
}

fn path(call: &Call<CredentialsOp>) -> Result<String, Error> {
    let handle: String = call.param("handle").map_err(|_| Error::NoSuchActivation)?;
    Ok(format!("/activate/{handle}"))
}

fn activated(call: &Call<CredentialsOp>, reseller: ResellerId) -> AuditRow {
    let fact = Fact {
        actor: &Actor::LinkHolder,
        action: "reseller.activated",
        object: format!("reseller:{reseller}"),
        before: None,
        after: None,
    };
    AuditRow::new(reseller, None, fact, call.occasion())
}
