//! Consent requests that wait for a grant of application permissions.

use onboarding_core::consent::{AwaitingGrant, Context, Reading};
use onboarding_core::proof::application::Judgement;

use crate::consent::{Recorded, SAME_WAIT, due_at};
use crate::key::Key;
use crate::row::part;
use crate::update::Change;
use crate::value::{number, text};
use crate::{Store, StoreError};

impl Store {
    /// Records what a reading of Graph led to, as [`Store::conclude`] does for a sign-in.
    pub async fn conclude_admin_consent(
        &self,
        awaiting: AwaitingGrant,
        judgement: Judgement,
        context: Context<'_>,
    ) -> Result<Recorded, StoreError> {
        match awaiting.conclude(judgement, context) {
            Reading::Decided(record) => self.decide(*record, context).await,
            Reading::Again(awaiting) => self.await_further(&awaiting).await,
        }
    }

    /// Puts off the next reading of Graph, unless somebody else has decided, or put it off, meanwhile.
    async fn await_further(&self, awaiting: &AwaitingGrant) -> Result<Recorded, StoreError> {
        let (key, stage) = (Key::request(&awaiting.request().id), awaiting.stage());
        let still = "stage.#name = :awaiting AND stage.#reads = :before";
        let change = Change::new("SET stage = :stage, DPK = :due, DSK = :at", still)
            .and(SAME_WAIT)
            .name("#name", "name")
            .name("#reads", "reads")
            .name("#since", "since")
            .value(":awaiting", text(stage.name()))
            .value(":before", number(awaiting.reads().saturating_sub(1)))
            .value(":since", number(awaiting.since().millis()))
            .value(":stage", part(&key, &stage)?);
        let updated = self.update(key, due_at(change, &stage)).await?;
        Ok(if updated.is_done() { Recorded::Done } else { Recorded::Superseded })
    }
}
