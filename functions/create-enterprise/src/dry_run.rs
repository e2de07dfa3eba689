//! `POST /v1/enterprises?dryRun=true`: what would become of a body; nothing is made (R078, R156, R158).

use lambda_http::http::StatusCode;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::enterprise::Preview;
use onboarding_core::id::ResellerId;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::CreateEnterpriseOp;

use crate::{App, Error};

/// Whether the call has `?dryRun=true`.
pub(crate) fn is_asked_for(call: &Call<CreateEnterpriseOp>) -> Result<bool, Error> {
    let mut query = call.query_fields()?;
    let asked = query.parsed("dryRun", "wrong_type", |text| text.parse::<bool>().map_err(|_| "must be true or false"));
    query.finish(Some(asked.unwrap_or(false))).map_err(Error::InvalidQuery)
}

/// A wrong body is what a dry run is for, so it is answered with 200; one that cannot be read is not.
pub(crate) async fn preview(
    app: &App,
    call: &Call<CreateEnterpriseOp>,
    reseller: ResellerId,
    catalogue: &Catalogue,
) -> Result<Answer, Error> {
    let (preview, name) = Preview::of(call.json_object()?, reseller, catalogue);
    let taken = match name {
        Some(name) => app.store.enterprise_by_name(reseller, &name).await?.is_some(),
        None => false,
    };
    let preview = if taken { preview.with_name_taken() } else { preview };
    Ok(Answer::json(StatusCode::OK, &preview))
}
