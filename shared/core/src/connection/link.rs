//! The sealed `state` of a connection's links: which step of which connection, and what its sign-in is bound to.
//!
//! As with the links of enterprises, the row holds none of it and it needs no row, so making a link changes nothing and a
//! forged one costs no read. Links of one round all work until the step is completed by one of them.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Connection, Step};
use crate::cloud::AuthorityPath;
use crate::id::{ConnectionId, ResellerId, TenantId};
use crate::random::Random;
use crate::seal::{Purpose, SealingKeys};
use crate::secret::SecretHash;
use crate::state::{Binding, MAX_SEALED_LENGTH, StateFault};
use crate::time::Timestamp;

/// How long a link lives.
pub const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// How long an administrator who came back from the consent page may take to sign in.
const SIGN_IN_WITHIN: Duration = Duration::from_mins(30);

/// What a link leads through. `Debug` hides the nonce and the verifier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// The connection.
    #[serde(rename = "c")]
    pub connection: ConnectionId,
    /// Whose it is.
    #[serde(rename = "w")]
    pub reseller: ResellerId,
    /// The step.
    #[serde(rename = "s")]
    pub step: Step,
    /// How often the step had been completed by then.
    #[serde(rename = "o")]
    pub round: u32,
    /// The tenant that hosts Partner Center: whoever signs in must be of it.
    #[serde(rename = "t")]
    pub tenant: TenantId,
    /// Bound into the `id_token`.
    #[serde(rename = "n")]
    pub nonce: String,
    /// RFC 7636 §4.1.
    #[serde(rename = "v")]
    pub verifier: String,
    /// The browser that came back from the consent page; none where Microsoft is the first that is visited.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<SecretHash>,
    /// When the link ends.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passage({}, {}, [redacted])", self.connection, self.step.word())
    }
}

impl Passage {
    /// A new way through `step`, with a nonce of 128 and a verifier of 256 random bits.
    #[must_use]
    pub fn new(connection: &Connection, step: Step, (now, random): (Timestamp, &dyn Random)) -> Self {
        Self {
            connection: connection.id.clone(),
            reseller: connection.reseller,
            step,
            round: connection.round(step),
            tenant: connection.partner_tenant,
            nonce: URL_SAFE_NO_PAD.encode(random.bytes::<16>()),
            verifier: URL_SAFE_NO_PAD.encode(random.bytes::<32>()),
            browser: None,
            expires_at: now.plus(LINK_LIFETIME),
        }
    }

    /// The sign-in by which the administrator who came back in `browser` proves to have been there: the same passage with
    /// a nonce and a verifier that nobody has seen, for a while.
    #[must_use]
    pub fn sign_in(self, browser: SecretHash, (now, random): (Timestamp, &dyn Random)) -> Self {
        Self {
            nonce: URL_SAFE_NO_PAD.encode(random.bytes::<16>()),
            verifier: URL_SAFE_NO_PAD.encode(random.bytes::<32>()),
            browser: Some(browser),
            expires_at: self.expires_at.min(now.plus(SIGN_IN_WITHIN)),
            ..self
        }
    }

    /// The one tenant's own authority, where the code is redeemed too.
    #[must_use]
    pub const fn authority(&self) -> AuthorityPath {
        AuthorityPath::Tenant(self.tenant)
    }

    /// The text for Microsoft.
    #[must_use]
    pub fn seal(&self, keys: &SealingKeys, binding: Binding<'_>, at: (Timestamp, &dyn Random)) -> String {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        keys.seal(Purpose::ConnectionState, &binding.context(), &plain, at)
    }

    /// Opens what came back. Expired is refused from the first millisecond (P7).
    pub fn open(text: &str, keys: &SealingKeys, binding: Binding<'_>, now: Timestamp) -> Result<Self, StateFault> {
        if text.len() > MAX_SEALED_LENGTH {
            return Err(StateFault::TooLong);
        }
        let plain = keys.open(Purpose::ConnectionState, &binding.context(), text, now)?;
        let passage: Self = serde_json::from_slice(&plain).map_err(|_| StateFault::WrongContent)?;
        if now < passage.expires_at { Ok(passage) } else { Err(StateFault::Expired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::admit::tests::draft;
    use crate::random::tests::Counting;
    use crate::seal::Unsealable;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HERE: Binding<'_> = Binding { client_id: "client", redirect_uri: "https://api.example/admin" };

    /// R182, R183 The fullest passage fits, opens unchanged in its time and place, and shows nothing on the way.
    #[test]
    fn a_passage_opens_in_its_time_and_place_only() {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        let passage = Passage::new(&draft(), Step::Admin, (NOW, &random));
        let signing_in = passage.clone().sign_in(SecretHash::of("browser"), (NOW, &random));
        assert!(signing_in.nonce != passage.nonce && signing_in.verifier != passage.verifier);
        let sealed = signing_in.seal(&keys, HERE, (NOW, &random));
        assert!(sealed.len() <= MAX_SEALED_LENGTH, "{}", sealed.len());
        assert!(!sealed.contains(passage.connection.as_str()));
        assert_eq!(Passage::open(&sealed, &keys, HERE, NOW), Ok(signing_in.clone()));
        assert_eq!(Passage::open(&sealed, &keys, HERE, signing_in.expires_at), Err(StateFault::Expired));
        let elsewhere = Binding { redirect_uri: "https://api.example/user", ..HERE };
        let forged = Err(StateFault::Unsealable(Unsealable::Forged));
        assert_eq!(Passage::open(&sealed, &keys, elsewhere, NOW), forged);
        assert!(format!("{passage:?}").ends_with("admin, [redacted])"));
    }
}
