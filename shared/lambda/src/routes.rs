//! The route table: every path of the contract, as data.
//!
//! Dispatch, the route test and the OpenAPI document (`tests/openapi`) read this one table. An alias is a
//! second path, which existing ConnectToTeams clients use; it reaches the same operation.

mod matching;

use http::Method;
use onboarding_core::scope::Scope;

pub use matching::{Found, Params, find, surface_of};

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

/// What a route does, by the function that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Of `audit`.
    Audit(AuditOp),
    /// Of `credentials`.
    Credentials(CredentialsOp),
    /// Of `create-enterprise`.
    CreateEnterprise(CreateEnterpriseOp),
    /// Of `enterprises`.
    Enterprises(EnterprisesOp),
    /// Of `registration-url`.
    RegistrationUrl(RegistrationUrlOp),
    /// Of `consent-redirect`.
    ConsentRedirect(ConsentRedirectOp),
}

impl Operation {
    /// The function's crate, which is also its name in the deployment template.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Audit(_) => "audit",
            Self::Credentials(_) => "credentials",
            Self::CreateEnterprise(_) => "create-enterprise",
            Self::Enterprises(_) => "enterprises",
            Self::RegistrationUrl(_) => "registration-url",
            Self::ConsentRedirect(_) => "consent-redirect",
        }
    }
}

/// The operation belongs to another function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another function serves this route")]
pub struct OtherFunction;

macro_rules! operations {
    ($(#[$doc:meta])* $name:ident of $function:ident { $($(#[$op_doc:meta])* $op:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$op_doc])* $op),+
        }

        impl TryFrom<Operation> for $name {
            type Error = OtherFunction;

            fn try_from(operation: Operation) -> Result<Self, OtherFunction> {
                if let Operation::$function(own) = operation { Ok(own) } else { Err(OtherFunction) }
            }
        }
    };
}

operations!(
    /// What `audit` does.
    AuditOp of Audit {
        /// Lists rows of an audit trail with their segments (K18).
        List,
    }
);

operations!(
    /// What `credentials` does.
    CredentialsOp of Credentials {
        /// Makes a service provider (K9).
        CreateReseller,
        /// Reads a service provider.
        ReadReseller,
        /// Changes a service provider, stops it or lets it go on (K9).
        EditReseller,
        /// Makes a key for a service provider (K9).
        CreateKey,
        /// Lists the keys of a service provider.
        ListKeys,
        /// Revokes a key (K9).
        RevokeKey,
        /// Makes a new webhook secret for a service provider (K9).
        RotateWebhookSecret,
        /// Makes a token of a service provider, by its key (RFC 6749 §4.4).
        CreateToken,
        /// Makes a token of one enterprise (R128).
        CreateEnterpriseToken,
    }
);

operations!(
    /// What `create-enterprise` does.
    CreateEnterpriseOp of CreateEnterprise {
        /// Lists the caller's SBC gateways (R075).
        ListGateways,
        /// Lists the caller's PBX types (R076).
        ListPbxTypes,
        /// Makes an enterprise (R079-R103).
        Create,
        /// Says what the deployment can do (R024).
        Capabilities,
        /// Lists what each action asks for, in plain words (R023, K12).
        ListPermissions,
        /// Says that the deployment answers.
        ///
        /// Here because this function has the fewest rights of all that are always deployed: an unauthenticated caller
        /// wakes nothing that can read a secret.
        Health,
        /// Answers the OpenAPI document. Here for the same reason.
        Document,
    }
);

operations!(
    /// What `enterprises` does.
    EnterprisesOp of Enterprises {
        /// Lists the caller's enterprises (R148).
        List,
        /// Lists the action items of all of the caller's enterprises (R008).
        ListAllActions,
        /// Reads one enterprise (K10).
        Read,
        /// Edits one (R167).
        Edit,
        /// Lists the action items of one enterprise (K11).
        ListActions,
        /// Says whether the caller may do a task now (R010-R022).
        AuthorizeTask,
        /// Confirms the tenant of a `pending_confirmation`.
        ConfirmTenant,
        /// Stops an enterprise: its links do nothing, nothing is granted for it.
        Disable,
        /// Lets it go on.
        Enable,
    }
);

operations!(
    /// What `registration-url` does.
    RegistrationUrlOp of RegistrationUrl {
        /// Makes a direct link to Microsoft (R104-R115).
        ActionUrl,
        /// Makes a link to the start page, or shows the plan behind it.
        Links,
        /// Shows the start page.
        Start,
        /// Goes to the next of Microsoft's screens (K13).
        Begin,
    }
);

operations!(
    /// What `consent-redirect` does.
    ConsentRedirectOp of ConsentRedirect {
        /// Takes Microsoft's `form_post` (K19).
        HandleResponse,
        /// Takes the redirect of Microsoft's admin-consent page.
        AdminConsent,
        /// Shows how a consent ended.
        Outcome,
    }
);

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
        operation,
    }
}

