//! The route table: every path of the contract, as data.
//!
//! Dispatch, the route test and the OpenAPI document (`tests/openapi`) read this one table. An alias is a
//! second path, which existing ConnectToTeams clients use; it reaches the same operation.

mod matching;
mod operation;

use http::Method;
use onboarding_core::scope::Scope;

pub use matching::{Found, Params, find, surface_of};
pub use operation::{
    AuditOp, ConsentRedirectOp, CreateEnterpriseOp, CredentialsOp, EnterprisesOp, InvitationsOp, Operation,
    OtherFunction, PartnerCenterOp, PartnerCenterRedirectOp, ProvisioningOp, RegistrationUrlOp, WebhooksOp,
};

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path template; `{name}` stands for one segment.
    pub path: &'static str,
    /// Its other paths.
    pub aliases: &'static [Alias],
    /// Parameters that it takes from the query string.
    pub query: &'static [&'static str],
    /// Who may call it.
    pub level: Level,
    /// What their credential must be made for; none where there is no choice: the operator's, and public ones.
    pub scope: Option<Scope>,
    /// Whom it answers.
    pub surface: Surface,
    /// Whether each call makes something new: then it takes an `Idempotency-Key`.
    pub creates: bool,
    /// Whether it shows a page and does nothing else: then HEAD is answered as GET is, without the page (RFC 9110 §9.3.2).
    pub shows: bool,
    /// What it does.
    pub operation: Operation,
}

/// A second path of a route.
#[derive(Debug)]
pub struct Alias {
    /// Its path template.
    pub path: &'static str,
    /// Parameters that it takes from the query string.
    pub query: &'static [&'static str],
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Anybody, without a credential.
    Public,
    /// The platform team.
    Operator,
    /// A service provider.
    Reseller,
    /// A service provider, or the platform team.
    ResellerOrOperator,
    /// A service provider, or the holder of a token of the one enterprise.
    Enterprise,
}

/// Whom a route answers, and so in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A program: JSON, and problem documents.
    Api,
    /// A client of OAuth: JSON, and errors as RFC 6749 §5.2 has them.
    OAuth,
    /// A person's browser: HTML.
    Page,
}

const fn route(method: Method, path: &'static str, level: Level, operation: Operation) -> Route {
    Route {
        method,
        path,
        aliases: &[],
        query: &[],
        level,
        scope: None,
        surface: Surface::Api,
        creates: false,
        shows: false,
        operation,
    }
}

const fn page(method: Method, path: &'static str, operation: Operation) -> Route {
    let mut page = route(method, path, Level::Public, operation);
    page.surface = Surface::Page;
    page
}

/// A page that is looked at, and nothing else.
const fn shown(path: &'static str, operation: Operation) -> Route {
    let mut shown = page(Method::GET, path, operation);
    shown.shows = true;
    shown
}

