//! One cause, whatever else is seen.

use CheckStatus::{Fail, Pass, Unknown};

use super::*;
use crate::id::ObjectId;

const PARTNER: TenantId = TenantId::from_u128(1);
const OTHER: TenantId = TenantId::from_u128(2);
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const WITH_MFA: Evidence = Evidence { mfa: Mfa::Yes, authenticated_at: None };
const WITHOUT: Evidence = Evidence { mfa: Mfa::No, authenticated_at: None };

fn signer(tenant: TenantId, object: u128) -> Signer {
    Signer { tenant, object: ObjectId::from_u128(object), user_principal_name: None }
}

fn roles(held: &[PartnerRole]) -> BTreeSet<PartnerRole> {
    held.iter().copied().collect()
}

fn holding(held: &[PartnerRole]) -> Held {
    Held { roles: roles(held), is_global_administrator: false }
}

/// An examination that saw nothing wrong.
fn healthy<'a>(admin: &'a Signer, user: &'a Signer, required: &'a BTreeSet<PartnerRole>) -> Seen<'a> {
    Seen {
        consents: Consents { partner: PARTNER, admin: Some(admin), user: Some(user), same_person_allowed: false },
        refreshed: Some(Ok(WITH_MFA)),
        probe: Some(Probe::Answered { mfa_compliant: Some(true) }),
        held: Some(Held { roles: required.clone(), is_global_administrator: false }),
        refuses_administrators: false,
        required,
        must_be_seen: true,
        token_used_at: Some(NOW),
        secret_ends_at: None,
    }
}

