//! Invitations: made with their mail and link, opened by their code, and ended once, whoever ends them.

mod list;
mod overdue;

use std::net::IpAddr;

use onboarding_core::audit::AuditRow;
use onboarding_core::delivery::Delivery;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{EnterpriseId, InvitationId};
use onboarding_core::idempotency::Once;
use onboarding_core::invitation::{Invitation, InvitationStatus, KEPT, OpenInvitations, Reminding, Sent, Tries, Wrong};
use onboarding_core::mail::Mail;
use onboarding_core::readiness::Accepted;
use onboarding_core::reseller::Reseller;
use onboarding_core::secret::SecretHash;
use onboarding_core::start::StartLink;
use onboarding_core::time::Timestamp;

use crate::consent::{IS_OPEN, open};
use crate::due::DueKind;
use crate::idempotency::Made;
use crate::key::Key;
use crate::row::{due, entity, item, part};
use crate::transaction::{Committed, Part, Transaction};
use crate::update::{Change, Updated};
use crate::value::{Item, instant, number, text};
use crate::{Store, StoreError};

pub use list::{InvitationPage, InvitationQuery};
pub use overdue::{Overdue, OverduePage};

/// The shards of the due index for invitations (DESIGN §4): each takes 1,000 writes a second.
pub const INVITATION_SHARDS: u16 = 8;

/// Everything that goes out with a mail of an invitation, new or sent again.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// The invitation as it is from now on.
    pub invitation: &'a Invitation,
    /// The link in the mail.
    pub link: &'a StartLink,
    /// The mail.
    pub mail: &'a Mail,
    /// The mail that reminds of it later, if any does.
    pub reminder: Option<&'a Mail>,
    /// The event, if the service provider is told of any.
    pub delivery: Option<&'a Delivery>,
    /// What the audit trail keeps.
    pub audit: &'a AuditRow,
}

impl<'a> From<&'a Sent> for Sending<'a> {
    fn from(sent: &'a Sent) -> Self {
        let Sent { invitation, link, mail, reminder, delivery, audit } = sent;
        Self { invitation, link, mail, reminder: reminder.as_ref(), delivery: delivery.as_ref(), audit }
    }
}

/// An end of an invitation by its provider or by its time.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// Which, as it was read.
    pub invitation: &'a Invitation,
    /// How it ends.
    pub status: InvitationStatus,
    /// The event, if the service provider is told of any.
    pub delivery: Option<&'a Delivery>,
    /// What the audit trail keeps.
    pub audit: &'a AuditRow,
}

/// A start link of an invitation, with all that it is about.
#[derive(Clone, Debug)]
pub struct InvitedParties {
    /// For whom.
    pub enterprise: Enterprise,
    /// Whose enterprise it is.
    pub reseller: Reseller,
    /// The invitation.
    pub invitation: Invitation,
    /// The wrong codes of the network that asks, if there were any lately.
    pub tries: Option<Tries>,
}

/// Nobody has ended it.
const IS_PENDING: &str = "#status = :pending";
/// Nobody has ended it, and neither has its time.
const IS_LIVE: &str = "#status = :pending AND expiresAt > :now";

impl Transaction {
    /// Adds a new invitation with its link, its mail, its event and its audit row.
    pub(crate) fn invite(&mut self, sending: Sending<'_>) -> Result<(), StoreError> {
        self.put_new(Part::Invitation, invitation_item(sending.invitation)?)?;
        self.send(sending)
    }

    fn send(&mut self, sending: Sending<'_>) -> Result<(), StoreError> {
        let Sending { link, mail, reminder, delivery, audit, .. } = sending;
        self.start(link)?;
        self.mail(mail)?;
        reminder.map_or(Ok(()), |reminder| self.mail(reminder))?;
        delivery.map_or(Ok(()), |delivery| self.deliver(delivery))?;
        self.audit(audit)
    }

    /// Adds what is noted of its open invitations on an enterprise that goes on and was never ready, if it still is as it was
    /// read.
    fn note_invitations(
        &mut self,
        enterprise: EnterpriseId,
        (before, after): (&OpenInvitations, &OpenInvitations),
    ) -> Result<(), StoreError> {
        let key = Key::enterprise(enterprise);
        let change = Change::new("SET invitations = :after", IS_OPEN).and("attribute_not_exists(readyAt)");
        let change = as_noted(change, before)?.value(":after", part(&key, after)?);
        self.update(Part::Enterprise, key.clone(), open(change, &key)?)
    }

    /// Adds the acceptance of an invitation, if it is live, with what is told of it.
    pub(crate) fn accept_invitation(&mut self, accepted: &Accepted, now: Timestamp) -> Result<(), StoreError> {
        let change = ending(InvitationStatus::Accepted, now, IS_LIVE).value(":now", instant(now));
        self.update(Part::Invitation, Key::invitation(&accepted.id), change)?;
        accepted.delivery.as_ref().map_or(Ok(()), |delivery| self.deliver_with(Part::Invitation, delivery))?;
        self.audit_with(Part::Invitation, &accepted.audit)
    }
}

