//! Access tokens: `POST /oauth/token` (RFC 6749 §4.4) and `POST /v1/enterprises/{id}/token` (R128).

use lambda_http::http::header::PRAGMA;
use lambda_http::http::{HeaderName, StatusCode};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::credential::{ApiKey, Caller, Presented, Refused};
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::idempotency::Told;
use onboarding_core::scope::Scopes;
use onboarding_core::token::{AccessToken, ENTERPRISE_SCOPES, TokenGrant};
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::token::TokenAdded;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::oauth::TokenRequest;
use onboarding_lambda::routes::CredentialsOp;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{App, Error};

/// RFC 6749 §5.1 wants it beside `Cache-Control: no-store`, which every answer has.
const NO_CACHE: (HeaderName, &str) = (PRAGMA, "no-cache");

/// A token of a service provider, for whoever holds its key.
pub(crate) async fn by_client(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let TokenRequest { client_id, client_secret, scope } = TokenRequest::read(call.request())?;
    let key = ApiKey::parse(client_secret.expose_secret(), app.edge.environment).ok();
    let key = key.filter(|key| key.id().to_string() == client_id).ok_or(Error::UnknownClient)?;
    let found = app.store.authenticate(&Presented::Key(key), Wanted::default(), call.now()).await?;
    let caller = found.map_err(Error::client)?.caller;
    let Caller::Reseller { by, reseller, scopes, key_expires_at } = &caller else {
        return Err(Error::NoClientOfTokens);
    };
    let wanted = match scope {
        Some(scope) => Scopes::parse(&scope).ok().filter(|wanted| scopes.cover(wanted)).ok_or(Error::WrongScope)?,
        None => scopes.clone(),
    };
    let (key, key_expires_at) = (by.key().clone(), *key_expires_at);
    let grant = TokenGrant { key, key_expires_at, scopes: wanted, enterprise: None };
    issue(app, call, (&caller, reseller.id), grant).await?.ok_or(Error::UnknownClient)
}

/// A token of one enterprise: of what the caller may do, what can be done for one enterprise. A disabled one gets none
/// (R168), which the transaction sees to.
pub(crate) async fn of_enterprise(app: &App, call: &Call<CredentialsOp>) -> Result<Answer, Error> {
    let id = call.param::<EnterpriseId>("enterpriseId");
    let wanted = Wanted { enterprise: id.ok(), attempt: call.attempt(), ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&found.caller)?;
    let (Caller::Reseller { by, reseller, scopes, key_expires_at }, Some(enterprise)) =
        (&found.caller, &found.enterprise)
    else {
        return Err(Error::Path(NoSuchThing));
    };
    if !found.caller.reaches(enterprise.reseller, enterprise.id) {
        return Err(Error::Path(NoSuchThing));
    }
    if let Some(repeat) = found.repeat {
        return Err(Error::Repeated(repeat));
    }
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let (scopes, enterprise) = (scopes.among(ENTERPRISE_SCOPES), Some(enterprise.id));
    let grant = TokenGrant { key: by.key().clone(), key_expires_at: *key_expires_at, scopes, enterprise };
    let issued = issue(app, call, (&found.caller, reseller.id), grant).await?;
    issued.ok_or(Error::Caller(Refused::Unauthenticated))
}

/// Makes the token and tells it (RFC 6749 §5.1); none if the key behind it was revoked meanwhile.
async fn issue(
    app: &App,
    call: &Call<CredentialsOp>,
    (caller, reseller): (&Caller, ResellerId),
    grant: TokenGrant,
) -> Result<Option<Answer>, Error> {
    let enterprise = grant.enterprise;
    let at = (call.now(), call.occasion().random);
    let (token, record) = AccessToken::issue(grant, app.edge.environment, at);
    let fact = Fact {
        actor: &Actor::from(caller),
        action: "token.created",
        object: format!("token:{}", token.id()),
        before: None,
        after: Some(record.scopes.to_string()),
    };
    let audit = AuditRow::new(reseller, enterprise, fact, call.occasion());
    let body = json!({
        "access_token": token.expose(),
        "token_type": "Bearer",
        "expires_in": record.expires_at.since(call.now()).as_secs(),
        "scope": record.scopes.to_string(),
    });
    let once = call.attempt().map(|attempt| attempt.keeping(Told::Secret { id: token.id().to_string() }));
    let (pragma, no_cache) = NO_CACHE;
    match app.store.add_token(&record, &audit, once.as_ref()).await? {
        TokenAdded::Done => Ok(Some(Answer::json(StatusCode::OK, &body).with_header(pragma, no_cache))),
        TokenAdded::KeyRevoked => Ok(None),
        TokenAdded::EnterpriseStopped => Err(Error::EnterpriseDisabled),
        TokenAdded::Repeated(repeat) => Err(Error::Repeated(repeat)),
    }
}
