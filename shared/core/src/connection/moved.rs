//! The moves of a connection, each as one [`Moved`]: everything that changes, to be written in one transaction whose
//! condition is that nobody has moved the connection since.

use super::admit::{AdminConsent, UserConsent};
use super::lease::{ARRIVED_AFTER, Leased};
use super::looked::LOOK_AGAIN_AFTER;
use super::tell::Telling;
use super::{Both, Connection, Consented, RefusedStep, State, Step};
use crate::advice::Code;
use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::delivery::Delivery;
use crate::identity::Signer;
use crate::time::Timestamp;

/// Everything that one move changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The version that it was read at: the condition.
    pub from: u64,
    /// The connection from now on.
    pub after: Connection,
    /// What the audit trail keeps.
    pub audit: AuditRow,
    /// What the service provider is told.
    pub delivery: Option<Delivery>,
}

/// A try of a step that is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which step.
    pub step: Step,
    /// The one cause.
    pub code: Code,
    /// Who signed in, if somebody was proved.
    pub signer: Option<Signer>,
    /// Microsoft's correlation id, if it refused.
    pub correlation_id: Option<String>,
}

impl Connection {
    /// What the audit trail keeps of its making, and of the exception that it makes (R199).
    #[must_use]
    pub fn made(&self, actor: &Actor, occasion: Occasion<'_>) -> AuditRow {
        let exception = if self.same_identity_allowed { ", one person may do both steps" } else { "" };
        let after = format!("draft of tenant {}{exception}", self.partner_tenant);
        self.fact(actor, "connection.created", (None, after), occasion)
    }

    /// What the audit trail keeps of a link to `step`.
    #[must_use]
    pub fn linked(&self, step: Step, actor: &Actor, occasion: Occasion<'_>) -> AuditRow {
        let before = Some(self.status().word().to_owned());
        self.fact(actor, "connection.link_made", (before, format!("link to the {} step", step.word())), occasion)
    }

    /// The refusal of a try that leaves everything as it was, but is to be seen: once for each code, until the step is done.
    /// Nothing was spent, so whoever is at work goes on, and is not told: the version of a leased connection is not touched.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal, occasion: Occasion<'_>) -> Option<Moved> {
        let is_known = self.told.contains(&(refusal.step, refusal.code));
        if self.is_leased(occasion.now) || self.has_ended() || is_known {
            return None;
        }
        let after = Self { version: self.version + 1, ..self.clone() };
        Some(after.refused_from(self.version, refusal, occasion))
    }

    /// Notes that `step` is done: what was told of it before, and of the other one where this one mends it, is of no interest
    /// any more. Called on the state of before, in which somebody was refused.
    fn completed(&mut self, step: Step) {
        match step {
            Step::Admin => self.rounds.admin += 1,
            Step::User => self.rounds.user += 1,
        }
        let told = std::mem::take(&mut self.told);
        self.told = told.into_iter().filter(|(of, code)| !self.is_mended_by(step, (*of, *code))).collect();
        self.refused = self.refused.take().filter(|refused| !self.is_mended_by(step, (refused.step, refused.code)));
    }

    fn is_mended_by(&self, step: Step, (of, code): (Step, Code)) -> bool {
        of == step || self.mended_by(of, code) == step
    }

    fn refused_from(mut self, from: u64, refusal: Refusal, occasion: Occasion<'_>) -> Moved {
        let Refusal { step, code, signer, correlation_id } = refusal;
        if !self.told.contains(&(step, code)) {
            self.told.push((step, code));
        }
        let actor = signer.clone().map_or(Actor::LinkHolder, Actor::Signer);
        // Why the connection does not work is not forgotten over a try of a step that nobody needs.
        let refused = match self.hindrance() {
            Some(hindrance) if !self.is_wanted(step) => Some(hindrance.clone()),
            Some(_) | None => Some(RefusedStep { step, code, at: occasion.now, signer, by_test: false }),
        };
        let after = Self { refused, ..self };
        let status = after.status().word();
        let told = format!("{} step refused: {code}", step.word());
        let audit = after.fact(&actor, "connection.step_refused", (Some(status.to_owned()), told), occasion);
        Moved { from, after, audit: audit.with_correlation_id(correlation_id), delivery: None }
    }

    pub(super) fn fact(
        &self,
        actor: &Actor,
        action: &str,
        (before, after): (Option<String>, String),
        occasion: Occasion<'_>,
    ) -> AuditRow {
        let object = format!("connection:{}", self.id);
        AuditRow::new(self.reseller, None, Fact { actor, action, object, before, after: Some(after) }, occasion)
    }
}

