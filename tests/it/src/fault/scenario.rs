//! The scenarios: what is prepared, what is done while a fault may strike, and how it ends once faults have stopped.

use std::time::Duration;

use onboarding_core::action::ActionType;
use simulated_microsoft::{FRANK, GRACE, GUS, PETRA, Person};

use super::outside::Proof;
use crate::world::Decision;

/// A way through the consent flow.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) action: ActionType,
    /// Those that its screen decides besides: they end as it does.
    pub(crate) along: &'static [ActionType],
    pub(crate) link: Link,
    pub(crate) proof: Proof,
    pub(crate) before: &'static [Before],
    pub(crate) person: &'static Person,
    pub(crate) decision: Decision,
    /// What is done while a fault may strike.
    pub(crate) steps: &'static [Step],
    pub(crate) ends: End,
    /// How it may end besides, if the fault kept somebody from doing in time what leads to the other end.
    pub(crate) or: Option<End>,
}

impl Scenario {
    /// The actions that it decides, its own first.
    pub(crate) fn actions(&self) -> impl Iterator<Item = ActionType> {
        std::iter::once(self.action).chain(self.along.iter().copied())
    }

    pub(crate) fn begins_with(&self, before: Before) -> bool {
        self.before.contains(&before)
    }

    /// How late Graph shows what was consented to.
    pub(crate) fn lateness(&self) -> Duration {
        let late = self
            .before
            .iter()
            .find_map(|before| if let Before::Late(seconds) = before { Some(*seconds) } else { None });
        Duration::from_secs(late.unwrap_or_default().into())
    }

    /// Whether it may end with a grant.
    pub(crate) fn may_grant(&self) -> bool {
        [Some(self.ends), self.or].into_iter().flatten().any(|end| end.0 == "granted")
    }
}

/// Where the link leads that a person is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// To Microsoft.
    Direct,
    /// To our start page.
    StartPage,
}

/// The action's state word, and its problem's code.
pub(crate) type End = (&'static str, Option<&'static str>);

/// What is the case beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// The enterprise has no expected tenant.
    Unpinned,
    /// The tenant has consented before.
    Consented,
    /// Nobody consents, whoever comes back from Microsoft.
    NobodyConsents,
    /// The tenant is registered through another provider.
    BoundElsewhere,
    /// The link's path names no tenant, so that Microsoft lets anybody in.
    AnyTenant,
    /// Graph shows grants so many seconds late.
    Late(u32),
    /// Graph never shows the grant.
    Never,
    /// Graph does not answer.
    GraphDown,
    /// Microsoft refuses the first code.
    CodeRefused,
    /// Microsoft does not know our certificate.
    CertificateUnknown,
    /// The receiver refuses the first webhooks.
    ReceiverDown(u32),
    /// The provider is given Microsoft's tokens themselves.
    RawTokens,
    /// The action and those along with it are asked for by a further registration, and the one that may read the
    /// directory was consented to.
    FurtherClient,
    /// The link ends within a minute.
    AlmostOver,
}

/// One thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The person's browser brings Microsoft's answer.
    Post,
    /// The person goes all the way with the link that was made beforehand.
    Visit,
    /// A link is made, and the person goes all the way with it.
    Link,
    /// The person's browser and another one bring two answers for the same link at once.
    PostTwo,
    /// So many seconds pass, and the sweep runs.
    Pass(i64),
    /// The link ends; nothing is swept.
    End,
    /// The provider confirms the tenant that is shown.
    Confirm,
    /// The provider stops the enterprise.
    Stop,
    /// The provider lets the enterprise go on.
    Resume,
    /// The platform team makes a new sealing key.
    NewSealingKey,
    /// The operator makes a new webhook key.
    NewWebhookKey,
    /// The provider makes another enterprise, under an idempotency key.
    NewEnterprise,
    /// The operator makes an API key for the provider, under an idempotency key.
    NewKey,
    /// The provider gets a token for its key.
    NewToken,
}

const ORDINARY: Scenario = Scenario {
    name: "granted",
    action: ActionType::Registration,
    along: &[],
    link: Link::Direct,
    proof: Proof::Secret,
    before: &[],
    person: &GRACE,
    decision: Decision::ForTheOrganization,
    steps: &[Step::Post, Step::Pass(0)],
    ends: GRANTED,
    or: None,
};

/// Application permissions, asked for on Microsoft's admin-consent page.
const APPLICATION: Scenario = Scenario { action: ActionType::UserSync, ..ORDINARY };