/// Judges one that saw nothing wrong, but for what `spoil` makes of it.
fn judged(spoil: impl FnOnce(&mut Seen<'_>)) -> Verdict {
    let (admin, user, required) = (signer(PARTNER, 1), signer(PARTNER, 2), roles(&[PartnerRole::AdminAgent]));
    let mut seen = healthy(&admin, &user, &required);
    spoil(&mut seen);
    judge(&seen)
}

fn statuses(verdict: &Verdict) -> [CheckStatus; 4] {
    verdict.checks.each_ref().map(|check| check.status)
}

/// R190, K15 Nothing wrong: every check passes, by the names of the contract, in its order.
#[test]
fn a_healthy_connection_passes_every_check() {
    let verdict = judged(|_| {});
    assert_eq!((verdict.code, verdict.severity, verdict.remedy), (None, Severity::Healthy, None));
    assert_eq!(verdict.problem(), None);
    let names: Vec<_> =
        verdict.checks.iter().map(|check| serde_json::to_value(check).unwrap()["name"].clone()).collect();
    assert_eq!(names, ["same_tenant", "role", "mfa_claim", "mfa_compliant"]);
    assert_eq!(statuses(&verdict), [Pass; 4]);
}

type Spoil = Box<dyn FnOnce(&mut Seen<'_>)>;

/// R196, R197, G49 Each cause alone: its code, how bad it is, and which checks show it.
#[test]
fn each_cause_has_its_code_and_its_remedy() {
    let spoil = |spoil: fn(&mut Seen<'_>)| -> Spoil { Box::new(spoil) };
    let unrefreshed = |code: Code| -> Spoil {
        Box::new(move |seen| {
            (seen.refreshed, seen.probe, seen.held) = (Some(Err(code)), None, None);
        })
    };
    let cases: Vec<(Spoil, Code, Remedy, [CheckStatus; 4])> = vec![
        (
            spoil(|seen| seen.refreshed = Some(Ok(WITHOUT))),
            Code::MfaClaimMissing,
            Remedy::UserConsent,
            [Pass, Pass, Fail, Pass],
        ),
        (
            spoil(|seen| seen.probe = Some(Probe::Answered { mfa_compliant: Some(false) })),
            Code::MfaClaimMissing,
            Remedy::UserConsent,
            [Pass, Pass, Pass, Fail],
        ),
        (
            spoil(|seen| (seen.probe, seen.held) = (Some(Probe::MfaRequired), None)),
            Code::MfaClaimMissing,
            Remedy::UserConsent,
            [Pass, Unknown, Pass, Fail],
        ),
        (
            spoil(|seen| seen.held = Some(holding(&[PartnerRole::SalesAgent]))),
            Code::AdminAgentRoleMissing,
            Remedy::Test,
            [Pass, Fail, Pass, Pass],
        ),
        (
            spoil(|seen| (seen.probe, seen.held) = (Some(Probe::RoleMissing), Some(holding(&[])))),
            Code::AdminAgentRoleMissing,
            Remedy::Test,
            [Pass, Fail, Pass, Unknown],
        ),
        (
            spoil(|seen| seen.probe = Some(Probe::Refused(404))),
            Code::PartnerCenterRefused,
            Remedy::Test,
            [Pass, Pass, Pass, Unknown],
        ),
        (
            spoil(|seen| seen.probe = Some(Probe::Busy { retry_after: None })),
            Code::PartnerCenterBusy,
            Remedy::Wait,
            [Pass, Pass, Pass, Unknown],
        ),
        (unrefreshed(Code::MfaClaimMissing), Code::MfaConditional, Remedy::UserConsent, [Pass, Unknown, Fail, Unknown]),
        (unrefreshed(Code::TokenRevoked), Code::TokenRevoked, Remedy::UserConsent, [Pass, Unknown, Unknown, Unknown]),
        (unrefreshed(Code::TokenIdle), Code::TokenIdle, Remedy::UserConsent, [Pass, Unknown, Unknown, Unknown]),
        (
            unrefreshed(Code::PasswordExpired),
            Code::PasswordExpired,
            Remedy::UserConsent,
            [Pass, Unknown, Unknown, Unknown],
        ),
        (
            unrefreshed(Code::ConditionalAccessBlock),
            Code::ConditionalAccessBlock,
            Remedy::UserConsent,
            [Pass, Unknown, Unknown, Unknown],
        ),
        (
            unrefreshed(Code::SignInFrequency),
            Code::SignInFrequency,
            Remedy::UserConsent,
            [Pass, Unknown, Unknown, Unknown],
        ),
        (
            unrefreshed(Code::IdentityChanged),
            Code::IdentityChanged,
            Remedy::UserConsent,
            [Pass, Unknown, Unknown, Unknown],
        ),
        (
            unrefreshed(Code::OurSecretBadOrExpired),
            Code::OurSecretBadOrExpired,
            Remedy::Operator,
            [Pass, Unknown, Unknown, Unknown],
        ),
        (
            unrefreshed(Code::ConsentMissing),
            Code::ConsentMissing,
            Remedy::AdminConsent,
            [Pass, Unknown, Unknown, Unknown],
        ),
    ];
    for (spoil, code, remedy, expected) in cases {
        let verdict = judged(spoil);
        assert_eq!((verdict.code, verdict.remedy, statuses(&verdict)), (Some(code), Some(remedy), expected), "{code}");
        assert_eq!(verdict.forecast, None, "{code}");
        let problem = verdict.problem().unwrap();
        assert_eq!((problem.code, problem.next_action), (code, remedy.next_action()));
    }
}

/// R187, R192 Another tenant is the cause whatever follows from it, and both are named.
#[test]
fn a_wrong_tenant_comes_before_everything() {
    let (partner, stranger, required) = (signer(PARTNER, 1), signer(OTHER, 2), roles(&[PartnerRole::AdminAgent]));
    for (admin, user) in [(&partner, &stranger), (&stranger, &partner)] {
        let mut seen = healthy(admin, user, &required);
        (seen.refreshed, seen.probe) = (Some(Err(Code::TokenRevoked)), Some(Probe::RoleMissing));
        let verdict = judge(&seen);
        assert_eq!((verdict.code, verdict.severity), (Some(Code::WrongTenant), Severity::Broken));
        let named = &verdict.checks[0].detail;
        assert!(named.contains(&OTHER.to_string()) && named.contains(&PARTNER.to_string()), "{named}");
    }
}

/// R196, R199 Sessions that were mixed: one person behind both consents, unless that is allowed.
#[test]
fn one_person_behind_both_is_a_mixed_session() {
    let (both, required) = (signer(PARTNER, 1), roles(&[PartnerRole::AdminAgent]));
    let mut seen = healthy(&both, &both, &required);
    assert_eq!(judge(&seen).code, Some(Code::SameIdentity));
    seen.consents.same_person_allowed = true;
    assert_eq!(judge(&seen).code, None);
}

/// R196 Of several things that are wrong, the one that the others follow from.
#[test]
fn what_follows_from_another_is_not_the_cause() {
    // A revoked token has no role and no second factor either.
    let revoked = judged(|seen| {
        (seen.refreshed, seen.probe) = (Some(Err(Code::TokenRevoked)), Some(Probe::RoleMissing));
    });
    assert_eq!(revoked.code, Some(Code::TokenRevoked));
    // Our own secret: nobody at the partner has to do anything.
    let ours = judged(|seen| {
        (seen.refreshed, seen.probe) = (Some(Err(Code::OurSecretBadOrExpired)), Some(Probe::MfaRequired));
    });
    assert_eq!((ours.code, ours.severity), (Some(Code::OurSecretBadOrExpired), Severity::Degraded));
    // Without a second factor Partner Center looks at no role.
    let factor = judged(|seen| {
        (seen.probe, seen.held) = (Some(Probe::MfaRequired), Some(holding(&[PartnerRole::SalesAgent])));
    });
    assert_eq!(factor.code, Some(Code::MfaClaimMissing));
    // A refusal of somebody without the role is that of the role.
    let refused = judged(|seen| {
        (seen.probe, seen.held) = (Some(Probe::Refused(400)), Some(holding(&[PartnerRole::HelpdeskAgent])));
    });
    assert_eq!(refused.code, Some(Code::AdminAgentRoleMissing));
}

/// R172 What Partner Center does not report is unknown, and no reason to refuse.
#[test]
fn what_is_not_reported_is_unknown() {
    let verdict = judged(|seen| seen.probe = Some(Probe::Answered { mfa_compliant: None }));
    assert_eq!((verdict.code, statuses(&verdict)), (None, [Pass, Pass, Pass, Unknown]));
    let unsaid = Some(Ok(Evidence { mfa: Mfa::Unsaid, authenticated_at: None }));
    let opaque = judged(|seen| seen.refreshed = unsaid);
    assert_eq!((opaque.code, statuses(&opaque)), (None, [Pass, Pass, Unknown, Pass]));
}

/// R172, R178, T60 A second factor of which neither the token nor Partner Center speaks is none.
#[test]
fn a_second_factor_that_nobody_speaks_of_is_none() {
    let verdict = judged(|seen| {
        seen.refreshed = Some(Ok(Evidence { mfa: Mfa::Unsaid, authenticated_at: None }));
        seen.probe = Some(Probe::Answered { mfa_compliant: None });
    });
    assert_eq!((verdict.code, statuses(&verdict)), (Some(Code::MfaClaimMissing), [Pass, Pass, Unknown, Unknown]));
}

/// R177 Roles that could not be read are unknown: they make nothing ready, and end nothing that works. A list that is empty
/// was read.
#[test]
fn what_was_not_read_is_not_held() {
    let unread = |must_be_seen| judged(move |seen| (seen.held, seen.must_be_seen) = (None, must_be_seen));
    let deciding = unread(true);
    assert_eq!((deciding.code, deciding.severity), (Some(Code::ProofUnreadable), Severity::Passing));
    assert_eq!((unread(false).code, statuses(&unread(false))), (None, [Pass, Unknown, Pass, Pass]));
    assert!(deciding.checks[1].detail.contains("Microsoft Graph"), "{}", deciding.checks[1].detail);
    let in_no_group = judged(|seen| seen.held = Some(holding(&[])));
    assert_eq!(
        (in_no_group.code, statuses(&in_no_group)),
        (Some(Code::AdminAgentRoleMissing), [Pass, Fail, Pass, Pass])
    );
}

/// R177 The set of roles is the connection's own.
#[test]
fn every_role_of_the_set_is_needed() {
    let (admin, user) = (signer(PARTNER, 1), signer(PARTNER, 2));
    let required = roles(&[PartnerRole::SalesAgent, PartnerRole::BillingAdmin]);
    for (held, lacking) in [
        (&[PartnerRole::SalesAgent][..], true),
        (&[PartnerRole::AdminAgent], true),
        (&[PartnerRole::SalesAgent, PartnerRole::BillingAdmin], false),
    ] {
        let mut seen = healthy(&admin, &user, &required);
        seen.held = Some(holding(held));
        let verdict = judge(&seen);
        assert_eq!(verdict.code.is_some(), lacking, "{}", verdict.checks[1].detail);
    }
}

/// R197 The nearest end is forecast, and why it comes.
#[test]
fn the_nearest_end_is_forecast() {
    let idle = Forecast { breaks_at: NOW.plus(IDLE_LIMIT), code: Code::TokenIdle };
    assert_eq!(judged(|_| {}).forecast, Some(idle));
    let soon = NOW.plus(Duration::from_hours(24));
    let secret = Forecast { breaks_at: soon, code: Code::OurSecretBadOrExpired };
    assert_eq!(judged(|seen| seen.secret_ends_at = Some(soon)).forecast, Some(secret));
    assert_eq!(judged(|seen| seen.token_used_at = None).forecast, None);
}

/// R197 A busy Partner Center changes nothing, and says when to come again.
#[test]
fn a_busy_partner_center_is_asked_again() {
    let wait = Some(Duration::from_secs(57));
    let busy = judged(|seen| seen.probe = Some(Probe::Busy { retry_after: wait }));
    assert_eq!((busy.severity, busy.retry_after), (Severity::Passing, wait));
    assert_eq!(busy.problem().unwrap().retry_after, Some(57));
    let unsaid = judged(|seen| seen.probe = Some(Probe::Unanswered));
    assert_eq!((unsaid.severity, unsaid.problem().unwrap().retry_after), (Severity::Passing, Some(60)));
}

/// R173 An integration user who is a Global Administrator is warned of, or refused where that was asked for.
#[test]
fn a_privileged_integration_user_is_warned_of_or_refused() {
    let privileged = |refuses: bool| {
        judged(move |seen| {
            seen.refuses_administrators = refuses;
            seen.held.as_mut().unwrap().is_global_administrator = true;
        })
    };
    let warned = privileged(false);
    assert_eq!((warned.code, warned.warnings()[0].code), (None, Code::IntegrationUserPrivileged));
    let refused = privileged(true);
    assert_eq!((refused.code, refused.severity), (Some(Code::IntegrationUserPrivileged), Severity::Degraded));
    assert!(refused.warnings().is_empty() && judged(|_| {}).warnings().is_empty());
}
