//! Service providers.

use onboarding_core::audit::AuditRow;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::id::ResellerId;
use onboarding_core::idempotency::Once;
use onboarding_core::listing::{PageSize, ResellerPlace};
use onboarding_core::mail::Mail;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;

use crate::idempotency::Made;
use crate::key::{EXISTS, Key};
use crate::row::{entity, item, part};
use crate::table::OWNER_INDEX;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// Some of the providers, oldest first.
#[derive(Clone, Debug)]
pub struct ListedResellers {
    /// They.
    pub resellers: Vec<Reseller>,
    /// Where the list goes on, if it does.
    pub next: Option<ResellerPlace>,
}

/// The partition of all providers in the owner index.
const ALL: &str = "resellers";
/// Sorts behind every place of a provider: `$` follows `#`.
const LAST: &str = "reseller$";

/// The place of a provider among all: by the time of its making.
fn place(place: ResellerPlace) -> String {
    format!("reseller#{}#{}", place.created_at, place.reseller)
}

impl Store {
    /// At most `size` of the providers, in the order of their making, from behind `after`: one query of the owner index,
    /// eventually consistent.
    pub async fn resellers(&self, after: Option<ResellerPlace>, size: PageSize) -> Result<ListedResellers, StoreError> {
        // `!` sorts before every digit, so that a number of which this one is the beginning is not left out.
        let from = after.map_or_else(|| "reseller#".to_owned(), |after| format!("{}!", place(after)));
        let query = self.client.query().table_name(&self.table).index_name(OWNER_INDEX);
        let query = query
            .key_condition_expression("OPK = :all AND OSK BETWEEN :from AND :to")
            .expression_attribute_values(":all", text(ALL))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(LAST))
            // One more than the page holds tells whether there is another page.
            .limit(i32::try_from(size.get() + 1).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let resellers = answer.items.unwrap_or_default().into_iter().map(entity::<Reseller>);
        let mut resellers = resellers.collect::<Result<Vec<_>, _>>()?;
        let more = answer.last_evaluated_key.is_some() || resellers.len() > size.get();
        resellers.truncate(size.get());
        let next = resellers.last().filter(|_| more).map(ResellerPlace::past);
        Ok(ListedResellers { resellers, next })
    }

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
        let mut row = item(&Key::reseller(reseller.id), reseller)?;
        row.insert("OPK".to_owned(), text(ALL));
        row.insert("OSK".to_owned(), text(place(ResellerPlace::past(reseller))));
        transaction.put_new(Part::Reseller, row)?;
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
/// were revisions have none; those from before there was a list are in it from then on.
pub(crate) fn revised(set: &str, seen: &Reseller) -> Change {
    let same = if seen.revision == 0 {
        "attribute_exists(PK) AND (attribute_not_exists(revision) OR revision = :seen)"
    } else {
        "revision = :seen"
    };
    Change::new(format!("SET {set}revision = :next, OPK = :all, OSK = :place"), same)
        .value(":all", text(ALL))
        .value(":place", text(place(ResellerPlace::past(seen))))
        .value(":seen", number(seen.revision))
        .value(":next", number(seen.revision + 1))
}
