//! What the operator asks for: service providers, their keys and webhook secrets (K9).

use lambda_http::http::StatusCode;
use onboarding_core::audit::Actor;
use onboarding_core::credential::{KeyId, KeyOwner, KeyView, NewKey};
use onboarding_core::id::ResellerId;
use onboarding_core::listing::{Listing, PageSize, ResellerPlace};
use onboarding_core::reseller::{NewReseller, ResellerEdit, ResellerSummary, ResellerView};
use onboarding_dynamo::credential::{Authenticated, Wanted};
use onboarding_dynamo::reseller::ListedResellers;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::routes::CredentialsOp;
use onboarding_operator::{Edited, Order, Pages, Places};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{App, Error};

pub(crate) async fn create_reseller(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let operator = operator(app, call).await?;
    let new = NewReseller::parse(call.json_object()?, app.redirect_policy).map_err(Error::Invalid)?;
    let order = order(call, &operator);
    let (new, pages) = ((&new, &app.starter_catalogue), Some(pages(app)));
    let (id, secret) = onboarding_operator::create_reseller(places(app), new, pages, order).await?;
    Ok(Answer::json(StatusCode::CREATED, &json!({ "id": id, "webhookSecret": secret.expose_secret() })))
}

/// A page of the service providers, oldest first.
pub(crate) async fn list_resellers(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    operator(app, call).await?;
    let mut query = call.query_fields()?;
    let size = query.parsed("limit", "out_of_range", str::parse::<PageSize>).unwrap_or_default();
    let cursor = query.text("cursor");
    query.finish(Some(())).map_err(Error::InvalidQuery)?;
    let listing = Listing { owner: KeyOwner::Operator, list: "resellers", filter: None };
    let after = cursor.map(|cursor| listing.place::<ResellerPlace>(&cursor)).transpose()?;
    let ListedResellers { resellers, next } = app.store.resellers(after, size).await?;
    let items: Vec<ResellerSummary<'_>> = resellers.iter().map(ResellerSummary::of).collect();
    let next = next.map(|place| listing.cursor(&place));
    Ok(Answer::list(&items, next.as_deref()))
}

pub(crate) async fn read_reseller(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let (_, reseller) = operator_and_reseller(app, call).await?;
    shown(app, &reseller).await
}

pub(crate) async fn edit_reseller(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let (operator, seen) = operator_and_reseller(app, call).await?;
    let body = call.merge_patch()?;
    let read = |now: &_| ResellerEdit::parse(body.clone(), now, app.redirect_policy);
    let edited = onboarding_operator::edit_reseller(&app.store, seen, read, order(call, &operator)).await?;
    shown(app, &edited).await
}

pub(crate) async fn create_key(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let operator = operator(app, call).await?;
    let reseller: ResellerId = call.param("resellerId")?;
    let new = NewKey::parse(call.json_object()?, call.now()).map_err(Error::Invalid)?;
    let new = (new, app.edge.environment);
    let key = onboarding_operator::create_key(&app.store, reseller, new, order(call, &operator)).await?;
    Ok(Answer::json(StatusCode::CREATED, &json!({ "keyId": key.id(), "key": key.expose() })))
}

pub(crate) async fn list_keys(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let (_, (reseller, _)) = operator_and_reseller(app, call).await?;
    let keys = app.store.keys(KeyOwner::Reseller(reseller.id)).await?;
    let items: Vec<KeyView<'_>> = keys.iter().map(KeyView::of).collect();
    Ok(Answer::list(&items, None))
}

pub(crate) async fn revoke_key(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let operator = operator(app, call).await?;
    let (reseller, key): (ResellerId, KeyId) = (call.param("resellerId")?, call.param("keyId")?);
    onboarding_operator::revoke_key(&app.store, reseller, &key, order(call, &operator)).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn rotate_webhook_secret(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let operator = operator(app, call).await?;
    let reseller: ResellerId = call.param("resellerId")?;
    call.json_object()?.finish(Some(())).map_err(Error::Invalid)?;
    let order = order(call, &operator);
    let secret = onboarding_operator::rotate_webhook_secret(places(app), reseller, order).await?;
    Ok(Answer::json(StatusCode::OK, &json!({ "webhookSecret": secret.expose_secret() })))
}

/// Where our pages are.
pub(crate) fn pages(app: &App) -> Pages<'_> {
    Pages(app.edge.public_base.as_str())
}

pub(crate) fn places(app: &App) -> Places<'_> {
    Places { store: &app.store, secrets: &app.secrets }
}

pub(crate) fn order<'a>(call: &'a Call<CredentialsOp>, operator: &'a Actor) -> Order<'a> {
    Order { actor: operator, occasion: call.occasion(), attempt: call.attempt() }
}

/// The provider, with how far its activation mail is while it waits for that.
async fn shown(app: &App, (reseller, catalogue): &Edited) -> Result<Answer, Error> {
    let mail = match &reseller.activation {
        Some(activation) => app.store.mail(&activation.mail).await?,
        None => None,
    };
    Ok(Answer::json(StatusCode::OK, &ResellerView::of(reseller, catalogue).with_mail(mail.as_ref())))
}

async fn operator(app: &App, call: &Call<CredentialsOp>) -> Result<Actor, Error> {
    let wanted = Wanted { attempt: call.attempt(), ..Wanted::default() };
    let Authenticated { caller, repeat, .. } = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&caller)?;
    match repeat {
        Some(repeat) => Err(Error::Repeated(repeat)),
        None => Ok(Actor::from(&caller)),
    }
}

/// The operator, and the provider of the path, in one read.
async fn operator_and_reseller(app: &App, call: &Call<CredentialsOp>) -> Result<(Actor, Edited), Error> {
    let named = call.param::<ResellerId>("resellerId");
    let wanted = Wanted { reseller: named.ok(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    let Authenticated { caller, reseller, catalogue, .. } = found;
    call.permit(&caller)?;
    Ok((Actor::from(&caller), (reseller.ok_or(NoSuchThing)?, catalogue)))
}
