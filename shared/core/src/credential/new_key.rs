//! What an operator says of a new key: what it may do, until when, and what it is called.

use std::time::Duration;

use serde::Serialize;

use super::{ApiKey, KeyId, KeyRecord};
use crate::fields::{Fault, Fields, text_of};
use crate::scope::{Scope, Scopes};
use crate::text::Name;
use crate::time::Timestamp;

/// The most keys of one provider that are good at once. Two are enough to replace one by another; more let each system
/// of a provider have its own.
pub const MOST_LIVE_KEYS: usize = 20;

/// The most days that a key may be good, if it ends at all: ten years.
const MOST_DAYS: u64 = 3_650;

/// A key that is to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    label: Option<Name>,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
}

impl NewKey {
    /// Reads any of `{label, scopes, expiresAt, expiresInDays}`; without the last two the key does not end (K9).
    pub fn parse(mut body: Fields, now: Timestamp) -> Result<Self, Vec<Fault>> {
        let label = body.parsed("label", "invalid_name", str::parse::<Name>);
        let scopes = read_scopes(&mut body);
        let both = body.peek("expiresAt").is_some() && body.peek("expiresInDays").is_some();
        let (at, days) = (read_instant(&mut body, now), read_days(&mut body));
        if both {
            body.fault("expiresInDays", "contradiction", "say expiresAt or expiresInDays, not both");
        }
        let expires_at = at.or_else(|| Some(now.plus(Duration::from_hours(24 * days?))));
        body.finish(Some(Self { label, scopes: scopes.unwrap_or_default(), expires_at }))
    }

    /// A key to replace `former`: with its label and scopes, and for as long as that was made for.
    #[must_use]
    pub fn replacing(former: &KeyRecord, now: Timestamp) -> Self {
        let expires_at = former.expires_at.map(|end| now.plus(end.since(former.created_at)));
        Self { label: former.label.clone(), scopes: former.scopes.clone(), expires_at }
    }

    /// What the store keeps of `key`.
    #[must_use]
    pub fn record(self, key: &ApiKey, now: Timestamp) -> KeyRecord {
        let Self { label, scopes, expires_at } = self;
        KeyRecord { expires_at, label, scopes, ..key.record(now) }
    }
}

fn read_scopes(body: &mut Fields) -> Option<Scopes> {
    let listed = body.list::<Scope>("scopes", "a scope, such as links:write", |value| {
        text_of(value)?.parse().map_err(|_| "unknown_scope")
    })?;
    if listed.is_empty() {
        body.fault("scopes", "required", "name a scope at least, or leave scopes out for all of them");
    }
    Some(Scopes::of(listed))
}

fn read_instant(body: &mut Fields, now: Timestamp) -> Option<Timestamp> {
    let at = body.parsed("expiresAt", "invalid_instant", str::parse::<Timestamp>)?;
    if at <= now {
        body.fault("expiresAt", "out_of_range", "expiresAt must be in the future");
    }
    Some(at)
}

fn read_days(body: &mut Fields) -> Option<u64> {
    let days = body.whole("expiresInDays")?;
    let sound = (1..=MOST_DAYS).contains(&days);
    if !sound {
        body.fault("expiresInDays", "out_of_range", format!("expiresInDays must be from 1 to {MOST_DAYS}"));
    }
    sound.then_some(days)
}

/// A key as it is listed: everything but what opens.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct KeyView<'a> {
    /// The public part of the key.
    key_id: &'a KeyId,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(required))]
    label: Option<&'a Name>,
    /// What it may do.
    scopes: Vec<Scope>,
    /// When it was made, in UTC.
    created_at: String,
    /// When it ends, in UTC; null if it does not.
    #[cfg_attr(feature = "openapi", schema(required))]
    expires_at: Option<String>,
}

impl<'a> KeyView<'a> {
    /// The view of `record`.
    #[must_use]
    pub fn of(record: &'a KeyRecord) -> Self {
        Self {
            key_id: &record.id,
            label: record.label.as_ref(),
            scopes: record.scopes.iter().collect(),
            created_at: record.created_at.to_string(),
            expires_at: record.expires_at.map(|at| at.to_string()),
        }
    }

    /// All of it, as one JSON object: for the audit trail.
    #[must_use]
    pub fn told(&self) -> String {
        // Texts and lists alone: there is nothing in a view that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, KeyOwner};
    use super::*;
    use crate::random::tests::Counting;
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn parse(body: Value) -> Result<NewKey, Vec<(String, &'static str)>> {
        let key = NewKey::parse(Fields::of(body.as_object().cloned().unwrap()), NOW);
        key.map_err(|faults| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect())
    }

    /// K9 A key of which nothing is said may do everything and does not end.
    #[test]
    fn a_key_is_unlimited_unless_something_is_said() {
        assert_eq!(parse(json!({})), Ok(NewKey::default()));
        let key = parse(json!({"label": " CI ", "scopes": ["links:write"], "expiresInDays": 2})).unwrap();
        assert_eq!(key.label.map(String::from).as_deref(), Some("CI"));
        assert_eq!(key.scopes, Scopes::of([Scope::LinksWrite]));
        assert_eq!(key.expires_at, Some(NOW.plus(Duration::from_hours(48))));
        let at = NOW.plus(Duration::from_millis(1));
        assert_eq!(parse(json!({"expiresAt": at.to_string()})).unwrap().expires_at, Some(at));
    }

    #[test]
    fn a_key_is_replaced_by_its_like() {
        let key = ApiKey::new(Environment::Live, KeyOwner::Operator, &Counting::default());
        let asked = parse(json!({"label": "CI", "scopes": ["links:write"], "expiresInDays": 2})).unwrap();
        let later = NOW.plus(Duration::from_hours(47));
        let like = NewKey::replacing(&asked.clone().record(&key, NOW), later);
        assert_eq!(like, NewKey { expires_at: Some(later.plus(Duration::from_hours(48))), ..asked });
        assert_eq!(NewKey::replacing(&key.record(NOW), later), NewKey::default());
    }

    #[test]
    fn a_key_that_makes_no_sense_is_refused() {
        let later = NOW.plus(Duration::from_secs(1)).to_string();
        let cases = [
            (json!({"expiresAt": NOW.to_string()}), ("/expiresAt", "out_of_range")),
            (json!({"expiresAt": "tomorrow"}), ("/expiresAt", "invalid_instant")),
            (json!({"expiresInDays": 0}), ("/expiresInDays", "out_of_range")),
            (json!({"expiresInDays": 3_651}), ("/expiresInDays", "out_of_range")),
            (json!({"expiresAt": later, "expiresInDays": 1}), ("/expiresInDays", "contradiction")),
            (json!({"scopes": []}), ("/scopes", "required")),
            (json!({"scopes": ["links:write", "all"]}), ("/scopes/1", "unknown_scope")),
            (json!({"name": "x"}), ("/name", "unknown_field")),
        ];
        for (body, (pointer, code)) in cases {
            assert_eq!(parse(body), Err(vec![(pointer.to_owned(), code)]));
        }
    }
}
