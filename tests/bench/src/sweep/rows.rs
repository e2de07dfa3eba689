//! Invitations as the product writes them, as many as are wanted, put into the table directly.

use std::time::Duration;

use dynoxide::{AttributeValue, Database, ImportOptions, Item};
use onboarding_core::audit::{Actor, Occasion};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{EnterpriseId, InvitationId};
use onboarding_core::invitation::{Invitation, NewInvitation, OpenInvitations, Sender, Sent};
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::reseller::Reseller;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::Store;
use onboarding_dynamo::due::DueKind;
use onboarding_dynamo::idempotency::Made;
use onboarding_dynamo::invitation::{Sending, shard};
use serde_json::{Value, json};

use super::progress::Progress;
use crate::error::Error;
use crate::world::{self, ENTERPRISE, RESELLER, TABLE};

/// How many rows go into the table at once.
const CHUNK: usize = 10_000;
/// How many enterprises share the invitations.
const ENTERPRISES: usize = 10_000;
/// Over how long the ends of what is due are spread: an outage of days.
const OUTAGE: Duration = Duration::from_hours(3 * 24);
/// How long ago the last of them was, at least.
const OVER: Duration = Duration::from_mins(1);
/// From when on the others end, and over how long that is spread.
const LATER: (Duration, Duration) = (Duration::from_hours(24), Duration::from_hours(29 * 24));

/// One invitation as the product writes it, of which others are made.
pub(crate) struct Mould {
    invitation: Invitation,
    row: Item,
}

impl Mould {
    /// Makes one by the product's own hands, in a table that gets its enterprise and service provider, who wants to be told.
    pub(crate) async fn make(database: &Database, store: &Store, now: Timestamp) -> Result<Self, Error> {
        let events_url = world::read(json!("https://hooks.example.com/events"))?;
        let reseller = Reseller { events_url: Some(events_url), ..world::reseller(world::number(RESELLER)?, now)? };
        let enterprise = Enterprise::create(world::number(ENTERPRISE)?, reseller.id, world::profile()?, now);
        let provider = world::row(&format!("reseller#{RESELLER}"), "reseller", &reseller)?;
        let customer = world::row(&format!("enterprise#{ENTERPRISE}"), "enterprise", &enterprise)?;
        put(database, vec![item(provider)?, item(customer)?])?;
        let sent = sent(&enterprise, &reseller, now)?;
        let invitation = sent.invitation.clone();
        let (before, after) = (OpenInvitations::default(), OpenInvitations::first(&invitation));
        let made = store.invite(Sending::from(&sent), (&before, &after), None, None).await;
        if !matches!(made, Ok(Made::Done)) {
            return Err(Error::World(format!("no invitation was made: {made:?}")));
        }
        let wanted = json!({"TableName": TABLE, "Key": {
            "PK": {"S": format!("invitation#{}", invitation.id)}, "SK": {"S": "invitation"}}});
        let read = database.get_item(world::read(wanted)?).map_err(|fault| Error::Table(fault.to_string()))?;
        let row = read.item.ok_or_else(|| Error::World("the invitation is not where it should be".to_owned()))?;
        Ok(Self { invitation, row })
    }

    /// Puts `count` invitations into the table that are due, or that are pending yet; which.
    pub(crate) fn fill(
        &self,
        database: &Database,
        (count, due): (usize, bool),
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Vec<InvitationId>, Error> {
        let mut ids = Vec::new();
        let mut progress = Progress::new("filling the table", count);
        while ids.len() < count {
            let chunk: Result<Vec<(InvitationId, Item)>, Error> = (ids.len()..count.min(ids.len() + CHUNK))
                .map(|at| self.cast(at, end(at, count, due, now), (now, random)))
                .collect();
            let (some, rows): (Vec<_>, Vec<_>) = chunk?.into_iter().unzip();
            put(database, rows)?;
            ids.extend(some);
            progress.at(ids.len());
        }
        Ok(ids)
    }

    fn cast(
        &self,
        at: usize,
        end: Timestamp,
        (now, random): (Timestamp, &dyn Random),
    ) -> Result<(InvitationId, Item), Error> {
        let id = InvitationId::new(now, random);
        let enterprise = world::number::<EnterpriseId>(ENTERPRISE + u64::try_from(at % ENTERPRISES).unwrap_or(0))?;
        let mut row = self.row.clone();
        for value in row.values_mut() {
            if let AttributeValue::S(text) = value {
                *text = text.replace(self.invitation.id.as_str(), id.as_str());
                *text = text.replace(&self.invitation.enterprise.to_string(), &enterprise.to_string());
            }
        }
        let mut set = |name: &str, value| row.insert(name.to_owned(), value);
        set("enterprise", AttributeValue::N(enterprise.to_string()));
        set("expiresAt", AttributeValue::N(end.millis().to_string()));
        set("DPK", AttributeValue::S(DueKind::Invitation.partition(shard(id.as_str()))));
        set("DSK", AttributeValue::S(end.to_string()));
        Ok((id, row))
    }
}

/// When number `at` of `count` ends.
fn end(at: usize, count: usize, due: bool, now: Timestamp) -> Timestamp {
    let (least, spread) = if due { (OVER, OUTAGE) } else { LATER };
    let part = u128::try_from(at).unwrap_or(0) * spread.as_millis() / u128::try_from(count.max(1)).unwrap_or(1);
    let span = least + Duration::from_millis(u64::try_from(part).unwrap_or(0));
    if due { now.minus(span) } else { now.plus(span) }
}

fn sent(enterprise: &Enterprise, reseller: &Reseller, now: Timestamp) -> Result<Sent, Error> {
    let random = SystemRandomness::new();
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random));
    let new = NewInvitation::standard(world::parsed("admin@contoso.example")?);
    let sender = Sender {
        parties: (enterprise, reseller),
        actor: &Actor::System("bench"),
        public_base: "https://consent.example.com",
        keys: &keys.map_err(|fault| Error::World(fault.to_string()))?,
        occasion: Occasion { now, reference: None, random: &random },
    };
    Ok(Sent::first(&new, sender))
}

fn item(row: Value) -> Result<Item, Error> {
    world::read(row)
}

fn put(database: &Database, rows: Vec<Item>) -> Result<(), Error> {
    let options = ImportOptions::default();
    database.import_items(TABLE, rows, options).map(drop).map_err(|fault| Error::Table(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn what_is_due_has_ended_and_the_rest_has_not() {
        for at in [0, 1, 499, 999] {
            assert!(end(at, 1_000, true, NOW) < NOW && end(at, 1_000, false, NOW) > NOW);
        }
        assert_eq!(end(500, 1_000, true, NOW), NOW.minus(OVER + OUTAGE / 2));
    }
}
