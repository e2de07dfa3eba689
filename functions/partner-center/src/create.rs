//! `POST /v1/partner-center/connections` (R175, R181, R186).

use lambda_http::http::StatusCode;
use lambda_http::http::header::LOCATION;
use onboarding_core::audit::Actor;
use onboarding_core::connection::BillingType;
use onboarding_core::connection::begin::NewConnection;
use onboarding_core::connection::view::ConnectionView;
use onboarding_core::id::ConnectionId;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::idempotency::Made;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::PartnerCenterOp;
use onboarding_microsoft::discovery::DiscoveryError;

use crate::{App, Error};

/// The tenant is looked up now, together with its cloud, so that no link ever leads to another one.
pub(crate) async fn create(app: &App, call: &Call<PartnerCenterOp>) -> Result<Answer, Error> {
    let (store, microsoft) = (&app.connections.store, &app.connections.microsoft);
    let wanted = Wanted { attempt: call.attempt(), ..Wanted::default() };
    let found = store.authenticate(call.credential()?, wanted, call.now()).await??;
    let reseller = call.reseller(&found.caller)?.id;
    if let Some(repeat) = found.repeat {
        return Ok(Answer::repeated(repeat));
    }
    let new = NewConnection::parse(call.json_object()?).map_err(Error::Invalid)?;
    if new.billing == BillingType::Indirect {
        return Err(Error::DirectBillOnly);
    }
    let tenant = microsoft.tenant_named(&new.tenant).await.map_err(|why| match why {
        DiscoveryError::UnknownTenant => Error::NoSuchTenant,
        DiscoveryError::Unavailable => Error::MicrosoftAway,
    })?;
    let cloud = microsoft.settings().endpoints.authority_host();
    let id = ConnectionId::new(call.now(), call.occasion().random);
    let connection = new.draft((id, reseller), (tenant, cloud), call.now());
    let address = format!("/v1/partner-center/connections/{}", connection.id);
    let answer = Answer::json(StatusCode::CREATED, &ConnectionView::from(&connection)).with_header(LOCATION, &address);
    let once = call.attempt().map(|attempt| attempt.keeping(answer.told()));
    let audit = connection.made(&Actor::from(&found.caller), call.occasion());
    match store.create_connection(&connection, &audit, once.as_ref()).await? {
        Made::Done => Ok(answer),
        Made::Refused => Err(Error::Busy),
        Made::Repeated(repeat) => Ok(Answer::repeated(repeat)),
    }
}
