//! How a `scope` parameter is read.
//!
//! Stands for Entra's reading of scopes (scopes-oidc): no prefix means Graph, `{resource}/.default`
//! means what the registration lists and may not be mixed with named scopes.

use crate::aadsts::Refusal;
use crate::params::Params;
use crate::permission::{GRAPH, Kind, Permission, RESOURCES, find, known_resource};

/// A permission by its name as `scope_name` writes it or a client may write it.
pub(crate) fn named(kind: Kind, scope: &str) -> Option<&'static Permission> {
    let (resource, value) = split(scope)?;
    find(resource, kind, value)
}

/// What a `scope` parameter asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// OpenID Connect scopes and delegated permissions, each once.
    pub(crate) named: Vec<&'static Permission>,
    /// The resource of a `.default`.
    pub(crate) default_of: Option<&'static str>,
}

impl Asked {
    pub(crate) fn parse(scope: &str) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        for word in scope.split_ascii_whitespace() {
            let (resource, value) = split(word).ok_or_else(|| unknown(scope, word))?;
            if value == ".default" {
                if asked.default_of.is_some_and(|other| other != resource) {
                    return Err(invalid(scope, ".default scopes of several resources can't be combined."));
                }
                asked.default_of = Some(resource);
            } else {
                let permission = find(resource, Kind::Delegated, value).ok_or_else(|| unknown(scope, word))?;
                if !asked.named.contains(&permission) {
                    asked.named.push(permission);
                }
            }
        }
        if asked.default_of.is_some() && asked.named.iter().any(|permission| !permission.is_oidc()) {
            return Err(invalid(scope, ".default scope can't be combined with resource-specific scopes."));
        }
        Ok(asked)
    }

    /// What was asked, from how it was stored with a code, a token or a sign-in.
    pub(crate) fn stored(scopes: &[String], default_of: Option<&str>) -> Self {
        Self {
            named: scopes.iter().filter_map(|scope| named(Kind::Delegated, scope)).collect(),
            default_of: default_of.and_then(known_resource),
        }
    }

    /// Its names, as they are stored.
    pub(crate) fn names(&self) -> Vec<String> {
        self.named.iter().map(|permission| permission.scope_name()).collect()
    }

    pub(crate) fn has(&self, oidc: &str) -> bool {
        self.named.iter().any(|permission| permission.is_oidc() && permission.value == oidc)
    }

    /// The resources asked for, Graph first: the order in which a token is chosen.
    pub(crate) fn resources(&self) -> Vec<&'static str> {
        RESOURCES
            .iter()
            .map(|resource| resource.app_id)
            .filter(|app_id| {
                self.default_of == Some(*app_id)
                    || self.named.iter().any(|permission| !permission.is_oidc() && permission.resource == *app_id)
            })
            .collect()
    }
}

fn split(word: &str) -> Option<(&'static str, &str)> {
    let Some((prefix, value)) = word.rsplit_once('/') else {
        return Some((GRAPH, word));
    };
    // A resource whose identifier ends in a slash is written with two of them.
    let prefix = prefix.trim_end_matches('/');
    RESOURCES
        .iter()
        .find(|resource| resource.app_id.eq_ignore_ascii_case(prefix) || resource.uri.eq_ignore_ascii_case(prefix))
        .map(|resource| (resource.app_id, value))
}

/// Whether the query of an authorize request asks for `scope`.
pub(crate) fn is_asked_for(query: &str, scope: &str) -> bool {
    let params = Params::parse(query.as_bytes());
    params.is_ok_and(|params| {
        params.get("scope").is_some_and(|asked| asked.split_ascii_whitespace().any(|word| word == scope))
    })
}

/// Entra's refusal of a scope that its resource does not have, or no longer.
pub(crate) fn retired(scope: &str) -> Refusal {
    let (resource, value) = split(scope).unwrap_or((GRAPH, scope));
    let text = format!(
        "The application asked for scope '{value}' that doesn't exist on the resource '{resource}'. Contact the app vendor."
    );
    Refusal::new("invalid_client", 650_053, text)
}

fn unknown(scope: &str, word: &str) -> Refusal {
    invalid(scope, &format!("The scope {word} is not valid."))
}

fn invalid(scope: &str, why: &str) -> Refusal {
    Refusal::new(
        "invalid_scope",
        70011,
        format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid. {why}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_without_prefix_is_graphs() {
        let asked = Asked::parse("openid user.read https://graph.microsoft.com/User.Read").unwrap();
        let names: Vec<_> = asked.named.iter().map(|permission| permission.value).collect();
        assert_eq!(names, ["openid", "User.Read"]);
        assert_eq!(asked.resources(), [GRAPH]);
    }

    #[test]
    fn default_goes_with_openid_but_not_with_a_named_scope() {
        let asked = Asked::parse("openid https://graph.microsoft.com/.default").unwrap();
        assert_eq!(asked.default_of, Some(GRAPH));
        let refused = Asked::parse("User.Read https://graph.microsoft.com/.default").unwrap_err();
        assert_eq!(refused.code, 70011);
    }

    #[test]
    fn an_unknown_name_or_resource_is_refused() {
        for scope in ["openid User.Eat.All", "https://example.com/User.Read"] {
            assert_eq!(Asked::parse(scope).unwrap_err().code, 70011, "{scope}");
        }
    }
}
