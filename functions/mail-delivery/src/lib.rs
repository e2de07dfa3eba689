//! The function that sends mail: each mail of the outbox, through SES, until it is taken or given up (R147, R160); and that
//! records what SES tells of it afterwards (R159).
//!
//! A mail is claimed by one conditional write before it is sent, so a stream record that comes twice, or two environments
//! at once, send it once. A process that dies between the sending and the record of it leaves a claim that runs out: then
//! the mail is sent again, with the same id in its header. What could not be sent is due again, by the schedule.

mod letter;
mod text;

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use onboarding_core::audit::Occasion;
use onboarding_core::id::MailId;
use onboarding_core::invitation::Untold;
use onboarding_core::mail::{Addressed, Attempt, Invites, Letter, Mail, Next, Undeliverable, UnreadableMail, after};
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::random::Random;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::mail::Undelivered;
use onboarding_dynamo::stream::{Wake, Woken, wakes};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::batch;
use onboarding_lambda::panic::Panicked;
use onboarding_mail::{Feedback, Finished, Mailer};
use onboarding_secrets::{Secrets, SecretsError};
use serde::Deserialize;
use thiserror::Error;

use crate::letter::NotRendered;

/// What sending mail needs.
pub struct App {
    /// The table.
    pub store: Store,
    /// Sealing keys.
    pub secrets: Arc<Secrets>,
    /// SES.
    pub mailer: Mailer,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// For the ids of events and audit rows.
    pub random: Arc<dyn Random>,
}

/// Why a mail could not be tried. Nothing is lost: the stream brings it again, and so does the sweep.
#[derive(Debug, Error)]
enum NotTried {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Unreadable(#[from] UnreadableMail),
    #[error(transparent)]
    NotRendered(#[from] NotRendered),
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl NotTried {
    /// Whether the next try may go better by itself. What does not pass ends the mail with its reason, where people look.
    const fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Secrets(error) => matches!(error, SecretsError::Unavailable | SecretsError::Contended(_)),
            Self::Unreadable(_) | Self::NotRendered(_) | Self::Panicked(_) => false,
        }
    }
}

/// What invokes the function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Invocation {
    /// SES, by way of `EventBridge`.
    Told(Feedback),
    /// The table's stream.
    Batch(Event),
}

/// What SES told could not be recorded. It is told again.
#[derive(Debug, Error)]
pub enum NotRecorded {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// That the mail was sent is not recorded yet.
    #[error("the mail is still being sent")]
    BeingSent,
}

/// Records what SES tells of a mail that it took (R159). What is told twice, or of a mail that is gone, changes nothing.
pub async fn told(app: &App, feedback: &Feedback) -> Result<(), NotRecorded> {
    let Some((id, reason)) = feedback.undelivered() else { return Ok(()) };
    let Some(mail) = app.store.mail(&id).await? else { return Ok(()) };
    let now = app.clock.now();
    let untold = untold(app, &mail, reason, now).await?;
    match app.store.undelivered_mail(&id, reason, untold.as_ref(), now).await? {
        Undelivered::Recorded => {
            // A wrong address is its provider's matter, who is told; nothing here is broken.
            tracing::warn!(mail.id = %id, reason = reason.word(), "nobody gets a mail that was sent");
            Ok(())
        }
        Undelivered::BeingSent => Err(NotRecorded::BeingSent),
        Undelivered::Ended => Ok(()),
    }
}

/// Sends all mails of a batch at once. Whoever could not be tried is reported back; the others are done.
pub async fn deliver(app: &App, event: &Event) -> DynamoDbEventResponse {
    let tries = wakes(event).into_iter().filter_map(|Wake { sequence, woken }| match woken {
        Woken::Mail(id) => Some((sequence, async move { deliver_one(app, &id).await })),
        Woken::Delivery(..)
        | Woken::Request(_)
        | Woken::Enterprise(_)
        | Woken::AwaitedRoles(_)
        | Woken::Connection(_) => None,
    });
    batch::tried("a mail could not be tried", tries).await
}

async fn deliver_one(app: &App, id: &MailId) -> Result<(), NotTried> {
    let Some(mail) = app.store.claim_mail(id, app.clock.now()).await? else { return Ok(()) };
    let attempt = match finished(app, &mail, app.clock.now()).await {
        Ok(Some(finished)) => app.mailer.send(&finished).await,
        Ok(None) => Attempt::NotNeeded,
        Err(error) if error.is_passing() => {
            app.store.release_mail(&mail).await?;
            return Err(error);
        }
        Err(error) => {
            tracing::error!(mail.id = %mail.id, error = %error, "a mail cannot be made");
            Attempt::Hopeless(Undeliverable::Unreadable)
        }
    };
    let now = app.clock.now();
    let next = after(attempt, mail.attempts, now);
    let reason = if let Next::End(state) = next { state.reason() } else { None };
    let untold = match reason {
        Some(reason) => untold(app, &mail, reason, now).await?,
        None => None,
    };
    let recorded = app.store.finish_mail(&mail, next, untold.as_ref(), now).await?;
    log(&mail, next, recorded);
    if recorded && reason.is_some() {
        tracing::info!(target: TARGET, metric = Metric::MailUndeliverable.name(), value = 1_u64);
    }
    Ok(())
}

/// The mail as it goes out; none if there is no need of it any more.
async fn finished(app: &App, mail: &Mail, now: Timestamp) -> Result<Option<Finished>, NotTried> {
    let keys = app.secrets.sealing_keys_for(&mail.sealed, now).await?;
    let Addressed { to, letter } = Addressed::open(mail, &keys, now)?;
    let Some(letter) = as_of_now(app, letter, now).await? else { return Ok(None) };
    Ok(Some(letter::finished(&mail.id, Addressed { to, letter })?))
}

/// The letter with what is true now. A reminder waits for days: it asks for what is still missing then, and is not sent where nothing
/// is to be asked.
async fn as_of_now(app: &App, letter: Letter, now: Timestamp) -> Result<Option<Letter>, StoreError> {
    let Letter::Reminder { of, invites } = letter else { return Ok(Some(letter)) };
    let reminding = app.store.reminding(&of).await?;
    let asks = reminding.and_then(|reminding| reminding.asks(&invites.code.hash(), now));
    Ok(asks.map(|asks| Letter::Reminder { of, invites: Invites { asks, ..invites } }))
}

/// What is told when nobody gets `mail`: of an invitation its provider is, once.
async fn untold(app: &App, mail: &Mail, reason: Undeliverable, now: Timestamp) -> Result<Option<Untold>, StoreError> {
    let Some(of) = &mail.invitation else { return Ok(None) };
    let Some(invitation) = app.store.invitation(of).await? else { return Ok(None) };
    let Some(reseller) = app.store.reseller(invitation.reseller).await? else { return Ok(None) };
    let occasion = Occasion { now, reference: None, random: app.random.as_ref() };
    Ok(invitation.undelivered((mail, reason), reseller.events_url.as_ref(), occasion))
}

fn log(mail: &Mail, next: Next, recorded: bool) {
    let (status, reason) = match next {
        Next::RetryAt(_) => ("pending", None),
        Next::End(state) => (state.word(), state.reason().map(Undeliverable::word)),
    };
    tracing::info!(
        mail.id = %mail.id, mail.letter = mail.letter.word(), mail.attempts, status, reason, recorded,
        reseller.id = mail.reseller.get(), "mail tried"
    );
}
