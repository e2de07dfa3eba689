//! What SES tells of a mail that it took, as `EventBridge` brings it: most addresses that nobody has are found out only then.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>,
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use std::collections::BTreeMap;

use onboarding_core::id::MailId;
use onboarding_core::mail::Undeliverable;
use serde::Deserialize;

/// The tag of a mail that holds its id. Events bring tags back, whatever of the headers they leave out.
pub(crate) const ID_TAG: &str = "mail-id";

/// An event of SES. What it holds of people is not read.
#[derive(Debug, Deserialize)]
pub struct Feedback {
    #[serde(rename = "detail-type")]
    kind: String,
    detail: Detail,
}

#[derive(Debug, Deserialize)]
struct Detail {
    mail: Tagged,
    bounce: Option<Bounce>,
}

#[derive(Debug, Deserialize)]
struct Tagged {
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(default, rename = "bounceSubType")]
    sub_kind: String,
    #[serde(default, rename = "bouncedRecipients")]
    recipients: Vec<Recipient>,
}

/// Somebody whom it did not reach, as a delivery status notification has it (RFC 3464 §2.3).
#[derive(Debug, Deserialize)]
struct Recipient {
    action: Option<String>,
}

/// Bounces that are called transient and yet are the end of this mail: SES has used up its own tries.
const LASTING: [&str; 5] =
    ["MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected", "CustomTimeoutExceeded"];

impl Feedback {
    /// The mail that nobody gets, and why; none if this says no such thing of a mail of ours.
    #[must_use]
    pub fn undelivered(&self) -> Option<(MailId, Undeliverable)> {
        let [id] = self.detail.mail.tags.get(ID_TAG)?.as_slice() else { return None };
        let reason = match (self.kind.as_str(), &self.detail.bounce) {
            ("Email Bounced", Some(bounce)) if bounce.is_lasting() => Undeliverable::Bounced,
            ("Email Rejected", _) => Undeliverable::Rejected,
            _ => return None,
        };
        Some((id.parse().ok()?, reason))
    }
}

impl Bounce {
    /// A domain that nobody has is called transient too, and given up all the same: so a notification says. What says nothing of
    /// the kind is mostly an answer by a machine, of somebody who is away.
    fn is_lasting(&self) -> bool {
        let has_failed = self.recipients.iter().any(|recipient| recipient.action.as_deref() == Some("failed"));
        has_failed || self.kind == "Permanent" || LASTING.contains(&self.sub_kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const MAIL: &str = "mail_01kb2v8x3e0000000000000000";

    fn told(kind: &str, tags: Value, bounce: &Value) -> Option<(MailId, Undeliverable)> {
        let event = json!({
            "version": "0", "source": "aws.ses", "detail-type": kind, "region": "eu-west-1",
            "detail": {"eventType": "Bounce", "mail": {"messageId": "1", "tags": tags}, "bounce": bounce}
        });
        serde_json::from_value::<Feedback>(event).unwrap().undelivered()
    }

    fn bounced(kind: &str, sub: &str) -> Option<Undeliverable> {
        bounced_with(kind, sub, &json!({"emailAddress": "a@b.example"}))
    }

    fn bounced_with(kind: &str, sub: &str, recipient: &Value) -> Option<Undeliverable> {
        let bounce = json!({"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [recipient]});
        let (mail, reason) = told("Email Bounced", json!({"mail-id": [MAIL], "ses:caller-identity": ["x"]}), &bounce)?;
        assert_eq!(mail.as_str(), MAIL);
        Some(reason)
    }

    /// R159 What no further try of SES mends is the end of the mail; an answer of somebody who is away is not.
    #[test]
    fn a_lasting_bounce_ends_the_mail() {
        for (kind, sub) in [("Permanent", "General"), ("Permanent", "Suppressed"), ("Transient", "MailboxFull")] {
            assert_eq!(bounced(kind, sub), Some(Undeliverable::Bounced), "{kind} {sub}");
        }
        for (kind, sub) in [("Transient", "General"), ("Undetermined", "Undetermined")] {
            assert_eq!(bounced(kind, sub), None, "{kind} {sub}");
        }
        for (status, action, ends) in
            [("5.4.4", "failed", true), ("4.4.7", "failed", true), ("4.0.0", "delayed", false)]
        {
            let recipient = json!({"emailAddress": "a@b.example", "action": action, "status": status});
            let told = bounced_with("Transient", "General", &recipient);
            assert_eq!(told.is_some(), ends, "a domain that nobody has, {status}");
        }
        let tagged = || json!({"mail-id": [MAIL]});
        assert_eq!(told("Email Rejected", tagged(), &Value::Null).map(|told| told.1), Some(Undeliverable::Rejected));
        assert_eq!(told("Email Delivered", tagged(), &Value::Null), None);
    }

    #[test]
    fn what_is_no_mail_of_ours_is_none() {
        let bounce = json!({"bounceType": "Permanent", "bounceSubType": "General"});
        for tags in [json!({}), json!({"mail-id": []}), json!({"mail-id": ["7"]}), json!({"mail-id": [MAIL, MAIL]})] {
            assert_eq!(told("Email Bounced", tags.clone(), &bounce), None, "{tags}");
        }
    }
}
