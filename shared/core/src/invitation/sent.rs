//! What goes out with each mail of an invitation, made together: link, letter, event and audit row.

use super::{Invitation, InvitationCode, InvitationStatus, NewInvitation, event, fact, may_invite};
use crate::action::{ActionStatus, ActionType, ProvedBy};
use crate::audit::{Actor, AuditRow, Occasion};
use crate::consent::links_work;
use crate::delivery::Delivery;
use crate::enterprise::Enterprise;
use crate::id::MailId;
use crate::mail::{Addressed, Invites, Letter, Mail, SecretCode, SecretLink, Undeliverable};
use crate::plan::is_tenant_known;
use crate::reseller::Reseller;
use crate::seal::SealingKeys;
use crate::secret::SecretHash;
use crate::start::StartLink;
use crate::text::EmailAddress;
use crate::time::Timestamp;

/// An invitation with all that goes out with its newest mail.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The invitation as it is from now on.
    pub invitation: Invitation,
    /// The link in the mail, kept by the hash of its handle.
    pub link: StartLink,
    /// The mail.
    pub mail: Mail,
    /// The mail that reminds of it later, if any does. It goes out only if what it asks is asked then ([`Letter::Reminder`]).
    pub reminder: Option<Mail>,
    /// The event, if the service provider is told of any.
    pub delivery: Option<Delivery>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

/// Whose invitation is sent, by whom, and where its page is.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The enterprise and its service provider.
    pub parties: (&'a Enterprise, &'a Reseller),
    /// Who sends it.
    pub actor: &'a Actor,
    /// What the URLs of our pages begin with, without a slash at the end.
    pub public_base: &'a str,
    /// For what rests.
    pub keys: &'a SealingKeys,
    /// Time, reference and randomness.
    pub occasion: Occasion<'a>,
}

impl Sent {
    /// A new invitation (R149).
    #[must_use]
    pub fn first(new: &NewInvitation, sender: Sender<'_>) -> Self {
        let Sender { parties: (enterprise, reseller), keys, occasion, .. } = sender;
        let (at, mail) = ((occasion.now, occasion.random), MailId::new(occasion.now, occasion.random));
        let (invitation, code) = Invitation::new((enterprise.id, reseller.id), new, mail, keys, at);
        Self::of(invitation, (&new.admin, &code), None, sender)
    }

    /// The same invitation sent again to `admin`, with another code (R169). None once it has ended.
    #[must_use]
    pub fn again(invitation: &Invitation, admin: &EmailAddress, sender: Sender<'_>) -> Option<Self> {
        let (at, keys) = ((sender.occasion.now, sender.occasion.random), sender.keys);
        let (again, code) = invitation.resend((admin, MailId::new(at.0, at.1)), keys, at)?;
        Some(Self::of(again, (admin, &code), Some(InvitationStatus::Pending), sender))
    }

    fn of(
        invitation: Invitation,
        (admin, code): (&EmailAddress, &InvitationCode),
        before: Option<InvitationStatus>,
        Sender { parties: (enterprise, reseller), actor, public_base, keys, occasion }: Sender<'_>,
    ) -> Self {
        let at = (occasion.now, occasion.random);
        let (link, handle) = StartLink::of_invitation(&invitation, reseller.events_url.clone(), at);
        let invites = Invites {
            language: invitation.language.unwrap_or_default(),
            provider: reseller.name.clone(),
            enterprise: enterprise.profile.enterprise_name.clone(),
            link: SecretLink::new(format!("{public_base}/start/{}", handle.expose())),
            code: SecretCode::new(code),
            asks: asks(enterprise),
            expires_at: invitation.expires_at,
        };
        let letter = |id, letter| Mail {
            invitation: Some(invitation.id.clone()),
            ..Addressed { to: admin.clone(), letter }.mail((id, reseller.id), keys, at)
        };
        let reminder = invitation.reminds_at().map(|then| {
            let reminds = Letter::Reminder { of: invitation.id.clone(), invites: invites.clone() };
            Mail { not_before: Some(then), ..letter(MailId::new(at.0, at.1), reminds) }
        });
        let mail = letter(invitation.mail.clone(), Letter::Invitation(invites));
        let whose = (&invitation.id, enterprise.id, reseller.id);
        let status = InvitationStatus::Pending;
        let told = (reseller.id, reseller.events_url.as_ref());
        let delivery = event(("sent", status), (&invitation.id, enterprise.id), told, occasion);
        let word = if before.is_some() { "resent" } else { "sent" };
        let audit = fact(word, whose, (before, status), actor, occasion);
        Self { invitation, link, mail, reminder, delivery, audit }
    }
}

/// What a reminder of an invitation depends on, as it is when it is due.
#[derive(Clone, Debug)]
pub struct Reminding {
    /// The invitation.
    pub invitation: Invitation,
    /// Its enterprise.
    pub enterprise: Enterprise,
    /// Whose enterprise it is.
    pub reseller: Reseller,
    /// Its newest mail, if that is still kept.
    pub mail: Option<Mail>,
}

impl Reminding {
    /// What is still to be asked of whoever has `code`; none if they are not to be reminded: the invitation has ended or another code
    /// was sent, its links do not work, its address takes no mail, or all that is missing waits for somebody else.
    #[must_use]
    pub fn asks(&self, code: &SecretHash, now: Timestamp) -> Option<[Vec<ActionType>; 2]> {
        let Self { invitation, enterprise, reseller, mail } = self;
        let takes_no_mail =
            mail.as_ref().and_then(|mail| mail.state.reason()).is_some_and(Undeliverable::is_of_the_address);
        let may =
            invitation.opens_with(code, now) && may_invite(enterprise).is_ok() && links_work(enterprise, reseller);
        let waits = |action: &ActionType| {
            matches!(enterprise.action(*action).status(), ActionStatus::PendingConfirmation | ActionStatus::Verifying)
        };
        // Whatever else is missing is asked for in a tenant that is known.
        if waits(&ActionType::Registration) && !is_tenant_known(enterprise) {
            return None;
        }
        let asked = asks(enterprise).map(|asked| asked.into_iter().filter(|action| !waits(action)).collect::<Vec<_>>());
        (may && !takes_no_mail && asked.iter().any(|asked| !asked.is_empty())).then_some(asked)
    }
}

/// What is mandatory and missing: what somebody signs in for, and what our application is given. Either may be empty.
fn asks(enterprise: &Enterprise) -> [Vec<ActionType>; 2] {
    enterprise.missing().partition::<Vec<_>, _>(|action| action.proved_by() != ProvedBy::AppRoles).into()
}