impl Leased {
    /// Records that step one is done. Done again after step two, it changes who has done it; where something was wrong, that is
    /// looked at again at once.
    #[must_use]
    pub fn consent_by_admin(self, consent: AdminConsent, occasion: Occasion<'_>) -> Moved {
        let (from, before) = (self.connection().version, self.connection().status().word());
        let mut after = self.ended();
        let admin = consent.into_consented();
        let actor = Actor::Signer(admin.signer.clone());
        after.completed(Step::Admin);
        after.state = by_admin(after.state, admin);
        if after.problem().is_some() {
            after.next_look = Some(occasion.now);
        }
        let status = after.status().word().to_owned();
        let audit = after.fact(&actor, "connection.admin_consented", (Some(before.to_owned()), status), occasion);
        Moved { from, after, audit, delivery: None }
    }

    /// Records that step two is done and the token stored. Where the connection worked before, it works again: the access was
    /// tested.
    #[must_use]
    pub fn consent_by_user(self, consent: UserConsent, telling: Telling<'_>) -> Moved {
        let (from, occasion) = (self.connection().version, telling.occasion);
        let before = self.connection().status().word().to_owned();
        let mut after = self.ended();
        let (user, findings) = consent.into_parts();
        after.findings = findings;
        let actor = Actor::Signer(user.signer.clone());
        after.completed(Step::User);
        let told = by_user(&mut after, user, occasion.now);
        let delivery = told.and_then(|event| telling.delivery(event, &after, None));
        let status = after.status().word().to_owned();
        let audit = after.fact(&actor, "connection.user_consented", (Some(before), status), occasion);
        Moved { from, after, audit, delivery }
    }

    /// Records that a try came to nothing. What it had leased is free again.
    #[must_use]
    pub fn refuse(self, refusal: Refusal, occasion: Occasion<'_>) -> Moved {
        let from = self.connection().version;
        self.ended().refused_from(from, refusal, occasion)
    }

    /// The same where a token may have been stored, or may be yet, that nobody knows of: somebody looks after it.
    #[must_use]
    pub fn refuse_unstored(self, refusal: Refusal, occasion: Occasion<'_>) -> Moved {
        let from = self.connection().version;
        let ended = self.ended();
        let next_look = ended.next_look.or(Some(occasion.now.plus(ARRIVED_AFTER)));
        Connection { next_look, ..ended }.refused_from(from, refusal, occasion)
    }
}

fn by_admin(state: State, admin: Consented) -> State {
    let with = |both: Both| Both { admin: admin.clone(), ..both };
    match state {
        State::Draft | State::AdminConsented { .. } => State::AdminConsented { admin },
        State::UserConsented { both } => State::UserConsented { both: with(both) },
        State::Testing { both } => State::Testing { both: with(both) },
        State::Ready { both, since } => State::Ready { both: with(both), since },
        State::Degraded { both, problem, since } => State::Degraded { both: with(both), problem, since },
        State::Broken { both, problem, since } => State::Broken { both: with(both), problem, since },
        ended @ State::Disconnected { .. } => ended,
    }
}

/// Step two on the state; the event that it makes.
fn by_user(connection: &mut Connection, user: Consented, now: Timestamp) -> Option<&'static str> {
    let with =
        |admin: &Consented| Both { admin: admin.clone(), user: user.clone(), token_at: now, stored_at: Some(now) };
    let (state, event) = match &connection.state {
        State::AdminConsented { admin } => (State::UserConsented { both: with(admin) }, None),
        State::UserConsented { both } | State::Testing { both } => {
            (State::UserConsented { both: with(&both.admin) }, None)
        }
        State::Ready { both, since } => (State::Ready { both: with(&both.admin), since: *since }, None),
        State::Degraded { both, .. } | State::Broken { both, .. } => {
            (State::Ready { both: with(&both.admin), since: now }, Some("connection.recovered"))
        }
        // A lease for step two is not given in these.
        unmoved @ (State::Draft | State::Disconnected { .. }) => (unmoved.clone(), None),
    };
    connection.state = state;
    connection.next_look = match connection.state {
        State::Ready { .. } => Some(now.plus(LOOK_AGAIN_AFTER)),
        State::Draft
        | State::AdminConsented { .. }
        | State::UserConsented { .. }
        | State::Testing { .. }
        | State::Degraded { .. }
        | State::Broken { .. }
        | State::Disconnected { .. } => None,
    };
    event
}
