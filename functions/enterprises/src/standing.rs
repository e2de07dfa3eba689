//! `POST /v1/enterprises/{id}/disable` and `/enable`: whether an enterprise goes on.
//!
//! A disabled one keeps what is proved. Its links do nothing, and what was under way is refused where it would be
//! recorded, with `enterprise_disabled`.

use lambda_http::http::StatusCode;
use lambda_http::http::header::ETAG;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::readiness::Completion;
use onboarding_dynamo::StoreError;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::EnterprisesOp;

use crate::view::EnterpriseView;
use crate::{App, Error, own_enterprise};

/// Gives the enterprise the standing `to`. Saying it twice is saying it.
pub(crate) async fn change(app: &App, call: &Call<EnterprisesOp>, to: Standing) -> Result<Answer, Error> {
    let (caller, mut enterprise) = own_enterprise(app, call).await?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let mut patience = app.store.patience();
    while enterprise.standing != to {
        if enterprise.standing == Standing::Offboarded {
            return Err(Error::Disabled);
        }
        let goes_on = to == Standing::Open;
        let parties = (&enterprise, caller::reseller(&caller)?);
        let completion = goes_on.then(|| Completion::of_going_on(parties, call.occasion())).flatten();
        let (moves, audit) = ((enterprise.standing, to), audit(call, &caller, &enterprise, to));
        if app.store.change_standing(enterprise.id, moves, completion.as_ref(), &audit).await? {
            enterprise.standing = to;
        } else if patience.wait().await {
            // Somebody else was faster, with the same or with something else.
            enterprise = app.store.enterprise(enterprise.id).await?.ok_or(Error::NoSuchEnterprise)?;
        } else {
            return Err(StoreError::Contended.into());
        }
    }
    Ok(Answer::json(StatusCode::OK, &EnterpriseView::of(&enterprise, call.now())).with_header(ETAG, &enterprise.etag()))
}

fn audit(call: &Call<EnterprisesOp>, caller: &Caller, enterprise: &Enterprise, to: Standing) -> AuditRow {
    let fact = Fact {
        actor: &Actor::from(caller),
        action: if to == Standing::Open { "enterprise.enabled" } else { "enterprise.disabled" },
        object: format!("enterprise:{}", enterprise.id),
        before: Some(enterprise.standing.word().to_owned()),
        after: Some(to.word().to_owned()),
    };
    AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, call.occasion())
}
