//! Rotations: a ring of keys is read, and replaced by the ring that follows from it.
//!
//! A ring that somebody else replaced in between is read again and rotated again, so that no key that was told is
//! overwritten unread. That ends: who rotates at the same time as two others is told so instead.

use onboarding_core::id::ResellerId;
use onboarding_core::random::Random;
use onboarding_core::seal::SealingKeys;
use onboarding_core::seal::rotation::{Rotated, Rotation};
use onboarding_core::secret::hex;
use onboarding_core::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::Replaced;
use crate::{SEALING_KEYS, Secrets, SecretsError, webhook_keys_name};

/// Twice: of two at the same time both have their way, and of more nobody's key is pushed out of its ring before it
/// was told.
const ATTEMPTS: usize = 2;

/// What is to become of a ring, and what is told of it.
enum Next<T> {
    Replace(SecretString, T),
    Leave(T),
}

impl Secrets {
    /// Makes a new sealing key, or tells of the one that does not seal yet. See [`onboarding_core::seal::rotation`].
    pub async fn rotate_sealing_keys(&self, now: Timestamp, random: &dyn Random) -> Result<Rotation, SecretsError> {
        let rotated = self.rotate(SEALING_KEYS, random, |stored| {
            let rotated = SealingKeys::rotated(stored.expose_secret(), now, random);
            match rotated.map_err(|_| SecretsError::Malformed(self.store.full(SEALING_KEYS)))? {
                Rotated::Ring(ring, rotation) => Ok(Next::Replace(ring.into(), rotation)),
                Rotated::UnderWay(rotation) => Ok(Next::Leave(rotation)),
                Rotated::Full => Err(SecretsError::Full(self.store.full(SEALING_KEYS))),
            }
        });
        let rotation = rotated.await;
        self.sealing_keys.forget();
        rotation
    }

    /// Makes a new webhook key of a reseller and tells it, for the one time that it is shown. The former one signs
    /// beside it for [`BOTH_SIGN_FOR`](crate::BOTH_SIGN_FOR).
    pub async fn rotate_webhook_keys(
        &self,
        reseller: ResellerId,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<SecretString, SecretsError> {
        let name = webhook_keys_name(reseller);
        let rotated = self.rotate(&name, random, |stored| {
            let (shown, ring) = self.parse_webhook_keys(&name, stored)?.rotated(now, random);
            Ok(Next::Replace(ring, shown))
        });
        let shown = rotated.await;
        self.kept(reseller, now).forget();
        shown
    }

    /// Replaces the ring under `name` by what `next` makes of it; answers what `next` has to tell of it.
    async fn rotate<T>(
        &self,
        name: &str,
        random: &dyn Random,
        next: impl Fn(&SecretString) -> Result<Next<T>, SecretsError>,
    ) -> Result<T, SecretsError> {
        for _ in 0..ATTEMPTS {
            let current = self.store.current(name).await?;
            let (ring, told) = match next(&current.value)? {
                Next::Replace(ring, told) => (ring, told),
                Next::Leave(told) => return Ok(told),
            };
            let token = hex(&random.bytes::<16>());
            if self.store.replace(name, &current.id, &ring, &token).await? == Replaced::ByUs {
                return Ok(told);
            }
        }
        Err(SecretsError::Contended(self.store.full(name)))
    }
}
