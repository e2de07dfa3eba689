//! Mail: what must reach a person's mailbox, and when it is tried again.
//!
//! A mail is born in the transaction of its fact, as a delivery is, and ends as sent or as undeliverable with a reason. Its row
//! holds whom it is for and what it says sealed ([`Addressed`]), and neither of them once it has ended. What is sealed is
//! not the finished text but what that is made of ([`Letter`]): the row stays small, and one function knows the words.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::action::ActionType;
use crate::id::{InvitationId, MailId, ResellerId};
use crate::invitation::InvitationCode;
use crate::language::Language;
use crate::random::Random;
use crate::seal::{Purpose, SealingKeys, Unsealable};
use crate::secret::SecretHash;
use crate::text::{EmailAddress, Name, is_invisible};
use crate::time::Timestamp;

/// How long after the previous attempt each further one is made; 17 h 36 min in all. After the last one it is given up.
pub const SCHEDULE: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
];

/// How long a mail is tried, if nobody takes it.
pub const LONGEST: Duration = whole(SCHEDULE);

/// When the sweep looks after a mail that the stream should have brought to its sender already.
pub const FIRST_LOOK: Duration = Duration::from_mins(1);

/// How long one sender holds a mail. Longer than an attempt with its time-out may take.
pub const CLAIM: Duration = Duration::from_secs(30);

/// How long an ended mail is kept, for people to look at.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

/// The longest subject, in characters: what mail programs show of it is far less.
pub const MAX_SUBJECT_LENGTH: usize = 400;

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Its id, which is a header of each copy: who gets two by one of our retries can tell.
    pub id: MailId,
    /// In whose matter it is sent.
    pub reseller: ResellerId,
    /// Which letter it is.
    pub letter: LetterKind,
    /// The invitation that it is of, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationId>,
    /// What `Addressed::sealed` made, until the mail has ended.
    #[serde(default)]
    pub sealed: String,
    /// How far it is.
    #[serde(flatten)]
    pub state: MailState,
    /// How many attempts were begun.
    pub attempts: u32,
    /// Before when it is not tried, if it is not to go out at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum MailState {
    /// To be tried.
    Pending,
    /// The mail service took it.
    Sent,
    /// It was not sent, since what it speaks of is no longer so.
    NotNeeded,
    /// Nobody gets it.
    Undeliverable {
        /// Why.
        reason: Undeliverable,
    },
}

impl MailState {
    /// The state in one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::NotNeeded => "not_needed",
            Self::Undeliverable { .. } => "undeliverable",
        }
    }

    /// Why nobody gets it, if so.
    #[must_use]
    pub const fn reason(self) -> Option<Undeliverable> {
        match self {
            Self::Pending | Self::Sent | Self::NotNeeded => None,
            Self::Undeliverable { reason } => Some(reason),
        }
    }
}

/// Why nobody gets a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Undeliverable {
    /// The mail service will not take it, whenever it is tried: mostly for its address.
    Rejected,
    /// The mail service took it, and the mail server of its address did not.
    Bounced,
    /// Every attempt of the schedule failed.
    GivenUp,
    /// What is sealed in its row does not open, or makes no letter.
    Unreadable,
}

impl Undeliverable {
    /// Whether it is its address that takes no mail.
    #[must_use]
    pub const fn is_of_the_address(self) -> bool {
        matches!(self, Self::Rejected | Self::Bounced)
    }

    /// The reason in one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Bounced => "bounced",
            Self::GivenUp => "given_up",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The mail service took it.
    Accepted,
    /// There is nothing to send any more.
    NotNeeded,
    /// It may go better later: too many mails at once, a service that is away, an account that sends nothing for now.
    Failed,
    /// It goes no better later.
    Hopeless(Undeliverable),
}

/// What becomes of a mail after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again then.
    RetryAt(Timestamp),
    /// It ends so.
    End(MailState),
}

/// What becomes of a mail whose attempt number `attempts` (from 1) ended like this.
#[must_use]
pub fn after(attempt: Attempt, attempts: u32, now: Timestamp) -> Next {
    match attempt {
        Attempt::Accepted => Next::End(MailState::Sent),
        Attempt::NotNeeded => Next::End(MailState::NotNeeded),
        Attempt::Hopeless(reason) => Next::End(MailState::Undeliverable { reason }),
        Attempt::Failed => {
            let step = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
            let given_up = Next::End(MailState::Undeliverable { reason: Undeliverable::GivenUp });
            SCHEDULE.get(step).map_or(given_up, |wait| Next::RetryAt(now.plus(*wait)))
        }
    }
}

