//! The table's stream: which rows want somebody's attention.
//!
//! A delivery and a mail want their senders when they are born, unless the mail waits for its time, and each time they are woken; a consent request wants its
//! verifier when it is woken, and so does an enterprise whose consents, or whose roles, are to be looked at, and a connection its
//! upkeep. Every other change is our own
//! bookkeeping. A record may come twice: whoever acts on it claims first.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use onboarding_core::id::{ConnectionId, ConsentRequestId, DeliveryId, EnterpriseId, MailId, ResellerId};

use crate::key::AWAITED_ROLES;

/// Somebody's attention is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Woken {
    /// `webhook-delivery`'s.
    Delivery(ResellerId, DeliveryId),
    /// `mail-delivery`'s.
    Mail(MailId),
    /// `partner-center-upkeep`'s.
    Connection(ConnectionId),
    /// `consent-verify`'s.
    Request(ConsentRequestId),
    /// `consent-verify`'s, for all that the enterprise has granted.
    Enterprise(EnterpriseId),
    /// `consent-verify`'s, for the roles that the enterprise waits for.
    AwaitedRoles(EnterpriseId),
}

/// One record of the stream that wants attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// The record's sequence number: what a partial batch response names.
    pub sequence: String,
    /// Whose attention.
    pub woken: Woken,
}

/// What wants attention in a batch of the stream, in order.
#[must_use]
pub fn wakes(event: &Event) -> Vec<Wake> {
    event.records.iter().filter_map(wake).collect()
}

fn wake(record: &EventRecord) -> Option<Wake> {
    let key = |name: &str| record.change.keys.get(name).and_then(|value| text(value));
    let (partition, born) = (key("PK")?, record.event_name == "INSERT");
    let woken = match partition.split_once('#')? {
        ("deliveries", reseller) if born || was_woken(record) => {
            Woken::Delivery(reseller.parse().ok()?, key("SK")?.parse().ok()?)
        }
        ("mail", id) if (born && !waits(record)) || was_woken(record) => Woken::Mail(id.parse().ok()?),
        ("connection", id) if was_woken(record) => Woken::Connection(id.parse().ok()?),
        ("request", id) if was_woken(record) => Woken::Request(id.parse().ok()?),
        ("enterprise", id) if was_woken(record) && key("SK") == Some(AWAITED_ROLES) => {
            Woken::AwaitedRoles(id.parse().ok()?)
        }
        ("enterprise", id) if was_woken(record) => Woken::Enterprise(id.parse().ok()?),
        _ => return None,
    };
    Some(Wake { sequence: record.change.sequence_number.clone().unwrap_or_default(), woken })
}

/// Whether it is not to be tried yet: the sweep wakes it when it is.
fn waits(record: &EventRecord) -> bool {
    record.change.new_image.get("notBefore").is_some()
}

/// Whether the counter that a sweep raises has changed.
fn was_woken(record: &EventRecord) -> bool {
    let (before, after) = (record.change.old_image.get("wake"), record.change.new_image.get("wake"));
    record.event_name == "MODIFY" && after.is_some() && before != after
}

fn text(value: &serde_dynamo::AttributeValue) -> Option<&str> {
    if let serde_dynamo::AttributeValue::S(text) = value { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DELIVERY: &str = "msg_01hzy0000000000000000000zz";
    const MAIL: &str = "mail_01hzy0000000000000000000zz";
    const REQUEST: &str = "cr_01hzy0000000000000000000zz";

    fn record(name: &str, (pk, sk): (&str, &str), before: Option<u32>, after: Option<u32>) -> serde_json::Value {
        let image = |wake: Option<u32>| wake.map_or_else(|| json!({}), |n| json!({"wake": {"N": n.to_string()}}));
        json!({
            "awsRegion": "eu-west-1", "eventID": "1", "eventName": name, "eventSource": "aws:dynamodb",
            "eventVersion": "1.1", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/s",
            "dynamodb": {
                "Keys": {"PK": {"S": pk}, "SK": {"S": sk}}, "NewImage": image(after), "OldImage": image(before),
                "SequenceNumber": "7", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
                "ApproximateCreationDateTime": 1_800_000_000
            }
        })
    }

    fn woken(record: serde_json::Value) -> Vec<Woken> {
        let event: Event = serde_json::from_value(json!({"Records": [record]})).unwrap();
        wakes(&event).into_iter().map(|wake| wake.woken).collect()
    }

    #[test]
    fn a_delivery_and_a_mail_are_sent_when_born_and_when_woken() {
        let mail = format!("mail#{MAIL}");
        for (key, wanted) in [
            (("deliveries#54", DELIVERY), Woken::Delivery(54.try_into().unwrap(), DELIVERY.parse().unwrap())),
            ((mail.as_str(), "mail"), Woken::Mail(MAIL.parse().unwrap())),
        ] {
            let sent = vec![wanted];
            assert_eq!(woken(record("INSERT", key, None, None)), sent);
            assert_eq!(woken(record("MODIFY", key, None, Some(1))), sent);
            assert_eq!(woken(record("MODIFY", key, Some(1), Some(2))), sent);
            assert_eq!(woken(record("MODIFY", key, Some(2), Some(2))), []);
            assert_eq!(woken(record("MODIFY", key, None, None)), []);
            assert_eq!(woken(record("REMOVE", key, Some(1), None)), []);
        }
    }

    #[test]
    fn a_mail_that_waits_is_sent_when_woken() {
        let key = format!("mail#{MAIL}");
        let mut born = record("INSERT", (&key, "mail"), None, None);
        born["dynamodb"]["NewImage"]["notBefore"] = json!({"N": "1800000000000"});
        assert_eq!(woken(born.clone()), []);
        born["eventName"] = json!("MODIFY");
        born["dynamodb"]["NewImage"]["wake"] = json!({"N": "1"});
        assert_eq!(woken(born), [Woken::Mail(MAIL.parse().unwrap())]);
    }

    #[test]
    fn a_request_is_verified_only_when_woken() {
        let key = format!("request#{REQUEST}");
        let key = (key.as_str(), "request");
        assert_eq!(woken(record("INSERT", key, None, None)), []);
        assert_eq!(woken(record("MODIFY", key, None, Some(1))), [Woken::Request(REQUEST.parse().unwrap())]);
    }

    /// K17 Whatever else becomes of an enterprise wants no look at its consents.
    #[test]
    fn an_enterprise_is_looked_at_only_when_woken() {
        let key = ("enterprise#7", "enterprise");
        assert_eq!(woken(record("MODIFY", key, Some(1), Some(1))), []);
        let woken = woken(record("MODIFY", key, Some(1), Some(2)));
        assert_eq!(woken, [Woken::Enterprise(7.try_into().unwrap())]);
    }

    /// R144 The roles of an enterprise have a row of their own.
    #[test]
    fn awaited_roles_are_looked_for_when_woken() {
        let mut roles = record("MODIFY", ("enterprise#7", "enterprise"), Some(1), Some(2));
        roles["dynamodb"]["Keys"]["SK"] = json!({"S": AWAITED_ROLES});
        assert_eq!(woken(roles), [Woken::AwaitedRoles(7.try_into().unwrap())]);
    }

    #[test]
    fn other_rows_and_broken_keys_want_nothing() {
        assert_eq!(woken(record("INSERT", ("enterprise#7", "enterprise"), None, None)), []);
        for broken in [("deliveries#../..", DELIVERY), ("deliveries#54", "../.."), ("mail#../..", "mail")] {
            assert_eq!(woken(record("INSERT", broken, None, None)), []);
        }
    }
}
