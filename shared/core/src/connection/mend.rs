//! What mends a step that was refused: which step is taken again, and how that is told.

use super::health::Remedy;
use super::{Connection, RefusedStep, Step};
use crate::advice::{Code, Explanation, Who};
use crate::identity::Signer;

/// What is told of a step, where the row of the catalogue speaks of another one.
struct Row {
    step: Step,
    code: Code,
    who: Who,
    next_steps: &'static [&'static str],
    next_action: &'static str,
}

const ROWS: [Row; 2] = [
    Row {
        step: Step::Admin,
        code: Code::SameIdentity,
        who: Who::GlobalAdministrator,
        next_steps: &[
            "Another Global Administrator than the integration user opens the link of step one, and accepts for the organisation.",
            "The integration user signs in by the link of step two, in a private window.",
        ],
        next_action: "adminConsentLink",
    },
    Row {
        step: Step::User,
        code: Code::ProofUnreadable,
        who: Who::Signer,
        next_steps: &[
            "Wait a minute: Microsoft Graph did not show which roles the integration user holds, so nothing was kept.",
            "The integration user signs in once more, by the same link.",
        ],
        next_action: "userConsentLink",
    },
];

/// The next steps that are told instead of those of the catalogue.
#[cfg(test)]
pub(crate) fn next_steps() -> impl Iterator<Item = &'static str> {
    ROWS.into_iter().flat_map(|row| row.next_steps).copied()
}

impl RefusedStep {
    /// Whether it was `signer` who tried `step`.
    #[must_use]
    pub fn is_of(&self, step: Step, signer: &Signer) -> bool {
        let of = |signer: &Signer| (signer.tenant, signer.object);
        self.step == step && self.signer.as_ref().map(of) == Some(of(signer))
    }
}

impl Connection {
    /// The step that is to be taken next where `step` was refused for `code`: an administrator's consent that is missing, or that
    /// the account named for step two has given, is mended by step one.
    #[must_use]
    pub fn mended_by(&self, step: Step, code: Code) -> Step {
        let named_did_it = || self.state.admin().is_some_and(|admin| self.is_integration_user(&admin.signer));
        let by_the_admin = code == Code::AdminConsentFirst || Remedy::of(code) == Remedy::AdminConsent;
        if by_the_admin || (code == Code::SameIdentity && named_did_it()) { Step::Admin } else { step }
    }

    /// The consents that are missing, with the next step; none if both are given (R188).
    #[must_use]
    pub fn explain_missing(&self) -> Option<Explanation> {
        let missing = self.missing();
        let next_action = match missing.first()? {
            Step::Admin => "adminConsentLink",
            Step::User => "userConsentLink",
        };
        let words: Vec<&str> = missing.iter().map(|step| step.word()).collect();
        let row = Code::ConsentsMissing.explain();
        let detail = format!("{} Missing: {}.", row.detail, words.join(", "));
        Some(Explanation { next_action: Some(next_action), ..row.with_detail(detail) })
    }

    /// Why a connection that cannot be looked at does not work: it has ended, the last try of a step came to nothing, or a
    /// consent is missing. None once both are given.
    #[must_use]
    pub fn untried(&self) -> Option<Explanation> {
        if self.has_ended() {
            return Some(Code::ConnectionEnded.explain());
        }
        let refused = self.hindrance().filter(|_| self.state.both().is_none());
        refused.map(|refused| self.explain_step(refused.step, refused.code)).or_else(|| self.explain_missing())
    }

    /// The step that has to be taken again for the connection to work, if one has.
    #[must_use]
    pub fn to_do_again(&self) -> Option<Step> {
        match Remedy::of(self.problem()?) {
            Remedy::AdminConsent => Some(Step::Admin),
            Remedy::UserConsent => Some(Step::User),
            Remedy::Test | Remedy::Operator | Remedy::Wait => None,
        }
    }

    /// Whether `step` is missing, or has to be taken again.
    #[must_use]
    pub fn is_wanted(&self, step: Step) -> bool {
        self.missing().contains(&step) || self.to_do_again() == Some(step)
    }

    /// What came to nothing and keeps the connection from working: a try of a step that is wanted, or the test of both. That
    /// somebody tried a step which is done says nothing of the connection.
    #[must_use]
    pub fn hindrance(&self) -> Option<&RefusedStep> {
        self.refused.as_ref().filter(|refused| refused.by_test || self.is_wanted(refused.step))
    }

    /// Whether `step` was taken, and nothing is known that asks for it, or for one before it, once more.
    #[must_use]
    pub fn is_done(&self, step: Step) -> bool {
        let is_refused = self.hindrance().is_some_and(|refused| refused.step == step);
        let (is_given, is_asked_again) = match step {
            Step::Admin => (self.state.admin().is_some(), self.to_do_again() == Some(Step::Admin)),
            Step::User => (self.state.both().is_some(), self.to_do_again().is_some()),
        };
        is_given && !is_refused && !is_asked_again
    }

    /// Whether it was `signer` who has taken `step`.
    #[must_use]
    pub fn was_done_by(&self, step: Step, signer: &Signer) -> bool {
        let done = match step {
            Step::Admin => self.state.admin(),
            Step::User => self.state.both().map(|both| &both.user),
        };
        done.is_some_and(|done| (done.signer.tenant, done.signer.object) == (signer.tenant, signer.object))
    }

    /// Why `step` was refused, with its next step.
    #[must_use]
    pub fn explain_step(&self, step: Step, code: Code) -> Explanation {
        let (mut problem, mended_by) = (code.explain(), self.mended_by(step, code));
        if let Some(row) = ROWS.iter().find(|row| (row.step, row.code) == (mended_by, code)) {
            (problem.who, problem.next_steps, problem.next_action) = (row.who, row.next_steps, Some(row.next_action));
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::admit::tests::draft;

    /// R195, R199 What only an administrator can give is mended by step one, whichever step it was that failed by it.
    #[test]
    fn an_administrators_part_is_mended_by_step_one() {
        let connection = draft();
        for (step, code, mended_by) in [
            (Step::User, Code::AdminApprovalNeeded, Step::Admin),
            (Step::User, Code::ConsentMissing, Step::Admin),
            (Step::User, Code::AdminConsentFirst, Step::Admin),
            (Step::User, Code::SameIdentity, Step::User),
            (Step::User, Code::MfaClaimMissing, Step::User),
            (Step::Admin, Code::MfaClaimMissing, Step::Admin),
        ] {
            assert_eq!(connection.mended_by(step, code), mended_by, "{code}");
        }
        let twin = connection.explain_step(Step::Admin, Code::SameIdentity);
        assert_eq!((twin.who, twin.next_action), (Who::GlobalAdministrator, Some("adminConsentLink")));
        assert_eq!(connection.explain_step(Step::User, Code::SameIdentity), Code::SameIdentity.explain());
    }
}
