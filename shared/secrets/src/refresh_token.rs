//! The refresh tokens of connections: one secret for each, in the secret store alone (R190).
//!
//! Whoever writes holds the lease of the connection and names the version after it, so a write that is made again is the
//! same write, and none that was overtaken is taken for a new one.

use onboarding_core::id::ConnectionId;
use onboarding_core::secret::SecretHash;
use secrecy::SecretString;

use crate::{Secrets, SecretsError};

impl Secrets {
    /// The token of a connection, as it is now: it is never kept in memory, as another function may replace it.
    pub async fn refresh_token(&self, connection: &ConnectionId) -> Result<SecretString, SecretsError> {
        self.store.read(&name(connection)).await
    }

    /// Stores the token of a connection, the first or a later one, as `version`.
    pub async fn put_refresh_token(
        &self,
        connection: &ConnectionId,
        token: &SecretString,
        version: &SecretHash,
    ) -> Result<(), SecretsError> {
        self.store.put_version(&name(connection), token, version.as_str()).await
    }

    /// Removes the token of a connection at once, and looks whether it is gone.
    pub async fn discard_refresh_token(&self, connection: &ConnectionId) -> Result<(), SecretsError> {
        let name = name(connection);
        match self.store.read(&name).await {
            Err(SecretsError::Absent(_)) => return Ok(()),
            Ok(_) => self.store.delete(&name).await?,
            Err(fault) => return Err(fault),
        }
        match self.store.read(&name).await {
            Err(SecretsError::Absent(_)) => Ok(()),
            Ok(_) => Err(SecretsError::AlreadyExists(self.store.full(&name))),
            Err(fault) => Err(fault),
        }
    }
}

fn name(connection: &ConnectionId) -> String {
    format!("refresh-token/{connection}")
}
