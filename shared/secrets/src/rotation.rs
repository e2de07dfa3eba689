//! Rotations: a ring of keys is read, and replaced by the ring that follows from it.
//!
//! A ring that somebody else replaced in between is read again and rotated again, so that every key that was told to
//! somebody is in the ring that follows. That ends: who rotates at the same time as two others is told so instead.

use onboarding_core::id::ResellerId;
use onboarding_core::random::Random;
use onboarding_core::secret::hex;
use onboarding_core::time::Timestamp;
use secrecy::SecretString;

use crate::store::Replaced;
use crate::{Secrets, SecretsError, webhook_keys_name};

/// Twice: of two at the same time both have their way, and of more nobody's key is pushed out of its ring before it
/// was told.
const ATTEMPTS: usize = 2;

impl Secrets {
    /// Makes a new webhook key of a reseller and tells it, for the one time that it is shown. The former one signs
    /// beside it for [`BOTH_SIGN_FOR`](crate::BOTH_SIGN_FOR).
    pub async fn rotate_webhook_keys(
        &self,
        reseller: ResellerId,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<SecretString, SecretsError> {
        let name = webhook_keys_name(reseller);
        let rotated =
            self.rotate(&name, random, |stored| Ok(self.parse_webhook_keys(&name, stored)?.rotated(now, random)));
        let shown = rotated.await;
        self.kept(reseller, now).forget();
        shown
    }

    /// Replaces what is stored under `name` by what `next` makes of it; answers what `next` has to tell of it.
    async fn rotate<T>(
        &self,
        name: &str,
        random: &dyn Random,
        next: impl Fn(&SecretString) -> Result<(T, SecretString), SecretsError>,
    ) -> Result<T, SecretsError> {
        for _ in 0..ATTEMPTS {
            let current = self.store.current(name).await?;
            let (told, stored) = next(&current.value)?;
            let token = hex(&random.bytes::<16>());
            if self.store.replace(name, &current.id, &stored, &token).await? == Replaced::ByUs {
                return Ok(told);
            }
        }
        Err(SecretsError::Contended(self.store.full(name)))
    }
}
