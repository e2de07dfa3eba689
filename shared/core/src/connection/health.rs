//! Whether a connection works, and if not, the one cause (R192, R193, R196, R197).
//!
//! An examination sees several things go wrong at once, and all but one of them follow from another: a token that is
//! revoked has no role either. So what was seen is judged in the order in which one follows from the other, and the first
//! that is wrong is the cause.

mod evidence;
mod remedy;
mod role;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

pub use self::evidence::{Evidence, FRESH, Mfa};
pub use self::remedy::{Remedy, explain};
pub use self::role::{Held, PartnerRole, UnknownRole};
use crate::advice::{Code, Explanation};
use crate::id::TenantId;
use crate::identity::Signer;
use crate::time::Timestamp;

/// For how long Microsoft keeps a refresh token that nobody uses (Microsoft: "Refresh tokens", token lifetime).
pub const IDLE_LIMIT: Duration = Duration::from_hours(90 * 24);

/// Who stands behind the two consents, and who should.
#[derive(Clone, Copy, Debug)]
pub struct Consents<'a> {
    /// The tenant that hosts Partner Center.
    pub partner: TenantId,
    /// Who consented for the organisation.
    pub admin: Option<&'a Signer>,
    /// Who signed in as the integration user.
    pub user: Option<&'a Signer>,
    /// Whether one person may be both (R199).
    pub same_person_allowed: bool,
}

/// What Partner Center answered to the live call with `ValidateMfa: true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// What was asked for.
    Answered {
        /// `isMfaCompliant`, or none if it is not reported (R172).
        mfa_compliant: Option<bool>,
    },
    /// A refusal without a body, by which a second factor is asked for (R172).
    MfaRequired,
    /// The person has no role that allows it (R177).
    RoleMissing,
    /// Another refusal, with its status.
    Refused(u16),
    /// It asked to be asked later, perhaps when.
    Busy {
        /// As long as it said.
        retry_after: Option<Duration>,
    },
    /// No answer, or none that can be read.
    Unanswered,
}

/// What one examination saw; what was not looked at is none.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Who stands behind the consents.
    pub consents: Consents<'a>,
    /// What the use of the refresh token brought: what the new token says, or why there is none.
    pub refreshed: Option<Result<Evidence, Code>>,
    /// What Partner Center answered.
    pub probe: Option<Probe>,
    /// The roles that Graph shows the person in; none if it could not be read.
    pub held: Option<Held>,
    /// Whether a Global Administrator will not do for the integration user (R173).
    pub refuses_administrators: bool,
    /// The roles that this connection needs.
    pub required: &'a BTreeSet<PartnerRole>,
    /// Whether something is decided by it that was not so before: then a role that was not seen is not held.
    pub must_be_seen: bool,
    /// When the refresh token was last used.
    pub token_used_at: Option<Timestamp>,
    /// When our own client secret or certificate ends, if that is known.
    pub secret_ends_at: Option<Timestamp>,
}

/// The name of a check (K15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// Both consents were given in the tenant that hosts Partner Center (R192).
    SameTenant,
    /// The integration user holds the roles that are needed (R193).
    Role,
    /// The token says that a second factor was used (R193).
    MfaClaim,
    /// Partner Center says that the call complies with its second-factor rule (R193).
    MfaCompliant,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It was seen to hold.
    Pass,
    /// It was seen not to hold.
    Fail,
    /// It was not seen.
    Unknown,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// Which.
    pub name: CheckName,
    /// How it went.
    pub status: CheckStatus,
    /// What was seen, in words; of people, none.
    pub detail: String,
}

/// How badly a connection is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It works.
    Healthy,
    /// Nothing is known but that somebody was busy: nothing changes, and it is looked at again.
    Passing,
    /// It does not work, and does again without a new consent.
    Degraded,
    /// A consent has to be given again.
    Broken,
}

/// When a connection that works will stop to, if nobody does anything, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// From when on.
    pub breaks_at: Timestamp,
    /// Why.
    pub code: Code,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The four checks of K15, in its order.
    pub checks: [Check; 4],
    /// The one cause, if anything is wrong.
    pub code: Option<Code>,
    /// How bad it is.
    pub severity: Severity,
    /// What must be done.
    pub remedy: Option<Remedy>,
    /// As long as Partner Center asked to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether the integration user is a Global Administrator, if that was seen (R173).
    pub is_privileged: Option<bool>,
    /// What comes next if nothing is wrong now.
    pub forecast: Option<Forecast>,
}

