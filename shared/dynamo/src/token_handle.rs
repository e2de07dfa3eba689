//! Token handles: found by the hash of what the provider sends back.

use onboarding_core::outcome::TokenHandle;
use onboarding_core::secret::SecretHash;

use crate::key::Key;
use crate::row::entity;
use crate::{Store, StoreError};

impl Store {
    /// The handle of this hash.
    pub async fn token_handle(&self, hash: &SecretHash) -> Result<Option<TokenHandle>, StoreError> {
        self.get(Key::handle(hash)).await?.map(entity).transpose()
    }
}
