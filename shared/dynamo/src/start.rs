//! Start links, and the requests of a screen that somebody begins by one.

use onboarding_core::action::{ActionState, ActionType, ProvedBy};
use onboarding_core::audit::AuditRow;
use onboarding_core::consent::ConsentRequest;
use onboarding_core::id::ConsentRequestId;
use onboarding_core::idempotency::Once;
use onboarding_core::secret::SecretHash;
use onboarding_core::start::StartLink;

use crate::consent::{IS_OPEN, open, proved_words, request_item};
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

    /// Makes the requests of one screen, together. False if the enterprise is stopped or gone, or if one of the actions
    /// is granted or being proved by now.
    pub async fn begin(&self, requests: &[ConsentRequest], audit: &AuditRow) -> Result<bool, StoreError> {
        let Some(first) = requests.first() else { return Ok(false) };
        let key = Key::enterprise(first.enterprise);
        let mut transaction = self.transaction();
        let (mut change, mut sets) = (open(Change::new("", IS_OPEN), &key)?, Vec::new());
        for (number, request) in requests.iter().enumerate() {
            transaction.put_new(Part::Request, request_item(request)?)?;
            let (since, asked_again) = (request.created_at, request.asked_again);
            let started = ActionState::Started { since, request: request.id.clone(), asked_again };
            let (action, state) = (format!("#action{number}"), format!(":state{number}"));
            sets.push(format!("actions.{action} = {state}"));
            if request.action == ActionType::ServiceProviderManagement {
                // Whoever makes a link asks, too (R007).
                sets.push("managementRequestedAt = if_not_exists(managementRequestedAt, :asked)".to_owned());
                change = change.value(":asked", instant(since));
            }
            // A sign-in may be begun again and again.
            if request.action.proved_by() != ProvedBy::SignIn {
                let unproved = format!("NOT (actions.{action}.#status IN (:granted, :confirming, :verifying))");
                change = proved_words(change.and(&unproved)).value(":verifying", text("verifying"));
            }
            change = change.name(&action, request.action.name()).value(&state, part(&key, &started)?);
        }
        change.update = format!("SET {}", sets.join(", "));
        transaction.update(Part::Action, key, change)?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }
}
