//! Invitations.

use onboarding_core::id::InvitationId;
use onboarding_core::invitation::{InvitationStatus, InvitationView};
use onboarding_core::language::Language;
use onboarding_core::text::EmailAddress;
use utoipa::ToSchema;

/// Whom to invite.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewInvitation {
    /// A Global Administrator of the customer's tenant.
    admin_email: EmailAddress,
    /// How many days the invitation lives; 7 without it.
    #[schema(value_type = Option<u8>, nullable = false, minimum = 1, maximum = 30)]
    expires_in_days: Option<u8>,
    /// How many days before its end the administrator is reminded, should it be pending then: less than `expiresInDays`, or 0 for
    /// no reminder. Without it 2, and none if it lives for 2 days at most.
    #[schema(value_type = Option<u8>, nullable = false, minimum = 0, maximum = 29)]
    remind_days_before: Option<u8>,
    /// The language of its mails and pages. Without it mails are in English, and pages in the language that the browser prefers.
    language: Option<Language>,
}

/// An invitation that was sent.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct SentInvitation {
    /// Its id.
    id: InvitationId,
    /// How far it is.
    status: InvitationStatus,
    /// When it ends or ended, in UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// How many mails were sent.
    sends: u32,
}

/// A page of invitations.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct InvitationPage {
    /// What is on it.
    items: Vec<InvitationView>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}
