//! Users of an enterprise: one row each, and their count with the limit on a row of its own, so that counting meets nothing
//! but counting (R152).
//!
//! The count's row is made by the first who needs it, with the limit as it was read; an edit of the limit writes it in its
//! own transaction, and whoever comes later finds that one.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::audit::AuditRow;
use onboarding_core::enterprise::{Edit, Enterprise};
use onboarding_core::id::EnterpriseId;
use onboarding_core::time::Timestamp;
use onboarding_core::user::{UserCount, UserId};
use serde::Deserialize;

use crate::consent::{IS_OPEN, open};
use crate::key::Key;
use crate::row::entity;
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// How counting a user, or no longer, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is done.
    Done,
    /// It was so before; nothing was changed.
    Already,
    /// The enterprise has as many users as it may.
    Full,
    /// The enterprise is stopped or gone.
    Stopped,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountRow {
    users: u64,
    user_limit: Option<u64>,
}

/// There is room, by the row's own limit.
const HAS_ROOM: &str = "attribute_type(userLimit, :null) OR #users < userLimit";

impl Transaction {
    /// Keeps the limit on the count's row that of the profile. Not for less than there are users.
    pub(crate) fn limit_users(&mut self, edit: &Edit) -> Result<(), StoreError> {
        let [before, after] = [edit.before(), edit.after()].map(|one| one.profile.user_limit);
        if before == after {
            return Ok(());
        }
        let set = "SET userLimit = :limit, #users = if_not_exists(#users, :zero)";
        let condition = if after.is_some() { "attribute_not_exists(#users) OR #users <= :limit" } else { ANY };
        let change =
            Change::new(set, condition).name("#users", "users").value(":limit", limit(after)).value(":zero", number(0));
        self.update(Part::Users, Key::users(edit.after().id), change)
    }
}

/// A condition that always holds.
const ANY: &str = "attribute_exists(#users) OR attribute_not_exists(#users)";

impl Store {
    /// Counts a user of an enterprise, once. Of any number at once as many are counted as the limit has room for.
    pub async fn add_user(
        &self,
        enterprise: &Enterprise,
        (user, now): (&UserId, Timestamp),
        audit: &AuditRow,
    ) -> Result<Counted, StoreError> {
        let mut row = Key::user(enterprise.id, user).into_item();
        row.insert("addedAt".to_owned(), instant(now));
        let first = enterprise.profile.user_limit;
        let set = "SET #users = if_not_exists(#users, :zero) + :one, userLimit = if_not_exists(userLimit, :limit)";
        let condition = match first {
            Some(0) => HAS_ROOM.to_owned(),
            Some(_) | None => format!("attribute_not_exists(PK) OR {HAS_ROOM}"),
        };
        let change = Change::new(set, condition)
            .name("#users", "users")
            .value(":zero", number(0))
            .value(":one", number(1))
            .value(":null", text("NULL"))
            .value(":limit", limit(first));
        let mut transaction = self.transaction();
        transaction.put_new(Part::User, row)?;
        self.count(transaction, enterprise.id, change, audit).await
    }

    /// No longer counts a user of an enterprise.
    pub async fn remove_user(
        &self,
        enterprise: EnterpriseId,
        user: &UserId,
        audit: &AuditRow,
    ) -> Result<Counted, StoreError> {
        let change = Change::new("SET #users = #users - :one", "#users > :zero")
            .name("#users", "users")
            .value(":zero", number(0))
            .value(":one", number(1));
        let mut transaction = self.transaction();
        transaction.remove(Part::User, Key::user(enterprise, user))?;
        self.count(transaction, enterprise, change, audit).await
    }

    async fn count(
        &self,
        mut transaction: Transaction,
        enterprise: EnterpriseId,
        change: Change,
        audit: &AuditRow,
    ) -> Result<Counted, StoreError> {
        transaction.update(Part::Users, Key::users(enterprise), change)?;
        let key = Key::enterprise(enterprise);
        let goes_on = open(Change::condition(IS_OPEN), &key)?;
        transaction.check(Part::Enterprise, key, goes_on)?;
        transaction.audit(audit)?;
        Ok(match self.commit(&transaction).await? {
            Committed::Done => Counted::Done,
            Committed::Refused(parts) if parts.contains(&Part::Enterprise) => Counted::Stopped,
            Committed::Refused(parts) if parts.contains(&Part::User) => Counted::Already,
            Committed::Refused(_) => Counted::Full,
        })
    }

    /// How many users an enterprise has, and may have.
    pub async fn user_count(&self, enterprise: &Enterprise) -> Result<UserCount, StoreError> {
        let row = self.get(Key::users(enterprise.id)).await?.map(entity::<CountRow>).transpose()?;
        let none = UserCount { current: 0, limit: enterprise.profile.user_limit };
        Ok(row.map_or(none, |row| UserCount { current: row.users, limit: row.user_limit }))
    }
}

fn limit(limit: Option<u64>) -> AttributeValue {
    limit.map_or(AttributeValue::Null(true), number)
}
