//! Activation: a service provider that was made with a contact's mail address waits until somebody there has pressed the
//! button of the page that the mail leads to (R147).
//!
//! The provider's row says what it waits for; the link's row only leads to it. So a link that was replaced by a newer one is
//! dead from that moment, whatever its own row says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{MailId, ResellerId};
use crate::mail::{Mail, MailState, Undeliverable};
use crate::random::Random;
use crate::secret::{Handle, SecretHash};
use crate::time::Timestamp;

/// How long an activation link lives: longer than its mail may be on the way, and a holiday week.
pub const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// What a provider waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation {
    /// The hash of the handle of the one link that activates it.
    pub hash: SecretHash,
    /// When that link ends.
    pub expires_at: Timestamp,
    /// The mail that carries it.
    pub mail: MailId,
}

/// An activation link, as it is stored: found by the hash of its handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivationLink {
    /// The hash of the handle.
    pub hash: SecretHash,
    /// Whom it activates.
    pub reseller: ResellerId,
}

impl Activation {
    /// A new one, with the handle that goes into the mail `mail` and nowhere else.
    #[must_use]
    pub fn new(mail: MailId, (now, random): (Timestamp, &dyn Random)) -> (Self, Handle) {
        let handle = Handle::new("", random);
        (Self { hash: handle.hash(), expires_at: now.plus(LIFETIME), mail }, handle)
    }

    /// Whether the link with this hash activates now; it ends in its millisecond (P7).
    #[must_use]
    pub fn is_by(&self, hash: &SecretHash, now: Timestamp) -> bool {
        self.hash == *hash && now < self.expires_at
    }

    /// The row that leads from its link to `reseller`.
    #[must_use]
    pub fn link(&self, reseller: ResellerId) -> ActivationLink {
        ActivationLink { hash: self.hash.clone(), reseller }
    }
}

/// An activation that is waited for, as the operator reads it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActivationView {
    /// When the link ends, in UTC.
    expires_at: String,
    /// How far its mail is; null where that is not looked up, or no longer known.
    #[cfg_attr(feature = "openapi", schema(required))]
    mail: Option<MailView>,
}

impl ActivationView {
    /// The activation, without a look at its mail.
    #[must_use]
    pub fn of(activation: &Activation) -> Self {
        Self { expires_at: activation.expires_at.to_string(), mail: None }
    }

    /// The same, with how far the mail is.
    #[must_use]
    pub fn with_mail(self, mail: Option<&Mail>) -> Self {
        Self { mail: mail.map(|mail| MailView::of(mail.state)), ..self }
    }
}

/// How far a mail is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailView {
    /// `pending`, `sent` or `undeliverable`.
    status: &'static str,
    /// Why nobody gets it.
    #[cfg_attr(feature = "openapi", schema(required))]
    reason: Option<Undeliverable>,
}

impl MailView {
    const fn of(state: MailState) -> Self {
        Self { status: state.word(), reason: state.reason() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// R147, P7 A link activates until it ends, and no other link does.
    #[test]
    fn one_link_activates_until_it_ends() {
        let random = Counting::default();
        let mail = || MailId::new(NOW, &random);
        let (activation, handle) = Activation::new(mail(), (NOW, &random));
        let (_, other) = Activation::new(mail(), (NOW, &random));
        let last = NOW.plus(LIFETIME).minus(Duration::from_millis(1));
        assert!(activation.is_by(&handle.hash(), NOW) && activation.is_by(&handle.hash(), last));
        assert!(!activation.is_by(&handle.hash(), NOW.plus(LIFETIME)));
        assert!(!activation.is_by(&other.hash(), NOW));
    }
}
