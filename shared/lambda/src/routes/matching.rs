//! From a method and a path to a route.
//!
//! Segments are compared as they came: nothing is decoded, so `%2F` is never a separator, and ids, which are all that
//! a parameter stands for, need no decoding. A slash at the end makes another path. HEAD leads where GET does if that shows a page
//! and does nothing else, for the mail scanners and previews that send it (R162); anywhere else it gets 405 and has no effect
//! (T42).

use std::fmt;

use http::Method;

use super::{ROUTES, Route, Surface};

/// What a method and path lead to.
#[derive(Debug)]
pub enum Found {
    /// A route, and what stands for its parameters.
    Route(&'static Route, Params),
    /// The path exists with these methods only.
    MethodNotAllowed(Vec<Method>),
    /// There is no such path.
    Nothing,
}

/// What stands for the parameters of a path template, as it came. `Debug` hides the values: some are handles.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    values: Vec<(&'static str, String)>,
    query: &'static [&'static str],
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}

impl Params {
    /// What stands for `{name}`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// All of them, in the order of the template.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(_, value)| value.as_str())
    }

    /// Whether the path that matched takes `name` from the query string.
    #[must_use]
    pub fn is_in_query(&self, name: &str) -> bool {
        self.query.contains(&name)
    }

    /// Whether the path that matched takes nothing from the query string.
    #[must_use]
    pub const fn have_no_query(&self) -> bool {
        self.query.is_empty()
    }
}

struct Candidate {
    route: &'static Route,
    params: Params,
    /// One bit a segment, the first highest: set where the template says the segment literally.
    literal: u64,
}

impl Route {
    fn takes(&self, method: &Method) -> bool {
        self.method == *method || (self.shows && *method == Method::HEAD)
    }

    fn methods(&self) -> impl Iterator<Item = Method> {
        std::iter::once(self.method.clone()).chain(self.shows.then_some(Method::HEAD))
    }
}

/// Finds the route of `method` and `path`. Where two templates match, the one with the earlier literal segment wins.
#[must_use]
pub fn find(method: &Method, path: &str) -> Found {
    let mut found = candidates(path);
    let most_literal = found.iter().map(|candidate| candidate.literal).max();
    found.retain(|candidate| Some(candidate.literal) == most_literal);
    let methods: Vec<Method> = found.iter().flat_map(|candidate| candidate.route.methods()).collect();
    match found.into_iter().find(|candidate| candidate.route.takes(method)) {
        Some(candidate) => Found::Route(candidate.route, candidate.params),
        None if methods.is_empty() => Found::Nothing,
        None => Found::MethodNotAllowed(methods),
    }
}

/// Whom a path answers when no route does: a page where pages live, by its first segment.
#[must_use]
pub fn surface_of(path: &str) -> Surface {
    let first = |path: &'_ str| path.split('/').nth(1).map(str::to_owned);
    let pages = ROUTES.iter().filter(|route| route.surface == Surface::Page);
    if pages.map(|route| first(route.path)).any(|segment| segment == first(path)) {
        Surface::Page
    } else {
        Surface::Api
    }
}

fn candidates(path: &str) -> Vec<Candidate> {
    let of = |route: &'static Route| {
        let own = capture(route.path, route.query, path);
        let aliased = route.aliases.iter().filter_map(|alias| capture(alias.path, alias.query, path));
        own.into_iter().chain(aliased).map(|(params, literal)| Candidate { route, params, literal }).collect::<Vec<_>>()
    };
    ROUTES.iter().flat_map(of).collect()
}

fn capture(template: &'static str, query: &'static [&'static str], path: &str) -> Option<(Params, u64)> {
    let mut params = Params { values: Vec::new(), query };
    let mut literal = 0;
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        match parameter(part) {
            Some(name) if !segment.is_empty() => params.values.push((name, segment.to_owned())),
            None if part == segment => literal |= 1,
            _ => return None,
        }
        literal <<= 1;
    }
    segments.next().is_none().then_some((params, literal))
}

fn parameter(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::super::{Operation, RegistrationUrlOp};
    use super::*;

    fn allowed(method: &Method, path: &str) -> Vec<Method> {
        match find(method, path) {
            Found::MethodNotAllowed(methods) => methods,
            Found::Route(..) | Found::Nothing => panic!("{method} {path}"),
        }
    }

    fn is_nothing(path: &str) -> bool {
        matches!(find(&Method::GET, path), Found::Nothing)
    }

    #[test]
    fn a_literal_segment_wins_over_a_parameter() {
        let Found::Route(route, params) = find(&Method::POST, "/v1/enterprises/action-url") else { panic!() };
        assert_eq!(route.operation, Operation::RegistrationUrl(RegistrationUrlOp::ActionUrl));
        assert_eq!(params, Params::default());
        assert_eq!(allowed(&Method::GET, "/v1/enterprises/action-url"), [Method::POST]);
    }

    #[test]
    fn parameters_are_kept_as_they_came() {
        let Found::Route(_, params) = find(&Method::GET, "/v1/enterprises/4%2F2/actions") else { panic!() };
        assert_eq!(params.get("enterpriseId"), Some("4%2F2"));
        assert_eq!(params.get("other"), None);
        let Found::Route(_, params) = find(&Method::GET, "/pbx/getPBXTypesByResellerId") else { panic!() };
        assert!(params.is_in_query("resellerId"));
        let Found::Route(_, params) = find(&Method::GET, "/v1/pbx-types") else { panic!() };
        assert!(!params.is_in_query("resellerId"));
    }

    #[test]
    fn a_path_is_matched_whole() {
        let paths = ["", "/", "v1/enterprises", "/v1/enterprises/", "/v1/enterprises/1/", "/v1//1", "//v1/enterprises"];
        for path in paths.into_iter().chain(["/V1/enterprises", "/v1/enterprises%2F1", "/v1/enterprises/1/actions/2"]) {
            assert!(is_nothing(path), "{path}");
        }
    }

    /// G53, T42 A method that the path does not have is told with those that it has.
    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, "post".parse().unwrap()];
        for method in methods {
            assert_eq!(allowed(&method, "/restricted/handleResponse"), [Method::POST], "{method}");
        }
        assert_eq!(allowed(&Method::PUT, "/outcome/x"), [Method::GET, Method::HEAD]);
    }

    /// R162, T42 HEAD leads to a page that is shown and nothing else; what acts on GET, as Microsoft's redirects do, has none.
    #[test]
    fn head_leads_to_what_shows_and_does_nothing() {
        for path in ["/start/x", "/outcome/x", "/activate/x", "/permissions", "/diagnose"] {
            let Found::Route(route, _) = find(&Method::HEAD, path) else { panic!("{path}") };
            assert_eq!(route.method, Method::GET, "{path}");
        }
        for path in ["/restricted/adminConsent", "/partner-center/admin-consent", "/v1/enterprises/1", "/healthz"] {
            assert!(!allowed(&Method::HEAD, path).contains(&Method::HEAD), "{path}");
        }
    }

    #[test]
    fn pages_live_below_their_first_segment() {
        assert_eq!(surface_of("/outcome"), Surface::Page);
        assert_eq!(surface_of("/restricted/x/y"), Surface::Page);
        assert_eq!(surface_of("/v1/outcome"), Surface::Api);
        assert_eq!(surface_of(""), Surface::Api);
    }
}
