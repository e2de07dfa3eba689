use onboarding_core::advice::Code;
use onboarding_core::id::EnterpriseId;
use onboarding_core::readiness::Readiness;
use onboarding_lambda::routes::ProvisioningOp;
use serde_json::{Value, json};

use crate::bodies::{ProvisionedTenant, UserInfoOfTenant, WantedManagementConsent, WantedProvisioning};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: ProvisioningOp) -> Described {
    match operation {
        ProvisioningOp::UserInfo => Described::new(
            Tagged::Provisioning,
            "readUserInfo",
            "Read the tenant as it is now",
            "The tenant of an enterprise and the person who registered it, read from Microsoft Graph. What cannot be read is \
             an error, never `false`.",
        )
        .filters_by::<EnterpriseId>("enterpriseId", "Which enterprise; a token of one enterprise names its own.")
        .answers::<UserInfoOfTenant>(200, "The tenant.", user_info())
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::TenantNotKnown, Code::Unverifiable]),
        ProvisioningOp::TenantAdminApi => Described::new(
            Tagged::Provisioning,
            "provisionTenantAdminApi",
            "Provision the Teams admin API and the roles",
            "Makes what the tenant lacks, in the name of who signed in: send back the `authenticationResult` that was posted \
             to your `redirectUrl`. What is there is not made again, so it may be sent twice.",
        )
        .takes::<WantedProvisioning>(json!({
            "enterpriseId": 481_516_234,
            "authenticationResult": sign_in(),
        }))
        .answers::<ProvisionedTenant>(
            200,
            "How far it is.",
            json!({
                "enterpriseId": 481_516_234,
                "status": "provisioned",
                "containsTeamsTenantAdminAPI": true,
                "missing": [],
            }),
        )
        .refuses(401, &[Code::TokenExpired])
        .refuses(403, &[Code::AdminRoleRequired])
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::EnterpriseDisabled, Code::TenantNotKnown, Code::WrongTenant]),
        ProvisioningOp::ManagementConsent => management_consent(),
        ProvisioningOp::Readiness => Described::new(
            Tagged::Provisioning,
            "readReadiness",
            "Read whether an enterprise is ready",
            "Every check at once: what is missing, who acts next, and what is to be set up for its services. What is not \
             stored is read from Microsoft Graph for a moment; what cannot be read is `unknown`.",
        )
        .answers::<Readiness>(200, "How ready it is.", readiness()),
    }
}

fn management_consent() -> Described {
    Described::new(
        Tagged::Provisioning,
        "updateManagementConsent",
        "Grant the management consent by a sign-in",
        "Our application becomes a member of the roles by which Teams is managed, in the name of who signed in; what is read \
         back grants `GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT`. Once it is granted, a repeat changes nothing.",
    )
    .takes::<WantedManagementConsent>(json!({
        "authenticationResult": sign_in(),
        "resellerId": 54,
        "tenantId": "c0a70500-1111-4a4a-8b8b-0000000c0001",
    }))
    .answers_nothing(200, "It is granted.")
    .refuses(401, &[Code::TokenExpired])
    .refuses(403, &[Code::AdminRoleRequired, Code::ConsentRequired, Code::NotYourReseller])
    .refuses(404, &[Code::NotFound])
    .refuses(
        409,
        &[
            Code::ConsentUnderWay,
            Code::EnterpriseDisabled,
            Code::TeamsAdminRoleNotReady,
            Code::TeamsSkypeRolesMissing,
            Code::TenantBoundElsewhere,
            Code::TenantNotKnown,
            Code::WrongTenant,
        ],
    )
}

fn sign_in() -> Value {
    json!({
        "accessToken": "onbtok_…",
        "accessTokenType": "login.microsoftonline.com",
        "expiresOn": 1_795_600_000_000_000_u64,
        "idToken": "onbtok_…",
        "multipleResourceRefreshToken": false,
        "userInfo": {
            "displayableId": "grace@contoso.example",
            "identityProvider": "user",
            "tenantId": "c0a70500-1111-4a4a-8b8b-0000000c0001",
        },
    })
}

fn readiness() -> Value {
    json!({
        "enterpriseId": 481_516_234,
        "ready": true,
        "readyAt": "2026-11-25T09:00:00.000Z",
        "missing": [],
        "who": null,
        "checks": [
            {"check": "enterprise", "actionType": null, "status": "pass", "mandatory": true, "problem": null},
            {"check": "consent", "actionType": "REGISTRATION", "status": "pass", "mandatory": true, "problem": null},
            {"check": "tenant_admin_api", "actionType": null, "status": "pass", "mandatory": false, "problem": null},
        ],
        "nextSteps": [{
            "area": "users",
            "services": ["SMS"],
            "task": "users.setup",
            "who": "provider admin",
            "step": "Sync the users to Teams and set them up, one by one or by bulk upload, within userLimit.",
        }],
    })
}

fn user_info() -> Value {
    json!({
        "enterpriseId": 481_516_234,
        "tenantId": "c0a70500-1111-4a4a-8b8b-0000000c0001",
        "displayableId": "grace@contoso.example",
        "organization": "Contoso Ltd",
        "officeUserType": "GLOBAL_ADMIN",
        "companyAdmin": true,
        "containsTeamsTenantAdminAPI": true,
        "teamsAdministratorActive": true,
        "skypeAdministratorActive": false,
    })
}
