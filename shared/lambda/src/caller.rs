//! Who calls: the key in the request, and whether its holder may use the route.
//!
//! The rows behind a key are read by the function's store, and [`onboarding_core::credential::authenticate`] judges
//! them. Here is what needs no store.

use http::header::AUTHORIZATION;
use lambda_http::Request;
use onboarding_core::credential::{ApiKey, Caller, Environment};
use onboarding_core::reseller::Reseller;
use thiserror::Error;

use crate::failure::Failure;
use crate::routes::Level;

/// No credential, or none that opens this route. The caller is not told which (G65).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no accepted credential")]
pub struct Unauthenticated;

impl From<Unauthenticated> for Failure {
    fn from(_: Unauthenticated) -> Self {
        Self::unauthenticated()
    }
}

/// The key in `Authorization: Bearer <key>`: exactly one such header, the scheme in any case (RFC 9110 §11.1).
///
/// What is not a key of this environment is refused before anything is read; a key in the URL is never looked at.
pub fn presented(request: &Request, environment: Environment) -> Result<ApiKey, Unauthenticated> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return Err(Unauthenticated) };
    let (scheme, key) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Unauthenticated);
    }
    ApiKey::parse(key.trim_matches(' '), environment).map_err(|_| Unauthenticated)
}

/// Whether `caller` may use a route of `level`.
///
/// A key of the wrong level is answered like no key: 401, since the contract has no 403 for the API's own levels.
pub fn permit(caller: &Caller, level: Level) -> Result<(), Unauthenticated> {
    let permitted = match (level, caller) {
        (Level::Public, _)
        | (Level::Operator, Caller::Operator { .. })
        | (Level::Reseller | Level::Enterprise, Caller::Reseller { .. }) => true,
        (Level::Operator, Caller::Reseller { .. }) | (Level::Reseller | Level::Enterprise, Caller::Operator { .. }) => {
            false
        }
    };
    if permitted { Ok(()) } else { Err(Unauthenticated) }
}

/// The service provider that `caller` is.
pub fn reseller(caller: &Caller) -> Result<&Reseller, Unauthenticated> {
    match caller {
        Caller::Reseller { reseller, .. } => Ok(reseller),
        Caller::Operator { .. } => Err(Unauthenticated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{api_key, operator, provider};
    use http::HeaderValue;
    use lambda_http::Body;

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
            assert_eq!(read.id(), key.id(), "{header}");
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

    #[test]
    fn a_key_opens_the_routes_of_its_level_only() {
        let permits = |caller: &Caller| {
            [Level::Public, Level::Operator, Level::Reseller, Level::Enterprise]
                .map(|level| permit(caller, level).is_ok())
        };
        assert_eq!(permits(&operator()), [true, true, false, false]);
        assert_eq!(permits(&provider()), [true, false, true, true]);
        assert!(reseller(&provider()).is_ok());
        assert_eq!(reseller(&operator()), Err(Unauthenticated));
    }
}
