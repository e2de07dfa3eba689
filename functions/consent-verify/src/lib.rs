//! The stream's function that proves: reads Microsoft Graph again for every consent whose proof is open.
//!
//! It is woken by the sweep, through the table's stream. A request whose lease ran out without an answer ends here
//! too, so that nothing stays half done (P3).

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::join_all;
use onboarding_core::advice::Code;
use onboarding_core::audit::Occasion;
use onboarding_core::consent::{Context, Leased, Verifying};
use onboarding_core::id::ConsentRequestId;
use onboarding_core::proof::{Judgement, Policy, judge};
use onboarding_core::random::Random;
use onboarding_core::seal::{SealingKeys, Unsealable};
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::stream::{Woken, wakes};
use onboarding_dynamo::{Store, StoreError};
use onboarding_microsoft::Microsoft;
use onboarding_secrets::{Secrets, SecretsError};
use secrecy::SecretString;
use thiserror::Error;

/// How long one reading of Graph may take.
const READ_BUDGET: Duration = Duration::from_secs(10);

/// What a verification needs.
pub struct App {
    /// The table.
    pub store: Store,
    /// Sealing keys.
    pub secrets: Arc<Secrets>,
    /// Graph.
    pub microsoft: Arc<Microsoft>,
    /// Whose consent counts.
    pub policy: Policy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// For ids and nonces.
    pub random: Arc<dyn Random>,
}

/// Why a request could not be looked at. It stays due.
#[derive(Debug, Error)]
enum NotVerified {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Looks after every request that a batch of the stream names.
pub async fn verify(app: &App, batch: &Event) -> DynamoDbEventResponse {
    let wakes = wakes(batch);
    let looked_after = wakes.iter().filter_map(|wake| match &wake.woken {
        Woken::Request(id) => Some(Box::pin(async move { (wake, Box::pin(verify_one(app, id)).await) })),
        Woken::Delivery(_) => None,
    });
    let mut response = DynamoDbEventResponse::default();
    for (wake, looked_after) in join_all(looked_after).await {
        if let Err(error) = looked_after {
            tracing::error!(error = %error, "a consent could not be verified");
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(wake.sequence.clone());
            response.batch_item_failures.push(failure);
        }
    }
    response
}

async fn verify_one(app: &App, id: &ConsentRequestId) -> Result<(), NotVerified> {
    let Some(request) = app.store.request(id).await? else { return Ok(()) };
    let now = app.clock.now();
    let keys = app.secrets.sealing_keys(now).await?;
    if let Some(leased) = Leased::of(request.clone()) {
        if leased.has_ended(now) {
            app.store.record(&leased.fail(Code::SignInInterrupted, None, context(app, &keys, now))).await?;
        }
        return Ok(());
    }
    let Some(verifying) = Verifying::of(request) else { return Ok(()) };
    let verifying = app.store.pinned(verifying).await?;
    let (token, keys) = access_token(app, &verifying, keys, now).await?;
    let context = context(app, &keys, now);
    let Some(token) = token else {
        app.store.record(&verifying.refuse(Code::ProofUnreadable, None, context)).await?;
        return Ok(());
    };
    let judgement = read(app, &verifying, &token).await;
    let recorded = app.store.conclude(verifying.conclude(judgement, &token, context), context).await?;
    tracing::info!(consent.request = %id, recorded = ?recorded, "consent looked at again");
    Ok(())
}

async fn read(app: &App, verifying: &Verifying, token: &SecretString) -> Judgement {
    let view = app.microsoft.read_back(token, READ_BUDGET).await;
    judge(verifying.question(), &view, app.policy, app.clock.now())
}

/// The signer's token; `None` where it has ended, or cannot be opened with any key that there is.
async fn access_token(
    app: &App,
    verifying: &Verifying,
    keys: Arc<SealingKeys>,
    now: Timestamp,
) -> Result<(Option<SecretString>, Arc<SealingKeys>), NotVerified> {
    match verifying.access_token(&keys, now) {
        Ok(token) => Ok((token, keys)),
        Err(Unsealable::UnknownKey) => {
            let keys = app.secrets.sealing_keys_after_miss(now).await?;
            Ok((verifying.access_token(&keys, now).unwrap_or_default(), keys))
        }
        Err(Unsealable::Malformed | Unsealable::Forged) => Ok((None, keys)),
    }
}

fn context<'a>(app: &'a App, keys: &'a SealingKeys, now: Timestamp) -> Context<'a> {
    let occasion = Occasion { now, reference: None, random: app.random.as_ref() };
    Context { keys, occasion, authority_host: app.microsoft.settings().endpoints.authority_host() }
}