const fn page(method: Method, path: &'static str, operation: Operation) -> Route {
    let (level, surface) = (Level::Public, Surface::Page);
    Route { method, path, aliases: &[], query: &[], level, scope: None, surface, creates: false, operation }
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
    Route {
        method: Method::POST,
        path: "/oauth/token",
        aliases: &[],
        query: &[],
        level: Level::Public,
        scope: None,
        surface: Surface::OAuth,
        creates: false,
        operation: Operation::Credentials(CredentialsOp::CreateToken),
    },
    route(Method::POST, "/v1/resellers", Level::Operator, Operation::Credentials(CredentialsOp::CreateReseller))
        .creating(),
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
    Route {
        method: Method::GET,
        path: "/v1/sbc-gateways",
        aliases: &[Alias { path: "/reseller/getAvailableSBCGatewayRegionsByResellerId/{resellerId}", query: &[] }],
        query: &[],
        level: Level::Reseller,
        scope: Some(Scope::EnterprisesRead),
        surface: Surface::Api,
        creates: false,
        operation: Operation::CreateEnterprise(CreateEnterpriseOp::ListGateways),
    },
    Route {
        method: Method::GET,
        path: "/v1/pbx-types",
        aliases: &[Alias { path: "/pbx/getPBXTypesByResellerId", query: &["resellerId"] }],
        query: &[],
        level: Level::Reseller,
        scope: Some(Scope::EnterprisesRead),
        surface: Surface::Api,
        creates: false,
        operation: Operation::CreateEnterprise(CreateEnterpriseOp::ListPbxTypes),
    },
    Route {
        method: Method::POST,
        path: "/v1/enterprises",
        aliases: &[Alias { path: "/reseller/newEnterprise", query: &["dryRun"] }],
        query: &["dryRun"],
        level: Level::Reseller,
        scope: Some(Scope::EnterprisesWrite),
        surface: Surface::Api,
        creates: true,
        operation: Operation::CreateEnterprise(CreateEnterpriseOp::Create),
    },
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
    Route {
        method: Method::POST,
        path: "/v1/enterprises/action-url",
        aliases: &[Alias { path: "/enterprise/getActionItemUrl", query: &[] }],
        query: &[],
        level: Level::Reseller,
        scope: Some(Scope::LinksWrite),
        surface: Surface::Api,
        creates: true,
        operation: Operation::RegistrationUrl(RegistrationUrlOp::ActionUrl),
    },
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
    page(Method::GET, "/start/{handle}", Operation::RegistrationUrl(RegistrationUrlOp::Start)),
    page(Method::POST, "/start/{handle}", Operation::RegistrationUrl(RegistrationUrlOp::Begin)),
    page(Method::POST, "/restricted/handleResponse", Operation::ConsentRedirect(ConsentRedirectOp::HandleResponse)),
    page(Method::GET, "/restricted/adminConsent", Operation::ConsentRedirect(ConsentRedirectOp::AdminConsent)),
    page(Method::GET, "/outcome/{handle}", Operation::ConsentRedirect(ConsentRedirectOp::Outcome)),
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
mod tests {
    use super::*;

    fn paths(route: &Route) -> impl Iterator<Item = &'static str> {
        std::iter::once(route.path).chain(route.aliases.iter().map(|alias| alias.path))
    }

    /// Every template and alias, filled in, reaches its own route and no other.
    #[test]
    fn every_path_and_alias_reaches_its_own_operation() {
        for route in ROUTES {
            for path in paths(route) {
                let filled = path.replace(['{', '}'], "");
                let Found::Route(found, _) = find(&route.method, &filled) else { panic!("{path} reaches nothing") };
                assert_eq!(found.operation, route.operation, "{path}");
            }
        }
    }

    #[test]
    fn no_path_stands_twice_with_one_method() {
        let shape = |path: &str| -> String {
            let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
            parts.collect::<Vec<_>>().join("/")
        };
        let mut all: Vec<(String, &str)> = ROUTES
            .iter()
            .flat_map(|route| paths(route).map(move |path| (shape(path), route.method.as_str())))
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    /// G65 Without a bearer credential only pages, the token endpoint, the health check and the OpenAPI document are reached.
    #[test]
    fn the_public_list_is_short() {
        let public: Vec<&str> =
            ROUTES.iter().filter(|route| route.level == Level::Public).map(|route| route.path).collect();
        let pages = [
            "/start/{handle}",
            "/start/{handle}",
            "/restricted/handleResponse",
            "/restricted/adminConsent",
            "/outcome/{handle}",
        ];
        assert_eq!(public, [&["/oauth/token"], &pages[..], &["/healthz", "/openapi.json"]].concat());
        assert!(ROUTES.iter().all(|route| route.surface == Surface::Api || route.level == Level::Public));
    }

    /// A key that is made for less meets a scope on every route of its level.
    #[test]
    fn every_route_of_a_provider_names_a_scope() {
        for route in ROUTES {
            let of_a_provider = matches!(route.level, Level::Reseller | Level::ResellerOrOperator | Level::Enterprise);
            assert_eq!(route.scope.is_some(), of_a_provider, "{}", route.path);
        }
    }

    /// R203 Every POST of the API takes an `Idempotency-Key`, but for those that say the same thing when they are
    /// repeated.
    #[test]
    fn what_creates_takes_an_idempotency_key() {
        let repeatable = ["authorize-task", "confirm-tenant", "disable", "enable"];
        for route in ROUTES.iter().filter(|route| route.surface == Surface::Api) {
            let last = route.path.rsplit('/').next().unwrap_or_default();
            let makes_new = route.method == Method::POST && !repeatable.contains(&last);
            assert_eq!(route.creates, makes_new, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn an_operation_belongs_to_one_function() {
        let read = Operation::Enterprises(EnterprisesOp::Read);
        assert_eq!(EnterprisesOp::try_from(read), Ok(EnterprisesOp::Read));
        assert_eq!(CredentialsOp::try_from(read), Err(OtherFunction));
        assert_eq!(read.function(), "enterprises");
    }
}
