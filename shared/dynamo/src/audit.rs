//! Audit rows: only ever added, in the transaction of the fact they tell.

use onboarding_core::audit::AuditRow;

use crate::key::Key;
use crate::row::item;
use crate::transaction::{Part, Transaction};
use crate::{Store, StoreError};

impl Transaction {
    /// Adds an audit row, whose id names the transaction.
    pub(crate) fn audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.named(row.id.as_str());
        self.put_new(Part::Audit, item(&Key::audit(row.reseller, &row.id), row)?)
    }
}

impl Store {
    /// Writes an audit row of a fact that changed nothing else.
    pub async fn note(&self, row: &AuditRow) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(item(&Key::audit(row.reseller, &row.id), row)?));
        put.send().await.map(drop).map_err(|error| StoreError::unavailable(&error))
    }
}