impl Route {
    /// The same route, for credentials that are made for `scope`.
    const fn needing(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The same route, of which each call makes something new.
    const fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    /// The same route, at other paths too.
    const fn also_at(mut self, aliases: &'static [Alias]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same route, for clients of OAuth.
    const fn for_oauth(mut self) -> Self {
        self.surface = Surface::OAuth;
        self
    }

    /// The same route, with parameters in the query string.
    const fn taking(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }
}

/// The parameters of a list by pages.
const PAGED: &[&str] = &["limit", "cursor", "status"];

/// The parameters of the audit trail.
const AUDITED: &[&str] = &["enterpriseId", "from", "to", "limit", "cursor", "resellerId"];

/// Every route.
pub static ROUTES: &[Route] = &[
    route(Method::POST, "/oauth/token", Level::Public, Operation::Credentials(CredentialsOp::CreateToken)).for_oauth(),
    route(Method::POST, "/v1/resellers", Level::Operator, Operation::Credentials(CredentialsOp::CreateReseller))
        .creating(),
    route(Method::GET, "/v1/resellers", Level::Operator, Operation::Credentials(CredentialsOp::ListResellers))
        .taking(&["limit", "cursor"]),
    route(
        Method::GET,
        "/v1/resellers/{resellerId}",
        Level::Operator,
        Operation::Credentials(CredentialsOp::ReadReseller),
    ),
    route(
        Method::PATCH,
        "/v1/resellers/{resellerId}",
        Level::Operator,
        Operation::Credentials(CredentialsOp::EditReseller),
    ),
    route(
        Method::GET,
        "/v1/resellers/{resellerId}/keys",
        Level::Operator,
        Operation::Credentials(CredentialsOp::ListKeys),
    ),
    route(
        Method::DELETE,
        "/v1/resellers/{resellerId}/keys/{keyId}",
        Level::Operator,
        Operation::Credentials(CredentialsOp::RevokeKey),
    ),
    route(
        Method::POST,
        "/v1/resellers/{resellerId}/keys",
        Level::Operator,
        Operation::Credentials(CredentialsOp::CreateKey),
    )
    .creating(),
    route(
        Method::POST,
        "/v1/resellers/{resellerId}/activation-mail",
        Level::Operator,
        Operation::Credentials(CredentialsOp::SendActivationMail),
    )
    .creating(),
    route(
        Method::POST,
        "/v1/resellers/{resellerId}/webhook-secret",
        Level::Operator,
        Operation::Credentials(CredentialsOp::RotateWebhookSecret),
    )
    .creating(),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/token",
        Level::Reseller,
        Operation::Credentials(CredentialsOp::CreateEnterpriseToken),
    )
    .needing(Scope::TokensWrite)
    .creating(),
    route(
        Method::GET,
        "/v1/sbc-gateways",
        Level::Reseller,
        Operation::CreateEnterprise(CreateEnterpriseOp::ListGateways),
    )
    .needing(Scope::EnterprisesRead)
    .also_at(&[Alias { path: "/reseller/getAvailableSBCGatewayRegionsByResellerId/{resellerId}", query: &[] }]),
    route(Method::GET, "/v1/pbx-types", Level::Reseller, Operation::CreateEnterprise(CreateEnterpriseOp::ListPbxTypes))
        .needing(Scope::EnterprisesRead)
        .also_at(&[Alias { path: "/pbx/getPBXTypesByResellerId", query: &["resellerId"] }]),
    route(Method::POST, "/v1/enterprises", Level::Reseller, Operation::CreateEnterprise(CreateEnterpriseOp::Create))
        .needing(Scope::EnterprisesWrite)
        .taking(&["dryRun"])
        .creating()
        .also_at(&[Alias { path: "/reseller/newEnterprise", query: &["dryRun"] }]),
    route(Method::GET, "/v1/enterprises", Level::Reseller, Operation::Enterprises(EnterprisesOp::List))
        .needing(Scope::EnterprisesRead)
        .taking(PAGED),
    route(Method::GET, "/v1/action-items", Level::Reseller, Operation::Enterprises(EnterprisesOp::ListAllActions))
        .needing(Scope::ConsentsRead)
        .taking(PAGED),
    route(
        Method::GET,
        "/v1/enterprises/{enterpriseId}",
        Level::Enterprise,
        Operation::Enterprises(EnterprisesOp::Read),
    )
    .needing(Scope::EnterprisesRead),
    route(
        Method::PATCH,
        "/v1/enterprises/{enterpriseId}",
        Level::Reseller,
        Operation::Enterprises(EnterprisesOp::Edit),
    )
    .needing(Scope::EnterprisesWrite),
    route(
        Method::GET,
        "/v1/enterprises/{enterpriseId}/actions",
        Level::Enterprise,
        Operation::Enterprises(EnterprisesOp::ListActions),
    )
    .needing(Scope::ConsentsRead),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/authorize-task",
        Level::Enterprise,
        Operation::Enterprises(EnterprisesOp::AuthorizeTask),
    )
    .needing(Scope::ConsentsRead),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/confirm-tenant",
        Level::Reseller,
        Operation::Enterprises(EnterprisesOp::ConfirmTenant),
    )
    .needing(Scope::ConsentsWrite),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/actions/{actionType}/reset",
        Level::Reseller,
        Operation::Enterprises(EnterprisesOp::ResetAction),
    )
    .needing(Scope::ConsentsWrite),
    route(
        Method::PUT,
        "/v1/enterprises/{enterpriseId}/users/{userId}",
        Level::Enterprise,
        Operation::Enterprises(EnterprisesOp::AddUser),
    )
    .needing(Scope::UsersWrite),
    route(
        Method::DELETE,
        "/v1/enterprises/{enterpriseId}/users/{userId}",
        Level::Enterprise,
        Operation::Enterprises(EnterprisesOp::RemoveUser),
    )
    .needing(Scope::UsersWrite),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/disable",
        Level::Reseller,
        Operation::Enterprises(EnterprisesOp::Disable),
    )
    .needing(Scope::EnterprisesWrite),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/enable",
        Level::Reseller,
        Operation::Enterprises(EnterprisesOp::Enable),
    )
    .needing(Scope::EnterprisesWrite),
    route(
        Method::POST,
        "/v1/enterprises/action-url",
        Level::Reseller,
        Operation::RegistrationUrl(RegistrationUrlOp::ActionUrl),
    )
    .needing(Scope::LinksWrite)
    .creating()
    .also_at(&[Alias { path: "/enterprise/getActionItemUrl", query: &[] }]),
    route(Method::GET, "/v1/audit", Level::ResellerOrOperator, Operation::Audit(AuditOp::List))
        .needing(Scope::AuditRead)
        .taking(AUDITED),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/links",
        Level::Reseller,
        Operation::RegistrationUrl(RegistrationUrlOp::Links),
    )
    .needing(Scope::LinksWrite)
    .taking(&["dryRun"])
    .creating(),
    route(
        Method::POST,
        "/v1/enterprises/{enterpriseId}/invitations",
        Level::Reseller,
        Operation::Invitations(InvitationsOp::Invite),
    )
    .needing(Scope::InvitationsWrite)
    .creating(),
    route(
        Method::GET,
        "/v1/enterprises/{enterpriseId}/invitations",
        Level::Reseller,
        Operation::Invitations(InvitationsOp::List),
    )
    .needing(Scope::InvitationsRead)
    .taking(&["limit", "cursor"]),
    route(
        Method::POST,
        "/v1/invitations/{invitationId}/resend",
        Level::Reseller,
        Operation::Invitations(InvitationsOp::Resend),
    )
    .needing(Scope::InvitationsWrite)
    .creating(),
    route(
        Method::POST,
        "/v1/invitations/{invitationId}/revoke",
        Level::Reseller,
        Operation::Invitations(InvitationsOp::Revoke),
    )
    .needing(Scope::InvitationsWrite),
    route(
        Method::GET,
        "/v1/enterprises/{enterpriseId}/readiness",
        Level::Enterprise,
        Operation::Provisioning(ProvisioningOp::Readiness),
    )
    .needing(Scope::ConsentsRead),
    Route {
        method: Method::GET,
        path: "/v1/provisioning/o365-user-info",
        aliases: &[Alias { path: "/provisioning/getO365UserInfo", query: &["enterpriseId"] }],
        query: &["enterpriseId"],
        level: Level::Enterprise,
        scope: Some(Scope::ConsentsRead),
        surface: Surface::Api,
        creates: false,
        shows: false,
        operation: Operation::Provisioning(ProvisioningOp::UserInfo),
    },
    shown("/activate/{handle}", Operation::Credentials(CredentialsOp::ShowActivation)),
    page(Method::POST, "/activate/{handle}", Operation::Credentials(CredentialsOp::Activate)),
    Route {
        method: Method::POST,
        path: "/v1/provisioning/tenant-admin-api",
        aliases: &[Alias { path: "/provisioning/provisionTenantAdminAPI", query: &[] }],
        query: &[],
        level: Level::Enterprise,
        scope: Some(Scope::ConsentsWrite),
        surface: Surface::Api,
        creates: false,
        shows: false,
        operation: Operation::Provisioning(ProvisioningOp::TenantAdminApi),
    },
    Route {
        method: Method::POST,
        path: "/v1/provisioning/management-consent",
        aliases: &[Alias { path: "/provisioning/updateEnterpriseManagementConsentByReseller", query: &[] }],
        query: &[],
        level: Level::Enterprise,
        scope: Some(Scope::ConsentsWrite),
        surface: Surface::Api,
        creates: false,
        shows: false,
        operation: Operation::Provisioning(ProvisioningOp::ManagementConsent),
    },
    route(
        Method::POST,
        "/v1/partner-center/connections",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::Create),
    )
    .needing(Scope::ConnectionsWrite)
    .creating(),
    route(
        Method::GET,
        "/v1/partner-center/connections",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::List),
    )
    .needing(Scope::ConnectionsRead)
    .taking(&["limit", "cursor"]),
    route(
        Method::GET,
        "/v1/partner-center/connections/{connectionId}",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::Read),
    )
    .needing(Scope::ConnectionsRead),
    route(
        Method::POST,
        "/v1/partner-center/connections/{connectionId}/admin-consent-link",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::AdminConsentLink),
    )
    .needing(Scope::ConnectionsWrite),
    route(
        Method::POST,
        "/v1/partner-center/connections/{connectionId}/user-consent-link",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::UserConsentLink),
    )
    .needing(Scope::ConnectionsWrite),
    route(
        Method::POST,
        "/v1/partner-center/connections/{connectionId}/finalize",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::Finalize),
    )
    .needing(Scope::ConnectionsWrite),
    route(
        Method::GET,
        "/v1/partner-center/connections/{connectionId}/health",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::Health),
    )
    .needing(Scope::ConnectionsRead),
    route(
        Method::POST,
        "/v1/partner-center/connections/{connectionId}/disconnect",
        Level::Reseller,
        Operation::PartnerCenter(PartnerCenterOp::Disconnect),
    )
    .needing(Scope::ConnectionsWrite),
    page(
        Method::POST,
        "/partner-center/user-consent",
        Operation::PartnerCenterRedirect(PartnerCenterRedirectOp::UserConsent),
    ),
    page(
        Method::GET,
        "/partner-center/admin-consent",
        Operation::PartnerCenterRedirect(PartnerCenterRedirectOp::AdminConsent),
    ),
    page(
        Method::POST,
        "/partner-center/admin-consent",
        Operation::PartnerCenterRedirect(PartnerCenterRedirectOp::AdminSignIn),
    ),
    route(Method::GET, "/v1/webhooks/deliveries", Level::Reseller, Operation::Webhooks(WebhooksOp::ListDeliveries))
        .needing(Scope::WebhooksRead)
        .taking(&["limit", "cursor", "status", "enterpriseId"]),
    route(
        Method::POST,
        "/v1/webhooks/deliveries/{deliveryId}/redeliver",
        Level::Reseller,
        Operation::Webhooks(WebhooksOp::Redeliver),
    )
    .needing(Scope::WebhooksWrite),
    route(Method::POST, "/v1/webhooks/test", Level::Reseller, Operation::Webhooks(WebhooksOp::Test))
        .needing(Scope::WebhooksWrite)
        .creating(),
    shown("/start/{handle}", Operation::RegistrationUrl(RegistrationUrlOp::Start)),
    page(Method::POST, "/start/{handle}", Operation::RegistrationUrl(RegistrationUrlOp::Begin)),
    page(Method::POST, "/restricted/handleResponse", Operation::ConsentRedirect(ConsentRedirectOp::HandleResponse)),
    page(Method::GET, "/restricted/adminConsent", Operation::ConsentRedirect(ConsentRedirectOp::AdminConsent)),
    shown("/outcome/{handle}", Operation::ConsentRedirect(ConsentRedirectOp::Outcome)),
    shown("/permissions", Operation::CreateEnterprise(CreateEnterpriseOp::ShowPermissions)),
    shown("/diagnose", Operation::CreateEnterprise(CreateEnterpriseOp::Diagnosis)),
    page(Method::POST, "/diagnose", Operation::CreateEnterprise(CreateEnterpriseOp::Diagnose)),
    route(
        Method::GET,
        "/v1/capabilities",
        Level::Enterprise,
        Operation::CreateEnterprise(CreateEnterpriseOp::Capabilities),
    )
    .needing(Scope::EnterprisesRead),
    route(
        Method::GET,
        "/v1/permissions",
        Level::Enterprise,
        Operation::CreateEnterprise(CreateEnterpriseOp::ListPermissions),
    )
    .needing(Scope::ConsentsRead)
    .taking(&["action"]),
    route(Method::GET, "/healthz", Level::Public, Operation::CreateEnterprise(CreateEnterpriseOp::Health)),
    route(Method::GET, "/openapi.json", Level::Public, Operation::CreateEnterprise(CreateEnterpriseOp::Document)),
];

#[cfg(test)]
mod tests;
