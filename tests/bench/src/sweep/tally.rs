//! What the table holds after a backlog: whether each invitation that was due was recorded once, and no other.

use std::collections::HashMap;

use dynoxide::{AttributeValue, Database, Item};
use onboarding_core::id::InvitationId;
use serde_json::json;

use super::progress::Progress;
use crate::error::Error;
use crate::world::{self, TABLE};

/// What the table says about one invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    expired: bool,
    events: u32,
    facts: u32,
}

/// How many were due, and how many of them were recorded as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Recorded as expired with one event and one fact.
    pub(crate) once: usize,
    /// Not recorded, or with another number of events or facts.
    pub(crate) wrong: usize,
    /// Not due, and recorded all the same.
    pub(crate) too_early: usize,
}

/// Reads the whole table and counts.
pub(crate) fn tally(database: &Database, due: &[InvitationId]) -> Result<Tally, Error> {
    let mut told: HashMap<String, Told> = HashMap::new();
    let mut progress = Progress::new("counting what was recorded", due.len());
    let mut start = None;
    loop {
        let page = json!({"TableName": TABLE, "ExclusiveStartKey": start});
        let page = database.scan(world::read(page)?).map_err(|fault| Error::Table(fault.to_string()))?;
        for row in page.items.unwrap_or_default() {
            note(&mut told, &row);
        }
        progress.at(told.len().min(due.len()));
        let Some(last) = page.last_evaluated_key else { break };
        start = Some(last);
    }
    Ok(judged(&told, due))
}

fn note(told: &mut HashMap<String, Told>, row: &Item) {
    let text = |name: &str| match row.get(name) {
        Some(AttributeValue::S(text)) => text.as_str(),
        _ => "",
    };
    let mut of = |id: &str, change: fn(&mut Told)| change(told.entry(id.to_owned()).or_default());
    if let Some(id) = text("PK").strip_prefix("invitation#").filter(|_| text("status") == "expired") {
        of(id, |told| told.expired = true);
    }
    if let Some(id) = text("object").strip_prefix("invitation:").filter(|_| text("action") == "invitation.expired") {
        of(id, |told| told.facts += 1);
    }
    let event: serde_json::Value = serde_json::from_str(text("plainBody")).unwrap_or_default();
    if let Some(id) = event["data"]["invitationId"].as_str().filter(|_| event["type"] == "invitation.expired") {
        of(id, |told| told.events += 1);
    }
}

fn judged(told: &HashMap<String, Told>, due: &[InvitationId]) -> Tally {
    let right = Told { expired: true, events: 1, facts: 1 };
    let once = due.iter().filter(|id| told.get(id.as_str()) == Some(&right)).count();
    let known = due.iter().filter(|id| told.contains_key(id.as_str())).count();
    Tally { once, wrong: due.len() - once, too_early: told.len() - known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_core::random::SystemRandomness;
    use onboarding_core::time::Timestamp;

    fn row(fields: &[(&str, String)]) -> Item {
        fields.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S(text.clone()))).collect()
    }

    fn rows(id: &InvitationId) -> [Item; 3] {
        let event = json!({"type": "invitation.expired", "data": {"invitationId": id}}).to_string();
        [
            row(&[("PK", format!("invitation#{id}")), ("status", "expired".to_owned())]),
            row(&[("object", format!("invitation:{id}")), ("action", "invitation.expired".to_owned())]),
            row(&[("plainBody", event)]),
        ]
    }

    /// R202 One end, one event and one fact are right; none, or two of one, are not, and neither is what was not due.
    #[test]
    fn what_was_not_recorded_once_is_seen() {
        let random = SystemRandomness::new();
        let ids: Vec<InvitationId> =
            (0..4).map(|_| InvitationId::new(Timestamp::from_seconds(1_800_000_000), &random)).collect();
        let counted = |rows: Vec<Item>, due: &[InvitationId]| {
            let mut told = HashMap::new();
            for row in &rows {
                note(&mut told, row);
            }
            judged(&told, due)
        };
        let all: Vec<Item> = ids.iter().flat_map(rows).collect();
        assert_eq!(counted(all.clone(), &ids), Tally { once: 4, wrong: 0, too_early: 0 });
        assert_eq!(counted(all.clone(), &ids[..3]), Tally { once: 3, wrong: 0, too_early: 1 });
        for left_out in 0..3 {
            let mut some = all.clone();
            some.remove(left_out);
            assert_eq!(counted(some, &ids), Tally { once: 3, wrong: 1, too_early: 0 });
        }
        for twice in 1..3 {
            let more = [all.clone(), vec![all[twice].clone()]].concat();
            assert_eq!(counted(more, &ids), Tally { once: 3, wrong: 1, too_early: 0 });
        }
        let sent = row(&[("PK", format!("invitation#{}", ids[0])), ("status", "pending".to_owned())]);
        assert_eq!(counted(vec![sent], &[]), Tally { once: 0, wrong: 0, too_early: 0 });
    }
}
