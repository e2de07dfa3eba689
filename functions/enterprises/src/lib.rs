//! Enterprises: list them, read and edit one, list actions, confirm a tenant, count users, stop one (R008, R079, R103,
//! R148, R152, R167, K10, K11).

mod edit;
mod list;
mod reset;
mod standing;
mod task;
mod user;
mod view;

use lambda_http::http::StatusCode;
use lambda_http::http::header::ETAG;
use lambda_http::{Body, Request, Response};
use onboarding_core::action::{ActionItem, ActionType};
use onboarding_core::advice::Code;
use onboarding_core::audit::Actor;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::consent::Confirmation;
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::fields::Fault;
use onboarding_core::id::{ConsentRequestId, EnterpriseId, TenantId};
use onboarding_core::listing::InvalidCursor;
use onboarding_core::task::TaskRefused;
use onboarding_core::user::UserCount;
use onboarding_dynamo::consent::Recorded;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::{Call, NoSuchThing};
use onboarding_lambda::caller;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::precondition::PreconditionFault;
use onboarding_lambda::routes::EnterprisesOp;
use thiserror::Error;

use crate::view::EnterpriseView;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such enterprise of this caller")]
    NoSuchEnterprise,
    #[error(transparent)]
    Path(#[from] NoSuchThing),
    #[error("the enterprise, or its service provider, is disabled")]
    Disabled,
    #[error("nothing waits for a confirmation")]
    NothingToConfirm,
    #[error("another tenant waits for confirmation")]
    TenantNotShown,
    #[error("the enterprise expects the tenant {0}")]
    OtherTenantExpected(TenantId),
    #[error("the tenant belongs to another service provider")]
    TenantTaken,
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    #[error("{0}")]
    Task(TaskRefused, Option<String>),
    #[error(transparent)]
    Precondition(#[from] PreconditionFault),
    #[error("the name is taken")]
    NameTaken,
    #[error("the management consent is granted")]
    RevokeRequired,
    #[error("the enterprise is bound to another tenant than the expected one")]
    TenantBound(TenantId),
    #[error("the action cannot be reset")]
    NotResettable,
    #[error("the consent is being decided")]
    ConsentUnderWay,
    #[error("the enterprise has as many users as it may have")]
    UserLimitReached(UserCount),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NoSuchEnterprise | Error::Path(NoSuchThing) => Self::not_found(),
            Error::Disabled => Self::new(StatusCode::CONFLICT, Code::EnterpriseDisabled),
            Error::NothingToConfirm => Self::new(StatusCode::CONFLICT, Code::NothingToConfirm),
            Error::TenantNotShown => Self::new(StatusCode::CONFLICT, Code::TenantNotShown),
            Error::OtherTenantExpected(expected) => Self::new(StatusCode::CONFLICT, Code::WrongTenant)
                .with_detail(format!("The enterprise is for the tenant {expected}; another one cannot be confirmed.")),
            Error::TenantTaken => Self::new(StatusCode::CONFLICT, Code::TenantBoundElsewhere),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Cursor(wrong) => wrong.into(),
            Error::Task(refused, link) => task::refusal(refused).with_action_url(link),
            Error::Precondition(fault) => fault.into(),
            Error::NameTaken => Self::name_taken(),
            Error::RevokeRequired => Self::new(StatusCode::CONFLICT, Code::RevokeRequired),
            Error::TenantBound(bound) => {
                let detail = format!("the enterprise is bound to {bound}");
                let faults = vec![Fault::new("expectedTenant", "tenant_already_bound", detail)];
                Self::new(StatusCode::CONFLICT, Code::TenantAlreadyBound).with_faults(faults)
            }
            Error::NotResettable => Self::new(StatusCode::CONFLICT, Code::NotResettable),
            Error::ConsentUnderWay => Self::new(StatusCode::CONFLICT, Code::ConsentUnderWay),
            Error::UserLimitReached(users) => Self::user_limit_reached(users),
            Error::Store(StoreError::Contended) => Self::contended(),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Store(error) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<EnterprisesOp>| match call.operation() {
        EnterprisesOp::List => list::enterprises(app, call).await,
        EnterprisesOp::ListAllActions => list::action_items(app, call).await,
        EnterprisesOp::Read => {
            let (_, enterprise) = own_enterprise(app, call).await?;
            let view = EnterpriseView::of(&enterprise, call.now());
            Ok(Answer::json(StatusCode::OK, &view).with_header(ETAG, &enterprise.etag()))
        }
        EnterprisesOp::Edit => edit::edit(app, call).await,
        EnterprisesOp::ListActions => {
            let (_, enterprise) = own_enterprise(app, call).await?;
            Ok(Answer::list(&enterprise.action_items(), None))
        }
        EnterprisesOp::AuthorizeTask => task::authorize(app, call).await,
        EnterprisesOp::ConfirmTenant => {
            let (caller, enterprise) = own_enterprise(app, call).await?;
            confirm_tenant(app, call, &caller, &enterprise).await
        }
        EnterprisesOp::ResetAction => reset::reset(app, call).await,
        EnterprisesOp::AddUser => user::add(app, call).await,
        EnterprisesOp::RemoveUser => user::remove(app, call).await,
        EnterprisesOp::Disable => standing::change(app, call, Standing::Disabled).await,
        EnterprisesOp::Enable => standing::change(app, call, Standing::Open).await,
    })
    .await
}

