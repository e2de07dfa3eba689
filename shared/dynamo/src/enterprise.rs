//! Enterprises and the uniqueness of their names.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::audit::AuditRow;
use onboarding_core::enterprise::{Edit, Enterprise, ExpectedTenant, Standing};
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::idempotency::{Once, Repeat};
use onboarding_core::listing::Position;
use onboarding_core::readiness::Completion;
use onboarding_core::text::Name;
use serde::{Deserialize, Serialize};

use crate::drift::found;
use crate::idempotency::Ended;
use crate::invitation::Sending;
use crate::key::Key;
use crate::readiness::completing;
use crate::reset::counted;
use crate::row::{entity, item, part};
use crate::table::OWNER_INDEX;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{Item, instant, number, text};
use crate::{Store, StoreError};

/// How making an enterprise ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is made.
    Done,
    /// Its random number is in use; make another.
    NumberTaken,
    /// Another enterprise of the provider has the name (R080).
    NameTaken,
    /// The request was carried out before, or its key stands for another one.
    Repeated(Repeat),
}

/// How an edit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// It is made.
    Done,
    /// Another enterprise of the provider has the new name (R080).
    NameTaken,
    /// The enterprise has more users than the new limit allows (R152).
    TooManyUsers,
    /// Somebody is back from Microsoft by the newest link of what is to be no longer asked for (R002).
    UnderWay,
    /// The enterprise is no longer as it was read; nothing was changed.
    Moved,
}

/// Some of a provider's enterprises, oldest first.
#[derive(Clone, Debug)]
pub struct Listed {
    /// They.
    pub enterprises: Vec<Enterprise>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// A name in use.
#[derive(Serialize, Deserialize)]
struct NameRow {
    enterprise: EnterpriseId,
}

impl Store {
    /// Makes an enterprise: its row, its name, the invitation of its administrator and the audit row, together. Any number of creates of one name at once
    /// make one enterprise.
    pub async fn create_enterprise(
        &self,
        enterprise: &Enterprise,
        invited: Option<Sending<'_>>,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Created, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Enterprise, owned_item(enterprise)?)?;
        let name = Key::name(enterprise.reseller, &enterprise.profile.enterprise_name);
        transaction.put_new(Part::Name, item(&name, &NameRow { enterprise: enterprise.id })?)?;
        invited.map_or(Ok(()), |sending| transaction.invite(sending))?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        Ok(match self.commit_once(&transaction, once).await? {
            Ended::First(Committed::Done) => Created::Done,
            Ended::First(Committed::Refused(parts)) if !parts.contains(&Part::Enterprise) => Created::NameTaken,
            Ended::First(Committed::Refused(_)) => Created::NumberTaken,
            Ended::Repeated(repeat) => Created::Repeated(repeat),
        })
    }

    /// Edits an enterprise that still is as the edit found it: its version, the state of the action that the edit moves,
    /// and the tenant, where it comes to expect one. A new name is taken, and the former one given back, in the same
    /// transaction, so any number of renames and creates of one name at once leave one enterprise with it. So is a new limit
    /// of users. Links of what it withdraws are dead with it, so nobody may be back by the newest of them. It may be the last step
    /// that the enterprise needs to be ready (R140).
    pub async fn edit_enterprise(
        &self,
        edit: &Edit,
        completion: Option<&Completion>,
        audit: &AuditRow,
    ) -> Result<Edited, StoreError> {
        let (before, after) = (edit.before(), edit.after());
        let mut transaction = self.transaction();
        transaction.update(Part::Enterprise, Key::enterprise(after.id), completing(edit_change(edit)?, completion)?)?;
        transaction.tell_ready(completion)?;
        if let Some((former, new)) = edit.renamed() {
            let row = NameRow { enterprise: after.id };
            transaction.put_new(Part::Name, item(&Key::name(after.reseller, new), &row)?)?;
            let own = Change::condition("enterprise = :own").value(":own", number(before.id));
            transaction.delete(Part::FormerName, Key::name(before.reseller, former), own)?;
        }
        transaction.limit_users(edit)?;
        if let Some((_, Some(was), _)) = edit.moved().filter(|_| edit.withdraws().is_some()) {
            transaction.check_quiet(was)?;
        }
        transaction.audit(audit)?;
        Ok(match self.commit_accepting(transaction).await?.0 {
            Committed::Done => Edited::Done,
            // What moved is read again first; what the edit itself asks for can be refused for both reasons at once.
            Committed::Refused(parts)
                if !parts.iter().all(|part| matches!(part, Part::Name | Part::Users | Part::Request)) =>
            {
                Edited::Moved
            }
            Committed::Refused(parts) if parts.contains(&Part::Request) => Edited::UnderWay,
            Committed::Refused(parts) if parts.contains(&Part::Name) => Edited::NameTaken,
            Committed::Refused(_) => Edited::TooManyUsers,
        })
    }

    /// Lets an enterprise go on or stops it, from the one standing to the other; false if it is no longer as it was read. To
    /// go on may be the last step that it needs to be ready (R140).
    pub async fn change_standing(
        &self,
        id: EnterpriseId,
        (from, to): (Standing, Standing),
        completion: Option<&Completion>,
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let key = Key::enterprise(id);
        let change = Change::new("SET standing = :to", "standing = :from")
            .value(":from", part(&key, &from)?)
            .value(":to", part(&key, &to)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Enterprise, key, completing(change, completion)?)?;
        transaction.tell_ready(completion)?;
        transaction.audit(audit)?;
        Ok(self.commit_accepting(transaction).await?.0 == Committed::Done)
    }

