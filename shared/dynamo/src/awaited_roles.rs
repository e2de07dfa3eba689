//! Roles that a tenant lacks and that are waited for: one row for each enterprise, due at the next look.

use onboarding_core::awaited_roles::{AwaitedRoles, GIVEN_UP_AFTER, Told};
use onboarding_core::id::EnterpriseId;
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{Item, instant, number, text};
use crate::{Store, StoreError};

/// The wait is the one that was read, and nobody has looked since.
const IS_SAME: &str = "#since = :since AND looks = :looks";

/// There is no wait, or one for what an earlier sign-in had made.
const IS_NEW_OR_NEWER: &str = "attribute_not_exists(PK) OR (#goal.#kind = :provisioning AND #token.#end < :end)";

fn same(change: Change, awaited: &AwaitedRoles) -> Change {
    change.name("#since", "since").value(":since", instant(awaited.since)).value(":looks", number(awaited.looks))
}

fn row(awaited: &AwaitedRoles) -> Result<Item, StoreError> {
    let mut row = item(&Key::awaited_roles(awaited.enterprise), awaited)?;
    row.insert("ttl".to_owned(), number(awaited.since.plus(GIVEN_UP_AFTER * 2).seconds()));
    due(&mut row, &DueKind::Verification.partition(0), awaited.first_look());
    Ok(row)
}

impl Transaction {
    /// Begins a wait for a consent, in the place of a former one.
    pub(crate) fn await_roles(&mut self, awaited: &AwaitedRoles) -> Result<(), StoreError> {
        self.put_always(Part::AwaitedRoles, row(awaited)?)
    }

    fn tell_of_wait(&mut self, told: Option<&Told>) -> Result<(), StoreError> {
        let Some(Told { delivery, link, audit }) = told else { return Ok(()) };
        if let Some(delivery) = delivery {
            self.deliver(delivery)?;
        }
        if let Some(link) = link {
            self.start(link)?;
        }
        self.audit(audit)
    }
}

impl Store {
    /// Begins a wait for what a provider had made; false if there is one that it must not disturb: for the consent, or by the same
    /// sign-in, of which a repeat of the call is no news.
    pub async fn await_provisioning(&self, awaited: &AwaitedRoles) -> Result<bool, StoreError> {
        let is_newer = Change::condition(IS_NEW_OR_NEWER)
            .name("#goal", "goal")
            .name("#kind", "kind")
            .name("#token", "token")
            .name("#end", "expiresAt")
            .value(":provisioning", text("provisioning"))
            .value(":end", instant(awaited.token.expires_at));
        let mut transaction = self.transaction();
        transaction.put(Part::AwaitedRoles, row(awaited)?, is_newer)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// The wait of an enterprise.
    pub async fn awaited_roles(&self, enterprise: EnterpriseId) -> Result<Option<AwaitedRoles>, StoreError> {
        self.get(Key::awaited_roles(enterprise)).await?.map(entity).transpose()
    }

    /// Puts the next look off to `next`, and tells what there is to tell; false if somebody else has looked meanwhile.
    pub async fn await_roles_until(
        &self,
        awaited: &AwaitedRoles,
        next: Timestamp,
        told: Option<&Told>,
    ) -> Result<bool, StoreError> {
        let change = Change::new("SET looks = :more, told = :told, DSK = :next", IS_SAME)
            .value(":more", number(awaited.looks + 1))
            .value(":told", aws_sdk_dynamodb::types::AttributeValue::Bool(awaited.told || told.is_some()))
            .value(":next", text(next.to_string()));
        let mut transaction = self.transaction();
        transaction.update(Part::AwaitedRoles, Key::awaited_roles(awaited.enterprise), same(change, awaited))?;
        transaction.tell_of_wait(told)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Ends a wait, and its sealed token with it; false if somebody else has looked, or begun another, meanwhile.
    pub async fn end_awaited_roles(&self, awaited: &AwaitedRoles, told: Option<&Told>) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        let key = Key::awaited_roles(awaited.enterprise);
        transaction.delete(Part::AwaitedRoles, key, same(Change::condition(IS_SAME), awaited))?;
        transaction.tell_of_wait(told)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }
}