/// Two actions that share one sign-in, begun on our start page.
const STARTED: Scenario =
    Scenario { along: &[ActionType::ServiceProviderManagement], link: Link::StartPage, ..ORDINARY };

/// A link whose last second is over when the answer comes: it is told that nobody came back by it.
const ENDED: Scenario = Scenario {
    before: &[Before::AlmostOver],
    steps: &[Step::End, Step::Post, Step::Pass(0)],
    ends: ("expired", Some("abandoned")),
    ..ORDINARY
};

const GRANTED: End = ("granted", None);
const DECLINED: End = ("declined", Some("declined"));
const DISABLED: End = ("blocked", Some("enterprise_disabled"));
const LATER: &[Step] = &[Step::Post, Step::Pass(60), Step::Pass(600)];
/// As long as it takes until a new sealing key seals, but for what is left to the end of it.
const ALMOST_ADOPTED: i64 = 29 * 60;

pub(crate) static SCENARIOS: &[Scenario] = &[
    ORDINARY,
    Scenario { name: "a link is made", steps: &[Step::Link, Step::Pass(0)], ..ORDINARY },
    Scenario { name: "Back, and the same answer again", steps: &[Step::Post, Step::Post, Step::Pass(0)], ..ORDINARY },
    Scenario {
        name: "confirmed by the provider",
        before: &[Before::Unpinned],
        steps: &[Step::Post, Step::Pass(0), Step::Confirm, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario {
        name: "never confirmed",
        before: &[Before::Unpinned],
        steps: &[Step::Post, Step::Pass(73 * 3_600)],
        ends: ("blocked", Some("confirmation_lapsed")),
        ..ORDINARY
    },
    Scenario {
        name: "for the signer alone",
        decision: Decision::ForMyself,
        ends: ("blocked", Some("org_consent_not_ticked")),
        ..ORDINARY
    },
    Scenario {
        name: "a plain user of a tenant that has consented",
        before: &[Before::Consented],
        person: &PETRA,
        ends: ("blocked", Some("admin_role_required")),
        ..ORDINARY
    },
    Scenario { name: "Cancel", decision: Decision::Cancel, ends: DECLINED, ..ORDINARY },
    Scenario {
        name: "the wrong tenant",
        before: &[Before::AnyTenant],
        person: &FRANK,
        ends: ("blocked", Some("wrong_tenant")),
        ..ORDINARY
    },
    Scenario { name: "a guest", person: &GUS, ends: ("blocked", Some("guest_not_allowed")), ..ORDINARY },
    Scenario {
        name: "Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Pass(10), Step::Pass(20)],
        ..ORDINARY
    },
    Scenario {
        name: "Graph never shows it",
        before: &[Before::Never],
        steps: LATER,
        ends: ("blocked", Some("grant_not_visible")),
        ..ORDINARY
    },
    Scenario {
        name: "Graph is down",
        before: &[Before::GraphDown],
        steps: LATER,
        ends: ("unverifiable", Some("proof_unreadable")),
        ..ORDINARY
    },
    Scenario { name: "the code is refused", before: &[Before::CodeRefused], ..ORDINARY },
    Scenario {
        name: "the receiver is down",
        before: &[Before::ReceiverDown(2)],
        steps: &[Step::Post, Step::Pass(5), Step::Pass(301)],
        ..ORDINARY
    },
    Scenario {
        name: "another provider's tenant",
        before: &[Before::BoundElsewhere],
        ends: ("blocked", Some("tenant_bound_elsewhere")),
        ..ORDINARY
    },
    Scenario { name: "with a certificate", proof: Proof::Certificate, ..ORDINARY },
    Scenario {
        name: "with a certificate that Microsoft does not know",
        proof: Proof::Certificate,
        before: &[Before::CertificateUnknown],
        ends: ("blocked", Some("our_secret_bad_or_expired")),
        ..ORDINARY
    },
    Scenario { name: "admin consent", ..APPLICATION },
    Scenario { name: "admin consent, with a certificate", proof: Proof::Certificate, ..APPLICATION },
    Scenario { name: "admin consent, a link is made", steps: &[Step::Link, Step::Pass(0)], ..APPLICATION },
    Scenario {
        name: "admin consent, Back, and the same answer again",
        steps: &[Step::Post, Step::Post, Step::Pass(0)],
        ..APPLICATION
    },
    Scenario { name: "admin consent, Cancel", decision: Decision::Cancel, ends: DECLINED, ..APPLICATION },
    Scenario {
        name: "admin consent that nobody gave",
        before: &[Before::NobodyConsents],
        steps: LATER,
        ends: ("blocked", Some("grant_not_visible")),
        ..APPLICATION
    },
    Scenario {
        name: "admin consent, Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Pass(10), Step::Pass(20)],
        ..APPLICATION
    },
    Scenario {
        name: "admin consent, Graph is down",
        before: &[Before::GraphDown],
        steps: LATER,
        ends: ("unverifiable", Some("proof_unreadable")),
        ..APPLICATION
    },
    Scenario {
        name: "admin consent in another provider's tenant",
        before: &[Before::BoundElsewhere],
        ends: ("blocked", Some("tenant_bound_elsewhere")),
        ..APPLICATION
    },
    Scenario {
        name: "stopped before the sign-in",
        steps: &[Step::Stop, Step::Post, Step::Resume, Step::Post, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario {
        name: "stopped while Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Stop, Step::Pass(10), Step::Pass(20)],
        ends: DISABLED,
        or: Some(GRANTED),
        ..ORDINARY
    },
    Scenario {
        name: "stopped while the provider is asked",
        before: &[Before::Unpinned],
        steps: &[Step::Post, Step::Stop, Step::Confirm, Step::Resume, Step::Confirm, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario {
        name: "admin consent, stopped while Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Stop, Step::Pass(10), Step::Pass(20)],
        ends: DISABLED,
        or: Some(GRANTED),
        ..APPLICATION
    },
    Scenario {
        name: "a new sealing key before the sign-in",
        steps: &[Step::NewSealingKey, Step::Pass(ALMOST_ADOPTED + 120), Step::Visit, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario {
        name: "a new sealing key while Graph is late",
        before: &[Before::Late(110)],
        steps: &[Step::NewSealingKey, Step::Pass(ALMOST_ADOPTED), Step::Visit, Step::Pass(100), Step::Pass(20)],
        ..ORDINARY
    },
    Scenario {
        name: "a new webhook key between two attempts",
        before: &[Before::ReceiverDown(1)],
        steps: &[Step::Post, Step::Pass(0), Step::NewWebhookKey, Step::Pass(5)],
        ..ORDINARY
    },
    Scenario {
        name: "a new webhook key before the outcome",
        steps: &[Step::NewWebhookKey, Step::Post, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario { name: "two sign-ins at once", steps: &[Step::PostTwo, Step::Pass(0)], ..ORDINARY },
    Scenario { name: "from the start page, two actions by one sign-in", ..STARTED },
    Scenario { name: "from the start page, all the way", steps: &[Step::Visit, Step::Pass(0)], ..STARTED },
    Scenario {
        name: "from the start page, Back, and the same answer again",
        steps: &[Step::Post, Step::Post, Step::Pass(0)],
        ..STARTED
    },
    Scenario { name: "from the start page, Cancel", along: &[], decision: Decision::Cancel, ends: DECLINED, ..STARTED },
    Scenario {
        name: "from the start page, Graph is late",
        before: &[Before::Late(20)],
        steps: &[Step::Post, Step::Pass(10), Step::Pass(20)],
        ..STARTED
    },
    Scenario {
        name: "admin consent, one screen of a further registration grants two",
        action: ActionType::Presence,
        along: &[ActionType::Agent],
        before: &[Before::FurtherClient],
        ..APPLICATION
    },
    Scenario { name: "Microsoft's tokens are told", before: &[Before::RawTokens], ..ORDINARY },
    Scenario {
        name: "Microsoft's tokens are told, Graph is late",
        before: &[Before::RawTokens, Before::Late(20)],
        steps: &[Step::Post, Step::Pass(10), Step::Pass(20)],
        ..ORDINARY
    },
    Scenario {
        name: "an enterprise and a key under an idempotency key",
        steps: &[Step::NewEnterprise, Step::NewKey, Step::Post, Step::Pass(0)],
        ..ORDINARY
    },
    Scenario { name: "a token for a key", steps: &[Step::NewToken, Step::Post, Step::Pass(0)], ..ORDINARY },
    Scenario { name: "a link that has ended", ..ENDED },
    Scenario { name: "admin consent, a link that has ended", action: ActionType::UserSync, ..ENDED },
    Scenario {
        name: "a start link that has ended",
        link: Link::StartPage,
        steps: &[Step::End, Step::Visit, Step::Pass(0)],
        ends: ("pending_consent", None),
        ..ENDED
    },
];
