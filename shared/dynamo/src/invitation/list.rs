//! An enterprise's invitations, page by page, each with how far its mail is.

use std::collections::BTreeMap;

use onboarding_core::id::{EnterpriseId, InvitationId, MailId};
use onboarding_core::invitation::Invitation;
use onboarding_core::listing::PageSize;
use onboarding_core::mail::Mail;

use super::of_enterprise;
use crate::key::Key;
use crate::row::entity;
use crate::table::OWNER_INDEX;
use crate::value::text;
use crate::{Store, StoreError};

/// What sorts after every id.
const AFTER_ALL: &str = "inv_~";

/// Which invitations are wanted.
#[derive(Clone, Debug)]
pub struct InvitationQuery {
    /// Whose.
    pub enterprise: EnterpriseId,
    /// Made before this one, where the page before ended.
    pub after: Option<InvitationId>,
    /// At most so many.
    pub size: PageSize,
}

/// Invitations, the newest first.
#[derive(Clone, Debug)]
pub struct InvitationPage {
    /// They.
    pub invitations: Vec<Invitation>,
    /// Their newest mails, as far as they are kept.
    pub mails: BTreeMap<MailId, Mail>,
    /// Behind which the list goes on, if it does.
    pub next: Option<InvitationId>,
}

impl Store {
    /// A page of an enterprise's invitations: one query of the owner index, eventually consistent, and one read of their mails.
    pub async fn invitations(&self, wanted: &InvitationQuery) -> Result<InvitationPage, StoreError> {
        let size = wanted.size.get();
        let before = wanted.after.as_ref().map_or(AFTER_ALL, InvitationId::as_str);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(OWNER_INDEX)
            .scan_index_forward(false)
            .key_condition_expression("OPK = :partition AND OSK < :before")
            .expression_attribute_values(":partition", text(of_enterprise(wanted.enterprise)))
            .expression_attribute_values(":before", text(before))
            // One more than the page holds tells whether there is another page.
            .limit(i32::try_from(size + 1).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| StoreError::unavailable(&error))?;
        let invitations: Result<Vec<Invitation>, _> =
            answer.items.unwrap_or_default().into_iter().map(entity).collect();
        let mut invitations = invitations?;
        let next = (invitations.len() > size).then(|| invitations[size - 1].id.clone());
        invitations.truncate(size);
        let mails = self.mails(invitations.iter().map(|invitation| &invitation.mail)).await?;
        Ok(InvitationPage { invitations, mails, next })
    }

    async fn mails(&self, ids: impl Iterator<Item = &MailId>) -> Result<BTreeMap<MailId, Mail>, StoreError> {
        let keys: Vec<Key> = ids.map(Key::mail).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.batch_get(keys).await?.into_iter().map(entity::<Mail>);
        found.map(|mail| mail.map(|mail| (mail.id.clone(), mail))).collect()
    }
}
