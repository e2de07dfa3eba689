//! What a reading of a tenant shows beside the consent that it was made for: consents that are gone, and consents that
//! the same screen granted.

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::consent::{ConsentRequest, Context};
use onboarding_core::drift::{self, Drift, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::proof::application::{self, Judgement, View};
use onboarding_core::reseller::Reseller;

use crate::key::Key;
use crate::row::part;
use crate::transaction::Part;
use crate::update::Change;
use crate::value::text;
use crate::{Store, StoreError};

/// Beside what a reading was made.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The link that it was made for.
    pub request: &'a ConsentRequest,
    /// Its enterprise and provider, as they were read before.
    pub parties: (&'a Enterprise, &'a Reseller),
    /// Our registrations.
    pub clients: &'a ApplicationClients,
}

impl Store {
    /// Records every granted action that is gone, each in a transaction of its own. One that has changed meanwhile is
    /// left to whoever changed it.
    pub async fn note_drifts(
        &self,
        beside: Beside<'_>,
        seen: Option<Seen<'_>>,
        context: Context<'_>,
    ) -> Result<(), StoreError> {
        let Some(seen) = seen else { return Ok(()) };
        for drift in drift::drifts(beside.parties, seen, (beside.clients, beside.request.action), context) {
            tracing::warn!(enterprise.id = %drift.enterprise, action = %drift.action, "a consent is gone");
            self.record_drift(&drift).await?;
        }
        Ok(())
    }

    async fn record_drift(&self, drift: &Drift) -> Result<(), StoreError> {
        let key = Key::enterprise(drift.enterprise);
        let still = "actions.#action.#status = :granted AND actions.#action.#request = :request";
        let change = Change::new("SET actions.#action = :state", still)
            .name("#action", drift.action.name())
            .name("#status", "status")
            .name("#request", "request")
            .value(":granted", text("granted"))
            .value(":request", text(drift.granted_by.as_str()))
            .value(":state", part(&key, &drift.state)?);
        let mut transaction = self.transaction();
        transaction.update(Part::Action, key, change)?;
        if let Some(delivery) = &drift.delivery {
            transaction.deliver(delivery)?;
        }
        transaction.audit(&drift.audit)?;
        self.commit(&transaction).await.map(drop)
    }

    /// Grants the other actions of the same registration that are asked for and that `view` shows: they share one screen.
    pub async fn grant_along(&self, beside: Beside<'_>, view: &View, context: Context<'_>) -> Result<(), StoreError> {
        let Beside { request, parties: (enterprise, _), clients } = beside;
        let Some(tenant) = request.pin else { return Ok(()) };
        for action in clients.beside(request.action).filter(|action| enterprise.is_asked_for(*action)) {
            let judgement = application::judge((action, clients.of(action)), tenant, view);
            let Judgement::Assigned(assigned) = judgement else { continue };
            let own = match enterprise.action(action).link() {
                Some(id) => self.request(id).await?.filter(|own| own.is_unused(context.occasion.now)),
                None => None,
            };
            let is_new = own.is_none();
            let link = own.unwrap_or_else(|| request.for_another(action, context));
            if let Some(record) = link.granted_along(is_new, &assigned, context) {
                self.record(&record).await?;
            }
        }
        Ok(())
    }
}
