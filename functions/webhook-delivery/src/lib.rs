//! The stream's function that sends: each outcome to its `redirectUrl`, signed, until a 2xx (R116).
//!
//! A delivery is claimed by one conditional write before it is sent, so a stream record that comes twice, or two
//! environments at once, send it once. What could not be sent is due again, by the schedule of Standard Webhooks.

mod guard;
mod send;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use onboarding_core::delivery::{Attempt, Body, Delivery, DeliveryStatus, Next};
use onboarding_core::id::{DeliveryId, EnterpriseId, ResellerId};
use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::seal::{Purpose, Unsealable};
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::stream::{Wake, Woken, wakes};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::batch;
use onboarding_lambda::panic::Panicked;
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

pub use guard::{Lookup, Reach};
pub use send::{ATTEMPT_TIMEOUT, Sender, SenderError};

/// What a delivery needs.
pub struct App {
    /// The table.
    pub store: Store,
    /// Webhook keys and sealing keys.
    pub secrets: Arc<Secrets>,
    /// The guarded HTTP client.
    pub sender: Sender,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Why a delivery could not be tried. Nothing is lost: the stream brings it again, and so does the sweep.
#[derive(Debug, Error)]
enum NotTried {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("the body does not open: {0}")]
    Body(#[from] Unsealable),
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl NotTried {
    /// Whether the next try may go better by itself. What does not pass counts as an attempt, so that it ends parked,
    /// where people look, instead of being tried for ever.
    const fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Secrets(error) => matches!(error, SecretsError::Unavailable | SecretsError::Contended(_)),
            Self::Body(_) | Self::Panicked(_) => false,
        }
    }
}

/// Sends all deliveries of a batch at once. Whoever could not be tried is reported back; the others are done.
pub async fn deliver(app: &App, event: &Event, deadline: Timestamp) -> DynamoDbEventResponse {
    let tries = wakes(event).into_iter().filter_map(|Wake { sequence, woken }| match woken {
        Woken::Delivery(reseller, id) => {
            Some((sequence, async move { deliver_one(app, (reseller, &id), deadline).await }))
        }
        Woken::Request(_) | Woken::Enterprise(_) | Woken::AwaitedRoles(_) | Woken::Connection(_) | Woken::Mail(_) => {
            None
        }
    });
    batch::tried("a delivery could not be tried", tries).await
}

/// Tries one delivery, and once more after the schedule's first wait if the invocation lasts that long.
async fn deliver_one(app: &App, id: (ResellerId, &DeliveryId), deadline: Timestamp) -> Result<(), NotTried> {
    loop {
        let Some(delivery) = app.store.claim_delivery(id, app.clock.now()).await? else { return Ok(()) };
        let attempt = match attempt(app, &delivery).await {
            Ok(attempt) => attempt,
            Err(error) if error.is_passing() => {
                app.store.release_delivery(&delivery).await?;
                return Err(error);
            }
            Err(error) => {
                tracing::error!(delivery.id = %delivery.id, error = %error, "a delivery cannot be made");
                Attempt::Failed { status: None, retry_after: None }
            }
        };
        let now = app.clock.now();
        let next = delivery.after(attempt, now);
        let recorded = app.store.finish_delivery(&delivery, (attempt, next), now).await?;
        log(&delivery, attempt, next, recorded);
        if recorded {
            count(&delivery, next, now);
        }
        match next {
            Next::RetryAt(at) if at.plus(ATTEMPT_TIMEOUT) < deadline => tokio::time::sleep(at.since(now)).await,
            Next::RetryAt(_) | Next::End(_) => return Ok(()),
        }
    }
}

async fn attempt(app: &App, delivery: &Delivery) -> Result<Attempt, NotTried> {
    let now = app.clock.now();
    let destination = app.store.destination(delivery).await?;
    if destination.disabled {
        return Ok(Attempt::Gone);
    }
    let listed = destination.reseller.filter(|reseller| delivery.url.is_listed(&reseller.redirect_hosts));
    let Some(reseller) = listed else { return Ok(Attempt::Unlisted) };
    let keys = app.secrets.webhook_keys(reseller.id, reseller.webhook_keys_changed_at, now).await?;
    let body = open(app, delivery, now).await?;
    let signature = sign::signature(keys.signing(now), &delivery.id, now, &body);
    let attempt = app.sender.post(&delivery.url, sign::headers(&delivery.id, now, &signature), body).await;
    if attempt == Attempt::Gone {
        app.store.disable_endpoint(delivery, now).await?;
    }
    Ok(attempt)
}

/// The body's bytes.
async fn open(app: &App, delivery: &Delivery, now: Timestamp) -> Result<Vec<u8>, NotTried> {
    match &delivery.body {
        Body::Sealed(sealed) => {
            let keys = app.secrets.sealing_keys_for(sealed, now).await?;
            Ok(keys.open(Purpose::DeliveryBody, delivery.id.as_str(), sealed, now)?)
        }
        Body::Plain(body) => Ok(body.clone().into_bytes()),
    }
}

fn log(delivery: &Delivery, attempt: Attempt, next: Next, recorded: bool) {
    let status = match next {
        Next::RetryAt(_) => "pending",
        Next::End(status) => status.word(),
    };
    tracing::info!(
        delivery.id = %delivery.id, delivery.event, delivery.attempts, attempt = attempt_word(attempt), status, recorded,
        reseller.id = delivery.reseller.get(), enterprise.id = delivery.enterprise.map(EnterpriseId::get), "delivery tried"
    );
}

/// Counts what came to an end: how old it was when it arrived, or that it is parked.
fn count(delivery: &Delivery, next: Next, now: Timestamp) {
    match next {
        Next::End(DeliveryStatus::Delivered) => {
            let value = now.since(delivery.created_at).as_secs();
            tracing::info!(target: TARGET, metric = Metric::WebhookAge.name(), value);
        }
        Next::End(DeliveryStatus::Parked) => {
            tracing::info!(target: TARGET, metric = Metric::WebhookParked.name(), value = 1_u64);
        }
        Next::RetryAt(_) | Next::End(DeliveryStatus::Pending | DeliveryStatus::Disabled) => {}
    }
}

const fn attempt_word(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::Accepted => "accepted",
        Attempt::Gone => "gone",
        Attempt::Failed { .. } => "failed",
        Attempt::Unlisted => "unlisted",
    }
}

/// How long an invocation lasts at most: a batch with its first retry.
pub const INVOCATION: Duration = Duration::from_secs(30);
