//! Invitations: a mail to one administrator, with a link and a code, until the consents are there (R149, R159-R169).
//!
//! ```text
//! pending ──accept──► accepted      with the last consent that its enterprise needs, in that very transaction
//!    │ ──expire──► expired          recorded by the sweep; refused from the first second, swept or not (P7)
//!    │ ──revoke──► revoked          by its service provider
//!    │ ──supersede──► superseded    by another invitation of the same address
//!    └─resend──► pending            with another code: the one before is dead in the same moment
//! ```
//!
//! The link alone opens nothing but the page; the code alone finds nothing. Of both only hashes are stored. A browser that
//! has shown the code is remembered by the hash of its cookie, so that it goes on after each of Microsoft's screens.

mod code;
mod new;
mod open;
mod sent;
mod told;
mod wrong;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{EnterpriseId, InvitationId, MailId, ResellerId};
use crate::language::Language;
use crate::random::Random;
use crate::seal::{Purpose, SealingKeys};
use crate::secret::SecretHash;
use crate::text::EmailAddress;
use crate::time::Timestamp;
use crate::word::words;

pub use code::InvitationCode;
pub use new::{NewInvitation, NotInvited, may_invite};
pub use open::{Invited, NotSent, OpenInvitations};
pub use sent::{Reminding, Sender, Sent};
pub use told::{InvitationView, MailDelivery, Untold, event, fact};
pub use wrong::{Tries, WRONG_WINDOW, Wrong};

/// How many days an invitation may live (R037, K20).
pub const LONGEST_DAYS: u64 = 30;

/// The same as a span.
pub const LONGEST: Duration = Duration::from_hours(24 * LONGEST_DAYS);

/// How long an ended invitation is kept, for people to look at.
pub const KEPT: Duration = Duration::from_hours(90 * 24);

/// Whole days in the life of an invitation: 1 to 30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(u8);

impl Days {
    /// So many days, if they are from 1 to 30.
    #[must_use]
    pub fn new(days: u64) -> Option<Self> {
        u8::try_from(days).ok().filter(|days| (1..=LONGEST_DAYS).contains(&u64::from(*days))).map(Self)
    }

    /// As a span.
    #[must_use]
    pub fn span(self) -> Duration {
        Duration::from_hours(24 * u64::from(self.0))
    }
}

words!(
    /// How far an invitation is.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    InvitationStatus {
        /// It can be used.
        Pending = "pending",
        /// Everything that it asked for is granted.
        Accepted = "accepted",
        /// Its time was over.
        Expired = "expired",
        /// Its service provider took it back.
        Revoked = "revoked",
        /// Another invitation of the same address took its place.
        Superseded = "superseded",
    }
);

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// For whom.
    pub enterprise: EnterpriseId,
    /// Whose enterprise it is.
    pub reseller: ResellerId,
    /// How far it is.
    pub status: InvitationStatus,
    /// The hash of the one code that opens it.
    pub code: SecretHash,
    /// Whom it is for, sealed for its id.
    pub sealed_address: String,
    /// By what that address is known among those of its enterprise.
    pub address: SecretHash,
    /// How long each mail of it is good.
    pub days: Days,
    /// How long before its end its administrator is reminded of it; none: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Days>,
    /// The language of its mails and pages, if its provider has chosen one: else mails are in English, and pages in the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The newest mail.
    pub mail: MailId,
    /// How many mails were sent.
    pub sends: u32,
    /// When the newest was.
    pub sent_at: Timestamp,
    /// The browser that showed the code, by the hash of its cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<SecretHash>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended, if it was recorded that it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Invitation {
    /// A new invitation with its code, which goes into the mail `mail` and nowhere else.
    #[must_use]
    pub fn new(
        (enterprise, reseller): (EnterpriseId, ResellerId),
        NewInvitation { admin, days, remind, language }: &NewInvitation,
        mail: MailId,
        keys: &SealingKeys,
        (now, random): (Timestamp, &dyn Random),
    ) -> (Self, InvitationCode) {
        let (id, code) = (InvitationId::new(now, random), InvitationCode::new(random));
        let plain = admin.expose().as_bytes();
        let sealed_address = keys.seal(Purpose::InvitedAddress, id.as_str(), plain, (now, random));
        let invitation = Self {
            sealed_address,
            id,
            enterprise,
            reseller,
            status: InvitationStatus::Pending,
            code: code.hash(),
            address: address_key(enterprise, admin),
            days: *days,
            remind: *remind,
            language: *language,
            expires_at: now.plus(days.span()),
            mail,
            sends: 1,
            sent_at: now,
            opened_by: None,
            created_at: now,
            ended_at: None,
        };
        (invitation, code)
    }

    /// Whether it can be used; it ends in its millisecond (P7).
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status == InvitationStatus::Pending && now < self.expires_at
    }

    /// Whether `code` opens it. The store's condition says the same (P6).
    #[must_use]
    pub fn opens_with(&self, code: &SecretHash, now: Timestamp) -> bool {
        self.is_open(now) && self.code == *code
    }

    /// When its administrator is reminded of it, if at all: with the code that it has then.
    #[must_use]
    pub fn reminds_at(&self) -> Option<Timestamp> {
        Some(self.expires_at.minus(self.remind?.span()))
    }

    /// Whether a browser has shown the code, and may go on.
    #[must_use]
    pub fn is_opened_by(&self, browser: &SecretHash, now: Timestamp) -> bool {
        self.is_open(now) && self.opened_by.as_ref() == Some(browser)
    }

    /// How far it is: what has ended and is not recorded yet has ended all the same.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InvitationStatus {
        let is_over = self.status == InvitationStatus::Pending && now >= self.expires_at;
        if is_over { InvitationStatus::Expired } else { self.status }
    }

    /// Whom it is for; none once the key of the seal is gone.
    #[must_use]
    pub fn admin(&self, keys: &SealingKeys, now: Timestamp) -> Option<EmailAddress> {
        let plain = keys.open(Purpose::InvitedAddress, self.id.as_str(), &self.sealed_address, now).ok()?;
        String::from_utf8(plain).ok()?.parse().ok()
    }

    /// The same with another code and its whole time before it, to go out with `mail` to `admin`: the code before is dead, and
    /// whoever showed it shows the new one (R169). None once it has ended.
    #[must_use]
    pub fn resend(
        &self,
        (admin, mail): (&EmailAddress, MailId),
        keys: &SealingKeys,
        (now, random): (Timestamp, &dyn Random),
    ) -> Option<(Self, InvitationCode)> {
        if !self.is_open(now) {
            return None;
        }
        let code = InvitationCode::new(random);
        let again = Self {
            code: code.hash(),
            // Sealed anew, so that it opens as long as the invitation lives.
            sealed_address: keys.seal(
                Purpose::InvitedAddress,
                self.id.as_str(),
                admin.expose().as_bytes(),
                (now, random),
            ),
            expires_at: now.plus(self.days.span()),
            mail,
            sends: self.sends + 1,
            sent_at: now,
            opened_by: None,
            ..self.clone()
        };
        Some((again, code))
    }
}

/// By what an address is known in an enterprise. Whoever reads it learns no address but one that they guess.
fn address_key(enterprise: EnterpriseId, admin: &EmailAddress) -> SecretHash {
    SecretHash::of(&format!("{enterprise} {}", admin.expose().to_lowercase()))
}

#[cfg(test)]
mod tests;
