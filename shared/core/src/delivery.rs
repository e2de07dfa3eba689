//! Deliveries: what must reach somebody outside, and when it is tried again.
//!
//! A delivery is born in the transaction of its fact, so nothing is lost (P4). Its id is the `webhook-id` that stays
//! the same over all attempts. The schedule is the one of Standard Webhooks 1.0.0.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EnterpriseId, ResellerId};
use crate::redirect_url::RedirectUrl;
use crate::time::Timestamp;

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
    /// What it is about.
    pub enterprise: EnterpriseId,
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

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// To be tried.
    Pending,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up: every attempt of the schedule failed, or the host is no longer listed.
    Parked,
    /// The receiver answered 410: this URL is not to be called again.
    Disabled,
}

impl DeliveryStatus {
    /// The word of the contract.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Disabled => "disabled",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// 2xx.
    Accepted,
    /// 410.
    Gone,
    /// Any other answer, or none; with the receiver's `Retry-After`, if it gave one.
    Failed {
        /// How long the receiver asks us to wait.
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

impl Delivery {
    /// A new delivery, to be tried at once.
    #[must_use]
    pub const fn new(
        id: DeliveryId,
        (reseller, enterprise): (ResellerId, EnterpriseId),
        event: String,
        url: RedirectUrl,
        body: Body,
        now: Timestamp,
    ) -> Self {
        let status = DeliveryStatus::Pending;
        Self { id, reseller, enterprise, event, url, body, status, attempts: 0, created_at: now }
    }
}

/// What becomes of a delivery whose attempt number `attempts` (from 1) ended like this.
#[must_use]
pub fn after(attempt: Attempt, attempts: u32, now: Timestamp) -> Next {
    match attempt {
        Attempt::Accepted => Next::End(DeliveryStatus::Delivered),
        Attempt::Gone => Next::End(DeliveryStatus::Disabled),
        Attempt::Unlisted => Next::End(DeliveryStatus::Parked),
        Attempt::Failed { retry_after } => {
            let step = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
            let Some(wait) = SCHEDULE.get(step) else { return Next::End(DeliveryStatus::Parked) };
            let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
            Next::RetryAt(now.plus(asked.max(*wait)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(0);

    fn failed(attempts: u32, retry_after: Option<u64>) -> Next {
        after(Attempt::Failed { retry_after: retry_after.map(Duration::from_secs) }, attempts, NOW)
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
        assert_eq!(after(Attempt::Accepted, 1, NOW), Next::End(DeliveryStatus::Delivered));
        assert_eq!(after(Attempt::Gone, 1, NOW), Next::End(DeliveryStatus::Disabled));
        assert_eq!(after(Attempt::Unlisted, 1, NOW), Next::End(DeliveryStatus::Parked));
    }
}
