//! Deliveries: what must reach somebody outside, and when it is tried again.
//!
//! A delivery is born in the transaction of its fact, so nothing is lost (P4). Its id is the `webhook-id` that stays
//! the same over all attempts. The schedule is the one of Standard Webhooks 1.0.0.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EnterpriseId, ResellerId};
use crate::redirect_url::RedirectUrl;
use crate::time::Timestamp;
use crate::word::words;

/// How long after the previous attempt each further one is made; 75 h 35 min in all. After the last one it is parked.
pub const SCHEDULE: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// When the sweep looks after a delivery that the stream should have brought to its sender already.
pub const FIRST_LOOK: Duration = Duration::from_mins(1);

/// How long one sender holds a delivery. Longer than an attempt with all its time-outs may take.
pub const CLAIM: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is honoured (K16).
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// The longest time from the first attempt to the last: a receiver asks for the longest wait each time.
pub const LONGEST: Duration = longest();

/// How long an ended delivery is kept, for people to look at and to have it sent once more.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

const fn longest() -> Duration {
    let (mut sum, mut step) = (Duration::ZERO, 0);
    while step < SCHEDULE.len() {
        let asked = SCHEDULE[step].as_secs() < LONGEST_RETRY_AFTER.as_secs();
        sum = sum.saturating_add(if asked { LONGEST_RETRY_AFTER } else { SCHEDULE[step] });
        step += 1;
    }
    sum
}

/// One thing to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The `webhook-id`.
    pub id: DeliveryId,
    /// Whose it is; its keys sign.
    pub reseller: ResellerId,
    /// What it is about; a test event is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<EnterpriseId>,
    /// The event's name, such as `action.granted`.
    pub event: String,
    /// Where it goes.
    pub url: RedirectUrl,
    /// What is sent; the bytes stay the same over all attempts.
    #[serde(flatten)]
    pub body: Body,
    /// How far it is.
    pub status: DeliveryStatus,
    /// How many attempts were begun.
    pub attempts: u32,
    /// How many of them were before it was last asked for anew: the schedule begins behind them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub former_attempts: u32,
    /// Before when it is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How the last attempt failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<FailedAttempt>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a delivery sends, as it rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Sealed for the delivery's id.
    #[serde(rename = "sealedBody")]
    Sealed(String),
    /// As it is: it tells nothing but what the table holds in the clear anyway.
    #[serde(rename = "plainBody")]
    Plain(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An attempt that failed, as its provider is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// When it was made.
    pub at: Timestamp,
    /// The status that the receiver answered; none if there was no answer in time, or nobody to ask for one.
    pub status: Option<u16>,
}

words!(
    /// How far a delivery is (K16).
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    DeliveryStatus {
        /// To be tried.
        Pending = "pending",
        /// The receiver answered 2xx.
        Delivered = "delivered",
        /// Given up: every attempt of the schedule failed, or the host is no longer listed.
        Parked = "parked",
        /// The receiver answered 410: this URL is not to be called again.
        Disabled = "disabled",
    }
);

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// 2xx.
    Accepted,
    /// 410.
    Gone,
    /// Any other answer, or none.
    Failed {
        /// The status of the answer.
        status: Option<u16>,
        /// How long the receiver asks us to wait by `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The host is no longer on the provider's list, so nothing was sent (K16).
    Unlisted,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again then.
    RetryAt(Timestamp),
    /// It ends so.
    End(DeliveryStatus),
}

impl Attempt {
    /// What the provider is told of a failure at `now`; none of what is told by the status of the delivery.
    #[must_use]
    pub const fn failure(self, now: Timestamp) -> Option<FailedAttempt> {
        match self {
            Self::Failed { status, .. } => Some(FailedAttempt { at: now, status }),
            Self::Accepted | Self::Gone | Self::Unlisted => None,
        }
    }
}

impl Delivery {
    /// A new delivery, to be tried at once.
    #[must_use]
    pub const fn new(
        id: DeliveryId,
        (reseller, enterprise): (ResellerId, Option<EnterpriseId>),
        event: String,
        url: RedirectUrl,
        body: Body,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            reseller,
            enterprise,
            event,
            url,
            body,
            status: DeliveryStatus::Pending,
            attempts: 0,
            former_attempts: 0,
            not_before: None,
            last_failure: None,
            created_at: now,
        }
    }

    /// The delivery as it is once its provider has asked for it anew, ended or not: to be tried at once, with the whole
    /// schedule before it.
    #[must_use]
    pub fn again(self) -> Self {
        Self { status: DeliveryStatus::Pending, former_attempts: self.attempts, not_before: None, ..self }
    }

    /// What becomes of it after its claimed attempt ended like this.
    #[must_use]
    pub fn after(&self, attempt: Attempt, now: Timestamp) -> Next {
        match attempt {
            Attempt::Accepted => Next::End(DeliveryStatus::Delivered),
            Attempt::Gone => Next::End(DeliveryStatus::Disabled),
            Attempt::Unlisted => Next::End(DeliveryStatus::Parked),
            Attempt::Failed { retry_after, .. } => {
                let tried = self.attempts.saturating_sub(self.former_attempts);
                let step = usize::try_from(tried).unwrap_or(usize::MAX).saturating_sub(1);
                let Some(wait) = SCHEDULE.get(step) else { return Next::End(DeliveryStatus::Parked) };
                let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
                Next::RetryAt(now.plus(asked.max(*wait)))
            }
        }
    }
}

