//! Permits of a key, leased in blocks: a row for each key and window, which counts what was leased.

use std::sync::PoisonError;

use onboarding_core::credential::KeyId;
use onboarding_core::rate_limit::{Asked, BLOCK, Exhausted, RateLimit};
use onboarding_core::time::Timestamp;

use crate::key::Key;
use crate::update::Change;
use crate::value::number;
use crate::{Store, StoreError};

impl Store {
    /// The same table for another instance of a function, which leases for itself.
    #[must_use]
    pub fn instance(&self) -> Self {
        Self { leases: std::sync::Arc::default(), ..self.clone() }
    }

    /// The same, with another limit.
    #[must_use]
    pub fn limited(&self, limit: RateLimit) -> Self {
        Self { limit, ..self.instance() }
    }

    /// Takes a permit of `key`: from what is leased here, or else from a new block, which is one conditional write.
    pub(crate) async fn permit(&self, key: &KeyId, now: Timestamp) -> Result<Result<(), Exhausted>, StoreError> {
        let asked = self.leases.lock().unwrap_or_else(PoisonError::into_inner).ask(key, now);
        match asked {
            Asked::Permitted => return Ok(Ok(())),
            Asked::Refused(exhausted) => return Ok(Err(exhausted)),
            Asked::NoPermit => {}
        }
        let (begin, end) = self.limit.window_at(now);
        let has_block = self.lease_block(key, (begin, end)).await?;
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(if has_block {
            leases.leased(key, now);
            Ok(())
        } else {
            Err(leases.refused(key, end, now))
        })
    }

    async fn lease_block(&self, key: &KeyId, (begin, end): (Timestamp, Timestamp)) -> Result<bool, StoreError> {
        let fits = "attribute_not_exists(leased) OR leased <= :most";
        let change = Change::new("SET #ttl = :ttl ADD leased :block", fits)
            .name("#ttl", "ttl")
            .value(":ttl", number(end.plus(self.limit.window).seconds()))
            .value(":block", number(BLOCK))
            .value(":most", number(self.limit.requests.saturating_sub(BLOCK)));
        Ok(self.update(Key::rate(key, begin), change).await?.is_done())
    }
}
