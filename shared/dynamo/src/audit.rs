//! Audit rows: only ever added, in the transaction of the fact they tell.

use onboarding_core::audit::AuditRow;

use crate::row::item;
use crate::table::Key;
use crate::transaction::Transaction;
use crate::{Store, StoreError};

impl Transaction {
    /// Adds an audit row.
    pub(crate) fn audit(&mut self, row: &AuditRow) -> Result<usize, StoreError> {
        self.put_new(item(&Key::audit(row.reseller, &row.id), row)?)
    }
}

impl Store {
    /// Writes an audit row of a fact that changed nothing else.
    pub async fn note(&self, row: &AuditRow) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(item(&Key::audit(row.reseller, &row.id), row)?));
        put.send().await.map(drop).map_err(StoreError::unavailable)
    }
}
