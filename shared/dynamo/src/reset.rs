//! A consent that is asked for anew, or no longer: its state, and the count by which the links before are dead, together.

use std::collections::BTreeMap;

use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::audit::AuditRow;
use onboarding_core::enterprise::{Enterprise, Reset};

use crate::consent::{IS_OPEN, open};
use crate::drift::found;
use crate::key::Key;
use crate::row::part;
use crate::transaction::{Committed, Part, Transaction};
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

impl Transaction {
    /// Adds the condition that nobody is being worked on who came back by the newest link of an action that is `was`.
    pub(crate) fn check_quiet(&mut self, was: &ActionState) -> Result<(), StoreError> {
        let Some(link) = was.link() else { return Ok(()) };
        let quiet = Change::condition(IS_QUIET)
            .name("#name", "name")
            .value(":leased", text("leased"))
            .value(":verifying", text("verifying"))
            .value(":awaiting", text("awaiting_grant"))
            .value(":confirming", text("awaiting_confirmation"));
        self.check(Part::Request, Key::request(link), quiet)
    }
}

/// The links that were made before are dead. The update sets something, and ends with what it sets.
pub(crate) fn counted(
    mut change: Change,
    enterprise: &Enterprise,
    resets: &BTreeMap<ActionType, u64>,
) -> Result<Change, StoreError> {
    let key = Key::enterprise(enterprise.id);
    change.update.push_str(", resets = :resets");
    change = change.value(":resets", part(&key, resets)?);
    Ok(if enterprise.resets.is_empty() {
        change.and("attribute_not_exists(resets)")
    } else {
        change.and("resets = :counted").value(":counted", part(&key, &enterprise.resets)?)
    })
}

impl Store {
    /// Resets an action that still is as it was, and whose newest link nobody is coming back by.
    pub async fn reset_action(
        &self,
        enterprise: &Enterprise,
        reset: &Reset,
        audit: &AuditRow,
    ) -> Result<Resetting, StoreError> {
        let key = Key::enterprise(enterprise.id);
        let change = Change::new("SET actions.#action = :state, resetAt = :resetAt", "actions.#action = :was")
            .and(IS_OPEN)
            .value(":resetAt", part(&key, reset.instants())?)
            .name("#action", reset.action().name())
            .value(":was", part(&key, reset.was())?)
            .value(":state", part(&key, reset.state())?);
        // What was lost of it is looked for no more.
        let change = found(counted(open(change, &key)?, enterprise, reset.resets())?, reset.action());
        let mut transaction = self.transaction();
        transaction.update(Part::Action, key, change)?;
        transaction.check_quiet(reset.was())?;
        transaction.audit(audit)?;
        Ok(match self.commit(&transaction).await? {
            Committed::Done => Resetting::Done,
            Committed::Refused(parts) if parts.contains(&Part::Action) => Resetting::Moved,
            Committed::Refused(_) => Resetting::UnderWay,
        })
    }
}
