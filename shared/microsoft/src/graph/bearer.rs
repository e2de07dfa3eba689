//! Whose a token is: asked of Graph, for a token that somebody sent back.

use std::time::Duration;

use onboarding_core::cloud::Endpoints;
use onboarding_core::id::ObjectId;
use onboarding_core::identity::Signer;
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;

use super::wire::{Unread, Wire};
use super::{ORGANIZATION, named, organization};

const ME: &str = "me";

/// Who Graph says that bears a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// This person.
    Known(Signer),
    /// Graph does not take the token.
    Refused,
    /// Graph could not be read.
    Unread,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: ObjectId,
    user_principal_name: Option<String>,
}

/// Asks once, within `budget`.
pub(crate) async fn bearer(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    budget: Duration,
) -> Bearer {
    match ask(http, endpoints, access_token, budget).await {
        Ok(signer) => Bearer::Known(signer),
        Err(why) => {
            tracing::warn!(%why, "whose token it is could not be read from Microsoft Graph");
            let refused =
                matches!(why, Unread::Token | Unread::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
            if refused { Bearer::Refused } else { Bearer::Unread }
        }
    }
}

async fn ask(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    budget: Duration,
) -> Result<Signer, Unread> {
    let wire = Wire::new(http, endpoints, access_token, budget)?;
    let parts = [
        named(ME, "/me?$select=id,userPrincipalName".to_owned()),
        named(ORGANIZATION, "/organization?$select=id,displayName".to_owned()),
    ];
    let batch = wire.batch(&parts).await?;
    let Person { id, user_principal_name } = batch.part(ME)?;
    Ok(Signer { tenant: organization(&batch)?.id, object: id, user_principal_name })
}
