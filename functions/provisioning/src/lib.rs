//! Provisioning: what a tenant needs beside its consents, read live from Microsoft Graph (R129), readiness, which needs that
//! reading too (R131, R140), and the management consent by a sign-in that a provider sends back (R142).

mod management_consent;
mod readiness;
mod sent_back;
mod tenant;
mod tenant_admin_api;
mod user_info;

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use onboarding_core::advice::Code;
use onboarding_core::credential::{Caller, Refused};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::Fault;
use onboarding_core::id::EnterpriseId;
use onboarding_core::proof::Policy;
use onboarding_dynamo::credential::Wanted;
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::body::{BodyFault, UnparseableQuery};
use onboarding_lambda::call::Call;
use onboarding_lambda::edge::{self, Edge};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::routes::ProvisioningOp;
use onboarding_microsoft::Microsoft;
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

/// What this function needs.
pub struct App {
    /// The edge.
    pub edge: Edge,
    /// The table.
    pub store: Store,
    /// Sealing keys, and the credentials of our registrations.
    pub secrets: Arc<Secrets>,
    /// Graph.
    pub microsoft: Arc<Microsoft>,
    /// Whose consent counts.
    pub policy: Policy,
}

#[derive(Debug, Error)]
enum Error {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("no such enterprise of this caller")]
    NoSuchEnterprise,
    #[error(transparent)]
    Query(#[from] UnparseableQuery),
    #[error("the query string is wrong")]
    InvalidQuery(Vec<Fault>),
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    #[error("the enterprise is stopped or gone")]
    EnterpriseStopped,
    #[error("the sign-in is of another tenant than the enterprise's")]
    WrongTenant,
    #[error("the body names another service provider than the caller")]
    NotYourReseller,
    #[error("the tenant is another provider's")]
    TenantBoundElsewhere,
    #[error("the consent is not granted: {0}")]
    Refused(Code, Vec<String>),
    #[error("the consent is being decided")]
    UnderWay,
    #[error("the person may not provision the tenant")]
    NotAllowed,
    #[error("the consent was refused or reset since the sign-in")]
    ConsentRequired(Option<String>),
    #[error("the token has ended, or is none for this enterprise")]
    TokenExpired(Option<String>),
    #[error("the enterprise is bound to no tenant")]
    TenantNotKnown,
    #[error("nobody has given a credential to look with")]
    Unverifiable,
    #[error("Microsoft Graph could not be read")]
    MicrosoftAway,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::NoSuchEnterprise => Self::not_found(),
            Error::Query(fault) => fault.into(),
            Error::InvalidQuery(faults) => Self::invalid_query(faults),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::EnterpriseStopped => Self::new(StatusCode::CONFLICT, Code::EnterpriseDisabled),
            Error::WrongTenant => Self::new(StatusCode::CONFLICT, Code::WrongTenant),
            Error::NotYourReseller => Self::new(StatusCode::FORBIDDEN, Code::NotYourReseller),
            Error::TenantBoundElsewhere => Self::new(StatusCode::CONFLICT, Code::TenantBoundElsewhere),
            Error::Refused(code @ Code::AdminRoleRequired, _) => Self::new(StatusCode::FORBIDDEN, code),
            Error::Refused(code, seen) => {
                Self::new(StatusCode::CONFLICT, code).with_detail(code.explain_naming(&seen).detail)
            }
            Error::UnderWay => Self::new(StatusCode::CONFLICT, Code::ConsentUnderWay),
            Error::NotAllowed => Self::new(StatusCode::FORBIDDEN, Code::AdminRoleRequired),
            Error::ConsentRequired(link) => {
                Self::new(StatusCode::FORBIDDEN, Code::ConsentRequired).with_action_url(link)
            }
            Error::TokenExpired(link) => {
                let failure = Self::new(StatusCode::UNAUTHORIZED, Code::TokenExpired);
                let cause = Code::TokenExpired.advice().cause;
                let failure = match &link {
                    Some(link) => failure.with_detail(format!("{cause} Sign in at {link}")),
                    None => failure,
                };
                failure.with_action_url(link)
            }
            Error::TenantNotKnown => Self::new(StatusCode::CONFLICT, Code::TenantNotKnown),
            Error::Unverifiable => Self::new(StatusCode::CONFLICT, Code::Unverifiable),
            Error::MicrosoftAway => Self::unavailable(error)
                .with_detail("Microsoft Graph did not answer, so nothing is said of the tenant."),
            Error::Store(error) if error.is_passing() => Self::unavailable(error),
            Error::Secrets(SecretsError::Unavailable) => Self::unavailable(error),
            Error::Store(_) | Error::Secrets(_) => Self::internal(error),
        }
    }
}

/// Answers one request.
pub async fn handle(app: &App, request: Request) -> Response<Body> {
    edge::serve(&app.edge, request, async |call: &Call<ProvisioningOp>| match call.operation() {
        ProvisioningOp::UserInfo => user_info::read(app, call).await,
        ProvisioningOp::TenantAdminApi => tenant_admin_api::provision(app, call).await,
        ProvisioningOp::ManagementConsent => Box::pin(management_consent::update(app, call)).await,
        ProvisioningOp::Readiness => readiness::read(app, call).await,
    })
    .await
}

/// The caller, and the enterprise that is named or, for the holder of a token, its own; another's is as absent as none.
async fn caller_and_enterprise(
    app: &App,
    call: &Call<ProvisioningOp>,
    named: Option<EnterpriseId>,
) -> Result<(Caller, Option<Enterprise>), Error> {
    let wanted = Wanted { enterprise: named, ..Wanted::default() };
    let found = app.store.authenticate(call.credential()?, wanted, call.now()).await??;
    call.permit(&found.caller)?;
    let enterprise = match (&found.caller, named) {
        (Caller::Enterprise { enterprise, .. }, None) => app.store.enterprise(*enterprise).await?,
        (Caller::Enterprise { .. } | Caller::Reseller { .. } | Caller::Operator { .. }, _) => found.enterprise,
    };
    let own = enterprise.filter(|enterprise| found.caller.reaches(enterprise.reseller, enterprise.id));
    if let Some(enterprise) = &own {
        call.about(enterprise.reseller, enterprise.id);
    }
    Ok((found.caller, own))
}
