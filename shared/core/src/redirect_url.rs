//! Where outcomes are sent: a URL of the caller's, on a host that the operator has listed for that provider (T45).
//!
//! The rules here are about the text. The address it resolves to is judged at the connect, by the sender.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

/// The longest URL that we keep, in bytes.
pub const MAX_URL_LENGTH: usize = 2_048;

/// The longest host name (RFC 1035 §2.3.4), in characters without the root.
pub const MAX_HOST_LENGTH: usize = 253;

/// A host to which a provider may have outcomes sent. Compared whole: a listed domain does not list its subdomains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectHost(String);

/// The text is not a host name, or carries more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a host name such as hooks.example.com, without scheme, port or path")]
pub struct InvalidHost;

impl RedirectHost {
    /// Whether deployments without [`RedirectPolicy::insecure`] accept it: a domain name, not an address.
    #[must_use]
    pub fn is_public_name(&self) -> bool {
        self.0.parse::<crate::text::Domain>().is_ok()
    }
}

impl FromStr for RedirectHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let bracketed = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
        let host = Host::parse(&bracketed).map_err(|_| InvalidHost)?.to_string();
        let label = |label: &str| {
            let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        };
        let address = host.starts_with('[');
        if host.len() > MAX_HOST_LENGTH {
            return Err(InvalidHost);
        }
        if address || host.split('.').all(label) { Ok(Self(host)) } else { Err(InvalidHost) }
    }
}

impl TryFrom<String> for RedirectHost {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, InvalidHost> {
        text.trim_matches(['[', ']']).parse()
    }
}

impl From<RedirectHost> for String {
    fn from(host: RedirectHost) -> String {
        host.0
    }
}

/// What a deployment allows beyond the rules. Strict everywhere but in a sandbox (K1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedirectPolicy {
    /// Plain http, addresses and any port are legal, for listed hosts only.
    pub insecure: bool,
}

/// A URL to which outcomes may be posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUrl(String);

/// Why a URL is not one to which outcomes may be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidRedirectUrl {
    /// Not an absolute URL, too long, or written so that two readers could see two URLs in it.
    #[error("must be an absolute URL in its plain form, of at most 2048 characters")]
    NotPlain,
    /// Not https, or another port than 443.
    #[error("must be https on port 443")]
    NotHttps,
    /// `user@` or `#…`.
    #[error("must have no user name, password or fragment")]
    Decorated,
    /// An address instead of a name.
    #[error("must name a host, not an address")]
    Address,
    /// The provider's list does not have the host.
    #[error("must have a host on the service provider's list of redirect hosts")]
    UnlistedHost,
}

impl RedirectUrl {
    /// Checks `text` against the rules and the provider's list.
    pub fn parse(text: &str, listed: &[RedirectHost], policy: RedirectPolicy) -> Result<Self, InvalidRedirectUrl> {
        let url = Url::parse(text).map_err(|_| InvalidRedirectUrl::NotPlain)?;
        // What the parser had to mend (tabs, backslashes, `..`, upper case) another parser may mend otherwise.
        // A URL without a path gets one slash, and only that.
        let plain = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        if text.len() > MAX_URL_LENGTH || url.cannot_be_a_base() || !plain {
            return Err(InvalidRedirectUrl::NotPlain);
        }
        // In its plain form a URL has user and password before an `@`, and its fragment after a `#`.
        if text.contains(['@', '#']) {
            return Err(InvalidRedirectUrl::Decorated);
        }
        let https = url.scheme() == "https" && url.port().is_none();
        let tolerated = policy.insecure && matches!(url.scheme(), "http" | "https");
        if !https && !tolerated {
            return Err(InvalidRedirectUrl::NotHttps);
        }
        if !policy.insecure && !matches!(url.host(), Some(Host::Domain(_))) {
            return Err(InvalidRedirectUrl::Address);
        }
        let redirect = Self(text.to_owned());
        if redirect.is_listed(listed) { Ok(redirect) } else { Err(InvalidRedirectUrl::UnlistedHost) }
    }

    /// Whether the host is on this list now: it may have been taken off since the link was made (K16).
    #[must_use]
    pub fn is_listed(&self, listed: &[RedirectHost]) -> bool {
        self.host().is_some_and(|host| listed.iter().any(|entry| entry.0 == host))
    }

    /// The host, for whoever is to know where outcomes go (T12).
    #[must_use]
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(hosts: &[&str]) -> Vec<RedirectHost> {
        hosts.iter().map(|host| host.parse().unwrap()).collect()
    }

    fn strict(text: &str) -> Result<RedirectUrl, InvalidRedirectUrl> {
        RedirectUrl::parse(text, &listed(&["hooks.example.com"]), RedirectPolicy::default())
    }

