//! A circuit before Partner Center for each tenant: while it is throttling or away for one, nobody asks it for that one.
//!
//! Each connection backs off by itself; this is for several that one process looks at in a short time, and for whoever asks
//! again and again. It opens after some busy answers in a row, and the first answer that is none closes it. Partner Center
//! throttles by tenant, so what one meets is no reason to refuse another.

use std::collections::BTreeMap;
use std::time::Duration;

use super::health::Probe;
use crate::id::TenantId;
use crate::time::Timestamp;

/// After how many busy answers in a row nobody asks for a while.
const OPENS_AFTER: u32 = 3;

/// For how long nobody asks, where Partner Center does not say how long; and the most that it is believed.
const PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// Whether Partner Center may be asked, for each tenant. Only those that it was busy for take room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circuits(BTreeMap<TenantId, Circuit>);

impl Circuits {
    /// What stands in for an answer while nobody asks for `tenant`; none if somebody may.
    #[must_use]
    pub fn instead(&self, tenant: TenantId, now: Timestamp) -> Option<Probe> {
        self.0.get(&tenant)?.instead(now)
    }

    /// Takes note of an answer.
    pub fn note(&mut self, tenant: TenantId, probe: Probe, now: Timestamp) {
        let after = self.0.get(&tenant).copied().unwrap_or_default().after(probe, now);
        if after == Circuit::default() {
            self.0.remove(&tenant);
        } else {
            self.0.insert(tenant, after);
        }
    }
}

/// Whether Partner Center may be asked for one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Circuit {
    busy: u32,
    until: Option<Timestamp>,
}

impl Circuit {
    fn instead(&self, now: Timestamp) -> Option<Probe> {
        let until = self.until.filter(|until| now < *until)?;
        Some(Probe::Busy { retry_after: Some(until.since(now)) })
    }

    fn after(self, probe: Probe, now: Timestamp) -> Self {
        let asked = match probe {
            Probe::Busy { retry_after } => retry_after,
            Probe::Unanswered => None,
            Probe::Answered { .. } | Probe::MfaRequired | Probe::RoleMissing | Probe::Refused(_) => {
                return Self::default();
            }
        };
        let busy = self.busy.saturating_add(1);
        let pause = asked.unwrap_or(PAUSE).min(LONGEST_PAUSE);
        let until = if busy >= OPENS_AFTER { Some(now.plus(pause)) } else { self.until };
        Self { busy, until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const BUSY: Probe = Probe::Busy { retry_after: None };
    const WELL: Probe = Probe::Answered { mfa_compliant: None };

    fn after(probes: &[Probe]) -> Circuit {
        probes.iter().fold(Circuit::default(), |circuit, probe| circuit.after(*probe, NOW))
    }

    /// R197 After three busy answers in a row nobody asks for a while, or as long as was asked for; an answer closes it.
    #[test]
    fn busy_answers_in_a_row_open_it() {
        assert_eq!(after(&[BUSY, Probe::Unanswered]).instead(NOW), None);
        assert_eq!(after(&[BUSY, BUSY, Probe::RoleMissing, BUSY]).instead(NOW), None, "a refusal is an answer");
        let open = after(&[BUSY, Probe::Unanswered, BUSY]);
        assert_eq!(open.instead(NOW), Some(Probe::Busy { retry_after: Some(PAUSE) }));
        assert_eq!(open.instead(NOW.plus(PAUSE)), None);
        assert!(open.after(BUSY, NOW.plus(PAUSE)).instead(NOW.plus(PAUSE)).is_some(), "one more is enough");
        assert_eq!(open.after(WELL, NOW.plus(PAUSE)), Circuit::default());
        let asked = |minutes| after(&[BUSY, BUSY, Probe::Busy { retry_after: Some(Duration::from_mins(minutes)) }]);
        assert_eq!(asked(5).instead(NOW), Some(Probe::Busy { retry_after: Some(Duration::from_mins(5)) }));
        assert_eq!(asked(500).instead(NOW), Some(Probe::Busy { retry_after: Some(LONGEST_PAUSE) }));
    }
    /// R197 What one tenant meets is nothing to another, and a circuit that is closed takes no room.
    #[test]
    fn each_tenant_has_its_own() {
        let (one, other) = (TenantId::from_u128(1), TenantId::from_u128(2));
        let mut circuits = Circuits::default();
        for _ in 0..3 {
            circuits.note(one, BUSY, NOW);
        }
        assert!(circuits.instead(one, NOW).is_some());
        assert_eq!(circuits.instead(other, NOW), None);
        circuits.note(other, WELL, NOW);
        circuits.note(one, WELL, NOW);
        assert_eq!(circuits, Circuits::default());
    }
}
