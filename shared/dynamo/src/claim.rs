//! The claim on an item of an outbox: of any number of senders one has it, for a while.
//!
//! The attempts count is the fence: a later claim has a higher one. Items are rows with `status`, `attempts`,
//! `claimedUntil`, `notBefore` and an instant in the due index.

use onboarding_core::time::Timestamp;

use crate::key::EXISTS;
use crate::update::Change;
use crate::value::{instant, number, text};

/// What an item that has not ended is called, whatever its kind.
const PENDING: &str = "pending";

/// The claim is still the one that counted `attempts`.
fn held(change: Change, attempts: u32) -> Change {
    change.name("#status", "status").value(":attempts", number(attempts)).value(":pending", text(PENDING))
}

const HAS_CLAIM: &str = "attempts = :attempts AND #status = :pending";

/// Claims an item for one attempt, unless it has ended, is claimed, or is not yet due at `now`.
pub(crate) fn claim(now: Timestamp, until: Timestamp) -> Change {
    Change::new("SET claimedUntil = :until, attempts = attempts + :one", "#status = :pending")
        .and("(attribute_not_exists(notBefore) OR notBefore <= :now)")
        .and("(attribute_not_exists(claimedUntil) OR claimedUntil < :now)")
        .name("#status", "status")
        .value(":pending", text(PENDING))
        .value(":now", instant(now))
        .value(":until", instant(until))
        .value(":one", number(1))
}

/// Gives a claim back: nothing was tried, so the attempt does not count.
pub(crate) fn release(attempts: u32) -> Change {
    let back = Change::new("SET attempts = attempts - :one REMOVE claimedUntil", HAS_CLAIM);
    held(back, attempts).value(":one", number(1))
}

/// Ends the attempt with another one at `at`. `set` is what is noted beside it.
pub(crate) fn retry(attempts: u32, at: Timestamp, set: &str) -> Change {
    let retry = Change::new(format!("SET notBefore = :at, DSK = :due{set} REMOVE claimedUntil"), HAS_CLAIM);
    held(retry, attempts).value(":at", instant(at)).value(":due", text(at.to_string()))
}

/// Lets an item, ended or not, be tried at once and from the beginning of its schedule, and looked after at `look` in `due`.
/// Being woken, it comes by the stream, as a sweep's wake would bring it; a claim that is held goes on.
pub(crate) fn again(due: &str, look: Timestamp) -> Change {
    let set = "SET #status = :pending, formerAttempts = attempts, DPK = :due, DSK = :look";
    Change::new(format!("{set} REMOVE notBefore, endedAt, #ttl ADD wake :one"), EXISTS)
        .name("#status", "status")
        .name("#ttl", "ttl")
        .value(":pending", text(PENDING))
        .value(":due", text(due))
        .value(":look", text(look.to_string()))
        .value(":one", number(1))
}

/// Ends the item as `status`; its row is kept until `kept_until`. `set` and `removed` are what ends beside it.
pub(crate) fn end(
    attempts: u32,
    status: &str,
    (now, kept_until): (Timestamp, Timestamp),
    (set, removed): (&str, &str),
) -> Change {
    let update =
        format!("SET #status = :status, endedAt = :now, #ttl = :ttl{set} REMOVE claimedUntil, DPK, DSK{removed}");
    held(Change::new(update, HAS_CLAIM), attempts)
        .name("#ttl", "ttl")
        .value(":status", text(status))
        .value(":now", instant(now))
        .value(":ttl", number(kept_until.seconds()))
}

#[cfg(test)]
mod tests {
    use onboarding_core::delivery::DeliveryStatus;
    use onboarding_core::mail::MailState;

    use super::PENDING;

    #[test]
    fn every_kind_waits_under_the_same_word() {
        assert_eq!([DeliveryStatus::Pending.word(), MailState::Pending.word()], [PENDING; 2]);
    }
}
