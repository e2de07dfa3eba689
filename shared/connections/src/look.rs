//! One look at a connection, by whoever has the lease: what it finds is recorded, and told where it is news.

use onboarding_core::audit::{Actor, Occasion};
use onboarding_core::connection::health::Remedy;
use onboarding_core::connection::lease::LeaseRefusal;
use onboarding_core::connection::looked::Look;
use onboarding_core::connection::tell::Telling;
use onboarding_core::connection::{Connection, State, Step};
use onboarding_core::id::ConnectionId;
use onboarding_dynamo::StoreError;
use onboarding_dynamo::connection::Lease;
use onboarding_secrets::SecretsError;
use thiserror::Error;

use crate::{Connections, Examined, LinkError, count};

/// How a look ended.
#[derive(Debug)]
pub enum Lookout {
    /// It is recorded; the connection from now on.
    Seen(Examined, Box<Connection>),
    /// Somebody else is at work.
    Busy,
    /// It took too long, and somebody else went on meanwhile.
    Overtaken,
    /// It was disconnected; how it is now.
    Ended(Box<Connection>),
    /// There is no such connection.
    Unknown,
}

/// Why nothing could be looked at. The connection is as it was.
#[derive(Debug, Error)]
pub enum NotLooked {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secret store.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The service provider of a connection is not there.
    #[error("the service provider of the connection does not exist")]
    NoReseller,
}

impl Connections {
    /// Leases a connection of which both consents are given, looks at it, and records what was found.
    pub async fn look(&self, id: &ConnectionId, actor: &Actor, occasion: Occasion<'_>) -> Result<Lookout, NotLooked> {
        let leased = match self.store.lease_connection_to_test(id, occasion.now).await? {
            Lease::Won(leased) => *leased,
            Lease::Refused(LeaseRefusal::Ended, connection) => return Ok(Lookout::Ended(connection)),
            Lease::Refused(..) => return Ok(Lookout::Busy),
            Lease::Unknown => return Ok(Lookout::Unknown),
        };
        let connection = leased.connection();
        let was_broken = matches!(connection.state, State::Broken { .. });
        let at = (occasion.now, occasion.random);
        let (examined, reseller) =
            tokio::join!(self.examine(connection, Some(&leased), at), self.store.reseller(connection.reseller));
        let examined = match examined {
            Ok(examined) => examined,
            Err(fault) => {
                self.store.move_connection(&leased.put_off(actor, occasion)).await?;
                return Err(fault.into());
            }
        };
        let reseller = reseller?.ok_or(NotLooked::NoReseller)?;
        let keys = self.secrets.sealing_keys(occasion.now).await?;
        let link = self.mending_link(connection, &examined, occasion).await?;
        let telling = Telling { reseller: &reseller, keys: &keys, link: link.as_deref(), occasion };
        let look = Look { verdict: &examined.verdict, token: examined.token, actor };
        let moved = leased.conclude(look, telling);
        if self.store.move_connection(&moved).await? {
            count::looked(was_broken, &moved.after.state);
            Ok(Lookout::Seen(examined, Box::new(moved.after)))
        } else {
            Ok(Lookout::Overtaken)
        }
    }

    /// The link of the step that must be done again, if one must.
    async fn mending_link(
        &self,
        connection: &Connection,
        examined: &Examined,
        occasion: Occasion<'_>,
    ) -> Result<Option<String>, SecretsError> {
        let step = match examined.verdict.remedy {
            Some(Remedy::AdminConsent) => Step::Admin,
            Some(Remedy::UserConsent) => Step::User,
            Some(Remedy::Test | Remedy::Operator | Remedy::Wait) | None => return Ok(None),
        };
        match self.link(connection, step, (occasion.now, occasion.random)).await {
            Ok(link) => Ok(Some(link)),
            Err(LinkError::Secrets(fault)) => Err(fault),
            Err(LinkError::OtherCloud | LinkError::TooEarly | LinkError::Ended) => Ok(None),
        }
    }
}
