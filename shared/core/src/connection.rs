//! A connection to Partner Center: two consents in one tenant, by two people (R170-R201).
//!
//! The state is the server's, so there is no "Save" that could come too early (R188): each step is judged where it comes
//! back, and a move takes the state from before to the next or refuses. Every move raises `version`, which is the condition
//! of its write: of two who read the same connection one moves it, and whoever was overtaken writes nothing.
//!
//! The refresh token is not here: it lies in the secret store alone, under the connection's id.

pub mod admit;
pub mod begin;
pub mod checklist;
pub mod circuit;
pub mod end;
pub mod health;
pub mod lease;
pub mod link;
pub mod looked;
pub mod mend;
pub mod moved;
pub mod tell;
pub mod view;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::advice::Code;
use crate::id::{ConnectionId, ResellerId, TenantId};
use crate::identity::{Person, Signer, VerifiedIdentity};
use crate::secret::SecretHash;
use crate::text::EmailAddress;
use crate::time::Timestamp;
use crate::word::words;

pub use checklist::Findings;
pub use health::PartnerRole;
pub use lease::{Lease, LeaseRefusal};

/// A connection, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    pub reseller: ResellerId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Rises with every move.
    pub version: u64,
    /// The tenant that hosts Partner Center; it never changes (R175, R187).
    pub partner_tenant: TenantId,
    /// The host of the cloud's authority in which the tenant was found: its links lead nowhere else (R181).
    pub cloud: String,
    /// The dedicated account that is to consent in the second step (R173).
    pub integration_user: EmailAddress,
    /// Whether one person may do both steps: an exception that somebody asked for (R199).
    #[serde(default)]
    pub same_identity_allowed: bool,
    /// Whether an integration user who is a Global Administrator is refused, and not only warned of (R173).
    #[serde(default)]
    pub refuses_administrators: bool,
    /// The roles that the integration user needs in Partner Center (R177).
    #[serde(default = "least_roles")]
    pub required_roles: BTreeSet<PartnerRole>,
    /// How far it is.
    pub state: State,
    /// How often each step was completed: links of an earlier round have ended.
    #[serde(default)]
    pub rounds: Rounds,
    /// Whether it has ever worked: then it recovers, where it became ready before.
    #[serde(default)]
    pub has_worked: bool,
    /// When its health is looked at next, once it has been tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_look: Option<Timestamp>,
    /// How many looks in a row met a service that was busy: each leaves it alone for longer.
    #[serde(default, skip_serializing_if = "crate::delivery::is_zero")]
    pub busy_looks: u32,
    /// Who is at work on it, if somebody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The codes that were redeemed in this round, so that none is sent twice (P2).
    #[serde(default)]
    pub codes: Vec<SecretHash>,
    /// What was seen of the integration user, when it was last seen.
    #[serde(default)]
    pub findings: Findings,
    /// What was told of tries that came to nothing since their step was last done: each is noted once (T10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<(Step, Code)>,
    /// Why the last try of a step, or the test of both, came to nothing; gone once the step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedStep>,
}

/// How far a connection is, with what is true there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Nobody has consented.
    Draft,
    /// The organisation has.
    AdminConsented {
        /// Who granted it.
        admin: Consented,
    },
    /// The integration user has too, and the token is stored.
    UserConsented {
        /// Both.
        both: Both,
    },
    /// The first call is being made.
    Testing {
        /// Both.
        both: Both,
    },
    /// A live call has succeeded.
    Ready {
        /// Both.
        both: Both,
        /// Since when.
        since: Timestamp,
    },
    /// It was ready, and something must be mended; the token may still be good.
    Degraded {
        /// Both.
        both: Both,
        /// The one cause.
        problem: Code,
        /// Since when.
        since: Timestamp,
    },
    /// The token is no good any more: the second step must be done again.
    Broken {
        /// Both, as they were.
        both: Both,
        /// The one cause.
        problem: Code,
        /// Since when.
        since: Timestamp,
    },
    /// Ended for good; the token is gone.
    Disconnected {
        /// Since when.
        since: Timestamp,
    },
}

/// A consent that was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// Who signed in.
    pub signer: Signer,
    /// The hash of the sign-in's subject, which every later token of it must have; none where it was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SecretHash>,
    /// When.
    pub at: Timestamp,
}

/// Both consents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Both {
    /// Step one.
    pub admin: Consented,
    /// Step two.
    pub user: Consented,
    /// When the stored token was last used, or given to us: it goes idle 90 days later.
    pub token_at: Timestamp,
    /// When the token that is stored now was stored, where that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_at: Option<Timestamp>,
}

/// How often each step was completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    /// Step one.
    pub admin: u32,
    /// Step two.
    pub user: u32,
}

words! {
    /// One of the two consents (R170).
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    Step {
        /// The organisation's, by an administrator.
        Admin = "admin",
        /// The integration user's.
        User = "user",
    }
}

