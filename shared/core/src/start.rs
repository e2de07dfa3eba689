//! The start page's link: what it is for, and the cookie that ties a sign-in to the browser that began it.
//!
//! The row holds what is wanted, not a plan: the plan is made anew from what is granted, so the same link goes on where
//! anybody stopped, on another device and after days. Opening it has no effect; only its form goes to Microsoft.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::application_client::ApplicationClients;
use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::enterprise::Enterprise;
use crate::id::{EnterpriseId, InvitationId, ResellerId};
use crate::invitation::Invitation;
use crate::plan::{Plan, Wanted, plan_since};
use crate::random::Random;
use crate::redirect_url::RedirectUrl;
use crate::secret::{Handle, SecretHash};
use crate::time::Timestamp;

/// How long a start link lives: the most that K20 allows.
pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The cookie's name. `__Host-`: of this host alone, over TLS alone, for every path (RFC 6265bis §4.1.3.2).
pub const COOKIE: &str = "__Host-txn";

/// A start link, as it is stored: found by the hash of its handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartLink {
    /// The hash of the handle.
    pub hash: SecretHash,
    /// For whom.
    pub enterprise: EnterpriseId,
    /// Whose enterprise it is.
    pub reseller: ResellerId,
    /// What is to be reached.
    pub wanted: Wanted,
    /// Where the outcomes go; none where nobody named an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<RedirectUrl>,
    /// The invitation that it is the link of: then that says whether it works, and for which browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationId>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl StartLink {
    /// A new link, with the handle that is shown once.
    #[must_use]
    pub fn new(
        (reseller, enterprise): (ResellerId, EnterpriseId),
        wanted: Wanted,
        redirect_url: impl Into<Option<RedirectUrl>>,
        (now, random): (Timestamp, &dyn Random),
    ) -> (Self, Handle) {
        let handle = Handle::new("", random);
        let hash = handle.hash();
        let (redirect_url, expires_at) = (redirect_url.into(), now.plus(LIFETIME));
        (Self { hash, enterprise, reseller, wanted, redirect_url, invitation: None, expires_at }, handle)
    }

    /// The link of an invitation, which ends when that does; whatever is missing is asked for (R162-R165).
    #[must_use]
    pub fn of_invitation(
        invitation: &Invitation,
        outcomes: Option<RedirectUrl>,
        at: (Timestamp, &dyn Random),
    ) -> (Self, Handle) {
        let (link, handle) = Self::new((invitation.reseller, invitation.enterprise), Wanted::Missing, outcomes, at);
        (Self { invitation: Some(invitation.id.clone()), expires_at: invitation.expires_at, ..link }, handle)
    }

    /// What the audit trail keeps of the link that `actor` made.
    #[must_use]
    pub fn audit(&self, actor: &Actor, occasion: Occasion<'_>) -> AuditRow {
        let fact = Fact {
            actor,
            action: "start_link.made",
            object: format!("enterprise:{}", self.enterprise),
            before: None,
            after: Some(self.expires_at.to_string()),
        };
        AuditRow::new(self.reseller, Some(self.enterprise), fact, occasion)
    }

    /// What is left of the way that it leads, as `enterprise` stands by now.
    #[must_use]
    pub fn plan(&self, enterprise: &Enterprise, clients: &ApplicationClients) -> Plan {
        plan_since(enterprise, (&self.wanted, self.made_at()), clients)
    }

    /// When it was made, but for the link of an invitation, whose end says nothing of that: it asks for no sign-in, and for nothing
    /// that is withdrawn.
    #[must_use]
    fn made_at(&self) -> Timestamp {
        self.expires_at.minus(LIFETIME)
    }

    /// Whether it still works; it ends in its millisecond (P7).
    #[must_use]
    pub fn works(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// What ties a sign-in to a browser: a secret of its own, the same for all that the browser begins, so that one tab takes
/// nothing from another. `Debug` hides it.
#[derive(Clone)]
pub struct Binding {
    value: String,
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Binding([redacted])")
    }
}

