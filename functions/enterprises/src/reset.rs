//! `POST /v1/enterprises/{id}/actions/{actionType}/reset`: the provider has a consent asked for anew (R146).
//!
//! Links that were made before do nothing any more. What Microsoft shows as granted stays there: to take it away is the
//! administrator's.

use lambda_http::http::StatusCode;
use onboarding_core::action::{ActionItem, ActionState, ActionType};
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::enterprise::{Enterprise, Reset, ResetRefused, Standing};
use onboarding_dynamo::StoreError;
use onboarding_dynamo::reset::Resetting;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::EnterprisesOp;

use crate::{App, Error, own_enterprise};

impl From<ResetRefused> for Error {
    fn from(refused: ResetRefused) -> Self {
        match refused {
            ResetRefused::NotResettable => Self::NotResettable,
            ResetRefused::UnderWay => Self::ConsentUnderWay,
        }
    }
}

/// Saying it twice is saying it: what nobody has begun since stays as it is.
pub(crate) async fn reset(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let (caller, mut enterprise) = own_enterprise(app, call).await?;
    let action: ActionType = call.param("actionType")?;
    call.json_object_if_any()?.finish(Some(())).map_err(Error::Invalid)?;
    let actor = Actor::from(&caller);
    let mut patience = app.store.patience();
    loop {
        if enterprise.standing != Standing::Open {
            return Err(Error::Disabled);
        }
        let Some(reset) = enterprise.reset(action, call.now())? else {
            return Ok(answer(&enterprise, action, &enterprise.action(action)));
        };
        match app.store.reset_action(&enterprise, &reset, &audit(call, &actor, (&enterprise, &reset))).await? {
            Resetting::Done => return Ok(answer(&enterprise, action, reset.state())),
            Resetting::UnderWay => return Err(Error::ConsentUnderWay),
            Resetting::Moved if patience.wait().await => {}
            Resetting::Moved => return Err(StoreError::Contended.into()),
        }
        enterprise = app.store.enterprise(enterprise.id).await?.ok_or(Error::NoSuchEnterprise)?;
    }
}

fn answer(enterprise: &Enterprise, action: ActionType, state: &ActionState) -> Answer {
    Answer::json(StatusCode::OK, &ActionItem::new(enterprise.id, action, state, &enterprise.profile))
}

fn audit(call: &Call<EnterprisesOp>, actor: &Actor, (enterprise, reset): (&Enterprise, &Reset)) -> AuditRow {
    let fact = Fact {
        actor,
        action: "consent.reset",
        object: format!("action:{}", reset.action()),
        before: Some(reset.was().word().to_owned()),
        after: Some(reset.state().word().to_owned()),
    };
    AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, call.occasion())
}
