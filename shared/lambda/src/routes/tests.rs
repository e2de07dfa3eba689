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
    let mut all: Vec<(String, &str)> =
        ROUTES.iter().flat_map(|route| paths(route).map(move |path| (shape(path), route.method.as_str()))).collect();
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
        "/activate/{handle}",
        "/activate/{handle}",
        "/partner-center/user-consent",
        "/partner-center/admin-consent",
        "/partner-center/admin-consent",
        "/start/{handle}",
        "/start/{handle}",
        "/restricted/handleResponse",
        "/restricted/adminConsent",
        "/outcome/{handle}",
        "/permissions",
        "/diagnose",
        "/diagnose",
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
    let repeatable = [
        "admin-consent-link",
        "authorize-task",
        "confirm-tenant",
        "disable",
        "disconnect",
        "enable",
        "finalize",
        "management-consent",
        "redeliver",
        "reset",
        "revoke",
        "tenant-admin-api",
        "user-consent-link",
    ];
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