    /// The enterprise of `reseller` with this name, whatever its case (R105).
    pub async fn enterprise_by_name(
        &self,
        reseller: ResellerId,
        name: &Name,
    ) -> Result<Option<EnterpriseId>, StoreError> {
        let row = self.get(Key::name(reseller, name)).await?.map(entity::<NameRow>).transpose()?;
        Ok(row.map(|row| row.enterprise))
    }

    /// At most `limit` of a provider's enterprises, in the order of their making, from `after` on: one query of its own
    /// partition of the owner index, eventually consistent, 0.5 unit per 4 KB. Where `after` is inside an enterprise,
    /// that enterprise is the first.
    pub async fn enterprises_of(
        &self,
        owner: ResellerId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Listed, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name(OWNER_INDEX);
        let query = query
            .key_condition_expression("OPK = :owner AND OSK BETWEEN :from AND :to")
            .expression_attribute_values(":owner", text(owner_key(owner)))
            .expression_attribute_values(":from", text(begin(after)))
            .expression_attribute_values(":to", text(LAST))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let enterprises: Result<Vec<_>, _> = answer.items.unwrap_or_default().into_iter().map(entity).collect();
        Ok(Listed { enterprises: enterprises?, more: answer.last_evaluated_key.is_some() })
    }

    /// An enterprise by its number, whoever's it is.
    pub async fn enterprise(&self, id: EnterpriseId) -> Result<Option<Enterprise>, StoreError> {
        self.get(Key::enterprise(id)).await?.map(entity).transpose()
    }
}

/// The edited profile, under the conditions of the edit.
fn edit_change(edit: &Edit) -> Result<Change, StoreError> {
    let (before, after) = (edit.before(), edit.after());
    let key = Key::enterprise(after.id);
    let set = "SET profile = :profile, version = :version";
    let mut change = Change::new(set, "version = :before AND standing <> :gone")
        .value(":profile", part(&key, &after.profile)?)
        .value(":version", number(after.version))
        .value(":before", number(before.version))
        .value(":gone", part(&key, &Standing::Offboarded)?);
    match edit.newly_expected() {
        None => {}
        Some(ExpectedTenant::Domain(_)) => change = change.and("attribute_not_exists(tenant)"),
        Some(ExpectedTenant::Id(tenant)) => {
            let same = "(attribute_not_exists(tenant) OR tenant = :tenant)";
            change = change.and(same).value(":tenant", text(tenant.to_string()));
        }
    }
    if let Some((action, was, state)) = edit.moved() {
        change.update.push_str(", actions.#action = :state");
        change = change.name("#action", action.name()).value(":state", part(&key, state)?);
        change = match was {
            None => change.and("attribute_not_exists(actions.#action)"),
            Some(was) => change.and("actions.#action = :was").value(":was", part(&key, was)?),
        };
    }
    if let Some(asked) = after.management_requested_at.filter(|at| before.management_requested_at != Some(*at)) {
        change.update.push_str(", managementRequestedAt = :asked");
        change = change.value(":asked", instant(asked));
    }
    if let Some(((action, ..), resets)) = edit.moved().zip(edit.withdraws()) {
        change = counted(change, before, resets)?;
        if !edit.forgets_tenant() {
            change = found(change, action);
        }
    }
    if edit.forgets_tenant() {
        change = change.and("attribute_not_exists(tenant)");
        change.update.push_str(" REMOVE soughtIn, verifiedAt, beyondGraph, joinedRoles, lost");
    }
    Ok(change)
}

/// The enterprise's item with the keys of the owner index. `actions` is always there, so that one can be set in it.
fn owned_item(enterprise: &Enterprise) -> Result<Item, StoreError> {
    let mut item = item(&Key::enterprise(enterprise.id), enterprise)?;
    item.entry("actions".to_owned()).or_insert_with(|| AttributeValue::M(HashMap::new()));
    item.insert("OPK".to_owned(), text(owner_key(enterprise.reseller)));
    item.insert("OSK".to_owned(), text(place(&Position::past(enterprise))));
    Ok(item)
}

/// The partition of a provider in the owner index.
fn owner_key(owner: ResellerId) -> String {
    format!("reseller#{owner}")
}

/// The place of an enterprise among its owner's: by the time of its making.
fn place(position: &Position) -> String {
    format!("enterprise#{}#{}", position.created_at, position.enterprise)
}

/// Sorts behind every place: `$` follows `#`.
const LAST: &str = "enterprise$";

/// Where a query begins: at the enterprise that is not done with, or behind the one that is. `!` sorts before every
/// digit, so that a number of which this one is the beginning is not left out.
fn begin(after: Option<Position>) -> String {
    match after {
        None => "enterprise#".to_owned(),
        Some(inside @ Position { action: Some(_), .. }) => place(&inside),
        Some(behind @ Position { action: None, .. }) => format!("{}!", place(&behind)),
    }
}
