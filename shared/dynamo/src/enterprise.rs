//! Enterprises and the uniqueness of their names.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::audit::AuditRow;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::text::Name;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{entity, item, part};
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{Item, text};
use crate::{Store, StoreError};

/// How making an enterprise ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is made.
    Done,
    /// Its random number is in use; make another.
    NumberTaken,
    /// Another enterprise of the provider has the name (R080).
    NameTaken,
}

/// A name in use.
#[derive(Serialize, Deserialize)]
struct NameRow {
    enterprise: EnterpriseId,
}

impl Store {
    /// Makes an enterprise: its row, its name and the audit row, together. Any number of creates of one name at once
    /// make one enterprise.
    pub async fn create_enterprise(&self, enterprise: &Enterprise, audit: &AuditRow) -> Result<Created, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Enterprise, owned_item(enterprise)?)?;
        let name = Key::name(enterprise.reseller, &enterprise.profile.enterprise_name);
        transaction.put_new(Part::Name, item(&name, &NameRow { enterprise: enterprise.id })?)?;
        transaction.audit(audit)?;
        Ok(match self.commit(&transaction).await? {
            Committed::Done => Created::Done,
            Committed::Refused(parts) if !parts.contains(&Part::Enterprise) => Created::NameTaken,
            Committed::Refused(_) => Created::NumberTaken,
        })
    }

    /// Lets an enterprise go on or stops it, from the one standing to the other; false if it does not stand as it did.
    pub async fn change_standing(
        &self,
        id: EnterpriseId,
        (from, to): (Standing, Standing),
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let key = Key::enterprise(id);
        let change = Change::new("SET standing = :to", "standing = :from")
            .value(":from", part(&key, &from)?)
            .value(":to", part(&key, &to)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Enterprise, key, change)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
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

    /// An enterprise by its number, whoever's it is.
    pub async fn enterprise(&self, id: EnterpriseId) -> Result<Option<Enterprise>, StoreError> {
        self.get(Key::enterprise(id)).await?.map(entity).transpose()
    }
}

/// The enterprise's item with the keys of the owner index. `actions` is always there, so that one can be set in it.
fn owned_item(enterprise: &Enterprise) -> Result<Item, StoreError> {
    let mut item = item(&Key::enterprise(enterprise.id), enterprise)?;
    item.entry("actions".to_owned()).or_insert_with(|| AttributeValue::M(HashMap::new()));
    item.insert("OPK".to_owned(), text(format!("reseller#{}", enterprise.reseller)));
    item.insert("OSK".to_owned(), text(format!("enterprise#{}#{}", enterprise.created_at, enterprise.id)));
    Ok(item)
}