/// Judges what was seen.
#[must_use]
pub fn judge(seen: &Seen<'_>) -> Verdict {
    let code = cause(seen);
    let remedy = code.map(Remedy::of);
    Verdict {
        checks: [same_tenant(seen), role(seen), mfa_claim(seen), mfa_compliant(seen)],
        code,
        severity: remedy.map_or(Severity::Healthy, Remedy::severity),
        remedy,
        retry_after: seen.probe.and_then(Probe::retry_after),
        is_privileged: seen.held.as_ref().map(|held| held.is_global_administrator),
        forecast: if code.is_none() { forecast(seen) } else { None },
    }
}

/// Before what was seen wrong, what it follows from.
fn cause(seen: &Seen<'_>) -> Option<Code> {
    let consents = &seen.consents;
    if consents.strange_tenant().is_some() {
        return Some(Code::WrongTenant);
    }
    if consents.is_one_person() && !consents.same_person_allowed {
        return Some(Code::SameIdentity);
    }
    match seen.refreshed {
        // The sign-in had a second factor, or its token would not have been kept.
        Some(Err(Code::MfaClaimMissing)) => return Some(Code::MfaConditional),
        Some(Err(code)) => return Some(code),
        Some(Ok(Evidence { mfa: Mfa::No, .. })) => return Some(Code::MfaClaimMissing),
        Some(Ok(Evidence { mfa: Mfa::Yes | Mfa::Unsaid, .. })) | None => {}
    }
    match seen.probe {
        Some(Probe::MfaRequired | Probe::Answered { mfa_compliant: Some(false) }) => Some(Code::MfaClaimMissing),
        Some(Probe::RoleMissing) => Some(Code::AdminAgentRoleMissing),
        Some(_) | None if lacks_a_role(seen) == Some(true) => Some(Code::AdminAgentRoleMissing),
        Some(Probe::Refused(_)) => Some(Code::PartnerCenterRefused),
        Some(Probe::Busy { .. } | Probe::Unanswered) => Some(Code::PartnerCenterBusy),
        Some(Probe::Answered { mfa_compliant: None }) if !seen.token_says_mfa() => Some(Code::MfaClaimMissing),
        Some(Probe::Answered { .. }) if seen.must_be_seen && seen.held.is_none() => Some(Code::ProofUnreadable),
        Some(Probe::Answered { .. }) if seen.refuses_administrators && seen.is_privileged() => {
            Some(Code::IntegrationUserPrivileged)
        }
        Some(Probe::Answered { mfa_compliant: Some(true) | None }) | None => None,
    }
}

impl Seen<'_> {
    fn is_privileged(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_global_administrator)
    }

    const fn token_says_mfa(&self) -> bool {
        matches!(self.refreshed, Some(Ok(Evidence { mfa: Mfa::Yes, .. })))
    }
}

impl Verdict {
    /// What is no cause, and should not be so (R173).
    #[must_use]
    pub fn warnings(&self) -> Vec<Explanation> {
        let is_cause = self.code == Some(Code::IntegrationUserPrivileged);
        let warning = self.is_privileged.filter(|is_privileged| *is_privileged && !is_cause);
        warning.map(|_| explain(Code::IntegrationUserPrivileged)).into_iter().collect()
    }

    /// The cause with its next step, as an answer tells it.
    #[must_use]
    pub fn problem(&self) -> Option<Explanation> {
        let problem = remedy::explain(self.code?);
        let asked = self.retry_after.and_then(|wait| u32::try_from(wait.as_secs()).ok());
        Some(Explanation { retry_after: asked.or(problem.retry_after), ..problem })
    }
}

impl Probe {
    const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => retry_after,
            Self::Answered { .. } | Self::MfaRequired | Self::RoleMissing | Self::Refused(_) | Self::Unanswered => None,
        }
    }
}

impl Consents<'_> {
    /// A tenant in which a consent was given that is not the partner's.
    fn strange_tenant(&self) -> Option<TenantId> {
        let given = [self.admin, self.user].into_iter().flatten();
        given.map(|signer| signer.tenant).find(|tenant| *tenant != self.partner)
    }

    fn is_one_person(&self) -> bool {
        let (Some(admin), Some(user)) = (self.admin, self.user) else { return false };
        (admin.tenant, admin.object) == (user.tenant, user.object)
    }
}

fn check(name: CheckName, status: CheckStatus, detail: impl Into<String>) -> Check {
    Check { name, status, detail: detail.into() }
}

