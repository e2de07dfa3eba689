//! Every operation, described once. The matches are exhaustive: a new operation does not compile until it is described.

mod audit;
mod consent_redirect;
mod create_enterprise;
mod credentials;
mod enterprises;
mod invitations;
mod partner_center;
mod partner_center_redirect;
mod provisioning;
mod registration_url;
mod webhooks;

use onboarding_lambda::routes::Operation;

use crate::described::Described;

/// What the document says of `operation`.
pub(crate) fn describe(operation: Operation) -> Described {
    match operation {
        Operation::Audit(operation) => audit::describe(operation),
        Operation::Credentials(operation) => credentials::describe(operation),
        Operation::CreateEnterprise(operation) => create_enterprise::describe(operation),
        Operation::Enterprises(operation) => enterprises::describe(operation),
        Operation::RegistrationUrl(operation) => registration_url::describe(operation),
        Operation::Provisioning(operation) => provisioning::describe(operation),
        Operation::ConsentRedirect(operation) => consent_redirect::describe(operation),
        Operation::PartnerCenter(operation) => partner_center::describe(operation),
        Operation::PartnerCenterRedirect(operation) => partner_center_redirect::describe(operation),
        Operation::Invitations(operation) => invitations::describe(operation),
        Operation::Webhooks(operation) => webhooks::describe(operation),
    }
}
