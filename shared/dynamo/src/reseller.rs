//! Service providers.

use onboarding_core::audit::AuditRow;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::id::ResellerId;
use onboarding_core::idempotency::Once;
use onboarding_core::mail::Mail;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::idempotency::Made;
use crate::key::{EXISTS, Key};
use crate::row::{entity, item, part};
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{instant, number};
use crate::{Store, StoreError};

impl Store {
    /// Makes a provider with its catalogue, and the `mail` by which it is activated if it waits for that; refused if its
    /// number is taken.
    pub async fn create_reseller(
        &self,
        (reseller, mail): (&Reseller, Option<&Mail>),
        catalogue: &Catalogue,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Reseller, item(&Key::reseller(reseller.id), reseller)?)?;
        transaction.put_new(Part::Catalogue, item(&Key::catalogue(reseller.id), catalogue)?)?;
        if let Some((activation, mail)) = reseller.activation.as_ref().zip(mail) {
            transaction.activation((reseller.id, activation), mail)?;
        }
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// Changes a provider, and its catalogue where that differs, if nobody else has changed it since `before` was read;
    /// false otherwise.
    pub async fn change_reseller(
        &self,
        (before, after): (&Reseller, &Reseller),
        catalogue: Option<&Catalogue>,
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let key = Key::reseller(before.id);
        let set = "#name = :name, redirectHosts = :hosts, eventsUrl = :events, #status = :status, tokenMode = :mode, ";
        let change = revised(set, before)
            .name("#name", "name")
            .name("#status", "status")
            .value(":name", part(&key, &after.name)?)
            .value(":hosts", part(&key, &after.redirect_hosts)?)
            .value(":events", part(&key, &after.events_url)?)
            .value(":status", part(&key, &after.status)?)
            .value(":mode", part(&key, &after.token_mode)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Reseller, key, change)?;
        if let Some(catalogue) = catalogue {
            transaction.replace(Part::Catalogue, item(&Key::catalogue(before.id), catalogue)?)?;
        }
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// A provider with its catalogue.
    pub async fn reseller_with_catalogue(&self, id: ResellerId) -> Result<Option<(Reseller, Catalogue)>, StoreError> {
        let (mut reseller, mut catalogue) = (None, Catalogue::default());
        for item in self.batch_get(vec![Key::reseller(id), Key::catalogue(id)]).await? {
            if Key::of(&item).sk == "reseller" {
                reseller = Some(entity(item)?);
            } else {
                catalogue = entity(item)?;
            }
        }
        Ok(reseller.map(|reseller| (reseller, catalogue)))
    }

    /// Notes that a provider's webhook keys are being changed; refused if there is no such provider. To be noted before
    /// the change: who reads the keys after that instant knows to look again.
    pub async fn change_webhook_keys(
        &self,
        id: ResellerId,
        now: Timestamp,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        let change = Change::new("SET webhookKeysChangedAt = :now", EXISTS).value(":now", instant(now));
        transaction.update(Part::Reseller, Key::reseller(id), change)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// A provider by its number.
    pub async fn reseller(&self, id: ResellerId) -> Result<Option<Reseller>, StoreError> {
        self.get(Key::reseller(id)).await?.map(entity).transpose()
    }
}

/// The change `set` of a provider as it was `seen`: of two who saw the same revision one succeeds. Rows from before there
/// were revisions have none.
pub(crate) fn revised(set: &str, seen: &Reseller) -> Change {
    let same = if seen.revision == 0 {
        "attribute_exists(PK) AND (attribute_not_exists(revision) OR revision = :seen)"
    } else {
        "revision = :seen"
    };
    Change::new(format!("SET {set}revision = :next"), same)
        .value(":seen", number(seen.revision))
        .value(":next", number(seen.revision + 1))
}
