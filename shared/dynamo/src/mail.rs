//! Mails: born in the transaction of their fact, claimed by one sender at a time, emptied when they end.

use onboarding_core::id::MailId;
use onboarding_core::mail::{CLAIM, FIRST_LOOK, KEPT, Mail, MailState, Next};
use onboarding_core::time::Timestamp;

use crate::due::DueKind;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::transaction::{Part, Transaction};
use crate::update::{Change, Updated};
use crate::value::{instant, number, text};
use crate::{Store, StoreError};

/// The attempts count is the fence: a later claim has a higher one.
const HAS_CLAIM: &str = "attempts = :attempts AND #status = :pending";

fn has_claim(change: Change, mail: &Mail) -> Change {
    change
        .name("#status", "status")
        .value(":attempts", number(mail.attempts))
        .value(":pending", text(MailState::Pending.word()))
}

impl Transaction {
    /// Adds a new mail. It is due only later: the table's stream should bring it to its sender at once.
    pub(crate) fn mail(&mut self, mail: &Mail) -> Result<(), StoreError> {
        let mut row = item(&Key::mail(&mail.id), mail)?;
        due(&mut row, &DueKind::Mail.partition(0), mail.created_at.plus(FIRST_LOOK));
        self.put_new(Part::Mail, row)
    }
}

impl Store {
    /// Claims a mail for one attempt. `None` if it is not to be tried now: ended, claimed, or not yet due.
    pub async fn claim_mail(&self, id: &MailId, now: Timestamp) -> Result<Option<Mail>, StoreError> {
        let due = "(attribute_not_exists(notBefore) OR notBefore <= :now)";
        let free = "(attribute_not_exists(claimedUntil) OR claimedUntil < :now)";
        let change = Change::new("SET claimedUntil = :until, attempts = attempts + :one", "#status = :pending")
            .and(due)
            .and(free)
            .name("#status", "status")
            .value(":pending", text(MailState::Pending.word()))
            .value(":now", instant(now))
            .value(":until", instant(now.plus(CLAIM)))
            .value(":one", number(1));
        match self.update(Key::mail(id), change).await? {
            Updated::Done(claimed) => claimed.map(entity).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives a claim back: nothing was tried, so the attempt does not count.
    pub async fn release_mail(&self, mail: &Mail) -> Result<(), StoreError> {
        let change = Change::new("SET attempts = attempts - :one REMOVE claimedUntil", HAS_CLAIM);
        self.update(Key::mail(&mail.id), has_claim(change, mail).value(":one", number(1))).await.map(drop)
    }

    /// Records how the attempt ended. False if the claim had run out and somebody else has the mail. An ended mail keeps
    /// neither its address nor its letter.
    pub async fn finish_mail(&self, mail: &Mail, next: Next, now: Timestamp) -> Result<bool, StoreError> {
        let change = match next {
            Next::RetryAt(at) => Change::new("SET notBefore = :at, DSK = :due REMOVE claimedUntil", HAS_CLAIM)
                .value(":at", instant(at))
                .value(":due", text(at.to_string())),
            Next::End(state) => ended(state)
                .name("#ttl", "ttl")
                .value(":status", text(state.word()))
                .value(":now", instant(now))
                .value(":ttl", number(now.plus(KEPT).seconds())),
        };
        Ok(self.update(Key::mail(&mail.id), has_claim(change, mail)).await?.is_done())
    }

    /// A mail as it stands.
    pub async fn mail(&self, id: &MailId) -> Result<Option<Mail>, StoreError> {
        self.get(Key::mail(id)).await?.map(entity).transpose()
    }
}

fn ended(state: MailState) -> Change {
    let set = "SET #status = :status, endedAt = :now, #ttl = :ttl";
    let removed = "REMOVE sealed, claimedUntil, DPK, DSK";
    match state.reason() {
        None => Change::new(format!("{set} {removed}"), HAS_CLAIM),
        Some(reason) => {
            Change::new(format!("{set}, reason = :reason {removed}"), HAS_CLAIM).value(":reason", text(reason.word()))
        }
    }
}
