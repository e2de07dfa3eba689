//! The function that the platform team invokes, by hand or by a schedule, to replace the sealing key.
//!
//! Invoking it again while a rotation is under way changes nothing, so that a lost answer or a schedule that fires twice
//! does no harm.

use std::sync::Arc;

use onboarding_core::random::Random;
use onboarding_core::seal::rotation::Rotation;
use onboarding_core::time::Clock;
use onboarding_secrets::{Secrets, SecretsError};

/// What a rotation needs.
pub struct App {
    /// The sealing keys.
    pub secrets: Arc<Secrets>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// For the new key.
    pub random: Arc<dyn Random>,
}

/// Makes a new sealing key, or tells of the one that does not seal yet; answers when it takes effect.
pub async fn rotate(app: &App) -> Result<Rotation, SecretsError> {
    let rotation = app.secrets.rotate_sealing_keys(app.clock.now(), app.random.as_ref()).await?;
    let until = rotation.former_opens_until.map(|end| end.to_string());
    tracing::info!(seals_from = %rotation.seals_from, former_opens_until = until, "the sealing key is being replaced");
    Ok(rotation)
}