fn same_tenant(seen: &Seen<'_>) -> Check {
    let consents = &seen.consents;
    let partner = consents.partner;
    let (status, detail) = match (consents.strange_tenant(), consents.admin.and(consents.user)) {
        (Some(other), _) => {
            (CheckStatus::Fail, format!("A consent was given in {other}; Partner Center is in {partner}."))
        }
        (None, Some(_)) => (CheckStatus::Pass, format!("Both consents were given in {partner}.")),
        (None, None) => (CheckStatus::Unknown, format!("A consent is missing; both belong in {partner}.")),
    };
    check(CheckName::SameTenant, status, detail)
}

/// Whether a role is missing: Partner Center says so, or Graph's list does, which is definite even where it is empty. That Partner
/// Center lets somebody in says nothing, since any role will do for that.
fn lacks_a_role(seen: &Seen<'_>) -> Option<bool> {
    match (&seen.held, seen.probe) {
        (_, Some(Probe::RoleMissing)) => Some(true),
        (Some(held), _) => Some(!seen.required.is_subset(&held.roles)),
        (None, _) => None,
    }
}

fn role(seen: &Seen<'_>) -> Check {
    let words = |roles: &BTreeSet<PartnerRole>| roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let needed = words(seen.required);
    let (status, detail) = match lacks_a_role(seen) {
        Some(false) => (CheckStatus::Pass, format!("The integration user holds {needed}.")),
        Some(true) => {
            let held = seen.held.as_ref().map(|held| &held.roles).filter(|held| !held.is_empty());
            let held = held.map_or("none".to_owned(), words);
            (CheckStatus::Fail, format!("Needed: {needed}; held: {held}."))
        }
        None if matches!(seen.refreshed, Some(Ok(_))) => {
            (CheckStatus::Unknown, format!("Needed: {needed}; Microsoft Graph did not show what is held."))
        }
        None => (CheckStatus::Unknown, format!("Needed: {needed}; there was no token to see with what is held.")),
    };
    check(CheckName::Role, status, detail)
}

fn mfa_claim(seen: &Seen<'_>) -> Check {
    let (status, detail) = match seen.refreshed {
        Some(Ok(Evidence { mfa: Mfa::Yes, .. })) => {
            (CheckStatus::Pass, "The token says that a second factor was used.")
        }
        Some(Ok(Evidence { mfa: Mfa::No, .. })) => {
            (CheckStatus::Fail, "The token says that no second factor was used.")
        }
        Some(Err(Code::MfaClaimMissing | Code::MfaConditional)) => {
            (CheckStatus::Fail, "Microsoft asks for the second factor again whenever the token is used.")
        }
        Some(Ok(Evidence { mfa: Mfa::Unsaid, .. })) => {
            (CheckStatus::Unknown, "The token does not say how the person signed in.")
        }
        Some(Err(_)) | None => (CheckStatus::Unknown, "There was no token to look at."),
    };
    check(CheckName::MfaClaim, status, detail)
}

fn mfa_compliant(seen: &Seen<'_>) -> Check {
    let (status, detail) = match seen.probe {
        Some(Probe::Answered { mfa_compliant: Some(true) }) => {
            (CheckStatus::Pass, "Partner Center reports isMfaCompliant: true.")
        }
        Some(Probe::Answered { mfa_compliant: Some(false) }) => {
            (CheckStatus::Fail, "Partner Center reports isMfaCompliant: false.")
        }
        Some(Probe::MfaRequired) => (CheckStatus::Fail, "Partner Center refused the call for want of a second factor."),
        Some(Probe::Answered { mfa_compliant: None }) => {
            (CheckStatus::Unknown, "Partner Center answered, and did not report it.")
        }
        Some(Probe::RoleMissing | Probe::Refused(_) | Probe::Busy { .. } | Probe::Unanswered) | None => {
            (CheckStatus::Unknown, "Partner Center did not answer the test call.")
        }
    };
    check(CheckName::MfaCompliant, status, detail)
}

/// The nearest end of what the connection lives on.
fn forecast(seen: &Seen<'_>) -> Option<Forecast> {
    let idle = seen.token_used_at.map(|at| Forecast { breaks_at: at.plus(IDLE_LIMIT), code: Code::TokenIdle });
    let secret = seen.secret_ends_at.map(|at| Forecast { breaks_at: at, code: Code::OurSecretBadOrExpired });
    [idle, secret].into_iter().flatten().min_by_key(|forecast| forecast.breaks_at)
}
