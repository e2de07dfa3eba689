//! `Idempotency-Key`, read from a request.

use http::StatusCode;
use lambda_http::Request;
use onboarding_core::advice::Code;
use onboarding_core::credential::KeyOwner;
use onboarding_core::idempotency::{Attempt, IdempotencyKey, Intent};
use onboarding_core::time::Timestamp;

use crate::failure::Failure;
use crate::routes::{Params, Route};

/// The attempt that `request` is; none without the header. More than one header is no key (K20).
pub(crate) fn attempt(
    request: &Request,
    (route, params): (&Route, &Params),
    owner: KeyOwner,
    now: Timestamp,
) -> Result<Option<Attempt>, Failure> {
    let mut headers = request.headers().get_all("idempotency-key").iter();
    let Some(header) = headers.next() else { return Ok(None) };
    let invalid = || Failure::new(StatusCode::BAD_REQUEST, Code::InvalidIdempotencyKey);
    let text = header.to_str().ok().filter(|_| headers.next().is_none()).ok_or_else(invalid)?;
    let key: IdempotencyKey = text.parse().map_err(|_| invalid())?;
    let intent = Intent {
        method: route.method.as_str(),
        route: route.path,
        params: params.all().collect(),
        query: request.uri().query().unwrap_or_default(),
        body: request.body().as_ref(),
    };
    Ok(Some(Attempt::new(owner, &key, &intent, now)))
}