const fn whole(schedule: [Duration; 6]) -> Duration {
    let (mut sum, mut at) = (Duration::ZERO, 0);
    while at < schedule.len() {
        sum = sum.saturating_add(schedule[at]);
        at += 1;
    }
    sum
}

/// Which letter a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// [`Letter::Activation`].
    Activation,
    /// [`Letter::Invitation`].
    Invitation,
    /// [`Letter::Reminder`].
    Reminder,
}

impl LetterKind {
    /// Its name in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Invitation => "invitation",
            Self::Reminder => "reminder",
        }
    }
}

/// What a mail says, as data: its words are those of the function that sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Letter {
    /// A service provider's account is there, and waits to be activated (R147).
    Activation {
        /// The service provider.
        provider: Name,
        /// The page that activates it.
        link: SecretLink,
        /// When that page ends.
        expires_at: Timestamp,
    },
    /// An administrator is invited to grant what an enterprise needs (R160).
    Invitation(Invites),
    /// The administrator is reminded, while what is asked is still missing.
    Reminder {
        /// The invitation that it reminds of.
        of: InvitationId,
        /// What that said.
        #[serde(flatten)]
        invites: Invites,
    },
}

/// What an invitation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invites {
    /// The language of the mail.
    pub language: Language,
    /// The service provider.
    pub provider: Name,
    /// The enterprise.
    pub enterprise: Name,
    /// The start page.
    pub link: SecretLink,
    /// The code that it asks for.
    pub code: SecretCode,
    /// What will be asked for: what somebody signs in for, and what our application is given.
    pub asks: [Vec<ActionType>; 2],
    /// When both end.
    pub expires_at: Timestamp,
}

impl Letter {
    /// Which letter it is.
    #[must_use]
    pub const fn kind(&self) -> LetterKind {
        match self {
            Self::Activation { .. } => LetterKind::Activation,
            Self::Invitation(_) => LetterKind::Invitation,
            Self::Reminder { .. } => LetterKind::Reminder,
        }
    }
}

/// A URL that whoever has it may use. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretLink(String);

impl SecretLink {
    /// The link to `url`.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self(url)
    }

    /// The URL. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretLink([redacted])")
    }
}

/// A code in a letter, in groups. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretCode(String);

impl SecretCode {
    /// The code, as people read it.
    #[must_use]
    pub fn new(code: &InvitationCode) -> Self {
        Self(code.grouped())
    }

    /// The code. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// By what the table knows it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        InvitationCode::typed(&self.0).hash()
    }
}

impl fmt::Debug for SecretCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretCode([redacted])")
    }
}

/// A letter, and whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressed {
    /// Whom it is for.
    pub to: EmailAddress,
    /// What it says.
    #[serde(flatten)]
    pub letter: Letter,
}

/// What is sealed in a mail's row does not open, or is no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnreadableMail {
    /// It does not open.
    #[error("the mail does not open: {0}")]
    Sealed(#[from] Unsealable),
    /// It opens, and is nothing that can be sent.
    #[error("the mail is no letter")]
    NoLetter,
}

impl Addressed {
    /// The mail `id` with this letter, to be tried at once.
    #[must_use]
    pub fn mail(
        &self,
        (id, reseller): (MailId, ResellerId),
        keys: &SealingKeys,
        (now, random): (Timestamp, &dyn Random),
    ) -> Mail {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        let sealed = keys.seal(Purpose::Mail, id.as_str(), &plain, (now, random));
        let (letter, state) = (self.letter.kind(), MailState::Pending);
        Mail { id, reseller, letter, invitation: None, sealed, state, attempts: 0, not_before: None, created_at: now }
    }

    /// The letter in `mail`.
    pub fn open(mail: &Mail, keys: &SealingKeys, now: Timestamp) -> Result<Self, UnreadableMail> {
        let plain = keys.open(Purpose::Mail, mail.id.as_str(), &mail.sealed, now)?;
        serde_json::from_slice(&plain).map_err(|_| UnreadableMail::NoLetter)
    }
}

/// A subject: one line, in which nothing begins another header (RFC 5322 §2.2), and nothing is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

/// The text is not one line of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not a subject: one line of 1 to 400 visible characters")]
pub struct InvalidSubject;

