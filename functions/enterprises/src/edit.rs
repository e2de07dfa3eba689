//! `PATCH /v1/enterprises/{id}`: a merge patch on the profile (RFC 7396), for the version in `If-Match` (R002, R137, R167).
//!
//! The version is compared by the write itself. What the consent flow does to an enterprise makes no new version of its
//! profile: where the two meet, the edit is made again on what the enterprise has become.

use lambda_http::http::StatusCode;
use lambda_http::http::header::ETAG;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Edit, EditRefused};
use onboarding_core::readiness::Completion;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::StoreError;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::enterprise::Edited;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::caller;
use onboarding_lambda::routes::EnterprisesOp;

use crate::view::{EditedView, EnterpriseView};
use crate::{App, Error, own_enterprise_and, user};

impl From<EditRefused> for Error {
    fn from(refused: EditRefused) -> Self {
        match refused {
            EditRefused::Offboarded => Self::Disabled,
            EditRefused::Invalid(faults) => Self::Invalid(faults),
            EditRefused::RevokeRequired(_) => Self::RevokeRequired,
            EditRefused::TenantBound(tenant) => Self::TenantBound(tenant),
        }
    }
}

/// The precondition comes before what the patch says (RFC 9110 §13.2.1). A disabled enterprise can be edited: what is
/// wrong with it can be mended before it goes on.
pub(crate) async fn edit(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let wanted = Wanted { catalogue: true, ..Wanted::default() };
    let (caller, mut enterprise, catalogue) = own_enterprise_and(app, call, wanted).await?;
    let patch = call.merge_patch()?;
    let version = call.if_match()?;
    let mut patience = app.store.patience();
    loop {
        version.hold(&enterprise.etag())?;
        let edit = enterprise.edit(patch.clone(), &catalogue, call.now())?;
        if edit.is_empty() {
            return Ok(edited(&edit, call.now()));
        }
        let completion = Completion::of_edit(&edit, caller::reseller(&caller)?, call.occasion());
        match app.store.edit_enterprise(&edit, completion.as_ref(), &audit(call, &caller, &edit)).await? {
            Edited::Done => return Ok(edited(&edit, call.now())),
            Edited::NameTaken => return Err(Error::NameTaken),
            // As if it was being proved, which it is about to be.
            Edited::UnderWay => return Err(Error::RevokeRequired),
            Edited::TooManyUsers => return Err(user::full(app, edit.after()).await?),
            Edited::Moved if patience.wait().await => {}
            Edited::Moved => return Err(StoreError::Contended.into()),
        }
        enterprise = app.store.enterprise(enterprise.id).await?.ok_or(Error::NoSuchEnterprise)?;
    }
}

fn edited(edit: &Edit, now: Timestamp) -> Answer {
    let view = EditedView { consent_needed: edit.consent_needed(), enterprise: EnterpriseView::of(edit.after(), now) };
    Answer::json(StatusCode::OK, &view).with_header(ETAG, &edit.after().etag())
}

fn audit(call: &Call<EnterprisesOp>, caller: &Caller, edit: &Edit) -> AuditRow {
    let (before, after) = edit.changes();
    let fact = Fact {
        actor: &Actor::from(caller),
        action: "enterprise.edited",
        object: format!("enterprise:{}", edit.after().id),
        before: Some(before),
        after: Some(after),
    };
    AuditRow::new(edit.after().reseller, Some(edit.after().id), fact, call.occasion())
}
