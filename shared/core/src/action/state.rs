//! How far an action is, as it is stored.

use serde::{Deserialize, Serialize};

use super::{ActionType, Waiting};
use crate::advice::{Code, Explanation};
use crate::id::{ConsentRequestId, TenantId};
use crate::identity::Signer;
use crate::time::Timestamp;

/// How far an action is. Each state holds only what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ActionState {
    /// Nobody asked for it.
    NotRequested,
    /// Asked for; no link was made yet.
    PendingConsent {
        /// Since when.
        since: Timestamp,
    },
    /// A link was made.
    Started {
        /// Since when.
        since: Timestamp,
        /// The newest link.
        request: ConsentRequestId,
        /// Whether it asks with `prompt=consent`, after a consent for one person only.
        asked_again: bool,
    },
    /// Proved, but for a tenant that nobody named beforehand: the provider confirms or not.
    PendingConfirmation {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// The tenant to confirm.
        tenant: TenantId,
        /// Its name, for the person who confirms.
        organization: String,
        /// Other tenants that were proved before it and wait too, the newest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Waiting>,
        /// The newest link that was begun meanwhile, for an administrator of another tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<ConsentRequestId>,
    },
    /// The signer came back; Graph does not show the grant yet.
    Verifying {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
    },
    /// Proved by Graph.
    Granted {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Who granted it; none on the admin-consent page, which names nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signer>,
        /// The tenant in which it was proved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<TenantId>,
    },
    /// Refused on Microsoft's page.
    Declined {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Why.
        code: Code,
        /// Whether the link asked with `prompt=consent`.
        asked_again: bool,
    },
    /// Stopped by something that somebody can mend.
    Blocked {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Why.
        code: Code,
        /// Whether the link asked with `prompt=consent`.
        asked_again: bool,
        /// What the explanation names: the permissions that are not granted, or the people of a role that is not ready.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// Could not be checked before the signer's token ended, or was granted and nobody of ours may read it any more.
    Unverifiable {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Who granted it, where it was granted and that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signer>,
    },
    /// Was granted and is gone from Graph.
    Drifted {
        /// Since when.
        since: Timestamp,
        /// The link by which it was granted.
        request: ConsentRequestId,
        /// Who granted it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signer>,
        /// The permissions that are gone, by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// No longer asked for.
    Withdrawn {
        /// Since when.
        since: Timestamp,
    },
    /// Was granted, and the tenant has removed our application, or disabled it.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// The link by which it was granted.
        request: ConsentRequestId,
        /// Who granted it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signer>,
    },
    /// The newest link ended, and nobody had come back by it.
    Expired {
        /// Since when.
        since: Timestamp,
        /// That link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<ConsentRequestId>,
        /// Whether it asked with `prompt=consent`.
        #[serde(default)]
        asked_again: bool,
    },
}

impl ActionState {
    /// Whether the next link must ask with `prompt=consent`: after a consent for one person only Microsoft would
    /// show no screen by itself.
    #[must_use]
    pub const fn must_ask_again(&self) -> bool {
        matches!(
            self,
            Self::Blocked { code: Code::OrgConsentNotTicked, .. }
                | Self::Blocked { asked_again: true, .. }
                | Self::Declined { asked_again: true, .. }
                | Self::Started { asked_again: true, .. }
                | Self::Expired { asked_again: true, .. }
        )
    }

    /// The tenant in which it was proved, if it is granted.
    #[must_use]
    pub fn proved_in(&self) -> Option<TenantId> {
        let Self::Granted { by, tenant, .. } = self else { return None };
        tenant.or_else(|| by.as_ref().map(|signer| signer.tenant))
    }