/// A delivery as its provider sees it (K16). What was posted is not shown: it may hold tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView<'a> {
    /// Its id, which is the `webhook-id` of every attempt.
    id: &'a DeliveryId,
    /// The enterprise that it is about; null if it is a test.
    enterprise_id: Option<EnterpriseId>,
    /// What is told, such as `action.granted`.
    event: &'a str,
    /// Where it goes.
    redirect_url: &'a RedirectUrl,
    /// How far it is.
    status: DeliveryStatus,
    /// How many attempts were begun.
    attempts: u32,
    /// When it is tried again at the earliest; null if it is tried now, or no more.
    next_attempt_at: Option<String>,
    /// How the last attempt failed; null if none did.
    last_failure: Option<FailureView>,
    /// When it was made, in UTC.
    created_at: String,
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct FailureView {
    /// When it was made, in UTC.
    at: String,
    /// The status that the receiver answered; null without an answer in time.
    status: Option<u16>,
}

impl<'a> From<&'a Delivery> for DeliveryView<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let waits = (delivery.status == DeliveryStatus::Pending).then_some(delivery.not_before).flatten();
        let failed = delivery.last_failure;
        Self {
            id: &delivery.id,
            enterprise_id: delivery.enterprise,
            event: &delivery.event,
            redirect_url: &delivery.url,
            status: delivery.status,
            attempts: delivery.attempts,
            next_attempt_at: waits.map(|at| at.to_string()),
            last_failure: failed.map(|failed| FailureView { at: failed.at.to_string(), status: failed.status }),
            created_at: delivery.created_at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(0);

    fn delivery(attempts: u32) -> Delivery {
        let id = DeliveryId::new(NOW, &Counting::default());
        let url = serde_json::from_str(r#""https://hooks.example.com/""#).unwrap();
        let whose = (54.try_into().unwrap(), None);
        let new = Delivery::new(id, whose, "webhook.test".to_owned(), url, Body::Plain(String::new()), NOW);
        Delivery { attempts, ..new }
    }

    fn unanswered(retry_after: Option<u64>) -> Attempt {
        Attempt::Failed { status: None, retry_after: retry_after.map(Duration::from_secs) }
    }

    fn failed(attempts: u32, retry_after: Option<u64>) -> Next {
        delivery(attempts).after(unanswered(retry_after), NOW)
    }

    /// R116 Tried over 75 h 35 min until a 2xx, then parked.
    #[test]
    fn the_schedule_is_the_one_of_standard_webhooks() {
        let waits: Vec<Next> = (1..=10).map(|attempt| failed(attempt, None)).collect();
        assert_eq!(waits[0], Next::RetryAt(Timestamp::from_seconds(5)));
        assert_eq!(waits[8], Next::RetryAt(Timestamp::from_seconds(86_400)));
        assert_eq!(waits[9], Next::End(DeliveryStatus::Parked));
        assert_eq!(SCHEDULE.iter().sum::<Duration>(), Duration::from_secs(75 * 3_600 + 35 * 60 + 5));
    }

    /// A receiver that asks for the longest wait each time is waited for as long as [`LONGEST`] says, and no longer.
    #[test]
    fn the_longest_delivery_is_the_one_that_is_asked_to_wait_each_time() {
        let day = Some(2 * 86_400);
        let end = (1..=9).fold(NOW, |now, attempts| {
            let Next::RetryAt(at) = failed(attempts, day) else { panic!("ended early") };
            now.plus(at.since(NOW))
        });
        assert_eq!(end.since(NOW), LONGEST);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less() {
        assert_eq!(failed(1, Some(60)), Next::RetryAt(Timestamp::from_seconds(60)));
        assert_eq!(failed(2, Some(1)), Next::RetryAt(Timestamp::from_seconds(300)));
        assert_eq!(failed(1, Some(u64::MAX / 2_000)), Next::RetryAt(Timestamp::from_seconds(86_400)));
    }

    /// G63 410 ends it and the URL.
    #[test]
    fn an_answer_or_a_lost_host_ends_it() {
        let after = |attempt| delivery(1).after(attempt, NOW);
        assert_eq!(after(Attempt::Accepted), Next::End(DeliveryStatus::Delivered));
        assert_eq!(after(Attempt::Gone), Next::End(DeliveryStatus::Disabled));
        assert_eq!(after(Attempt::Unlisted), Next::End(DeliveryStatus::Parked));
    }

    /// K16 What is asked for anew has the whole schedule before it.
    #[test]
    fn asked_for_anew_the_schedule_begins_anew() {
        let parked = Delivery { status: DeliveryStatus::Parked, ..delivery(10) };
        let anew = parked.again();
        assert_eq!(anew.status, DeliveryStatus::Pending);
        let claimed = Delivery { attempts: 11, ..anew };
        assert_eq!(claimed.after(unanswered(None), NOW), Next::RetryAt(Timestamp::from_seconds(5)));
    }
}
