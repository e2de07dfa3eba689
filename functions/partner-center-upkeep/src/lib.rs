//! The stream's function that looks after connections to Partner Center: daily, so that a token never goes idle and whatever
//! ends its access is noticed (R197), and wherever somebody left in the middle of something.
//!
//! It is woken by the sweep, through the table's stream. Of two that are woken at once one has the lease.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use onboarding_connections::{Connections, NotLooked};
use onboarding_core::audit::{Actor, Occasion};
use onboarding_core::connection::State;
use onboarding_core::id::ConnectionId;
use onboarding_core::random::Random;
use onboarding_core::time::Clock;
use onboarding_dynamo::StoreError;
use onboarding_dynamo::connection::Lease;
use onboarding_dynamo::stream::{Wake, Woken, wakes};
use onboarding_lambda::batch;
use onboarding_lambda::panic::Panicked;
use onboarding_secrets::SecretsError;
use thiserror::Error;

/// As the audit trail names it.
const SELF: Actor = Actor::System("partner-center-upkeep");

/// What it needs.
pub struct App {
    /// Table, secrets and Microsoft.
    pub connections: Connections,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// For ids and nonces.
    pub random: Arc<dyn Random>,
}

/// Why a connection could not be looked after. It stays due.
#[derive(Debug, Error)]
enum NotKept {
    #[error(transparent)]
    Looked(#[from] NotLooked),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Looks after every connection that a batch of the stream names.
pub async fn keep(app: &App, event: &Event) -> DynamoDbEventResponse {
    let mine = wakes(event).into_iter().filter_map(|Wake { sequence, woken }| match woken {
        Woken::Connection(id) => Some((sequence, id)),
        Woken::Delivery(..) | Woken::Mail(_) | Woken::Request(_) | Woken::Enterprise(_) | Woken::AwaitedRoles(_) => {
            None
        }
    });
    let looks = mine.map(|(sequence, id)| (sequence, async move { keep_one(app, &id).await }));
    batch::tried("a connection could not be looked after", looks).await
}

async fn keep_one(app: &App, id: &ConnectionId) -> Result<(), NotKept> {
    let connections = &app.connections;
    let occasion = Occasion { now: app.clock.now(), reference: None, random: app.random.as_ref() };
    let Some(connection) = connections.store.connection(id).await? else { return Ok(()) };
    if connection.due_at().is_none_or(|at| occasion.now < at) {
        return Ok(());
    }
    match connection.state {
        State::Testing { .. } | State::Ready { .. } | State::Degraded { .. } | State::Broken { .. } => {
            connections.look(id, &SELF, occasion).await?;
            Ok(())
        }
        State::Draft | State::AdminConsented { .. } | State::UserConsented { .. } | State::Disconnected { .. } => {
            tidy(app, id, occasion).await
        }
    }
}

/// Somebody left in the middle: whatever token was stored that no connection knows of is taken back (P8).
async fn tidy(app: &App, id: &ConnectionId, occasion: Occasion<'_>) -> Result<(), NotKept> {
    let connections = &app.connections;
    let Lease::Won(leased) = connections.store.lease_connection(id, occasion.now).await? else { return Ok(()) };
    if leased.connection().state.both().is_none() {
        connections.secrets.discard_refresh_token(id).await?;
    }
    connections.store.move_connection(&leased.give_back(&SELF, occasion)).await?;
    Ok(())
}
