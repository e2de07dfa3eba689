//! One consent request: a link to Microsoft, the one sign-in that it is spent on, and the proof.
//!
//! ```text
//! Pending ──lease──► Leased ──accept──► Verifying ──conclude──► Completed(granted | refused)
//!    ▲                  │                   │                     AwaitingConfirmation ──confirm──► Completed
//!    └── refusal that leaves the link open ─┘
//!
//! Pending ──come_back──► AwaitingGrant ──conclude──► Completed(granted)
//!    ▲                        │
//!    └── nothing to be seen ──┘
//! ```
//!
//! The second way is that of application permissions (`admin_consent`): nobody signs in, so nothing is spent.
//!
//! Each move takes the old state and returns a [`Record`]: everything that changes, to be written in one transaction
//! whose conditions repeat the move's own (P5, P6). A lease is the only way to a code's redemption, and the codes
//! that were leased stay on the request, so no code is ever sent twice, whatever becomes of the link (P2).

mod admin_consent;
mod lease;
mod record;
mod shared_sign_in;
mod verifying;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::{ActionState, ActionType};
use crate::advice::Code;
use crate::delivery::Body;
use crate::enterprise::{Enterprise, Standing};
use crate::id::{ConsentRequestId, DeliveryId, EnterpriseId, ReferenceId, ResellerId, TenantId};
use crate::identity::Signer;
use crate::language::Language;
use crate::permission::{self, Permission};
use crate::proof::Facts;
use crate::redirect_url::RedirectUrl;
use crate::reseller::{Reseller, ResellerStatus};
use crate::secret::SecretHash;
use crate::time::Timestamp;

pub use admin_consent::{AwaitingGrant, Reading};
pub use lease::{LeaseRefusal, Leased};
pub use record::{Confirmation, Context, Landing, Record, Refusal};
pub use shared_sign_in::SharedSignIn;
pub use verifying::{Conclusion, Verifying};

/// How long a link lives. K20 allows 30 days; a week outlasts holidays and still ends.
pub const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// How long one callback holds the request. Must exceed the longest that a function may run.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long a grant may stay invisible before it counts as missing.
pub const PROOF_WINDOW: Duration = Duration::from_mins(10);

/// How long a proved tenant may wait for its provider. The sealed outcome must still open then, so this is part of the
/// life of a retired sealing key.
pub const CONFIRM_WITHIN: Duration = Duration::from_hours(72);

/// The longest life of an access token that is believed: Entra's longest, under continuous access evaluation, is 28 h.
pub const LONGEST_TOKEN: Duration = Duration::from_hours(28);

/// How many sign-ins one link can take.
pub const MAX_ATTEMPTS: usize = 20;

/// When Graph is read again, by the number of reads so far; the last entry repeats.
const READ_AGAIN_AFTER: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

/// A consent request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentRequest {
    /// Its id, which the sealed state carries.
    pub id: ConsentRequestId,
    /// For whom.
    pub enterprise: EnterpriseId,
    /// Whose enterprise it is.
    pub reseller: ResellerId,
    /// To what.
    pub action: ActionType,
    /// The other actions whose delegated permissions its screen asks for: those that are granted, because a new
    /// tenant-wide grant may remove an earlier one (Microsoft: "Grant tenant-wide admin consent"), and its companions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<ActionType>,
    /// The permissions that its screen asks for alone, by name, where the rest of its action's is granted; empty if it asks
    /// for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part: Vec<String>,
    /// The permissions that its screen leaves out, as they would be asked for: Microsoft refused them by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Where the outcome goes; none where nobody named an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<RedirectUrl>,
    /// The only tenant that may finish it; without one the provider confirms the tenant afterwards.
    pub pin: Option<TenantId>,
    /// Whether the link asks with `prompt=consent`, after an earlier user-only consent.
    pub asked_again: bool,
    /// How often its action had been asked for anew when the link was made (R146).
    #[serde(default)]
    pub resets: u64,
    /// The language of whom it is for, if it is known: that of their invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// When the link was made.
    pub created_at: Timestamp,
    /// When the link ends.
    pub expires_at: Timestamp,
    /// The sign-ins so far, by the hash of their code.
    pub used_codes: Vec<SecretHash>,
    /// The refusals told so far: each is told once.
    pub refused_codes: Vec<Code>,
    /// The handle, by its hash, that stands for the signer's token: while that lives, the tenant can be read in their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<SecretHash>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a consent request is. Each stage holds only what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Stage {
    /// The link works.
    Pending {
        /// The last refusal, if there was one.
        refusal: Option<Code>,
    },
    /// One callback is redeeming its code.
    Leased {
        /// When the lease ends.
        until: Timestamp,
        /// Who signed in, written ahead.
        signer: Signer,
        /// The request to us that holds it: how a holder whose answer got lost knows its own lease.
        holder: ReferenceId,
    },
    /// The code is redeemed; Graph is being read.
    Verifying {
        /// Since when.
        since: Timestamp,
        /// Who signed in.
        signer: Signer,
        /// The signer's Graph token, sealed for this request.
        token: SealedToken,
        /// How often Graph was read.
        reads: u32,
    },
    /// Somebody came back from the admin-consent page; Graph is being read with our application's own token.
    AwaitingGrant {
        /// Since when.
        since: Timestamp,
        /// How often Graph was read.
        reads: u32,
    },
    /// Proved; the provider must say whether the tenant is the right one.
    AwaitingConfirmation {
        /// Since when.
        since: Timestamp,
        /// Who signed in.
        signer: Signer,
        /// The outcome that is sent once it is confirmed, sealed for its delivery.
        delivery: DeliveryId,
        /// The body of that outcome.
        #[serde(flatten)]
        body: Body,
    },
    /// The link is spent.
    Completed {
        /// Since when.
        since: Timestamp,
        /// Why it was refused; none if it was granted.
        refusal: Option<Code>,
        /// Who was accepted, and only the grant was not seen in time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unseen: Option<Box<Unseen>>,
    },
}

