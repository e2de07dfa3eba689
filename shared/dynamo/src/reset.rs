//! A consent that is asked for anew: its state, and the count by which the links before are dead, together.

use onboarding_core::audit::AuditRow;
use onboarding_core::enterprise::{Enterprise, Reset};

use crate::consent::{IS_OPEN, open};
use crate::drift::found;
use crate::key::Key;
use crate::row::part;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::text;
use crate::{Store, StoreError};

/// How a reset ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resetting {
    /// It is made.
    Done,
    /// A sign-in by the newest link is under way; nothing was changed.
    UnderWay,
    /// The enterprise is no longer as it was read; nothing was changed.
    Moved,
}

/// Nobody is being worked on who came back by the newest link.
const IS_QUIET: &str = "NOT (stage.#name IN (:leased, :verifying, :awaiting, :confirming))";

impl Store {
    /// Resets an action that still is as it was, and whose newest link nobody is coming back by.
    pub async fn reset_action(
        &self,
        enterprise: &Enterprise,
        reset: &Reset,
        audit: &AuditRow,
    ) -> Result<Resetting, StoreError> {
        let key = Key::enterprise(enterprise.id);
        let same = if enterprise.resets.is_empty() { "attribute_not_exists(resets)" } else { "resets = :before" };
        let mut change = Change::new("SET actions.#action = :state, resets = :resets", "actions.#action = :was")
            .and(same)
            .and(IS_OPEN)
            .name("#action", reset.action().name())
            .value(":was", part(&key, reset.was())?)
            .value(":state", part(&key, reset.state())?)
            .value(":resets", part(&key, reset.resets())?);
        if !enterprise.resets.is_empty() {
            change = change.value(":before", part(&key, &enterprise.resets)?);
        }
        let mut transaction = self.transaction();
        transaction.update(Part::Action, key.clone(), found(open(change, &key)?, reset.action()))?;
        if let Some(link) = reset.was().link() {
            let quiet = Change::condition(IS_QUIET)
                .name("#name", "name")
                .value(":leased", text("leased"))
                .value(":verifying", text("verifying"))
                .value(":awaiting", text("awaiting_grant"))
                .value(":confirming", text("awaiting_confirmation"));
            transaction.check(Part::Request, Key::request(link), quiet)?;
        }
        transaction.audit(audit)?;
        Ok(match self.commit(&transaction).await? {
            Committed::Done => Resetting::Done,
            Committed::Refused(parts) if parts.contains(&Part::Action) => Resetting::Moved,
            Committed::Refused(_) => Resetting::UnderWay,
        })
    }
}
