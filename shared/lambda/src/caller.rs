//! Who calls: the key or token in the request, and whether its holder may use the route.
//!
//! The rows behind it are read by the function's store, and [`onboarding_core::credential::authenticate`] or
//! [`onboarding_core::token::authenticate`] judges them. Here is what needs no store.

use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use lambda_http::Request;
use onboarding_core::credential::{Caller, Environment, Presented, Refused};
use onboarding_core::language::Language;
use onboarding_core::rate_limit::Exhausted;
use onboarding_core::reseller::Reseller;

use crate::failure::Failure;
use crate::routes::{Level, Route};

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unauthenticated => Self::unauthenticated(),
            Refused::InsufficientScope(scope) => Self::insufficient_scope(scope),
            Refused::Exhausted(Exhausted { retry_after }) => Self::rate_limited(retry_after),
        }
    }
}

/// What the browser prefers of our languages; English if it wants none of the others.
pub(crate) fn language(request: &Request) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.and_then(Language::accepted).unwrap_or_default()
}

/// The key or token in `Authorization: Bearer <credential>`: exactly one such header, the scheme in any case (RFC 9110 §11.1).
///
/// What is not one of this environment is refused before anything is read; one in the URL is never looked at.
pub fn presented(request: &Request, environment: Environment) -> Result<Presented, Refused> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(Refused::Unauthenticated) };
    let (scheme, credential) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refused::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Refused::Unauthenticated);
    }
    Presented::parse(credential.trim_matches(' '), environment).map_err(|_| Refused::Unauthenticated)
}

/// Whether `caller` may use `route`: its level first, then its scope.
///
/// A credential of the wrong level is answered like none: 401, since the contract has no 403 for the API's own levels.
pub fn permit(caller: &Caller, route: &Route) -> Result<(), Refused> {
    let permitted = match (route.level, caller) {
        (Level::Public, _)
        | (Level::Operator, Caller::Operator { .. })
        | (Level::Reseller, Caller::Reseller { .. })
        | (Level::ResellerOrOperator, Caller::Reseller { .. } | Caller::Operator { .. })
        | (Level::Enterprise, Caller::Reseller { .. } | Caller::Enterprise { .. }) => true,
        (Level::Operator, Caller::Reseller { .. } | Caller::Enterprise { .. })
        | (Level::Reseller, Caller::Operator { .. } | Caller::Enterprise { .. })
        | (Level::ResellerOrOperator, Caller::Enterprise { .. })
        | (Level::Enterprise, Caller::Operator { .. }) => false,
    };
    if !permitted {
        return Err(Refused::Unauthenticated);
    }
    match route.scope.filter(|scope| !caller.scopes().allow(*scope)) {
        Some(lacking) => Err(Refused::InsufficientScope(lacking)),
        None => Ok(()),
    }
}

/// The service provider that `caller` is, or whose enterprise it is about.
pub fn reseller(caller: &Caller) -> Result<&Reseller, Refused> {
    match caller {
        Caller::Reseller { reseller, .. } | Caller::Enterprise { reseller, .. } => Ok(reseller),
        Caller::Operator { .. } => Err(Refused::Unauthenticated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;
    use crate::testing::{api_key, operator, provider, provider_with, token_holder};
    use http::HeaderValue;
    use lambda_http::Body;
    use onboarding_core::scope::{Scope, Scopes};

    fn request(headers: &[&str]) -> Request {
        let mut request = Request::new(Body::Empty);
        for text in headers {
            request.headers_mut().append(AUTHORIZATION, HeaderValue::from_str(text).unwrap());
        }
        request
    }

    #[test]
    fn a_key_is_read_from_one_bearer_header() {
        let key = api_key();
        for header in [format!("Bearer {}", key.expose()), format!("bEARER  {} ", key.expose())] {
            let read = presented(&request(&[&header]), Environment::Test).unwrap();
            assert!(matches!(&read, Presented::Key(read) if read.id() == key.id()), "{header}");
        }
    }

    /// G65, T58 Whatever is not one key of this environment is the same refusal.
    #[test]
    fn everything_else_is_refused_alike() {
        let key = api_key();
        let bearer = format!("Bearer {}", key.expose());
        let twice = format!("{bearer},{bearer}");
        let basic = format!("Basic {}", key.expose());
        let cases: [&[&str]; 9] = [
            &[],
            &[&bearer, &bearer],
            &[&twice],
            &[&basic],
            &["Bearer"],
            &["Bearer "],
            &["Bearer onb_test_"],
            &[key.expose()],
            &["Bearer a b"],
        ];
        for headers in cases {
            assert!(presented(&request(headers), Environment::Test).is_err(), "{headers:?}");
        }
        assert!(presented(&request(&[&bearer]), Environment::Live).is_err());
        let mut latin = request(&[]);
        latin.headers_mut().insert(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xe9").unwrap());
        assert!(presented(&latin, Environment::Test).is_err());
    }

    fn one_of(level: Level) -> &'static Route {
        ROUTES.iter().find(|route| route.level == level).unwrap()
    }

    #[test]
    fn a_credential_opens_the_routes_of_its_level_only() {
        let permits = |caller: &Caller| {
            [Level::Public, Level::Operator, Level::Reseller, Level::Enterprise]
                .map(|level| permit(caller, one_of(level)).is_ok())
        };
        assert_eq!(permits(&operator()), [true, true, false, false]);
        assert_eq!(permits(&provider()), [true, false, true, true]);
        assert_eq!(permits(&token_holder()), [true, false, false, true]);
        assert!(reseller(&provider()).is_ok());
        assert_eq!(reseller(&operator()), Err(Refused::Unauthenticated));
    }

    /// A credential that was made for less is told what it lacks, and only where its level is right.
    #[test]
    fn a_route_wants_its_scope() {
        let route = one_of(Level::Enterprise);
        let scope = route.scope.unwrap();
        assert_eq!(permit(&provider_with(Scopes::of([scope])), route), Ok(()));
        let others = provider_with(Scopes::of(Scope::all().filter(|other| *other != scope)));
        assert_eq!(permit(&others, route), Err(Refused::InsufficientScope(scope)));
        assert_eq!(permit(&others, one_of(Level::Operator)), Err(Refused::Unauthenticated));
    }
}
