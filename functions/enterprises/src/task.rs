//! `POST /v1/enterprises/{id}/authorize-task`: may the caller do this now (R010-R022, R154)?

use lambda_http::http::StatusCode;
use onboarding_core::advice::Code;
use onboarding_core::audit::Actor;
use onboarding_core::credential::Caller;
use onboarding_core::task::{Asker, Task, TaskRefused};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::EnterprisesOp;
use serde::Serialize;

use crate::{App, Error, own_enterprise};

/// The answer where the caller may. Where it may not, a problem says why and what to do.
#[derive(Serialize)]
struct TaskView {
    task: &'static str,
    allowed: bool,
}

/// `{task}`. It is a question: nothing is done, and nothing noted but the link in the refusal, which is to be handed to the
/// administrator who can mend it.
pub(crate) async fn authorize(app: &App, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    let (caller, enterprise) = own_enterprise(app, call).await?;
    let mut body = call.json_object()?;
    let task = body.parsed("task", "unknown_task", str::parse::<Task>);
    let task = body.required("task", task);
    let task = body.finish(task).map_err(Error::Invalid)?;
    let asker = match caller {
        Caller::Enterprise { .. } => Asker::EnterpriseAdmin,
        Caller::Reseller { .. } | Caller::Operator { .. } => Asker::Provider,
    };
    if let Err(refused) = task.authorize(asker, &enterprise) {
        let by = (&Actor::from(&caller), call.occasion());
        let handle = match refused.wanted(task) {
            Some(wanted) => app.store.ready_link(&enterprise, wanted, by).await?,
            None => None,
        };
        let link = handle.map(|handle| app.edge.public_base.start_link(&handle));
        return Err(Error::Task(refused, link));
    }
    Ok(Answer::json(StatusCode::OK, &TaskView { task: task.word(), allowed: true }))
}

pub(crate) fn refusal(refused: TaskRefused) -> Failure {
    let (status, code) = match refused {
        TaskRefused::Disabled => (StatusCode::CONFLICT, Code::EnterpriseDisabled),
        TaskRefused::ServiceNotEnabled(_) => (StatusCode::CONFLICT, Code::ServiceNotEnabled),
        TaskRefused::UserProvisioningDisabled => (StatusCode::CONFLICT, Code::UserProvisioningDisabled),
        TaskRefused::SipDataNotShared => (StatusCode::FORBIDDEN, Code::SipDataNotShared),
        TaskRefused::ConsentRequired => (StatusCode::FORBIDDEN, Code::ConsentRequired),
        TaskRefused::EnterpriseAdminRequired => (StatusCode::FORBIDDEN, Code::EnterpriseAdminRequired),
    };
    let failure = Failure::new(status, code);
    match refused {
        TaskRefused::ServiceNotEnabled(services) => {
            let names: Vec<String> = services.iter().map(ToString::to_string).collect();
            failure.with_detail(format!("The task needs {}, which the enterprise does not have.", names.join(" or ")))
        }
        TaskRefused::Disabled
        | TaskRefused::UserProvisioningDisabled
        | TaskRefused::SipDataNotShared
        | TaskRefused::ConsentRequired
        | TaskRefused::EnterpriseAdminRequired => failure,
    }
}