/// The enterprise of the path, if it is the caller's; another's is as absent as none.
async fn own_enterprise(app: &App, call: &Call<EnterprisesOp>) -> Result<(Caller, Enterprise), Error> {
    let (caller, enterprise, _) = own_enterprise_and(app, call, Wanted::default()).await?;
    Ok((caller, enterprise))
}

/// The same, and what else is wanted.
async fn own_enterprise_and(
    app: &App,
    call: &Call<EnterprisesOp>,
    wanted: Wanted<'_>,
) -> Result<(Caller, Enterprise, Catalogue), Error> {
    let id = call.param::<EnterpriseId>("enterpriseId");
    let wanted = Wanted { enterprise: id.ok(), ..wanted };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&found.caller)?;
    id?;
    let own = found.enterprise.filter(|enterprise| found.caller.reaches(enterprise.reseller, enterprise.id));
    Ok((found.caller, own.ok_or(Error::NoSuchEnterprise)?, found.catalogue))
}

/// `{tenantId}`: binds the enterprise to the tenant that waits, and tells the outcome. Saying it twice is saying it.
async fn confirm_tenant(
    app: &App,
    call: &Call<EnterprisesOp>,
    caller: &Caller,
    enterprise: &Enterprise,
) -> Result<Answer, Error> {
    let mut body = call.json_object()?;
    let tenant = body.parsed("tenantId", "invalid_tenant", TenantId::in_any_case);
    let tenant = body.required("tenantId", tenant);
    let tenant = body.finish(tenant).map_err(Error::Invalid)?;
    let Some((action, request)) = waiting(enterprise, tenant)? else {
        return Ok(confirmed(enterprise, ActionType::Registration));
    };
    let request = app.store.request(&request).await?.ok_or(Error::NothingToConfirm)?;
    let confirmation = Confirmation { tenant, actor: Actor::from(caller) };
    let Some(record) = request.confirm(confirmation, call.occasion()) else {
        return confirmed_meanwhile(app, enterprise.id, tenant).await;
    };
    let parties = (enterprise, caller::reseller(caller)?);
    match app.store.confirm(&record, parties, call.occasion()).await? {
        Recorded::Done => {}
        Recorded::TenantTaken => return Err(Error::TenantTaken),
        Recorded::EnterpriseRefuses if enterprise.standing != Standing::Open => return Err(Error::Disabled),
        Recorded::EnterpriseRefuses | Recorded::Superseded => {
            return confirmed_meanwhile(app, enterprise.id, tenant).await;
        }
    }
    let mut granted = enterprise.clone();
    granted.actions.insert(action, record.action);
    Ok(confirmed(&granted, action))
}

/// The action that waits for `tenant` with its request; `None` if the enterprise is bound to it already.
fn waiting(enterprise: &Enterprise, tenant: TenantId) -> Result<Option<(ActionType, ConsentRequestId)>, Error> {
    let mut others = false;
    for (action, state) in &enterprise.actions {
        let waiting = state.waiting();
        if let Some(shown) = waiting.iter().find(|shown| shown.tenant == tenant) {
            return Ok(Some((*action, shown.request.clone())));
        }
        others |= !waiting.is_empty();
    }
    match enterprise.tenant {
        Some(bound) if bound == tenant && !others => Ok(None),
        _ if others => Err(Error::TenantNotShown),
        _ => Err(Error::NothingToConfirm),
    }
}

/// Somebody else moved first: with the same confirmation, or with something else.
async fn confirmed_meanwhile(app: &App, enterprise: EnterpriseId, tenant: TenantId) -> Result<Answer, Error> {
    let enterprise = app.store.enterprise(enterprise).await?.ok_or(Error::NoSuchEnterprise)?;
    match enterprise.pin() {
        Some(pin) if pin != tenant => Err(Error::OtherTenantExpected(pin)),
        _ if enterprise.tenant == Some(tenant) => Ok(confirmed(&enterprise, ActionType::Registration)),
        Some(_) | None => Err(Error::NothingToConfirm),
    }
}

fn confirmed(enterprise: &Enterprise, action: ActionType) -> Answer {
    let item = ActionItem::new(enterprise.id, action, &enterprise.action(action), &enterprise.profile);
    Answer::json(StatusCode::OK, &item)
}
