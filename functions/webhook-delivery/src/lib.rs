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
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::join_all;
use onboarding_core::delivery::{Attempt, Delivery, Next, after};
use onboarding_core::id::DeliveryId;
use onboarding_core::seal::{Purpose, Unsealable};
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::stream::{Woken, wakes};
use onboarding_dynamo::{Store, StoreError};
use onboarding_secrets::{Secrets, SecretsError};
use thiserror::Error;

pub use guard::Reach;
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
}

/// Sends all deliveries of a batch at once. Whoever could not be tried is reported back; the others are done.
pub async fn deliver(app: &App, batch: &Event, deadline: Timestamp) -> DynamoDbEventResponse {
    let wakes = wakes(batch);
    let tried = wakes.iter().filter_map(|wake| match &wake.woken {
        Woken::Delivery(id) => Some(async move { (wake, deliver_one(app, id, deadline).await) }),
        Woken::Request(_) => None,
    });
    let mut response = DynamoDbEventResponse::default();
    for (wake, tried) in join_all(tried).await {
        if let Err(error) = tried {
            tracing::error!(error = %error, "a delivery could not be tried");
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(wake.sequence.clone());
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// Tries one delivery, and once more after the schedule's first wait if the invocation lasts that long.
async fn deliver_one(app: &App, id: &DeliveryId, deadline: Timestamp) -> Result<(), NotTried> {
    loop {
        let Some(delivery) = app.store.claim_delivery(id, app.clock.now()).await? else { return Ok(()) };
        let attempt = attempt(app, &delivery).await?;
        let now = app.clock.now();
        let next = after(attempt, delivery.attempts, now);
        app.store.finish_delivery(&delivery, next, now).await?;
        tracing::info!(
            delivery.id = %delivery.id, delivery.event, delivery.attempts, attempt = attempt_word(attempt),
            reseller.id = %delivery.reseller, enterprise.id = %delivery.enterprise, "delivery tried"
        );
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
    if !destination.reseller.is_some_and(|reseller| delivery.url.is_listed(&reseller.redirect_hosts)) {
        return Ok(Attempt::Unlisted);
    }
    let keys = app.secrets.webhook_keys(delivery.reseller, now).await?;
    let body = open(app, delivery, now).await?;
    let signature = sign::signature(keys.signing(now), &delivery.id, now, &body);
    let attempt = app.sender.post(&delivery.url, sign::headers(&delivery.id, now, &signature), body).await;
    if attempt == Attempt::Gone {
        app.store.disable_endpoint(delivery, now).await?;
    }
    Ok(attempt)
}

/// The body's bytes. A body sealed with a key that is newer than ours is opened after one more reading of the keys.
async fn open(app: &App, delivery: &Delivery, now: Timestamp) -> Result<Vec<u8>, NotTried> {
    let (context, sealed) = (delivery.id.as_str(), delivery.sealed_body.as_str());
    let keys = app.secrets.sealing_keys(now).await?;
    match keys.open(Purpose::DeliveryBody, context, sealed, now) {
        Err(Unsealable::UnknownKey) => {
            let keys = app.secrets.sealing_keys_after_miss(now).await?;
            Ok(keys.open(Purpose::DeliveryBody, context, sealed, now)?)
        }
        opened => Ok(opened?),
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
