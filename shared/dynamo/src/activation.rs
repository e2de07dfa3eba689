//! Activations of service providers: the link's row leads to the provider, whose own row says what it waits for.

use onboarding_core::activation::{Activation, ActivationLink};
use onboarding_core::audit::AuditRow;
use onboarding_core::id::ResellerId;
use onboarding_core::idempotency::Once;
use onboarding_core::mail::Mail;
use onboarding_core::reseller::ResellerStatus;
use onboarding_core::secret::SecretHash;
use onboarding_core::time::Timestamp;

use crate::idempotency::Made;
use crate::key::Key;
use crate::row::{entity, item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// Only a provider that waits is given a new link: nobody who is active becomes inactive again.
const WAITS: &str = "attribute_exists(activation)";

impl Transaction {
    /// Adds the row of an activation link, and the mail that carries it.
    pub(crate) fn activation(
        &mut self,
        (reseller, activation): (ResellerId, &Activation),
        mail: &Mail,
    ) -> Result<(), StoreError> {
        let mut row = item(&Key::activation(&activation.hash), &activation.link(reseller))?;
        row.insert("ttl".to_owned(), number(activation.expires_at.seconds()));
        self.put_new(Part::Activation, row)?;
        self.mail(mail)
    }
}

impl Store {
    /// Lets a provider that waits wait for a new link, which is mailed; the former one is dead. Refused if the provider is
    /// active, or gone.
    pub async fn renew_activation(
        &self,
        (reseller, activation): (ResellerId, &Activation),
        mail: &Mail,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let key = Key::reseller(reseller);
        let change = Change::new("SET activation = :new", WAITS).value(":new", part(&key, activation)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Reseller, key, change)?;
        transaction.activation((reseller, activation), mail)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// The activation link of this hash.
    pub async fn activation_link(&self, hash: &SecretHash) -> Result<Option<ActivationLink>, StoreError> {
        self.get(Key::activation(hash)).await?.map(entity).transpose()
    }

    /// Activates the provider of a link. False if the link has ended or was replaced, or if the provider is active already
    /// or stopped: of many who press the button at once one activates.
    pub async fn activate(&self, link: &ActivationLink, audit: &AuditRow, now: Timestamp) -> Result<bool, StoreError> {
        let key = Key::reseller(link.reseller);
        let live = "activation.#hash = :hash AND activation.expiresAt > :now AND #status = :active";
        let change = Change::new("REMOVE activation", live)
            .name("#hash", "hash")
            .name("#status", "status")
            .value(":hash", text(link.hash.as_str()))
            .value(":now", instant(now))
            .value(":active", part(&key, &ResellerStatus::Active)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Reseller, key, change)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }
}
