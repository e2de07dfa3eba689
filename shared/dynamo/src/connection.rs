//! Connections to Partner Center: one item each, replaced whole by each move if nobody has moved it since.

use onboarding_core::audit::AuditRow;
use onboarding_core::connection::lease::{LeaseRefusal, Leased};
use onboarding_core::connection::moved::Moved;
use onboarding_core::connection::{Connection, Step};
use onboarding_core::id::{ConnectionId, ResellerId};
use onboarding_core::idempotency::Once;
use onboarding_core::listing::{ConnectionPlace, PageSize};
use onboarding_core::secret::{SecretHash, hex};
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::idempotency::Made;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::table::OWNER_INDEX;
use crate::transaction::{Committed, Part};
use crate::update::Change;
use crate::value::{Item, number, text};
use crate::{Store, StoreError};

/// How often a connection that others moved meanwhile is read and leased again.
const ATTEMPTS: usize = 3;

/// Whether a connection was leased.
#[derive(Debug)]
pub enum Lease {
    /// It is ours, for a while.
    Won(Box<Leased>),
    /// It is not, and why; as it is.
    Refused(LeaseRefusal, Box<Connection>),
    /// There is none.
    Unknown,
}

/// Some of a provider's connections, oldest first.
#[derive(Clone, Debug)]
pub struct ListedConnections {
    /// They.
    pub connections: Vec<Connection>,
    /// Behind which the list goes on, if it does.
    pub next: Option<ConnectionPlace>,
}

impl Store {
    /// Makes a connection.
    pub async fn create_connection(
        &self,
        connection: &Connection,
        audit: &AuditRow,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.put_new(Part::Connection, owned_item(connection)?)?;
        transaction.audit(audit)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// A connection, whoever's it is.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.get(Key::connection(id)).await?.map(entity).transpose()
    }

    /// Leases a connection for a sign-in that completes `step`: of any number at once one wins, and of one code ever.
    pub async fn lease_connection_for(
        &self,
        id: &ConnectionId,
        step: (Step, u32),
        (code, now): (&SecretHash, Timestamp),
    ) -> Result<Lease, StoreError> {
        self.lease_by(id, |connection| connection.lease_for(step, code, now)).await
    }

    /// Leases a connection to look at its health, or to end it.
    pub async fn lease_connection(&self, id: &ConnectionId, now: Timestamp) -> Result<Lease, StoreError> {
        self.lease_by(id, |connection| connection.lease(now)).await
    }

    /// The same, to test it: from both consents it is being tested from now on.
    pub async fn lease_connection_to_test(&self, id: &ConnectionId, now: Timestamp) -> Result<Lease, StoreError> {
        self.lease_by(id, |connection| connection.begin_test(now)).await
    }

    async fn lease_by(
        &self,
        id: &ConnectionId,
        lease: impl Fn(Connection) -> Result<Leased, (LeaseRefusal, Box<Connection>)>,
    ) -> Result<Lease, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(connection) = self.connection(id).await? else { return Ok(Lease::Unknown) };
            let from = connection.version;
            let leased = match lease(connection) {
                Ok(leased) => leased,
                Err((why, connection)) => return Ok(Lease::Refused(why, connection)),
            };
            let mut transaction = self.transaction();
            transaction.put(Part::Connection, owned_item(leased.connection())?, unmoved(from))?;
            // An answer that got lost is asked for again under the same name: the lease is still ours.
            transaction.named(&hex(&self.random.bytes::<16>()));
            if self.commit(&transaction).await? == Committed::Done {
                return Ok(Lease::Won(Box::new(leased)));
            }
        }
        Err(StoreError::Contended)
    }

    /// Moves a connection, if nobody else has since: connection, audit row and what is told of it, together.
    pub async fn move_connection(&self, moved: &Moved) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        transaction.put(Part::Connection, owned_item(&moved.after)?, unmoved(moved.from))?;
        transaction.audit(&moved.audit)?;
        if let Some(delivery) = &moved.delivery {
            transaction.deliver(delivery)?;
        }
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// A page of a provider's connections, in the order of their making: one query of its own partition of the owner
    /// index, eventually consistent, 0.5 unit per 4 KB.
    pub async fn connections_of(
        &self,
        owner: ResellerId,
        after: Option<ConnectionPlace>,
        size: PageSize,
    ) -> Result<ListedConnections, StoreError> {
        // `!` sorts before every character of an id, so that the one that is done with is left out and no other.
        let from = after.map_or_else(|| "connection#".to_owned(), |after| format!("{}!", place(&after)));
        let query = self.client.query().table_name(&self.table).index_name(OWNER_INDEX);
        let query = query
            .key_condition_expression("OPK = :owner AND OSK BETWEEN :from AND :to")
            .expression_attribute_values(":owner", text(format!("reseller#{owner}")))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text("connection$"))
            // One more than the page holds tells whether there is another page.
            .limit(i32::try_from(size.get() + 1).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let connections: Result<Vec<Connection>, _> =
            answer.items.unwrap_or_default().into_iter().map(entity).collect();
        let mut connections = connections?;
        let more = answer.last_evaluated_key.is_some() || connections.len() > size.get();
        connections.truncate(size.get());
        let next = connections.last().filter(|_| more).map(ConnectionPlace::past);
        Ok(ListedConnections { connections, next })
    }
}

/// Nobody has moved the connection since it had `version`.
fn unmoved(version: u64) -> Change {
    Change::condition("version = :version").value(":version", number(version))
}

fn owned_item(connection: &Connection) -> Result<Item, StoreError> {
    let mut row = item(&Key::connection(&connection.id), connection)?;
    row.insert("OPK".to_owned(), text(format!("reseller#{}", connection.reseller)));
    row.insert("OSK".to_owned(), text(place(&ConnectionPlace::past(connection))));
    if let Some(at) = connection.due_at() {
        due(&mut row, &DueKind::Connection.partition(0), at);
    }
    Ok(row)
}

/// The place of a connection among its owner's: its id sorts by the time of its making.
fn place(place: &ConnectionPlace) -> String {
    format!("connection#{}", place.connection)
}
