//! How far a walk is: each stage holds what the ones before it have made.

use onboarding_core::id::EnterpriseId;
use url::Url;

/// How far a walk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is made yet.
    Begun,
    /// There is an enterprise.
    Registered(Registered),
    /// There is a link for it.
    Linked(Registered, Link),
}

/// An enterprise that the API has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) enterprise: EnterpriseId,
    pub(crate) name: String,
}

/// A link that the API has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link(Url);

impl Progress {
    pub(crate) const fn registered(&self) -> Option<&Registered> {
        match self {
            Self::Begun => None,
            Self::Registered(registered) | Self::Linked(registered, _) => Some(registered),
        }
    }

    pub(crate) const fn link(&self) -> Option<&Link> {
        match self {
            Self::Begun | Self::Registered(_) => None,
            Self::Linked(_, link) => Some(link),
        }
    }

    /// With this enterprise, unless there is one already.
    pub(crate) fn register(self, registered: Registered) -> Self {
        match self {
            Self::Begun => Self::Registered(registered),
            Self::Registered(_) | Self::Linked(..) => self,
        }
    }

    /// With this link, in place of an older one. Without an enterprise there is nothing to link.
    pub(crate) fn relink(self, link: Link) -> Self {
        match self {
            Self::Begun => Self::Begun,
            Self::Registered(registered) | Self::Linked(registered, _) => Self::Linked(registered, link),
        }
    }
}

impl Link {
    /// A link as the API answers it: a JSON string with an address.
    pub(crate) fn of(answer: &str) -> Option<Self> {
        let text: String = serde_json::from_str(answer).ok()?;
        Url::parse(&text).ok().map(Self)
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.0
    }

    /// The same link with a hint at who is going to sign in, as Microsoft takes it.
    pub(crate) fn hinting(&self, upn: &str) -> Url {
        let mut url = self.0.clone();
        url.query_pairs_mut().append_pair("login_hint", upn);
        url
    }

    /// The sealed state in it, by which its answer is known.
    pub(crate) fn state(&self) -> Option<String> {
        self.0.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned())
    }

    /// What it asks Microsoft for, by name; the state is told by its length.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let told = |name: &str, value: &str| match name {
            "state" => format!("‹sealed, {} characters›", value.len()),
            _ => value.to_owned(),
        };
        self.0.query_pairs().map(|(name, value)| (name.clone().into_owned(), told(&name, &value))).collect()
    }

    /// Whose page it leads to.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(number: u64) -> Registered {
        Registered { enterprise: number.try_into().unwrap(), name: "Contoso".to_owned() }
    }

    #[test]
    fn a_walk_has_one_enterprise_and_its_newest_link() {
        let link = |state: &str| Link::of(&format!("\"http://localhost:1/x?state={state}\"")).unwrap();
        assert_eq!(Progress::Begun.relink(link("a")), Progress::Begun);
        let walk = Progress::Begun.register(registered(1)).register(registered(2));
        let walk = walk.relink(link("a")).relink(link("b"));
        assert_eq!(walk.registered(), Some(&registered(1)));
        assert_eq!(walk.link().unwrap().state().as_deref(), Some("b"));
    }

    #[test]
    fn what_is_no_address_is_no_link() {
        assert_eq!(Link::of("{\"code\":\"x\"}"), None);
        assert_eq!(Link::of("\"x\""), None);
    }
}