/// A sign-in that was accepted, of which Graph did not show the grant in time: the grant may be seen yet, and whose it is and what
/// there is to tell is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Who signed in.
    pub signer: Signer,
    /// What was read from Graph then.
    pub facts: Facts,
}

impl Stage {
    /// The link is spent, by a grant.
    #[must_use]
    pub const fn granted(since: Timestamp) -> Self {
        Self::Completed { since, refusal: None, unseen: None }
    }

    /// The stage's name in the store.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Leased { .. } => "leased",
            Self::Verifying { .. } => "verifying",
            Self::AwaitingGrant { .. } => "awaiting_grant",
            Self::AwaitingConfirmation { .. } => "awaiting_confirmation",
            Self::Completed { .. } => "completed",
        }
    }

    /// When somebody must look after a request in this stage; none if it may rest.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Leased { until, .. } => Some(*until),
            Self::Verifying { since, reads, .. } | Self::AwaitingGrant { since, reads } => {
                let step = usize::try_from(*reads).unwrap_or(usize::MAX).min(READ_AGAIN_AFTER.len() - 1);
                let waited: Duration = READ_AGAIN_AFTER[..step].iter().sum();
                let repeats = reads.saturating_sub(u32::try_from(READ_AGAIN_AFTER.len() - 1).unwrap_or(0));
                Some(since.plus(waited + READ_AGAIN_AFTER[step] + READ_AGAIN_AFTER[5] * repeats))
            }
            Self::AwaitingConfirmation { since, .. } => Some(since.plus(CONFIRM_WITHIN)),
            Self::Pending { .. } | Self::Completed { .. } => None,
        }
    }

    /// Whether the link waits for somebody who has not been refused by it.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        matches!(self, Self::Pending { refusal: None })
    }
}

/// Microsoft's tokens of one sign-in at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedToken {
    /// The sealed access token.
    pub sealed: String,
    /// The sealed id token, for a provider that is given the tokens themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_id_token: Option<String>,
    /// When Microsoft's access token ends.
    pub expires_at: Timestamp,
}

/// What a new link needs to know.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// For whom.
    pub enterprise: EnterpriseId,
    /// Whose enterprise it is.
    pub reseller: ResellerId,
    /// To what.
    pub action: ActionType,
    /// The other actions whose delegated permissions its screen asks for.
    pub together: Vec<ActionType>,
    /// The permissions that its screen asks for alone; empty if it asks for all of them.
    pub part: Vec<String>,
    /// The permissions that its screen leaves out, as they would be asked for.
    pub without: Vec<String>,
    /// Where the outcome goes; none where nobody named an address.
    pub redirect_url: Option<RedirectUrl>,
    /// The only tenant that may finish it.
    pub pin: Option<TenantId>,
    /// Whether to ask with `prompt=consent`.
    pub asked_again: bool,
    /// How often its action was asked for anew so far.
    pub resets: u64,
    /// The language of whom it is for, if it is known.
    pub language: Option<Language>,
}

impl ConsentRequest {
    /// A request that nobody has answered.
    #[must_use]
    pub fn new(id: ConsentRequestId, new: NewRequest, created_at: Timestamp, expires_at: Timestamp) -> Self {
        let NewRequest {
            enterprise,
            reseller,
            action,
            together,
            part,
            without,
            redirect_url,
            pin,
            asked_again,
            resets,
            language,
        } = new;
        Self {
            id,
            enterprise,
            reseller,
            action,
            together,
            part,
            without,
            redirect_url,
            pin,
            asked_again,
            resets,
            language,
            created_at,
            expires_at,
            used_codes: Vec::new(),
            refused_codes: Vec::new(),
            handle: None,
            stage: Stage::Pending { refusal: None },
        }
    }

    /// The actions whose permissions its screen asks for, its own first.
    #[must_use]
    pub fn screen(&self) -> Vec<ActionType> {
        [&[self.action], self.together.as_slice()].concat()
    }

