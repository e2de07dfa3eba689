//! The link to an outcome page: sealed, so that it needs no row and says nothing on the way.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::consent::ConsentRequest;
use crate::id::{ConsentRequestId, EnterpriseId, ResellerId};
use crate::random::Random;
use crate::seal::{Purpose, SealingKeys, Unsealable};
use crate::time::Timestamp;

/// How long an outcome page can be looked at.
pub const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// What an outcome page is about: all that one read needs.
///
/// `Debug` hides the start link's handle.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeLink {
    /// The request.
    #[serde(rename = "r")]
    pub request: ConsentRequestId,
    /// Whose consent it is about.
    #[serde(rename = "e")]
    pub enterprise: EnterpriseId,
    /// Who asked for it.
    #[serde(rename = "p")]
    pub reseller: ResellerId,
    /// The handle of the start link by which it began, if it did so.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    #[serde(rename = "x")]
    expires_at: Timestamp,
}

impl fmt::Debug for OutcomeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutcomeLink({}, {})", self.request, self.enterprise)
    }
}

impl OutcomeLink {
    /// The link of `request`'s outcome.
    #[must_use]
    pub fn new(request: &ConsentRequest, start: Option<String>, now: Timestamp) -> Self {
        let ConsentRequest { id, enterprise, reseller, .. } = request;
        let expires_at = now.plus(LIFETIME);
        Self { request: id.clone(), enterprise: *enterprise, reseller: *reseller, start, expires_at }
    }

    /// The handle for the URL.
    #[must_use]
    pub fn seal(&self, keys: &SealingKeys, at: (Timestamp, &dyn Random)) -> String {
        keys.seal(Purpose::Outcome, "", &serde_json::to_vec(self).unwrap_or_default(), at)
    }

    /// Opens a handle; `Ok(None)` once it has ended.
    pub fn open(handle: &str, keys: &SealingKeys, now: Timestamp) -> Result<Option<Self>, Unsealable> {
        let plain = keys.open(Purpose::Outcome, "", handle, now)?;
        let link: Self = serde_json::from_slice(&plain).map_err(|_| Unsealable::Malformed)?;
        Ok(Some(link).filter(|link| now < link.expires_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::tests::request;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// An outcome page can be looked at for thirty days, and not on the first second after.
    #[test]
    fn a_link_opens_until_it_ends() {
        let random = Counting::default();
        let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
        let link = OutcomeLink::new(&request(None, &random), Some("handle".into()), NOW);
        let handle = link.seal(&keys, (NOW, &random));
        let end = NOW.plus(Duration::from_hours(30 * 24));
        let last = NOW.plus(Duration::from_secs(30 * 86_400 - 1));
        assert_eq!(OutcomeLink::open(&handle, &keys, last).unwrap(), Some(link));
        assert_eq!(OutcomeLink::open(&handle, &keys, end).unwrap(), None);
        assert!(OutcomeLink::open("handle", &keys, NOW).is_err());
    }

    /// P10 What a log would show of it names the request, and not the way in.
    #[test]
    fn its_debug_text_hides_the_start_link() {
        let random = Counting::default();
        let link = OutcomeLink::new(&request(None, &random), Some("handle".into()), NOW);
        assert_eq!(format!("{link:?}"), format!("OutcomeLink({}, 7)", link.request));
    }
}