    /// Whether it is granted.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        matches!(self, Self::Granted { .. })
    }

    /// Who granted it, as long as it is granted and that is known.
    #[must_use]
    pub const fn granted_by(&self) -> Option<&Signer> {
        if let Self::Granted { by, .. } = self { by.as_ref() } else { None }
    }

    /// Whether the permission of this name is known to be gone of it.
    #[must_use]
    pub fn lacks(&self, permission: &str) -> bool {
        matches!(self, Self::Drifted { missing, .. } if missing.iter().any(|gone| gone == permission))
    }

    /// Whether nobody could check whether it is granted.
    #[must_use]
    pub const fn is_unverifiable(&self) -> bool {
        matches!(self, Self::Unverifiable { .. })
    }

    /// Whether its signer was accepted and only the grant was not seen.
    #[must_use]
    pub const fn is_not_visible(&self) -> bool {
        matches!(self, Self::Blocked { code: Code::GrantNotVisible, .. })
    }

    /// Whether Graph may still show the grant of `action` though its link was refused.
    #[must_use]
    pub fn may_be_seen_late(&self, action: ActionType) -> bool {
        match self {
            Self::Blocked { code, .. } => action.may_be_seen_late_after(*code),
            Self::Unverifiable { .. } => action.may_be_seen_late_after(Code::ProofUnreadable),
            Self::NotRequested
            | Self::PendingConsent { .. }
            | Self::Started { .. }
            | Self::PendingConfirmation { .. }
            | Self::Verifying { .. }
            | Self::Granted { .. }
            | Self::Declined { .. }
            | Self::Drifted { .. }
            | Self::Withdrawn { .. }
            | Self::Revoked { .. }
            | Self::Expired { .. } => false,
        }
    }

    /// The tenant in which it is granted, if it is.
    #[must_use]
    pub const fn granted_in(&self) -> Option<TenantId> {
        if let Self::Granted { tenant, .. } = self { *tenant } else { None }
    }

    /// The link by which it is granted, or was, or would be if its grant was seen now; and who granted it, where that is
    /// known. None if its own proof decides.
    #[must_use]
    pub const fn grant(&self) -> Option<(&ConsentRequestId, Option<&Signer>)> {
        match self {
            Self::Granted { request, by, .. }
            | Self::Drifted { request, by, .. }
            | Self::Unverifiable { request, by, .. }
            | Self::Revoked { request, by, .. } => Some((request, by.as_ref())),
            Self::Started { request, .. } | Self::Declined { request, .. } | Self::Blocked { request, .. } => {
                Some((request, None))
            }
            // Whoever began to mend a loss and left has not made it last.
            Self::Expired { request: Some(request), .. } => Some((request, None)),
            Self::NotRequested
            | Self::PendingConsent { .. }
            | Self::PendingConfirmation { .. }
            | Self::Verifying { .. }
            | Self::Withdrawn { .. }
            | Self::Expired { request: None, .. } => None,
        }
    }

    /// The newest link of an action that is not granted, if it has one.
    #[must_use]
    pub const fn link(&self) -> Option<&ConsentRequestId> {
        match self {
            Self::Started { request, .. }
            | Self::Declined { request, .. }
            | Self::Blocked { request, .. }
            | Self::Unverifiable { request, .. } => Some(request),
            Self::PendingConfirmation { next, .. } => next.as_ref(),
            Self::NotRequested
            | Self::PendingConsent { .. }
            | Self::Verifying { .. }
            | Self::Granted { .. }
            | Self::Drifted { .. }
            | Self::Withdrawn { .. }
            | Self::Revoked { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// Whether somebody is awaited who has gone to Microsoft by this link.
    #[must_use]
    pub fn awaits(&self, link: &ConsentRequestId) -> bool {
        matches!(self, Self::Started { request, .. } if request == link)
    }

    /// What is wrong, if something is.
    #[must_use]
    pub fn problem(&self) -> Option<Explanation> {
        match self {
            Self::Declined { code, .. } => Some(code.explain()),
            Self::Blocked { code, missing, .. } => Some(code.explain_naming(missing)),
            Self::Unverifiable { .. } => Some(Code::ProofUnreadable.explain()),
            Self::Drifted { missing, .. } => Some(Code::ConsentMissing.explain_naming(missing)),
            Self::Revoked { .. } => Some(Code::AppNotInTenant.explain()),
            Self::Expired { .. } => Some(Code::Abandoned.explain()),
            Self::NotRequested
            | Self::PendingConsent { .. }
            | Self::Started { .. }
            | Self::PendingConfirmation { .. }
            | Self::Verifying { .. }
            | Self::Granted { .. }
            | Self::Withdrawn { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_stored_under_its_word() {
        let since = Timestamp::from_seconds(1);
        let request = ConsentRequestId::new(since, &crate::random::tests::Counting::default());
        let blocked =
            ActionState::Blocked { since, request, code: Code::WrongTenant, asked_again: true, missing: vec![] };
        assert!(blocked.must_ask_again() && !ActionState::NotRequested.must_ask_again());
        let stored = serde_json::to_value(&blocked).unwrap();
        assert_eq!(stored["status"], blocked.word());
        assert_eq!(stored["code"], "wrong_tenant");
        assert_eq!(serde_json::from_value::<ActionState>(stored).unwrap(), blocked);
        assert_eq!(blocked.problem().map(|problem| problem.code), Some(Code::WrongTenant));
    }

    /// R202 What ended unused is read as it was stored before links were kept with it; who was asked again still is.
    #[test]
    fn an_end_keeps_its_link() {
        let read = |stored| serde_json::from_value::<ActionState>(stored).unwrap();
        let bare = read(serde_json::json!({"status": "expired", "since": Timestamp::from_seconds(1)}));
        assert!(bare.grant().is_none() && !bare.must_ask_again());
        let request = ConsentRequestId::new(Timestamp::from_seconds(1), &crate::random::tests::Counting::default());
        let since = Timestamp::from_seconds(2);
        let ended = ActionState::Expired { since, request: Some(request.clone()), asked_again: true };
        assert_eq!(read(serde_json::to_value(&ended).unwrap()), ended);
        assert!(ended.must_ask_again() && ended.grant() == Some((&request, None)));
    }

    /// R031 What is not granted goes on by its newest link, if it has one; what is granted, lost or decided right now has none.
    #[test]
    fn what_is_not_granted_has_its_newest_link() {
        let since = Timestamp::from_seconds(1);
        let request = ConsentRequestId::new(since, &crate::random::tests::Counting::default());
        let link = || request.clone();
        let (code, asked_again) = (Code::Declined, false);
        let waiting = |next| ActionState::PendingConfirmation {
            since,
            request: ConsentRequestId::new(Timestamp::from_seconds(9), &crate::random::tests::Counting::default()),
            tenant: TenantId::from_u128(1),
            organization: "Contoso".to_owned(),
            others: vec![],
            next,
        };
        let with = [
            ActionState::Started { since, request: link(), asked_again },
            ActionState::Declined { since, request: link(), code, asked_again },
            ActionState::Blocked { since, request: link(), code, asked_again, missing: vec![] },
            ActionState::Unverifiable { since, request: link(), by: None },
            waiting(Some(link())),
        ];
        assert!(with.iter().all(|state| state.link() == Some(&request)));
        let without = [
            ActionState::NotRequested,
            ActionState::PendingConsent { since },
            waiting(None),
            ActionState::Verifying { since, request: link() },
            ActionState::Granted { since, request: link(), by: None, tenant: None },
            ActionState::Drifted { since, request: link(), by: None, missing: vec![] },
            ActionState::Revoked { since, request: link(), by: None },
            ActionState::Withdrawn { since },
            ActionState::Expired { since, request: Some(link()), asked_again },
        ];
        assert!(without.iter().all(|state| state.link().is_none()));
    }
}
