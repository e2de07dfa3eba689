//! Consent requests that wait for a grant of application permissions.

use onboarding_core::consent::{AwaitingGrant, Context, Reading};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::proof::application::Judgement;
use onboarding_core::reseller::Reseller;

use crate::consent::Recorded;
use crate::{Store, StoreError};

impl Store {
    /// Records what a reading of Graph led to, as [`Store::conclude`] does for a sign-in.
    pub async fn conclude_admin_consent(
        &self,
        awaiting: AwaitingGrant,
        judgement: Judgement,
        (parties, context): ((&Enterprise, &Reseller), Context<'_>),
    ) -> Result<Recorded, StoreError> {
        match awaiting.conclude(judgement, context) {
            Reading::Decided(record) => self.decide(*record, parties, context).await,
            Reading::Again(awaiting) => {
                let wait = (awaiting.since(), awaiting.reads());
                self.read_again(awaiting.request(), &awaiting.stage(), wait).await
            }
        }
    }
}
