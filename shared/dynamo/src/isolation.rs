//! Permissions that Microsoft refused by name. The refusal and the grant keep them with their own transactions; here is what else
//! ends an isolation.

use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::id::EnterpriseId;

use crate::key::{EXISTS, Key};
use crate::update::Change;
use crate::{Store, StoreError};

impl Store {
    /// Asks for these permissions again from now on: what Microsoft refused them for is mended.
    pub async fn restore(&self, enterprise: EnterpriseId, scopes: &[String]) -> Result<(), StoreError> {
        if scopes.is_empty() {
            return Ok(());
        }
        let change = Change::new("DELETE isolated :restored", EXISTS);
        let change = change.value(":restored", AttributeValue::Ss(scopes.to_vec()));
        self.update(Key::enterprise(enterprise), change).await.map(drop)
    }
}
