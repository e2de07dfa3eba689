//! What mends a step that was refused: which step is taken again, and how that is told.

use super::health::Remedy;
use super::{Connection, Step};
use crate::advice::{Code, Explanation, Who};

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

impl Connection {
    /// The step that is to be taken next where `step` was refused for `code`: an administrator's consent that is missing, or that
    /// the account named for step two has given, is mended by step one.
    #[must_use]
    pub fn mended_by(&self, step: Step, code: Code) -> Step {
        let by_the_admin = match code {
            Code::SameIdentity => self.state.admin().is_some_and(|admin| self.is_integration_user(&admin.signer)),
            Code::AdminConsentFirst => true,
            _ => Remedy::of(code) == Remedy::AdminConsent,
        };
        if by_the_admin { Step::Admin } else { step }
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
