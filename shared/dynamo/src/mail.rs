//! Mails: born in the transaction of their fact, claimed by one sender at a time, emptied when they end.

use onboarding_core::id::MailId;
use onboarding_core::invitation::Untold;
use onboarding_core::mail::{CLAIM, FIRST_LOOK, KEPT, Mail, MailState, Next, Undeliverable};
use onboarding_core::time::Timestamp;

use crate::claim;
use crate::due::DueKind;
use crate::invitation::shard;
use crate::key::Key;
use crate::row::{due, entity, item};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::{Change, Updated};
use crate::value::{instant, text};
use crate::{Store, StoreError};

impl Transaction {
    /// Adds a new mail. If it is to go out at once it is due only later: the table's stream should bring it to its sender. One that
    /// waits is among the reminders, so that no number of them holds up what goes out now.
    pub(crate) fn mail(&mut self, mail: &Mail) -> Result<(), StoreError> {
        let mut row = item(&Key::mail(&mail.id), mail)?;
        let (partition, look) = match mail.not_before {
            None => (DueKind::Mail.partition(0), mail.created_at.plus(FIRST_LOOK)),
            Some(then) => (DueKind::Reminder.partition(shard(mail.id.as_str())), then),
        };
        due(&mut row, &partition, look);
        self.put_new(Part::Mail, row)
    }
}

/// What became of the news that nobody gets a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// It is recorded.
    Recorded,
    /// The mail is pending: that it was sent is not recorded yet.
    BeingSent,
    /// The mail is gone, or has ended otherwise.
    Ended,
}

impl Store {
    /// Records that nobody gets a mail that was sent, with what is told of that.
    pub async fn undelivered_mail(
        &self,
        id: &MailId,
        reason: Undeliverable,
        untold: Option<&Untold>,
        now: Timestamp,
    ) -> Result<Undelivered, StoreError> {
        let ended = MailState::Undeliverable { reason };
        let change = Change::new("SET #status = :status, reason = :reason, endedAt = :now", "#status = :sent")
            .name("#status", "status")
            .value(":status", text(ended.word()))
            .value(":reason", text(reason.word()))
            .value(":sent", text(MailState::Sent.word()))
            .value(":now", instant(now));
        if self.end_mail(id, change, untold).await? {
            return Ok(Undelivered::Recorded);
        }
        let pending = self.mail(id).await?.is_some_and(|mail| mail.state == MailState::Pending);
        Ok(if pending { Undelivered::BeingSent } else { Undelivered::Ended })
    }

    async fn end_mail(&self, id: &MailId, change: Change, untold: Option<&Untold>) -> Result<bool, StoreError> {
        let Some(Untold { delivery, audit }) = untold else {
            return Ok(self.update(Key::mail(id), change).await?.is_done());
        };
        let mut transaction = self.transaction();
        transaction.update(Part::Mail, Key::mail(id), change)?;
        delivery.as_ref().map_or(Ok(()), |delivery| transaction.deliver(delivery))?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Claims a mail for one attempt. `None` if it is not to be tried now: ended, claimed, or not yet due.
    pub async fn claim_mail(&self, id: &MailId, now: Timestamp) -> Result<Option<Mail>, StoreError> {
        match self.update(Key::mail(id), claim::claim(now, now.plus(CLAIM))).await? {
            Updated::Done(claimed) => claimed.map(entity).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives a claim back: nothing was tried, so the attempt does not count.
    pub async fn release_mail(&self, mail: &Mail) -> Result<(), StoreError> {
        self.update(Key::mail(&mail.id), claim::release(mail.attempts)).await.map(drop)
    }

    /// Records how the attempt ended, with what is told of that. False if the claim had run out and somebody else has the mail. An
    /// ended mail keeps neither its address nor its letter.
    pub async fn finish_mail(
        &self,
        mail: &Mail,
        next: Next,
        untold: Option<&Untold>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = match next {
            Next::RetryAt(at) => claim::retry(mail.attempts, at, ""),
            Next::End(state) => {
                let set = if state.reason().is_some() { ", reason = :reason" } else { "" };
                let end = claim::end(mail.attempts, state.word(), (now, now.plus(KEPT)), (set, ", sealed"));
                state.reason().into_iter().fold(end, |end, reason| end.value(":reason", text(reason.word())))
            }
        };
        self.end_mail(&mail.id, change, untold).await
    }

    /// A mail as it stands.
    pub async fn mail(&self, id: &MailId) -> Result<Option<Mail>, StoreError> {
        self.get(Key::mail(id)).await?.map(entity).transpose()
    }
}
