//! Service providers.

use onboarding_core::audit::AuditRow;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::id::ResellerId;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::key::{EXISTS, Key};
use crate::row::{entity, item};
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::instant;
use crate::{Store, StoreError};

impl Store {
    /// Makes a provider with its catalogue; false if its number is taken.
    pub async fn create_reseller(
        &self,
        reseller: &Reseller,
        catalogue: &Catalogue,
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Reseller, item(&Key::reseller(reseller.id), reseller)?)?;
        transaction.put_new(Part::Catalogue, item(&Key::catalogue(reseller.id), catalogue)?)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Notes that a provider's webhook keys are being changed; false if there is no such provider. To be noted before
    /// the change: who reads the keys after that instant knows to look again.
    pub async fn change_webhook_keys(
        &self,
        id: ResellerId,
        now: Timestamp,
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        let change = Change::new("SET webhookKeysChangedAt = :now", EXISTS).value(":now", instant(now));
        transaction.update(Part::Reseller, Key::reseller(id), change)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// A provider by its number.
    pub async fn reseller(&self, id: ResellerId) -> Result<Option<Reseller>, StoreError> {
        self.get(Key::reseller(id)).await?.map(entity).transpose()
    }
}