impl Subject {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let sound = (1..=MAX_SUBJECT_LENGTH).contains(&text.chars().count()) && !text.chars().any(is_invisible);
        if sound { Ok(Self(text.to_owned())) } else { Err(InvalidSubject) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn addressed() -> Addressed {
        let link = SecretLink::new("https://onboarding.example/activate/h4ndle".to_owned());
        let letter = Letter::Activation { provider: "Acme Voice".parse().unwrap(), link, expires_at: NOW };
        Addressed { to: "sales@acme.example".parse().unwrap(), letter }
    }

    fn keys() -> SealingKeys {
        SealingKeys::from_json(&SealingKeys::generate(&Counting::default())).unwrap()
    }

    fn mail(keys: &SealingKeys) -> Mail {
        let random = Counting::default();
        let id = MailId::new(NOW, &random);
        addressed().mail((id, ResellerId::try_from(7).unwrap()), keys, (NOW, &random))
    }

    /// R147 A mail service that is away is tried for 17 h 36 min; then somebody is told that nobody got the mail.
    #[test]
    fn a_mail_is_tried_by_the_schedule_and_then_given_up() {
        let next: Vec<Next> = (1..=7).map(|attempt| after(Attempt::Failed, attempt, NOW)).collect();
        assert_eq!(next[0], Next::RetryAt(NOW.plus(Duration::from_mins(1))));
        assert_eq!(next[5], Next::RetryAt(NOW.plus(Duration::from_hours(10))));
        assert_eq!(next[6], Next::End(MailState::Undeliverable { reason: Undeliverable::GivenUp }));
        assert_eq!(LONGEST, Duration::from_mins(17 * 60 + 36));
    }

    #[test]
    fn what_the_service_took_or_will_never_take_has_ended() {
        assert_eq!(after(Attempt::Accepted, 1, NOW), Next::End(MailState::Sent));
        assert_eq!(after(Attempt::NotNeeded, 1, NOW), Next::End(MailState::NotNeeded));
        let reason = Undeliverable::Rejected;
        assert_eq!(after(Attempt::Hopeless(reason), 1, NOW), Next::End(MailState::Undeliverable { reason }));
    }

    /// P10 The row shows neither the address nor the link, and opens for its own id alone.
    #[test]
    fn whom_it_is_for_and_what_it_says_are_sealed() {
        let keys = keys();
        let mail = mail(&keys);
        let row = serde_json::to_string(&mail).unwrap();
        for part in ["acme", "Acme", "h4ndle"] {
            assert!(!row.contains(part) && !format!("{mail:?} {:?}", addressed()).contains("h4ndle"), "{part}");
        }
        assert_eq!(Addressed::open(&mail, &keys, NOW), Ok(addressed()));
        let another = Mail { id: MailId::new(NOW, &Counting::default()), ..mail.clone() };
        let other = Mail { id: "mail_00000000000000000000000000".parse().unwrap(), ..another };
        assert_eq!(Addressed::open(&other, &keys, NOW), Err(UnreadableMail::Sealed(Unsealable::Forged)));
        let ended = Mail { sealed: String::new(), ..mail };
        assert_eq!(Addressed::open(&ended, &keys, NOW), Err(UnreadableMail::Sealed(Unsealable::Malformed)));
    }

    /// R160 No name makes a second header of a subject.
    #[test]
    fn a_subject_is_one_line() {
        assert!("Activate Acme Voice \u{2013} today".parse::<Subject>().is_ok());
        let broken = ["", "a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\u{0}b", "a\u{2028}b", "a\u{202e}b", "a\u{85}b"];
        for text in broken.into_iter().map(str::to_owned).chain(["x".repeat(401)]) {
            assert_eq!(text.parse::<Subject>(), Err(InvalidSubject), "{text:?}");
        }
    }

    /// The row is what the store reads back, in every state.
    #[test]
    fn a_row_reads_back() {
        let mut mail = mail(&keys());
        let undeliverable = MailState::Undeliverable { reason: Undeliverable::Rejected };
        for state in [MailState::Pending, MailState::Sent, MailState::NotNeeded, undeliverable] {
            mail.state = state;
            let row = serde_json::to_value(&mail).unwrap();
            assert_eq!(row["status"], state.word());
            assert_eq!(serde_json::from_value::<Mail>(row).unwrap(), mail);
        }
        for reason in
            [Undeliverable::Rejected, Undeliverable::Bounced, Undeliverable::GivenUp, Undeliverable::Unreadable]
        {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.word());
        }
    }
}