impl Store {
    /// Makes an invitation of an enterprise whose open ones are noted as `before`, and ends the one whose place it takes.
    /// Refused if the enterprise is stopped, ready, or no longer as it was read; of two for one address at once one is made.
    pub async fn invite(
        &self,
        sending: Sending<'_>,
        noted: (&OpenInvitations, &OpenInvitations),
        former: Option<&InvitationId>,
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        transaction.note_invitations(sending.invitation.enterprise, noted)?;
        if let Some(former) = former {
            let change = ending(InvitationStatus::Superseded, sending.invitation.created_at, IS_PENDING);
            transaction.update(Part::Invitation, Key::invitation(former), change)?;
        }
        transaction.invite(sending)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// Gives an invitation that is as `before` another code, link and mail: from then on the code before opens nothing.
    /// Refused if it, or its enterprise, is no longer as it was read.
    pub async fn resend(
        &self,
        before: &Invitation,
        sending: Sending<'_>,
        noted: (&OpenInvitations, &OpenInvitations),
        once: Option<&Once>,
    ) -> Result<Made, StoreError> {
        let mut transaction = self.transaction();
        let same = Change::condition(IS_LIVE)
            .and("code = :code")
            .name("#status", "status")
            .value(":pending", text(InvitationStatus::Pending.word()))
            .value(":now", instant(sending.invitation.sent_at))
            .value(":code", text(before.code.as_str()));
        transaction.put(Part::Invitation, invitation_item(sending.invitation)?, same)?;
        transaction.note_invitations(before.enterprise, noted)?;
        transaction.send(sending)?;
        transaction.once(once)?;
        self.make(&transaction, once).await
    }

    /// Takes back an invitation that is live. False if it has ended, or its enterprise is no longer as it was read.
    pub async fn revoke_invitation(
        &self,
        Ending { invitation, status, delivery, audit }: Ending<'_>,
        (before, after): (&OpenInvitations, &OpenInvitations),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        let change = ending(status, now, IS_LIVE).value(":now", instant(now));
        transaction.update(Part::Invitation, Key::invitation(&invitation.id), change)?;
        let key = Key::enterprise(invitation.enterprise);
        let change = as_noted(Change::new("SET invitations = :after", "attribute_exists(PK)"), before)?;
        transaction.update(Part::Enterprise, key.clone(), change.value(":after", part(&key, after)?))?;
        delivery.map_or(Ok(()), |delivery| transaction.deliver(delivery))?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Records that the time of an invitation was over at `now`. False if somebody else has recorded an end, or it was sent
    /// again: of any number of sweeps one records it.
    pub async fn expire_invitation(
        &self,
        Ending { invitation, status, delivery, audit }: Ending<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.transaction();
        let change =
            ending(status, invitation.expires_at, IS_PENDING).and("expiresAt <= :now").value(":now", instant(now));
        transaction.update(Part::Invitation, Key::invitation(&invitation.id), change)?;
        delivery.map_or(Ok(()), |delivery| transaction.deliver(delivery))?;
        transaction.audit(audit)?;
        Ok(self.commit(&transaction).await? == Committed::Done)
    }

    /// Opens an invitation for a browser that shows its code: one conditional write, so that a code that was replaced, or an
    /// invitation that ended, in the very moment opens nothing.
    pub async fn open_invitation(
        &self,
        id: &InvitationId,
        (code, browser): (&SecretHash, &SecretHash),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::new("SET openedBy = :browser", IS_LIVE)
            .and("code = :code")
            .name("#status", "status")
            .value(":pending", text(InvitationStatus::Pending.word()))
            .value(":now", instant(now))
            .value(":code", text(code.as_str()))
            .value(":browser", text(browser.as_str()));
        Ok(self.update(Key::invitation(id), change).await?.is_done())
    }

    /// An invitation as it stands.
    pub async fn invitation(&self, id: &InvitationId) -> Result<Option<Invitation>, StoreError> {
        self.get(Key::invitation(id)).await?.map(entity).transpose()
    }

    /// What a reminder of an invitation depends on; none if any of it but the mail is gone.
    pub async fn reminding(&self, id: &InvitationId) -> Result<Option<Reminding>, StoreError> {
        let Some(invitation) = self.invitation(id).await? else { return Ok(None) };
        let (whose, by) = (Key::enterprise(invitation.enterprise), Key::reseller(invitation.reseller));
        let (mut enterprise, mut reseller, mut mail) = (None, None, None);
        for item in self.batch_get(vec![whose, by, Key::mail(&invitation.mail)]).await? {
            match Key::of(&item).sk.as_str() {
                "enterprise" => enterprise = Some(entity(item)?),
                "reseller" => reseller = Some(entity(item)?),
                _ => mail = Some(entity(item)?),
            }
        }
        let parties = enterprise.zip(reseller);
        Ok(parties.map(|(enterprise, reseller)| Reminding { invitation, enterprise, reseller, mail }))
    }

    /// All that the link of an invitation is about, and how often the network at `address` has sent wrong codes, in one read.
    pub async fn invited_parties(
        &self,
        link: &StartLink,
        address: Option<IpAddr>,
    ) -> Result<Option<InvitedParties>, StoreError> {
        let Some(id) = &link.invitation else { return Ok(None) };
        let mut keys = vec![Key::enterprise(link.enterprise), Key::reseller(link.reseller), Key::invitation(id)];
        keys.extend(address.map(|address| Key::wrong(&Wrong::network(address))));
        let (mut enterprise, mut reseller, mut invitation, mut tries) = (None, None, None, None);
        for item in self.batch_get(keys).await? {
            match Key::of(&item).sk.as_str() {
                "enterprise" => enterprise = Some(entity(item)?),
                "reseller" => reseller = Some(entity(item)?),
                "invitation" => invitation = Some(entity(item)?),
                _ => tries = Some(entity(item)?),
            }
        }
        Ok(match (enterprise, reseller, invitation) {
            (Some(enterprise), Some(reseller), Some(invitation)) => {
                Some(InvitedParties { enterprise, reseller, invitation, tries })
            }
            _ => None,
        })
    }

    /// Counts a wrong code, and says how many there are in the window that began with the first of them.
    pub async fn count_wrong_code(&self, wrong: &Wrong, now: Timestamp) -> Result<Tries, StoreError> {
        let key = Key::wrong(wrong);
        let until = now.plus(onboarding_core::invitation::WRONG_WINDOW);
        loop {
            let more = Change::new("ADD wrong :one", "#until > :now")
                .name("#until", "until")
                .value(":one", number(1))
                .value(":now", instant(now));
            if let Updated::Done(Some(row)) = self.update(key.clone(), more).await? {
                return entity(row);
            }
            let first = Change::new(
                "SET wrong = :one, #until = :until, #ttl = :ttl",
                "attribute_not_exists(#until) OR #until <= :now",
            )
            .name("#until", "until")
            .name("#ttl", "ttl")
            .value(":one", number(1))
            .value(":until", instant(until))
            .value(":ttl", number(until.seconds()))
            .value(":now", instant(now));
            if let Updated::Done(Some(row)) = self.update(key.clone(), first).await? {
                return entity(row);
            }
        }
    }
}

/// Ends an invitation as `status`, under `condition`: no code opens it, and nothing is due.
fn ending(status: InvitationStatus, at: Timestamp, condition: &str) -> Change {
    let end = "SET #status = :status, endedAt = :at, #ttl = :ttl REMOVE DPK, DSK, openedBy";
    Change::new(end, condition)
        .name("#status", "status")
        .name("#ttl", "ttl")
        .value(":status", text(status.word()))
        .value(":pending", text(InvitationStatus::Pending.word()))
        .value(":at", instant(at))
        .value(":ttl", number(at.plus(KEPT).seconds()))
}

/// The same change, under the condition that the open invitations are noted as they were read.
pub(crate) fn as_noted(change: Change, noted: &OpenInvitations) -> Result<Change, StoreError> {
    if noted.is_empty() {
        return Ok(change.and("(attribute_not_exists(invitations) OR invitations = :noted)").value(":noted", empty()));
    }
    let noted = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(noted)
        .map_err(|fault| StoreError::Unavailable(fault.to_string()))?;
    Ok(change.and("invitations = :noted").value(":noted", noted))
}

fn empty() -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::M(Item::new())
}

/// The item of an invitation: due at its end, and in the list of its enterprise.
fn invitation_item(invitation: &Invitation) -> Result<Item, StoreError> {
    let mut row = item(&Key::invitation(&invitation.id), invitation)?;
    due(&mut row, &DueKind::Invitation.partition(shard(invitation.id.as_str())), invitation.expires_at);
    row.insert("OPK".to_owned(), text(of_enterprise(invitation.enterprise)));
    row.insert("OSK".to_owned(), text(invitation.id.as_str()));
    Ok(row)
}

/// In which shard of the due index an invitation or a reminder is: its id ends in random characters.
#[must_use]
pub fn shard(id: &str) -> u16 {
    id.bytes().last().map_or(0, |byte| u16::from(byte) % INVITATION_SHARDS)
}

/// The partition of an enterprise's invitations in the owner index.
fn of_enterprise(enterprise: EnterpriseId) -> String {
    format!("invitations#{enterprise}")
}
