//! The sealed `state` of an authorize request: what must come back unchanged and must not be read on the way (R111).
//!
//! It holds everything that the callback needs before it may touch a row, so a forged one costs no read; the row
//! holds none of it, so whoever reads the table can finish nobody's sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cloud::AuthorityPath;
use crate::consent::ConsentRequest;
use crate::id::{ConsentRequestId, EnterpriseId, ResellerId};
use crate::random::Random;
use crate::seal::{Purpose, SealingKeys, Unsealable};
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// The longest sealed state, in characters; Entra refuses query strings that are too long (AADSTS90015).
pub const MAX_SEALED_LENGTH: usize = 512;

/// What a sealed state carries. `Debug` hides the nonce and the verifier.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The consent request.
    #[serde(rename = "r")]
    pub request: ConsentRequestId,
    /// Whose link it is.
    #[serde(rename = "w")]
    pub reseller: ResellerId,
    /// For whom.
    #[serde(rename = "f")]
    pub enterprise: EnterpriseId,
    /// Bound into the `id_token` (R110).
    #[serde(rename = "n")]
    pub nonce: String,
    /// RFC 7636 §4.1.
    #[serde(rename = "v")]
    pub verifier: String,
    /// Where the code is redeemed: the path that was used at authorize.
    #[serde(rename = "p")]
    pub authority: AuthorityPath,
    /// The browser that began at our start page; none for a direct link.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<SecretHash>,
    /// The handle of the start page, so that whatever becomes of this leads back to it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// When the link ends.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({}, [redacted])", self.request)
    }
}

/// Why a state is not one of ours. Callers are told one wording for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StateFault {
    /// Longer than any we make.
    #[error("too long")]
    TooLong,
    /// Does not open.
    #[error(transparent)]
    Unsealable(#[from] Unsealable),
    /// Opens, but does not hold a state: sealed by another version.
    #[error("is not a state")]
    WrongContent,
    /// Past its end.
    #[error("expired")]
    Expired,
}

impl StateFault {
    /// The word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooLong => "state_too_long",
            Self::Unsealable(Unsealable::Malformed) => "state_malformed",
            Self::Unsealable(Unsealable::UnknownKey) => "state_unknown_key",
            Self::Unsealable(Unsealable::Forged) => "state_forged",
            Self::WrongContent => "state_wrong_content",
            Self::Expired => "state_expired",
        }
    }
}

/// What a state is bound to: it opens for one client and one redirect URI only (T07).
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// Our client id.
    pub client_id: &'a str,
    /// The redirect URI that Microsoft answers to.
    pub redirect_uri: &'a str,
}

impl Binding<'_> {
    pub(crate) fn context(self) -> String {
        format!("{}\0{}", self.client_id, self.redirect_uri)
    }
}

impl State {
    /// A state for a new link, with a nonce of 128 and a verifier of 256 random bits.
    #[must_use]
    pub fn new(request: &ConsentRequest, authority: AuthorityPath, random: &dyn Random) -> Self {
        Self {
            request: request.id.clone(),
            reseller: request.reseller,
            enterprise: request.enterprise,
            nonce: URL_SAFE_NO_PAD.encode(random.bytes::<16>()),
            verifier: URL_SAFE_NO_PAD.encode(random.bytes::<32>()),
            authority,
            browser: None,
            start: None,
            expires_at: request.expires_at,
        }
    }

    /// The text for the authorize request.
    #[must_use]
    pub fn seal(&self, keys: &SealingKeys, binding: Binding<'_>, at: (Timestamp, &dyn Random)) -> String {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        keys.seal(Purpose::ConsentState, &binding.context(), &plain, at)
    }

    /// Opens what came back. Expired is refused from the first millisecond (P7).
    pub fn open(text: &str, keys: &SealingKeys, binding: Binding<'_>, now: Timestamp) -> Result<Self, StateFault> {
        if text.len() > MAX_SEALED_LENGTH {
            return Err(StateFault::TooLong);
        }
        let plain = keys.open(Purpose::ConsentState, &binding.context(), text, now)?;
        let state: Self = serde_json::from_slice(&plain).map_err(|_| StateFault::WrongContent)?;
        if now < state.expires_at { Ok(state) } else { Err(StateFault::Expired) }
    }

    /// The PKCE challenge of the verifier, S256 (RFC 7636 §4.2).
    #[must_use]
    pub fn challenge(&self) -> String {
        challenge(&self.verifier)
    }
}

/// The PKCE challenge of a verifier, S256 (RFC 7636 §4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::tests::request;
    use crate::id::TenantId;
    use crate::random::tests::Counting;

    const EXPIRES: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const HERE: Binding<'_> = Binding { client_id: "client!+ID", redirect_uri: "https://api.example/cb" };

    fn state(random: &Counting) -> State {
        let path = AuthorityPath::Tenant(TenantId::from_u128(7));
        let (enterprise, reseller) = (EnterpriseId::random(random), ResellerId::random(random));
        let request = ConsentRequest { enterprise, reseller, expires_at: EXPIRES, ..request(None, random) };
        let start = Some(crate::secret::Handle::new("", random).expose().to_owned());
        State { browser: Some(SecretHash::of("cookie")), start, ..State::new(&request, path, random) }
    }

    /// R111 The fullest state stays below the limit, opens unchanged, and shows nothing on the way.
    #[test]
    fn a_state_travels_sealed() {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        let state = state(&random);
        let sealed = state.seal(&keys, HERE, (EXPIRES, &random));
        assert!(sealed.len() <= MAX_SEALED_LENGTH, "{}", sealed.len());
        assert!(!sealed.contains(state.request.as_str()));
        let before = EXPIRES.minus(std::time::Duration::from_millis(1));
        let opened = State::open(&sealed, &keys, HERE, before).unwrap();
        assert_eq!((opened.nonce, opened.verifier), (state.nonce, state.verifier));
        assert_eq!(opened.browser, state.browser);
    }

    /// R111, G03, G08, G12 Expired, for another endpoint, or random: refused.
    #[test]
    fn a_state_opens_in_its_time_and_place_only() {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        let sealed = state(&random).seal(&keys, HERE, (EXPIRES, &random));
        let now = EXPIRES.minus(std::time::Duration::from_secs(1));
        assert!(State::open(&sealed, &keys, HERE, now).is_ok());
        assert_eq!(State::open(&sealed, &keys, HERE, EXPIRES).unwrap_err(), StateFault::Expired);
        let elsewhere = Binding { redirect_uri: "https://api.example/other", ..HERE };
        assert_eq!(
            State::open(&sealed, &keys, elsewhere, now).unwrap_err(),
            StateFault::Unsealable(Unsealable::Forged)
        );
        let noise = "A".repeat(43);
        assert_eq!(State::open(&noise, &keys, HERE, now).unwrap_err(), StateFault::Unsealable(Unsealable::UnknownKey));
        let of_length = |length| State::open(&"A".repeat(length), &keys, HERE, now).unwrap_err();
        assert_eq!(of_length(MAX_SEALED_LENGTH), StateFault::Unsealable(Unsealable::UnknownKey));
        assert_eq!(of_length(MAX_SEALED_LENGTH + 1), StateFault::TooLong);
    }

    /// T50 A state shows whose it is and none of its secrets.
    #[test]
    fn a_state_hides_its_secrets() {
        let state = state(&Counting::default());
        assert_eq!(format!("{state:?}"), format!("State({}, [redacted])", state.request));
    }

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636() {
        let random = Counting::default();
        let mut state = state(&random);
        state.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        assert_eq!(state.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
