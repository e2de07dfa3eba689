//! Start links, and the requests of a screen that somebody begins by one.

use onboarding_core::action::{ActionState, ActionType, ProvedBy};
use onboarding_core::audit::{Actor, AuditRow, Occasion};
use onboarding_core::consent::ConsentRequest;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::ConsentRequestId;
use onboarding_core::idempotency::Once;
use onboarding_core::plan::Wanted;
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::secret::{Handle, SecretHash};
use onboarding_core::start::StartLink;

use crate::consent::{IS_OPEN, IS_UNBOUND, count_started, open, proved_words, request_item};
use crate::idempotency::Made;
use crate::key::Key;
use crate::row::{entity, item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::Change;
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

impl Transaction {
    /// Adds a new start link.
    pub(crate) fn start(&mut self, start: &StartLink) -> Result<(), StoreError> {
        let mut row = item(&Key::start(&start.hash), start)?;
        row.insert("ttl".to_owned(), number(start.expires_at.seconds()));
        self.put_new(Part::Handle, row)
    }
}

impl Store {
    /// Keeps a start link. Refused if the enterprise is stopped or gone.
    pub async fn make_start(
        &self,
        start: &StartLink,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.start(start)?;
        let enterprise = Key::enterprise(start.enterprise);
        let is_open = open(Change::condition(IS_OPEN), &enterprise)?;
        transaction.check(Part::Enterprise, enterprise, is_open)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// A start link that a refusal hands over for an administrator, by whom it can be mended: kept, with its handle. Whoever is not
    /// registered yet is led through that first. None if the enterprise is stopped.
    pub async fn ready_link(
        &self,
        enterprise: &Enterprise,
        wanted: Wanted,
        (actor, occasion): (&Actor, Occasion<'_>),
    ) -> Result<Option<Handle>, StoreError> {
        let outcomes = self.outcomes(enterprise, None).await?;
        let whose = (enterprise.reseller, enterprise.id);
        let wanted = wanted.led_to(enterprise);
        let (start, handle) = StartLink::new(whose, wanted, outcomes, (occasion.now, occasion.random));
        match self.make_start(&start, &start.audit(actor, occasion), None).await? {
            Made::Done => Ok(Some(handle)),
            Made::Refused | Made::Repeated(_) => Ok(None),
        }
    }

    /// Where an outcome of `enterprise` goes that nobody gave an address for: where those of `request` go, or those of the
    /// last sign-in, or else the provider's events.
    pub async fn outcomes(
        &self,
        enterprise: &Enterprise,
        request: Option<ConsentRequestId>,
    ) -> Result<Option<RedirectUrl>, StoreError> {
        let granted = |action| {
            if let ActionState::Granted { request, .. } = enterprise.action(action) { Some(request) } else { None }
        };
        let known =
            request.or_else(|| granted(ActionType::LoginEnterpriseAdmin)).or_else(|| granted(ActionType::Registration));
        let request = match known {
            Some(id) => self.request(&id).await?,
            None => None,
        };
        match request.and_then(|request| request.redirect_url) {
            Some(known) => Ok(Some(known)),
            None => Ok(self.reseller(enterprise.reseller).await?.and_then(|reseller| reseller.events_url)),
        }
    }

    /// The start link of this hash.
    pub async fn start(&self, hash: &SecretHash) -> Result<Option<StartLink>, StoreError> {
        self.get(Key::start(hash)).await?.map(entity).transpose()
    }

    /// These requests, as far as they exist, in one round trip.
    pub async fn requests(&self, ids: &[ConsentRequestId]) -> Result<Vec<ConsentRequest>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.batch_get(ids.iter().map(Key::request).collect()).await?;
        found.into_iter().map(entity).collect()
    }

    /// Makes the requests of one screen of `enterprise`, together. A sign-in that is granted stays so, as it does where a link is
    /// minted: whoever goes away has taken nothing. False if it is stopped or gone, or if one of the actions
    /// is granted, being proved, no longer waiting for the provider by now, or asked for anew, or no longer, since it was read.
    pub async fn begin(
        &self,
        enterprise: &Enterprise,
        requests: &[ConsentRequest],
        audit: &AuditRow,
    ) -> Result<bool, StoreError> {
        let key = Key::enterprise(enterprise.id);
        let mut transaction = self.transaction();
        let (mut change, mut sets) = (Change::new("", IS_OPEN), Vec::new());
        for (at, request) in requests.iter().enumerate() {
            transaction.put_new(Part::Request, request_item(request)?)?;
            if request.action.proved_by() == ProvedBy::SignIn && enterprise.action(request.action).is_granted() {
                continue;
            }
            let (action, value) = (format!("#action{at}"), format!(":value{at}"));
            change = change.name(&action, request.action.name());
            if matches!(enterprise.action(request.action), ActionState::PendingConfirmation { .. }) {
                // Whoever waits for the provider goes on waiting; the further link is noted beside.
                sets.push(format!("actions.{action}.#next = {value}"));
                change = change
                    .and(&format!("actions.{action}.#status = :confirming"))
                    .and(IS_UNBOUND)
                    .name("#status", "status")
                    .name("#next", "next")
                    .value(":confirming", text("pending_confirmation"))
                    .value(&value, text(request.id.as_str()));
                continue;
            }
            let (since, asked_again) = (request.created_at, request.asked_again);
            let started = ActionState::Started { since, request: request.id.clone(), asked_again };
            sets.push(format!("actions.{action} = {value}"));
            change = change.value(&value, part(&key, &started)?);
            if request.action == ActionType::ServiceProviderManagement {
                // Whoever makes a link asks, too (R007).
                sets.push("managementRequestedAt = if_not_exists(managementRequestedAt, :asked)".to_owned());
                change = change.value(":asked", instant(since));
            }
            // What was withdrawn or reset since the plan was made is not begun by it.
            let (resets, asked) = (format!("resets.{action}"), format!(":resets{at}"));
            change = change.and(&format!("(attribute_not_exists({resets}) OR {resets} = {asked})"));
            change = change.value(&asked, number(request.resets));
            change = match proved_elsewhere(enterprise, request.action) {
                Some(stored) => {
                    let elsewhere = format!(":elsewhere{at}");
                    change.and(&format!("actions.{action} = {elsewhere}")).value(&elsewhere, part(&key, stored)?)
                }
                None => unproved(change, &action, request.action.proved_by()),
            };
        }
        if sets.is_empty() {
            transaction.check(Part::Action, key.clone(), open(change, &key)?)?;
        } else {
            change.update = format!("SET {}", sets.join(", "));
            transaction.update(Part::Action, key.clone(), open(change, &key)?)?;
        }
        transaction.audit(audit)?;
        let begun = self.commit(&transaction).await? == Committed::Done;
        if begun {
            count_started(u64::try_from(requests.len()).unwrap_or(u64::MAX));
        }
        Ok(begun)
    }
}

/// The grant of `action` that is stored and says nothing of this enterprise: it was proved in another tenant. As long as it stands, the
/// action may be begun.
fn proved_elsewhere(enterprise: &Enterprise, action: ActionType) -> Option<&ActionState> {
    let stored = enterprise.actions.get(&action)?;
    (stored.is_granted() && !enterprise.action(action).is_granted()).then_some(stored)
}

/// A new link takes nothing from what is granted, or from a sign-in with its grants that is being proved. That a grant of application
/// permissions is looked for holds nobody back, and a mere sign-in may be begun again and again.
fn unproved(change: Change, action: &str, proof: ProvedBy) -> Change {
    let granted = |change: Change| change.name("#status", "status").value(":granted", text("granted"));
    match proof {
        ProvedBy::SignIn | ProvedBy::AppRoles => {
            granted(change.and(&format!("NOT (actions.{action}.#status IN (:granted))")))
        }
        ProvedBy::Grants | ProvedBy::Membership => {
            let none = format!("NOT (actions.{action}.#status IN (:granted, :confirming, :verifying))");
            proved_words(change.and(&none)).value(":verifying", text("verifying"))
        }
    }
}