    /// RFC 1035 §2.3.4 A host's name is as long as the DNS carries, and no longer.
    #[test]
    fn a_host_is_as_long_as_a_name_can_be() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(longest.len(), MAX_HOST_LENGTH);
        assert!(longest.parse::<RedirectHost>().is_ok());
        assert!(format!("{longest}a").parse::<RedirectHost>().is_err());
    }

    /// R105 https on the provider's own list, in its plain form.
    #[test]
    fn a_listed_https_url_is_accepted_as_written() {
        for text in ["https://hooks.example.com", "https://hooks.example.com/a?b=c", "https://hooks.example.com/%2F"] {
            let url = strict(text).unwrap();
            assert_eq!((url.as_str(), url.to_string().as_str()), (text, text));
        }
    }

    /// R105, G56-G59 Every other spelling is refused, with its reason.
    #[test]
    fn every_other_url_is_refused() {
        use InvalidRedirectUrl as Why;
        let cases = [
            ("http://hooks.example.com/", Why::NotHttps),
            ("https://hooks.example.com:8443/", Why::NotHttps),
            ("ftp://hooks.example.com/", Why::NotHttps),
            ("javascript:alert(1)", Why::NotPlain),
            ("//hooks.example.com/", Why::NotPlain),
            ("https:/hooks.example.com/", Why::NotPlain),
            ("https://hooks.example.com\\@evil.example/", Why::NotPlain),
            ("https://hooks.example.com/a/../b", Why::NotPlain),
            ("https://hooks.example.com/a\tb", Why::NotPlain),
            (" https://hooks.example.com/", Why::NotPlain),
            ("https://HOOKS.example.com/", Why::NotPlain),
            ("https://HOOKS.example.com", Why::NotPlain),
            ("https://hooks.example.com/#x", Why::Decorated),
            ("https://hooks.example.com@evil.example/", Why::Decorated),
            ("https://user:pw@hooks.example.com/", Why::Decorated),
            ("https://user@hooks.example.com/", Why::Decorated),
            ("https://:pw@hooks.example.com/", Why::Decorated),
            ("https://hooks.example.com/a@b", Why::Decorated),
            ("https://127.0.0.1/", Why::Address),
            ("https://169.254.169.254/", Why::Address),
            ("https://[::1]/", Why::Address),
            ("https://2130706433/", Why::NotPlain),
            ("https://0x7f.1/", Why::NotPlain),
            ("https://hooks.example.com.evil.example/", Why::UnlistedHost),
            ("https://evil.example/hooks.example.com", Why::UnlistedHost),
            ("https://sub.hooks.example.com/", Why::UnlistedHost),
            ("https://hooks.example.com./", Why::UnlistedHost),
            ("https://localhost/", Why::UnlistedHost),
        ];
        for (text, why) in cases {
            assert_eq!(strict(text), Err(why), "{text}");
        }
        let long = |length: usize| format!("https://hooks.example.com/{}", "a".repeat(length - 26));
        assert!(strict(&long(MAX_URL_LENGTH)).is_ok());
        assert_eq!(strict(&long(MAX_URL_LENGTH + 1)), Err(Why::NotPlain));
    }

    #[test]
    fn a_sandbox_may_allow_http_and_addresses_but_only_listed_ones() {
        let hosts = listed(&["127.0.0.1", "::1"]);
        let insecure = RedirectPolicy { insecure: true };
        for text in ["http://127.0.0.1:4000/hook", "http://[::1]:4000/hook"] {
            assert!(RedirectUrl::parse(text, &hosts, insecure).is_ok(), "{text}");
        }
        let file = RedirectUrl::parse("ftp://127.0.0.1/", &hosts, insecure);
        assert_eq!(file, Err(InvalidRedirectUrl::NotHttps));
        let elsewhere = RedirectUrl::parse("http://10.0.0.1/", &hosts, insecure);
        assert_eq!(elsewhere, Err(InvalidRedirectUrl::UnlistedHost));
        assert_eq!(
            RedirectUrl::parse("http://127.0.0.1/", &hosts, RedirectPolicy::default()),
            Err(InvalidRedirectUrl::NotHttps)
        );
    }

    #[test]
    fn a_host_is_a_host_and_nothing_more() {
        for text in [
            "https://a.example",
            "a.example/x",
            "a.example:443",
            "",
            "a b",
            "a.example.",
            "*.a.example",
            "-a.b",
            "a-.b",
            "a..b",
            "a_b.c",
        ] {
            assert!(text.parse::<RedirectHost>().is_err(), "{text}");
        }
    }

    /// K1 Addresses may be listed in a sandbox, so they are hosts; a deployment takes names only.
    #[test]
    fn an_address_is_a_host_and_no_public_name() {
        for (text, public) in [("hooks.example.com", true), ("127.0.0.1", false), ("::1", false), ("localhost", false)]
        {
            assert_eq!(text.parse::<RedirectHost>().unwrap().is_public_name(), public, "{text}");
        }
    }

    #[test]
    fn a_host_is_stored_as_it_is_compared() {
        for (text, stored) in [("hooks.example.com", "\"hooks.example.com\""), ("::1", "\"[::1]\"")] {
            let host: RedirectHost = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&host).unwrap(), stored);
            assert_eq!(serde_json::from_str::<RedirectHost>(stored).unwrap(), host);
        }
    }

    /// K16 A host that was taken off the list since is found to be off it.
    #[test]
    fn a_url_is_listed_as_long_as_its_host_is() {
        let url = strict("https://hooks.example.com/a").unwrap();
        assert!(url.is_listed(&listed(&["other.example.com", "hooks.example.com"])));
        assert!(!url.is_listed(&listed(&["other.example.com"])));
    }
}
