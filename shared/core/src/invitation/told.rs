//! What is told of an invitation: to its provider when asked, as an event, and in the audit trail. Never its code, and the
//! address to its provider alone.

use serde::Serialize;

use super::{Invitation, InvitationStatus};
use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::delivery::Delivery;
use crate::id::{EnterpriseId, InvitationId, ResellerId};
use crate::mail::{LetterKind, Mail, MailState, Undeliverable};
use crate::redirect_url::RedirectUrl;
use crate::text::EmailAddress;
use crate::time::Timestamp;

/// An invitation as its provider reads it (R159, R169, K14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// Its id.
    id: InvitationId,
    /// For whom.
    enterprise_id: EnterpriseId,
    /// How far it is.
    status: InvitationStatus,
    /// Whom it is for; null once that is no longer known.
    #[cfg_attr(feature = "openapi", schema(required))]
    admin_email: Option<EmailAddress>,
    /// When it ends or ended, in UTC.
    expires_at: String,
    /// When its administrator is reminded, in UTC, should it be pending then; null if not at all.
    #[cfg_attr(feature = "openapi", schema(required))]
    reminds_at: Option<String>,
    /// How many mails were sent, without reminders.
    sends: u32,
    /// When the newest was, in UTC.
    sent_at: String,
    /// How far the newest mail is; null where that is not looked up, or no longer known.
    #[cfg_attr(feature = "openapi", schema(required))]
    delivery: Option<MailDelivery>,
    /// When it was made, in UTC.
    created_at: String,
}

/// How far the mail of an invitation is (R159).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailDelivery {
    /// `pending`, `sent` or `failed`.
    status: &'static str,
    /// Why nobody gets it.
    #[cfg_attr(feature = "openapi", schema(required))]
    reason: Option<Undeliverable>,
}

impl From<MailState> for MailDelivery {
    fn from(state: MailState) -> Self {
        let status = match state {
            MailState::Pending => "pending",
            // The newest mail of an invitation is never a reminder: it is wanted whenever it goes out.
            MailState::Sent | MailState::NotNeeded => "sent",
            MailState::Undeliverable { .. } => "failed",
        };
        Self { status, reason: state.reason() }
    }
}

impl InvitationView {
    /// The invitation as it is at `now`, for `admin`, with how far its mail is.
    #[must_use]
    pub fn of(invitation: &Invitation, admin: Option<EmailAddress>, mail: Option<&Mail>, now: Timestamp) -> Self {
        Self {
            id: invitation.id.clone(),
            enterprise_id: invitation.enterprise,
            status: invitation.status_at(now),
            admin_email: admin,
            expires_at: invitation.expires_at.to_string(),
            reminds_at: invitation.reminds_at().map(|at| at.to_string()),
            sends: invitation.sends,
            sent_at: invitation.sent_at.to_string(),
            delivery: mail.map(|mail| mail.state.into()),
            created_at: invitation.created_at.to_string(),
        }
    }
}

/// `data` of an event about an invitation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    invitation_id: &'a InvitationId,
    enterprise_id: EnterpriseId,
    status: InvitationStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Undeliverable>,
}

/// What is told of an invitation whose mail nobody gets.
#[derive(Clone, Debug)]
pub struct Untold {
    /// The event, if the service provider is told of any.
    pub delivery: Option<Delivery>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

impl Invitation {
    /// What is told when nobody gets `mail`, which is of this invitation. None if nobody waits for that mail any more: the invitation
    /// has ended, or was sent again.
    #[must_use]
    pub fn undelivered(
        &self,
        (mail, reason): (&Mail, Undeliverable),
        events_url: Option<&RedirectUrl>,
        occasion: Occasion<'_>,
    ) -> Option<Untold> {
        let is_awaited = self.is_open(occasion.now) && (mail.id == self.mail || mail.letter == LetterKind::Reminder);
        let told =
            Told { invitation_id: &self.id, enterprise_id: self.enterprise, status: self.status, reason: Some(reason) };
        is_awaited.then(|| Untold {
            delivery: delivery("undeliverable", told, (self.reseller, events_url), occasion),
            audit: fact(
                "undeliverable",
                (&self.id, self.enterprise, self.reseller),
                (Some(self.status), self.status),
                &Actor::System("mail-delivery"),
                occasion,
            ),
        })
    }
}

/// The event `invitation.{word}`; none without an address for events. It tells nothing but what the table holds in the clear.
#[must_use]
pub fn event(
    (word, status): (&str, InvitationStatus),
    (id, enterprise): (&InvitationId, EnterpriseId),
    told: (ResellerId, Option<&RedirectUrl>),
    occasion: Occasion<'_>,
) -> Option<Delivery> {
    delivery(word, Told { invitation_id: id, enterprise_id: enterprise, status, reason: None }, told, occasion)
}

fn delivery(
    word: &str,
    data: Told<'_>,
    (reseller, events_url): (ResellerId, Option<&RedirectUrl>),
    occasion: Occasion<'_>,
) -> Option<Delivery> {
    let (kind, whose) = (format!("invitation.{word}"), (reseller, data.enterprise_id));
    Some(crate::event::plain_delivery_to(&kind, whose, events_url?.clone(), data, occasion))
}

/// What the audit trail keeps of what became of an invitation.
#[must_use]
pub fn fact(
    word: &str,
    (id, enterprise, reseller): (&InvitationId, EnterpriseId, ResellerId),
    (before, after): (Option<InvitationStatus>, InvitationStatus),
    actor: &Actor,
    occasion: Occasion<'_>,
) -> AuditRow {
    let fact = Fact {
        actor,
        action: &format!("invitation.{word}"),
        object: format!("invitation:{id}"),
        before: before.map(|status| status.word().to_owned()),
        after: Some(after.word().to_owned()),
    };
    AuditRow::new(reseller, Some(enterprise), fact, occasion)
}