    /// The delegated permissions that its screen asks for.
    #[must_use]
    pub fn asks_for(&self) -> Vec<&'static Permission> {
        let mut asked = if self.part.is_empty() {
            permission::asked_together(&self.screen())
        } else {
            permission::part_of(self.action, &self.part)
        };
        asked.retain(|permission| !self.without.contains(&permission.scope()));
        asked
    }

    /// Whether it asks for just this, in this way.
    #[must_use]
    pub fn is_for(&self, new: &NewRequest) -> bool {
        let Self { enterprise, action, together, part, without, redirect_url, pin, asked_again, resets, .. } = self;
        *enterprise == new.enterprise
            && *action == new.action
            && *together == new.together
            && *part == new.part
            && *without == new.without
            && *redirect_url == new.redirect_url
            && *pin == new.pin
            && *asked_again == new.asked_again
            && *resets == new.resets
    }

    /// When somebody must look after this request in `stage`; none if it may rest. Nobody comes back by a link that has
    /// ended, so then it is looked at whether anybody has (R202).
    #[must_use]
    pub fn due_in(&self, stage: &Stage) -> Option<Timestamp> {
        if stage.is_awaited() { Some(self.expires_at) } else { stage.due() }
    }

    /// Whether the link waits for somebody, and still works.
    #[must_use]
    pub fn is_unused(&self, now: Timestamp) -> bool {
        let works = self.used_codes.len() < MAX_ATTEMPTS && now < self.expires_at;
        works && matches!(self.stage, Stage::Pending { .. })
    }

    /// Whether a sign-in with this code may have the lease. The store's condition says the same (P6).
    pub fn lease(&self, code: &SecretHash, now: Timestamp) -> Result<(), LeaseRefusal> {
        if self.used_codes.contains(code) {
            return Err(LeaseRefusal::SameCode);
        }
        match &self.stage {
            Stage::Completed { .. } | Stage::AwaitingConfirmation { .. } => Err(LeaseRefusal::Spent),
            Stage::Leased { .. } | Stage::Verifying { .. } | Stage::AwaitingGrant { .. } => Err(LeaseRefusal::UnderWay),
            Stage::Pending { .. } if now >= self.expires_at => Err(LeaseRefusal::Expired),
            Stage::Pending { .. } if self.used_codes.len() >= MAX_ATTEMPTS => Err(LeaseRefusal::TooManyAttempts),
            Stage::Pending { .. } => Ok(()),
        }
    }

    /// The state of the action that a refusal with `code` leads to: `declined` where a person chose so, `expired` where nobody
    /// came back, `blocked` otherwise.
    #[must_use]
    pub fn refused(&self, code: Code, since: Timestamp) -> ActionState {
        let (request, asked_again) = (self.id.clone(), self.asked_again);
        if code == Code::Declined {
            ActionState::Declined { since, request, code, asked_again }
        } else if code == Code::ProofUnreadable {
            ActionState::Unverifiable { since, request, by: None }
        } else if code == Code::Abandoned {
            ActionState::Expired { since, request: Some(request), asked_again }
        } else {
            ActionState::Blocked { since, request, code, asked_again, missing: Vec::new() }
        }
    }

    /// How this request stands for the person who used its link, given how its action stands.
    #[must_use]
    pub fn shown(&self, action: ActionState) -> ActionState {
        match &self.stage {
            // The action's own state knows more of this end: what was missing.
            Stage::Completed { refusal: Some(code), .. } | Stage::Pending { refusal: Some(code) }
                if self.ended_as(&action, *code) =>
            {
                action
            }
            Stage::Completed { refusal: Some(code), since, .. } => self.refused(*code, *since),
            Stage::Pending { refusal: Some(code) } => self.refused(*code, self.created_at),
            Stage::Leased { .. } | Stage::Verifying { .. } | Stage::AwaitingGrant { .. } => {
                ActionState::Verifying { since: self.created_at, request: self.id.clone() }
            }
            // The provider has confirmed another tenant: this one is not the enterprise's.
            Stage::AwaitingConfirmation { since, signer, .. }
                if action.granted_in().is_some_and(|tenant| tenant != signer.tenant) =>
            {
                self.refused(Code::WrongTenant, *since)
            }
            Stage::AwaitingConfirmation { .. }
            | Stage::Pending { refusal: None }
            | Stage::Completed { refusal: None, .. } => action,
        }
    }

    fn ended_as(&self, action: &ActionState, code: Code) -> bool {
        matches!(action, ActionState::Blocked { request, code: known, .. } if *request == self.id && *known == code)
    }

    /// How often a lease was given: the fencing number of the present one.
    #[must_use]
    pub fn attempt(&self) -> usize {
        self.used_codes.len()
    }
}

/// Whether an enterprise's links work: neither it nor its service provider is disabled (K9).
#[must_use]
pub fn links_work(enterprise: &Enterprise, reseller: &Reseller) -> bool {
    enterprise.standing == Standing::Open && reseller.status == ResellerStatus::Active
}

#[cfg(test)]
pub(crate) mod tests;