impl Binding {
    /// A new one, for a browser that has none.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        Self { value: Handle::new("", random).expose().to_owned() }
    }

    /// The one that a `Cookie` header brings, if it is one that we make. A header that brings several is believed in none.
    #[must_use]
    pub fn of(cookies: &str) -> Option<Self> {
        let mut own = cookies.split(';').filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        match (own.next(), own.next()) {
            (Some(value), None) if is_ours(value) => Some(Self { value: value.to_owned() }),
            (None | Some(_), _) => None,
        }
    }

    /// What the sealed state keeps of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.value)
    }

    /// The `Set-Cookie` header. `SameSite=None`, because Microsoft's `form_post` is a cross-site POST.
    #[must_use]
    pub fn set_cookie(&self) -> String {
        format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=None", self.value)
    }
}

/// Whether a value has the shape of a [`Handle`]: what else stands there is no secret that we made.
fn is_ours(value: &str) -> bool {
    value.len() == VALUE_LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// 256 bits in base64url.
const VALUE_LENGTH: usize = 43;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;
    use crate::redirect_url::RedirectPolicy;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// P7, K20 A start link works for thirty days, and ends in its millisecond.
    #[test]
    fn a_link_ends_in_its_millisecond() {
        let random = Counting::default();
        let listed = ["hooks.example.com".parse().unwrap()];
        let url = RedirectUrl::parse("https://hooks.example.com/", &listed, RedirectPolicy::default()).unwrap();
        let whose = (ResellerId::try_from(7).unwrap(), EnterpriseId::try_from(8).unwrap());
        let (link, handle) = StartLink::new(whose, Wanted::Missing, url, (NOW, &random));
        assert_eq!(
            (&link.hash, link.expires_at),
            (&handle.hash(), Timestamp::from_seconds(1_800_000_000 + 30 * 86_400))
        );
        assert!(link.works(NOW) && link.works(link.expires_at.minus(Duration::from_millis(1))));
        assert!(!link.works(link.expires_at) && !link.works(link.expires_at.plus(Duration::from_millis(1))));
    }

    /// R111 A sign-in comes back with the browser that began it, or with none.
    #[test]
    fn a_cookie_is_known_by_its_hash() {
        let random = Counting::default();
        let binding = Binding::new(&random);
        let cookie = binding.set_cookie();
        let pair = cookie.split(';').next().unwrap();
        for header in [pair.to_owned(), format!("a=b; {pair}"), format!("{pair}; x=y")] {
            let back = Binding::of(&header).unwrap();
            assert_eq!(back.hash(), binding.hash());
            assert_eq!(back.set_cookie(), cookie, "a browser keeps the one that it has");
        }
        let other = Binding::new(&random);
        assert_ne!(other.hash(), binding.hash());
        assert!(Binding::of("a=b").is_none() && Binding::of("").is_none());
        assert!(Binding::of(&format!("{pair}; {COOKIE}=x")).is_none(), "one of two may be planted");
        assert!(Binding::of(&format!("x{pair}")).is_none());
        for odd in [&pair[..pair.len() - 1], &format!("{pair}a"), "__Host-txn=", "__Host-txn=short"] {
            assert!(Binding::of(odd).is_none(), "{odd}");
        }
        assert_eq!(format!("{binding:?}"), "Binding([redacted])");
    }

    /// What we make is 256 bits in base64url; nothing else is hashed for anybody.
    #[test]
    fn a_cookie_has_the_letters_of_a_handle() {
        let of = |value: &str| Binding::of(&format!("{COOKIE}={value}"));
        assert!(of(&"aZ0-_".repeat(9)[..VALUE_LENGTH]).is_some());
        for odd in [".", "=", "+", "/", "\u{e9}", "%"] {
            let value = format!("{odd}{}", "a".repeat(VALUE_LENGTH - odd.len()));
            assert!(of(&value).is_none(), "{value}");
        }
    }

    /// K13 The cookie is of this host, over TLS, invisible to scripts, and sent with Microsoft's cross-site POST.
    #[test]
    fn the_cookie_travels_cross_site() {
        let cookie = Binding::new(&Counting::default()).set_cookie();
        assert!(cookie.starts_with("__Host-txn="), "{cookie}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=None"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}