/// A try of a step that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedStep {
    /// Which.
    pub step: Step,
    /// The one cause.
    pub code: Code,
    /// When.
    pub at: Timestamp,
    /// Who signed in, if somebody was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Whether it was the test of both consents that came to nothing, and no try of the step.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_test: bool,
}

words! {
    /// How a partner sells (R175).
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    BillingType {
        /// It bills its customers itself, and buys from Microsoft.
        Direct = "direct",
        /// It buys from an indirect provider.
        Indirect = "indirect",
    }
}

words! {
    /// The name of a connection's state.
    ConnectionStatus {
        /// Nobody has consented.
        Draft = "draft",
        /// The organisation has.
        AdminConsented = "admin_consented",
        /// The integration user has too.
        UserConsented = "user_consented",
        /// The first call is being made.
        Testing = "testing",
        /// A live call has succeeded.
        Ready = "ready",
        /// Something must be mended.
        Degraded = "degraded",
        /// The second step must be done again.
        Broken = "broken",
        /// Ended for good.
        Disconnected = "disconnected",
    }
}

/// The roles that a connection needs unless it says others: Partner Center's "Admin agent" (R177).
#[must_use]
pub fn least_roles() -> BTreeSet<PartnerRole> {
    BTreeSet::from([PartnerRole::AdminAgent])
}

impl Consented {
    fn of(identity: &VerifiedIdentity, at: Timestamp) -> Self {
        let Person { signer, subject } = identity.person();
        Self { signer: signer.clone(), subject: subject.cloned(), at }
    }

    /// Of whom tokens that follow from the sign-in must be.
    #[must_use]
    pub const fn person(&self) -> Person<'_> {
        Person { signer: &self.signer, subject: self.subject.as_ref() }
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn status(&self) -> ConnectionStatus {
        match self {
            Self::Draft => ConnectionStatus::Draft,
            Self::AdminConsented { .. } => ConnectionStatus::AdminConsented,
            Self::UserConsented { .. } => ConnectionStatus::UserConsented,
            Self::Testing { .. } => ConnectionStatus::Testing,
            Self::Ready { .. } => ConnectionStatus::Ready,
            Self::Degraded { .. } => ConnectionStatus::Degraded,
            Self::Broken { .. } => ConnectionStatus::Broken,
            Self::Disconnected { .. } => ConnectionStatus::Disconnected,
        }
    }

    /// The consent of step one, if it is given.
    #[must_use]
    pub const fn admin(&self) -> Option<&Consented> {
        match self {
            Self::AdminConsented { admin } => Some(admin),
            Self::Draft | Self::Disconnected { .. } => None,
            Self::UserConsented { both }
            | Self::Testing { both }
            | Self::Ready { both, .. }
            | Self::Degraded { both, .. }
            | Self::Broken { both, .. } => Some(&both.admin),
        }
    }

    /// Both consents, if they are given.
    #[must_use]
    pub const fn both(&self) -> Option<&Both> {
        match self {
            Self::Draft | Self::AdminConsented { .. } | Self::Disconnected { .. } => None,
            Self::UserConsented { both }
            | Self::Testing { both }
            | Self::Ready { both, .. }
            | Self::Degraded { both, .. }
            | Self::Broken { both, .. } => Some(both),
        }
    }
}

impl Connection {
    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> ConnectionStatus {
        self.state.status()
    }

    /// Whether it has ended for good.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, State::Disconnected { .. })
    }

    /// Whether `signer` is the account that was named for step two, by its name.
    #[must_use]
    pub fn is_integration_user(&self, signer: &Signer) -> bool {
        let name = signer.user_principal_name.as_deref().unwrap_or_default();
        name.eq_ignore_ascii_case(self.integration_user.expose())
    }

    /// How often `step` was completed.
    #[must_use]
    pub const fn round(&self, step: Step) -> u32 {
        match step {
            Step::Admin => self.rounds.admin,
            Step::User => self.rounds.user,
        }
    }

    /// When it is to be looked at, if ever: at the end of a lease, or at its next daily look.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        self.lease.as_ref().map(|lease| lease.until).or(self.next_look)
    }

    /// The one thing that must be mended, if it worked before.
    #[must_use]
    pub const fn problem(&self) -> Option<Code> {
        match self.state {
            State::Degraded { problem, .. } | State::Broken { problem, .. } => Some(problem),
            State::Draft
            | State::AdminConsented { .. }
            | State::UserConsented { .. }
            | State::Testing { .. }
            | State::Ready { .. }
            | State::Disconnected { .. } => None,
        }
    }

    /// The consents that are missing, in their order (R188, R191).
    #[must_use]
    pub const fn missing(&self) -> &'static [Step] {
        match (self.state.admin(), self.state.both()) {
            (None, _) => &[Step::Admin, Step::User],
            (Some(_), None) => &[Step::User],
            (Some(_), Some(_)) => &[],
        }
    }
}
