//! What is counted of connections.

use onboarding_core::advice::Code;
use onboarding_core::connection::State;
use onboarding_core::metric::{Metric, TARGET};

/// Whatever Microsoft answers so, the operator is told at once: an alarm stands for each of these.
const ALARMED: [Code; 2] = [Code::OurSecretBadOrExpired, Code::IdentityChanged];

/// Counts a refusal of Microsoft's that the operator is to know of, whoever met it and however the connection was before.
pub fn refused(code: Code) {
    if ALARMED.contains(&code) {
        let of = code.as_str();
        tracing::info!(target: TARGET, metric = Metric::Refused.name(), value = 1_u64, dimension = "Code", of);
    }
}

/// Counts a look, and a connection that it found broken.
pub(crate) fn looked(was_broken: bool, after: &State) {
    tracing::info!(target: TARGET, metric = Metric::ConnectionExamined.name(), value = 1_u64);
    if matches!(after, State::Broken { .. }) && !was_broken {
        tracing::info!(target: TARGET, metric = Metric::ConnectionBroken.name(), value = 1_u64);
    }
}
